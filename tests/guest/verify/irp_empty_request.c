// rule: RS-IRP-010
/* Sends an IRP of its own without saying what it asks for. */
#define OWN_ENTRY
#define OWN_UNLOAD
#include "verify.h"
#include "lower.h"

static NTSTATUS NTAPI keep(PDEVICE_OBJECT device, PIRP irp, PVOID event)
{
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    KeSetEvent(event, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    KEVENT done;
    PIRP own;

    if (device == lower)
        return finish(irp, STATUS_SUCCESS, 0);
    own = IoAllocateIrp(lower->StackSize, FALSE);
    if (own == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    KeInitializeEvent(&done, NotificationEvent, FALSE);
#ifdef REPAIRED
    IoGetNextIrpStackLocation(own)->MajorFunction = IRP_MJ_READ;
#endif
    IoSetCompletionRoutine(own, keep, &done, TRUE, TRUE, TRUE);
    IoCallDriver(lower, own);
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    IoFreeIrp(own);
    return finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    return create_lower(driver);
}
