/*
 * Low memory: each place of a driver that allocates fails once, in a run of its own.
 *
 * Allocations under a driver's frames are counted: those that it makes itself and those that the
 * kernel makes for it. Runs with the same input count alike, so a number means the same allocation
 * in every run. The first run finds the places, the others are told which number fails, and the
 * last one is told what they came to, and reports it when it passes there.
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
    struct {
        ULONG64 number;
        char what[320];
    } failed[SITES]; /* what failures came to in other runs */
    ULONG failed_count;
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

/* Here and now, while the driver's image is there. */
static void report_failure(const struct vf_place *place)
{
    for (ULONG i = 0; i < low.failed_count; i++)
        if (low.failed[i].number == low.allocations)
            vf_report_at(&low_memory, place, NULL, NULL, "when this allocation fails: %s",
                         low.failed[i].what);
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
    report_failure(&place);
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
    if (low.failed_count == SITES)
        return;
    low.failed[low.failed_count].number = number;
    strncpy(low.failed[low.failed_count].what, what, sizeof(low.failed[0].what) - 1);
    low.failed_count++;
}
