/*
 * Spin locks: thunks of the routines that acquire and release them, and what goes wrong with spin
 * locks only.
 */
#include "vf/irql.h"
#include "vf/lock.h"
#include "vf/thunk.h"

VF_RULE(mixed_use) = {
    .id = "RS-LOCK-005",
    .title = "spin lock used both as queued and as ordinary one",
    .severity = VF_ERROR,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "acquire this lock everywhere with KeAcquireInStackQueuedSpinLock, or everywhere "
              "with KeAcquireSpinLock",
    .rationale = "A queued spin lock's word is the end of a queue, an ordinary one's a flag: on a "
                 "machine with several processors one kind of owner does not see the other.",
    .reference = "Windows driver documentation, Queued Spin Locks",
};

/* What the thunks call: exports of ke/spinlock.c and ex/spinlock.c that are static there. */
void vf_original_acquire_at_dpc(PKSPIN_LOCK) VF_EXPORT(KeAcquireSpinLockAtDpcLevel);
void vf_original_release_from_dpc(PKSPIN_LOCK) VF_EXPORT(KeReleaseSpinLockFromDpcLevel);
BOOLEAN vf_original_try_at_dpc(PKSPIN_LOCK) VF_EXPORT(KeTryToAcquireSpinLockAtDpcLevel);
KIRQL vf_original_acquire_for_dpc(PKSPIN_LOCK) VF_EXPORT(KeAcquireSpinLockForDpc);
void vf_original_initialize(PKSPIN_LOCK) VF_EXPORT(KeInitializeSpinLock);
void vf_original_queued(PKSPIN_LOCK, PKLOCK_QUEUE_HANDLE) VF_EXPORT(KeAcquireInStackQueuedSpinLock);
void vf_original_queued_release(PKLOCK_QUEUE_HANDLE) VF_EXPORT(KeReleaseInStackQueuedSpinLock);
void vf_original_queued_at_dpc(PKSPIN_LOCK, PKLOCK_QUEUE_HANDLE)
    VF_EXPORT(KeAcquireInStackQueuedSpinLockAtDpcLevel);
void vf_original_queued_from_dpc(PKLOCK_QUEUE_HANDLE)
    VF_EXPORT(KeReleaseInStackQueuedSpinLockFromDpcLevel);

static const char *use_name(enum vf_spin_use use)
{
    return use == VF_SPIN_QUEUED ? "queued spin lock" : "ordinary spin lock";
}

static void check_use(struct vf_lock_node *node, enum vf_spin_use use, ULONG64 caller)
{
    enum vf_spin_use other = use == VF_SPIN_PLAIN ? VF_SPIN_QUEUED : VF_SPIN_PLAIN;
    struct vf_place place;

    if (node->used_at[use])
        return;
    node->used_at[use] = caller;
    if (!node->used_at[other])
        return;
    place = vf_lock_place(node->used_at[other]);
    vf_report_at(&mixed_use, NULL, "used in the other way at", &place,
                 "spin lock %p is acquired as %s, and elsewhere as %s", node->lock, use_name(use),
                 use_name(other));
}

static struct vf_lock_call call_of(const void *lock, ULONG flags, const void *caller)
{
    return (struct vf_lock_call){
        .lock = lock, .kind = VF_LOCK_SPIN, .flags = flags, .caller = (ULONG64)caller};
}

/* The first use of a lock in either way is looked at more closely. */
static void before(const struct vf_lock_call *call, enum vf_spin_use use)
{
    USHORT node = vf_lock_node(call->lock, VF_LOCK_SPIN);

    if (node != VF_LOCK_NONE && !vf_lock_nodes[node].used_at[use])
        check_use(&vf_lock_nodes[node], use, call->caller);
    vf_lock_before(call);
}

/* ---- ordinary ---- */

static KIRQL acquire(PKSPIN_LOCK lock)
{
    struct vf_lock_call call = call_of(lock, 0, _ReturnAddress());
    KIRQL irql;

    before(&call, VF_SPIN_PLAIN);
    irql = KeAcquireSpinLockRaiseToDpc(lock);
    vf_lock_acquired(&call);
    return irql;
}
VF_THUNK(KeAcquireSpinLockRaiseToDpc, acquire);
VF_THUNK(KfAcquireSpinLock, acquire);

static void acquire_and_store(PKSPIN_LOCK lock, PKIRQL irql)
{
    struct vf_lock_call call = call_of(lock, 0, _ReturnAddress());

    before(&call, VF_SPIN_PLAIN);
    *irql = KeAcquireSpinLockRaiseToDpc(lock);
    vf_lock_acquired(&call);
}
VF_THUNK(KeAcquireSpinLock, acquire_and_store);

static void release(PKSPIN_LOCK lock, KIRQL irql)
{
    struct vf_lock_call call = call_of(lock, 0, _ReturnAddress());

    vf_lock_release(&call, *lock == 0);
    KeReleaseSpinLock(lock, irql);
}
VF_THUNK(KeReleaseSpinLock, release);
VF_THUNK(KfReleaseSpinLock, release);
VF_THUNK(KeReleaseSpinLockForDpc, release);

static void acquire_at_dpc(PKSPIN_LOCK lock)
{
    struct vf_lock_call call = call_of(lock, 0, _ReturnAddress());

    vf_irql_check_dispatch("KeAcquireSpinLockAtDpcLevel");
    before(&call, VF_SPIN_PLAIN);
    vf_original_acquire_at_dpc(lock);
    vf_lock_acquired(&call);
}
VF_THUNK(KeAcquireSpinLockAtDpcLevel, acquire_at_dpc);
VF_THUNK(KefAcquireSpinLockAtDpcLevel, acquire_at_dpc);

static void release_from_dpc(PKSPIN_LOCK lock)
{
    struct vf_lock_call call = call_of(lock, 0, _ReturnAddress());

    vf_irql_check_dispatch("KeReleaseSpinLockFromDpcLevel");
    vf_lock_release(&call, *lock == 0);
    vf_original_release_from_dpc(lock);
}
VF_THUNK(KeReleaseSpinLockFromDpcLevel, release_from_dpc);
VF_THUNK(KefReleaseSpinLockFromDpcLevel, release_from_dpc);

static BOOLEAN try_at_dpc(PKSPIN_LOCK lock)
{
    struct vf_lock_call call = call_of(lock, VF_LOCK_TRY, _ReturnAddress());

    vf_irql_check_dispatch("KeTryToAcquireSpinLockAtDpcLevel");
    before(&call, VF_SPIN_PLAIN);
    if (!vf_original_try_at_dpc(lock))
        return FALSE;
    vf_lock_acquired(&call);
    return TRUE;
}
VF_THUNK(KeTryToAcquireSpinLockAtDpcLevel, try_at_dpc);

static KIRQL acquire_for_dpc(PKSPIN_LOCK lock)
{
    struct vf_lock_call call = call_of(lock, 0, _ReturnAddress());
    KIRQL irql;

    before(&call, VF_SPIN_PLAIN);
    irql = vf_original_acquire_for_dpc(lock);
    vf_lock_acquired(&call);
    return irql;
}
VF_THUNK(KeAcquireSpinLockForDpc, acquire_for_dpc);

static void initialize(PKSPIN_LOCK lock)
{
    vf_lock_initialized(lock);
    vf_original_initialize(lock);
}
VF_THUNK(KeInitializeSpinLock, initialize);

/* ---- queued ---- */

static void acquire_queued(PKSPIN_LOCK lock, PKLOCK_QUEUE_HANDLE handle)
{
    struct vf_lock_call call = call_of(lock, 0, _ReturnAddress());

    before(&call, VF_SPIN_QUEUED);
    vf_original_queued(lock, handle);
    vf_lock_acquired(&call);
}
VF_THUNK(KeAcquireInStackQueuedSpinLock, acquire_queued);

static void acquire_queued_at_dpc(PKSPIN_LOCK lock, PKLOCK_QUEUE_HANDLE handle)
{
    struct vf_lock_call call = call_of(lock, 0, _ReturnAddress());

    vf_irql_check_dispatch("KeAcquireInStackQueuedSpinLockAtDpcLevel");
    before(&call, VF_SPIN_QUEUED);
    vf_original_queued_at_dpc(lock, handle);
    vf_lock_acquired(&call);
}
VF_THUNK(KeAcquireInStackQueuedSpinLockAtDpcLevel, acquire_queued_at_dpc);

static void release_queued(PKLOCK_QUEUE_HANDLE handle)
{
    PKSPIN_LOCK lock = (PKSPIN_LOCK)handle->LockQueue.Lock;
    struct vf_lock_call call = call_of(lock, 0, _ReturnAddress());

    vf_lock_release(&call, *lock == 0);
    vf_original_queued_release(handle);
}
VF_THUNK(KeReleaseInStackQueuedSpinLock, release_queued);

static void release_queued_from_dpc(PKLOCK_QUEUE_HANDLE handle)
{
    PKSPIN_LOCK lock = (PKSPIN_LOCK)handle->LockQueue.Lock;
    struct vf_lock_call call = call_of(lock, 0, _ReturnAddress());

    vf_irql_check_dispatch("KeReleaseInStackQueuedSpinLockFromDpcLevel");
    vf_lock_release(&call, *lock == 0);
    vf_original_queued_from_dpc(handle);
}
VF_THUNK(KeReleaseInStackQueuedSpinLockFromDpcLevel, release_queued_from_dpc);
