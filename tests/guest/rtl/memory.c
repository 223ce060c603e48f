/*
 * Memory blocks: each size around the limits of the implementations, each overlap, each alignment,
 * against a loop that moves one byte at a time.
 */
#include "../guest.h"

#undef RtlFillMemory
#undef RtlZeroMemory
__declspec(dllimport) void NTAPI RtlFillMemory(void *destination, SIZE_T length, UCHAR fill);
__declspec(dllimport) void NTAPI RtlZeroMemory(void *destination, SIZE_T length);

#define AREA 3600

static UCHAR area[AREA];
static UCHAR model[AREA];

static const USHORT sizes[] = {0,   1,   2,   3,   4,   5,   7,   8,    9,   15,  16,
                               17,  31,  32,  33,  47,  48,  63,  64,   65,  127, 128,
                               129, 255, 256, 511, 512, 513, 767, 1024, 1025};

static void fill_both(void)
{
    for (ULONG index = 0; index < AREA; index++)
        area[index] = model[index] = (UCHAR)(index * 7 + index / 251);
}

static void move_model(ULONG to, ULONG from, ULONG size)
{
    if (to < from) {
        for (ULONG index = 0; index < size; index++)
            model[to + index] = model[from + index];
    } else {
        for (ULONG index = size; index-- > 0;)
            model[to + index] = model[from + index];
    }
}

static BOOLEAN same(void)
{
    for (ULONG index = 0; index < AREA; index++) {
        if (area[index] != model[index])
            return FALSE;
    }
    return TRUE;
}

GUEST_TEST(move)
{
    static const SHORT distances[] = {-1100, -520, -65, -64, -63, -33, -17, -16, -15,
                                      -8,    -1,   0,   1,   7,   8,   15,  16,  17,
                                      31,    32,   33,  64,  65,  520, 1100};

    for (ULONG size = 0; size < sizeof(sizes) / sizeof(sizes[0]); size++) {
        for (ULONG row = 0; row < sizeof(distances) / sizeof(distances[0]); row++) {
            ULONG from = 1201;
            ULONG to = from + distances[row];
            fill_both();
            move_model(to, from, sizes[size]);
            memmove(area + to, area + from, sizes[size]);
            ok(same(), "memmove of %u by %d", sizes[size], distances[row]);
        }
    }
}

GUEST_TEST(copy)
{
    for (ULONG size = 0; size < sizeof(sizes) / sizeof(sizes[0]); size++) {
        for (ULONG alignment = 0; alignment < 3; alignment++) {
            fill_both();
            move_model(alignment, 1300, sizes[size]);
            ok(memcpy(area + alignment, area + 1300, sizes[size]) == area + alignment, "result");
            ok(same(), "memcpy of %u to %lu", sizes[size], alignment);
        }
    }
}

GUEST_TEST(set)
{
    for (ULONG size = 0; size < sizeof(sizes) / sizeof(sizes[0]); size++) {
        fill_both();
        for (ULONG index = 0; index < sizes[size]; index++)
            model[3 + index] = 0xA5;
        ok(memset(area + 3, 0x7A5, sizes[size]) == area + 3, "result");
        ok(same(), "memset of %u", sizes[size]);
        fill_both();
        for (ULONG index = 0; index < sizes[size]; index++)
            model[3 + index] = 0x11;
        RtlFillMemory(area + 3, sizes[size], 0x11);
        ok(same(), "RtlFillMemory of %u", sizes[size]);
        for (ULONG index = 0; index < sizes[size]; index++)
            model[3 + index] = 0;
        RtlZeroMemory(area + 3, sizes[size]);
        ok(same(), "RtlZeroMemory of %u", sizes[size]);
    }
}

GUEST_TEST(compare)
{
    for (ULONG size = 0; size < sizeof(sizes) / sizeof(sizes[0]); size++) {
        ULONG length = sizes[size];
        fill_both();
        ok_eq_int(memcmp(area, model, length), 0);
        ok_eq_int(RtlCompareMemory(area, model, length), length);
        if (length == 0)
            continue;
        area[length - 1] = 0x80;
        model[length - 1] = 0x7F;
        ok(memcmp(area, model, length) > 0, "unsigned at %lu", length);
        ok(memcmp(model, area, length) < 0, "reversed at %lu", length);
        ok_eq_int(RtlCompareMemory(area, model, length), length - 1);
        ok_eq_int(RtlCompareMemory(area, model, length - 1), length - 1);
    }
}

GUEST_TEST(search)
{
    static const ULONG words[] = {5, 5, 6};

    ok(memchr("abcb", 'b', 4) != NULL, "found");
    ok(memchr("abc", 'c', 2) == NULL, "beyond the size");
    ok(memchr("a\xFF", 0x1FF, 2) != NULL, "low byte counts");
    ok_eq_int(RtlCompareMemoryUlong((PVOID)words, 12, 5), 8);
    ok_eq_int(RtlCompareMemoryUlong((PVOID)words, 7, 5), 4);
    ok_eq_int(RtlCompareMemoryUlong((PVOID)words, 3, 5), 0);
}

GUEST_TEST_FILE(memory, GUEST_ROW(move), GUEST_ROW(copy), GUEST_ROW(set), GUEST_ROW(compare),
                GUEST_ROW(search));
