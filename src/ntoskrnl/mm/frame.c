/*
 * Physical frames: which are in use, and who allocated a run of them.
 *
 * A frame that was used is cleared when it is allocated again, except for pool memory, whose
 * contents are undefined anyway. Large runs are given back to the host when they are freed.
 */
#include "mm/mm_internal.h"

#define DISCARD_PAGES 256

struct mm_state mm;

/* The table itself lies in the first free frames after the kernel image. */
void mm_frames_initialize(void)
{
    ULONG64 first = ke_parameters.first_free_frame;
    ULONG64 table_pages;

    mm.frame_count = ke_parameters.memory_pages;
    table_pages = (mm.frame_count * sizeof(struct mm_frame) + PAGE_SIZE - 1) / PAGE_SIZE;
    mm.frames = mm_direct(first);
    for (ULONG64 frame = 0; frame < first + table_pages; frame++)
        mm.frames[frame].used = 1;
    mm.frames_used = first + table_pages;
    mm.frame_hint = mm.frames_used;
}

static ULONG64 free_run_length(ULONG64 frame, ULONG64 wanted)
{
    ULONG64 length = 0;

    while (length < wanted && frame + length < mm.frame_count && !mm.frames[frame + length].used)
        length++;
    return length;
}

static ULONG64 find_run(ULONG64 from, ULONG64 to, ULONG64 count)
{
    while (from + count <= to) {
        ULONG64 length = free_run_length(from, count);

        if (length == count)
            return from;
        from += length + 1;
    }
    return MM_NO_FRAME;
}

static ULONG64 take(ULONG64 frame, ULONG64 count)
{
    for (ULONG64 i = 0; i < count; i++)
        mm.frames[frame + i].used = MM_FRAME_USED;
    mm.frames_used += count;
    return frame;
}

static ULONG64 clear(ULONG64 frame, ULONG64 count)
{
    for (ULONG64 i = 0; i < count; i++) {
        if (mm.frames[frame + i].dirty)
            RtlZeroMemory(mm_direct(frame + i), PAGE_SIZE);
        mm.frames[frame + i].dirty = FALSE;
    }
    return frame;
}

ULONG64 mm_allocate_frames(ULONG64 count)
{
    ULONG64 frame = mm_allocate_dirty_frames(count);

    return frame == MM_NO_FRAME ? frame : clear(frame, count);
}

ULONG64 mm_allocate_dirty_frames(ULONG64 count)
{
    ULONG64 frame = find_run(mm.frame_hint, mm.frame_count, count);

    if (frame == MM_NO_FRAME)
        frame = find_run(0, mm.frame_count, count);
    if (frame == MM_NO_FRAME)
        return MM_NO_FRAME;
    mm.frame_hint = frame + count;
    return take(frame, count);
}

/* Contiguous frames in [low, high) that do not cross a multiple of `boundary` (0 = none). */
ULONG64 mm_allocate_frames_within(ULONG64 count, ULONG64 low, ULONG64 high, ULONG64 boundary)
{
    high = min(high, mm.frame_count);
    while (low < high) {
        ULONG64 frame = find_run(low, high, count);

        if (frame == MM_NO_FRAME)
            break;
        if (!boundary || frame / boundary == (frame + count - 1) / boundary)
            return clear(take(frame, count), count);
        low = (frame / boundary + 1) * boundary;
    }
    return MM_NO_FRAME;
}

/* A large run goes back to the host, so that memory use falls; it reads as zero afterwards. */
static void give_back(ULONG64 frame, ULONG64 count)
{
    ke_machine->discard(frame, count);
    for (ULONG64 i = 0; i < count; i++)
        mm.frames[frame + i].dirty = FALSE;
}

void mm_free_frames(ULONG64 frame, ULONG64 count)
{
    kassert(frame + count <= mm.frame_count);
    for (ULONG64 i = 0; i < count; i++) {
        kassert(mm.frames[frame + i].used);
        mm.frames[frame + i] = (struct mm_frame){.dirty = TRUE};
    }
    mm.frames_used -= count;
    if (frame < mm.frame_hint)
        mm.frame_hint = frame;
    if (count >= DISCARD_PAGES)
        give_back(frame, count);
}

ULONG64 mm_frames_in_use(void)
{
    return mm.frames_used;
}
