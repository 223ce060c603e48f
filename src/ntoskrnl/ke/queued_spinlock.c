/*
 * The system's numbered spin locks. A few drivers take them by number; the kernel's own structures
 * need no locks here, so each number is just a lock.
 */
#include "ke/ke.h"

#define QUEUED_LOCKS 17 /* LockQueueMaximumLock */

static KSPIN_LOCK locks[QUEUED_LOCKS];

/*
 * Acquire a numbered lock and raise to DISPATCH_LEVEL.
 * IRQL: <= DISPATCH_LEVEL. Returns the previous IRQL.
 */
static KIRQL acquire(ULONG number)
{
    KIRQL old = ke_raise_irql(DISPATCH_LEVEL);

    if (number >= QUEUED_LOCKS)
        NOT_IMPLEMENTED("a queued spin lock of that number");
    while (__builtin_expect(*(volatile KSPIN_LOCK *)&locks[number] != 0, 0))
        ke_spin();
    locks[number] = (KSPIN_LOCK)ke_current_thread() | 1;
    return old;
}
NT_EXPORT_AS(KeAcquireQueuedSpinLock, acquire, DISPATCH_LEVEL, "u");

/* Release a numbered lock and go back to an IRQL. IRQL: DISPATCH_LEVEL. */
static void release(ULONG number, KIRQL irql)
{
    locks[number] = 0;
    ke_lower_irql(irql);
}
NT_EXPORT_AS(KeReleaseQueuedSpinLock, release, DISPATCH_LEVEL, "ui");
