/*
 * System buffers of requests in the special pool: METHOD_BUFFERED and buffered reads and writes.
 * They come and go with every request, so the pages of a few are kept mapped from one to the next.
 * A write past the end faults like that of any block; use after the request is not seen for the
 * buffers that are kept.
 */
#include "vf/memory_internal.h"

#define KEPT 16

static struct {
    struct vf_special_block *kept[KEPT];
    ULONG count;
} buffers;

PVOID vf_memory_buffer(SIZE_T bytes, ULONG tag)
{
    struct vf_special_block *block;

    if (buffers.count && bytes <= PAGE_SIZE)
        block = vf_special_reuse(buffers.kept[--buffers.count], bytes);
    else
        block = vf_special_allocate(NonPagedPoolNx, bytes, tag);
    if (!block)
        return NULL;
    block->is_buffer = TRUE;
    block->caller = 0;
    block->allocated.count = block->freed.count = 0;
    return (PVOID)block->address;
}

BOOLEAN vf_buffer_keep(struct vf_special_block *block)
{
    if (!block->is_buffer || block->pages != 1 || buffers.count == KEPT)
        return FALSE;
    block->is_freed = TRUE;
    buffers.kept[buffers.count++] = block;
    return TRUE;
}
