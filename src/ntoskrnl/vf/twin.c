/*
 * Uninitialised bytes that reach a program: the workload runs twice, with memory that was never
 * written filled with another byte each time. What requests give to programs must be the same.
 */
#include "vf/only.h"

VF_RULE(uninitialised_output) = {
    .id = "RS-ONLY-001",
    .title = "output depends on memory that was never written",
    .severity = VF_ERROR,
    .bug_check = NULL,
    .advice =
        "zero the buffer or the structure before filling it, and return only as many bytes in "
        "IoStatus.Information as were written",
    .rationale = "What lies in uninitialised memory comes from other requests and from the kernel: "
                 "addresses, keys, data of other users. A program that can read it can use it.",
    .reference = "Windows driver documentation, Failure to Initialize Output Buffers",
};

void vf_request_output(PIRP irp, const void *bytes, SIZE_T size)
{
    PIO_STACK_LOCATION location = (PIO_STACK_LOCATION)(irp + 1) + irp->StackCount - 1;
    struct vf_place place = {0};
    uint64_t last = 0;
    int64_t first;

    if (!uninitialised_output.enabled || size == 0)
        return;
    first = ke_machine->output(bytes, size, &last);
    if (first < 0)
        return;
    if (location->DeviceObject)
        vf_place_of_routine(&place, (const void *)location->DeviceObject->DriverObject
                                        ->MajorFunction[location->MajorFunction]);
    vf_report_irp(
        &uninitialised_output, irp, &place, NULL, NULL,
        "of the %u bytes that the request gave to the program, bytes %u to %u differ between "
        "two runs whose uninitialised memory differs",
        (ULONG)size, (ULONG)first, (ULONG)last);
}
