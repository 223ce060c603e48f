/*
 * Physical addresses, contiguous memory, copies by address.
 */
#include "../guest.h"

GUEST_TEST(contiguous_memory)
{
    PHYSICAL_ADDRESS highest, low = {0}, boundary;
    PUCHAR block;

    highest.QuadPart = 0xFFFFFFFF;
    block = MmAllocateContiguousMemory(5 * PAGE_SIZE, highest);
    ok(block != NULL, "allocated");
    for (ULONG page = 1; page < 5; page++)
        ok_eq_int(MmGetPhysicalAddress(block + page * PAGE_SIZE).QuadPart,
                  MmGetPhysicalAddress(block).QuadPart + page * PAGE_SIZE);
    MmFreeContiguousMemory(block);
    boundary.QuadPart = 0x10000;
    block = MmAllocateContiguousMemorySpecifyCache(0x10000, low, highest, boundary, MmNonCached);
    ok(block != NULL, "allocated");
    ok_eq_int(MmGetPhysicalAddress(block).QuadPart % 0x10000, 0);
    MmFreeContiguousMemorySpecifyCache(block, 0x10000, MmNonCached);
    highest.QuadPart = 0xFFF;
    ok(MmAllocateContiguousMemory(2 * PAGE_SIZE, highest) == NULL, "no such memory");
}

GUEST_TEST(map_ram_by_address)
{
    PULONG block = ExAllocatePoolWithTag(NonPagedPool, PAGE_SIZE, 'tldM');
    PHYSICAL_ADDRESS physical = MmGetPhysicalAddress(block);
    PULONG mapped;

    physical.QuadPart += 8;
    block[2] = 0xABCD;
    mapped = MmMapIoSpace(physical, 16, MmCached);
    ok(mapped != NULL, "mapped");
    ok_eq_int(*mapped, 0xABCD);
    MmUnmapIoSpace(mapped, 16);
    ExFreePoolWithTag(block, 'tldM');
}

GUEST_TEST(copy_memory)
{
    ULONG block[4] = {1, 2, 3, 4}, copy[4] = {0};
    MM_COPY_ADDRESS source = {.VirtualAddress = block};
    SIZE_T done = 0;

    ok_eq_status(MmCopyMemory(copy, source, sizeof(copy), 2, &done), STATUS_SUCCESS);
    ok_eq_int(done, sizeof(copy));
    ok_eq_int(copy[3], 4);
    source.PhysicalAddress = MmGetPhysicalAddress(&block[2]);
    ok_eq_status(MmCopyMemory(copy, source, sizeof(ULONG), 1, &done), STATUS_SUCCESS);
    ok_eq_int(copy[0], 3);
    ok_eq_status(MmCopyMemory(copy, source, 4, 3, &done), STATUS_INVALID_PARAMETER_4);
    source.VirtualAddress = (PVOID)0x20000;
    ok(!NT_SUCCESS(MmCopyMemory(copy, source, 4, 2, &done)), "nothing there");
    ok_eq_int(done, 0);
}

GUEST_TEST(memory_ranges)
{
    PPHYSICAL_MEMORY_RANGE ranges = MmGetPhysicalMemoryRanges();
    ULONG count = 0;

    ok(ranges != NULL, "ranges");
    while (ranges[count].BaseAddress.QuadPart || ranges[count].NumberOfBytes.QuadPart)
        count++;
    ok(count >= 1, "%lu ranges", count);
    ExFreePool(ranges);
}

GUEST_TEST(pageable_section)
{
    PVOID handle = MmLockPagableDataSection((PVOID)(ULONG_PTR)pageable_section);

    ok(handle != NULL, "handle");
    MmUnlockPagableImageSection(handle);
}

GUEST_TEST_FILE(io_space, GUEST_ROW(contiguous_memory), GUEST_ROW(map_ram_by_address),
                GUEST_ROW(copy_memory), GUEST_ROW(memory_ranges), GUEST_ROW(pageable_section));
