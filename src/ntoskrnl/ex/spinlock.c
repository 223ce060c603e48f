/*
 * Reader-writer spin locks (EX_SPIN_LOCK): bit 31 = exclusive, else the number of readers.
 *
 * Whoever finds a lock held gives the other processors time to release it; without one it spins,
 * and the watchdog reports who does.
 */
#include "ex/ex_internal.h"

#define EXCLUSIVE ((LONG)0x80000000)

static BOOLEAN try_exclusive(volatile LONG *lock)
{
    if (*lock != 0)
        return FALSE;
    *lock = EXCLUSIVE;
    return TRUE;
}
NT_EXPORT_AS(ExTryAcquireSpinLockExclusiveAtDpcLevel, try_exclusive, HIGH_LEVEL, "p");

static BOOLEAN try_shared(volatile LONG *lock)
{
    if (*lock & EXCLUSIVE)
        return FALSE;
    ++*lock;
    return TRUE;
}
NT_EXPORT_AS(ExTryAcquireSpinLockSharedAtDpcLevel, try_shared, HIGH_LEVEL, "p");

static void acquire_exclusive_at_dpc_level(volatile LONG *lock)
{
    while (!try_exclusive(lock))
        ke_spin();
}
NT_EXPORT_AS(ExAcquireSpinLockExclusiveAtDpcLevel, acquire_exclusive_at_dpc_level, HIGH_LEVEL, "p");

static void acquire_shared_at_dpc_level(volatile LONG *lock)
{
    while (!try_shared(lock))
        ke_spin();
}
NT_EXPORT_AS(ExAcquireSpinLockSharedAtDpcLevel, acquire_shared_at_dpc_level, HIGH_LEVEL, "p");

static void release_exclusive_from_dpc_level(volatile LONG *lock)
{
    *lock &= ~EXCLUSIVE;
}
NT_EXPORT_AS(ExReleaseSpinLockExclusiveFromDpcLevel, release_exclusive_from_dpc_level, HIGH_LEVEL,
             "p");

static void release_shared_from_dpc_level(volatile LONG *lock)
{
    --*lock;
}
NT_EXPORT_AS(ExReleaseSpinLockSharedFromDpcLevel, release_shared_from_dpc_level, HIGH_LEVEL, "p");

/*
 * Acquire and raise to DISPATCH_LEVEL.
 * Returns the previous IRQL. IRQL: <= DISPATCH_LEVEL.
 * Source: Windows driver documentation, ExAcquireSpinLockExclusive.
 */
static KIRQL acquire_exclusive(volatile LONG *lock)
{
    KIRQL old = ke_raise_irql(DISPATCH_LEVEL);

    acquire_exclusive_at_dpc_level(lock);
    return old;
}
NT_EXPORT_AS(ExAcquireSpinLockExclusive, acquire_exclusive, DISPATCH_LEVEL, "p");

static KIRQL acquire_shared(volatile LONG *lock)
{
    KIRQL old = ke_raise_irql(DISPATCH_LEVEL);

    acquire_shared_at_dpc_level(lock);
    return old;
}
NT_EXPORT_AS(ExAcquireSpinLockShared, acquire_shared, DISPATCH_LEVEL, "p");

/* Release and go back to an IRQL. IRQL: DISPATCH_LEVEL. */
static void release_exclusive(volatile LONG *lock, KIRQL irql)
{
    release_exclusive_from_dpc_level(lock);
    ke_lower_irql(irql);
}
NT_EXPORT_AS(ExReleaseSpinLockExclusive, release_exclusive, DISPATCH_LEVEL, "pi");

static void release_shared(volatile LONG *lock, KIRQL irql)
{
    release_shared_from_dpc_level(lock);
    ke_lower_irql(irql);
}
NT_EXPORT_AS(ExReleaseSpinLockShared, release_shared, DISPATCH_LEVEL, "pi");

/* The only reader becomes the writer. IRQL: >= DISPATCH_LEVEL. */
static BOOLEAN try_convert(volatile LONG *lock)
{
    if (*lock != 1)
        return FALSE;
    *lock = EXCLUSIVE;
    return TRUE;
}
NT_EXPORT_AS(ExTryConvertSharedSpinLockExclusive, try_convert, HIGH_LEVEL, "p");
