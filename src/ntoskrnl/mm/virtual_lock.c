/*
 * Memory that must stay as it is: locked in a working set, or secured by a driver.
 */
#include "mm/mm_internal.h"

#define MAP_PROCESS 1u
#define MAP_SYSTEM 2u

NTSTATUS NTAPI NtLockVirtualMemory(HANDLE handle, PVOID *base, PSIZE_T size, ULONG map_type);
NTSTATUS NTAPI NtUnlockVirtualMemory(HANDLE handle, PVOID *base, PSIZE_T size, ULONG map_type);
NTSTATUS NTAPI NtFlushInstructionCache(HANDLE handle, PVOID base, ULONG size);

static BOOLEAN all_committed(struct mm_space *space, const struct mm_range *range)
{
    ULONG64 end = range->base + range->size;

    for (ULONG64 at = range->base; at < end;) {
        struct mm_region *region = mm_region_of(space, at);
        ULONG64 region_end, first;

        if (!region)
            return FALSE;
        region_end = min(end, region->start + region->pages * PAGE_SIZE);
        first = (at - region->start) / PAGE_SIZE;
        if (!mm_region_is_committed(region, (ULONG)first, (ULONG)((region_end - at) / PAGE_SIZE)))
            return FALSE;
        at = region_end;
    }
    return TRUE;
}

static NTSTATUS check_lock(HANDLE handle, PVOID *base, PSIZE_T size, ULONG map_type)
{
    struct mm_target target;
    struct mm_range range;
    NTSTATUS status = mm_range_capture(base, size, &range);

    if (!NT_SUCCESS(status))
        return status;
    if (map_type == 0 || map_type & ~(MAP_PROCESS | MAP_SYSTEM))
        return STATUS_INVALID_PARAMETER;
    if (range.base >= MM_USER_PROBE)
        return STATUS_INVALID_PARAMETER_2;
    if (range.size == 0 || range.size > MM_USER_PROBE - range.base)
        return STATUS_INVALID_PARAMETER_3;
    status = mm_target_open(handle, PROCESS_VM_OPERATION, &target);
    if (!NT_SUCCESS(status))
        return status;
    mm_range_round(&range, PAGE_SIZE);
    if (!all_committed(target.space, &range))
        status = STATUS_ACCESS_VIOLATION;
    mm_target_close(&target);
    return NT_SUCCESS(status) ? mm_range_return(base, size, &range) : status;
}

/*
 * Keep pages in memory. IRQL: PASSIVE_LEVEL. Returns STATUS_ACCESS_VIOLATION when a page is not
 * committed.
 * Differs from NT: pages are always in memory, so nothing is counted and there is no quota.
 * Source: the behaviour of VirtualLock, Windows API documentation.
 */
NTSTATUS NTAPI NtLockVirtualMemory(HANDLE handle, PVOID *base, PSIZE_T size, ULONG map_type)
{
    return check_lock(handle, base, size, map_type);
}
NT_SERVICE(LockVirtualMemory, 4, PASSIVE_LEVEL, "hppu");

/* Differs from NT: pages that were not locked are no error. Otherwise as NtLockVirtualMemory. */
NTSTATUS NTAPI NtUnlockVirtualMemory(HANDLE handle, PVOID *base, PSIZE_T size, ULONG map_type)
{
    return check_lock(handle, base, size, map_type);
}
NT_SERVICE(UnlockVirtualMemory, 4, PASSIVE_LEVEL, "hppu");

/*
 * Make changed code visible: x86 processors need nothing for that; the handle is checked.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, ZwFlushInstructionCache.
 */
NTSTATUS NTAPI NtFlushInstructionCache(HANDLE handle, PVOID base, ULONG size)
{
    struct mm_target target;
    NTSTATUS status = mm_target_open(handle, PROCESS_VM_WRITE, &target);

    (void)base;
    (void)size;
    if (NT_SUCCESS(status))
        mm_target_close(&target);
    return status;
}
NT_SERVICE(FlushInstructionCache, 3, PASSIVE_LEVEL, "hpu");

static BOOLEAN allows(ULONG64 address, SIZE_T bytes, ULONG64 required)
{
    ULONG64 end = address + bytes;

    for (ULONG64 at = address & ~(PAGE_SIZE - 1ull); at < end; at += PAGE_SIZE)
        if ((mm_page_entry(at) & required) != required)
            return FALSE;
    return TRUE;
}

/*
 * Secure memory of the current process: until MmUnsecureVirtualMemory it can neither be freed nor
 * be made less accessible.
 * @param probe_mode  PAGE_READONLY or PAGE_READWRITE: what the memory must allow
 * IRQL: PASSIVE_LEVEL. Returns a handle, or NULL when the range is not all there.
 * Differs from NT: the whole allocation is secured.
 * Source: Windows driver documentation, MmSecureVirtualMemory.
 */
HANDLE NTAPI MmSecureVirtualMemory(PVOID address, SIZE_T bytes, ULONG probe_mode)
{
    ULONG64 start = (ULONG64)address;
    struct mm_space *space = ps_current_process()->AddressSpace;
    struct mm_region *region = space ? mm_region_of(space, start) : NULL;
    ULONG64 required = MM_PTE_PRESENT |
                       (probe_mode & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE) ? MM_PTE_WRITE : 0);

    if (!region || bytes == 0 || bytes > region->start + region->pages * PAGE_SIZE - start ||
        !allows(start, bytes, required))
        return NULL;
    region->secured++;
    if (required & MM_PTE_WRITE)
        region->flags |= MM_REGION_SECURED_WRITE;
    return (HANDLE)region->start;
}
NT_EXPORT(MmSecureVirtualMemory, PASSIVE_LEVEL, "pqu");

/* A handle of an allocation that is not secured is ignored. IRQL: PASSIVE_LEVEL. */
VOID NTAPI MmUnsecureVirtualMemory(HANDLE handle)
{
    struct mm_space *space = mm_space_at((ULONG64)handle);
    struct mm_region *region = space ? mm_region_of(space, (ULONG64)handle) : NULL;

    if (region && region->secured && --region->secured == 0)
        region->flags &= ~MM_REGION_SECURED_WRITE;
}
NT_EXPORT(MmUnsecureVirtualMemory, PASSIVE_LEVEL, "h");
