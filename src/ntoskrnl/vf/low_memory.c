/*
 * Low memory: each place of a driver that allocates fails once, in a run of its own.
 *
 * Allocations under a driver's frames are counted: those that it makes itself and those that the
 * kernel makes for it. Runs with the same input count alike, so a number means the same allocation
 * in every run. The first run finds the places, the others are told which number fails, and the
 * last one reports what they came to.
 */
#include "vf/only.h"

#define SITES 256 /* further places are not tried */

VF_RULE(low_memory) = {
    .id = "RS-ONLY-002",
    .title = "failure of an allocation is not handled",
    .severity = VF_ERROR,
    .bug_check = NULL,
    .advice = "check the result, undo what was done so far, and return "
              "STATUS_INSUFFICIENT_RESOURCES",
    .rationale =
        "Every allocation can fail. The paths behind a failure are hardly ever run, and so "
        "they crash, leak or hang when memory is really short.",
    .reference = "Windows driver documentation, Low Resources Simulation",
};

struct site {
    ULONG64 number;
    struct vf_place place;
};

static struct {
    struct site sites[SITES];
    ULONG count;
    ULONG64 allocations; /* under driver frames, so far */
    BOOLEAN busy;
} low;

static struct site *find(const struct vf_place *place)
{
    for (ULONG i = 0; i < low.count; i++)
        if (low.sites[i].place.count == place->count &&
            memcmp(low.sites[i].place.frames, place->frames,
                   place->count * sizeof(place->frames[0])) == 0)
            return &low.sites[i];
    return NULL;
}

BOOLEAN vf_allocation_fails(void)
{
    struct vf_place place;

    if (!low_memory.enabled || low.busy)
        return FALSE;
    low.busy = TRUE;
    vf_place_capture(&place);
    low.busy = FALSE;
    if (place.count == 0)
        return FALSE;
    low.allocations++;
    if (!find(&place) && low.count < SITES)
        low.sites[low.count++] = (struct site){low.allocations, place};
    return low.allocations == ke_parameters.fail_allocation;
}

ULONG64 vf_allocation_site(ULONG index)
{
    return index < low.count ? low.sites[index].number : 0;
}

void vf_allocation_failed(ULONG64 number, const char *what)
{
    for (ULONG i = 0; i < low.count; i++)
        if (low.sites[i].number == number)
            vf_report_at(&low_memory, &low.sites[i].place, NULL, NULL,
                         "when this allocation fails: %s", what);
}
