/*
 * Regions of a user address space: what NT calls VADs.
 *
 * A region is a range of pages that was reserved as one. Its runs say which pages are committed and
 * how they are protected; the page tables say which frames are behind them, also for pages without
 * access. Only committed pages have frames and a mapping in Linux.
 *
 * Invariants: regions of a space are sorted and do not overlap; runs[0].first is 0; runs ascend,
 * and neighbours differ in protection.
 */
#include "mm/mm_internal.h"
#include "kd/trace.h"

#define REGION_TAG MM_POOL_TAG('V', 'a', 'd', ' ')
#define FIRST_RUNS 4

struct mm_region *mm_region_of(struct mm_space *space, ULONG64 address)
{
    for (LIST_ENTRY *link = space->regions.Flink; link != &space->regions; link = link->Flink) {
        struct mm_region *region = CONTAINING_RECORD(link, struct mm_region, link);

        if (address < region->start)
            return NULL;
        if (address - region->start < region->pages * PAGE_SIZE)
            return region;
    }
    return NULL;
}

const struct mm_run *mm_region_run(const struct mm_region *region, ULONG page, ULONG *end)
{
    ULONG low = 0, high = region->run_count;

    while (high - low > 1) {
        ULONG middle = (low + high) / 2;

        if (region->runs[middle].first <= page)
            low = middle;
        else
            high = middle;
    }
    *end = high < region->run_count ? region->runs[high].first : (ULONG)region->pages;
    return &region->runs[low];
}

BOOLEAN mm_region_is_committed(const struct mm_region *region, ULONG first, ULONG count)
{
    for (ULONG page = first; page < first + count;)
        if (mm_region_run(region, page, &page)->protection == MM_RESERVED)
            return FALSE;
    return TRUE;
}

/* Room for the two runs that one change can add, so that the change itself cannot fail. */
static BOOLEAN make_room(struct mm_region *region)
{
    ULONG capacity = region->run_capacity ? region->run_capacity * 2 : FIRST_RUNS;
    struct mm_run *runs;

    if (region->run_count + 2 <= region->run_capacity)
        return TRUE;
    runs = ExAllocatePoolWithTag(NonPagedPool, capacity * sizeof(*runs), REGION_TAG);
    if (!runs)
        return FALSE;
    if (region->runs) {
        RtlCopyMemory(runs, region->runs, region->run_count * sizeof(*runs));
        ExFreePoolWithTag(region->runs, REGION_TAG);
    }
    region->runs = runs;
    region->run_capacity = capacity;
    return TRUE;
}

/* Make a run start at `page`; returns its index. */
static ULONG cut(struct mm_region *region, ULONG page)
{
    ULONG index = 0;

    while (index < region->run_count && region->runs[index].first < page)
        index++;
    if (index < region->run_count && region->runs[index].first == page)
        return index;
    RtlMoveMemory(&region->runs[index + 1], &region->runs[index],
                  (region->run_count - index) * sizeof(*region->runs));
    region->runs[index] = (struct mm_run){page, region->runs[index - 1].protection};
    region->run_count++;
    return index;
}

static void join_equal_runs(struct mm_region *region)
{
    ULONG kept = 1;

    for (ULONG i = 1; i < region->run_count; i++)
        if (region->runs[i].protection != region->runs[kept - 1].protection)
            region->runs[kept++] = region->runs[i];
    region->run_count = kept;
}

/* After make_room(). */
static void set_protection(struct mm_region *region, ULONG first, ULONG count, ULONG protection)
{
    ULONG start = cut(region, first);
    ULONG end = first + count < region->pages ? cut(region, first + count) : region->run_count;

    region->runs[start].protection = protection;
    RtlMoveMemory(&region->runs[start + 1], &region->runs[end],
                  (region->run_count - end) * sizeof(*region->runs));
    region->run_count -= end - start - 1;
    join_equal_runs(region);
}

static BOOLEAN overlaps(struct mm_space *space, ULONG64 start, ULONG64 end, LIST_ENTRY **after)
{
    LIST_ENTRY *link;

    for (link = space->regions.Flink; link != &space->regions; link = link->Flink) {
        struct mm_region *region = CONTAINING_RECORD(link, struct mm_region, link);

        if (region->start >= end)
            break;
        if (region->start + region->pages * PAGE_SIZE > start)
            return TRUE;
    }
    *after = link;
    return FALSE;
}

static struct mm_region *allocate_region(void)
{
    struct mm_region *region = ExAllocatePoolWithTag(NonPagedPool, sizeof(*region), REGION_TAG);

    if (!region)
        return NULL;
    RtlZeroMemory(region, sizeof(*region));
    if (make_room(region))
        return region;
    ExFreePoolWithTag(region, REGION_TAG);
    return NULL;
}

NTSTATUS mm_region_create(struct mm_space *space, ULONG64 start, ULONG64 pages, ULONG type,
                          ULONG protection, struct mm_region **created)
{
    LIST_ENTRY *after;
    struct mm_region *region;

    if (start < space->start || start >= space->end || pages == 0 ||
        pages > (space->end - start) / PAGE_SIZE ||
        overlaps(space, start, start + pages * PAGE_SIZE, &after))
        return STATUS_CONFLICTING_ADDRESSES;
    region = allocate_region();
    if (!region)
        return STATUS_INSUFFICIENT_RESOURCES;
    region->space = space;
    region->start = start;
    region->pages = pages;
    region->type = type;
    region->protection = protection;
    region->runs[0] = (struct mm_run){0, MM_RESERVED};
    region->run_count = 1;
    InsertTailList(after, &region->link);
    *created = region;
    return STATUS_SUCCESS;
}

/* Free the frames behind mapped pages, in as few pieces as they lie in. */
static void free_frames(ULONG64 address, ULONG64 pages)
{
    for (ULONG64 i = 0; i < pages;) {
        ULONG64 frame = mm_frame_behind(address + i * PAGE_SIZE);
        ULONG64 count = 1;

        while (i + count < pages &&
               mm_frame_behind(address + (i + count) * PAGE_SIZE) == frame + count)
            count++;
        mm_release_frames(frame, count);
        i += count;
    }
}

static void unmap_pages(struct mm_region *region, ULONG first, ULONG count)
{
    ULONG64 address = region->start + (ULONG64)first * PAGE_SIZE;

    if (!(region->flags & MM_REGION_BORROWED))
        free_frames(address, count);
    mm_unmap(address, count);
}

static void unmap_committed(struct mm_region *region, ULONG first, ULONG count)
{
    for (ULONG page = first; page < first + count;) {
        ULONG end;
        const struct mm_run *run = mm_region_run(region, page, &end);

        end = min(end, first + count);
        if (run->protection != MM_RESERVED)
            unmap_pages(region, page, end - page);
        page = end;
    }
}

NTSTATUS mm_region_decommit(struct mm_region *region, ULONG first, ULONG count)
{
    if (!make_room(region))
        return STATUS_INSUFFICIENT_RESOURCES;
    unmap_committed(region, first, count);
    set_protection(region, first, count, MM_RESERVED);
    return STATUS_SUCCESS;
}

void mm_region_delete(struct mm_region *region)
{
    if (!(region->flags & MM_REGION_FIXED))
        unmap_committed(region, 0, (ULONG)region->pages);
    if (region->flags & MM_REGION_ANNOUNCED) {
        KD_TRACE(image_unload(region->start, region->pages * PAGE_SIZE, &region->segment->path));
        ke_machine->image_unloaded(region->start);
    }
    if (region->segment)
        mm_segment_release(region->segment);
    RemoveEntryList(&region->link);
    ExFreePoolWithTag(region->runs, REGION_TAG);
    ExFreePoolWithTag(region, REGION_TAG);
}

/* Map new frames at pages that have none: one piece when memory allows, else in halves. */
static BOOLEAN map_new_frames(ULONG64 address, ULONG64 pages, ULONG protection)
{
    ULONG64 done = 0, piece = pages;

    while (done < pages) {
        ULONG64 frame;

        piece = min(piece, pages - done);
        frame = mm_allocate_frames(piece);
        if (frame == MM_NO_FRAME) {
            if (piece == 1)
                break;
            piece = (piece + 1) / 2;
            continue;
        }
        if (!mm_map(address + done * PAGE_SIZE, frame, piece, protection)) {
            mm_unmap(address + done * PAGE_SIZE, piece);
            mm_free_frames(frame, piece);
            break;
        }
        done += piece;
    }
    if (done == pages)
        return TRUE;
    if (done) {
        free_frames(address, done);
        mm_unmap(address, done);
    }
    return FALSE;
}

/* Commit what is only reserved; the rest of the range is left for mm_region_protect. */
static NTSTATUS commit_reserved(struct mm_region *region, ULONG first, ULONG count,
                                ULONG protection)
{
    for (ULONG page = first; page < first + count;) {
        ULONG start = page;
        ULONG was = mm_region_run(region, page, &page)->protection;

        page = min(page, first + count);
        if (was != MM_RESERVED)
            continue;
        if (!make_room(region))
            return STATUS_INSUFFICIENT_RESOURCES;
        if (!map_new_frames(region->start + (ULONG64)start * PAGE_SIZE, page - start,
                            mm_machine_protection(protection)))
            return STATUS_COMMITMENT_LIMIT;
        set_protection(region, start, page - start, protection);
    }
    return STATUS_SUCCESS;
}

/*
 * Committing again what is committed only protects it anew, as on NT. When memory runs out, the
 * pages that were committed until then stay so.
 */
NTSTATUS mm_region_commit(struct mm_region *region, ULONG first, ULONG count, ULONG protection)
{
    NTSTATUS status = commit_reserved(region, first, count, protection);

    if (!NT_SUCCESS(status))
        return status;
    return mm_region_protect(region, first, count, protection);
}

NTSTATUS mm_region_protect(struct mm_region *region, ULONG first, ULONG count, ULONG protection)
{
    ULONG end;

    if (!mm_region_is_committed(region, first, count))
        return STATUS_NOT_COMMITTED;
    if (mm_region_run(region, first, &end)->protection == protection && end >= first + count)
        return STATUS_SUCCESS;
    if (!make_room(region) || !mm_protect(region->start + (ULONG64)first * PAGE_SIZE, count,
                                          mm_machine_protection(protection)))
        return STATUS_INSUFFICIENT_RESOURCES;
    set_protection(region, first, count, protection);
    return STATUS_SUCCESS;
}

NTSTATUS mm_region_adopt(struct mm_region *region, ULONG64 frame, ULONG protection)
{
    if (!make_room(region) ||
        !mm_map(region->start, frame, region->pages, mm_machine_protection(protection)))
        return STATUS_INSUFFICIENT_RESOURCES;
    set_protection(region, 0, (ULONG)region->pages, protection);
    return STATUS_SUCCESS;
}

NTSTATUS mm_region_show(struct mm_region *region, const ULONG64 *frames, ULONG64 pages,
                        ULONG protection)
{
    region->flags |= MM_REGION_BORROWED;
    if (!make_room(region) ||
        !mm_map_frames(region->start, frames, pages, mm_machine_protection(protection)))
        return STATUS_INSUFFICIENT_RESOURCES;
    set_protection(region, 0, (ULONG)pages, protection);
    return STATUS_SUCCESS;
}

NTSTATUS mm_region_split(struct mm_region *region, ULONG64 page)
{
    struct mm_region *rest = allocate_region();
    ULONG index;

    if (!rest || !make_room(region))
        goto no_memory;
    index = cut(region, (ULONG)page);
    while (rest->run_capacity < region->run_count - index) {
        rest->run_count = rest->run_capacity;
        if (!make_room(rest))
            goto no_memory;
    }
    for (rest->run_count = 0; index + rest->run_count < region->run_count; rest->run_count++) {
        rest->runs[rest->run_count] = region->runs[index + rest->run_count];
        rest->runs[rest->run_count].first -= (ULONG)page;
    }
    rest->space = region->space;
    rest->start = region->start + page * PAGE_SIZE;
    rest->pages = region->pages - page;
    rest->type = region->type;
    rest->protection = region->protection;
    rest->flags = region->flags;
    InsertHeadList(&region->link, &rest->link);
    region->pages = page;
    region->run_count = index;
    return STATUS_SUCCESS;
no_memory:
    if (rest) {
        ExFreePoolWithTag(rest->runs, REGION_TAG);
        ExFreePoolWithTag(rest, REGION_TAG);
    }
    join_equal_runs(region);
    return STATUS_INSUFFICIENT_RESOURCES;
}
