/*
 * Cancelling requests: the global cancel spin lock, and the cancel routine that a driver sets while
 * it holds an IRP.
 */
#include "io/io_internal.h"
#include "kd/trace.h"

static KSPIN_LOCK cancel_lock;

VOID NTAPI IoAcquireCancelSpinLock(PKIRQL irql)
{
    KeAcquireSpinLock(&cancel_lock, irql);
}
NT_EXPORT(IoAcquireCancelSpinLock, DISPATCH_LEVEL, "p");

VOID NTAPI IoReleaseCancelSpinLock(KIRQL irql)
{
    KeReleaseSpinLock(&cancel_lock, irql);
}
NT_EXPORT(IoReleaseCancelSpinLock, DISPATCH_LEVEL, "i");

/*
 * Mark an IRP cancelled and call its cancel routine, which must release the cancel spin lock to
 * Irp->CancelIrql. Returns whether there was one.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoCancelIrp.
 */
BOOLEAN NTAPI IoCancelIrp(PIRP irp)
{
    PDRIVER_CANCEL routine;
    KIRQL irql;

    IoAcquireCancelSpinLock(&irql);
    KD_TRACE(irp_cancel(irp));
    irp->Cancel = TRUE;
    routine = (PDRIVER_CANCEL)InterlockedExchangePointer((PVOID *)&irp->CancelRoutine, NULL);
    if (!routine) {
        IoReleaseCancelSpinLock(irql);
        return FALSE;
    }
    irp->CancelIrql = irql;
    routine(irp->CurrentLocation <= irp->StackCount
                ? IoGetCurrentIrpStackLocation(irp)->DeviceObject
                : NULL,
            irp);
    return TRUE;
}
NT_EXPORT(IoCancelIrp, DISPATCH_LEVEL, "I");
