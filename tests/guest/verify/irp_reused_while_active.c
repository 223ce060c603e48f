// rule: RS-IRP-012
/* Prepares its IRP for the next request while the lower device still has it. */
#define OWN_ENTRY
#define OWN_UNLOAD
#include "verify.h"
#include "lower.h"

static PIRP held;

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

    if (device == lower) {
        IoMarkIrpPending(irp);
        held = irp;
        return STATUS_PENDING;
    }
    own = IoAllocateIrp(lower->StackSize, FALSE);
    if (own == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    IoGetNextIrpStackLocation(own)->MajorFunction = IRP_MJ_READ;
    IoSetCompletionRoutine(own, keep, &done, TRUE, TRUE, TRUE);
    IoCallDriver(lower, own);
#ifdef REPAIRED
    finish(held, STATUS_SUCCESS, 0);
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
#endif
    IoReuseIrp(own, STATUS_SUCCESS);
    IoFreeIrp(own);
    return finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    return create_lower(driver);
}
