/*
 * MDLs that own their pages: memory without an address, which its owner maps where it likes.
 */
#include "mm/mm_internal.h"
#include "vf/owned.h"

static PFN_NUMBER *pfn_array(PMDL mdl)
{
    return (PFN_NUMBER *)(mdl + 1);
}

struct page_request {
    ULONG64 low, high; /* frames */
    ULONG64 skip;      /* frames to the next range, when [low, high) has no more; 0 = one range */
};

/* One run of at most `wanted` frames from the ranges of the request; returns its length. */
static ULONG64 take_run(const struct page_request *request, ULONG64 wanted, ULONG64 *frame)
{
    for (; wanted > 0; wanted /= 2) {
        ULONG64 low = request->low, high = request->high;

        for (;;) {
            *frame = mm_allocate_frames_within(wanted, low, high, 0);
            if (*frame != MM_NO_FRAME)
                return wanted;
            if (!request->skip || low + request->skip >= mm.frame_count)
                break;
            low += request->skip;
            high += request->skip;
        }
    }
    return 0;
}

static ULONG64 take_pages(PMDL mdl, const struct page_request *request, ULONG64 pages)
{
    ULONG64 done = 0;

    while (done < pages) {
        ULONG64 frame;
        ULONG64 count = take_run(request, pages - done, &frame);

        if (count == 0)
            break;
        for (ULONG64 i = 0; i < count; i++)
            pfn_array(mdl)[done++] = frame + i;
    }
    return done;
}

static void free_pages(PMDL mdl, ULONG64 pages)
{
    for (ULONG64 i = 0; i < pages; i++) {
        ULONG64 frame = pfn_array(mdl)[i];

        if (frame >= mm.frame_count || !mm.frames[frame].used)
            ke_bugcheck(PFN_LIST_CORRUPT, 0x8F, frame, frame, (ULONG_PTR)mdl);
        mm_release_frames(frame, 1);
    }
}

/*
 * Allocate pages and an MDL that describes them; they are locked and have no address.
 * @param low, high, skip  physical addresses: the range to take from, and the step to the next
 *                         range when that one is used up
 * @param bytes            how many; fewer may be allocated (MmGetMdlByteCount says how many)
 * @param cache_type       not looked at
 * @param flags            MM_ALLOCATE_FULLY_REQUIRED …
 * IRQL: <= DISPATCH_LEVEL. Returns NULL when there are no pages. MmFreePagesFromMdl frees the
 * pages, ExFreePool the MDL.
 * Source: Windows driver documentation, MmAllocatePagesForMdlEx.
 */
PMDL NTAPI MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high,
                                   PHYSICAL_ADDRESS skip, SIZE_T bytes,
                                   MEMORY_CACHING_TYPE cache_type, ULONG flags)
{
    struct page_request request = {((ULONG64)low.QuadPart + PAGE_SIZE - 1) >> PAGE_SHIFT,
                                   ((ULONG64)high.QuadPart >> PAGE_SHIFT) + 1,
                                   (ULONG64)skip.QuadPart >> PAGE_SHIFT};
    ULONG64 pages = BYTES_TO_PAGES(bytes), done;
    PMDL mdl;

    (void)cache_type;
    if (flags & MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS && skip.QuadPart)
        NOT_IMPLEMENTED("MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS with a chunk size");
    if (bytes == 0 || bytes > MAXLONG)
        return NULL;
    mdl = IoAllocateMdl(NULL, (ULONG)(pages * PAGE_SIZE), FALSE, FALSE, NULL);
    if (!mdl)
        return NULL;
    done = take_pages(mdl, &request, pages);
    if (done == 0 || (done < pages && flags & MM_ALLOCATE_FULLY_REQUIRED) ||
        (flags & MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS &&
         !mm_frames_are_contiguous(pfn_array(mdl), done))) {
        free_pages(mdl, done);
        IoFreeMdl(mdl);
        return NULL;
    }
    mdl->ByteCount = (ULONG)(done * PAGE_SIZE);
    mdl->MdlFlags |= MDL_PAGES_LOCKED;
    VF(load_kept(VF_ALLOCATION, (ULONG64)mdl));
    return mdl;
}
NT_EXPORT(MmAllocatePagesForMdlEx, DISPATCH_LEVEL, "qqqquu");

/* Source: Windows driver documentation, MmAllocatePagesForMdl. */
PMDL NTAPI MmAllocatePagesForMdl(PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high, PHYSICAL_ADDRESS skip,
                                 SIZE_T bytes)
{
    return MmAllocatePagesForMdlEx(low, high, skip, bytes, MmCached, 0);
}
NT_EXPORT(MmAllocatePagesForMdl, DISPATCH_LEVEL, "qqqq");

/*
 * Free the pages of MmAllocatePagesForMdl; a system mapping is undone first. The MDL stays.
 * IRQL: <= DISPATCH_LEVEL. Pages that are free already are bug check PFN_LIST_CORRUPT (0x4E).
 * Source: Windows driver documentation, MmFreePagesFromMdl.
 */
VOID NTAPI MmFreePagesFromMdl(PMDLX mdl)
{
    if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
        MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
    free_pages(mdl, mdl->ByteCount / PAGE_SIZE);
    mdl->MdlFlags &= ~MDL_PAGES_LOCKED;
}
NT_EXPORT(MmFreePagesFromMdl, DISPATCH_LEVEL, "p");
