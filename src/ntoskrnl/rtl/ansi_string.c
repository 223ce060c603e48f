/*
 * STRING (ANSI_STRING, OEM_STRING): counted strings of bytes.
 *
 * Case here is the case of the ANSI code page: an accented letter has an upper-case partner if that
 * is in the code page too.
 */
#include "nt.h"

#include "rtl.h"

#define MAXIMUM_LENGTH 0xFFFE /* leaves room for the terminator in a USHORT */

BOOLEAN NTAPI RtlPrefixString(const STRING *string1, const STRING *string2,
                              BOOLEAN case_insensitive);
NTSTATUS NTAPI RtlAppendAsciizToString(PSTRING destination, PCSZ source);

/**
 * Makes a counted string of a terminated one, without copying it.
 * @param source NULL gives the empty string. Beyond 65534 characters the length is cut.
 * IRQL: any.  Source: Windows driver documentation, RtlInitAnsiString.
 */
VOID NTAPI RtlInitAnsiString(PANSI_STRING destination, PCSZ source)
{
    SIZE_T length;

    destination->Length = 0;
    destination->MaximumLength = 0;
    destination->Buffer = (PCHAR)(uintptr_t)source;
    if (source == NULL)
        return;
    length = strnlen(source, MAXIMUM_LENGTH);
    destination->Length = (USHORT)length;
    destination->MaximumLength = (USHORT)(length + 1);
}
NT_EXPORT(RtlInitAnsiString, HIGH_LEVEL, "ps");

/**
 * The same as RtlInitAnsiString.
 * IRQL: any.  Source: Windows driver documentation, RtlInitString.
 */
VOID NTAPI RtlInitString(PSTRING destination, PCSZ source)
{
    RtlInitAnsiString(destination, source);
}
NT_EXPORT(RtlInitString, HIGH_LEVEL, "ps");

/**
 * As RtlInitAnsiString, but refuses a string that is too long.
 * IRQL: any.
 * Returns: STATUS_SUCCESS; STATUS_NAME_TOO_LONG beyond 65534 characters, with an empty result.
 * Source: Windows driver documentation, RtlInitAnsiStringEx.
 */
NTSTATUS NTAPI RtlInitAnsiStringEx(PANSI_STRING destination, PCSZ source)
{
    if (source != NULL && strnlen(source, MAXIMUM_LENGTH + 1) > MAXIMUM_LENGTH) {
        *destination = (ANSI_STRING){0};
        return STATUS_NAME_TOO_LONG;
    }
    RtlInitAnsiString(destination, source);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlInitAnsiStringEx, HIGH_LEVEL, "ps");

/**
 * Copies as much of a string as fits. Writes no terminator.
 * @param source NULL empties the destination.
 * IRQL: any, if the strings are resident.
 * Source: Windows driver documentation, RtlCopyString.
 */
VOID NTAPI RtlCopyString(PSTRING destination, const PSTRING source)
{
    USHORT length = 0;

    if (source != NULL) {
        length = source->Length < destination->MaximumLength ? source->Length
                                                             : destination->MaximumLength;
        memmove(destination->Buffer, source->Buffer, length);
    }
    destination->Length = length;
}
NT_EXPORT(RtlCopyString, HIGH_LEVEL, "pA");

/**
 * Maps a character of the ANSI code page to upper case.
 * IRQL: PASSIVE_LEVEL.  Returns: the upper-case form, or the character if the code page has none.
 * Source: Windows driver documentation, RtlUpperChar.
 */
CHAR NTAPI RtlUpperChar(CHAR character)
{
    UCHAR upper;

    if (character >= 'a' && character <= 'z')
        return character - ('a' - 'A');
    if ((UCHAR)character < 0x80 ||
        !rtl_unicode_to_char(RTL_ANSI, rtl_upcase(rtl_char_to_unicode(RTL_ANSI, (UCHAR)character)),
                             &upper))
        return character;
    return (CHAR)upper;
}
NT_EXPORT(RtlUpperChar, PASSIVE_LEVEL, "u");

/**
 * Copies as much of a string as fits, in upper case.
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, RtlUpperString.
 */
VOID NTAPI RtlUpperString(PSTRING destination, const PSTRING source)
{
    USHORT length =
        source->Length < destination->MaximumLength ? source->Length : destination->MaximumLength;

    for (USHORT index = 0; index < length; index++)
        destination->Buffer[index] = RtlUpperChar(source->Buffer[index]);
    destination->Length = length;
}
NT_EXPORT(RtlUpperString, PASSIVE_LEVEL, "pA");

static LONG compare(const CHAR *first, const CHAR *second, USHORT length, bool ignore_case)
{
    for (USHORT index = 0; index < length; index++) {
        UCHAR left = (UCHAR)first[index];
        UCHAR right = (UCHAR)second[index];
        if (left != right && ignore_case) {
            left = (UCHAR)RtlUpperChar((CHAR)left);
            right = (UCHAR)RtlUpperChar((CHAR)right);
        }
        if (left != right)
            return (LONG)left - (LONG)right;
    }
    return 0;
}

/**
 * Compares two strings, by upper-case forms if case does not matter.
 * IRQL: PASSIVE_LEVEL.  Returns: below, equal to or above 0.
 * Source: Windows driver documentation, RtlCompareString.
 */
LONG NTAPI RtlCompareString(const PSTRING string1, const PSTRING string2, BOOLEAN case_insensitive)
{
    USHORT common = string1->Length < string2->Length ? string1->Length : string2->Length;
    LONG result = compare(string1->Buffer, string2->Buffer, common, case_insensitive);

    return result != 0 ? result : (LONG)string1->Length - (LONG)string2->Length;
}
NT_EXPORT(RtlCompareString, PASSIVE_LEVEL, "AAb");

/**
 * Says whether two strings are equal.
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, RtlEqualString.
 */
BOOLEAN NTAPI RtlEqualString(const PSTRING string1, const PSTRING string2, BOOLEAN case_insensitive)
{
    return string1->Length == string2->Length &&
           compare(string1->Buffer, string2->Buffer, string1->Length, case_insensitive) == 0;
}
NT_EXPORT(RtlEqualString, PASSIVE_LEVEL, "AAb");

/**
 * Says whether string2 starts with string1.
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, RtlPrefixString.
 */
BOOLEAN NTAPI RtlPrefixString(const STRING *string1, const STRING *string2,
                              BOOLEAN case_insensitive)
{
    return string1->Length <= string2->Length &&
           compare(string1->Buffer, string2->Buffer, string1->Length, case_insensitive) == 0;
}
NT_EXPORT(RtlPrefixString, PASSIVE_LEVEL, "AAb");

static NTSTATUS append(PSTRING destination, const CHAR *source, SIZE_T length)
{
    SIZE_T total = destination->Length + length;

    if (total > destination->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    memmove(destination->Buffer + destination->Length, source, length);
    destination->Length = (USHORT)total;
    return STATUS_SUCCESS;
}

/**
 * Appends a string. Writes no terminator.
 * IRQL: any, if the strings are resident.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL, with nothing changed, if it does not fit.
 * Source: Windows driver documentation, RtlAppendStringToString.
 */
NTSTATUS NTAPI RtlAppendStringToString(PSTRING destination, const STRING *source)
{
    return append(destination, source->Buffer, source->Length);
}
NT_EXPORT(RtlAppendStringToString, HIGH_LEVEL, "AA");

/**
 * Appends a terminated string. Writes no terminator.
 * @param source NULL appends nothing.
 * IRQL: any, if the strings are resident.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL, with nothing changed, if it does not fit.
 * Source: Windows driver documentation, RtlAppendAsciizToString.
 */
NTSTATUS NTAPI RtlAppendAsciizToString(PSTRING destination, PCSZ source)
{
    return source == NULL ? STATUS_SUCCESS : append(destination, source, strlen(source));
}
NT_EXPORT(RtlAppendAsciizToString, HIGH_LEVEL, "As");

/**
 * Frees the buffer of a string that a routine of this library allocated, and empties the string.
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, RtlFreeAnsiString.
 */
VOID NTAPI RtlFreeAnsiString(PANSI_STRING string)
{
    if (string->Buffer == NULL)
        return;
    rtl_free(string->Buffer);
    *string = (ANSI_STRING){0};
}
NT_EXPORT(RtlFreeAnsiString, PASSIVE_LEVEL, "A");

/**
 * Frees the buffer of a string that a routine of this library allocated. Unlike its relations, it
 * leaves the structure as it is.
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, RtlFreeOemString.
 */
VOID NTAPI RtlFreeOemString(POEM_STRING string)
{
    if (string->Buffer != NULL)
        rtl_free(string->Buffer);
}
NT_EXPORT(RtlFreeOemString, PASSIVE_LEVEL, "A");
