/*
 * Interrupts that the operator of the machine raises in place of a device, and which device has
 * which.
 */
#include "ctl/ctl_internal.h"
#include "io/interrupt.h"
#include "io/io.h"
#include "ke/interrupt.h"

NTSTATUS ctl_interrupt(const struct control_interrupt *request)
{
    return ke_interrupt_raise(request->vectors[0]);
}

NTSTATUS ctl_assign_interrupt(const struct control_interrupt *request)
{
    UNICODE_STRING name;
    PVOID device;
    NTSTATUS status;

    if (request->count > CONTROL_INTERRUPTS)
        return STATUS_INVALID_PARAMETER;
    status = ctl_text(request->device, &name);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, NULL, 0, IoDeviceObjectTypeObject,
                                     KernelMode, NULL, &device);
    if (NT_SUCCESS(status)) {
        status = io_interrupt_assign(device, request->message != 0, (const ULONG *)request->vectors,
                                     request->count);
        ObDereferenceObject(device);
    }
    RtlFreeUnicodeString(&name);
    return status;
}
