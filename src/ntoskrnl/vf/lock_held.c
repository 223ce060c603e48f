/*
 * Who holds which lock, and what a holder may not do: acquire a lock again that knows no
 * recursion, leave it held, have somebody else release it, or free it.
 */
#include "kd/kd.h"
#include "vf/lock.h"
#include "vf/paged.h"

VF_RULE(recursive) = {
    .id = "RS-LOCK-002",
    .title = "lock acquired again by its holder",
    .severity = VF_ERROR,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "release the lock before calling code that acquires it, or split that code into a "
              "part that expects the lock to be held",
    .rationale = "Spin locks, fast mutexes, guarded mutexes and push locks know no recursion: the "
                 "holder waits for itself for ever.",
    .reference = "Windows driver documentation, Preventing Errors and Deadlocks While Using Spin "
                 "Locks",
};

VF_RULE(not_held) = {
    .id = "RS-LOCK-003",
    .title = "lock released that its releaser does not hold",
    .severity = VF_ERROR,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "release a lock once for each time it was acquired, in the thread (for a spin lock: "
              "on the processor) that acquired it",
    .rationale = "The release lets others in while the true holder still relies on the lock, or "
                 "damages the state of a lock that is free.",
    .reference = "Windows driver documentation, Deadlock Detection",
};

VF_RULE(left_held) = {
    .id = "RS-LOCK-004",
    .title = "lock still held at the end",
    .severity = VF_ERROR,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "release the lock on every path, error paths too, before the routine returns",
    .rationale = "Nobody will release it, so the next one who wants it waits for ever.",
    .reference = "Windows driver documentation, Deadlock Detection",
};

VF_RULE(freed) = {
    .id = "RS-LOCK-007",
    .title = "memory freed that holds an acquired lock",
    .severity = VF_ERROR,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "release the lock before its memory is freed",
    .rationale = "The release, or whoever waits for the lock, works on memory that belongs to "
                 "somebody else by then.",
    .reference = "Windows driver documentation, Deadlock Detection",
};

#define HELD 256 /* at one time; what is acquired beyond is not known */

static struct {
    struct vf_lock_held held[HELD]; /* in the order of acquisition */
    ULONG count;
    ULONG64 mark; /* counts acquisitions */
} locks;

const char *vf_lock_name(enum vf_lock_kind kind)
{
    static const char *const names[] = {
        [VF_LOCK_SPIN] = "spin lock",        [VF_LOCK_SHARED_SPIN] = "reader-writer spin lock",
        [VF_LOCK_FAST_MUTEX] = "fast mutex", [VF_LOCK_GUARDED_MUTEX] = "guarded mutex",
        [VF_LOCK_PUSH] = "push lock",        [VF_LOCK_RESOURCE] = "resource",
        [VF_LOCK_MUTEX] = "mutex",
    };
    return names[kind];
}

struct vf_place vf_lock_place(ULONG64 address)
{
    return (struct vf_place){.frames = {address}, .count = address != 0};
}

static const void *holder_now(void)
{
    return ke_prcb()->DpcRoutineActive ? (const void *)ke_prcb() : ke_current_thread();
}

static BOOLEAN knows_recursion(enum vf_lock_kind kind)
{
    return kind == VF_LOCK_RESOURCE || kind == VF_LOCK_MUTEX;
}

/* The latest entry of a lock; of any holder when `holder` is NULL. */
static struct vf_lock_held *find(const void *lock, const void *holder)
{
    for (ULONG i = locks.count; i-- > 0;)
        if (locks.held[i].lock == lock && (!holder || locks.held[i].holder == holder))
            return &locks.held[i];
    return NULL;
}

static void drop(struct vf_lock_held *entry)
{
    RtlMoveMemory(entry, entry + 1,
                  (SIZE_T)((char *)&locks.held[locks.count] - (char *)(entry + 1)));
    locks.count--;
}

static void check_order(const struct vf_lock_call *call, const void *holder)
{
    const struct vf_lock_held *mine[HELD];
    ULONG count = 0;

    for (ULONG i = 0; i < locks.count; i++)
        if (locks.held[i].holder == holder)
            mine[count++] = &locks.held[i];
    if (count)
        vf_lock_order(mine, count, vf_lock_node(call->lock, call->kind));
}

void vf_lock_before(const struct vf_lock_call *call)
{
    const void *holder = holder_now();
    struct vf_lock_held *mine;

    vf_lock_node(call->lock, call->kind); /* looks at a new lock's memory before it is touched */
    if (!locks.count || call->flags & VF_LOCK_TRY)
        return;
    mine = find(call->lock, holder);
    if (!mine) {
        check_order(call, holder);
    } else if (!knows_recursion(call->kind) && !(mine->shared && call->flags & VF_LOCK_SHARED)) {
        struct vf_place acquired = vf_lock_place(mine->acquired_at);

        vf_report_at(&recursive, NULL, "acquired at", &acquired,
                     "it acquires %s %p, which it holds already", vf_lock_name(call->kind),
                     call->lock);
    }
}

void vf_lock_acquired(const struct vf_lock_call *call)
{
    const void *holder = holder_now();
    struct vf_lock_held *mine = knows_recursion(call->kind) ? find(call->lock, holder) : NULL;

    if (ke_irql() >= DISPATCH_LEVEL)
        vf_paged_raised();
    if (mine) {
        mine->depth++;
        return;
    }
    if (locks.count == HELD)
        return;
    locks.held[locks.count++] =
        (struct vf_lock_held){.lock = call->lock,
                              .holder = holder,
                              .acquired_at = call->caller,
                              .mark = ++locks.mark,
                              .depth = 1,
                              .node = vf_lock_node(call->lock, call->kind),
                              .kind = (UCHAR)call->kind,
                              .shared = (call->flags & VF_LOCK_SHARED) != 0};
}

static void release_of_another(const struct vf_lock_call *call, struct vf_lock_held *entry)
{
    struct vf_place acquired = vf_lock_place(entry->acquired_at);

    vf_report_at(&not_held, NULL, "acquired at", &acquired,
                 "it releases %s %p, which another thread or a DPC acquired",
                 vf_lock_name(call->kind), call->lock);
    if (call->kind != VF_LOCK_MUTEX) /* whose release the kernel refuses */
        drop(entry);
}

void vf_lock_release(const struct vf_lock_call *call, BOOLEAN is_free)
{
    struct vf_lock_held *entry = find(call->lock, holder_now());

    if (entry) {
        if (--entry->depth == 0)
            drop(entry);
        return;
    }
    entry = find(call->lock, NULL);
    if (entry)
        release_of_another(call, entry);
    else if (is_free)
        vf_report(&not_held, "it releases %s %p, which nobody holds", vf_lock_name(call->kind),
                  call->lock);
}

void vf_lock_release_for(const void *lock, const void *holder)
{
    struct vf_lock_held *entry = find(lock, holder);

    if (entry && --entry->depth == 0)
        drop(entry);
}

void vf_lock_disown(const void *lock)
{
    struct vf_lock_held *entry = find(lock, holder_now());

    if (entry)
        drop(entry);
}

void vf_lock_memory_gone(ULONG64 address, ULONG64 bytes)
{
    for (ULONG i = locks.count; i-- > 0;) {
        struct vf_lock_held *entry = &locks.held[i];
        struct vf_place acquired = vf_lock_place(entry->acquired_at);

        if ((ULONG64)entry->lock - address >= bytes)
            continue;
        if (!entry->reported) /* that it is held at all */
            vf_report_at(&freed, NULL, "acquired at", &acquired, "%s %p in it is held",
                         vf_lock_name(entry->kind), entry->lock);
        drop(entry);
    }
    vf_lock_nodes_forget(address, bytes);
}

void vf_lock_initialized(const void *lock)
{
    struct vf_lock_held *entry = find(lock, NULL);

    if (entry)
        drop(entry);
    vf_lock_nodes_forget((ULONG64)lock, 1);
}

static void report_left(struct vf_lock_held *entry, const struct vf_place *place, const char *what)
{
    struct vf_place acquired = vf_lock_place(entry->acquired_at);

    if (!entry->reported)
        vf_report_at(&left_held, place, "acquired at", &acquired, "%s %p is held when %s",
                     vf_lock_name(entry->kind), entry->lock, what);
    entry->reported = TRUE;
}

ULONG64 vf_lock_mark(void)
{
    return locks.mark;
}

void vf_lock_check_since(ULONG64 mark, const void *routine, const char *what)
{
    const void *holder = holder_now();
    struct vf_place place;
    char text[80];

    for (ULONG i = 0; i < locks.count; i++) {
        if (locks.held[i].holder != holder || locks.held[i].mark <= mark)
            continue;
        vf_place_of_routine(&place, routine);
        kd_format(text, sizeof(text), "the %s returns", what);
        report_left(&locks.held[i], &place, text);
    }
}

void vf_lock_thread_exit(void)
{
    const void *thread = ke_current_thread();

    for (ULONG i = locks.count; i-- > 0;) {
        struct vf_place place = vf_lock_place(locks.held[i].acquired_at);

        if (locks.held[i].holder != thread)
            continue;
        report_left(&locks.held[i], &place, "its thread ends");
        drop(&locks.held[i]);
    }
}
