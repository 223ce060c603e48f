/*
 * Push locks and resources: thunks of the routines that acquire and release them, and that they
 * are acquired only where normal kernel APCs are disabled.
 */
#include "vf/lock_thunk.h"

VF_RULE(apcs_enabled) = {
    .id = "RS-LOCK-006",
    .title = "lock acquired while kernel APCs are enabled",
    .severity = VF_ERROR,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "call KeEnterCriticalRegion (FsRtlEnterFileSystem) before acquiring it, and "
              "KeLeaveCriticalRegion after releasing it",
    .rationale = "A kernel APC that is delivered to the holder may suspend the thread, or acquire "
                 "the lock itself: then everybody who waits for the lock waits for that.",
    .reference = "Windows driver documentation, ExAcquireResourceExclusiveLite",
};

void vf_lock_check_apcs(const struct vf_lock_call *call, BOOLEAN special)
{
    PKTHREAD thread = ke_current_thread();

    if (ke_irql() >= APC_LEVEL || thread->SpecialApcDisable ||
        (!special && thread->KernelApcDisable))
        return;
    vf_report(&apcs_enabled, "%s %p is acquired outside of a %s region", vf_lock_name(call->kind),
              call->lock, special ? "guarded" : "critical");
}

#define CHECK vf_lock_check_apcs(&call, FALSE)

/* ---- push locks; all are exports of ex/push_lock.c ---- */

void vf_push_exclusive(PULONG_PTR, ULONG) VF_EXPORT(ExAcquirePushLockExclusiveEx);
void vf_push_shared(PULONG_PTR, ULONG) VF_EXPORT(ExAcquirePushLockSharedEx);
BOOLEAN vf_push_try_exclusive(PULONG_PTR, ULONG) VF_EXPORT(ExTryAcquirePushLockExclusiveEx);
BOOLEAN vf_push_try_shared(PULONG_PTR, ULONG) VF_EXPORT(ExTryAcquirePushLockSharedEx);
void vf_push_release(PULONG_PTR, ULONG) VF_EXPORT(ExReleasePushLockEx);
void vf_push_initialize(PULONG_PTR) VF_EXPORT(ExInitializePushLock);

#define PUSH (PULONG_PTR lock, ULONG options)
#define PUSH_PLAIN (PULONG_PTR lock)
#define PUSH_ARGUMENTS (lock, options)

VF_LOCK_ACQUIRE(ExAcquirePushLockExclusiveEx, vf_push_exclusive, VF_LOCK_PUSH, 0, PUSH,
                PUSH_ARGUMENTS, CHECK);
VF_LOCK_ACQUIRE(ExAcquirePushLockSharedEx, vf_push_shared, VF_LOCK_PUSH, VF_LOCK_SHARED, PUSH,
                PUSH_ARGUMENTS, CHECK);
VF_LOCK_ACQUIRE(ExfAcquirePushLockExclusive, vf_push_exclusive, VF_LOCK_PUSH, 0, PUSH_PLAIN,
                (lock, 0), CHECK);
VF_LOCK_ACQUIRE(ExfAcquirePushLockShared, vf_push_shared, VF_LOCK_PUSH, VF_LOCK_SHARED, PUSH_PLAIN,
                (lock, 0), CHECK);
VF_LOCK_TRY_ACQUIRE(ExTryAcquirePushLockExclusiveEx, vf_push_try_exclusive, VF_LOCK_PUSH,
                    VF_LOCK_TRY, PUSH, PUSH_ARGUMENTS, CHECK);
VF_LOCK_TRY_ACQUIRE(ExTryAcquirePushLockSharedEx, vf_push_try_shared, VF_LOCK_PUSH,
                    VF_LOCK_TRY | VF_LOCK_SHARED, PUSH, PUSH_ARGUMENTS, CHECK);
VF_LOCK_TRY_ACQUIRE(ExfTryAcquirePushLockShared, vf_push_try_shared, VF_LOCK_PUSH,
                    VF_LOCK_TRY | VF_LOCK_SHARED, PUSH_PLAIN, (lock, 0), CHECK);
VF_LOCK_RELEASE(ExReleasePushLockEx, vf_push_release, VF_LOCK_PUSH, PUSH, PUSH_ARGUMENTS,
                *lock == 0);
VF_LOCK_RELEASE(ExReleasePushLockExclusiveEx, vf_push_release, VF_LOCK_PUSH, PUSH, PUSH_ARGUMENTS,
                *lock == 0);
VF_LOCK_RELEASE(ExReleasePushLockSharedEx, vf_push_release, VF_LOCK_PUSH, PUSH, PUSH_ARGUMENTS,
                *lock == 0);
VF_LOCK_RELEASE(ExfReleasePushLock, vf_push_release, VF_LOCK_PUSH, PUSH_PLAIN, (lock, 0),
                *lock == 0);
VF_LOCK_RELEASE(ExfReleasePushLockExclusive, vf_push_release, VF_LOCK_PUSH, PUSH_PLAIN, (lock, 0),
                *lock == 0);
VF_LOCK_RELEASE(ExfReleasePushLockShared, vf_push_release, VF_LOCK_PUSH, PUSH_PLAIN, (lock, 0),
                *lock == 0);

static void initialize_push(PULONG_PTR lock)
{
    vf_lock_initialized(lock);
    vf_push_initialize(lock);
}
VF_THUNK(ExInitializePushLock, initialize_push);

/* ---- resources ---- */

#define RESOURCE (PERESOURCE lock, BOOLEAN wait)
#define RESOURCE_ARGUMENTS (lock, wait)
#define UNLESS_WAIT (wait ? 0 : VF_LOCK_TRY)

VF_LOCK_TRY_ACQUIRE(ExAcquireResourceExclusiveLite, ExAcquireResourceExclusiveLite,
                    VF_LOCK_RESOURCE, UNLESS_WAIT, RESOURCE, RESOURCE_ARGUMENTS, CHECK);
VF_LOCK_TRY_ACQUIRE(ExAcquireResourceSharedLite, ExAcquireResourceSharedLite, VF_LOCK_RESOURCE,
                    UNLESS_WAIT | VF_LOCK_SHARED, RESOURCE, RESOURCE_ARGUMENTS, CHECK);
VF_LOCK_TRY_ACQUIRE(ExAcquireSharedStarveExclusive, ExAcquireSharedStarveExclusive,
                    VF_LOCK_RESOURCE, UNLESS_WAIT | VF_LOCK_SHARED, RESOURCE, RESOURCE_ARGUMENTS,
                    CHECK);
VF_LOCK_TRY_ACQUIRE(ExAcquireSharedWaitForExclusive, ExAcquireSharedWaitForExclusive,
                    VF_LOCK_RESOURCE, UNLESS_WAIT | VF_LOCK_SHARED, RESOURCE, RESOURCE_ARGUMENTS,
                    CHECK);
VF_LOCK_RELEASE(ExReleaseResourceLite, ExReleaseResourceLite, VF_LOCK_RESOURCE, (PERESOURCE lock),
                (lock), lock->ActiveEntries == 0);

static void release_for_thread(PERESOURCE resource, ERESOURCE_THREAD thread)
{
    struct vf_lock_call call = vf_lock_call(resource, VF_LOCK_RESOURCE, 0, _ReturnAddress());

    if (thread == (ERESOURCE_THREAD)ke_current_thread())
        vf_lock_release(&call, resource->ActiveEntries == 0);
    else
        vf_lock_release_for(resource, (const void *)thread);
    ExReleaseResourceForThreadLite(resource, thread);
}
VF_THUNK(ExReleaseResourceForThreadLite, release_for_thread);

static void set_owner(PERESOURCE resource, PVOID owner)
{
    vf_lock_disown(resource);
    ExSetResourceOwnerPointer(resource, owner);
}
VF_THUNK(ExSetResourceOwnerPointer, set_owner);

static void set_owner_ex(PERESOURCE resource, PVOID owner, ULONG flags)
{
    vf_lock_disown(resource);
    ExSetResourceOwnerPointerEx(resource, owner, flags);
}
VF_THUNK(ExSetResourceOwnerPointerEx, set_owner_ex);

static NTSTATUS initialize_resource(PERESOURCE resource)
{
    vf_lock_initialized(resource);
    return ExInitializeResourceLite(resource);
}
VF_THUNK(ExInitializeResourceLite, initialize_resource);

static NTSTATUS delete_resource(PERESOURCE resource)
{
    vf_lock_memory_gone((ULONG64)resource, sizeof(*resource));
    return ExDeleteResourceLite(resource);
}
VF_THUNK(ExDeleteResourceLite, delete_resource);
