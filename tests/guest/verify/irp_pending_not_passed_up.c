// rule: RS-IRP-011
// exit: 102
/* The driver below pends the request; the completion routine above does not say so upward, and the
 * sender waits forever. */
#define OWN_ENTRY
#define OWN_UNLOAD
#include "verify.h"
#include "lower.h"

static KDPC dpc;

static VOID NTAPI complete_later(PKDPC object, PVOID context, PVOID irp, PVOID unused)
{
    UNREFERENCED_PARAMETER(object);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(unused);
    finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI completed(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(context);
#ifdef REPAIRED
    if (irp->PendingReturned)
        IoMarkIrpPending(irp);
#else
    UNREFERENCED_PARAMETER(irp);
#endif
    return STATUS_SUCCESS;
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    if (device == lower) {
        IoMarkIrpPending(irp);
        KeInitializeDpc(&dpc, complete_later, NULL);
        KeInsertQueueDpc(&dpc, irp, NULL);
        return STATUS_PENDING;
    }
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, completed, NULL, TRUE, TRUE, TRUE);
    return IoCallDriver(lower, irp);
}

static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    return create_lower(driver);
}
