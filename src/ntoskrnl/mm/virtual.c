/*
 * NtAllocateVirtualMemory, NtFreeVirtualMemory, NtProtectVirtualMemory: private memory of a
 * process.
 *
 *   free ── MEM_RESERVE ─▶ reserved ── MEM_COMMIT ─▶ committed
 *    ▲                        │  ▲ ◀─ MEM_DECOMMIT ──┘  │
 *    └────── MEM_RELEASE ─────┴─────────────────────────┘
 *
 * Allocations start at multiples of 64 KiB. All of them lie in the slot of their process (space.c):
 * an address elsewhere is STATUS_CONFLICTING_ADDRESSES.
 */
#include "mm/mm_internal.h"

#define TYPE_WRITE_WATCH 0x00200000u
#define TYPE_PHYSICAL 0x00400000u
#define TYPE_RESET_UNDO 0x01000000u
#define KNOWN_TYPES                                                                                \
    (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_TOP_DOWN | MEM_LARGE_PAGES | TYPE_WRITE_WATCH |    \
     TYPE_PHYSICAL | TYPE_RESET_UNDO)
#define WRITE_COPY (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)
#define MAXIMUM_ZERO_BITS 21

NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE handle, PVOID *base, PSIZE_T size, ULONG protection,
                                      PULONG old_protection);
NTSTATUS NTAPI NtAllocateVirtualMemoryEx(HANDLE handle, PVOID *base, PSIZE_T size, ULONG type,
                                         ULONG protection, PVOID parameters, ULONG count);

static NTSTATUS check_type(ULONG type)
{
    if (type & ~KNOWN_TYPES || !(type & (MEM_COMMIT | MEM_RESERVE | MEM_RESET | TYPE_RESET_UNDO)))
        return STATUS_INVALID_PARAMETER_5;
    if (type & (MEM_RESET | TYPE_RESET_UNDO) && type & (type - 1))
        return STATUS_INVALID_PARAMETER_5;
    if (type & MEM_LARGE_PAGES)
        return STATUS_PRIVILEGE_NOT_HELD; /* nobody has SeLockMemoryPrivilege */
    if (type & TYPE_PHYSICAL)
        NOT_IMPLEMENTED("MEM_PHYSICAL");
    if (type & TYPE_WRITE_WATCH)
        NOT_IMPLEMENTED("MEM_WRITE_WATCH");
    return STATUS_SUCCESS;
}

static NTSTATUS check_allocation(const struct mm_range *range, ULONG_PTR zero_bits, ULONG type,
                                 ULONG protection)
{
    NTSTATUS status = check_type(type);

    if (zero_bits > MAXIMUM_ZERO_BITS && zero_bits < 32)
        return STATUS_INVALID_PARAMETER_3;
    if (!NT_SUCCESS(status))
        return status;
    if (!mm_is_page_protection(protection) || protection & WRITE_COPY)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (range->base >= MM_USER_PROBE || (range->base && range->base < MM_ALLOCATION_UNIT))
        return STATUS_INVALID_PARAMETER_2;
    if (range->size == 0 || range->size > MM_USER_PROBE - range->base)
        return STATUS_INVALID_PARAMETER_4;
    return STATUS_SUCCESS;
}

/* The highest address that zero_bits allows: a count of zero bits in 32, or a mask. */
static ULONG64 address_limit(ULONG_PTR zero_bits)
{
    if (zero_bits == 0)
        return MACHINE_USER_END;
    if (zero_bits <= MAXIMUM_ZERO_BITS)
        return 1ull << (32 - zero_bits);
    return 1ull << (64 - __builtin_clzll(zero_bits));
}

static ULONG64 choose(struct mm_space *space, ULONG64 size, ULONG_PTR zero_bits, ULONG type)
{
    BOOLEAN top_down = (type & MEM_TOP_DOWN) != 0;

    if (zero_bits == 0)
        return mm_space_choose(space, size, top_down);
    return mm_space_find(space, size, space->start, address_limit(zero_bits), top_down);
}

static NTSTATUS reserve(struct mm_space *space, struct mm_range *range, ULONG_PTR zero_bits,
                        ULONG type, ULONG protection)
{
    struct mm_region *region;
    NTSTATUS status;

    mm_range_round(range, MM_ALLOCATION_UNIT);
    if (!range->base)
        range->base = choose(space, range->size, zero_bits, type);
    if (!range->base)
        return STATUS_NO_MEMORY;
    status = mm_region_create(space, range->base, range->size / PAGE_SIZE, MEM_PRIVATE, protection,
                              &region);
    if (!NT_SUCCESS(status) || !(type & MEM_COMMIT))
        return status;
    status = mm_region_commit(region, 0, (ULONG)region->pages, protection);
    if (!NT_SUCCESS(status))
        mm_region_delete(region);
    return status;
}

/* The region that holds all of a range; NULL if none does. */
static struct mm_region *region_around(struct mm_space *space, const struct mm_range *range)
{
    struct mm_region *region = mm_region_of(space, range->base);

    if (!region || range->base + range->size > region->start + region->pages * PAGE_SIZE)
        return NULL;
    return region;
}

static ULONG page_in(const struct mm_region *region, const struct mm_range *range)
{
    return (ULONG)((range->base - region->start) / PAGE_SIZE);
}

static NTSTATUS commit(struct mm_space *space, struct mm_range *range, ULONG type, ULONG protection)
{
    struct mm_region *region;
    ULONG first, count;

    mm_range_round(range, PAGE_SIZE);
    region = region_around(space, range);
    if (!region || region->type == MEM_IMAGE)
        return STATUS_CONFLICTING_ADDRESSES;
    if (region->type == MEM_MAPPED || region->flags & (MM_REGION_BORROWED | MM_REGION_FIXED))
        return STATUS_ALREADY_COMMITTED;
    first = page_in(region, range);
    count = (ULONG)(range->size / PAGE_SIZE);
    if (!(type & MEM_COMMIT)) /* MEM_RESET: the content may stay */
        return mm_region_is_committed(region, first, count) ? STATUS_SUCCESS
                                                            : STATUS_CONFLICTING_ADDRESSES;
    return mm_region_commit(region, first, count, protection);
}

/*
 * Reserve or commit memory in a process.
 * @param base        in: where, 0 = anywhere; out: where, rounded down
 * @param zero_bits   how many high bits of a 32-bit address must be zero, or a mask from 32 up
 * @param size        bytes; out: rounded up to pages
 * @param type        MEM_RESERVE, MEM_COMMIT, MEM_RESET, with MEM_TOP_DOWN
 * @param protection  PAGE_…
 * IRQL: PASSIVE_LEVEL. Returns STATUS_CONFLICTING_ADDRESSES, STATUS_INVALID_PAGE_PROTECTION,
 * STATUS_COMMITMENT_LIMIT, STATUS_NO_MEMORY, STATUS_ALREADY_COMMITTED (a view),
 * STATUS_INVALID_PARAMETER_2 … 5.
 * Source: Windows driver documentation, ZwAllocateVirtualMemory.
 */
NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE handle, PVOID *base, ULONG_PTR zero_bits,
                                       PSIZE_T size, ULONG type, ULONG protection)
{
    struct mm_target target;
    struct mm_range range;
    NTSTATUS status = mm_range_capture(base, size, &range);

    if (NT_SUCCESS(status))
        status = check_allocation(&range, zero_bits, type, protection);
    if (NT_SUCCESS(status))
        status = mm_target_open(handle, PROCESS_VM_OPERATION, &target);
    if (!NT_SUCCESS(status))
        return status;
    if (type & MEM_RESERVE || (type & MEM_COMMIT && range.base == 0))
        status = reserve(target.space, &range, zero_bits, type, protection);
    else
        status = commit(target.space, &range, type, protection);
    mm_target_close(&target);
    return NT_SUCCESS(status) ? mm_range_return(base, size, &range) : status;
}
NT_SERVICE(AllocateVirtualMemory, 6, PASSIVE_LEVEL, "hpqpuu");

/* The extended parameters (address requirements, NUMA node) are not supported. */
NTSTATUS NTAPI NtAllocateVirtualMemoryEx(HANDLE handle, PVOID *base, PSIZE_T size, ULONG type,
                                         ULONG protection, PVOID parameters, ULONG count)
{
    if (parameters || count)
        NOT_IMPLEMENTED("extended parameters");
    return NtAllocateVirtualMemory(handle, base, 0, size, type, protection);
}
NT_SERVICE(AllocateVirtualMemoryEx, 7, PASSIVE_LEVEL, "hppuupu");

/* Cut the pages to release out of their region, then free that part. */
static NTSTATUS release_part(struct mm_region *region, ULONG first, ULONG count)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (first + count < region->pages)
        status = mm_region_split(region, first + count);
    if (NT_SUCCESS(status) && first > 0) {
        status = mm_region_split(region, first);
        region = CONTAINING_RECORD(region->link.Flink, struct mm_region, link);
    }
    if (NT_SUCCESS(status))
        mm_region_delete(region);
    return status;
}

static NTSTATUS free_range(struct mm_space *space, struct mm_range *range, ULONG type)
{
    BOOLEAN whole = range->size == 0;
    struct mm_region *region;

    mm_range_round(range, PAGE_SIZE);
    region = mm_region_of(space, range->base);
    if (!region)
        return STATUS_MEMORY_NOT_ALLOCATED;
    if (region->type != MEM_PRIVATE || region->flags & (MM_REGION_BORROWED | MM_REGION_FIXED))
        return STATUS_UNABLE_TO_DELETE_SECTION;
    if (region->secured)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (whole && range->base != region->start)
        return STATUS_FREE_VM_NOT_AT_BASE;
    if (whole)
        range->size = region->pages * PAGE_SIZE;
    if (range->base + range->size > region->start + region->pages * PAGE_SIZE)
        return STATUS_UNABLE_TO_FREE_VM;
    if (type == MEM_DECOMMIT)
        return mm_region_decommit(region, page_in(region, range), (ULONG)(range->size / PAGE_SIZE));
    return release_part(region, page_in(region, range), (ULONG)(range->size / PAGE_SIZE));
}

/*
 * Decommit or release memory.
 * @param size  bytes; 0 = the whole allocation, which then must start at *base
 * @param type  MEM_DECOMMIT or MEM_RELEASE
 * IRQL: PASSIVE_LEVEL. Returns STATUS_MEMORY_NOT_ALLOCATED, STATUS_FREE_VM_NOT_AT_BASE,
 * STATUS_UNABLE_TO_FREE_VM (more than the allocation), STATUS_UNABLE_TO_DELETE_SECTION (a view),
 * STATUS_INVALID_PAGE_PROTECTION (MmSecureVirtualMemory), STATUS_INVALID_PARAMETER_2 … 4.
 * Source: Windows driver documentation, ZwFreeVirtualMemory.
 */
NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE handle, PVOID *base, PSIZE_T size, ULONG type)
{
    struct mm_target target;
    struct mm_range range;
    NTSTATUS status = mm_range_capture(base, size, &range);

    if (!NT_SUCCESS(status))
        return status;
    if (type != MEM_DECOMMIT && type != MEM_RELEASE)
        return STATUS_INVALID_PARAMETER_4;
    if (range.base >= MM_USER_PROBE)
        return STATUS_INVALID_PARAMETER_2;
    if (range.size > MM_USER_PROBE - range.base)
        return STATUS_INVALID_PARAMETER_3;
    status = mm_target_open(handle, PROCESS_VM_OPERATION, &target);
    if (!NT_SUCCESS(status))
        return status;
    status = free_range(target.space, &range, type);
    mm_target_close(&target);
    return NT_SUCCESS(status) ? mm_range_return(base, size, &range) : status;
}
NT_SERVICE(FreeVirtualMemory, 4, PASSIVE_LEVEL, "hppu");

static NTSTATUS check_protection(const struct mm_region *region, ULONG protection)
{
    ULONG access = mm_machine_protection(protection & ~PAGE_GUARD);

    if (region->flags & MM_REGION_FIXED)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (region->type == MEM_PRIVATE && protection & WRITE_COPY)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (region->secured &&
        !(access & (region->flags & MM_REGION_SECURED_WRITE ? MACHINE_WRITE : MACHINE_READ)))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (region->type == MEM_MAPPED && region->flags & MM_REGION_BORROWED &&
        access & MACHINE_WRITE && !(mm_machine_protection(region->protection) & MACHINE_WRITE))
        return STATUS_SECTION_PROTECTION;
    return STATUS_SUCCESS;
}

static NTSTATUS protect(struct mm_space *space, struct mm_range *range, ULONG protection,
                        ULONG *old)
{
    struct mm_region *region;
    NTSTATUS status;
    ULONG end;

    mm_range_round(range, PAGE_SIZE);
    region = region_around(space, range);
    if (!region)
        return STATUS_CONFLICTING_ADDRESSES;
    status = check_protection(region, protection);
    if (!NT_SUCCESS(status))
        return status;
    *old = mm_region_run(region, page_in(region, range), &end)->protection;
    return mm_region_protect(region, page_in(region, range), (ULONG)(range->size / PAGE_SIZE),
                             protection);
}

static NTSTATUS probe_ulong(PULONG pointer)
{
    if (ke_previous_mode() == KernelMode)
        return STATUS_SUCCESS;
    __try {
        ProbeForWrite(pointer, sizeof(*pointer), sizeof(*pointer));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static void return_ulong(PULONG pointer, ULONG value)
{
    __try {
        *pointer = value;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return;
    }
}

/*
 * Change the protection of committed pages.
 * @param old_protection  receives that of the first page
 * IRQL: PASSIVE_LEVEL. Returns STATUS_NOT_COMMITTED, STATUS_CONFLICTING_ADDRESSES (not in one
 * allocation), STATUS_INVALID_PAGE_PROTECTION, STATUS_SECTION_PROTECTION,
 * STATUS_INVALID_PARAMETER_2, STATUS_INVALID_PARAMETER_3.
 * Source: Windows driver documentation, ZwProtectVirtualMemory.
 */
NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE handle, PVOID *base, PSIZE_T size, ULONG protection,
                                      PULONG old_protection)
{
    struct mm_target target;
    struct mm_range range;
    ULONG old = 0;
    NTSTATUS status;

    if (!mm_is_page_protection(protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    status = mm_range_capture(base, size, &range);
    if (NT_SUCCESS(status))
        status = probe_ulong(old_protection);
    if (!NT_SUCCESS(status))
        return status;
    if (range.base >= MM_USER_PROBE)
        return STATUS_INVALID_PARAMETER_2;
    if (range.size == 0 || range.size > MM_USER_PROBE - range.base)
        return STATUS_INVALID_PARAMETER_3;
    status = mm_target_open(handle, PROCESS_VM_OPERATION, &target);
    if (!NT_SUCCESS(status))
        return status;
    status = protect(target.space, &range, protection, &old);
    mm_target_close(&target);
    if (!NT_SUCCESS(status))
        return status;
    return_ulong(old_protection, old);
    return mm_range_return(base, size, &range);
}
NT_SERVICE(ProtectVirtualMemory, 5, PASSIVE_LEVEL, "hppup");
