/*
 * UNICODE_STRING: counted UTF-16 strings. Both lengths are in bytes and even; there need not be a
 * terminator, but routines that have room for one write it.
 */
#include "nt.h"

#include "rtl.h"

#define MAXIMUM_BYTES UNICODE_STRING_MAX_BYTES /* 0xFFFE, the highest even USHORT */

/* Since Windows 10, and missing from the headers. */
BOOLEAN NTAPI RtlSuffixUnicodeString(PCUNICODE_STRING string1, PCUNICODE_STRING string2,
                                     BOOLEAN case_insensitive);
PWCHAR NTAPI RtlFindUnicodeSubstring(PCUNICODE_STRING full_string, PCUNICODE_STRING search_string,
                                     BOOLEAN case_insensitive);

LONG rtl_compare_wide(const WCHAR *first, SIZE_T first_length, const WCHAR *second,
                      SIZE_T second_length, bool ignore_case)
{
    SIZE_T common = first_length < second_length ? first_length : second_length;

    for (SIZE_T index = 0; index < common; index++) {
        WCHAR left = first[index];
        WCHAR right = second[index];
        if (left != right && ignore_case) {
            left = rtl_upcase(left);
            right = rtl_upcase(right);
        }
        if (left != right)
            return (LONG)left - (LONG)right;
    }
    return first_length < second_length ? -1 : first_length > second_length;
}

static SIZE_T character_count(PCUNICODE_STRING string)
{
    return string->Length / sizeof(WCHAR);
}

/**
 * Makes a counted string of a terminated one, without copying it.
 * @param source NULL gives the empty string. Beyond 32766 characters the length is cut.
 * IRQL: any.  Source: Windows driver documentation, RtlInitUnicodeString.
 */
VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING destination, PCWSTR source)
{
    SIZE_T bytes;

    destination->Length = 0;
    destination->MaximumLength = 0;
    destination->Buffer = (PWSTR)(uintptr_t)source;
    if (source == NULL)
        return;
    bytes = wcslen(source) * sizeof(WCHAR);
    if (bytes > MAXIMUM_BYTES - sizeof(WCHAR))
        bytes = MAXIMUM_BYTES - sizeof(WCHAR);
    destination->Length = (USHORT)bytes;
    destination->MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
}
NT_EXPORT(RtlInitUnicodeString, HIGH_LEVEL, "pw");

/**
 * As RtlInitUnicodeString, but refuses a string that is too long.
 * IRQL: any.
 * Returns: STATUS_SUCCESS; STATUS_NAME_TOO_LONG beyond 32766 characters, with an empty result.
 * Source: Windows driver documentation, RtlInitUnicodeStringEx.
 */
NTSTATUS NTAPI RtlInitUnicodeStringEx(PUNICODE_STRING destination, PCWSTR source)
{
    if (source != NULL && wcslen(source) * sizeof(WCHAR) > MAXIMUM_BYTES - sizeof(WCHAR)) {
        *destination = (UNICODE_STRING){0};
        return STATUS_NAME_TOO_LONG;
    }
    RtlInitUnicodeString(destination, source);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlInitUnicodeStringEx, HIGH_LEVEL, "pw");

/**
 * Copies as much of a string as fits, and a terminator if there is room.
 * @param source NULL empties the destination.
 * IRQL: any, if the strings are resident.
 * Source: Windows driver documentation, RtlCopyUnicodeString.
 */
VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING destination, PCUNICODE_STRING source)
{
    USHORT bytes = 0;

    if (source != NULL) {
        bytes = source->Length < destination->MaximumLength ? source->Length
                                                            : destination->MaximumLength;
        memmove(destination->Buffer, source->Buffer, bytes);
        if (bytes + sizeof(WCHAR) <= destination->MaximumLength)
            destination->Buffer[bytes / sizeof(WCHAR)] = 0;
    }
    destination->Length = bytes;
}
NT_EXPORT(RtlCopyUnicodeString, HIGH_LEVEL, "pU");

/**
 * Compares two UTF-16 buffers.
 * @param string1_length @param string2_length In characters.
 * IRQL: PASSIVE_LEVEL.  Returns: below, equal to or above 0.
 * Source: Windows driver documentation, RtlCompareUnicodeStrings.
 */
LONG NTAPI RtlCompareUnicodeStrings(PCWCH string1, SIZE_T string1_length, PCWCH string2,
                                    SIZE_T string2_length, BOOLEAN case_insensitive)
{
    return rtl_compare_wide(string1, string1_length, string2, string2_length, case_insensitive);
}
NT_EXPORT(RtlCompareUnicodeStrings, PASSIVE_LEVEL, "wqwqb");

/**
 * Compares two strings, by upper-case forms if case does not matter.
 * IRQL: PASSIVE_LEVEL.  Returns: below, equal to or above 0.
 * Source: Windows driver documentation, RtlCompareUnicodeString.
 */
LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING string1, PCUNICODE_STRING string2,
                                   BOOLEAN case_insensitive)
{
    return rtl_compare_wide(string1->Buffer, character_count(string1), string2->Buffer,
                            character_count(string2), case_insensitive);
}
NT_EXPORT(RtlCompareUnicodeString, PASSIVE_LEVEL, "UUb");

/**
 * Says whether two strings are equal.
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, RtlEqualUnicodeString.
 */
BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING string1, PCUNICODE_STRING string2,
                                    BOOLEAN case_insensitive)
{
    return string1->Length == string2->Length &&
           RtlCompareUnicodeString(string1, string2, case_insensitive) == 0;
}
NT_EXPORT(RtlEqualUnicodeString, PASSIVE_LEVEL, "UUb");

/**
 * Says whether string2 starts with string1.
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, RtlPrefixUnicodeString.
 */
BOOLEAN NTAPI RtlPrefixUnicodeString(PCUNICODE_STRING string1, PCUNICODE_STRING string2,
                                     BOOLEAN case_insensitive)
{
    SIZE_T length = character_count(string1);

    return string1->Length <= string2->Length &&
           rtl_compare_wide(string1->Buffer, length, string2->Buffer, length, case_insensitive) ==
               0;
}
NT_EXPORT(RtlPrefixUnicodeString, PASSIVE_LEVEL, "UUb");

/**
 * Says whether string2 ends with string1.
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, RtlSuffixUnicodeString.
 */
BOOLEAN NTAPI RtlSuffixUnicodeString(PCUNICODE_STRING string1, PCUNICODE_STRING string2,
                                     BOOLEAN case_insensitive)
{
    SIZE_T length = character_count(string1);

    return string1->Length <= string2->Length &&
           rtl_compare_wide(string1->Buffer, length,
                            string2->Buffer + character_count(string2) - length, length,
                            case_insensitive) == 0;
}
NT_EXPORT(RtlSuffixUnicodeString, PASSIVE_LEVEL, "UUb");

/**
 * Finds a string in another one. The empty string is found at the start.
 * IRQL: PASSIVE_LEVEL.  Returns: the address of the first occurrence, or NULL.
 * Source: Windows driver documentation, RtlFindUnicodeSubstring.
 */
PWCHAR NTAPI RtlFindUnicodeSubstring(PCUNICODE_STRING full_string, PCUNICODE_STRING search_string,
                                     BOOLEAN case_insensitive)
{
    SIZE_T length = character_count(search_string);

    for (SIZE_T start = 0; start + length <= character_count(full_string); start++) {
        if (rtl_compare_wide(full_string->Buffer + start, length, search_string->Buffer, length,
                             case_insensitive) == 0)
            return full_string->Buffer + start;
    }
    return NULL;
}
NT_EXPORT(RtlFindUnicodeSubstring, PASSIVE_LEVEL, "UUb");

static NTSTATUS append(PUNICODE_STRING destination, const WCHAR *source, SIZE_T bytes)
{
    SIZE_T total = destination->Length + bytes;

    if (total > destination->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    memmove(destination->Buffer + character_count(destination), source, bytes);
    destination->Length = (USHORT)total;
    if (total + sizeof(WCHAR) <= destination->MaximumLength)
        destination->Buffer[total / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

/**
 * Appends a string, and a terminator if there is room.
 * IRQL: any, if the strings are resident.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL, with nothing changed, if it does not fit.
 * Source: Windows driver documentation, RtlAppendUnicodeStringToString.
 */
NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING destination, PCUNICODE_STRING source)
{
    return append(destination, source->Buffer, source->Length);
}
NT_EXPORT(RtlAppendUnicodeStringToString, HIGH_LEVEL, "UU");

/**
 * Appends a terminated string, and a terminator if there is room.
 * @param source NULL appends nothing.
 * IRQL: any, if the strings are resident.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL, with nothing changed, if it does not fit.
 * Source: Windows driver documentation, RtlAppendUnicodeToString.
 */
NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING destination, PCWSTR source)
{
    return source == NULL ? STATUS_SUCCESS
                          : append(destination, source, wcslen(source) * sizeof(WCHAR));
}
NT_EXPORT(RtlAppendUnicodeToString, HIGH_LEVEL, "Uw");

static NTSTATUS convert_case(PUNICODE_STRING destination, PCUNICODE_STRING source, bool allocate,
                             WCHAR (*map)(WCHAR))
{
    if (allocate) {
        destination->MaximumLength = source->Length;
        destination->Buffer = rtl_allocate(source->Length);
        if (destination->Buffer == NULL)
            return STATUS_NO_MEMORY;
    } else if (source->Length > destination->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (SIZE_T index = 0; index < character_count(source); index++)
        destination->Buffer[index] = map(source->Buffer[index]);
    destination->Length = source->Length;
    return STATUS_SUCCESS;
}

/**
 * Converts a string to upper case. Source and destination may be the same.
 * @param allocate The destination's buffer is allocated; free it with RtlFreeUnicodeString. It has
 * no terminator.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW if it does not fit; STATUS_NO_MEMORY.
 * Source: Windows driver documentation, RtlUpcaseUnicodeString.
 */
NTSTATUS NTAPI RtlUpcaseUnicodeString(PUNICODE_STRING destination, PCUNICODE_STRING source,
                                      BOOLEAN allocate)
{
    return convert_case(destination, source, allocate, rtl_upcase);
}
NT_EXPORT(RtlUpcaseUnicodeString, PASSIVE_LEVEL, "pUb");

/**
 * Converts a string to lower case; otherwise as RtlUpcaseUnicodeString.
 * IRQL: PASSIVE_LEVEL.  Returns: as there.
 * Source: Windows driver documentation, RtlDowncaseUnicodeString.
 */
NTSTATUS NTAPI RtlDowncaseUnicodeString(PUNICODE_STRING destination, PCUNICODE_STRING source,
                                        BOOLEAN allocate)
{
    return convert_case(destination, source, allocate, rtl_downcase);
}
NT_EXPORT(RtlDowncaseUnicodeString, PASSIVE_LEVEL, "pUb");

/**
 * Computes a hash of a string.
 * @param algorithm HASH_STRING_ALGORITHM_DEFAULT (0) or HASH_STRING_ALGORITHM_X65599 (1).
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER for NULL or another algorithm.
 * Source: Windows driver documentation, RtlHashUnicodeString.
 */
NTSTATUS NTAPI RtlHashUnicodeString(PCUNICODE_STRING string, BOOLEAN case_insensitive,
                                    ULONG algorithm, PULONG hash_value)
{
    ULONG hash = 0;

    if (string == NULL || hash_value == NULL)
        return STATUS_INVALID_PARAMETER;
    *hash_value = 0;
    if (algorithm != HASH_STRING_ALGORITHM_DEFAULT && algorithm != HASH_STRING_ALGORITHM_X65599)
        return STATUS_INVALID_PARAMETER;
    for (SIZE_T index = 0; index < character_count(string); index++) {
        WCHAR character = string->Buffer[index];
        hash = hash * 65599 + (case_insensitive ? rtl_upcase(character) : character);
    }
    *hash_value = hash;
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlHashUnicodeString, PASSIVE_LEVEL, "Ubup");

/**
 * Frees the buffer of a string that a routine of this library allocated, and empties the string.
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, RtlFreeUnicodeString.
 */
VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING string)
{
    if (string->Buffer == NULL)
        return;
    rtl_free(string->Buffer);
    *string = (UNICODE_STRING){0};
}
NT_EXPORT(RtlFreeUnicodeString, PASSIVE_LEVEL, "U");

/**
 * Makes a copy of a terminated string, with its terminator. Free it with RtlFreeUnicodeString.
 * IRQL: PASSIVE_LEVEL.
 * Returns: FALSE if it is too long or there is no memory.
 * Source: Windows driver documentation, RtlCreateUnicodeString.
 */
BOOLEAN NTAPI RtlCreateUnicodeString(PUNICODE_STRING destination, PCWSTR source)
{
    SIZE_T bytes = (wcslen(source) + 1) * sizeof(WCHAR);

    if (bytes > MAXIMUM_BYTES)
        return FALSE;
    destination->Buffer = rtl_allocate(bytes);
    if (destination->Buffer == NULL)
        return FALSE;
    memcpy(destination->Buffer, source, bytes);
    destination->MaximumLength = (USHORT)bytes;
    destination->Length = (USHORT)(bytes - sizeof(WCHAR));
    return TRUE;
}
NT_EXPORT(RtlCreateUnicodeString, PASSIVE_LEVEL, "pw");

/**
 * Checks the lengths and the buffer pointer of a string.
 * @param flags Must be 0.  @param string NULL is valid.
 * IRQL: any.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER for other flags, odd lengths, a length beyond
 *          the maximum, or a missing buffer.
 * Source: Windows driver documentation, RtlValidateUnicodeString.
 */
NTSTATUS NTAPI RtlValidateUnicodeString(ULONG flags, PCUNICODE_STRING string)
{
    if (flags != 0)
        return STATUS_INVALID_PARAMETER;
    if (string == NULL)
        return STATUS_SUCCESS;
    if (string->Length % sizeof(WCHAR) != 0 || string->MaximumLength % sizeof(WCHAR) != 0 ||
        string->Length > string->MaximumLength)
        return STATUS_INVALID_PARAMETER;
    if (string->Buffer == NULL && string->MaximumLength != 0)
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlValidateUnicodeString, HIGH_LEVEL, "uU");

/**
 * Copies a string into a new buffer. Free it with RtlFreeUnicodeString.
 * @param flags RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE adds a terminator; with
 * RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING an empty string gets a buffer too.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER; STATUS_NAME_TOO_LONG if the terminator does
 *          not fit; STATUS_NO_MEMORY.
 * Source: Windows driver documentation, RtlDuplicateUnicodeString.
 */
NTSTATUS NTAPI RtlDuplicateUnicodeString(ULONG flags, PCUNICODE_STRING source,
                                         PUNICODE_STRING destination)
{
    bool terminate = flags & RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE;
    bool allocate_empty = flags & RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING;
    USHORT length = source != NULL ? source->Length : 0;
    ULONG maximum = length + (terminate ? sizeof(WCHAR) : 0);

    if (flags > 3 || (allocate_empty && !terminate) || destination == NULL ||
        !NT_SUCCESS(RtlValidateUnicodeString(0, source)))
        return STATUS_INVALID_PARAMETER;
    if (maximum > MAXIMUM_BYTES)
        return STATUS_NAME_TOO_LONG;
    if (length == 0 && !allocate_empty) {
        *destination = (UNICODE_STRING){0};
        return STATUS_SUCCESS;
    }
    destination->Buffer = rtl_allocate(maximum);
    if (destination->Buffer == NULL)
        return STATUS_NO_MEMORY;
    if (length != 0)
        memcpy(destination->Buffer, source->Buffer, length);
    if (terminate)
        destination->Buffer[length / sizeof(WCHAR)] = 0;
    destination->Length = length;
    destination->MaximumLength = (USHORT)maximum;
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlDuplicateUnicodeString, PASSIVE_LEVEL, "uUp");
