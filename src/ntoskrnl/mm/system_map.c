/*
 * Frames at system addresses. All frames are in the direct map already, so frames that follow each
 * other need no mapping of their own: only scattered ones, or a weaker protection, do.
 */
#include "mm/mm_internal.h"

BOOLEAN mm_frames_are_contiguous(const ULONG64 *frames, ULONG64 pages)
{
    for (ULONG64 i = 1; i < pages; i++)
        if (frames[i] != frames[0] + i)
            return FALSE;
    return TRUE;
}

BOOLEAN mm_map_frames(ULONG64 address, const ULONG64 *frames, ULONG64 pages, ULONG protection)
{
    for (ULONG64 i = 0; i < pages;) {
        ULONG64 count = 1;

        while (i + count < pages && frames[i + count] == frames[i] + count)
            count++;
        if (!mm_map(address + i * PAGE_SIZE, frames[i], count, protection)) {
            mm_unmap(address, i + count);
            return FALSE;
        }
        i += count;
    }
    return TRUE;
}

ULONG64 mm_map_system(const ULONG64 *frames, ULONG64 pages, ULONG protection)
{
    ULONG64 address;

    if (protection == (MACHINE_READ | MACHINE_WRITE) && mm_frames_are_contiguous(frames, pages))
        return (ULONG64)mm_direct(frames[0]);
    address = mm_reserve_system(pages);
    if (address && !mm_map_frames(address, frames, pages, protection)) {
        mm_release_system(address, pages);
        return 0;
    }
    return address;
}

/* Whether a driver may ask to unmap this: a direct-map address, or a whole system mapping. */
BOOLEAN mm_is_system_mapping(ULONG64 address, ULONG64 pages)
{
    if (pages == 0)
        return FALSE;
    if (mm_is_direct(address))
        return mm_is_direct(address + (pages - 1) * PAGE_SIZE);
    return address >= MACHINE_SYSTEM_START && address < MACHINE_SYSTEM_END &&
           mm_frame_behind(address - PAGE_SIZE) == MM_NO_FRAME &&
           mm_frame_behind(address) != MM_NO_FRAME &&
           mm_frame_behind(address + (pages - 1) * PAGE_SIZE) != MM_NO_FRAME &&
           mm_frame_behind(address + pages * PAGE_SIZE) == MM_NO_FRAME;
}

void mm_unmap_system(ULONG64 address, ULONG64 pages)
{
    if (mm_is_direct(address))
        return;
    mm_unmap(address, pages);
    mm_release_system(address, pages);
}
