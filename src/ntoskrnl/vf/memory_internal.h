/* What the files of the memory rules share: the blocks of the special pool (mem_special.c). */
#ifndef RINGSIDE_VF_MEMORY_INTERNAL_H
#define RINGSIDE_VF_MEMORY_INTERNAL_H

#include "mm/mm.h"
#include "vf/memory.h"
#include "vf/paged.h"

/* Bug checks of special pool; from DISPATCH_LEVEL up NT has other codes. */
#define PAGE_FAULT_IN_FREED_SPECIAL_POOL 0xCC
#define PAGE_FAULT_BEYOND_END_OF_ALLOCATION 0xCD
#define DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL 0xD5
#define DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION 0xD6

/*
 *   vf_special_allocate ─▶ allocated ── vf_special_release ─▶ quarantine ── oldest ─▶ forgotten
 *
 * A block in the quarantine has its addresses, but no memory any more.
 */
struct vf_special_block {
    ULONG64 address; /* what the driver got */
    SIZE_T bytes;    /* what it asked for */
    ULONG tag, type;
    ULONG64 caller; /* return address in the driver; 0 = the driver is gone */
    ULONG page;     /* first page, counted from the start of the special addresses */
    ULONG pages;    /* without the guard page behind them */
    ULONG64 frame;
    BOOLEAN is_freed;
    BOOLEAN is_buffer;             /* of a request: mem_buffer.c */
    struct vf_special_block *next; /* in the quarantine, or among the unused ones */
    struct vf_paged paged;         /* of paged pool */
    struct vf_place allocated, freed;
};

static inline BOOLEAN vf_special_is_paged(const struct vf_special_block *block)
{
    return !block->is_freed && block->type & PagedPool;
}

struct vf_special_block *vf_special_allocate(ULONG type, SIZE_T bytes, ULONG tag);
void vf_special_release(struct vf_special_block *block);
/* Use the page of a freed block that was not released for another one, of up to a page. */
struct vf_special_block *vf_special_reuse(struct vf_special_block *block, SIZE_T bytes);
/* mem_buffer.c: keep a freed block for vf_special_reuse. FALSE = release it. */
BOOLEAN vf_buffer_keep(struct vf_special_block *block);
/* The block, allocated or in the quarantine, whose pages or guard page hold an address, or NULL. */
struct vf_special_block *vf_special_block_of(ULONG64 address);
/* The block after one, NULL = from the first on; those that are not allocated are left out. */
struct vf_special_block *vf_special_next(struct vf_special_block *block);
/*
 * How far the bytes around a block were overwritten: 0 = not, negative = so many bytes before its
 * start, positive = so many behind its end, 1 = the first one.
 */
LONG64 vf_special_damage(const struct vf_special_block *block);
/* Fill the bytes around a block. */
void vf_special_guard(const struct vf_special_block *block);
/* mem_pool.c: a request with this system buffer is completed. */
void vf_memory_check_buffer(PVOID buffer);

/* "a block of 16 bytes with the tag 'Abcd'" */
struct vf_block_text {
    char text[64];
};
struct vf_block_text vf_block_text(const struct vf_special_block *block);

/* A pool tag as text; bytes that are not printable are dots. */
struct vf_tag_text {
    char text[5];
};
struct vf_tag_text vf_tag_text(ULONG tag);

#endif
