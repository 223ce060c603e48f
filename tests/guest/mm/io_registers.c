/*
 * I/O space of this machine only: addresses beyond RAM are memory that starts as zero.
 */
#include "../guest.h"

GUEST_TEST(what_is_written_is_read_back)
{
    PHYSICAL_ADDRESS registers, back;
    PULONG first, second;

    registers.QuadPart = 0xFED000000010;
    first = MmMapIoSpace(registers, 2 * PAGE_SIZE, MmNonCached);
    ok(first != NULL, "mapped");
    first[0] = 0x51D0;
    first[PAGE_SIZE / sizeof(*first)] = 0x51D1;
    back = MmGetPhysicalAddress(first);
    ok_eq_int(back.QuadPart, registers.QuadPart);
    MmUnmapIoSpace(first, 2 * PAGE_SIZE);
    registers.QuadPart += PAGE_SIZE;
    second = MmMapIoSpace(registers, 4, MmNonCached);
    ok_eq_int(second[0], 0x51D1);
    MmUnmapIoSpace(second, 4);
}

GUEST_TEST_FILE(io_registers, GUEST_ROW(what_is_written_is_read_back));
