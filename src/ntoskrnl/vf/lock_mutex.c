/*
 * Fast mutexes, guarded mutexes and mutexes: thunks of the routines that acquire and release them.
 * Mutexes are acquired by waiting: irql_wait.c.
 */
#include "vf/lock_thunk.h"

/* Exports of ex/fast_mutex.c that are static there. */
void vf_enter_and_acquire(PFAST_MUTEX) VF_EXPORT(ExEnterCriticalRegionAndAcquireFastMutexUnsafe);
void vf_release_and_leave(PFAST_MUTEX) VF_EXPORT(ExReleaseFastMutexUnsafeAndLeaveCriticalRegion);

#define FAST (PFAST_MUTEX lock)
#define GUARDED (PKGUARDED_MUTEX lock)
#define IS_FREE (lock->Count == 1)

VF_LOCK_ACQUIRE(ExAcquireFastMutex, ExAcquireFastMutex, VF_LOCK_FAST_MUTEX, 0, FAST, (lock), );
VF_LOCK_ACQUIRE(ExAcquireFastMutexUnsafe, ExAcquireFastMutexUnsafe, VF_LOCK_FAST_MUTEX, 0, FAST,
                (lock), vf_lock_check_apcs(&call, FALSE));
VF_LOCK_ACQUIRE(ExEnterCriticalRegionAndAcquireFastMutexUnsafe, vf_enter_and_acquire,
                VF_LOCK_FAST_MUTEX, 0, FAST, (lock), );
VF_LOCK_TRY_ACQUIRE(ExTryToAcquireFastMutex, ExTryToAcquireFastMutex, VF_LOCK_FAST_MUTEX,
                    VF_LOCK_TRY, FAST, (lock), );
VF_LOCK_RELEASE(ExReleaseFastMutex, ExReleaseFastMutex, VF_LOCK_FAST_MUTEX, FAST, (lock), IS_FREE);
VF_LOCK_RELEASE(ExReleaseFastMutexUnsafe, ExReleaseFastMutexUnsafe, VF_LOCK_FAST_MUTEX, FAST,
                (lock), IS_FREE);
VF_LOCK_RELEASE(ExReleaseFastMutexUnsafeAndLeaveCriticalRegion, vf_release_and_leave,
                VF_LOCK_FAST_MUTEX, FAST, (lock), IS_FREE);

VF_LOCK_ACQUIRE(KeAcquireGuardedMutex, KeAcquireGuardedMutex, VF_LOCK_GUARDED_MUTEX, 0, GUARDED,
                (lock), );
VF_LOCK_ACQUIRE(KeAcquireGuardedMutexUnsafe, KeAcquireGuardedMutexUnsafe, VF_LOCK_GUARDED_MUTEX, 0,
                GUARDED, (lock), vf_lock_check_apcs(&call, TRUE));
VF_LOCK_TRY_ACQUIRE(KeTryToAcquireGuardedMutex, KeTryToAcquireGuardedMutex, VF_LOCK_GUARDED_MUTEX,
                    VF_LOCK_TRY, GUARDED, (lock), );
VF_LOCK_RELEASE(KeReleaseGuardedMutex, KeReleaseGuardedMutex, VF_LOCK_GUARDED_MUTEX, GUARDED,
                (lock), IS_FREE);
VF_LOCK_RELEASE(KeReleaseGuardedMutexUnsafe, KeReleaseGuardedMutexUnsafe, VF_LOCK_GUARDED_MUTEX,
                GUARDED, (lock), IS_FREE);

static VOID initialize_guarded(PKGUARDED_MUTEX mutex)
{
    vf_lock_initialized(mutex);
    KeInitializeGuardedMutex(mutex);
}
VF_THUNK(KeInitializeGuardedMutex, initialize_guarded);

/* ExInitializeFastMutex is inline, and initialises the mutex's event last. */
static VOID initialize_event(PRKEVENT event, EVENT_TYPE type, BOOLEAN state)
{
    if (type == SynchronizationEvent)
        vf_lock_initialized(CONTAINING_RECORD(event, FAST_MUTEX, Event));
    KeInitializeEvent(event, type, state);
}
VF_THUNK(KeInitializeEvent, initialize_event);

static VOID initialize_mutex(PRKMUTEX mutex, ULONG level)
{
    vf_lock_initialized(mutex);
    KeInitializeMutex(mutex, level);
}
VF_THUNK(KeInitializeMutex, initialize_mutex);

/* The kernel itself refuses a release by somebody else, with an exception. */
static LONG release_mutex(PRKMUTEX mutex, BOOLEAN wait)
{
    struct vf_lock_call call = vf_lock_call(mutex, VF_LOCK_MUTEX, 0, _ReturnAddress());

    vf_lock_release(&call, mutex->OwnerThread != ke_current_thread());
    return KeReleaseMutex(mutex, wait);
}
VF_THUNK(KeReleaseMutex, release_mutex);
