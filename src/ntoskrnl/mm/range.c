/*
 * Ranges of kernel addresses: system mappings (stacks, MDLs, I/O space) by pages, images by
 * 64-KiB units. A system range is followed by an unmapped page, so an overrun faults.
 */
#include "mm/mm_internal.h"

#define SYSTEM_PAGES (1ull << 18) /* 1 GiB of addresses */
#define IMAGE_UNIT 0x10000ull
#define IMAGE_UNITS (1ull << 14) /* 1 GiB of addresses */

static void make_bitmap(PRTL_BITMAP bitmap, ULONG64 bits)
{
    ULONG64 pages = (bits / 8 + PAGE_SIZE - 1) / PAGE_SIZE;
    ULONG64 frame = mm_allocate_frames(pages);

    kassert(frame != MM_NO_FRAME);
    RtlInitializeBitMap(bitmap, mm_direct(frame), (ULONG)bits);
}

void mm_ranges_initialize(void)
{
    ULONG64 root = mm_allocate_frames(1);
    ULONG64 kernel_units = (ke_parameters.kernel_size + IMAGE_UNIT - 1) / IMAGE_UNIT;

    kassert(root != MM_NO_FRAME);
    mm.root = mm_direct(root);
    make_bitmap(&mm.system_ranges, SYSTEM_PAGES);
    make_bitmap(&mm.image_ranges, IMAGE_UNITS);
    RtlSetBits(&mm.image_ranges, 0, (ULONG)kernel_units + 1);
    RtlSetBits(&mm.system_ranges, 0, 1);
}

ULONG64 mm_reserve_system(ULONG64 pages)
{
    ULONG index;

    if (pages == 0 || pages >= SYSTEM_PAGES)
        return 0;
    index = RtlFindClearBitsAndSet(&mm.system_ranges, (ULONG)pages + 1, 0);
    return index == ~0u ? 0 : MACHINE_SYSTEM_START + index * PAGE_SIZE;
}

void mm_release_system(ULONG64 address, ULONG64 pages)
{
    ULONG index = (ULONG)((address - MACHINE_SYSTEM_START) / PAGE_SIZE);

    kassert(RtlAreBitsSet(&mm.system_ranges, index, (ULONG)pages + 1));
    RtlClearBits(&mm.system_ranges, index, (ULONG)pages + 1);
}

ULONG64 mm_reserve_image(ULONG64 size)
{
    ULONG units = (ULONG)((size + IMAGE_UNIT - 1) / IMAGE_UNIT) + 1;
    ULONG index = RtlFindClearBitsAndSet(&mm.image_ranges, units, 0);

    return index == ~0u ? 0 : MACHINE_IMAGE_START + index * IMAGE_UNIT;
}

void mm_release_image(ULONG64 base, ULONG64 size)
{
    ULONG units = (ULONG)((size + IMAGE_UNIT - 1) / IMAGE_UNIT) + 1;

    RtlClearBits(&mm.image_ranges, (ULONG)((base - MACHINE_IMAGE_START) / IMAGE_UNIT), units);
}

/* The number of an address's unit; IMAGE_UNITS = images never get there. */
static ULONG image_unit(ULONG64 address)
{
    ULONG64 unit = (address - MACHINE_IMAGE_START) / IMAGE_UNIT;

    return unit < IMAGE_UNITS ? (ULONG)unit : IMAGE_UNITS;
}

BOOLEAN mm_claim_image_unit(ULONG64 address)
{
    ULONG unit = image_unit(address);

    if (unit == IMAGE_UNITS)
        return TRUE;
    if (!RtlAreBitsClear(&mm.image_ranges, unit, 1))
        return FALSE;
    RtlSetBits(&mm.image_ranges, unit, 1);
    return TRUE;
}

void mm_release_image_unit(ULONG64 address)
{
    ULONG unit = image_unit(address);

    if (unit != IMAGE_UNITS)
        RtlClearBits(&mm.image_ranges, unit, 1);
}
