/*
 * Uninitialised bytes that reach a program: the workload runs twice, with memory that was never
 * written filled with another byte each time. What requests give to programs must be the same.
 */
#include "mm/mm.h"
#include "vf/only.h"

#define LARGEST_IN_PLACE 0x100000ull /* bytes of one output that are looked at */

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

static void report(PIRP irp, ULONG64 first, ULONG64 last)
{
    PIO_STACK_LOCATION location = (PIO_STACK_LOCATION)(irp + 1) + irp->StackCount - 1;
    struct vf_place place = {0};

    if (location->DeviceObject)
        vf_place_of_routine(&place, (const void *)location->DeviceObject->DriverObject
                                        ->MajorFunction[location->MajorFunction]);
    vf_report_irp(
        &uninitialised_output, irp, &place, NULL, NULL,
        "of the %llu bytes that the request gave to the program, bytes %llu to %llu differ between "
        "two runs whose uninitialised memory differs",
        (ULONG64)irp->IoStatus.Information, first, last);
}

/* Bytes from `offset` of the output on. FALSE = they differ. */
static BOOLEAN compare(PIRP irp, const void *bytes, SIZE_T size, ULONG64 offset)
{
    uint64_t last = 0;
    int64_t first = ke_machine->output(bytes, size, &last);

    if (first < 0)
        return TRUE;
    report(irp, offset + (ULONG64)first, offset + last);
    return FALSE;
}

/*
 * Output that the driver has put into the program's memory itself. The stack locations that say how
 * much room there is are gone by now, and the address may be anything, so it is read by way of the
 * direct map, up to where there is no memory. What lies behind the output is the program's, and the
 * same in both runs.
 */
static void compare_in_place(PIRP irp)
{
    ULONG64 address = (ULONG64)irp->UserBuffer;
    ULONG64 size = min(irp->IoStatus.Information, LARGEST_IN_PLACE), piece;

    if (irp->MdlAddress)
        size = min(size, irp->MdlAddress->ByteCount);
    for (ULONG64 done = 0; done < size; done += piece) {
        ULONG64 offset = (address + done) % PAGE_SIZE;
        ULONG64 frame = mm_frame_of(address + done);

        piece = min(PAGE_SIZE - offset, size - done);
        if (frame == MM_NO_FRAME ||
            !compare(irp, (const UCHAR *)mm_direct(frame) + offset, piece, done))
            return;
    }
}

void vf_request_output(PIRP irp)
{
    if (!uninitialised_output.enabled || irp->IoStatus.Information == 0)
        return;
    if (irp->Flags & IRP_BUFFERED_IO && irp->Flags & IRP_INPUT_OPERATION)
        compare(irp, irp->AssociatedIrp.SystemBuffer, irp->IoStatus.Information, 0);
    else
        compare_in_place(irp);
}
