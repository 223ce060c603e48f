/*
 * Push locks: reader-writer locks of one pointer.
 *
 *   0                free
 *   1                one exclusive owner
 *   n << 4 | 1       n shared owners
 *   … | 2            somebody waits: struct push_lock_wait in ex.push_lock_waiters
 *
 * A release that frees the lock hands it to the first waiter, or to the readers at the front of its
 * queue; newcomers go behind waiters. Owners are not known, so there is no recursion and any thread
 * may release.
 */
#include "ex/ex_internal.h"

#define LOCKED 1ull
#define WAITING 2ull
#define SHARED_SHIFT 4
#define SHARED_ONE (1ull << SHARED_SHIFT)

/* A waiting thread; on its stack. */
struct push_lock_wait {
    LIST_ENTRY links; /* ex.push_lock_waiters, in order of arrival */
    PULONG_PTR lock;
    BOOLEAN exclusive;
    KEVENT granted;
};

static struct push_lock_wait *first_waiter(PULONG_PTR lock)
{
    for (LIST_ENTRY *link = ex.push_lock_waiters.Flink; link != &ex.push_lock_waiters;
         link = link->Flink) {
        struct push_lock_wait *wait = CONTAINING_RECORD(link, struct push_lock_wait, links);

        if (wait->lock == lock)
            return wait;
    }
    return NULL;
}

/* Bring the waiting flag up to date. */
static void set_waiting(PULONG_PTR lock)
{
    *lock = (*lock & ~WAITING) | (first_waiter(lock) ? WAITING : 0);
}

static BOOLEAN try_acquire(PULONG_PTR lock, BOOLEAN exclusive)
{
    if (*lock == 0) {
        *lock = exclusive ? LOCKED : LOCKED | SHARED_ONE;
        return TRUE;
    }
    if (exclusive || *lock >> SHARED_SHIFT == 0)
        return FALSE;
    *lock += SHARED_ONE;
    return TRUE;
}

static void acquire(PULONG_PTR lock, BOOLEAN exclusive)
{
    struct push_lock_wait wait = {.lock = lock, .exclusive = exclusive};

    if (!(*lock & WAITING) && try_acquire(lock, exclusive))
        return;
    KeInitializeEvent(&wait.granted, SynchronizationEvent, FALSE);
    InsertTailList(&ex.push_lock_waiters, &wait.links);
    *lock |= WAITING;
    KeWaitForSingleObject(&wait.granted, WrPushLock, KernelMode, FALSE, NULL);
}

/* The lock is free: give it to those in front of the queue. */
static void hand_on(PULONG_PTR lock)
{
    struct push_lock_wait *wait;

    *lock = 0;
    while ((wait = first_waiter(lock)) != NULL && try_acquire(lock, wait->exclusive)) {
        RemoveEntryList(&wait->links);
        KeSetEvent(&wait->granted, IO_NO_INCREMENT, FALSE);
    }
    set_waiting(lock);
}

static void release(PULONG_PTR lock)
{
    if (*lock >> SHARED_SHIFT > 1)
        *lock -= SHARED_ONE;
    else if (*lock & WAITING)
        hand_on(lock);
    else
        *lock = 0;
}

/* Initialise a push lock. IRQL: any. Source: Windows driver documentation, ExInitializePushLock. */
static void initialize(PULONG_PTR lock)
{
    *lock = 0;
}
NT_EXPORT_AS(ExInitializePushLock, initialize, HIGH_LEVEL, "p");

/*
 * Acquire exclusively. The plain routines expect that the caller is in a critical region.
 * IRQL: <= APC_LEVEL.
 */
static void acquire_exclusive(PULONG_PTR lock)
{
    acquire(lock, TRUE);
}
NT_EXPORT_AS(ExfAcquirePushLockExclusive, acquire_exclusive, APC_LEVEL, "p");

/* Acquire shared. IRQL: <= APC_LEVEL. */
static void acquire_shared(PULONG_PTR lock)
{
    acquire(lock, FALSE);
}
NT_EXPORT_AS(ExfAcquirePushLockShared, acquire_shared, APC_LEVEL, "p");

static BOOLEAN try_acquire_shared(PULONG_PTR lock)
{
    return !(*lock & WAITING) && try_acquire(lock, FALSE);
}
NT_EXPORT_AS(ExfTryAcquirePushLockShared, try_acquire_shared, APC_LEVEL, "p");

NT_EXPORT_AS(ExfReleasePushLock, release, APC_LEVEL, "p");
NT_EXPORT_AS(ExfReleasePushLockShared, release, APC_LEVEL, "p");
NT_EXPORT_AS(ExfReleasePushLockExclusive, release, APC_LEVEL, "p");

/* A release wakes its successors itself: nothing is left to do. */
static void try_to_wake(PULONG_PTR lock)
{
    (void)lock;
}
NT_EXPORT_AS(ExfTryToWakePushLock, try_to_wake, APC_LEVEL, "p");

/*
 * Wake the threads that block on a push lock used as an event. Nothing of ours blocks on one, so
 * there is nobody to wake.
 * @param block  NULL or one wait block
 */
static void unblock(PULONG_PTR lock, PVOID block)
{
    if (*lock != 0 || block)
        NOT_IMPLEMENTED("blocking on push locks");
}
NT_EXPORT_AS(ExfUnblockPushLock, unblock, DISPATCH_LEVEL, "pp");

/* The documented forms; the flags (EX_DEFAULT_PUSH_LOCK_FLAGS = 0) change nothing here. */
static void acquire_exclusive_ex(PULONG_PTR lock, ULONG flags)
{
    (void)flags;
    acquire(lock, TRUE);
}
NT_EXPORT_AS(ExAcquirePushLockExclusiveEx, acquire_exclusive_ex, APC_LEVEL, "pu");

static void acquire_shared_ex(PULONG_PTR lock, ULONG flags)
{
    (void)flags;
    acquire(lock, FALSE);
}
NT_EXPORT_AS(ExAcquirePushLockSharedEx, acquire_shared_ex, APC_LEVEL, "pu");

static BOOLEAN try_acquire_exclusive_ex(PULONG_PTR lock, ULONG flags)
{
    (void)flags;
    return try_acquire(lock, TRUE);
}
NT_EXPORT_AS(ExTryAcquirePushLockExclusiveEx, try_acquire_exclusive_ex, APC_LEVEL, "pu");

static BOOLEAN try_acquire_shared_ex(PULONG_PTR lock, ULONG flags)
{
    (void)flags;
    return try_acquire_shared(lock);
}
NT_EXPORT_AS(ExTryAcquirePushLockSharedEx, try_acquire_shared_ex, APC_LEVEL, "pu");

static void release_ex(PULONG_PTR lock, ULONG flags)
{
    (void)flags;
    release(lock);
}
NT_EXPORT_AS(ExReleasePushLockEx, release_ex, APC_LEVEL, "pu");
NT_EXPORT_AS(ExReleasePushLockExclusiveEx, release_ex, APC_LEVEL, "pu");
NT_EXPORT_AS(ExReleasePushLockSharedEx, release_ex, APC_LEVEL, "pu");
