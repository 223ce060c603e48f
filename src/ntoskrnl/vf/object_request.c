/*
 * Handles and pointers that come from a program: what the driver does with them in calls of the
 * object manager and of system services.
 *
 * Sure cases only. A value comes from the request when it is equal to an aligned field of the
 * request's input, or points into the program's own buffers of the request; a pointer that the
 * thread has probed is not reported.
 */
#include "include/nt_export.h"
#include "kd/trace.h"
#include "mm/mm.h"
#include "vf/owned.h"

VF_RULE(nt_with_kernel_pointer) = {
    .id = "RS-OBJ-006",
    .title = "Nt routine called with a kernel pointer for a program's request",
    .severity = VF_ERROR,
    .advice = "call the Zw routine of the same name",
    .rationale = "A Nt routine takes its arguments for those of the program whose request the "
                 "thread serves, and refuses kernel addresses with STATUS_ACCESS_VIOLATION. In "
                 "the System process it works, so that the fault is easily missed.",
    .reference = "Windows driver documentation, Using Nt and Zw Versions of the Native System "
                 "Services Routines",
};

VF_RULE(type_not_checked) = {
    .id = "RS-OBJ-007",
    .title = "handle of a program referenced without a check of its object type",
    .severity = VF_ERROR,
    .advice = "pass the object type (*ExEventObjectType, *IoFileObjectType …) to "
              "ObReferenceObjectByHandle",
    .rationale = "The program decides what its handle stands for. A driver that takes a file for "
                 "an event writes into memory that is none.",
    .reference = "Windows driver documentation, Failure to Validate Object Handles",
};

VF_RULE(access_not_checked) = {
    .id = "RS-OBJ-008",
    .title = "handle of a program referenced with KernelMode",
    .severity = VF_ERROR,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "pass Irp->RequestorMode or UserMode as AccessMode to ObReferenceObjectByHandle",
    .rationale = "With KernelMode the access that was granted to the handle is not checked, and "
                 "the program may name a kernel handle: it gets the driver to do what it may not.",
    .reference = "Windows driver documentation, Failure to Validate Object Handles",
};

VF_RULE(zw_with_user_pointer) = {
    .id = "RS-OBJ-009",
    .title = "Zw routine called with a pointer from the request that was not probed",
    .severity = VF_ERROR,
    .advice = "copy what the routine reads to memory of the driver, inside __try and after "
              "ProbeForRead, and pass that",
    .rationale = "A Zw routine trusts its pointers: it neither checks that they are user memory "
                 "nor catches faults. The program can give an address of the kernel.",
    .reference = "Windows driver documentation, Using Nt and Zw Versions of the Native System "
                 "Services Routines",
};

#define SCAN_LIMIT 1024 /* bytes of the input that are searched for a value */

/* The input of a request, and the program's buffers. */
struct input {
    ULONG64 data; /* what the driver reads */
    ULONG size;
    struct {
        ULONG64 address, size;
    } user[2];
};

static void control_input(const IRP *irp, const IO_STACK_LOCATION *location, struct input *input)
{
    ULONG code = location->Parameters.DeviceIoControl.IoControlCode;

    input->size = location->Parameters.DeviceIoControl.InputBufferLength;
    if ((code & 3) == METHOD_NEITHER) {
        input->data = (ULONG64)location->Parameters.DeviceIoControl.Type3InputBuffer;
        input->user[0].address = input->data;
        input->user[0].size = input->size;
        input->user[1].address = (ULONG64)irp->UserBuffer;
        input->user[1].size = location->Parameters.DeviceIoControl.OutputBufferLength;
    } else {
        input->data = (ULONG64)irp->AssociatedIrp.SystemBuffer;
    }
}

/* FALSE when the thread serves no request of a program. */
static BOOLEAN find_input(struct input *input)
{
    PIRP irp = vf_request();
    PIO_STACK_LOCATION location;

    *input = (struct input){0};
    if (!irp || irp->RequestorMode != UserMode)
        return FALSE;
    location = IoGetCurrentIrpStackLocation(irp);
    if (location->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
        control_input(irp, location, input);
    } else if (location->MajorFunction == IRP_MJ_WRITE && irp->AssociatedIrp.SystemBuffer) {
        input->data = (ULONG64)irp->AssociatedIrp.SystemBuffer;
        input->size = location->Parameters.Write.Length;
    }
    return TRUE;
}

static BOOLEAN is_field(const struct input *input, ULONG64 value)
{
    static ULONG64 fields[SCAN_LIMIT / sizeof(ULONG64)];
    ULONG size = min(input->size, (ULONG)sizeof(fields));

    if (!input->data || size < sizeof(ULONG64))
        return FALSE;
    size = kd_trace_peek(input->data, fields, size);
    for (ULONG i = 0; i < size / sizeof(ULONG64); i++)
        if (fields[i] == value)
            return TRUE;
    return FALSE;
}

static BOOLEAN is_in_buffers(const struct input *input, ULONG64 address)
{
    for (ULONG i = 0; i < ARRAY_COUNT(input->user); i++)
        if (address - input->user[i].address < input->user[i].size)
            return TRUE;
    return FALSE;
}

/* ---- handles ---- */

void vf_object_by_handle_called(const ULONG64 *arguments)
{
    LONG_PTR handle = (LONG_PTR)arguments[0];
    BOOLEAN user = (UCHAR)arguments[3] != KernelMode;
    struct input input;

    if (handle == 0 || handle == -1 || handle == -2 || (user && arguments[2]))
        return;
    if (!find_input(&input) || !is_field(&input, (ULONG64)handle) ||
        vf_owned_find(VF_HANDLE, (ULONG64)handle, 0))
        return;
    if (!arguments[2])
        vf_report(&type_not_checked, "handle 0x%llx came with the request; the object type is NULL",
                  (ULONG64)handle);
    if (!user)
        vf_report(&access_not_checked,
                  "handle 0x%llx came with the request; the access mode is KernelMode",
                  (ULONG64)handle);
}

/* ---- pointers ---- */

static struct vf_call *call_for_request(PIRP irp)
{
    struct vf_call *call = vf_call_of_thread();

    if (call->probed_for != irp) {
        call->probed_for = irp;
        call->probes = 0;
    }
    return call;
}

void vf_object_probe_called(const ULONG64 *arguments)
{
    struct vf_call *call = call_for_request(vf_request());
    ULONG index = call->probes++ % ARRAY_COUNT(call->probed);

    call->probed[index].address = arguments[0];
    call->probed[index].size = arguments[1];
}

static BOOLEAN was_probed(ULONG64 address)
{
    const struct vf_call *call = call_for_request(vf_request());

    for (ULONG i = 0; i < call->probes && i < ARRAY_COUNT(call->probed); i++)
        if (address - call->probed[i].address < max(call->probed[i].size, 1))
            return TRUE;
    return FALSE;
}

static BOOLEAN is_pointer(char kind)
{
    return kind == 'p' || kind == 'U';
}

void vf_object_nt_called(const struct nt_export *export, const ULONG64 *arguments)
{
    if (ke_previous_mode() == KernelMode)
        return;
    for (ULONG i = 0; export->args[i]; i++)
        if (is_pointer(export->args[i]) && arguments[i] >= MmUserProbeAddress) {
            vf_report(&nt_with_kernel_pointer,
                      "%s was called with argument %u in kernel memory, and previous mode UserMode",
                      export->name, i + 1);
            return;
        }
}

void vf_object_zw_called(const struct nt_export *export, const ULONG64 *arguments)
{
    struct input input;

    for (ULONG i = 0; export->args[i]; i++) {
        ULONG64 address = arguments[i];

        if (!is_pointer(export->args[i]) || address < PAGE_SIZE || address >= MmUserProbeAddress)
            continue;
        if (!find_input(&input) || was_probed(address) ||
            !(is_field(&input, address) || is_in_buffers(&input, address)))
            continue;
        vf_report(&zw_with_user_pointer,
                  "%s was called with argument %u, 0x%llx, which came with the request",
                  export->name, i + 1, address);
        return;
    }
}
