/*
 * Acquires a spin lock that it owns.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    KSPIN_LOCK lock;
    KIRQL irql, again;

    (void)irp;
    KeInitializeSpinLock(&lock);
    KeAcquireSpinLock(&lock, &irql);
    KeAcquireSpinLock(&lock, &again); /* fault */
    KeReleaseSpinLock(&lock, irql);
}
