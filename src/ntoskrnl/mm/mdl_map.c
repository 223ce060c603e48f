/*
 * Mapping the pages of an MDL: from locked frames to kernel or user addresses.
 *
 * In the kernel an MDL whose frames follow each other is seen through the direct map, which costs
 * nothing; only scattered frames get a mapping of their own. Both look the same to the driver: the
 * MDL is MDL_MAPPED_TO_SYSTEM_VA until it is unmapped.
 */
#include "mm/mm_internal.h"

/* Subcodes of DRIVER_VERIFIER_DETECTED_VIOLATION. */
#define BAD_MAP_FLAGS 0xB2
#define BAD_UNMAP_FLAGS 0xB5

#define MAPPABLE (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_IO_SPACE)

/* Bits of the priority, since Windows 8. */
#define NO_WRITE 0x80000000u

static ULONG64 page_count(const MDL *mdl)
{
    return ADDRESS_AND_SIZE_TO_SPAN_PAGES(mdl->ByteOffset, mdl->ByteCount);
}

static const PFN_NUMBER *pfn_array(const MDL *mdl)
{
    return (const PFN_NUMBER *)(mdl + 1);
}

void mm_mdl_check_mappable(PMDL mdl)
{
    if (!(mdl->MdlFlags & MAPPABLE))
        ke_bugcheck(KE_DRIVER_VIOLATION, BAD_MAP_FLAGS, (ULONG_PTR)mdl, (USHORT)mdl->MdlFlags, 0);
}

void mm_mdl_set_mapped(PMDL mdl, ULONG64 address)
{
    mdl->MappedSystemVa = (PUCHAR)address + mdl->ByteOffset;
    mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    if (mdl->MdlFlags & MDL_PARTIAL)
        mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
}

static PVOID map_in_kernel(PMDL mdl, ULONG priority)
{
    ULONG protection = MACHINE_READ | (priority & NO_WRITE ? 0 : MACHINE_WRITE);
    ULONG64 address = mm_map_system(pfn_array(mdl), page_count(mdl), protection);

    if (!address)
        return NULL;
    mm_mdl_set_mapped(mdl, address);
    return mdl->MappedSystemVa;
}

/* The pages become a region of the current process, at the wanted address or anywhere. */
static PVOID map_in_user(PMDL mdl, PVOID wanted, ULONG priority)
{
    struct mm_space *space = mm_space_of(ps_current_process());
    ULONG protection = priority & NO_WRITE ? PAGE_READONLY : PAGE_READWRITE;
    ULONG64 start = (ULONG64)wanted & ~(PAGE_SIZE - 1ull);
    struct mm_region *region;
    NTSTATUS status;

    if (!space)
        return NULL;
    if (!start)
        start = mm_space_choose(space, page_count(mdl) * PAGE_SIZE, FALSE);
    status = mm_region_create(space, start, page_count(mdl), MEM_PRIVATE, protection, &region);
    if (!NT_SUCCESS(status))
        return NULL;
    status = mm_region_show(region, pfn_array(mdl), page_count(mdl), protection);
    if (!NT_SUCCESS(status)) {
        mm_region_delete(region);
        return NULL;
    }
    return (PUCHAR)start + mdl->ByteOffset;
}

/*
 * Map the locked pages of an MDL.
 * @param mode        KernelMode, or UserMode: into the current process
 * @param cache_type  not looked at: all memory is cached
 * @param wanted      user mode: NULL or the address to map at
 * @param bugcheck    kernel mode: TRUE = stop with NO_MORE_SYSTEM_PTES instead of returning NULL
 * @param priority    may contain MdlMappingNoWrite; no mapping is executable
 * IRQL: <= DISPATCH_LEVEL; <= APC_LEVEL for user mode. Returns the address, or NULL; a failing
 * user mapping raises STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, MmMapLockedPagesSpecifyCache.
 */
PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDLX mdl, KPROCESSOR_MODE mode,
                                         MEMORY_CACHING_TYPE cache_type, PVOID wanted,
                                         ULONG bugcheck, MM_PAGE_PRIORITY priority)
{
    PVOID address;

    (void)cache_type;
    mm_mdl_check_mappable(mdl);
    if (mode == UserMode) {
        address = map_in_user(mdl, wanted, (ULONG)priority);
        if (!address)
            ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
        return address;
    }
    address = map_in_kernel(mdl, (ULONG)priority);
    if (!address && bugcheck)
        ke_bugcheck(NO_MORE_SYSTEM_PTES, 0, page_count(mdl), 0, 0);
    return address;
}
NT_EXPORT(MmMapLockedPagesSpecifyCache, DISPATCH_LEVEL, "puupuu");

/* Source: Windows driver documentation, MmMapLockedPages (obsolete). */
PVOID NTAPI MmMapLockedPages(PMDL mdl, KPROCESSOR_MODE mode)
{
    return MmMapLockedPagesSpecifyCache(mdl, mode, MmCached, NULL, TRUE, HighPagePriority);
}
NT_EXPORT(MmMapLockedPages, DISPATCH_LEVEL, "pu");

static void unmap_from_user(PMDL mdl, ULONG64 address)
{
    struct mm_space *space = mm_space_at(address);
    struct mm_region *region = space ? mm_region_of(space, address) : NULL;

    if (!region || region->start != (address & ~(PAGE_SIZE - 1ull)) ||
        !(region->flags & MM_REGION_BORROWED))
        ke_bugcheck(KE_DRIVER_VIOLATION, BAD_UNMAP_FLAGS, (ULONG_PTR)mdl, (USHORT)mdl->MdlFlags,
                    address);
    mm_region_delete(region);
}

static void unmap_from_kernel(PMDL mdl, ULONG64 address)
{
    ULONG64 start = address & ~(PAGE_SIZE - 1ull);

    if (!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) || !mm_is_system_mapping(start, page_count(mdl)))
        ke_bugcheck(KE_DRIVER_VIOLATION, BAD_UNMAP_FLAGS, (ULONG_PTR)mdl, (USHORT)mdl->MdlFlags,
                    address);
    if (!(mdl->MdlFlags & MDL_PARENT_MAPPED_SYSTEM_VA) ||
        mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED)
        mm_unmap_system(start, page_count(mdl));
    mdl->MdlFlags &=
        ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED | MDL_PARENT_MAPPED_SYSTEM_VA);
}

/*
 * Undo a mapping of an MDL's pages.
 * @param address  what the mapping routine returned
 * IRQL: <= DISPATCH_LEVEL; <= APC_LEVEL for user addresses, in the process that has the mapping.
 * An address that is no such mapping is bug check 0xC4 (0xB5).
 * Source: Windows driver documentation, MmUnmapLockedPages.
 */
VOID NTAPI MmUnmapLockedPages(PVOID address, PMDL mdl)
{
    if ((ULONG64)address < MACHINE_USER_END)
        unmap_from_user(mdl, (ULONG64)address);
    else if (!(mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL))
        unmap_from_kernel(mdl, (ULONG64)address);
}
NT_EXPORT(MmUnmapLockedPages, DISPATCH_LEVEL, "pp");

/* The direct map cannot be protected: the MDL gets a mapping of its own first. */
static NTSTATUS leave_direct_map(PMDL mdl)
{
    ULONG64 address = mm_reserve_system(page_count(mdl));

    if (!address)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!mm_map_frames(address, pfn_array(mdl), page_count(mdl), MACHINE_READ | MACHINE_WRITE)) {
        mm_release_system(address, page_count(mdl));
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    mm_mdl_set_mapped(mdl, address);
    return STATUS_SUCCESS;
}

/*
 * Change the protection of an MDL's system mapping.
 * @param protection  PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE, PAGE_EXECUTE…
 * IRQL: <= DISPATCH_LEVEL. Returns STATUS_NOT_MAPPED_VIEW when the MDL is not mapped,
 * STATUS_INVALID_PAGE_PROTECTION, STATUS_INSUFFICIENT_RESOURCES.
 * Differs from NT: the mapping may move; drivers that ask MmGetSystemAddressForMdlSafe see it.
 * Source: Windows driver documentation, MmProtectMdlSystemAddress.
 */
NTSTATUS NTAPI MmProtectMdlSystemAddress(PMDL mdl, ULONG protection)
{
    ULONG64 address = (ULONG64)mdl->MappedSystemVa & ~(PAGE_SIZE - 1ull);
    ULONG machine = mm_machine_protection(protection);

    if (!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA))
        return STATUS_NOT_MAPPED_VIEW;
    if (!mm_is_page_protection(protection) || protection & PAGE_GUARD)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (mm_is_direct(address)) {
        NTSTATUS status;

        if (machine == (MACHINE_READ | MACHINE_WRITE))
            return STATUS_SUCCESS;
        status = leave_direct_map(mdl);
        if (!NT_SUCCESS(status))
            return status;
        address = (ULONG64)mdl->MappedSystemVa & ~(PAGE_SIZE - 1ull);
    }
    return mm_protect(address, page_count(mdl), machine) ? STATUS_SUCCESS
                                                         : STATUS_INSUFFICIENT_RESOURCES;
}
NT_EXPORT(MmProtectMdlSystemAddress, DISPATCH_LEVEL, "pu");
