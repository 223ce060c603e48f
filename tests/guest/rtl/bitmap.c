/*
 * RTL_BITMAP: the single operations, and all searches against a loop over single bits.
 */
#include "../guest.h"

#define BITS 77 /* ends within a word */

static ULONG words[4];

/* A bitmap from text: '1' is set. The bits behind it are the opposite of its last one. */
static RTL_BITMAP bitmap_of(const char *text)
{
    RTL_BITMAP bitmap;
    ULONG size = 0;

    while (text[size] != 0)
        size++;
    RtlInitializeBitMap(&bitmap, words, size);
    for (ULONG index = 0; index < 128; index++) {
        BOOLEAN set = index < size ? text[index] == '1' : size != 0 && text[size - 1] == '0';
        words[index / 32] = (words[index / 32] & ~(1u << index % 32)) | (ULONG)set << index % 32;
    }
    return bitmap;
}

GUEST_TEST(ranges)
{
    static const struct {
        ULONG start;
        ULONG count;
    } rows[] = {{0, 0},  {0, 1},  {31, 1},  {31, 2}, {0, 32},
                {1, 63}, {5, 72}, {32, 32}, {76, 1}, {0, 77}};

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        RTL_BITMAP bitmap = {BITS, words};
        ULONG start = rows[row].start;
        ULONG count = rows[row].count;

        RtlZeroMemory(words, sizeof(words));
        RtlSetBits(&bitmap, start, count);
        ok_eq_int(RtlNumberOfSetBits(&bitmap), count);
        ok_eq_int(RtlNumberOfClearBits(&bitmap), BITS - count);
        ok_eq_int(RtlAreBitsSet(&bitmap, start, count), count != 0);
        ok_eq_int(RtlAreBitsClear(&bitmap, 0, BITS), count == 0);
        for (ULONG index = 0; index < 128; index++)
            ok((words[index / 32] >> index % 32 & 1) == (index >= start && index < start + count),
               "row %lu: bit %lu", row, index);
        RtlSetAllBits(&bitmap);
        RtlClearBits(&bitmap, start, count);
        ok_eq_int(RtlNumberOfClearBits(&bitmap), count);
        ok_eq_int(RtlAreBitsClear(&bitmap, start, count), count != 0);
    }
}

GUEST_TEST(single_bits)
{
    RTL_BITMAP bitmap = {BITS, words};

    RtlClearAllBits(&bitmap);
    RtlSetBit(&bitmap, 33);
    ok_eq_int(words[1], 2);
    ok(RtlTestBit(&bitmap, 33), "set");
    ok(!RtlTestBit(&bitmap, 32), "clear");
    RtlClearBit(&bitmap, 33);
    ok_eq_int(words[1], 0);
}

GUEST_TEST(range_checks)
{
    RTL_BITMAP bitmap = bitmap_of("000111000");

    ok(RtlAreBitsClear(&bitmap, 0, 3), "first three");
    ok(!RtlAreBitsClear(&bitmap, 0, 4), "fourth is set");
    ok(RtlAreBitsSet(&bitmap, 3, 3), "middle");
    ok(!RtlAreBitsClear(&bitmap, 6, 4), "beyond the size");
    ok(!RtlAreBitsClear(&bitmap, 9, 1), "at the size");
    ok(!RtlAreBitsClear(&bitmap, 6, 0xFFFFFFFF), "no overflow");
    ok(!RtlAreBitsSet(&bitmap, 3, 0), "empty range");
}

GUEST_TEST(find)
{
    static const struct {
        const char *bits;
        ULONG count;
        ULONG hint;
        ULONG clear;
        ULONG set;
    } rows[] = {
        {"0000", 1, 0, 0, ~0u},    {"1111", 1, 0, ~0u, 0},    {"0011", 2, 0, 0, 2},
        {"0110", 2, 0, ~0u, 1},    {"0100100", 2, 0, 2, ~0u}, {"0100100", 2, 3, 5, ~0u},
        {"0100100", 2, 6, 2, ~0u}, {"0011000", 3, 0, 4, ~0u}, {"0000", 5, 0, ~0u, ~0u},
        {"0001", 3, 1, 0, ~0u},    {"1000", 9, 9, ~0u, ~0u},  {"0101", 1, 4, 0, 1},
        {"1010", 0, 3, 0, 0},
    };

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        RTL_BITMAP bitmap = bitmap_of(rows[row].bits);
        ULONG found = RtlFindClearBits(&bitmap, rows[row].count, rows[row].hint);
        ok(found == rows[row].clear, "row %lu: clear %lu", row, found);
        found = RtlFindSetBits(&bitmap, rows[row].count, rows[row].hint);
        ok(found == rows[row].set, "row %lu: set %lu", row, found);
    }
}

GUEST_TEST(find_and_change)
{
    RTL_BITMAP bitmap = bitmap_of("1001");

    ok_eq_int(RtlFindClearBitsAndSet(&bitmap, 2, 0), 1);
    ok_eq_int(words[0] & 15, 15);
    ok_eq_int(RtlFindClearBitsAndSet(&bitmap, 1, 0), 0xFFFFFFFF);
    ok_eq_int(RtlFindSetBitsAndClear(&bitmap, 3, 1), 1);
    ok_eq_int(words[0] & 15, 1);
}

GUEST_TEST(runs)
{
    RTL_BITMAP bitmap = bitmap_of("01001000110000110");
    RTL_BITMAP_RUN found[4];
    ULONG start = 0;

    ok_eq_int(RtlFindFirstRunClear(&bitmap, &start), 1);
    ok_eq_int(start, 0);
    ok_eq_int(RtlFindNextForwardRunClear(&bitmap, 1, &start), 2);
    ok_eq_int(start, 2);
    ok_eq_int(RtlFindNextForwardRunClear(&bitmap, 6, &start), 2);
    ok_eq_int(start, 6);
    ok_eq_int(RtlFindNextForwardRunClear(&bitmap, 17, &start), 0);
    ok_eq_int(RtlFindLongestRunClear(&bitmap, &start), 4);
    ok_eq_int(start, 10);
    ok_eq_int(RtlFindLastBackwardRunClear(&bitmap, 9, &start), 3);
    ok_eq_int(start, 5);
    ok_eq_int(RtlFindLastBackwardRunClear(&bitmap, 11, &start), 2);
    ok_eq_int(start, 10);
    ok_eq_int(RtlFindClearRuns(&bitmap, found, 2, FALSE), 2);
    ok_eq_int(found[1].StartingIndex, 2);
    ok_eq_int(RtlFindClearRuns(&bitmap, found, 3, TRUE), 3);
    ok_eq_int(found[0].StartingIndex, 10);
    ok_eq_int(found[1].StartingIndex, 5);
    ok_eq_int(found[2].NumberOfBits, 2);
    ok_eq_int(RtlFindClearRuns(&bitmap, found, 0, TRUE), 0);
    bitmap = bitmap_of("111");
    ok_eq_int(RtlFindLongestRunClear(&bitmap, &start), 0);
    ok_eq_int(RtlFindLastBackwardRunClear(&bitmap, 2, &start), 0);
}

static ULONG slow_find(PRTL_BITMAP bitmap, ULONG count, ULONG hint)
{
    for (ULONG attempt = 0; attempt < 2; attempt++) {
        for (ULONG start = attempt == 0 ? hint : 0; start + count <= bitmap->SizeOfBitMap;
             start++) {
            ULONG run = 0;
            while (run < count && !RtlTestBit(bitmap, start + run))
                run++;
            if (run == count)
                return start;
        }
    }
    return 0xFFFFFFFF;
}

GUEST_TEST(find_against_a_loop)
{
    ULONG state = 1;

    for (ULONG round = 0; round < 300; round++) {
        RTL_BITMAP bitmap = {1 + round % 128, words};
        for (ULONG word = 0; word < 4; word++) {
            state = state * 1664525 + 1013904223;
            words[word] = state;
            state = state * 1664525 + 1013904223;
            if (round & 1)
                words[word] &= state;
        }
        for (ULONG count = 1; count < 12; count++) {
            ULONG hint = state % bitmap.SizeOfBitMap;
            ok_eq_int(RtlFindClearBits(&bitmap, count, hint), slow_find(&bitmap, count, hint));
        }
    }
}

GUEST_TEST(bit_numbers)
{
    ok_eq_int(RtlFindMostSignificantBit(0), -1);
    ok_eq_int(RtlFindMostSignificantBit(1), 0);
    ok_eq_int(RtlFindMostSignificantBit(0x8000000000000001), 63);
    ok_eq_int(RtlFindLeastSignificantBit(0), -1);
    ok_eq_int(RtlFindLeastSignificantBit(0x8000000000000000), 63);
    ok_eq_int(RtlNumberOfSetBitsUlongPtr(0xF00000000000000F), 8);
}

GUEST_TEST_FILE(bitmap, GUEST_ROW(ranges), GUEST_ROW(single_bits), GUEST_ROW(range_checks),
                GUEST_ROW(find), GUEST_ROW(find_and_change), GUEST_ROW(runs),
                GUEST_ROW(find_against_a_loop), GUEST_ROW(bit_numbers));
