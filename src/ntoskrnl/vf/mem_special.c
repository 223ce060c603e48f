/*
 * The special pool: while the verifier is on, a block that a driver allocates lies on pages of its
 * own, at the end of them, and the page behind is never mapped. So a driver that reads or writes
 * past the end of its block faults at that instruction, and one that uses a freed block does, too.
 *
 *     guard fill   the block        slack   (not mapped)
 *   |............|################|........|             |
 *   page start   16-byte aligned           guard page
 *
 * What cannot fault, the bytes before the block and the slack of less than 16 bytes behind it, is
 * filled and checked when the block is freed. Blocks of a page and more start on a page, as the
 * documentation promises: their slack is what remains of the last page.
 *
 * The addresses of freed blocks are not used again until QUARANTINE_BLOCKS others were freed. Their
 * frames go back at once. When blocks, addresses or frames run out, the ordinary pool serves.
 */
#include "kd/kd.h"
#include "vf/memory_internal.h"

#define ARENA_PAGES (1u << 18) /* 1 GiB of addresses */
#define ARENA_START (MACHINE_SYSTEM_END - (ULONG64)ARENA_PAGES * PAGE_SIZE)
#define BLOCK_LIMIT 12288u /* allocated and in quarantine; Linux allows 65530 mappings */
#define QUARANTINE_BLOCKS 4096u
#define QUARANTINE_PAGES 16384u /* 64 MiB of addresses */
#define LARGEST_BLOCK 0x1000000u
#define ALIGNMENT 16u
#define GUARD_FILL 0x9C

UCHAR vf_fill_byte = 0xB7; /* as an address it is not canonical */

static struct {
    BOOLEAN is_decided, is_on;
    RTL_BITMAP pages;                /* in use or in quarantine, guard pages too */
    ULONG *owners;                   /* per page: index of its block + 1 */
    struct vf_special_block *blocks; /* BLOCK_LIMIT */
    ULONG known;                     /* blocks that were ever used */
    struct vf_special_block *unused;
    struct vf_special_block *oldest, *newest; /* the quarantine */
    ULONG quarantined, quarantined_pages;
    ULONG next_page; /* where the search for addresses goes on */
} special;

void vf_memory_fill(PVOID memory, SIZE_T bytes)
{
    RtlFillMemory(memory, bytes, vf_fill_byte);
}

/* Is a rule on that looks at blocks? */
static BOOLEAN is_wanted(void)
{
    static const char *const ids[] = {"RS-MEM", "RS-IRQL-002", "RS-LOCK-008", "RS-STR-005"};
    const struct vf_rule *rule;

    for (ULONG i = 0; (rule = vf_rule(i)) != NULL; i++)
        for (ULONG id = 0; id < ARRAY_COUNT(ids); id++)
            if (rule->enabled && strncmp(rule->id, ids[id], strlen(ids[id])) == 0)
                return TRUE;
    return FALSE;
}

/* Frames that are not touched yet cost nothing, so the tables have their full size. */
static PVOID allocate_table(SIZE_T bytes)
{
    ULONG64 frame = mm_allocate_frames((bytes + PAGE_SIZE - 1) / PAGE_SIZE);

    return frame == MM_NO_FRAME ? NULL : mm_direct(frame);
}

static BOOLEAN is_on(void)
{
    PVOID bits;

    if (__builtin_expect(special.is_decided, 1))
        return special.is_on;
    special.is_decided = TRUE;
    if (!is_wanted())
        return FALSE;
    bits = allocate_table(ARENA_PAGES / 8);
    special.owners = allocate_table(ARENA_PAGES * sizeof(*special.owners));
    special.blocks = allocate_table(BLOCK_LIMIT * sizeof(*special.blocks));
    if (!bits || !special.owners || !special.blocks)
        return FALSE;
    RtlInitializeBitMap(&special.pages, bits, ARENA_PAGES);
    RtlSetBits(&special.pages, 0, 1); /* a guard page before the first block */
    special.is_on = TRUE;
    return TRUE;
}

static ULONG64 address_of_page(ULONG page)
{
    return ARENA_START + (ULONG64)page * PAGE_SIZE;
}

/* ---- the quarantine ---- */

static void set_owner(const struct vf_special_block *block, ULONG owner)
{
    for (ULONG i = 0; i <= block->pages; i++)
        special.owners[block->page + i] = owner;
}

/* Its addresses may be used again from now on. */
static void forget(struct vf_special_block *block)
{
    set_owner(block, 0);
    RtlClearBits(&special.pages, block->page, block->pages + 1);
    block->is_freed = FALSE;
    block->address = 0;
    block->next = special.unused;
    special.unused = block;
}

static void forget_oldest(void)
{
    struct vf_special_block *block = special.oldest;

    special.oldest = block->next;
    special.quarantined--;
    special.quarantined_pages -= block->pages;
    forget(block);
}

static void put_into_quarantine(struct vf_special_block *block)
{
    block->next = NULL;
    if (special.oldest)
        special.newest->next = block;
    else
        special.oldest = block;
    special.newest = block;
    special.quarantined++;
    special.quarantined_pages += block->pages;
    while (special.quarantined > QUARANTINE_BLOCKS || special.quarantined_pages > QUARANTINE_PAGES)
        forget_oldest();
}

/* ---- allocating ---- */

static struct vf_special_block *take_block(void)
{
    struct vf_special_block *block = special.unused;

    if (!block && special.known < BLOCK_LIMIT)
        return &special.blocks[special.known++];
    if (!block && special.oldest) {
        forget_oldest();
        block = special.unused;
    }
    if (block)
        special.unused = block->next;
    return block;
}

static BOOLEAN take_pages(struct vf_special_block *block)
{
    block->page = RtlFindClearBitsAndSet(&special.pages, block->pages + 1, special.next_page);
    if (block->page == ~0u)
        return FALSE;
    special.next_page = block->page + block->pages + 1;
    block->frame = mm_allocate_dirty_frames(block->pages);
    if (block->frame != MM_NO_FRAME && mm_map(address_of_page(block->page), block->frame,
                                              block->pages, MACHINE_READ | MACHINE_WRITE))
        return TRUE;
    if (block->frame != MM_NO_FRAME)
        mm_free_frames(block->frame, block->pages);
    RtlClearBits(&special.pages, block->page, block->pages + 1);
    return FALSE;
}

void vf_special_guard(const struct vf_special_block *block)
{
    ULONG64 start = address_of_page(block->page), end = start + block->pages * PAGE_SIZE;

    RtlFillMemory((PVOID)start, block->address - start, GUARD_FILL);
    RtlFillMemory((PVOID)(block->address + block->bytes), end - block->address - block->bytes,
                  GUARD_FILL);
}

/* A block goes to the end of its pages. */
static ULONG64 address_in_pages(const struct vf_special_block *block)
{
    ULONG64 start = address_of_page(block->page), end = start + block->pages * PAGE_SIZE;
    ULONG64 rounded = (max(block->bytes, 1) + ALIGNMENT - 1) & ~(ULONG64)(ALIGNMENT - 1);

    return block->bytes >= PAGE_SIZE ? start : end - rounded;
}

static void place_in_pages(struct vf_special_block *block)
{
    block->address = address_in_pages(block);
    vf_special_guard(block);
    if (!(block->type & POOL_ZERO_ALLOCATION))
        vf_memory_fill((PVOID)block->address, block->bytes);
}

struct vf_special_block *vf_special_allocate(ULONG type, SIZE_T bytes, ULONG tag)
{
    struct vf_special_block *block;

    if (!is_on() || bytes > LARGEST_BLOCK || (block = take_block()) == NULL)
        return NULL;
    block->bytes = bytes;
    block->tag = tag;
    block->type = type;
    block->pages = (ULONG)((max(bytes, 1) + PAGE_SIZE - 1) / PAGE_SIZE);
    block->is_freed = block->is_buffer = FALSE;
    if (!take_pages(block)) {
        block->address = 0;
        block->next = special.unused;
        special.unused = block;
        return NULL;
    }
    set_owner(block, (ULONG)(block - special.blocks) + 1);
    place_in_pages(block);
    if (vf_special_is_paged(block)) {
        block->paged.address = address_of_page(block->page);
        block->paged.pages = block->pages;
        block->paged.protection = MACHINE_READ | MACHINE_WRITE;
        vf_paged_watch(&block->paged);
    }
    return block;
}

struct vf_special_block *vf_special_reuse(struct vf_special_block *block, SIZE_T bytes)
{
    /* All around the old block is guard fill: that was checked when it was freed. */
    RtlFillMemory((PVOID)block->address, block->bytes, GUARD_FILL);
    block->bytes = bytes;
    block->is_freed = FALSE;
    block->address = address_in_pages(block);
    vf_memory_fill((PVOID)block->address, bytes);
    return block;
}

void vf_special_release(struct vf_special_block *block)
{
    mm_unmap(address_of_page(block->page), block->pages);
    mm_release_frames(block->frame, block->pages);
    block->is_freed = TRUE;
    put_into_quarantine(block);
}

/* ---- looking ---- */

BOOLEAN vf_memory_is_special(ULONG64 address)
{
    return address - ARENA_START < (ULONG64)ARENA_PAGES * PAGE_SIZE;
}

struct vf_special_block *vf_special_block_of(ULONG64 address)
{
    ULONG owner = 0;

    if (special.is_on && vf_memory_is_special(address))
        owner = special.owners[(address - ARENA_START) / PAGE_SIZE];
    return owner ? &special.blocks[owner - 1] : NULL;
}

struct vf_special_block *vf_special_next(struct vf_special_block *block)
{
    ULONG index = block ? (ULONG)(block - special.blocks) + 1 : 0;

    for (; index < special.known; index++)
        if (special.blocks[index].address && !special.blocks[index].is_freed)
            return &special.blocks[index];
    return NULL;
}

/* By words, because nearly a page lies before a small block; its start is 16-byte aligned. */
static BOOLEAN is_guard(const ULONG64 *word, const ULONG64 *end)
{
    while (word < end && *word == GUARD_FILL * 0x0101010101010101ull)
        word++;
    return word == end;
}

LONG64 vf_special_damage(const struct vf_special_block *block)
{
    const UCHAR *start = (const UCHAR *)address_of_page(block->page);
    const UCHAR *first = (const UCHAR *)block->address, *end = first + block->bytes;

    for (const UCHAR *byte = end; byte < start + block->pages * PAGE_SIZE; byte++)
        if (*byte != GUARD_FILL)
            return byte - end + 1;
    if (is_guard((const ULONG64 *)start, (const ULONG64 *)first))
        return 0;
    for (const UCHAR *byte = first; byte > start; byte--)
        if (byte[-1] != GUARD_FILL)
            return byte - 1 - first;
    return 0;
}

struct vf_block_text vf_block_text(const struct vf_special_block *block)
{
    struct vf_block_text text;

    if (block->is_buffer)
        kd_format(text.text, sizeof(text.text), "the system buffer of a request (%llu bytes)",
                  (ULONG64)block->bytes);
    else
        kd_format(text.text, sizeof(text.text), "a block of %llu bytes with the tag '%s'",
                  (ULONG64)block->bytes, vf_tag_text(block->tag).text);
    return text;
}

struct vf_tag_text vf_tag_text(ULONG tag)
{
    struct vf_tag_text text = {{0}};

    for (ULONG i = 0; i < 4; i++) {
        char letter = (char)(tag >> 8 * i);

        text.text[i] = letter >= ' ' && letter <= '~' ? letter : '.';
    }
    return text;
}
