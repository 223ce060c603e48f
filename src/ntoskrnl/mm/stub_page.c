/*
 * Code pages at addresses that somebody else dictates: the four bytes of a jump say where it leads,
 * and when some of them cannot be chosen, code must lie where they happen to point. Every 4-KiB
 * page from 2 GiB below the first image to 2 GiB above the last can be had, where no image lies.
 *
 * A page goes: none --mm_stub_reserve--> users 1 … n --mm_stub_release--> none. Where images may
 * come, its 64-KiB unit is taken from them meanwhile.
 */
#include "mm/mm_internal.h"

#define UNIT 0x10000ull
#define STUB_END (MACHINE_IMAGE_START + (3ull << 30))

static ULONG64 page_of(ULONG64 address)
{
    return address & ~(PAGE_SIZE - 1ull);
}

static struct mm_stub_page *find_page(ULONG64 address)
{
    for (ULONG i = 0; i < MM_STUB_PAGES; i++)
        if (mm.stub_pages[i].users && mm.stub_pages[i].address == page_of(address))
            return &mm.stub_pages[i];
    return NULL;
}

static BOOLEAN is_unit_ours(ULONG64 address)
{
    for (ULONG i = 0; i < MM_STUB_PAGES; i++)
        if (mm.stub_pages[i].users && mm.stub_pages[i].address / UNIT == address / UNIT)
            return TRUE;
    return FALSE;
}

static struct mm_stub_page *free_entry(void)
{
    for (ULONG i = 0; i < MM_STUB_PAGES; i++)
        if (!mm.stub_pages[i].users)
            return &mm.stub_pages[i];
    return NULL;
}

static BOOLEAN create_page(ULONG64 address)
{
    struct mm_stub_page *page = free_entry();
    BOOLEAN claimed = FALSE;

    if (!page || (!is_unit_ours(address) && !(claimed = mm_claim_image_unit(address))))
        return FALSE;
    page->address = page_of(address);
    page->frame = mm_allocate_frames(1);
    if (page->frame != MM_NO_FRAME) {
        if (mm_map(page->address, page->frame, 1, MACHINE_READ | MACHINE_EXECUTE)) {
            page->users = 1;
            return TRUE;
        }
        mm_free_frames(page->frame, 1);
    }
    if (claimed)
        mm_release_image_unit(address);
    return FALSE;
}

static void drop_page(ULONG64 address)
{
    struct mm_stub_page *page = find_page(address);

    kassert(page);
    if (--page->users)
        return;
    mm_unmap(page->address, 1);
    mm_free_frames(page->frame, 1);
    if (!is_unit_ours(address))
        mm_release_image_unit(address);
}

BOOLEAN mm_stub_is_possible(ULONG64 address, ULONG size)
{
    if (address < MACHINE_STUB_START || address + size > STUB_END)
        return FALSE;
    for (ULONG64 page = page_of(address); page < address + size; page += PAGE_SIZE) {
        if (find_page(page) || is_unit_ours(page))
            continue;
        if (!mm_claim_image_unit(page))
            return FALSE;
        mm_release_image_unit(page);
    }
    return TRUE;
}

BOOLEAN mm_stub_reserve(ULONG64 address, ULONG size)
{
    for (ULONG64 page = page_of(address); page < address + size; page += PAGE_SIZE) {
        struct mm_stub_page *existing = find_page(page);

        if (existing) {
            existing->users++;
            continue;
        }
        if (create_page(page))
            continue;
        if (page > address)
            mm_stub_release(address, (ULONG)(page - address));
        return FALSE;
    }
    return TRUE;
}

void mm_stub_release(ULONG64 address, ULONG size)
{
    for (ULONG64 page = page_of(address); page < address + size; page += PAGE_SIZE)
        drop_page(page);
}

void mm_stub_write(ULONG64 address, const void *code, ULONG size)
{
    for (ULONG i = 0; i < size; i++) {
        const struct mm_stub_page *page = find_page(address + i);

        kassert(page);
        ((UCHAR *)mm_direct(page->frame))[(address + i) % PAGE_SIZE] = ((const UCHAR *)code)[i];
    }
}

ULONG64 mm_stub_page_from(ULONG64 address)
{
    ULONG64 nearest = 0;

    for (ULONG i = 0; i < MM_STUB_PAGES; i++) {
        const struct mm_stub_page *page = &mm.stub_pages[i];

        if (page->users && page->address >= address && (!nearest || page->address < nearest))
            nearest = page->address;
    }
    return nearest;
}
