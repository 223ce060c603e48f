// rule: RS-IRP-014
// also: RS-LOAD-014
/* An IRP that the driver sent to its own lower device is still there when the driver goes. */
#define OWN_ENTRY
#define OWN_UNLOAD
#include "verify.h"
#define own_unload delete_lower
#include "lower.h"
#undef own_unload

static KEVENT done;
static PIRP own;

static VOID NTAPI cancel(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    finish(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS NTAPI keep(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(context);
    KeSetEvent(&done, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    if (device == lower) {
        IoMarkIrpPending(irp);
        IoSetCancelRoutine(irp, cancel);
        return STATUS_PENDING;
    }
    return finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    NTSTATUS status = create_lower(driver);

    UNREFERENCED_PARAMETER(path);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    own = IoAllocateIrp(lower->StackSize, FALSE);
    if (own == NULL)
        return STATUS_SUCCESS;
    IoGetNextIrpStackLocation(own)->MajorFunction = IRP_MJ_READ;
    IoSetCompletionRoutine(own, keep, NULL, TRUE, TRUE, TRUE);
    IoCallDriver(lower, own);
    return STATUS_SUCCESS;
}

static void own_unload(PDRIVER_OBJECT driver)
{
#ifdef REPAIRED
    if (own != NULL) {
        IoCancelIrp(own);
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
        IoFreeIrp(own);
    }
#endif
    delete_lower(driver);
}
