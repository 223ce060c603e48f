/*
 * Memory blocks: the C functions that the compiler itself calls, and the Rtl functions on top.
 *
 * memcpy is memmove, as in Windows for x64, so drivers that copy overlapping blocks with
 * RtlCopyMemory behave as they do there. Small blocks are moved through registers with all loads
 * before the first store; big ones with `rep movsb`, which current processors do a line at a time.
 * A bad address faults inside these functions, and the fault unwinds into the caller's __except.
 */
#include "c_runtime.h"

#include <emmintrin.h>

#include "rtl.h"

#undef RtlFillMemory
#undef RtlZeroMemory
#undef RtlMoveMemory
#undef RtlCopyMemory
#undef RtlCopyMemoryNonTemporal
#undef RtlPrefetchMemoryNonTemporal

VOID NTAPI RtlFillMemory(VOID *destination, SIZE_T length, UCHAR fill);
VOID NTAPI RtlZeroMemory(VOID *destination, SIZE_T length);
VOID NTAPI RtlCopyMemoryNonTemporal(VOID *destination, const VOID *source, SIZE_T length);
VOID NTAPI RtlPrefetchMemoryNonTemporal(PVOID source, SIZE_T length);

/* From this size on, the start-up cost of the string instructions pays off. */
#define STRING_INSTRUCTION_MINIMUM 1024

/* Unaligned loads and stores of the widths that the small cases are built from. */
struct unaligned_16 {
    uint16_t value;
} __attribute__((packed, may_alias));
struct unaligned_32 {
    uint32_t value;
} __attribute__((packed, may_alias));
struct unaligned_64 {
    uint64_t value;
} __attribute__((packed, may_alias));

#define VALUE_AT(type, address) (((struct type *)(address))->value)

static inline __m128i load_16_bytes(const unsigned char *address)
{
    return _mm_loadu_si128((const __m128i *)(const void *)address);
}

static inline void store_16_bytes(unsigned char *address, __m128i value)
{
    _mm_storeu_si128((__m128i *)(void *)address, value);
}

/* Up to 16 bytes: two loads that may overlap in the middle. */
static inline void move_up_to_16(unsigned char *to, const unsigned char *from, size_t size)
{
    if (size >= 8) {
        uint64_t head = VALUE_AT(unaligned_64, from);
        uint64_t tail = VALUE_AT(unaligned_64, from + size - 8);
        VALUE_AT(unaligned_64, to) = head;
        VALUE_AT(unaligned_64, to + size - 8) = tail;
    } else if (size >= 4) {
        uint32_t head = VALUE_AT(unaligned_32, from);
        uint32_t tail = VALUE_AT(unaligned_32, from + size - 4);
        VALUE_AT(unaligned_32, to) = head;
        VALUE_AT(unaligned_32, to + size - 4) = tail;
    } else if (size >= 2) {
        uint16_t head = VALUE_AT(unaligned_16, from);
        uint16_t tail = VALUE_AT(unaligned_16, from + size - 2);
        VALUE_AT(unaligned_16, to) = head;
        VALUE_AT(unaligned_16, to + size - 2) = tail;
    } else if (size == 1) {
        *to = *from;
    }
}

/* More than 16 bytes, destination not inside the source: the last block is read first. */
static inline void move_forward(unsigned char *to, const unsigned char *from, size_t size)
{
    __m128i tail = load_16_bytes(from + size - 16);
    size_t offset = 0;

    for (; offset + 32 <= size; offset += 32) {
        __m128i first = load_16_bytes(from + offset);
        __m128i second = load_16_bytes(from + offset + 16);
        store_16_bytes(to + offset, first);
        store_16_bytes(to + offset + 16, second);
    }
    if (offset + 16 <= size)
        store_16_bytes(to + offset, load_16_bytes(from + offset));
    store_16_bytes(to + size - 16, tail);
}

/* More than 16 bytes, destination inside the source: from the end, the first block read first. */
static inline void move_backward(unsigned char *to, const unsigned char *from, size_t size)
{
    __m128i head = load_16_bytes(from);

    for (; size > 16; size -= 16)
        store_16_bytes(to + size - 16, load_16_bytes(from + size - 16));
    store_16_bytes(to, head);
}

/**
 * Copies a block; source and destination may overlap.
 * @param destination Receives the copy.  @param source The block.  @param size In bytes.
 * IRQL: any.
 * Returns: destination.
 * Source: ISO C, memmove; Windows driver documentation, RtlMoveMemory.
 */
void *memmove(void *destination, const void *source, size_t size)
{
    unsigned char *to = destination;
    const unsigned char *from = source;

    if (size <= 16) {
        move_up_to_16(to, from, size);
    } else if ((uintptr_t)to - (uintptr_t)from < size) {
        move_backward(to, from, size);
    } else if (size < STRING_INSTRUCTION_MINIMUM || (uintptr_t)from - (uintptr_t)to < 64) {
        move_forward(to, from, size);
    } else {
        __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    }
    return destination;
}
NT_EXPORT(memmove, HIGH_LEVEL, "ppq");
NT_EXPORT_AS(RtlMoveMemory, memmove, HIGH_LEVEL, "ppq");
NT_EXPORT_AS(RtlCopyMemory, memmove, HIGH_LEVEL, "ppq");

/**
 * Copies a block. The same code as memmove: see the head of this file.
 * IRQL: any.  Returns: destination.  Source: ISO C, memcpy.
 */
void *memcpy(void *destination, const void *source, size_t size) __attribute__((alias("memmove")));
NT_EXPORT(memcpy, HIGH_LEVEL, "ppq");

/**
 * Fills a block with one byte value.
 * @param value Only its low 8 bits count.  @param size In bytes.
 * IRQL: any.  Returns: destination.  Source: ISO C, memset.
 */
void *memset(void *destination, int value, size_t size)
{
    unsigned char *to = destination;
    uint64_t pattern = (unsigned char)value * 0x0101010101010101ull;

    if (size >= STRING_INSTRUCTION_MINIMUM) {
        __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
    } else if (size >= 16) {
        __m128i block = _mm_set1_epi8((char)value);
        for (size_t offset = 0; offset + 16 <= size; offset += 16)
            store_16_bytes(to + offset, block);
        store_16_bytes(to + size - 16, block);
    } else if (size >= 8) {
        VALUE_AT(unaligned_64, to) = pattern;
        VALUE_AT(unaligned_64, to + size - 8) = pattern;
    } else if (size >= 4) {
        VALUE_AT(unaligned_32, to) = (uint32_t)pattern;
        VALUE_AT(unaligned_32, to + size - 4) = (uint32_t)pattern;
    } else if (size >= 2) {
        VALUE_AT(unaligned_16, to) = (uint16_t)pattern;
        VALUE_AT(unaligned_16, to + size - 2) = (uint16_t)pattern;
    } else if (size == 1) {
        *to = (unsigned char)value;
    }
    return destination;
}
NT_EXPORT(memset, HIGH_LEVEL, "puq");

/* The offset of the first byte that differs, or `size`. */
static size_t first_difference(const unsigned char *first, const unsigned char *second, size_t size)
{
    size_t offset = 0;

    for (; offset + 16 <= size; offset += 16) {
        __m128i equal =
            _mm_cmpeq_epi8(load_16_bytes(first + offset), load_16_bytes(second + offset));
        unsigned differing = (unsigned)_mm_movemask_epi8(equal) ^ 0xFFFF;
        if (differing)
            return offset + (size_t)__builtin_ctz(differing);
    }
    while (offset < size && first[offset] == second[offset])
        offset++;
    return offset;
}

/**
 * Compares two blocks as unsigned bytes.
 * IRQL: any.  Returns: below, equal to or above 0.  Source: ISO C, memcmp.
 */
int memcmp(const void *first, const void *second, size_t size)
{
    size_t offset = first_difference(first, second, size);

    if (offset == size)
        return 0;
    return ((const unsigned char *)first)[offset] < ((const unsigned char *)second)[offset] ? -1
                                                                                            : 1;
}
NT_EXPORT(memcmp, HIGH_LEVEL, "ppq");

/**
 * Finds a byte in a block.
 * IRQL: any.  Returns: its address, or NULL.  Source: ISO C, memchr.
 */
void *memchr(const void *block, int value, size_t size)
{
    const unsigned char *byte = block;

    for (; size != 0; byte++, size--) {
        if (*byte == (unsigned char)value)
            return (void *)(uintptr_t)byte;
    }
    return NULL;
}
NT_EXPORT(memchr, HIGH_LEVEL, "puq");

/**
 * Counts the leading bytes that two blocks have in common.
 * @param length Of both blocks, in bytes.
 * IRQL: any, if both blocks are resident.
 * Returns: the number of equal bytes; `length` if the blocks are equal.
 * Source: Windows driver documentation, RtlCompareMemory.
 */
SIZE_T NTAPI RtlCompareMemory(const VOID *source1, const VOID *source2, SIZE_T length)
{
    return first_difference(source1, source2, length);
}
NT_EXPORT(RtlCompareMemory, HIGH_LEVEL, "ppq");

/**
 * Counts how many leading bytes of a block repeat a 32-bit pattern.
 * @param source Aligned to 4 bytes.  @param length In bytes; a remainder below 4 is not looked at.
 * IRQL: any.  Returns: the number of equal bytes, a multiple of 4.
 * Source: Windows driver documentation, RtlCompareMemoryUlong.
 */
SIZE_T NTAPI RtlCompareMemoryUlong(PVOID source, SIZE_T length, ULONG pattern)
{
    const ULONG *value = source;
    SIZE_T count = length / sizeof(ULONG);
    SIZE_T index = 0;

    while (index < count && value[index] == pattern)
        index++;
    return index * sizeof(ULONG);
}
NT_EXPORT(RtlCompareMemoryUlong, HIGH_LEVEL, "pqu");

/**
 * Fills a block with one byte value. Unlike memset, the length comes before the value.
 * IRQL: any.  Source: Windows driver documentation, RtlFillMemory.
 */
VOID NTAPI RtlFillMemory(VOID *destination, SIZE_T length, UCHAR fill)
{
    memset(destination, fill, length);
}
NT_EXPORT(RtlFillMemory, HIGH_LEVEL, "pqu");

/**
 * Clears a block.
 * IRQL: any.  Source: Windows driver documentation, RtlZeroMemory.
 */
VOID NTAPI RtlZeroMemory(VOID *destination, SIZE_T length)
{
    memset(destination, 0, length);
}
NT_EXPORT(RtlZeroMemory, HIGH_LEVEL, "pq");

/**
 * Copies a block that will not be read again soon. The blocks must not overlap.
 * IRQL: any.
 * Differs from NT: the copy goes through the cache; only its speed could tell.
 * Source: Windows driver documentation, RtlCopyMemoryNonTemporal.
 */
VOID NTAPI RtlCopyMemoryNonTemporal(VOID *destination, const VOID *source, SIZE_T length)
{
    memmove(destination, source, length);
}
NT_EXPORT(RtlCopyMemoryNonTemporal, HIGH_LEVEL, "ppq");

/**
 * Brings a block into the cache without keeping it in the outer levels.
 * IRQL: any; a bad address is ignored.
 * Source: Windows driver documentation, RtlPrefetchMemoryNonTemporal.
 */
VOID NTAPI RtlPrefetchMemoryNonTemporal(PVOID source, SIZE_T length)
{
    for (SIZE_T offset = 0; offset < length; offset += 64)
        _mm_prefetch((const char *)source + offset, _MM_HINT_NTA);
}
NT_EXPORT(RtlPrefetchMemoryNonTemporal, HIGH_LEVEL, "pq");
