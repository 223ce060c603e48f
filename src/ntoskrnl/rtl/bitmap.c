/*
 * RTL_BITMAP: setting, clearing, testing and counting bits. bitmap_find.c searches.
 *
 * Bit n is bit n % 32 of the 32-bit word n / 32. The bits of the last word beyond SizeOfBitMap
 * belong to nobody: they are neither looked at nor, except by the AllBits routines, changed. As in
 * Windows, indexes are not checked: a caller that passes the size writes outside its buffer.
 */
#include "nt.h"

#include "bitmap.h"

static ULONG word_count(PRTL_BITMAP bitmap)
{
    return (bitmap->SizeOfBitMap + RTL_BITMAP_WORD_BITS - 1) / RTL_BITMAP_WORD_BITS;
}

/* A word with the bits set that lie in [first, end) of the bitmap's word number `word`. */
static ULONG range_mask(ULONG word, ULONG first, ULONG end)
{
    ULONG start = word * RTL_BITMAP_WORD_BITS;
    ULONG mask = ~0u;

    if (first > start)
        mask &= ~0u << (first - start);
    if (end - start < RTL_BITMAP_WORD_BITS)
        mask &= (1u << (end - start)) - 1;
    return mask;
}

/**
 * Describes a buffer as a bitmap, without changing the buffer.
 * @param buffer Aligned to 4 bytes, a multiple of 4 bytes long.  @param size In bits.
 * IRQL: any.  Source: Windows driver documentation, RtlInitializeBitMap.
 */
VOID NTAPI RtlInitializeBitMap(PRTL_BITMAP bitmap, PULONG buffer, ULONG size)
{
    bitmap->SizeOfBitMap = size;
    bitmap->Buffer = buffer;
}
NT_EXPORT(RtlInitializeBitMap, HIGH_LEVEL, "ppu");

/** Clears all bits. IRQL: any.  Source: Windows driver documentation, RtlClearAllBits. */
VOID NTAPI RtlClearAllBits(PRTL_BITMAP bitmap)
{
    memset(bitmap->Buffer, 0, word_count(bitmap) * sizeof(ULONG));
}
NT_EXPORT(RtlClearAllBits, HIGH_LEVEL, "p");

/** Sets all bits. IRQL: any.  Source: Windows driver documentation, RtlSetAllBits. */
VOID NTAPI RtlSetAllBits(PRTL_BITMAP bitmap)
{
    memset(bitmap->Buffer, 0xFF, word_count(bitmap) * sizeof(ULONG));
}
NT_EXPORT(RtlSetAllBits, HIGH_LEVEL, "p");

/** Sets one bit. IRQL: any.  Source: Windows driver documentation, RtlSetBit. */
VOID NTAPI RtlSetBit(PRTL_BITMAP bitmap, ULONG bit)
{
    bitmap->Buffer[bit / RTL_BITMAP_WORD_BITS] |= 1u << bit % RTL_BITMAP_WORD_BITS;
}
NT_EXPORT(RtlSetBit, HIGH_LEVEL, "pu");

/** Clears one bit. IRQL: any.  Source: Windows driver documentation, RtlClearBit. */
VOID NTAPI RtlClearBit(PRTL_BITMAP bitmap, ULONG bit)
{
    bitmap->Buffer[bit / RTL_BITMAP_WORD_BITS] &= ~(1u << bit % RTL_BITMAP_WORD_BITS);
}
NT_EXPORT(RtlClearBit, HIGH_LEVEL, "pu");

/** Says whether a bit is set. IRQL: any.  Source: Windows driver documentation, RtlTestBit. */
BOOLEAN NTAPI RtlTestBit(PRTL_BITMAP bitmap, ULONG bit)
{
    return bitmap->Buffer[bit / RTL_BITMAP_WORD_BITS] >> bit % RTL_BITMAP_WORD_BITS & 1;
}
NT_EXPORT(RtlTestBit, HIGH_LEVEL, "pu");

/** Sets `count` bits from `start` on. IRQL: any.  Source: Windows driver documentation, RtlSetBits.
 */
VOID NTAPI RtlSetBits(PRTL_BITMAP bitmap, ULONG start, ULONG count)
{
    ULONG end = start + count;

    for (ULONG word = start / RTL_BITMAP_WORD_BITS; word * RTL_BITMAP_WORD_BITS < end; word++)
        bitmap->Buffer[word] |= range_mask(word, start, end);
}
NT_EXPORT(RtlSetBits, HIGH_LEVEL, "puu");

/**
 * Clears `count` bits from `start` on.
 * IRQL: any.  Source: Windows driver documentation, RtlClearBits.
 */
VOID NTAPI RtlClearBits(PRTL_BITMAP bitmap, ULONG start, ULONG count)
{
    ULONG end = start + count;

    for (ULONG word = start / RTL_BITMAP_WORD_BITS; word * RTL_BITMAP_WORD_BITS < end; word++)
        bitmap->Buffer[word] &= ~range_mask(word, start, end);
}
NT_EXPORT(RtlClearBits, HIGH_LEVEL, "puu");

static ULONG count_set(PRTL_BITMAP bitmap, ULONG start, ULONG end)
{
    ULONG count = 0;

    for (ULONG word = start / RTL_BITMAP_WORD_BITS; word * RTL_BITMAP_WORD_BITS < end; word++)
        count += (ULONG)__builtin_popcount(bitmap->Buffer[word] & range_mask(word, start, end));
    return count;
}

/** Counts the set bits. IRQL: any.  Source: Windows driver documentation, RtlNumberOfSetBits. */
ULONG NTAPI RtlNumberOfSetBits(PRTL_BITMAP bitmap)
{
    return count_set(bitmap, 0, bitmap->SizeOfBitMap);
}
NT_EXPORT(RtlNumberOfSetBits, HIGH_LEVEL, "p");

/** Counts the clear bits. IRQL: any.  Source: Windows driver documentation, RtlNumberOfClearBits.
 */
ULONG NTAPI RtlNumberOfClearBits(PRTL_BITMAP bitmap)
{
    return bitmap->SizeOfBitMap - RtlNumberOfSetBits(bitmap);
}
NT_EXPORT(RtlNumberOfClearBits, HIGH_LEVEL, "p");

/**
 * Counts the set bits of a number.
 * IRQL: any.  Source: Windows driver documentation, RtlNumberOfSetBitsUlongPtr.
 */
ULONG NTAPI RtlNumberOfSetBitsUlongPtr(ULONG_PTR target)
{
    return (ULONG)__builtin_popcountll(target);
}
NT_EXPORT(RtlNumberOfSetBitsUlongPtr, HIGH_LEVEL, "q");

static bool is_range(PRTL_BITMAP bitmap, ULONG start, ULONG length)
{
    return length != 0 && start < bitmap->SizeOfBitMap && length <= bitmap->SizeOfBitMap - start;
}

/**
 * Says whether all bits of a range are clear.
 * IRQL: any.  Returns: FALSE also for an empty range or one that is not in the bitmap.
 * Source: Windows driver documentation, RtlAreBitsClear.
 */
BOOLEAN NTAPI RtlAreBitsClear(PRTL_BITMAP bitmap, ULONG start, ULONG length)
{
    return is_range(bitmap, start, length) &&
           rtl_bitmap_next(bitmap, start, start + length, true) == start + length;
}
NT_EXPORT(RtlAreBitsClear, HIGH_LEVEL, "puu");

/**
 * Says whether all bits of a range are set.
 * IRQL: any.  Returns: FALSE also for an empty range or one that is not in the bitmap.
 * Source: Windows driver documentation, RtlAreBitsSet.
 */
BOOLEAN NTAPI RtlAreBitsSet(PRTL_BITMAP bitmap, ULONG start, ULONG length)
{
    return is_range(bitmap, start, length) &&
           rtl_bitmap_next(bitmap, start, start + length, false) == start + length;
}
NT_EXPORT(RtlAreBitsSet, HIGH_LEVEL, "puu");
