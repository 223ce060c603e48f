/*
 * The pages that a watched request names: hidden from the driver, that is without access for the
 * host, and open again. The page tables go on saying what they allow.
 *
 * Each change is a system call of the host, and its price is most of what a watched request costs.
 * So pages side by side are one piece whatever names them, and the host is told of pieces that it
 * has not seen lately that they will change often. They are not left hidden from one request to
 * the next: between them a C test passes its shared memory to system calls of Linux, which would
 * fail.
 */
#include "mm/mm.h"
#include "vf/user_internal.h"

#define OFTEN_SLOTS 64
#define OFTEN_LIMIT 4096 /* hints at all: each may cost the host a record for good */

static struct {
    struct user_pages told[OFTEN_SLOTS]; /* by page number */
    ULONG count;
} often;

/* ---- pieces ---- */

static struct user_pages pages_of(const struct user_range *range)
{
    struct user_pages pages = {.start = range->start & ~(PAGE_SIZE - 1ull)};

    pages.end = ((range->end - 1) & ~(PAGE_SIZE - 1ull)) + PAGE_SIZE;
    pages.end = min(pages.end, pages.start + USER_RANGE_PAGES * PAGE_SIZE);
    return pages;
}

/* Add pages, made one with those that they overlap or touch. */
static void add_pages(struct user_watch *watch, struct user_pages pages)
{
    for (ULONG i = 0; i < watch->pages_count;) {
        const struct user_pages *other = &watch->pages[i];

        if (pages.start > other->end || other->start > pages.end) {
            i++;
            continue;
        }
        pages.start = min(pages.start, other->start);
        pages.end = max(pages.end, other->end);
        watch->pages[i] = watch->pages[--watch->pages_count];
        i = 0;
    }
    watch->pages[watch->pages_count++] = pages;
}

void vf_user_collect_pages(struct user_watch *watch)
{
    watch->pages_count = 0;
    for (ULONG i = 0; i < watch->range_count; i++)
        if (watch->ranges[i].start < MACHINE_USER_END)
            add_pages(watch, pages_of(&watch->ranges[i]));
}

BOOLEAN vf_user_holds_page(const struct user_watch *watch, ULONG64 address)
{
    for (ULONG i = 0; i < watch->pages_count; i++)
        if (address >= watch->pages[i].start && address < watch->pages[i].end)
            return TRUE;
    return FALSE;
}

/* ---- hiding ---- */

static ULONG protection_of(ULONG64 entry)
{
    ULONG protection = MACHINE_READ;

    if (entry & MM_PTE_WRITE)
        protection |= MACHINE_WRITE;
    if (!(entry & MM_PTE_NO_EXECUTE))
        protection |= MACHINE_EXECUTE;
    return entry ? protection : MACHINE_NONE;
}

/* MACHINE_OFTEN when the host is to be told of this piece, else 0. */
static ULONG hint(ULONG64 start, ULONG64 end)
{
    struct user_pages *told = &often.told[start / PAGE_SIZE % OFTEN_SLOTS];

    if ((told->start == start && told->end == end) || often.count == OFTEN_LIMIT)
        return 0;
    *told = (struct user_pages){start, end};
    often.count++;
    return MACHINE_OFTEN;
}

/* Tell the host about pages in pieces of one protection. Those that are not there stay so. */
static void protect(const struct user_pages *pages, BOOLEAN hide)
{
    ULONG64 page = pages->start;
    ULONG protection = protection_of(mm_page_entry(page));

    while (page < pages->end) {
        ULONG64 start = page;
        ULONG here = protection;

        do {
            page += PAGE_SIZE;
            protection = page < pages->end ? protection_of(mm_page_entry(page)) : MACHINE_NONE;
        } while (page < pages->end && protection == here);
        if (here == MACHINE_NONE)
            continue;
        ke_machine->protect(start, (page - start) / PAGE_SIZE,
                            hide ? MACHINE_NONE | hint(start, page) : here);
    }
}

void vf_user_set_hidden(struct user_watch *watch, BOOLEAN hide)
{
    for (ULONG i = 0; i < watch->pages_count; i++)
        protect(&watch->pages[i], hide);
    watch->closed = hide;
}

/* ---- the other view ---- */

BOOLEAN vf_user_is_allowed(ULONG64 address, ULONG64 size, BOOLEAN write)
{
    if (!size || address >= MACHINE_USER_END || size > MACHINE_USER_END - address)
        return FALSE;
    for (ULONG64 page = address / PAGE_SIZE; page <= (address + size - 1) / PAGE_SIZE; page++) {
        ULONG64 entry = mm_page_entry(page * PAGE_SIZE);

        if (!entry || (write && !(entry & MM_PTE_WRITE)))
            return FALSE;
    }
    return TRUE;
}

PVOID vf_user_view(ULONG64 address, ULONG64 size, BOOLEAN write)
{
    ULONG64 first = address / PAGE_SIZE;

    if (!vf_user_is_allowed(address, size, write))
        return NULL;
    for (ULONG64 page = first + 1; page <= (address + size - 1) / PAGE_SIZE; page++)
        if (mm_frame_of(page * PAGE_SIZE) != mm_frame_of(address) + page - first)
            return NULL;
    return (UCHAR *)mm_direct(mm_frame_of(address)) + address % PAGE_SIZE;
}
