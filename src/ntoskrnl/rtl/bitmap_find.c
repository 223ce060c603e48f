/*
 * Searching an RTL_BITMAP: single bits, runs of a wanted length, and the list of clear runs.
 */
#include "nt.h"

#include "bitmap.h"

#define NOT_FOUND 0xFFFFFFFFu

ULONG rtl_bitmap_next(PRTL_BITMAP bitmap, ULONG start, ULONG end, bool set)
{
    while (start < end) {
        ULONG word = bitmap->Buffer[start / RTL_BITMAP_WORD_BITS];
        if (!set)
            word = ~word;
        word >>= start % RTL_BITMAP_WORD_BITS;
        if (word != 0) {
            start += (ULONG)__builtin_ctz(word);
            return start < end ? start : end;
        }
        start = (start / RTL_BITMAP_WORD_BITS + 1) * RTL_BITMAP_WORD_BITS;
    }
    return end;
}

/* The start of the first run of `count` equal bits within [start, end), or NOT_FOUND. */
static ULONG find_run(PRTL_BITMAP bitmap, ULONG start, ULONG end, ULONG count, bool set)
{
    while (start < end && count <= end - start) {
        ULONG first = rtl_bitmap_next(bitmap, start, end, set);
        if (first == end || count > end - first)
            break;
        start = rtl_bitmap_next(bitmap, first, first + count, !set);
        if (start == first + count)
            return first;
    }
    return NOT_FOUND;
}

/* From the hint to the end, then from the beginning for the runs that start before the hint. */
static ULONG find_from_hint(PRTL_BITMAP bitmap, ULONG count, ULONG hint, bool set)
{
    ULONG size = bitmap->SizeOfBitMap;
    ULONG found;
    ULONG end;

    if (hint >= size)
        hint = 0;
    if (count == 0)
        return hint & ~7u;
    if (count > size)
        return NOT_FOUND;
    found = find_run(bitmap, hint, size, count, set);
    if (found != NOT_FOUND || hint == 0)
        return found;
    end = hint + count - 1 < size ? hint + count - 1 : size;
    return find_run(bitmap, 0, end, count, set);
}

/**
 * Finds a run of clear bits.
 * @param hint Where to start; the search goes on at the beginning of the bitmap.
 * IRQL: any.
 * Returns: the index of the first bit of the run; 0xFFFFFFFF if there is none; for a count of 0 the
 *          hint, rounded down to a multiple of 8.
 * Source: Windows driver documentation, RtlFindClearBits.
 */
ULONG NTAPI RtlFindClearBits(PRTL_BITMAP bitmap, ULONG count, ULONG hint)
{
    return find_from_hint(bitmap, count, hint, false);
}
NT_EXPORT(RtlFindClearBits, HIGH_LEVEL, "puu");

/**
 * Finds a run of set bits; otherwise as RtlFindClearBits.
 * IRQL: any.  Source: Windows driver documentation, RtlFindSetBits.
 */
ULONG NTAPI RtlFindSetBits(PRTL_BITMAP bitmap, ULONG count, ULONG hint)
{
    return find_from_hint(bitmap, count, hint, true);
}
NT_EXPORT(RtlFindSetBits, HIGH_LEVEL, "puu");

/**
 * Finds a run of clear bits and sets them; otherwise as RtlFindClearBits.
 * IRQL: any.  Source: Windows driver documentation, RtlFindClearBitsAndSet.
 */
ULONG NTAPI RtlFindClearBitsAndSet(PRTL_BITMAP bitmap, ULONG count, ULONG hint)
{
    ULONG found = find_from_hint(bitmap, count, hint, false);

    if (found != NOT_FOUND)
        RtlSetBits(bitmap, found, count);
    return found;
}
NT_EXPORT(RtlFindClearBitsAndSet, HIGH_LEVEL, "puu");

/**
 * Finds a run of set bits and clears them; otherwise as RtlFindClearBits.
 * IRQL: any.  Source: Windows driver documentation, RtlFindSetBitsAndClear.
 */
ULONG NTAPI RtlFindSetBitsAndClear(PRTL_BITMAP bitmap, ULONG count, ULONG hint)
{
    ULONG found = find_from_hint(bitmap, count, hint, true);

    if (found != NOT_FOUND)
        RtlClearBits(bitmap, found, count);
    return found;
}
NT_EXPORT(RtlFindSetBitsAndClear, HIGH_LEVEL, "puu");

/**
 * Finds the first run of clear bits from an index on.
 * @param start Receives where it starts, or the size of the bitmap if there is none.
 * IRQL: any.  Returns: the length of the run; 0 if there is none.
 * Source: Windows driver documentation, RtlFindNextForwardRunClear.
 */
ULONG NTAPI RtlFindNextForwardRunClear(PRTL_BITMAP bitmap, ULONG from, PULONG start)
{
    ULONG size = bitmap->SizeOfBitMap;

    if (from >= size) {
        *start = from;
        return 0;
    }
    *start = rtl_bitmap_next(bitmap, from, size, false);
    return rtl_bitmap_next(bitmap, *start, size, true) - *start;
}
NT_EXPORT(RtlFindNextForwardRunClear, HIGH_LEVEL, "pup");

/**
 * Finds the first run of clear bits; otherwise as RtlFindNextForwardRunClear.
 * IRQL: any.  Source: Windows driver documentation, RtlFindFirstRunClear.
 */
ULONG NTAPI RtlFindFirstRunClear(PRTL_BITMAP bitmap, PULONG start)
{
    return RtlFindNextForwardRunClear(bitmap, 0, start);
}
NT_EXPORT(RtlFindFirstRunClear, HIGH_LEVEL, "pp");

/**
 * Finds the last run of clear bits that ends at or before an index.
 * @param start Receives where it starts, or `from` if there is none.
 * IRQL: any.  Returns: the length of the run up to `from`; 0 if there is none.
 * Source: Windows driver documentation, RtlFindLastBackwardRunClear.
 */
ULONG NTAPI RtlFindLastBackwardRunClear(PRTL_BITMAP bitmap, ULONG from, PULONG start)
{
    ULONG last = from;
    ULONG first;

    *start = from;
    if (from >= bitmap->SizeOfBitMap)
        return 0;
    while (RtlTestBit(bitmap, last)) {
        if (last-- == 0)
            return 0;
    }
    for (first = last; first > 0 && !RtlTestBit(bitmap, first - 1); first--)
        ;
    *start = first;
    return last - first + 1;
}
NT_EXPORT(RtlFindLastBackwardRunClear, HIGH_LEVEL, "pup");

/* Puts a run in its place in an array sorted by descending length; the shortest may fall out. */
static ULONG insert_by_length(PRTL_BITMAP_RUN runs, ULONG count, ULONG capacity, RTL_BITMAP_RUN run)
{
    ULONG place = count;

    if (count == capacity) {
        if (run.NumberOfBits <= runs[count - 1].NumberOfBits)
            return count;
        place = count - 1;
    }
    for (; place > 0 && runs[place - 1].NumberOfBits < run.NumberOfBits; place--)
        runs[place] = runs[place - 1];
    runs[place] = run;
    return count < capacity ? count + 1 : count;
}

/**
 * Lists runs of clear bits.
 * @param runs Receives them.  @param capacity Elements of the array.
 * @param locate_longest TRUE lists the longest ones, longest first; FALSE the first ones, in order.
 * IRQL: any.  Returns: the number of runs listed.
 * Source: Windows driver documentation, RtlFindClearRuns.
 */
ULONG NTAPI RtlFindClearRuns(PRTL_BITMAP bitmap, PRTL_BITMAP_RUN runs, ULONG capacity,
                             BOOLEAN locate_longest)
{
    RTL_BITMAP_RUN run = {0};
    ULONG count = 0;

    if (capacity == 0)
        return 0;
    while ((run.NumberOfBits = RtlFindNextForwardRunClear(
                bitmap, run.StartingIndex + run.NumberOfBits, &run.StartingIndex)) != 0) {
        if (locate_longest)
            count = insert_by_length(runs, count, capacity, run);
        else
            runs[count++] = run;
        if (!locate_longest && count == capacity)
            break;
    }
    return count;
}
NT_EXPORT(RtlFindClearRuns, HIGH_LEVEL, "ppub");

/**
 * Finds the longest run of clear bits.
 * @param start Receives where it starts; unchanged if there is none.
 * IRQL: any.  Returns: its length; 0 if no bit is clear.
 * Source: Windows driver documentation, RtlFindLongestRunClear.
 */
ULONG NTAPI RtlFindLongestRunClear(PRTL_BITMAP bitmap, PULONG start)
{
    RTL_BITMAP_RUN longest;

    if (RtlFindClearRuns(bitmap, &longest, 1, TRUE) == 0)
        return 0;
    *start = longest.StartingIndex;
    return longest.NumberOfBits;
}
NT_EXPORT(RtlFindLongestRunClear, HIGH_LEVEL, "pp");
