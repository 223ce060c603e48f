/*
 * Places in drivers from which user memory is accessed, and what need not be found out again.
 *
 * To walk the stack costs as much as a hundred requests. Whether the function's own __try holds a
 * place is written in the image, so it is looked up once; what guards it further out depends on
 * who called, and is looked up each time. The stack of an access is only told when the same bytes
 * are read again: so it is remembered the first times, and later its innermost place.
 */
#include "ke/ke_internal.h"
#include "mm/mm.h"
#include "rtl/exception.h"
#include "vf/user_internal.h"

#define SITES 1024      /* a power of two */
#define SITE_STACKS 128 /* times that the stack of an access is remembered */
#define SITE_SHIFT 54   /* of a hash of 64 bits: leaves as many bits as SITES has values */

struct site {
    ULONG64 pc; /* 0 = none */
    ULONG accesses;
    BOOLEAN guarded; /* by a __try of its own function */
};

static struct {
    struct site table[SITES]; /* by a hash of pc: a newer one takes the place */
    ULONG64 asked;            /* the innermost frame of a driver, while a stack is walked */
    CONTEXT context;          /* not on the stack: small ones are checked, too */
} sites;

static struct site *site_of(ULONG64 pc)
{
    struct site *site = &sites.table[pc * 0x9E3779B97F4A7C15ull >> SITE_SHIFT];

    if (site->pc != pc)
        *site = (struct site){.pc = pc};
    return site;
}

void vf_user_forget_code(ULONG64 base, ULONG64 size)
{
    for (struct site *site = sites.table; site < sites.table + SITES; site++)
        if (site->pc - base < size)
            site->pc = 0;
}

/* Inline, because a walk from a frame that has returned would go astray. */
FORCEINLINE void capture(const struct machine_trap *trap)
{
    if (trap)
        ki_trap_to_context(trap, &sites.context);
    else
        RtlCaptureContext(&sites.context);
}

/* Called for each frame that has a handler, from the innermost on. */
static bool is_driver_frame(ULONG64 pc)
{
    sites.asked = pc;
    return vf_user_is_driver_code(pc);
}

BOOLEAN vf_user_is_guarded(ULONG64 pc, const struct machine_trap *trap)
{
    struct site *site = site_of(pc);

    if (site->guarded)
        return TRUE;
    capture(trap);
    if (!rtl_is_guarded(&sites.context, is_driver_frame))
        return FALSE;
    site->guarded = sites.asked == pc || (trap && sites.asked == trap->rip && pc == trap->rip + 1);
    return TRUE;
}

void vf_user_place(struct vf_place *place, const struct user_access *access)
{
    capture(access->trap);
    vf_place_of_context(place, &sites.context);
}

void vf_user_remember(struct vf_place *place, const struct user_access *access)
{
    if (site_of(access->pc)->accesses++ >= SITE_STACKS) {
        place->count = !mm_is_kernel_code(access->pc);
        place->frames[0] = access->pc;
        return;
    }
    vf_user_place(place, access);
}
