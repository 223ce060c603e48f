/*
 * Memory whose frames follow each other: for DMA. It is seen through the direct map; a record says
 * how long each piece is.
 */
#include "mm/mm_internal.h"
#include "vf/owned.h"

#define CONTIGUOUS_TAG MM_POOL_TAG('M', 'm', 'C', 'm')

/* Frames in [low, high) that do not cross a multiple of `boundary` frames (0 = any). */
static PVOID allocate(SIZE_T bytes, ULONG64 low, ULONG64 high, ULONG64 boundary)
{
    struct mm_contiguous *record;

    if (bytes == 0 || bytes > mm.frame_count * PAGE_SIZE)
        return NULL;
    record = ExAllocatePoolWithTag(NonPagedPool, sizeof(*record), CONTIGUOUS_TAG);
    if (!record)
        return NULL;
    record->pages = BYTES_TO_PAGES(bytes);
    record->frame = mm_allocate_frames_within(record->pages, low, high, boundary);
    if (record->frame == MM_NO_FRAME) {
        ExFreePoolWithTag(record, CONTIGUOUS_TAG);
        return NULL;
    }
    record->next = mm.contiguous;
    mm.contiguous = record;
    VF(load_kept(VF_ALLOCATION, (ULONG64)mm_direct(record->frame)));
    return mm_direct(record->frame);
}

/* What no allocation starts at is the driver's mistake, as a bad pool address is. */
static void release(PVOID address)
{
    struct mm_contiguous **link = &mm.contiguous;
    struct mm_contiguous *record;

    while (*link && mm_direct((*link)->frame) != address)
        link = &(*link)->next;
    record = *link;
    if (!record)
        ke_bugcheck(BAD_POOL_CALLER, 0x46, (ULONG_PTR)address, 0, 0);
    *link = record->next;
    mm_release_frames(record->frame, record->pages);
    ExFreePoolWithTag(record, CONTIGUOUS_TAG);
}

static ULONG64 frame_after(PHYSICAL_ADDRESS highest)
{
    return ((ULONG64)highest.QuadPart >> PAGE_SHIFT) + 1;
}

/*
 * Allocate physically contiguous memory, page-aligned.
 * @param highest  the last physical address that may be used
 * IRQL: <= DISPATCH_LEVEL. Returns NULL when there is none.
 * Source: Windows driver documentation, MmAllocateContiguousMemory.
 */
PVOID NTAPI MmAllocateContiguousMemory(SIZE_T bytes, PHYSICAL_ADDRESS highest)
{
    return allocate(bytes, 0, frame_after(highest), 0);
}
NT_EXPORT(MmAllocateContiguousMemory, DISPATCH_LEVEL, "qq");

/*
 * The same in a range of physical addresses.
 * @param boundary    0, or a power of two whose multiples the memory must not cross
 * @param cache_type  not looked at: all memory is cached
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation,
 * MmAllocateContiguousMemorySpecifyCache.
 */
PVOID NTAPI MmAllocateContiguousMemorySpecifyCache(SIZE_T bytes, PHYSICAL_ADDRESS lowest,
                                                   PHYSICAL_ADDRESS highest,
                                                   PHYSICAL_ADDRESS boundary,
                                                   MEMORY_CACHING_TYPE cache_type)
{
    ULONG64 first = ((ULONG64)lowest.QuadPart + PAGE_SIZE - 1) >> PAGE_SHIFT;
    ULONG64 limit = (ULONG64)boundary.QuadPart >> PAGE_SHIFT;

    (void)cache_type;
    if (boundary.QuadPart && (limit == 0 || bytes > (ULONG64)boundary.QuadPart))
        return NULL;
    return allocate(bytes, first, frame_after(highest), limit);
}
NT_EXPORT(MmAllocateContiguousMemorySpecifyCache, DISPATCH_LEVEL, "qqqqu");

/* @param node  not looked at: the machine has one. */
PVOID NTAPI MmAllocateContiguousMemorySpecifyCacheNode(SIZE_T bytes, PHYSICAL_ADDRESS lowest,
                                                       PHYSICAL_ADDRESS highest,
                                                       PHYSICAL_ADDRESS boundary,
                                                       MEMORY_CACHING_TYPE cache_type,
                                                       NODE_REQUIREMENT node)
{
    (void)node;
    return MmAllocateContiguousMemorySpecifyCache(bytes, lowest, highest, boundary, cache_type);
}
NT_EXPORT(MmAllocateContiguousMemorySpecifyCacheNode, DISPATCH_LEVEL, "qqqquu");

/*
 * Free contiguous memory. Another address is bug check BAD_POOL_CALLER (0xC2).
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, MmFreeContiguousMemory.
 */
VOID NTAPI MmFreeContiguousMemory(PVOID address)
{
    release(address);
}
NT_EXPORT(MmFreeContiguousMemory, DISPATCH_LEVEL, "p");

VOID NTAPI MmFreeContiguousMemorySpecifyCache(PVOID address, SIZE_T bytes,
                                              MEMORY_CACHING_TYPE cache_type)
{
    (void)bytes;
    (void)cache_type;
    release(address);
}
NT_EXPORT(MmFreeContiguousMemorySpecifyCache, DISPATCH_LEVEL, "pqu");

/*
 * Allocate memory that is not cached, page-aligned.
 * IRQL: <= APC_LEVEL. Differs from NT: it is cached as all memory is, which no driver can see.
 * Source: Windows driver documentation, MmAllocateNonCachedMemory.
 */
PVOID NTAPI MmAllocateNonCachedMemory(SIZE_T bytes)
{
    return allocate(bytes, 0, mm.frame_count, 0);
}
NT_EXPORT(MmAllocateNonCachedMemory, APC_LEVEL, "q");

VOID NTAPI MmFreeNonCachedMemory(PVOID address, SIZE_T bytes)
{
    (void)bytes;
    release(address);
}
NT_EXPORT(MmFreeNonCachedMemory, APC_LEVEL, "pq");
