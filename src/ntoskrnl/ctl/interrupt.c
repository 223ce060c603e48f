/*
 * Interrupts that the operator of the machine raises in place of a device, and which device has
 * which.
 */
#include "ctl/ctl_internal.h"
#include "io/interrupt.h"
#include "io/io.h"
#include "ke/interrupt.h"

NTSTATUS ctl_interrupt(void *arguments)
{
    const struct control_interrupt *request = arguments;
    return ke_interrupt_raise(request->vectors[0]);
}

struct search {
    UNICODE_STRING name;
    PDEVICE_OBJECT device; /* referenced */
};

static BOOLEAN find_device(PCUNICODE_STRING path, PVOID object, void *context)
{
    struct search *search = context;

    if (ob_type_of(object) != IoDeviceObjectTypeObject ||
        !RtlEqualUnicodeString(path, &search->name, TRUE))
        return TRUE;
    ObReferenceObject(object);
    search->device = object;
    return FALSE;
}

/* A device is looked for, not opened: opening it would send its driver a request. */
NTSTATUS ctl_assign_interrupt(void *arguments)
{
    const struct control_interrupt *request = arguments;
    struct search search = {.device = NULL};
    NTSTATUS status;

    if (request->count > CONTROL_INTERRUPTS)
        return STATUS_INVALID_PARAMETER;
    status = ctl_text(request->device, &search.name);
    if (!NT_SUCCESS(status))
        return status;
    ob_walk(NULL, find_device, &search);
    RtlFreeUnicodeString(&search.name);
    if (!search.device)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    status = io_interrupt_assign(search.device, request->message != 0,
                                 (const ULONG *)request->vectors, request->count);
    ObDereferenceObject(search.device);
    return status;
}
