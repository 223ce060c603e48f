/*
 * Pageable memory is not touched at DISPATCH_LEVEL or above (paged.h).
 */
#include "kd/kd.h"
#include "vf/memory_internal.h"
#include "vf/owned.h"

VF_RULE(pageable_touched) = {
    .id = "RS-IRQL-002",
    .title = "pageable memory used at DISPATCH_LEVEL or above",
    .severity = VF_ERROR,
    .bug_check = "0xD1 DRIVER_IRQL_NOT_LESS_OR_EQUAL",
    .advice = "use non-paged pool and sections for what a DPC or the holder of a spin lock needs, "
              "or do that work at PASSIVE_LEVEL",
    .rationale = "A page that is not resident cannot be brought in at DISPATCH_LEVEL. Mostly it is "
                 "resident, so the crash comes rarely, and on a machine that is short of memory. "
                 "This is about PAGE sections and paged pool; objects that threads wait for must "
                 "not lie there either, because the kernel raises the IRQL to touch them.",
    .reference = "Windows driver documentation, When Should Code and Data Be Pageable?",
};

#define SECTIONS 256 /* more are not watched */

struct section {
    struct vf_paged memory; /* no pages: this row is free */
    char name[16];
};

static struct {
    struct section sections[SECTIONS];
    ULONG used;            /* rows behind are free */
    LIST_ENTRY accessible; /* what is to be trimmed */
} paged = {.accessible = {&paged.accessible, &paged.accessible}};

UCHAR vf_paged_any;

/* ---- accessible or trimmed ---- */

static BOOLEAN is_code(const struct vf_paged *memory)
{
    return (memory->protection & MACHINE_EXECUTE) != 0;
}

/* Put it into the list that its state says. */
static void enlist(struct vf_paged *memory)
{
    RemoveEntryList(&memory->link);
    InitializeListHead(&memory->link);
    if (!memory->trimmed && memory->locks <= 0 && pageable_touched.enabled)
        InsertTailList(&paged.accessible, &memory->link);
}

/* What the host refuses to protect stays accessible for good. */
static void trim(struct vf_paged *memory)
{
    ULONG protection =
        is_code(memory) ? memory->protection & ~(ULONG)MACHINE_EXECUTE : MACHINE_NONE;

    RemoveEntryList(&memory->link);
    InitializeListHead(&memory->link);
    memory->trimmed = ke_machine->protect(memory->address, memory->pages, protection) != 0;
}

static void restore(struct vf_paged *memory)
{
    if (!memory->trimmed)
        return;
    memory->trimmed = FALSE;
    ke_machine->protect(memory->address, memory->pages, memory->protection);
    enlist(memory);
}

void vf_paged_watch(struct vf_paged *memory)
{
    vf_paged_any = 1;
    memory->locks = 0;
    memory->trimmed = FALSE;
    InitializeListHead(&memory->link);
    enlist(memory);
}

void vf_paged_forget(struct vf_paged *memory)
{
    memory->locks = 1;
    restore(memory);
    enlist(memory);
}

void vf_paged_raised(void)
{
    while (!IsListEmpty(&paged.accessible))
        trim(CONTAINING_RECORD(paged.accessible.Flink, struct vf_paged, link));
}

/* ---- sections ---- */

void vf_paged_add(ULONG64 address, ULONG64 pages, ULONG protection, const char *name)
{
    struct section *row = paged.sections;

    while (row < paged.sections + paged.used && row->memory.pages)
        row++;
    if (row == paged.sections + SECTIONS)
        return;
    if (row == paged.sections + paged.used)
        paged.used++;
    *row =
        (struct section){.memory = {.address = address, .pages = pages, .protection = protection}};
    strncpy(row->name, name, sizeof(row->name) - 1);
    vf_paged_watch(&row->memory);
}

/* Sections that start in a range of addresses: the first after `row`, NULL = after none. */
static struct section *next_section(struct section *row, ULONG64 address, ULONG64 bytes)
{
    for (row = row ? row + 1 : paged.sections; row < paged.sections + paged.used; row++)
        if (row->memory.pages && row->memory.address - address < bytes)
            return row;
    return NULL;
}

void vf_paged_remove(ULONG64 address, ULONG64 bytes)
{
    for (struct section *row = NULL; (row = next_section(row, address, bytes)) != NULL;) {
        RemoveEntryList(&row->memory.link);
        row->memory.pages = 0;
    }
}

void vf_paged_lock(ULONG64 address, ULONG64 bytes, LONG change)
{
    for (struct section *row = NULL; (row = next_section(row, address, bytes)) != NULL;) {
        row->memory.locks += change;
        restore(&row->memory);
        enlist(&row->memory);
    }
}

/* ---- look-up ---- */

static BOOLEAN holds(const struct vf_paged *memory, ULONG64 address)
{
    return address - memory->address < memory->pages * PAGE_SIZE;
}

static struct vf_paged *find(ULONG64 address)
{
    struct vf_special_block *block = vf_special_block_of(address);

    if (block)
        return vf_special_is_paged(block) && holds(&block->paged, address) ? &block->paged : NULL;
    for (ULONG i = 0; i < paged.used; i++)
        if (holds(&paged.sections[i].memory, address))
            return &paged.sections[i].memory;
    return NULL;
}

static void describe(const struct vf_paged *memory, struct vf_paged_text *what)
{
    const struct vf_special_block *block = vf_special_block_of(memory->address);

    what->allocated = block ? &block->allocated : NULL;
    if (block)
        kd_format(what->text, sizeof(what->text), "a block of %llu bytes of paged pool, tag '%s',",
                  (ULONG64)block->bytes, vf_tag_text(block->tag).text);
    else
        kd_format(what->text, sizeof(what->text), "pageable %s",
                  CONTAINING_RECORD(memory, struct section, memory)->name);
}

BOOLEAN vf_paged_exempt(ULONG64 address, struct vf_paged_text *what)
{
    struct vf_paged *memory = find(address);

    if (!memory || memory->locks > 0)
        return FALSE;
    describe(memory, what);
    memory->locks++;
    restore(memory);
    enlist(memory);
    return TRUE;
}

void vf_paged_open(const void *memory, SIZE_T bytes)
{
    ULONG64 end = (ULONG64)memory + bytes;

    if (!vf_paged_any)
        return;
    for (ULONG64 at = (ULONG64)memory; at < end; at = (at | (PAGE_SIZE - 1)) + 1) {
        struct vf_paged *piece = find(at);

        if (piece)
            restore(piece);
    }
}

/* ---- faults ---- */

static const char *access_of(const struct machine_trap *trap)
{
    if (trap->error & MACHINE_FAULT_EXECUTE)
        return "executed";
    return trap->error & MACHINE_FAULT_WRITE ? "written" : "read";
}

/* The export in which the kernel touched it, NULL = the driver itself did. */
static const char *export_of(const struct machine_trap *trap, const struct vf_place *place)
{
    const struct vf_call *call = vf_call_of_thread();

    return mm_is_kernel_code(trap->rip) && call->export && place->count &&
                   call->caller == place->frames[0]
               ? call->export->name
               : NULL;
}

static void report(const struct machine_trap *trap, const struct vf_paged *memory)
{
    struct vf_paged_text what;
    struct vf_place place;
    const char *export;

    describe(memory, &what);
    vf_place_of_trap(&place, trap);
    export = export_of(trap, &place);
    vf_report_at(&pageable_touched, &place, "allocated by", what.allocated,
                 "0x%016llx in %s is %s at IRQL %u%s%s", trap->address, what.text, access_of(trap),
                 (ULONG)ke_irql(), export ? " by " : "", export ? export : "");
}

BOOLEAN vf_paged_trap(const struct machine_trap *trap)
{
    struct vf_paged *memory;

    if (trap->vector != MACHINE_VECTOR_PAGE_FAULT || trap->user)
        return FALSE;
    memory = find(trap->address);
    if (!memory || !memory->trimmed)
        return FALSE;
    restore(memory);
    if (vf_on && ke_irql() >= DISPATCH_LEVEL && !mm_is_locked(trap->address))
        report(trap, memory);
    return TRUE;
}
