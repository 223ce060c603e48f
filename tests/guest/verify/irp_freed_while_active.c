// rule: RS-IRP-012
/* Sends an IRP of its own, is told that it is pending, and frees it. The lower device never
 * completes a request unless the repaired driver cancels it. */
#define OWN_ENTRY
#define OWN_UNLOAD
#include "verify.h"
#include "lower.h"

static VOID NTAPI cancel(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    finish(irp, STATUS_CANCELLED, 0);
}

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
        IoSetCancelRoutine(irp, cancel);
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
    IoCancelIrp(own);
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
#endif
    IoFreeIrp(own);
    return finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    return create_lower(driver);
}
