/*
 * Low memory: whatever can fail for lack of resources fails once, in a run of its own.
 *
 * A failure point is an allocation of pool under a driver's frames, its own or one that the kernel
 * makes for it, or a driver's call of an export that can fail (fallible.c), with a stack of
 * driver frames that was not seen before. Points are numbered from 1 in the order in which they are
 * reached; runs with the same input reach the same ones, up to the one that fails. A first run
 * counts them, others are told which one fails, and the last one is told what they came to, and
 * reports it when it passes there. Nothing is counted behind the last point that matters.
 */
#include "include/nt_export.h"
#include "mm/mm.h"
#include "vf/only.h"
#include "vf/owned.h"

#define POINTS 4096 /* as RS_FAILURE_POINTS: further ones are not tried */
#define SLOTS (2 * POINTS)

VF_RULE(low_memory) = {
    .id = "RS-ONLY-002",
    .title = "failure for lack of resources is not handled",
    .severity = VF_ERROR,
    .bug_check = NULL,
    .advice = "check the result, undo what was done so far, and return "
              "STATUS_INSUFFICIENT_RESOURCES",
    .rationale =
        "Every allocation can fail, and so can most other calls. The paths behind a failure are "
        "hardly ever run, and so they crash, leak or hang when memory is really short. A driver "
        "that does without what it did not get is right: only what it does wrong afterwards is "
        "reported, once for each stack of calls that fails.",
    .reference = "Windows driver documentation, Systematic Low Resources Simulation",
};

static struct {
    ULONG64 seen[SLOTS];             /* hashes of stacks; 0 = a free slot */
    ULONG64 reached;                 /* points so far */
    ULONG last_known;                /* the last of those below */
    const char *came_to[POINTS + 1]; /* in other runs, by point; NULL = nothing bad */
} low;

static ULONG last_of_interest(void)
{
    ULONG64 failing = ke_parameters.fail_at;

    if (failing > POINTS) /* they are only counted */
        return POINTS;
    return low.last_known > failing ? low.last_known : (ULONG)failing;
}

/* 0 = no driver is on the stack. The kernel's frames say who called it, not what it does. */
static ULONG64 hash_stack(const struct vf_place *place)
{
    ULONG64 hash = 14695981039346656037u; /* FNV-1a */

    if (place->count == 0)
        return 0;
    for (ULONG i = 0; i < place->count; i++)
        if (!mm_is_kernel_code(place->frames[i]))
            hash = (hash ^ place->frames[i]) * 1099511628211u;
    return hash ? hash : 1;
}

/* FALSE = it is there already. */
static BOOLEAN remember(ULONG64 hash)
{
    ULONG slot = (ULONG)(hash >> 32) % SLOTS;

    while (low.seen[slot] && low.seen[slot] != hash)
        slot = (slot + 1) % SLOTS;
    if (low.seen[slot])
        return FALSE;
    low.seen[slot] = hash;
    return TRUE;
}

/*
 * The driver is where something can fail. TRUE = it is to fail now.
 * @param manner  how: "returns NULL"
 * @param export  what the driver called; NULL = the last call that is known of its thread
 */
static BOOLEAN reach(const struct nt_export *export, const char *manner)
{
    const struct vf_call *call = vf_call_of_thread();
    struct vf_place place;
    ULONG64 hash;

    vf_place_capture(&place);
    hash = hash_stack(&place);
    if (hash == 0 || !remember(hash))
        return FALSE;
    low.reached++;
    if (!export && call->caller == place.frames[0])
        export = call->export;
    if (low.came_to[low.reached]) /* here and now, while the driver's image is there */
        vf_report_at(&low_memory, &place, NULL, NULL,
                     "when %s %s (failure point %u): %s; --fail-at %u repeats it",
                     export ? export->name : "the kernel", manner, (ULONG)low.reached,
                     low.came_to[low.reached], (ULONG)low.reached);
    return low.reached == ke_parameters.fail_at;
}

static BOOLEAN is_idle(void)
{
    return !low_memory.enabled || low.reached >= last_of_interest();
}

BOOLEAN vf_allocation_fails(void)
{
    return !is_idle() && reach(NULL, "does not get memory");
}

const void *vf_call_target(const struct nt_export *export, const ULONG64 *arguments,
                           const void *target)
{
    const struct vf_failure *failure;

    if (is_idle())
        return target;
    failure = vf_failure_of(export, arguments);
    if (!failure || !reach(export, failure->manner))
        return target;
    if (failure->cleared)
        *(PVOID *)arguments[failure->cleared - 1] = NULL;
    return failure->routine;
}

const ULONG64 *vf_failure_points(void)
{
    return &low.reached;
}

void vf_failure_came_to(ULONG64 point, const char *what)
{
    if (point == 0 || point > POINTS)
        return;
    low.came_to[point] = what;
    if (point > low.last_known)
        low.last_known = (ULONG)point;
}
