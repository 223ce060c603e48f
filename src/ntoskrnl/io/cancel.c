/*
 * Cancelling requests: the global cancel spin lock, and the cancel routine that a driver sets while
 * it holds an IRP.
 */
#include "io/io_internal.h"
#include "kd/trace.h"
#include "vf/callback.h"
#include "vf/irp.h"

/*
 * Acquire the lock that guards all cancel routines; the IRQL goes to DISPATCH_LEVEL.
 * @param irql  receives the IRQL to go back to
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoAcquireCancelSpinLock.
 */
VOID NTAPI IoAcquireCancelSpinLock(PKIRQL irql)
{
    *irql = KeAcquireSpinLockRaiseToDpc(&io.cancel_lock);
}
NT_EXPORT(IoAcquireCancelSpinLock, DISPATCH_LEVEL, "p");

/* IRQL: DISPATCH_LEVEL. Source: Windows driver documentation, IoReleaseCancelSpinLock. */
VOID NTAPI IoReleaseCancelSpinLock(KIRQL irql)
{
    KeReleaseSpinLock(&io.cancel_lock, irql);
}
NT_EXPORT(IoReleaseCancelSpinLock, DISPATCH_LEVEL, "i");

/*
 * Mark an IRP cancelled and call its cancel routine, which must release the cancel spin lock to
 * Irp->CancelIrql. Returns whether there was one. An IRP that is complete and has a cancel routine
 * is bug check 0x48 (CANCEL_STATE_IN_COMPLETED_IRP).
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoCancelIrp.
 */
BOOLEAN NTAPI IoCancelIrp(PIRP irp)
{
    struct vf_callback callback;
    PDRIVER_CANCEL routine;
    KIRQL irql;

    IoAcquireCancelSpinLock(&irql);
    KD_TRACE(irp_cancel(irp));
    irp->Cancel = TRUE;
    VF(irp_happens(irp, MACHINE_IRP_CANCELLED, __builtin_return_address(0),
                   (const void *)irp->CancelRoutine));
    routine = (PDRIVER_CANCEL)InterlockedExchangePointer((PVOID *)&irp->CancelRoutine, NULL);
    if (!routine) {
        IoReleaseCancelSpinLock(irql);
        return FALSE;
    }
    if (irp->CurrentLocation > irp->StackCount + 1)
        ke_bugcheck(CANCEL_STATE_IN_COMPLETED_IRP, (ULONG_PTR)irp, (ULONG_PTR)routine, 0, 0);
    irp->CancelIrql = irql;
    VF(callback_enter(&callback, (const void *)routine, "cancel routine"));
    routine(irp->CurrentLocation <= irp->StackCount
                ? IoGetCurrentIrpStackLocation(irp)->DeviceObject
                : NULL,
            irp);
    VF(callback_leave_cancel(&callback, irql));
    return TRUE;
}
NT_EXPORT(IoCancelIrp, DISPATCH_LEVEL, "I");
