// rule: RS-IRP-014
// client: irp_left_pending_client.c
/* Keeps a request that its sender never gets back, because it cannot be cancelled. */
#include "verify.h"

#ifdef REPAIRED
static VOID NTAPI cancel(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    finish(irp, STATUS_CANCELLED, 0);
}
#endif

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
#ifdef REPAIRED
    IoSetCancelRoutine(irp, cancel);
    if (irp->Cancel && IoSetCancelRoutine(irp, NULL) != NULL)
        finish(irp, STATUS_CANCELLED, 0);
#endif
    return STATUS_PENDING;
}
