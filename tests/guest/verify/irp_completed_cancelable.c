// rule: RS-IRP-009
// exit: 102
/* Makes the request cancelable while it works on it, and completes it as it is. */
#include "verify.h"

static VOID NTAPI cancel(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    finish(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, cancel);
#ifdef REPAIRED
    if (IoSetCancelRoutine(irp, NULL) == NULL)
        return STATUS_PENDING;
#endif
    finish(irp, STATUS_SUCCESS, 0);
    return STATUS_PENDING;
}
