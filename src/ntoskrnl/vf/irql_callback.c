/*
 * Routines of drivers that the kernel calls return at the IRQL at which they were called, with the
 * locks released that they acquired.
 */
#include "mm/mm.h"
#include "vf/callback.h"
#include "vf/lock.h"
#include "vf/paged.h"

VF_RULE(not_restored) = {
    .id = "RS-IRQL-003",
    .title = "routine returns at another IRQL than it was called at",
    .severity = VF_ERROR,
    .bug_check = "0xC8 IRQL_UNEXPECTED_VALUE",
    .advice = "lower the IRQL, or release the spin lock, on every path before returning",
    .rationale = "Whatever runs next on this processor runs at that IRQL: at DISPATCH_LEVEL it may "
                 "not wait or touch pageable memory, and no other thread gets the processor.",
    .reference = "Windows driver documentation, Bug Check 0xC8 IRQL_UNEXPECTED_VALUE",
};

void vf_callback_enter(struct vf_callback *callback, const void *routine, const char *what)
{
    callback->routine = routine;
    callback->what = what;
    callback->lock_mark = vf_lock_mark();
    callback->irql = ke_irql();
    if (callback->irql >= DISPATCH_LEVEL)
        vf_paged_raised();
}

static void check_irql(const struct vf_callback *callback, KIRQL wanted)
{
    struct vf_place place;

    if (ke_irql() == wanted)
        return;
    vf_place_of_routine(&place, callback->routine);
    vf_report_at(&not_restored, &place, NULL, NULL,
                 "the %s was called at IRQL %u and returned at IRQL %u", callback->what,
                 (ULONG)callback->irql, (ULONG)ke_irql());
}

/* Routines of the kernel's own are called in the same ways. */
static void leave(const struct vf_callback *callback, KIRQL wanted)
{
    if (mm_is_kernel_code((ULONG64)callback->routine))
        return;
    vf_lock_check_since(callback->lock_mark, callback->routine, callback->what);
    check_irql(callback, wanted);
}

void vf_callback_leave(const struct vf_callback *callback)
{
    leave(callback, callback->irql);
}

void vf_callback_leave_cancel(const struct vf_callback *callback, KIRQL irql)
{
    leave(callback, irql);
}

void vf_thread_returned(const void *routine)
{
    struct vf_callback callback = {.routine = routine, .what = "thread routine"};

    if (!mm_is_kernel_code((ULONG64)routine))
        check_irql(&callback, PASSIVE_LEVEL);
}
