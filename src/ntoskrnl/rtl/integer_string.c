/*
 * Numbers and GUIDs to and from counted strings.
 */
#include "nt.h"

#include "rtl.h"

NTSTATUS NTAPI RtlIntegerToChar(ULONG value, ULONG base, LONG output_length, PSTR string);

/* The units of the text that a number is read from, whatever their width. */
struct digits {
    const CHAR *narrow; /* terminated; NULL if the text is wide */
    const WCHAR *wide;
    ULONG count; /* of the wide text */
    ULONG next;
};

/* The next unit without taking it; 0 at the end. */
static unsigned peek(const struct digits *digits)
{
    if (digits->narrow != NULL)
        return (UCHAR)digits->narrow[digits->next];
    return digits->next < digits->count ? digits->wide[digits->next] : 0;
}

/* Takes 0x, 0o or 0b and returns the base that it stands for; 10 without prefix. */
static ULONG parse_prefix(struct digits *digits)
{
    ULONG start = digits->next;

    if (peek(digits) == '0') {
        digits->next++;
        switch (peek(digits)) {
        case 'x':
            digits->next++;
            return 16;
        case 'o':
            digits->next++;
            return 8;
        case 'b':
            digits->next++;
            return 2;
        }
    }
    digits->next = start;
    return 10;
}

/* Digits wrap around at 32 bits, and text without digits is 0, as in Windows. */
static NTSTATUS parse(struct digits *digits, ULONG base, ULONG *value)
{
    bool negative = false;
    ULONG result = 0;
    ULONG digit;

    while (peek(digits) != 0 && peek(digits) <= ' ')
        digits->next++;
    if (peek(digits) == '-' || peek(digits) == '+') {
        negative = peek(digits) == '-';
        digits->next++;
    }
    if (base == 0)
        base = parse_prefix(digits);
    else if (base != 2 && base != 8 && base != 10 && base != 16)
        return STATUS_INVALID_PARAMETER;
    if (value == NULL)
        return STATUS_ACCESS_VIOLATION;
    for (; (digit = rtl_digit_value(peek(digits))) < base; digits->next++)
        result = result * base + digit;
    *value = negative ? 0 - result : result;
    return STATUS_SUCCESS;
}

/**
 * Reads a number after white space and a sign, up to the first character that is no digit.
 * @param base 2, 8, 10 or 16; 0 lets the prefix 0x, 0o or 0b decide, and is 10 without one.
 * @param value Receives the low 32 bits.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS, also without any digit; STATUS_INVALID_PARAMETER for another base;
 *          STATUS_ACCESS_VIOLATION for a NULL value.
 * Source: Windows driver documentation, RtlUnicodeStringToInteger.
 */
NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING string, ULONG base, PULONG value)
{
    struct digits digits = {.wide = string->Buffer, .count = string->Length / sizeof(WCHAR)};

    return parse(&digits, base, value);
}
NT_EXPORT(RtlUnicodeStringToInteger, PASSIVE_LEVEL, "Uup");

/**
 * As RtlUnicodeStringToInteger, for a terminated string of bytes.
 * IRQL: PASSIVE_LEVEL.  Returns: as there.
 * Source: Windows driver documentation, RtlCharToInteger.
 */
NTSTATUS NTAPI RtlCharToInteger(PCSZ string, ULONG base, PULONG value)
{
    struct digits digits = {.narrow = string};

    return parse(&digits, base, value);
}
NT_EXPORT(RtlCharToInteger, PASSIVE_LEVEL, "sup");

static bool is_printable_base(ULONG base)
{
    return base == 0 || base == 2 || base == 8 || base == 10 || base == 16;
}

/**
 * Prints a number in upper-case digits.
 * @param base 2, 8, 10 or 16; 0 is 10.
 * @param output_length Size of the buffer. A terminator is written only if there is room. A
 * negative size asks for exactly that many digits, with leading zeros.
 * IRQL: any.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER for another base; STATUS_BUFFER_OVERFLOW if it
 *          does not fit; STATUS_ACCESS_VIOLATION for a NULL buffer.
 * Source: Windows driver documentation, RtlIntegerToUnicodeString (for the digits).
 */
NTSTATUS NTAPI RtlIntegerToChar(ULONG value, ULONG base, LONG output_length, PSTR string)
{
    char digits[32];
    char *end = digits + sizeof(digits);
    char *first;
    LONG count;
    LONG size = output_length < 0 ? -output_length : output_length;

    if (!is_printable_base(base))
        return STATUS_INVALID_PARAMETER;
    first = rtl_digits(value, base == 0 ? 10 : base, true, end);
    count = (LONG)(end - first);
    if (count > size)
        return STATUS_BUFFER_OVERFLOW;
    if (string == NULL)
        return STATUS_ACCESS_VIOLATION;
    if (output_length < 0) {
        memset(string, '0', (SIZE_T)(size - count));
        string += size - count;
    } else if (count < size) {
        string[count] = 0;
    }
    memcpy(string, first, (SIZE_T)count);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlIntegerToChar, HIGH_LEVEL, "uuup");

/**
 * Prints a 64-bit number in upper-case digits, with a terminator.
 * @param base 2, 8, 10 or 16; 0 is 10.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER for another base; STATUS_BUFFER_OVERFLOW if the
 *          digits and the terminator do not fit.
 * Source: Windows driver documentation, RtlInt64ToUnicodeString.
 */
NTSTATUS NTAPI RtlInt64ToUnicodeString(ULONGLONG value, ULONG base, PUNICODE_STRING string)
{
    char digits[64];
    char *end = digits + sizeof(digits);
    char *first;
    USHORT count = 0;

    if (!is_printable_base(base))
        return STATUS_INVALID_PARAMETER;
    first = rtl_digits(value, base == 0 ? 10 : base, true, end);
    if ((SIZE_T)(end - first + 1) * sizeof(WCHAR) > string->MaximumLength)
        return STATUS_BUFFER_OVERFLOW;
    while (first < end)
        string->Buffer[count++] = (WCHAR)*first++;
    string->Buffer[count] = 0;
    string->Length = count * sizeof(WCHAR);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlInt64ToUnicodeString, PASSIVE_LEVEL, "quU");

/**
 * Prints a 32-bit number; otherwise as RtlInt64ToUnicodeString.
 * IRQL: PASSIVE_LEVEL.  Returns: as there.
 * Source: Windows driver documentation, RtlIntegerToUnicodeString.
 */
NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG value, ULONG base, PUNICODE_STRING string)
{
    return RtlInt64ToUnicodeString(value, base, string);
}
NT_EXPORT(RtlIntegerToUnicodeString, PASSIVE_LEVEL, "uuU");

/*
 * Which byte of the structure each pair of digits of the text form stands for: Data1, Data2 and
 * Data3 are little-endian in memory.
 */
static const UCHAR guid_byte_order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

#define GUID_CHARACTERS 38 /* {8-4-4-4-12} */

/* The punctuation at a position of the text form, or 0 where a digit belongs. */
static WCHAR guid_punctuation(ULONG position)
{
    switch (position) {
    case 0:
        return '{';
    case 9:
    case 14:
    case 19:
    case 24:
        return '-';
    case GUID_CHARACTERS - 1:
        return '}';
    default:
        return 0;
    }
}

/**
 * Reads a GUID in the form {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}. What follows is ignored.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER for another form, with the GUID unchanged.
 * Source: Windows driver documentation, RtlGUIDFromString.
 */
NTSTATUS NTAPI RtlGUIDFromString(PUNICODE_STRING string, GUID *guid)
{
    UCHAR bytes[sizeof(GUID)] = {0};
    ULONG digits = 0;

    if (string->Length < GUID_CHARACTERS * sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    for (ULONG position = 0; position < GUID_CHARACTERS; position++) {
        WCHAR expected = guid_punctuation(position);
        unsigned digit = rtl_digit_value(string->Buffer[position]);
        if (expected != 0 ? string->Buffer[position] != expected : digit >= 16)
            return STATUS_INVALID_PARAMETER;
        if (expected == 0) {
            UCHAR *byte = &bytes[guid_byte_order[digits / 2]];
            *byte = (UCHAR)(*byte << 4 | digit);
            digits++;
        }
    }
    memcpy(guid, bytes, sizeof(bytes));
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlGUIDFromString, PASSIVE_LEVEL, "Up");

/**
 * Prints a GUID in lower-case digits and braces, with a terminator, into a new buffer. Free it
 * with RtlFreeUnicodeString.
 * IRQL: PASSIVE_LEVEL.  Returns: STATUS_SUCCESS; STATUS_NO_MEMORY.
 * Source: Windows driver documentation, RtlStringFromGUID.
 */
NTSTATUS NTAPI RtlStringFromGUID(REFGUID guid, PUNICODE_STRING string)
{
    const UCHAR *bytes = (const UCHAR *)guid;
    ULONG digits = 0;

    string->Length = GUID_CHARACTERS * sizeof(WCHAR);
    string->MaximumLength = string->Length + sizeof(WCHAR);
    string->Buffer = rtl_allocate(string->MaximumLength);
    if (string->Buffer == NULL)
        return STATUS_NO_MEMORY;
    for (ULONG position = 0; position < GUID_CHARACTERS; position++) {
        WCHAR character = guid_punctuation(position);
        if (character == 0) {
            UCHAR byte = bytes[guid_byte_order[digits / 2]];
            character = (WCHAR) "0123456789abcdef"[digits % 2 == 0 ? byte >> 4 : byte & 15];
            digits++;
        }
        string->Buffer[position] = character;
    }
    string->Buffer[GUID_CHARACTERS] = 0;
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlStringFromGUID, PASSIVE_LEVEL, "pp");
