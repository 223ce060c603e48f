/*
 * Cancels an IRP while it holds the cancel spin lock.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    PIRP own = IoAllocateIrp(1, FALSE);
    KIRQL irql;

    (void)irp;
    IoAcquireCancelSpinLock(&irql);
    IoCancelIrp(own); /* fault */
    DbgPrint("Hostile: cancelled\n");
}
