/*
 * Pageable memory is not touched at DISPATCH_LEVEL or above (paged.h).
 */
#include "machine/machine.h"
#include "mm/mm.h"
#include "vf/paged.h"

VF_RULE(pageable_touched) = {
    .id = "RS-IRQL-002",
    .title = "pageable code or data used at DISPATCH_LEVEL or above",
    .severity = VF_ERROR,
    .bug_check = "0xD1 DRIVER_IRQL_NOT_LESS_OR_EQUAL",
    .advice = "use non-paged pool and sections for what a DPC or the holder of a spin lock needs, "
              "or do that work at PASSIVE_LEVEL",
    .rationale = "A page that is not resident cannot be brought in at DISPATCH_LEVEL. Mostly it is "
                 "resident, so the crash comes rarely, and on a machine that is short of memory.",
    .reference = "Windows driver documentation, When Should Code and Data Be Pageable?",
};

#define RANGES 256 /* more are not watched */

struct range {
    ULONG64 address, pages;
    ULONG protection; /* MACHINE_…, while it is accessible */
    LONG locks;
    BOOLEAN trimmed;
    char name[16];
};

static struct {
    struct range ranges[RANGES];
    ULONG count;
    BOOLEAN raised; /* everything was trimmed, and nothing made accessible since */
} paged;

static BOOLEAN is_code(const struct range *range)
{
    return (range->protection & MACHINE_EXECUTE) != 0;
}

static void trim(struct range *range)
{
    ULONG protection = is_code(range) ? range->protection & ~(ULONG)MACHINE_EXECUTE : MACHINE_NONE;

    if (range->trimmed || range->locks > 0)
        return;
    range->trimmed = ke_machine->protect(range->address, range->pages, protection) != 0;
}

static void restore(struct range *range)
{
    if (!range->trimmed)
        return;
    range->trimmed = FALSE;
    paged.raised = FALSE;
    ke_machine->protect(range->address, range->pages, range->protection);
}

void vf_paged_add(ULONG64 address, ULONG64 pages, ULONG protection, const char *name)
{
    struct range *range;

    if (paged.count == RANGES)
        return;
    range = &paged.ranges[paged.count++];
    *range = (struct range){.address = address, .pages = pages, .protection = protection};
    strncpy(range->name, name, sizeof(range->name) - 1);
}

void vf_paged_remove(ULONG64 address, ULONG64 bytes)
{
    for (ULONG i = paged.count; i-- > 0;)
        if (paged.ranges[i].address - address < bytes)
            paged.ranges[i] = paged.ranges[--paged.count];
}

void vf_paged_lock(ULONG64 address, ULONG64 bytes, LONG change)
{
    for (ULONG i = 0; i < paged.count; i++) {
        if (paged.ranges[i].address - address >= bytes)
            continue;
        paged.ranges[i].locks += change;
        restore(&paged.ranges[i]);
    }
}

const char *vf_paged_exempt(ULONG64 address)
{
    for (ULONG i = 0; i < paged.count; i++) {
        struct range *range = &paged.ranges[i];

        if (range->locks > 0 || address - range->address >= range->pages * PAGE_SIZE)
            continue;
        range->locks++;
        restore(range);
        return range->name;
    }
    return NULL;
}

void vf_paged_raised(void)
{
    if (paged.raised || paged.count == 0 || !pageable_touched.enabled)
        return;
    for (ULONG i = 0; i < paged.count; i++)
        trim(&paged.ranges[i]);
    paged.raised = TRUE;
}

void vf_paged_lowered(void)
{
    for (ULONG i = 0; i < paged.count; i++)
        if (!is_code(&paged.ranges[i]))
            restore(&paged.ranges[i]);
}

BOOLEAN vf_paged_is_raised(void)
{
    return paged.raised;
}

static const char *access_of(const struct machine_trap *trap)
{
    if (trap->error & MACHINE_FAULT_EXECUTE)
        return "executed";
    return trap->error & MACHINE_FAULT_WRITE ? "written" : "read";
}

BOOLEAN vf_paged_fault(const struct machine_trap *trap)
{
    struct vf_place place;

    for (ULONG i = 0; i < paged.count; i++) {
        struct range *range = &paged.ranges[i];

        if (!range->trimmed || trap->address - range->address >= range->pages * PAGE_SIZE)
            continue;
        restore(range);
        if (ke_irql() >= DISPATCH_LEVEL) {
            vf_place_of_trap(&place, trap);
            vf_report_at(&pageable_touched, &place, NULL, NULL,
                         "0x%016llx in pageable %s is %s at IRQL %u", trap->address, range->name,
                         access_of(trap), (ULONG)ke_irql());
        }
        return TRUE;
    }
    return FALSE;
}
