/*
 * IRPs in pages of their own, so that a touch of one that is gone is a fault.
 *
 * While rules are on, an IRP lies in a page from a ring of a few hundred. Its drivers see it at
 * the page's system address, which is closed (made inaccessible) when the IRP has been completed or
 * freed; the kernel, which has to bring a completed one back to its sender, goes on with the same
 * frame in the direct map. The page that was closed longest ago is used next, so a late touch is
 * found as long as there were fewer IRPs than pages since. When all pages are taken, or an IRP is
 * too large, it lies in the pool as ever and is not watched.
 *
 *   unused ─▶ open ── vf_irp_ended ─▶ completed ── vf_irp_freed ─▶ freed ── vf_irp_open ─▶ open
 *              │ ▲                        │                          ▲
 *              │ └──── vf_irp_reopen ─────┘                          │
 *              └───────────────────── vf_irp_freed ──────────────────┘
 *
 * To close and open a page costs more than ten requests. So a page is closed the first times that
 * an IRP ends at a place in a driver, and now and then later: the code that follows is the same.
 *
 * The pool block that the IRP would lie in is allocated too: counts of the pool, and allocations
 * that are made to fail, are the same with rules and without.
 */
#include "kd/kd.h"
#include "mm/mm.h"
#include "vf/irp_record.h"

#define PAGES 512
#define SITES 256       /* places where IRPs end; more of them share a counter */
#define SITE_ALWAYS 128 /* times that an IRP which ends there is watched */
#define SITE_ONE_IN 64  /* and later */

VF_RULE(touched) = {
    .id = "RS-IRP-002",
    .title = "IRP used after it was completed or freed",
    .severity = VF_ERROR,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "keep what is needed of the IRP in local variables before IoCompleteRequest or "
              "IoFreeIrp, and do not touch it afterwards",
    .rationale =
        "IoCompleteRequest gives the IRP back to its sender, who may have freed it when the "
        "call returns. What is read then is chance, and what is written destroys memory "
        "of others.",
    .reference = "Windows driver documentation, IoCompleteRequest",
};

const void *vf_irp_driver_call;

static struct {
    ULONG64 base;   /* of the pages as drivers see them; 0 = there are none */
    ULONG64 direct; /* the same frames in the direct map */
    struct vf_irp_record *records;
    LIST_ENTRY reusable; /* pages that are open first, then the others, the oldest first */
    ULONG sites[SITES];  /* IRPs that ended there, by a hash of the return address */
} memory;

void vf_irp_initialize(void)
{
    ULONG64 record_pages = (PAGES * sizeof(*memory.records) + PAGE_SIZE - 1) / PAGE_SIZE;
    ULONG64 frames, record_frames;

    if (memory.base)
        return;
    frames = mm_allocate_frames(PAGES);
    record_frames = mm_allocate_frames(record_pages);
    memory.base = mm_reserve_system(PAGES);
    if (frames == MM_NO_FRAME || record_frames == MM_NO_FRAME || !memory.base ||
        !mm_map(memory.base, frames, PAGES, MACHINE_READ | MACHINE_WRITE))
        kassert(!"memory for the verifier's IRPs");
    memory.direct = (ULONG64)mm_direct(frames);
    memory.records = mm_direct(record_frames);
    InitializeListHead(&memory.reusable);
    for (ULONG i = 0; i < PAGES; i++)
        InsertTailList(&memory.reusable, &memory.records[i].link);
}

static BOOLEAN is_seen_by_drivers(ULONG64 address)
{
    return memory.base && address - memory.base < PAGES * PAGE_SIZE;
}

static BOOLEAN is_direct(ULONG64 address)
{
    return memory.base && address - memory.direct < PAGES * PAGE_SIZE;
}

static struct vf_irp_record *record_at(ULONG64 address)
{
    if (is_seen_by_drivers(address))
        return &memory.records[(address - memory.base) / PAGE_SIZE];
    if (is_direct(address))
        return &memory.records[(address - memory.direct) / PAGE_SIZE];
    return NULL;
}

struct vf_irp_record *vf_irp_record(PVOID address)
{
    return record_at((ULONG64)address);
}

struct vf_irp_record *vf_irp_records(ULONG *count)
{
    *count = memory.base ? PAGES : 0;
    return memory.records;
}

PIRP vf_irp_of_record(const struct vf_irp_record *record)
{
    return (PIRP)(memory.base + (ULONG64)(record - memory.records) * PAGE_SIZE);
}

/* The same place in the direct map. */
static PVOID view_of(PVOID address)
{
    if (!is_seen_by_drivers((ULONG64)address))
        return address;
    return (PVOID)((ULONG64)address - memory.base + memory.direct);
}

PVOID vf_irp_usable(PVOID address)
{
    const struct vf_irp_record *record = vf_irp_record(address);

    return record && record->closed ? view_of(address) : address;
}

static void set_closed(struct vf_irp_record *record, BOOLEAN closed)
{
    if (record->closed == closed)
        return;
    record->closed = closed;
    if (!mm_protect((ULONG64)vf_irp_of_record(record), 1,
                    closed ? 0 : MACHINE_READ | MACHINE_WRITE))
        kassert(!"the page of an IRP");
}

BOOLEAN vf_irp_is_watched_at(const void *caller)
{
    ULONG64 hash = (ULONG64)caller * 0x9E3779B97F4A7C15ull;
    ULONG count = ++memory.sites[hash >> 56];

    return touched.enabled && (count <= SITE_ALWAYS || count % SITE_ONE_IN == 0);
}

BOOLEAN vf_irp_is_driver_call(const void *routine)
{
    BOOLEAN is_call = vf_irp_driver_call == routine;

    vf_irp_driver_call = NULL;
    return is_call;
}

PIRP vf_irp_open(PVOID block, ULONG size, const void *caller)
{
    struct vf_irp_record *record;

    if (!memory.base || IsListEmpty(&memory.reusable) || size > PAGE_SIZE)
        return block;
    record = CONTAINING_RECORD(RemoveHeadList(&memory.reusable), struct vf_irp_record, link);
    set_closed(record, FALSE);
    record->state = VF_IRP_OPEN;
    record->block = block;
    record->driver = NULL;
    record->routine = NULL;
    record->sender = 0;
    record->told = record->lost = record->watched = FALSE;
    record->sent.count = record->completed.count = record->freed.count = 0;
    vf_irp_history_clear(record);
    vf_irp_happens(vf_irp_of_record(record), MACHINE_IRP_ALLOCATED, caller, NULL);
    return vf_irp_of_record(record);
}

/* Its neighbours in the thread's list lead to it from now on by an address that stays valid. */
static void move_in_list(PIRP irp, PIRP view)
{
    LIST_ENTRY *old = &irp->ThreadListEntry, *entry = &view->ThreadListEntry;

    if (entry->Flink == old) {
        InitializeListHead(entry);
        return;
    }
    entry->Flink->Blink = entry;
    entry->Blink->Flink = entry;
}

PIRP vf_irp_ended(PIRP irp)
{
    struct vf_irp_record *record = vf_irp_record(irp);
    PIRP view = view_of(irp);

    if (!record || record->state != VF_IRP_OPEN)
        return irp;
    record->state = VF_IRP_COMPLETED;
    record->sender = 0;
    if (!record->watched)
        return irp;
    move_in_list(irp, view);
    set_closed(record, TRUE);
    return view;
}

void vf_irp_reopen(PIRP irp)
{
    struct vf_irp_record *record = vf_irp_record(irp);

    if (!record || record->state != VF_IRP_COMPLETED)
        return;
    record->state = VF_IRP_OPEN;
    if (!record->closed)
        return;
    set_closed(record, FALSE);
    move_in_list(view_of(irp), irp);
}

/* Where the driver is: all of it the first times, later only where it called from. */
void vf_irp_remember(struct vf_place *place, BOOLEAN all, const void *caller)
{
    if (all) {
        vf_place_capture(place);
        return;
    }
    place->count = !mm_is_kernel_code((ULONG64)caller);
    place->frames[0] = (ULONG64)caller;
}

static const char *end_of(const struct vf_irp_record *record)
{
    return record->freed.count ? "freed" : "completed";
}

static void say_touched(struct vf_irp_record *record, const struct vf_place *place,
                        const char *what)
{
    const struct vf_place *end = record->freed.count ? &record->freed : &record->completed;

    if (record->told)
        return;
    record->told = TRUE;
    vf_report_irp(&touched, vf_irp_of_record(record), place,
                  record->freed.count ? "freed by" : "completed by", end,
                  "IRP 0x%llx %s after it was %s", (ULONG64)vf_irp_of_record(record), what,
                  end_of(record));
}

void vf_irp_freeing(PIRP irp, const void *caller)
{
    struct vf_irp_record *record = vf_irp_record(irp);
    BOOLEAN by_driver = vf_irp_is_driver_call((const void *)IoFreeIrp);

    if (!record)
        return;
    vf_irp_happens(irp, MACHINE_IRP_FREED, caller, NULL);
    if (record->state == VF_IRP_COMPLETED && !by_driver)
        return;
    if (record->state == VF_IRP_OPEN) {
        if (!by_driver)
            return;
        vf_irp_check_free(irp);
        record->watched = vf_irp_is_watched_at(caller);
        vf_irp_remember(&record->freed, record->watched, caller);
        return;
    }
    say_touched(record, NULL, "was freed");
    ke_bugcheck(MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)irp, 1, 0, 0);
}

PIRP vf_irp_freed(PIRP irp)
{
    struct vf_irp_record *record = vf_irp_record(irp);

    vf_irp_dispatch_forget(record ? vf_irp_of_record(record) : irp);
    if (!record)
        return irp;
    record->state = VF_IRP_FREED;
    record->sender = 0;
    set_closed(record, record->watched);
    if (record->closed)
        InsertTailList(&memory.reusable, &record->link);
    else
        InsertHeadList(&memory.reusable, &record->link); /* it is still in the caches */
    return record->block;
}

void vf_irp_fault(const struct machine_trap *trap)
{
    struct vf_irp_record *record = record_at(trap->address);
    struct vf_place place;
    char what[64];

    if (!record || !record->closed)
        return;
    vf_place_of_trap(&place, trap);
    kd_format(what, sizeof(what), "was %s at offset 0x%llx",
              trap->error & MACHINE_FAULT_WRITE ? "written" : "read", trap->address % PAGE_SIZE);
    say_touched(record, &place, what);
}
