/*
 * Page tables: four levels in the x64 format, in physical frames. The host's mappings follow them;
 * the kernel asks them for the frame behind an address (MDLs, MmGetPhysicalAddress) and whether an
 * address is valid, without touching it.
 *
 * The direct map is not in the tables: its frames follow from the address.
 */
#include "mm/mm_internal.h"

#define ENTRIES 512
#define FRAME_MASK 0x000FFFFFFFFFF000ull

static unsigned index_of(ULONG64 address, unsigned level)
{
    return (address >> (12 + 9 * level)) & (ENTRIES - 1);
}

/* The leaf entry of an address; with `create`, missing tables are made (NULL = no memory). */
static ULONG64 *entry_of(ULONG64 address, BOOLEAN create)
{
    ULONG64 *table = mm.root;

    for (unsigned level = 3; level > 0; level--) {
        ULONG64 *entry = &table[index_of(address, level)];

        if (!(*entry & MM_PTE_PRESENT)) {
            ULONG64 frame = create ? mm_allocate_frames(1) : MM_NO_FRAME;

            if (frame == MM_NO_FRAME)
                return NULL;
            *entry = frame << PAGE_SHIFT | MM_PTE_PRESENT | MM_PTE_WRITE | MM_PTE_USER;
        }
        table = mm_direct((*entry & FRAME_MASK) >> PAGE_SHIFT);
    }
    return &table[index_of(address, 0)];
}

static BOOLEAN is_direct(ULONG64 address)
{
    return address >= MACHINE_DIRECT_MAP &&
           address < MACHINE_DIRECT_MAP + mm.frame_count * PAGE_SIZE;
}

static ULONG64 entry_bits(ULONG64 address, ULONG protection)
{
    ULONG64 bits = protection ? MM_PTE_PRESENT : 0;

    if (protection & MACHINE_WRITE)
        bits |= MM_PTE_WRITE;
    if (!(protection & MACHINE_EXECUTE))
        bits |= MM_PTE_NO_EXECUTE;
    if (address < MACHINE_USER_END)
        bits |= MM_PTE_USER;
    return bits;
}

BOOLEAN mm_map(ULONG64 address, ULONG64 frame, ULONG64 pages, ULONG protection)
{
    for (ULONG64 i = 0; i < pages; i++) {
        ULONG64 *entry = entry_of(address + i * PAGE_SIZE, TRUE);

        if (!entry)
            return FALSE;
        *entry = (frame + i) << PAGE_SHIFT | entry_bits(address, protection);
    }
    return ke_machine->map(address, frame, pages, protection) != 0;
}

void mm_record_mapping(ULONG64 address, ULONG64 frame, ULONG protection)
{
    ULONG64 *entry = entry_of(address, TRUE);

    kassert(entry);
    *entry = frame << PAGE_SHIFT | entry_bits(address, protection);
}

void mm_unmap(ULONG64 address, ULONG64 pages)
{
    for (ULONG64 i = 0; i < pages; i++) {
        ULONG64 *entry = entry_of(address + i * PAGE_SIZE, FALSE);

        if (entry)
            *entry = 0;
    }
    if (!ke_machine->unmap(address, pages))
        kassert(!"the host unmaps");
}

/* Keeps the frame: a page without access is not present, but its frame stays in the entry. */
BOOLEAN mm_protect(ULONG64 address, ULONG64 pages, ULONG protection)
{
    for (ULONG64 i = 0; i < pages; i++) {
        ULONG64 *entry = entry_of(address + i * PAGE_SIZE, FALSE);

        if (!entry || !*entry)
            return FALSE;
        *entry = (*entry & FRAME_MASK) | entry_bits(address, protection);
    }
    return ke_machine->protect(address, pages, protection) != 0;
}

ULONG64 mm_page_entry(ULONG64 address)
{
    ULONG64 *entry;

    if (is_direct(address))
        return (address - MACHINE_DIRECT_MAP) | MM_PTE_PRESENT | MM_PTE_WRITE | MM_PTE_NO_EXECUTE;
    if (address >= 1ull << 47)
        return 0;
    entry = entry_of(address, FALSE);
    return entry && *entry & MM_PTE_PRESENT ? *entry : 0;
}

ULONG64 mm_frame_of(ULONG64 address)
{
    ULONG64 entry = mm_page_entry(address);

    return entry ? (entry & FRAME_MASK) >> PAGE_SHIFT : MM_NO_FRAME;
}

/* For loops over many pages: entries of consecutive pages, from `address` to the end of a table. */
const ULONG64 *mm_page_entries(ULONG64 address, ULONG64 *count)
{
    *count = ENTRIES - index_of(address, 0);
    return address < 1ull << 47 ? entry_of(address, FALSE) : NULL;
}

ULONG64 mm_frame_behind(ULONG64 address)
{
    ULONG64 *entry = entry_of(address, FALSE);

    return entry && *entry ? (*entry & FRAME_MASK) >> PAGE_SHIFT : MM_NO_FRAME;
}

BOOLEAN mm_is_address_valid(ULONG64 address)
{
    return mm_page_entry(address) != 0;
}

/*
 * TRUE when a read of this byte would not fault.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, MmIsAddressValid.
 */
BOOLEAN NTAPI MmIsAddressValid(PVOID address)
{
    return mm_is_address_valid((ULONG64)address);
}
NT_EXPORT(MmIsAddressValid, DISPATCH_LEVEL, "p");

/*
 * The physical address behind a valid virtual one; 0 when it is not mapped.
 * IRQL: any. Source: Windows driver documentation, MmGetPhysicalAddress.
 */
PHYSICAL_ADDRESS NTAPI MmGetPhysicalAddress(PVOID address)
{
    PHYSICAL_ADDRESS physical = {0};
    ULONG64 frame = mm_frame_of((ULONG64)address);

    if (frame != MM_NO_FRAME)
        physical.QuadPart = (LONGLONG)(mm_physical_page(frame) << PAGE_SHIFT |
                                       ((ULONG64)address & (PAGE_SIZE - 1)));
    return physical;
}
NT_EXPORT(MmGetPhysicalAddress, HIGH_LEVEL, "p");
