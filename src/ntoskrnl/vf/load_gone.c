/*
 * Code that runs after its driver was unloaded: the last drivers that went, by their addresses.
 */
#include "kd/kd.h"
#include "machine/machine.h"
#include "vf/owned.h"

VF_RULE(runs_after_unload) = {
    .id = "RS-LOAD-009",
    .title = "code runs after its driver was unloaded",
    .severity = VF_ERROR,
    .bug_check = "0xCE DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS",
    .advice = "cancel timers, wait for threads and work items, and undo registrations in "
              "DriverUnload",
    .rationale = "The memory of the driver is unmapped, or belongs to another driver by then.",
    .reference = "Windows driver documentation, Bug Check 0xCE",
};

#define GONE 16

static struct {
    struct {
        ULONG64 base, size; /* size 0 = free */
        char name[48];
    } drivers[GONE];
    ULONG next; /* the oldest is forgotten for the next */
} gone;

void vf_load_image_gone(ULONG64 base, ULONG64 size, PCUNICODE_STRING name)
{
    ULONG slot = gone.next++ % GONE;

    gone.drivers[slot].base = base;
    gone.drivers[slot].size = size;
    kd_to_utf8(name, gone.drivers[slot].name, sizeof(gone.drivers[slot].name));
}

BOOLEAN vf_load_executed(const struct machine_trap *trap)
{
    struct vf_place place;

    for (ULONG i = 0; i < GONE; i++) {
        ULONG64 offset = trap->rip - gone.drivers[i].base;

        if (offset >= gone.drivers[i].size || vf_driver_at(trap->rip))
            continue;
        vf_place_of_trap(&place, trap);
        vf_report_at(&runs_after_unload, &place, NULL, NULL,
                     "%s+0x%llx was to be executed, but %s is unloaded", gone.drivers[i].name,
                     offset, gone.drivers[i].name);
        return TRUE;
    }
    return FALSE;
}
