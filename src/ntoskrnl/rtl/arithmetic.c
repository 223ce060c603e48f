/*
 * Bit searches, byte swaps, checksums and locally unique identifiers.
 *
 * The 64-bit arithmetic (RtlExtendedMagicDivide and its relations) is inline on x64 and not
 * exported.
 */
#include "nt.h"

#undef RtlUshortByteSwap
#undef RtlUlongByteSwap
#undef RtlUlonglongByteSwap
#undef RtlEqualLuid

USHORT NTAPI RtlUshortByteSwap(USHORT source);
ULONG NTAPI RtlUlongByteSwap(ULONG source);
ULONGLONG NTAPI RtlUlonglongByteSwap(ULONGLONG source);
BOOLEAN NTAPI RtlEqualLuid(PLUID luid1, PLUID luid2);
ULONG NTAPI RtlComputeCrc32(ULONG initial, const VOID *buffer, ULONG size);
ULONG NTAPI RtlCrc32(const VOID *buffer, SIZE_T size, ULONG initial);
ULONGLONG NTAPI RtlCrc64(const VOID *buffer, SIZE_T size, ULONGLONG initial);

/**
 * The index of the highest set bit.
 * IRQL: any.  Returns: 0 to 63, or -1 if no bit is set.
 * Source: Windows driver documentation, RtlFindMostSignificantBit.
 */
CCHAR NTAPI RtlFindMostSignificantBit(ULONGLONG set)
{
    return set != 0 ? (CCHAR)(63 - __builtin_clzll(set)) : -1;
}
NT_EXPORT(RtlFindMostSignificantBit, HIGH_LEVEL, "q");

/**
 * The index of the lowest set bit.
 * IRQL: any.  Returns: 0 to 63, or -1 if no bit is set.
 * Source: Windows driver documentation, RtlFindLeastSignificantBit.
 */
CCHAR NTAPI RtlFindLeastSignificantBit(ULONGLONG set)
{
    return set != 0 ? (CCHAR)__builtin_ctzll(set) : -1;
}
NT_EXPORT(RtlFindLeastSignificantBit, HIGH_LEVEL, "q");

/** Reverses 2 bytes. IRQL: any.  Source: Windows driver documentation, RtlUshortByteSwap. */
USHORT NTAPI RtlUshortByteSwap(USHORT source)
{
    return __builtin_bswap16(source);
}
NT_EXPORT(RtlUshortByteSwap, HIGH_LEVEL, "u");

/** Reverses 4 bytes. IRQL: any.  Source: Windows driver documentation, RtlUlongByteSwap. */
ULONG NTAPI RtlUlongByteSwap(ULONG source)
{
    return __builtin_bswap32(source);
}
NT_EXPORT(RtlUlongByteSwap, HIGH_LEVEL, "u");

/** Reverses 8 bytes. IRQL: any.  Source: Windows driver documentation, RtlUlonglongByteSwap. */
ULONGLONG NTAPI RtlUlonglongByteSwap(ULONGLONG source)
{
    return __builtin_bswap64(source);
}
NT_EXPORT(RtlUlonglongByteSwap, HIGH_LEVEL, "q");

/** Copies a LUID. IRQL: any.  Source: Windows driver documentation, RtlCopyLuid. */
VOID NTAPI RtlCopyLuid(PLUID destination, PLUID source)
{
    *destination = *source;
}
NT_EXPORT(RtlCopyLuid, HIGH_LEVEL, "pp");

/** Says whether two LUIDs are equal. IRQL: any.  Source: Windows driver documentation. */
BOOLEAN NTAPI RtlEqualLuid(PLUID luid1, PLUID luid2)
{
    return luid1->LowPart == luid2->LowPart && luid1->HighPart == luid2->HighPart;
}
NT_EXPORT(RtlEqualLuid, HIGH_LEVEL, "pp");

/* A cyclic redundancy check over reflected bits; the polynomial is reflected too. */
static ULONGLONG reflected_crc(ULONGLONG crc, ULONGLONG polynomial, const UCHAR *bytes, SIZE_T size)
{
    for (; size != 0; bytes++, size--) {
        crc ^= *bytes;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
    }
    return crc;
}

/**
 * The CRC-32 of IEEE 802.3, as ZIP has it. Calls can be chained through `initial`.
 * @param initial 0, or the result of the blocks before.  @param size In bytes.
 * IRQL: any.  Source: the exports of ntoskrnl.exe.
 */
ULONG NTAPI RtlComputeCrc32(ULONG initial, const VOID *buffer, ULONG size)
{
    return ~(ULONG)reflected_crc((ULONG)~initial, 0xEDB88320, buffer, size);
}
NT_EXPORT(RtlComputeCrc32, HIGH_LEVEL, "upu");

/**
 * RtlComputeCrc32 with its arguments in another order.
 * IRQL: any.  Source: Windows driver documentation, RtlCrc32.
 */
ULONG NTAPI RtlCrc32(const VOID *buffer, SIZE_T size, ULONG initial)
{
    return ~(ULONG)reflected_crc((ULONG)~initial, 0xEDB88320, buffer, size);
}
NT_EXPORT(RtlCrc32, HIGH_LEVEL, "pqu");

/**
 * A 64-bit cyclic redundancy check with the polynomial of ECMA-182.
 * @param initial 0, or the result of the blocks before.  @param size In bytes.
 * IRQL: any.
 * Differs from NT: the polynomial of Windows is not documented; compare results of one system only.
 * Source: Windows driver documentation, RtlCrc64.
 */
ULONGLONG NTAPI RtlCrc64(const VOID *buffer, SIZE_T size, ULONGLONG initial)
{
    return ~reflected_crc(~initial, 0xC96C5795D7870F42, buffer, size);
}
NT_EXPORT(RtlCrc64, HIGH_LEVEL, "pqq");
