/*
 * Pools. A block up to MM_SMALL_LIMIT bytes comes from a list of its size class, with the 16-byte
 * POOL_HEADER of NT before it; a larger one is whole frames, page-aligned, described by the frame
 * table. All pools lie in the direct map: non-executable, always resident.
 *
 * Every free is checked: an address that is no block, a block that is free already, or a header
 * that was overwritten is a bug check.
 *
 * While the verifier is on, drivers get their blocks from its special pool (vf/mem_special.c). An
 * export therefore passes on who called it.
 */
#include "mm/mm_internal.h"
#include "kd/trace.h"
#include "vf/lock.h"
#include "vf/memory.h"
#include "vf/only.h"

#define UNIT 16
#define SMALL_LIMIT (PAGE_SIZE - UNIT) /* with the header: at most one page */
#define CLASS_COUNT (PAGE_SIZE / UNIT)
#define POOL_ALLOCATED 0x02 /* in pool_type: in use (NT: PoolType + 1) */
#define FREE_FILL 0xDD

/* NT's POOL_HEADER for x64. */
struct pool_header {
    UCHAR previous_size;
    UCHAR pool_index;
    UCHAR block_size; /* in 16-byte units, header included; 0 = 256 */
    UCHAR pool_type;  /* base type | POOL_ALLOCATED; FREE_FILL when free */
    ULONG tag;
    ULONG64 process_billed;
};
C_ASSERT(sizeof(struct pool_header) == UNIT);

struct free_block {
    struct pool_header header;
    struct free_block *next;
};

/* Free blocks by size in units. Blocks never change their class, so a list is enough. */
static struct free_block *free_lists[CLASS_COUNT + 1];

/* Round up to a class: every unit up to 512 bytes, then 1/8 steps, so that a page divides well. */
static ULONG class_units(SIZE_T bytes)
{
    ULONG units = (ULONG)((bytes + UNIT - 1) / UNIT) + 1;
    ULONG step;

    if (units <= 32)
        return units;
    step = 1u << (31 - __builtin_clz(units) - 3);
    units = (units + step - 1) & ~(step - 1);
    return units > CLASS_COUNT ? CLASS_COUNT : units;
}

/* The first slot is never another tag's than 0, so that a tag finds its slot again. */
static struct mm_pool_tag *tag_slot(ULONG tag)
{
    ULONG index = tag * 2654435761u;

    for (ULONG probe = 0; probe < MM_TAG_SLOTS; probe++) {
        struct mm_pool_tag *slot = &mm.tags[(index + probe) % MM_TAG_SLOTS];

        if (slot->tag == tag)
            return slot;
        if (slot->tag == 0 && slot != mm.tags) {
            slot->tag = tag;
            return slot;
        }
    }
    return mm.tags; /* the table is full: the rest shares a slot */
}

static void account_allocation(ULONG tag, ULONG type, SIZE_T bytes)
{
    struct mm_pool_use *use = &tag_slot(tag)->uses[type & 1];

    use->bytes += bytes;
    use->allocations++;
    mm.pool_bytes += bytes;
    mm.pool_blocks++;
}

static void account_free(ULONG tag, ULONG type, SIZE_T bytes)
{
    struct mm_pool_use *use = &tag_slot(tag)->uses[type & 1];

    use->bytes -= bytes;
    use->frees++;
    mm.pool_bytes -= bytes;
    mm.pool_blocks--;
}

static BOOLEAN refill(ULONG units)
{
    ULONG64 frame = mm_allocate_dirty_frames(1);
    UCHAR *page;

    if (frame == MM_NO_FRAME)
        return FALSE;
    page = mm_direct(frame);
    mm.frames[frame].units = (USHORT)units; /* for good: blocks never leave the pool */
    for (ULONG at = 0; at + units * UNIT <= PAGE_SIZE; at += units * UNIT) {
        struct free_block *block = (struct free_block *)(page + at);

        block->header.pool_type = FREE_FILL;
        block->header.block_size = (UCHAR)units;
        block->next = free_lists[units];
        free_lists[units] = block;
    }
    return TRUE;
}

static PVOID allocate_small(ULONG type, SIZE_T bytes, ULONG tag)
{
    ULONG units = class_units(bytes);
    struct free_block *block;

    if (!free_lists[units] && !refill(units))
        return NULL;
    block = free_lists[units];
    if (block->header.pool_type != FREE_FILL || block->header.block_size != (UCHAR)units)
        ke_bugcheck(BAD_POOL_HEADER, 0x3, (ULONG_PTR)block, (ULONG_PTR)block->next, units);
    free_lists[units] = block->next;
    block->header.previous_size = 0;
    block->header.pool_type = (UCHAR)((type & 1) | POOL_ALLOCATED);
    block->header.tag = tag;
    account_allocation(tag, type, (SIZE_T)units * UNIT);
    return &block->next;
}

static PVOID allocate_large(ULONG type, SIZE_T bytes, ULONG tag)
{
    ULONG64 pages = (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
    ULONG64 frame = mm_allocate_dirty_frames(pages);

    if (frame == MM_NO_FRAME)
        return NULL;
    mm.frames[frame].tag = tag;
    mm.frames[frame].pages = (ULONG)pages;
    mm.frames[frame].pool_type = (UCHAR)((type & 1) | POOL_ALLOCATED);
    account_allocation(tag, type, pages * PAGE_SIZE);
    return mm_direct(frame);
}

static PVOID allocate_ordinary(ULONG type, SIZE_T bytes, ULONG tag)
{
    PVOID block = bytes <= SMALL_LIMIT && class_units(bytes) * UNIT <= PAGE_SIZE
                      ? allocate_small(type, bytes, tag)
                      : allocate_large(type, bytes, tag);

    if (block && type & POOL_ZERO_ALLOCATION)
        RtlZeroMemory(block, bytes);
    return block;
}

/* A block for a driver, while the verifier is on. */
static DECLSPEC_NOINLINE PVOID allocate_watched(ULONG type, SIZE_T bytes, ULONG tag, ULONG64 caller)
{
    PVOID block = vf_memory_allocate(type, bytes, tag, caller);

    if (block) {
        account_allocation(tag, type, bytes);
        if (type & POOL_ZERO_ALLOCATION)
            RtlZeroMemory(block, bytes);
        return block;
    }
    block = allocate_ordinary(type, bytes, tag);
    if (block && !(type & POOL_ZERO_ALLOCATION))
        vf_memory_fill(block, bytes);
    return block;
}

/* Any allocation, by number (mm_pool_fail), or one that a driver causes (vf/low_memory.c). */
static BOOLEAN is_to_fail(void)
{
    if (__builtin_expect(vf_on, 0) && vf_allocation_fails())
        return TRUE;
    return mm.allocations_to_failure && --mm.allocations_to_failure == 0;
}

/* @param caller  the return address of the export that was called */
static PVOID allocate(ULONG type, SIZE_T bytes, ULONG tag, PVOID caller)
{
    BOOLEAN is_watched = __builtin_expect(vf_on, 0) && !mm_is_kernel_code((ULONG64)caller);
    PVOID block;

    if (is_watched)
        vf_memory_requested(type, bytes, tag);
    if (bytes > MAXLONG || is_to_fail())
        return NULL;
    block = is_watched ? allocate_watched(type, bytes, tag, (ULONG64)caller)
                       : allocate_ordinary(type, bytes, tag);
    KD_TRACE(pool_allocate(block, bytes, tag, type));
    return block;
}

static void free_large(ULONG64 address, ULONG tag)
{
    ULONG64 frame = (address - MACHINE_DIRECT_MAP) / PAGE_SIZE;
    struct mm_frame *first = &mm.frames[frame];

    if (frame >= mm.frame_count || first->pages == 0)
        ke_bugcheck(BAD_POOL_CALLER, 0x46, address, 0, 0);
    if (tag && first->tag != tag)
        ke_bugcheck(BAD_POOL_CALLER, 0xA, address, first->tag, tag);
    VF(lock_memory_gone(address, first->pages * PAGE_SIZE));
    KD_TRACE(pool_free(address, first->pages * PAGE_SIZE, first->tag, first->pool_type));
    account_free(first->tag, first->pool_type, (SIZE_T)first->pages * PAGE_SIZE);
    mm_free_frames(frame, first->pages);
}

static BOOLEAN is_header(const struct pool_header *header, ULONG units)
{
    return header->block_size == (UCHAR)units &&
           (header->pool_type == FREE_FILL || (header->pool_type & ~1u) == POOL_ALLOCATED);
}

/* A write past the end of a block hits the header of the next one in the page, of the same class.
 */
static void check_next(ULONG64 block, ULONG units)
{
    ULONG64 next = block + units * UNIT;

    if (next % PAGE_SIZE != 0 && next % PAGE_SIZE + units * UNIT <= PAGE_SIZE &&
        !is_header((const struct pool_header *)next, units))
        ke_bugcheck(BAD_POOL_HEADER, 0x20, block, next, 0);
}

static void free_small(ULONG64 address, ULONG tag)
{
    struct free_block *block = (struct free_block *)(address - UNIT);
    struct pool_header *header = &block->header;
    ULONG units = header->block_size ? header->block_size : CLASS_COUNT;

    if (header->pool_type == FREE_FILL)
        ke_bugcheck(BAD_POOL_CALLER, 0x7, 0, header->tag, address);
    if ((header->pool_type & ~1u) != POOL_ALLOCATED)
        ke_bugcheck(BAD_POOL_HEADER, 0x20, address - UNIT, address - UNIT + units * UNIT, 0);
    if (tag && header->tag != tag)
        ke_bugcheck(BAD_POOL_CALLER, 0xA, address, header->tag, tag);
    check_next(address - UNIT, units);
    VF(lock_memory_gone(address, (SIZE_T)units * UNIT - UNIT));
    KD_TRACE(pool_free(address, (SIZE_T)units * UNIT, header->tag, header->pool_type));
    account_free(header->tag, header->pool_type, (SIZE_T)units * UNIT);
    header->pool_type = FREE_FILL;
    block->next = free_lists[units];
    free_lists[units] = block;
}

static BOOLEAN is_pool(ULONG64 address)
{
    return address >= MACHINE_DIRECT_MAP + UNIT && address % UNIT == 0 &&
           address < MACHINE_DIRECT_MAP + mm.frame_count * PAGE_SIZE;
}

/* The block may be none at all: what its free says of that comes later. */
BOOLEAN mm_is_paged_pool(ULONG64 address)
{
    if (!is_pool(address))
        return FALSE;
    if (address % PAGE_SIZE)
        return ((const struct pool_header *)(address - UNIT))->pool_type == (POOL_ALLOCATED | 1);
    return mm.frames[(address - MACHINE_DIRECT_MAP) / PAGE_SIZE].pool_type == (POOL_ALLOCATED | 1);
}

/* What is to be freed, without a bug check for what is not right. */
static enum vf_pool_state inspect(ULONG64 address, struct vf_pool_block *block)
{
    const struct pool_header *header = (const struct pool_header *)(address - UNIT);
    const struct mm_frame *frame;

    if (!is_pool(address))
        return VF_POOL_NO_BLOCK;
    if (address % PAGE_SIZE == 0) {
        frame = &mm.frames[(address - MACHINE_DIRECT_MAP) / PAGE_SIZE];
        block->tag = frame->tag;
        return frame->pages ? VF_POOL_ALLOCATED : VF_POOL_NO_BLOCK;
    }
    block->tag = header->tag;
    if (header->pool_type == FREE_FILL)
        return VF_POOL_FREE;
    return (header->pool_type & ~1u) == POOL_ALLOCATED ? VF_POOL_ALLOCATED : VF_POOL_NO_BLOCK;
}

/* The verifier is on: free a block of its pool. TRUE = there is nothing more to do. */
static DECLSPEC_NOINLINE BOOLEAN free_watched(ULONG64 address, ULONG *tag)
{
    struct vf_pool_block block = {0};

    if (!vf_memory_is_special(address))
        return !vf_memory_may_free(address, inspect(address, &block), &block, tag);
    if (vf_memory_free(address, *tag, &block)) {
        vf_lock_memory_gone(address, block.bytes);
        KD_TRACE(pool_free(address, block.bytes, block.tag, block.type));
        account_free(block.tag, block.type, block.bytes);
    }
    return TRUE;
}

static PVOID allocate_or_raise(ULONG type, SIZE_T bytes, ULONG tag, PVOID caller)
{
    PVOID block = allocate(type, bytes, tag, caller);

    if (!block && type & POOL_RAISE_IF_ALLOCATION_FAILURE)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return block;
}

/*
 * Allocate pool memory.
 * @param type   NonPagedPool, NonPagedPoolNx, PagedPool …, with POOL_… flags
 * @param bytes  from 0 up; blocks are 16-byte aligned, from a page up page-aligned
 * @param tag    four characters
 * IRQL: <= DISPATCH_LEVEL (<= APC_LEVEL for paged pool). Returns NULL when there is no memory; with
 * POOL_RAISE_IF_ALLOCATION_FAILURE it raises STATUS_INSUFFICIENT_RESOURCES instead.
 * Differs from NT: no pool is executable.
 * Source: Windows driver documentation, ExAllocatePoolWithTag.
 */
PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE type, SIZE_T bytes, ULONG tag)
{
    return allocate_or_raise((ULONG)type, bytes, tag, __builtin_return_address(0));
}
NT_EXPORT(ExAllocatePoolWithTag, DISPATCH_LEVEL, "uqu");

PVOID NTAPI ExAllocatePool(POOL_TYPE type, SIZE_T bytes)
{
    return allocate_or_raise((ULONG)type, bytes, MM_POOL_TAG('N', 'o', 'n', 'e'),
                             __builtin_return_address(0));
}
NT_EXPORT(ExAllocatePool, DISPATCH_LEVEL, "uq");

PVOID NTAPI ExAllocatePoolWithQuotaTag(POOL_TYPE type, SIZE_T bytes, ULONG tag)
{
    ULONG flags = (ULONG)type;
    PVOID block = allocate(flags & ~(ULONG)POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, bytes, tag,
                           __builtin_return_address(0));

    if (!block && !(flags & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE))
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return block;
}
NT_EXPORT(ExAllocatePoolWithQuotaTag, DISPATCH_LEVEL, "uqu");

PVOID NTAPI ExAllocatePoolWithTagPriority(POOL_TYPE type, SIZE_T bytes, ULONG tag,
                                          EX_POOL_PRIORITY priority)
{
    (void)priority;
    return allocate_or_raise((ULONG)type, bytes, tag, __builtin_return_address(0));
}
NT_EXPORT(ExAllocatePoolWithTagPriority, DISPATCH_LEVEL, "uquu");

#define FLAG_USE_QUOTA 0x1ull
#define FLAG_UNINITIALIZED 0x2ull
#define FLAG_RAISE_ON_FAILURE 0x20ull
#define FLAG_NON_PAGED 0x40ull
#define FLAG_NON_PAGED_EXECUTE 0x80ull
#define FLAG_PAGED 0x100ull
#define FLAG_REQUIRED 0x00000000FFFFFFFFull

static POOL_TYPE type_of_flags(ULONG64 kind)
{
    if (kind == FLAG_PAGED)
        return PagedPool;
    return kind == FLAG_NON_PAGED ? NonPagedPoolNx : NonPagedPool;
}

/*
 * Allocate pool memory; zeroed unless POOL_FLAG_UNINITIALIZED.
 * @param flags  exactly one of POOL_FLAG_NON_PAGED, …_EXECUTE, PAGED; an unknown flag in the lower
 *               half makes the call fail
 * Source: Windows driver documentation, ExAllocatePool2.
 */
static PVOID allocate_by_flags(ULONG64 flags, SIZE_T bytes, ULONG tag, PVOID caller)
{
    ULONG64 kind = flags & (FLAG_NON_PAGED | FLAG_NON_PAGED_EXECUTE | FLAG_PAGED);
    ULONG64 known = 0x3FF;
    PVOID block = NULL;

    if (kind && (kind & (kind - 1)) == 0 && !(flags & FLAG_REQUIRED & ~known) && bytes && tag)
        block = allocate((ULONG)type_of_flags(kind) |
                             (flags & FLAG_UNINITIALIZED ? 0 : POOL_ZERO_ALLOCATION),
                         bytes, tag, caller);
    if (!block && flags & FLAG_RAISE_ON_FAILURE)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return block;
}

static PVOID allocate_pool2(ULONG64 flags, SIZE_T bytes, ULONG tag)
{
    return allocate_by_flags(flags, bytes, tag, __builtin_return_address(0));
}
NT_EXPORT_AS(ExAllocatePool2, allocate_pool2, DISPATCH_LEVEL, "qqu");

static PVOID allocate_pool3(ULONG64 flags, SIZE_T bytes, ULONG tag, const void *parameters,
                            ULONG count)
{
    (void)parameters;
    (void)count;
    return allocate_by_flags(flags, bytes, tag, __builtin_return_address(0));
}
NT_EXPORT_AS(ExAllocatePool3, allocate_pool3, DISPATCH_LEVEL, "qqupu");

/*
 * Free pool memory.
 * @param tag  0, or the tag of the allocation
 * A bad address, a second free or a wrong tag is bug check 0xC2 (BAD_POOL_CALLER).
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, ExFreePoolWithTag.
 */
VOID NTAPI ExFreePoolWithTag(PVOID block, ULONG tag)
{
    ULONG64 address = (ULONG64)block;

    if (__builtin_expect(vf_on, 0) && free_watched(address, &tag))
        return;
    if (address < MACHINE_USER_END)
        ke_bugcheck(BAD_POOL_CALLER, 0x40, address, MACHINE_IMAGE_START, 0);
    if (!is_pool(address))
        ke_bugcheck(BAD_POOL_CALLER, 0x46, address, 0, 0);
    if (address % PAGE_SIZE == 0)
        free_large(address, tag);
    else
        free_small(address, tag);
}
NT_EXPORT(ExFreePoolWithTag, DISPATCH_LEVEL, "pu");

VOID NTAPI ExFreePool(PVOID block)
{
    ExFreePoolWithTag(block, 0);
}
NT_EXPORT(ExFreePool, DISPATCH_LEVEL, "p");

static void free_pool2(PVOID block, ULONG tag, const void *parameters, ULONG count)
{
    (void)parameters;
    (void)count;
    ExFreePoolWithTag(block, tag);
}
NT_EXPORT_AS(ExFreePool2, free_pool2, DISPATCH_LEVEL, "pupu");

PVOID mm_pool_allocate_buffer(SIZE_T bytes, ULONG tag)
{
    PVOID block;

    if (__builtin_expect(!vf_on || mm.allocations_to_failure, 1))
        return ExAllocatePoolWithTag(NonPagedPool, bytes, tag);
    block = vf_memory_buffer(bytes, tag);
    if (block) {
        account_allocation(tag, NonPagedPool, bytes);
        KD_TRACE(pool_allocate(block, bytes, tag, NonPagedPool));
        return block;
    }
    block = ExAllocatePoolWithTag(NonPagedPool, bytes, tag);
    if (block)
        vf_memory_fill(block, bytes);
    return block;
}

ULONG64 mm_pool_fail(ULONG64 n)
{
    ULONG64 left = mm.allocations_to_failure;

    mm.allocations_to_failure = n;
    return left;
}

static void visit_small(ULONG64 frame, ULONG tag, void (*visit)(PVOID, PVOID), PVOID context)
{
    ULONG bytes = mm.frames[frame].units * UNIT;
    UCHAR *page = mm_direct(frame);

    for (ULONG at = 0; at + bytes <= PAGE_SIZE; at += bytes) {
        struct free_block *block = (struct free_block *)(page + at);

        if ((block->header.pool_type & ~1u) == POOL_ALLOCATED && block->header.tag == tag)
            visit(context, &block->next);
    }
}

void mm_pool_visit(ULONG tag, void (*visit)(PVOID context, PVOID block), PVOID context)
{
    for (ULONG64 frame = 0; frame < mm.frame_count; frame++) {
        if (mm.frames[frame].units)
            visit_small(frame, tag, visit, context);
        else if (mm.frames[frame].pages && mm.frames[frame].tag == tag)
            visit(context, mm_direct(frame));
    }
}

void mm_pool_count(struct mm_pool_counts *counts)
{
    counts->bytes = mm.pool_bytes;
    counts->blocks = mm.pool_blocks;
}

void mm_pool_visit_tags(void (*visit)(void *context, ULONG tag, const struct mm_pool_use *non_paged,
                                      const struct mm_pool_use *paged),
                        void *context)
{
    for (ULONG i = 0; i < MM_TAG_SLOTS; i++) {
        const struct mm_pool_tag *slot = &mm.tags[i];

        if (slot->uses[0].allocations || slot->uses[1].allocations)
            visit(context, slot->tag, &slot->uses[0], &slot->uses[1]);
    }
}

void *rtl_allocate(SIZE_T bytes)
{
    return ExAllocatePoolWithTag(PagedPool, bytes, MM_POOL_TAG('R', 't', 'l', ' '));
}

void rtl_free(void *memory)
{
    ExFreePoolWithTag(memory, 0);
}
