/*
 * Fast mutexes and guarded mutexes: mutual exclusion without recursion, with all kernel APCs held
 * up in the owner; fast mutexes do that by raising to APC_LEVEL.
 *
 *   Count:  1 free   0 owned   -n owned, n threads wait
 *
 * A release with waiters hands the mutex to the one that the event wakes. An owner that acquires
 * again waits for itself, as on NT; the deadlock is reported.
 */
#include "ex/ex_internal.h"

#define FREE 1

static void wait_and_own(volatile LONG *count, PKTHREAD *owner, PULONG contention, PVOID event)
{
    if (--*count != 0) {
        ++*contention;
        KeWaitForSingleObject(event, WrFastMutex, KernelMode, FALSE, NULL);
    }
    *owner = ke_current_thread();
}

static void give_up(volatile LONG *count, PKTHREAD *owner, PKEVENT event)
{
    *owner = NULL;
    if (++*count <= 0)
        KeSetEvent(event, IO_NO_INCREMENT, FALSE);
}

/*
 * Acquire a fast mutex and raise to APC_LEVEL.
 * IRQL: <= APC_LEVEL. Source: Windows driver documentation, ExAcquireFastMutex.
 */
VOID ExAcquireFastMutex(PFAST_MUTEX mutex)
{
    KIRQL old = ke_raise_irql(APC_LEVEL);

    wait_and_own(&mutex->Count, &mutex->Owner, &mutex->Contention, &mutex->Event);
    mutex->OldIrql = old;
}
NT_EXPORT(ExAcquireFastMutex, APC_LEVEL, "p");

/* Release a fast mutex and go back to the IRQL before it. IRQL: APC_LEVEL. */
VOID ExReleaseFastMutex(PFAST_MUTEX mutex)
{
    KIRQL old = (KIRQL)mutex->OldIrql;

    give_up(&mutex->Count, &mutex->Owner, &mutex->Event);
    ke_lower_irql(old);
}
NT_EXPORT(ExReleaseFastMutex, APC_LEVEL, "p");

/*
 * Acquire a fast mutex if nobody has it.
 * IRQL: <= APC_LEVEL; APC_LEVEL after TRUE.
 * Source: Windows driver documentation, ExTryToAcquireFastMutex.
 */
BOOLEAN ExTryToAcquireFastMutex(PFAST_MUTEX mutex)
{
    if (mutex->Count != FREE)
        return FALSE;
    ExAcquireFastMutex(mutex);
    return TRUE;
}
NT_EXPORT(ExTryToAcquireFastMutex, APC_LEVEL, "p");

/*
 * Acquire a fast mutex in a thread that holds up its APCs already.
 * IRQL: APC_LEVEL, or PASSIVE_LEVEL in a critical region.
 * Source: Windows driver documentation, ExAcquireFastMutexUnsafe.
 */
VOID ExAcquireFastMutexUnsafe(PFAST_MUTEX mutex)
{
    wait_and_own(&mutex->Count, &mutex->Owner, &mutex->Contention, &mutex->Event);
}
NT_EXPORT(ExAcquireFastMutexUnsafe, APC_LEVEL, "p");

VOID ExReleaseFastMutexUnsafe(PFAST_MUTEX mutex)
{
    give_up(&mutex->Count, &mutex->Owner, &mutex->Event);
}
NT_EXPORT(ExReleaseFastMutexUnsafe, APC_LEVEL, "p");

/* Fast mutexes together with a critical region. */
static void enter_critical_region_and_acquire(PFAST_MUTEX mutex)
{
    ke_current_thread()->KernelApcDisable--;
    ExAcquireFastMutexUnsafe(mutex);
}
NT_EXPORT_AS(ExEnterCriticalRegionAndAcquireFastMutexUnsafe, enter_critical_region_and_acquire,
             APC_LEVEL, "p");

static void release_and_leave_critical_region(PFAST_MUTEX mutex)
{
    ExReleaseFastMutexUnsafe(mutex);
    ex_leave_critical_region();
}
NT_EXPORT_AS(ExReleaseFastMutexUnsafeAndLeaveCriticalRegion, release_and_leave_critical_region,
             APC_LEVEL, "p");

/* A guarded mutex's gate is a synchronization event. */
static PKEVENT gate_of(PKGUARDED_MUTEX mutex)
{
    return (PKEVENT)&mutex->Gate;
}

/* Initialise a guarded mutex. IRQL: any. */
VOID KeInitializeGuardedMutex(PKGUARDED_MUTEX mutex)
{
    mutex->Count = FREE;
    mutex->Owner = NULL;
    mutex->Contention = 0;
    KeInitializeEvent(gate_of(mutex), SynchronizationEvent, FALSE);
    mutex->CombinedApcDisable = 0;
}
NT_EXPORT(KeInitializeGuardedMutex, HIGH_LEVEL, "p");

/*
 * Acquire a guarded mutex and enter a guarded region.
 * IRQL: <= APC_LEVEL. Source: Windows driver documentation, KeAcquireGuardedMutex.
 */
VOID KeAcquireGuardedMutex(PKGUARDED_MUTEX mutex)
{
    ke_current_thread()->SpecialApcDisable--;
    wait_and_own(&mutex->Count, &mutex->Owner, &mutex->Contention, gate_of(mutex));
    mutex->SpecialApcDisable = ke_current_thread()->SpecialApcDisable;
}
NT_EXPORT(KeAcquireGuardedMutex, APC_LEVEL, "p");

/* Release a guarded mutex and leave the guarded region. IRQL: <= APC_LEVEL. */
VOID KeReleaseGuardedMutex(PKGUARDED_MUTEX mutex)
{
    give_up(&mutex->Count, &mutex->Owner, gate_of(mutex));
    ex_leave_guarded_region();
}
NT_EXPORT(KeReleaseGuardedMutex, APC_LEVEL, "p");

BOOLEAN KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX mutex)
{
    if (mutex->Count != FREE)
        return FALSE;
    KeAcquireGuardedMutex(mutex);
    return TRUE;
}
NT_EXPORT(KeTryToAcquireGuardedMutex, APC_LEVEL, "p");

/* Acquire a guarded mutex in a thread that is in a guarded region or at APC_LEVEL already. */
VOID KeAcquireGuardedMutexUnsafe(PKGUARDED_MUTEX mutex)
{
    wait_and_own(&mutex->Count, &mutex->Owner, &mutex->Contention, gate_of(mutex));
}
NT_EXPORT(KeAcquireGuardedMutexUnsafe, APC_LEVEL, "p");

VOID KeReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX mutex)
{
    give_up(&mutex->Count, &mutex->Owner, gate_of(mutex));
}
NT_EXPORT(KeReleaseGuardedMutexUnsafe, APC_LEVEL, "p");
