/*
 * System addresses that a driver reserves in advance, so that mapping an MDL there cannot fail.
 *
 *   MmAllocateMappingAddress ─▶ reserved ─▶ MmFreeMappingAddress
 *     MmMapLockedPagesWithReservedMapping │ ▲ MmUnmapReservedMapping
 *                                         ▼ │
 *                                        mapped
 */
#include "mm/mm_internal.h"

/* Reasons, the first parameter of SYSTEM_PTE_MISUSE. */
enum misuse {
    NOT_RESERVED = 0x100,
    WRONG_TAG = 0x101,
    FREED_WHILE_MAPPED = 0x102,
    MAPPED_TWICE = 0x103,
    NOT_MAPPED = 0x105,
};

static ULONG64 page_count(const MDL *mdl)
{
    return ADDRESS_AND_SIZE_TO_SPAN_PAGES(mdl->ByteOffset, mdl->ByteCount);
}

static struct mm_reservation *reservation_of(PVOID address, ULONG tag)
{
    struct mm_reservation *reservation = mm.reservations;

    while (reservation && reservation->address != (ULONG64)address)
        reservation = reservation->next;
    if (!reservation || reservation->tag != tag)
        ke_bugcheck(SYSTEM_PTE_MISUSE, reservation ? WRONG_TAG : NOT_RESERVED, (ULONG_PTR)address,
                    tag, reservation ? reservation->tag : 0);
    return reservation;
}

/*
 * Reserve system addresses for later mappings, which then cannot fail.
 * @param bytes  rounded up to pages   @param tag  names the owner; 0 is not allowed
 * IRQL: <= APC_LEVEL. Returns NULL when there is no range. Source: Windows driver documentation,
 * MmAllocateMappingAddress.
 */
PVOID NTAPI MmAllocateMappingAddress(SIZE_T bytes, ULONG tag)
{
    struct mm_reservation *reservation;

    if (tag == 0 || bytes == 0)
        return NULL;
    reservation = ExAllocatePoolWithTag(NonPagedPool, sizeof(*reservation), tag);
    if (!reservation)
        return NULL;
    reservation->pages = BYTES_TO_PAGES(bytes);
    reservation->tag = tag;
    reservation->mapped = FALSE;
    reservation->address = mm_reserve_system(reservation->pages);
    if (!reservation->address) {
        ExFreePoolWithTag(reservation, tag);
        return NULL;
    }
    reservation->next = mm.reservations;
    mm.reservations = reservation;
    return (PVOID)reservation->address;
}
NT_EXPORT(MmAllocateMappingAddress, APC_LEVEL, "qu");

/*
 * Give a reserved range back. A wrong tag, or a range that is still mapped, is bug check 0xDA.
 * IRQL: <= APC_LEVEL. Source: Windows driver documentation, MmFreeMappingAddress.
 */
VOID NTAPI MmFreeMappingAddress(PVOID address, ULONG tag)
{
    struct mm_reservation *reservation = reservation_of(address, tag);
    struct mm_reservation **link = &mm.reservations;

    if (reservation->mapped)
        ke_bugcheck(SYSTEM_PTE_MISUSE, FREED_WHILE_MAPPED, (ULONG_PTR)address, tag,
                    reservation->pages);
    while (*link != reservation)
        link = &(*link)->next;
    *link = reservation->next;
    mm_release_system(reservation->address, reservation->pages);
    ExFreePoolWithTag(reservation, tag);
}
NT_EXPORT(MmFreeMappingAddress, APC_LEVEL, "pu");

/*
 * Map the pages of an MDL at a reserved range.
 * IRQL: <= DISPATCH_LEVEL. Returns NULL when the range is too small. A wrong tag, or a range in
 * use, is bug check 0xDA.
 * Source: Windows driver documentation, MmMapLockedPagesWithReservedMapping.
 */
PVOID NTAPI MmMapLockedPagesWithReservedMapping(PVOID address, ULONG tag, PMDL mdl,
                                                MEMORY_CACHING_TYPE cache_type)
{
    struct mm_reservation *reservation = reservation_of(address, tag);

    (void)cache_type;
    mm_mdl_check_mappable(mdl);
    if (reservation->mapped)
        ke_bugcheck(SYSTEM_PTE_MISUSE, MAPPED_TWICE, (ULONG_PTR)address, tag, reservation->pages);
    if (page_count(mdl) > reservation->pages ||
        !mm_map_frames(reservation->address, (const PFN_NUMBER *)(mdl + 1), page_count(mdl),
                       MACHINE_READ | MACHINE_WRITE))
        return NULL;
    reservation->mapped = TRUE;
    mm_mdl_set_mapped(mdl, reservation->address);
    return mdl->MappedSystemVa;
}
NT_EXPORT(MmMapLockedPagesWithReservedMapping, DISPATCH_LEVEL, "pupu");

/*
 * Undo MmMapLockedPagesWithReservedMapping; the range stays reserved.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, MmUnmapReservedMapping.
 */
VOID NTAPI MmUnmapReservedMapping(PVOID address, ULONG tag, PMDL mdl)
{
    struct mm_reservation *reservation = reservation_of(address, tag);

    if (!reservation->mapped)
        ke_bugcheck(SYSTEM_PTE_MISUSE, NOT_MAPPED, (ULONG_PTR)address, tag, reservation->pages);
    mm_unmap(reservation->address, reservation->pages);
    reservation->mapped = FALSE;
    mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
}
NT_EXPORT(MmUnmapReservedMapping, DISPATCH_LEVEL, "pup");
