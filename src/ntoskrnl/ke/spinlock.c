/*
 * Spin locks. Whoever finds a lock held gives the other processors time to release it. When there
 * is none to do so it is never released: acquiring it spins, and the watchdog reports who does. The
 * owner is kept in the lock word, as a checked NT keeps it.
 */
#include "ke/ke_internal.h"
#include "kd/trace.h"

static inline void acquire(PKSPIN_LOCK lock)
{
    while (__builtin_expect(*(volatile KSPIN_LOCK *)lock != 0, 0))
        ke_spin();
    *lock = (KSPIN_LOCK)ke_current_thread() | 1;
    KD_TRACE(lock_acquire(lock, TRACE_LOCK_SPIN));
}

static inline void release(PKSPIN_LOCK lock)
{
    KD_TRACE(lock_release(lock, TRACE_LOCK_SPIN));
    *lock = 0;
}

static void initialize_spin_lock(PKSPIN_LOCK lock)
{
    *lock = 0;
}
NT_EXPORT_AS(KeInitializeSpinLock, initialize_spin_lock, HIGH_LEVEL, "p");

/*
 * Acquire a spin lock and raise to DISPATCH_LEVEL.
 * Returns the previous IRQL. IRQL: <= DISPATCH_LEVEL.
 * Source: Windows driver documentation, KeAcquireSpinLock.
 */
KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK lock)
{
    KIRQL old = ke_raise_irql(DISPATCH_LEVEL);

    acquire(lock);
    return old;
}
NT_EXPORT(KeAcquireSpinLockRaiseToDpc, DISPATCH_LEVEL, "p");
NT_EXPORT_AS(KfAcquireSpinLock, KeAcquireSpinLockRaiseToDpc, DISPATCH_LEVEL, "p");

static void acquire_spin_lock(PKSPIN_LOCK lock, PKIRQL old)
{
    *old = KeAcquireSpinLockRaiseToDpc(lock);
}
NT_EXPORT_AS(KeAcquireSpinLock, acquire_spin_lock, DISPATCH_LEVEL, "pp");

/* Release a spin lock and restore the IRQL. IRQL: DISPATCH_LEVEL. */
VOID NTAPI KeReleaseSpinLock(PKSPIN_LOCK lock, KIRQL irql)
{
    release(lock);
    ke_lower_irql(irql);
}
NT_EXPORT(KeReleaseSpinLock, DISPATCH_LEVEL, "pi");
NT_EXPORT_AS(KfReleaseSpinLock, KeReleaseSpinLock, DISPATCH_LEVEL, "pi");

static void acquire_at_dpc_level(PKSPIN_LOCK lock)
{
    acquire(lock);
}
NT_EXPORT_AS(KeAcquireSpinLockAtDpcLevel, acquire_at_dpc_level, HIGH_LEVEL, "p");
NT_EXPORT_AS(KefAcquireSpinLockAtDpcLevel, acquire_at_dpc_level, HIGH_LEVEL, "p");

static void release_from_dpc_level(PKSPIN_LOCK lock)
{
    release(lock);
}
NT_EXPORT_AS(KeReleaseSpinLockFromDpcLevel, release_from_dpc_level, HIGH_LEVEL, "p");
NT_EXPORT_AS(KefReleaseSpinLockFromDpcLevel, release_from_dpc_level, HIGH_LEVEL, "p");

static BOOLEAN try_to_acquire_at_dpc_level(PKSPIN_LOCK lock)
{
    if (*lock)
        return FALSE;
    acquire(lock);
    return TRUE;
}
NT_EXPORT_AS(KeTryToAcquireSpinLockAtDpcLevel, try_to_acquire_at_dpc_level, HIGH_LEVEL, "p");

static BOOLEAN test_spin_lock(PKSPIN_LOCK lock)
{
    return *lock == 0;
}
NT_EXPORT_AS(KeTestSpinLock, test_spin_lock, HIGH_LEVEL, "p");

/* Works at the current IRQL or raises to DISPATCH_LEVEL, for code that a DPC shares. */
static KIRQL acquire_for_dpc(PKSPIN_LOCK lock)
{
    KIRQL old = ke_irql();

    if (old < DISPATCH_LEVEL)
        ke_raise_irql(DISPATCH_LEVEL);
    acquire(lock);
    return old;
}
NT_EXPORT_AS(KeAcquireSpinLockForDpc, acquire_for_dpc, HIGH_LEVEL, "p");
NT_EXPORT_AS(KeReleaseSpinLockForDpc, KeReleaseSpinLock, HIGH_LEVEL, "pi");

/* Queued spin locks: the handle remembers the lock and the IRQL to go back to. */
static void acquire_queued(PKSPIN_LOCK lock, PKLOCK_QUEUE_HANDLE handle)
{
    handle->LockQueue.Next = NULL;
    handle->LockQueue.Lock = lock;
    handle->OldIrql = KeAcquireSpinLockRaiseToDpc(lock);
}
NT_EXPORT_AS(KeAcquireInStackQueuedSpinLock, acquire_queued, DISPATCH_LEVEL, "pp");

static void release_queued(PKLOCK_QUEUE_HANDLE handle)
{
    release((PKSPIN_LOCK)handle->LockQueue.Lock);
    ke_lower_irql(handle->OldIrql);
}
NT_EXPORT_AS(KeReleaseInStackQueuedSpinLock, release_queued, DISPATCH_LEVEL, "p");

static void acquire_queued_at_dpc_level(PKSPIN_LOCK lock, PKLOCK_QUEUE_HANDLE handle)
{
    handle->LockQueue.Next = NULL;
    handle->LockQueue.Lock = lock;
    acquire(lock);
}
NT_EXPORT_AS(KeAcquireInStackQueuedSpinLockAtDpcLevel, acquire_queued_at_dpc_level, HIGH_LEVEL,
             "pp");

static void release_queued_from_dpc_level(PKLOCK_QUEUE_HANDLE handle)
{
    release((PKSPIN_LOCK)handle->LockQueue.Lock);
}
NT_EXPORT_AS(KeReleaseInStackQueuedSpinLockFromDpcLevel, release_queued_from_dpc_level, HIGH_LEVEL,
             "p");
