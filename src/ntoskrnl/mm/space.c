/*
 * User address spaces. All NT processes share the one address space of the Linux process: each has
 * a slot of it, 1 TiB large.
 *
 *   slot 0      from 64 KiB: the bases that executables ask for (0x140000000) lie here, so the
 *               first process gets it; later processes run relocated images
 *   slot n      from n TiB
 *
 * In a slot the system places what may lie anywhere from 64 GiB up (bottom-up) or from the end down
 * (top-down), so that image bases below stay free. A slot is used again once its process is gone.
 */
#include "mm/mm_internal.h"

#define SPACE_TAG MM_POOL_TAG('M', 'm', 'S', 'p')
#define CHOICE_START (64ull << 30) /* offset in the slot */
#define STACK_GUARD_PAGES 4        /* what the handler of a stack overflow has */

struct mm_space *mm_space_at(ULONG64 address)
{
    return address < MACHINE_USER_END ? mm.spaces[address >> MM_SLOT_SHIFT] : NULL;
}

BOOLEAN mm_is_page_protection(ULONG protection)
{
    ULONG modifiers = protection & (PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE);
    ULONG access = protection & ~(PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE);

    if (access == 0 || access & (access - 1) || access > PAGE_EXECUTE_WRITECOPY)
        return FALSE;
    if (modifiers & (modifiers - 1))
        return FALSE;
    return access != PAGE_NOACCESS || modifiers == 0;
}

ULONG mm_machine_protection(ULONG protection)
{
    if (protection & PAGE_GUARD)
        return MACHINE_NONE;
    switch (protection & 0xFF) {
    case PAGE_READONLY:
        return MACHINE_READ;
    case PAGE_READWRITE:
    case PAGE_WRITECOPY:
        return MACHINE_READ | MACHINE_WRITE;
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ:
        return MACHINE_READ | MACHINE_EXECUTE;
    case PAGE_EXECUTE_READWRITE:
    case PAGE_EXECUTE_WRITECOPY:
        return MACHINE_READ | MACHINE_WRITE | MACHINE_EXECUTE;
    default:
        return MACHINE_NONE;
    }
}

ULONG mm_page_protection(ULONG protection)
{
    static const ULONG by_access[8] = {
        PAGE_NOACCESS, PAGE_READONLY,     PAGE_READWRITE,         PAGE_READWRITE,
        PAGE_EXECUTE,  PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_READWRITE,
    };

    return by_access[protection & 7];
}

/* KUSER_SHARED_DATA lies in the first slot; it is there before any process and stays. */
static NTSTATUS reserve_shared_data(struct mm_space *space)
{
    struct mm_region *region;
    ULONG64 frame = mm.shared_frame;
    NTSTATUS status;

    if (space->slot != 0)
        return STATUS_SUCCESS;
    status =
        mm_region_create(space, MACHINE_SHARED_DATA_USER, 1, MEM_PRIVATE, PAGE_READONLY, &region);
    if (!NT_SUCCESS(status))
        return status;
    region->flags = MM_REGION_FIXED;
    return mm_region_show(region, &frame, 1, PAGE_READONLY);
}

static NTSTATUS create_in_slot(ULONG slot, struct mm_space **created)
{
    struct mm_space *space = ExAllocatePoolWithTag(NonPagedPool, sizeof(*space), SPACE_TAG);
    NTSTATUS status;

    if (!space)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(space, sizeof(*space));
    space->slot = slot;
    space->start = max((ULONG64)slot << MM_SLOT_SHIFT, MACHINE_USER_START);
    space->end = min((ULONG64)(slot + 1) << MM_SLOT_SHIFT, MM_USER_PROBE);
    InitializeListHead(&space->regions);
    mm.spaces[slot] = space;
    status = reserve_shared_data(space);
    if (!NT_SUCCESS(status)) {
        mm_space_destroy(space);
        return status;
    }
    *created = space;
    return STATUS_SUCCESS;
}

NTSTATUS mm_space_create(struct mm_space **space)
{
    for (ULONG slot = 0; slot < MM_SPACES; slot++)
        if (!mm.spaces[slot])
            return create_in_slot(slot, space);
    return STATUS_NO_MEMORY;
}

/* Pages that a driver has locked here would become someone else's: NT stops for that. */
void mm_space_destroy(struct mm_space *space)
{
    if (space->locked_pages)
        ke_bugcheck(PROCESS_HAS_LOCKED_PAGES, 0, (ULONG_PTR)space->process, space->locked_pages, 0);
    while (!IsListEmpty(&space->regions))
        mm_region_delete(CONTAINING_RECORD(space->regions.Flink, struct mm_region, link));
    mm.spaces[space->slot] = NULL;
    ExFreePoolWithTag(space, SPACE_TAG);
}

NTSTATUS mm_space_create_last(struct mm_space **space)
{
    for (ULONG slot = MM_SPACES; slot-- > 0;)
        if (!mm.spaces[slot])
            return create_in_slot(slot, space);
    return STATUS_NO_MEMORY;
}

/* The System process has user addresses only if somebody asks. */
struct mm_space *mm_space_of(PEPROCESS process)
{
    if (!process->AddressSpace)
        mm_space_create_last(&process->AddressSpace);
    return process->AddressSpace;
}

static ULONG64 fit(ULONG64 low, ULONG64 high, ULONG64 size, BOOLEAN top_down)
{
    low = (low + MM_ALLOCATION_UNIT - 1) & ~(MM_ALLOCATION_UNIT - 1);
    if (high < low || high - low < size)
        return 0;
    return top_down ? (high - size) & ~(MM_ALLOCATION_UNIT - 1) : low;
}

ULONG64 mm_space_find(struct mm_space *space, ULONG64 size, ULONG64 from, ULONG64 to,
                      BOOLEAN top_down)
{
    ULONG64 low = max(from, space->start);
    ULONG64 limit = min(to, space->end);
    ULONG64 found = 0;

    for (LIST_ENTRY *link = space->regions.Flink; link != &space->regions; link = link->Flink) {
        struct mm_region *region = CONTAINING_RECORD(link, struct mm_region, link);
        ULONG64 end = region->start + region->pages * PAGE_SIZE;
        ULONG64 here;

        if (end <= low)
            continue;
        if (region->start >= limit)
            break;
        here = fit(low, region->start, size, top_down);
        if (here)
            found = here;
        if (found && !top_down)
            return found;
        low = end;
    }
    if (fit(low, limit, size, top_down))
        found = fit(low, limit, size, top_down);
    return found;
}

ULONG64 mm_space_choose(struct mm_space *space, ULONG64 size, BOOLEAN top_down)
{
    ULONG64 base = (ULONG64)space->slot << MM_SLOT_SHIFT;

    return mm_space_find(space, size, base + CHOICE_START, space->end, top_down);
}

NTSTATUS mm_user_allocate(struct mm_space *space, ULONG64 *address, ULONG64 *size, ULONG protection,
                          BOOLEAN top_down)
{
    ULONG64 pages = (*size + PAGE_SIZE - 1) / PAGE_SIZE;
    ULONG64 start = *address ? *address & ~(MM_ALLOCATION_UNIT - 1)
                             : mm_space_choose(space, pages * PAGE_SIZE, top_down);
    ULONG page_protection = mm_page_protection(protection);
    struct mm_region *region;
    NTSTATUS status;

    if (!start)
        return STATUS_NO_MEMORY;
    status = mm_region_create(space, start, pages, MEM_PRIVATE, page_protection, &region);
    if (!NT_SUCCESS(status))
        return status;
    status = mm_region_commit(region, 0, (ULONG)pages, page_protection);
    if (!NT_SUCCESS(status)) {
        mm_region_delete(region);
        return status;
    }
    *address = start;
    *size = pages * PAGE_SIZE;
    return STATUS_SUCCESS;
}

NTSTATUS mm_user_free(struct mm_space *space, ULONG64 address)
{
    struct mm_region *region = mm_region_of(space, address);

    if (!region || region->start != address)
        return STATUS_MEMORY_NOT_ALLOCATED;
    mm_region_delete(region);
    return STATUS_SUCCESS;
}

NTSTATUS mm_user_allocate_stack(struct mm_space *space, ULONG64 *address, ULONG64 *size,
                                ULONG64 *limit)
{
    NTSTATUS status;
    struct mm_region *region;

    *size = max(*size, (STACK_GUARD_PAGES + 4) * PAGE_SIZE);
    status = mm_user_allocate(space, address, size, MACHINE_READ | MACHINE_WRITE, FALSE);
    if (!NT_SUCCESS(status))
        return status;
    region = mm_region_of(space, *address);
    region->flags |= MM_REGION_STACK;
    status = mm_region_decommit(region, 0, 1);
    if (NT_SUCCESS(status))
        status = mm_region_protect(region, 1, STACK_GUARD_PAGES, PAGE_READWRITE | PAGE_GUARD);
    if (!NT_SUCCESS(status))
        mm_region_delete(region);
    *limit = *address + (1 + STACK_GUARD_PAGES) * PAGE_SIZE;
    return status;
}

/* All guard pages of a stack open together: the handler of the overflow needs them. */
NTSTATUS mm_user_fault(ULONG64 address)
{
    struct mm_space *space = mm_space_at(address);
    struct mm_region *region = space ? mm_region_of(space, address) : NULL;
    const struct mm_run *run;
    ULONG page, first, end;

    if (!region)
        return STATUS_ACCESS_VIOLATION;
    page = first = (ULONG)((address - region->start) / PAGE_SIZE);
    run = mm_region_run(region, page, &end);
    if (!(run->protection & PAGE_GUARD))
        return STATUS_ACCESS_VIOLATION;
    if (region->flags & MM_REGION_STACK)
        first = run->first;
    else
        end = page + 1;
    if (!NT_SUCCESS(mm_region_protect(region, first, end - first, run->protection & ~PAGE_GUARD)))
        return STATUS_ACCESS_VIOLATION;
    return region->flags & MM_REGION_STACK ? STATUS_STACK_OVERFLOW : STATUS_GUARD_PAGE_VIOLATION;
}
