/*
 * Physical addresses: RAM, and I/O space beyond it.
 *
 * RAM is what the direct map shows. Everything above is the memory of devices that this machine
 * does not have: each of its pages becomes a zeroed frame at the first use, always the same one,
 * so what a driver writes to a register it reads back. Such frames stay until the machine stops.
 */
#include "mm/mm_internal.h"
#include "vf/owned.h"

#define RANGES_TAG MM_POOL_TAG('h', 'P', 'm', 'M')
#define IO_TAG MM_POOL_TAG('M', 'm', 'I', 'o')
#define BAD_IO_UNMAP 0x300 /* reason of SYSTEM_PTE_MISUSE */

BOOLEAN Mm64BitPhysicalAddress = TRUE;
NT_EXPORT_DATA(Mm64BitPhysicalAddress);

static struct mm_io_page *io_slot(ULONG64 physical_page)
{
    ULONG index = (ULONG)(physical_page * 0x9E3779B97F4A7C15ull >> 40) % MM_IO_SLOTS;

    while (mm.io_pages[index].frame && mm.io_pages[index].physical_page != physical_page)
        index = (index + 1) % MM_IO_SLOTS;
    return &mm.io_pages[index];
}

ULONG64 mm_frame_of_physical(ULONG64 physical_page)
{
    struct mm_io_page *slot;
    ULONG64 frame;

    if (physical_page < mm.frame_count)
        return physical_page;
    slot = io_slot(physical_page);
    if (slot->frame)
        return slot->frame;
    if (mm.io_page_count == MM_IO_PAGES)
        return MM_NO_FRAME;
    frame = mm_allocate_frames(1);
    if (frame == MM_NO_FRAME)
        return MM_NO_FRAME;
    *slot = (struct mm_io_page){physical_page, frame};
    mm.frames[frame].used = MM_FRAME_IO;
    mm.frames[frame].tag = (ULONG)(slot - mm.io_pages);
    mm.io_page_count++;
    return frame;
}

ULONG64 mm_physical_page(ULONG64 frame)
{
    if (frame < mm.frame_count && mm.frames[frame].used == MM_FRAME_IO)
        return mm.io_pages[mm.frames[frame].tag].physical_page;
    return frame;
}

static ULONG64 map_pages(ULONG64 physical_page, ULONG64 pages, ULONG protection)
{
    ULONG64 *frames = ExAllocatePoolWithTag(NonPagedPool, pages * sizeof(*frames), IO_TAG);
    ULONG64 address = 0;
    ULONG64 i;

    if (!frames)
        return 0;
    for (i = 0; i < pages; i++) {
        frames[i] = mm_frame_of_physical(physical_page + i);
        if (frames[i] == MM_NO_FRAME)
            break;
    }
    if (i == pages)
        address = mm_map_system(frames, pages, protection);
    ExFreePoolWithTag(frames, IO_TAG);
    return address;
}

static PVOID map_physical(PHYSICAL_ADDRESS physical, SIZE_T bytes, ULONG protection)
{
    ULONG64 start = (ULONG64)physical.QuadPart;
    ULONG64 pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(start, bytes);
    ULONG64 address;

    if (bytes == 0 || start + bytes < start || pages > mm.frame_count)
        return NULL;
    address = map_pages(start / PAGE_SIZE, pages, protection);
    if (!address)
        return NULL;
    address += start % PAGE_SIZE;
    VF(load_kept(VF_ALLOCATION, address));
    return (PVOID)address;
}

/*
 * Map physical addresses into the kernel: RAM, or the memory of a device.
 * @param bytes       more than 0
 * @param cache_type  not looked at: all memory is cached
 * IRQL: <= DISPATCH_LEVEL. Returns NULL when no addresses or simulated pages are left.
 * Differs from NT: there are no devices; addresses beyond RAM are memory that starts as zero, at
 * most 16 MiB of it.
 * Source: Windows driver documentation, MmMapIoSpace.
 */
PVOID NTAPI MmMapIoSpace(PHYSICAL_ADDRESS physical, SIZE_T bytes, MEMORY_CACHING_TYPE cache_type)
{
    (void)cache_type;
    return map_physical(physical, bytes, MACHINE_READ | MACHINE_WRITE);
}
NT_EXPORT(MmMapIoSpace, DISPATCH_LEVEL, "qqu");

PVOID NTAPI MmMapIoSpaceEx(PHYSICAL_ADDRESS physical, SIZE_T bytes, ULONG protection);

/*
 * The same with a protection: PAGE_READONLY, PAGE_READWRITE, PAGE_EXECUTE…, with PAGE_NOCACHE or
 * PAGE_WRITECOMBINE.
 * IRQL: <= DISPATCH_LEVEL. Returns NULL also for a protection that is not valid.
 * Source: Windows driver documentation, MmMapIoSpaceEx.
 */
PVOID NTAPI MmMapIoSpaceEx(PHYSICAL_ADDRESS physical, SIZE_T bytes, ULONG protection)
{
    if (!mm_is_page_protection(protection) || protection & (PAGE_GUARD | PAGE_NOACCESS))
        return NULL;
    return map_physical(physical, bytes, mm_machine_protection(protection));
}
NT_EXPORT(MmMapIoSpaceEx, DISPATCH_LEVEL, "qqu");

/*
 * Undo MmMapIoSpace, for the whole range that it mapped.
 * IRQL: <= DISPATCH_LEVEL. Another range is bug check SYSTEM_PTE_MISUSE (0xDA).
 * Source: Windows driver documentation, MmUnmapIoSpace.
 */
VOID NTAPI MmUnmapIoSpace(PVOID address, SIZE_T bytes)
{
    ULONG64 start = (ULONG64)address & ~(PAGE_SIZE - 1ull);
    ULONG64 pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(address, bytes);

    if (!mm_is_system_mapping(start, pages))
        ke_bugcheck(SYSTEM_PTE_MISUSE, BAD_IO_UNMAP, (ULONG_PTR)address, pages, 0);
    mm_unmap_system(start, pages);
}
NT_EXPORT(MmUnmapIoSpace, DISPATCH_LEVEL, "pq");

/*
 * The ranges of RAM, in pool that the caller frees; a range with both members 0 ends them.
 * IRQL: PASSIVE_LEVEL. Returns NULL when there is no memory.
 * Source: Windows driver documentation, MmGetPhysicalMemoryRanges.
 */
PPHYSICAL_MEMORY_RANGE NTAPI MmGetPhysicalMemoryRanges(VOID)
{
    PPHYSICAL_MEMORY_RANGE ranges =
        ExAllocatePoolWithTag(NonPagedPool, 2 * sizeof(*ranges), RANGES_TAG);

    if (!ranges)
        return NULL;
    /* Page 0 belongs to the firmware, as on every PC. */
    ranges[0].BaseAddress.QuadPart = PAGE_SIZE;
    ranges[0].NumberOfBytes.QuadPart = (LONGLONG)((mm.frame_count - 1) * PAGE_SIZE);
    ranges[1].BaseAddress.QuadPart = 0;
    ranges[1].NumberOfBytes.QuadPart = 0;
    return ranges;
}
NT_EXPORT(MmGetPhysicalMemoryRanges, PASSIVE_LEVEL, "");

/*
 * A kernel address of a physical one; NULL for a page that is neither RAM nor mapped I/O space.
 * IRQL: <= DISPATCH_LEVEL. Source: MmGetVirtualForPhysical, undocumented but exported.
 */
PVOID NTAPI MmGetVirtualForPhysical(PHYSICAL_ADDRESS physical)
{
    ULONG64 page = (ULONG64)physical.QuadPart / PAGE_SIZE;
    ULONG64 frame = page < mm.frame_count ? page : io_slot(page)->frame;

    if (page >= mm.frame_count && frame == 0)
        return NULL;
    return (PUCHAR)mm_direct(frame) + (ULONG64)physical.QuadPart % PAGE_SIZE;
}
NT_EXPORT(MmGetVirtualForPhysical, DISPATCH_LEVEL, "q");

/*
 * TRUE for an address of the kernel that is mapped; nothing here is ever paged out.
 * Source: Windows driver documentation, MmIsNonPagedSystemAddressValid (obsolete).
 */
BOOLEAN NTAPI MmIsNonPagedSystemAddressValid(PVOID address)
{
    return (ULONG64)address >= MACHINE_USER_END && mm_is_address_valid((ULONG64)address);
}
NT_EXPORT(MmIsNonPagedSystemAddressValid, DISPATCH_LEVEL, "p");

/* Source: Windows driver documentation, MmQuerySystemSize. */
MM_SYSTEMSIZE NTAPI MmQuerySystemSize(VOID)
{
    return MmLargeSystem;
}
NT_EXPORT(MmQuerySystemSize, HIGH_LEVEL, "");

/* FALSE: a workstation. Source: Windows driver documentation, MmIsThisAnNtAsSystem. */
BOOLEAN NTAPI MmIsThisAnNtAsSystem(VOID)
{
    return FALSE;
}
NT_EXPORT(MmIsThisAnNtAsSystem, HIGH_LEVEL, "");
