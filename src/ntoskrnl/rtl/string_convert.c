/*
 * STRING to and from UNICODE_STRING, for both code pages.
 *
 * All conversions to text with a terminator count it in the needed size but not in Length; the
 * "counted" ones have none. What was allocated here goes back through RtlFreeUnicodeString,
 * RtlFreeAnsiString or RtlFreeOemString.
 */
#include "nt.h"

#include "rtl.h"

enum {
    UPCASE = 1,           /* convert to upper case first */
    COUNTED = 2,          /* no terminator */
    MUST_BE_MAPPABLE = 4, /* fail if the code page lacks a character */
};

NTSTATUS NTAPI RtlUpcaseUnicodeStringToAnsiString(PANSI_STRING destination, PCUNICODE_STRING source,
                                                  BOOLEAN allocate);

/* Bytes to UTF-16. */
static NTSTATUS widen(enum rtl_code_page page, unsigned flags, PUNICODE_STRING destination,
                      const STRING *source, bool allocate)
{
    ULONG length = source->Length * (ULONG)sizeof(WCHAR);
    ULONG size = length + (flags & COUNTED ? 0 : (ULONG)sizeof(WCHAR));

    if (size > UNICODE_STRING_MAX_BYTES)
        return STATUS_INVALID_PARAMETER_2;
    if (allocate) {
        destination->Buffer = rtl_allocate(size);
        if (destination->Buffer == NULL)
            return STATUS_NO_MEMORY;
        destination->MaximumLength = (USHORT)size;
    } else if (size > destination->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (USHORT index = 0; index < source->Length; index++)
        destination->Buffer[index] = rtl_char_to_unicode(page, (UCHAR)source->Buffer[index]);
    if (!(flags & COUNTED))
        destination->Buffer[source->Length] = 0;
    destination->Length = (USHORT)length;
    return STATUS_SUCCESS;
}

static WCHAR source_character(PCUNICODE_STRING source, ULONG index, unsigned flags)
{
    return flags & UPCASE ? rtl_upcase(source->Buffer[index]) : source->Buffer[index];
}

static bool is_mappable(enum rtl_code_page page, unsigned flags, PCUNICODE_STRING source)
{
    UCHAR ignored;

    for (ULONG index = 0; index < source->Length / sizeof(WCHAR); index++) {
        if (!rtl_unicode_to_char(page, source_character(source, index, flags), &ignored))
            return false;
    }
    return true;
}

/*
 * UTF-16 to bytes. Into a caller's buffer that is too small for a terminated result it writes what
 * fits, as Windows does.
 */
static NTSTATUS narrow(enum rtl_code_page page, unsigned flags, PSTRING destination,
                       PCUNICODE_STRING source, bool allocate)
{
    ULONG terminator = flags & COUNTED ? 0 : 1;
    ULONG length = source->Length / sizeof(WCHAR);
    NTSTATUS status = STATUS_SUCCESS;

    if ((flags & MUST_BE_MAPPABLE) && !is_mappable(page, flags, source))
        return STATUS_UNMAPPABLE_CHARACTER;
    if (allocate) {
        destination->Buffer = rtl_allocate(length + terminator);
        if (destination->Buffer == NULL)
            return STATUS_NO_MEMORY;
        destination->MaximumLength = (USHORT)(length + terminator);
    } else if (length + terminator > destination->MaximumLength) {
        if (destination->MaximumLength == 0 || terminator == 0)
            return STATUS_BUFFER_OVERFLOW;
        length = destination->MaximumLength - 1u;
        status = STATUS_BUFFER_OVERFLOW;
    }
    for (ULONG index = 0; index < length; index++)
        rtl_unicode_to_char(page, source_character(source, index, flags),
                            (UCHAR *)&destination->Buffer[index]);
    if (terminator)
        destination->Buffer[length] = 0;
    destination->Length = (USHORT)length;
    return status;
}

/**
 * Converts an ANSI string to UTF-16, with a terminator.
 * @param allocate The destination's buffer is allocated; free it with RtlFreeUnicodeString.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW if it does not fit; STATUS_NO_MEMORY;
 *          STATUS_INVALID_PARAMETER_2 if the result would be longer than a string can be.
 * Source: Windows driver documentation, RtlAnsiStringToUnicodeString.
 */
NTSTATUS NTAPI RtlAnsiStringToUnicodeString(PUNICODE_STRING destination, PANSI_STRING source,
                                            BOOLEAN allocate)
{
    return widen(RTL_ANSI, 0, destination, source, allocate);
}
NT_EXPORT(RtlAnsiStringToUnicodeString, PASSIVE_LEVEL, "pAb");

/**
 * Converts an OEM string to UTF-16, with a terminator.
 * @param allocate The destination's buffer is allocated; free it with RtlFreeUnicodeString.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW if it does not fit; STATUS_NO_MEMORY;
 *          STATUS_INVALID_PARAMETER_2 if the result would be longer than a string can be.
 * Source: Windows driver documentation, RtlOemStringToUnicodeString.
 */
NTSTATUS NTAPI RtlOemStringToUnicodeString(PUNICODE_STRING destination, PCOEM_STRING source,
                                           BOOLEAN allocate)
{
    return widen(RTL_OEM, 0, destination, source, allocate);
}
NT_EXPORT(RtlOemStringToUnicodeString, PASSIVE_LEVEL, "pAb");

/**
 * Converts an OEM string to UTF-16, without terminator.
 * @param allocate The destination's buffer is allocated; free it with RtlFreeUnicodeString.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW if it does not fit; STATUS_NO_MEMORY;
 *          STATUS_INVALID_PARAMETER_2 if the result would be longer than a string can be.
 * Source: Windows driver documentation, RtlOemStringToCountedUnicodeString.
 */
NTSTATUS NTAPI RtlOemStringToCountedUnicodeString(PUNICODE_STRING destination, PCOEM_STRING source,
                                                  BOOLEAN allocate)
{
    return widen(RTL_OEM, COUNTED, destination, source, allocate);
}
NT_EXPORT(RtlOemStringToCountedUnicodeString, PASSIVE_LEVEL, "pAb");

/**
 * Converts a string to the ANSI code page, with a terminator.
 * @param allocate The destination's buffer is allocated; free it with RtlFreeAnsiString.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW if it does not fit (what fits is written);
 *          STATUS_NO_MEMORY.
 * Source: Windows driver documentation, RtlUnicodeStringToAnsiString.
 */
NTSTATUS NTAPI RtlUnicodeStringToAnsiString(PANSI_STRING destination, PCUNICODE_STRING source,
                                            BOOLEAN allocate)
{
    return narrow(RTL_ANSI, 0, destination, source, allocate);
}
NT_EXPORT(RtlUnicodeStringToAnsiString, PASSIVE_LEVEL, "pUb");

/**
 * Converts a string to upper case and the ANSI code page, with a terminator.
 * @param allocate The destination's buffer is allocated; free it with RtlFreeAnsiString.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW if it does not fit (what fits is written);
 *          STATUS_NO_MEMORY.
 * Source: Windows driver documentation, RtlUpcaseUnicodeStringToAnsiString.
 */
NTSTATUS NTAPI RtlUpcaseUnicodeStringToAnsiString(PANSI_STRING destination, PCUNICODE_STRING source,
                                                  BOOLEAN allocate)
{
    return narrow(RTL_ANSI, UPCASE, destination, source, allocate);
}
NT_EXPORT(RtlUpcaseUnicodeStringToAnsiString, PASSIVE_LEVEL, "pUb");

/**
 * Converts a string to the OEM code page, with a terminator.
 * @param allocate The destination's buffer is allocated; free it with RtlFreeOemString.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW if it does not fit (what fits is written);
 *          STATUS_NO_MEMORY.
 * Source: Windows driver documentation, RtlUnicodeStringToOemString.
 */
NTSTATUS NTAPI RtlUnicodeStringToOemString(POEM_STRING destination, PCUNICODE_STRING source,
                                           BOOLEAN allocate)
{
    return narrow(RTL_OEM, 0, destination, source, allocate);
}
NT_EXPORT(RtlUnicodeStringToOemString, PASSIVE_LEVEL, "pUb");

/**
 * Converts a string to upper case and the OEM code page, with a terminator.
 * @param allocate The destination's buffer is allocated; free it with RtlFreeOemString.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW if it does not fit (what fits is written);
 *          STATUS_NO_MEMORY;
 *          STATUS_UNMAPPABLE_CHARACTER if the code page lacks a character.
 * Source: Windows driver documentation, RtlUpcaseUnicodeStringToOemString.
 */
NTSTATUS NTAPI RtlUpcaseUnicodeStringToOemString(POEM_STRING destination, PCUNICODE_STRING source,
                                                 BOOLEAN allocate)
{
    return narrow(RTL_OEM, UPCASE | MUST_BE_MAPPABLE, destination, source, allocate);
}
NT_EXPORT(RtlUpcaseUnicodeStringToOemString, PASSIVE_LEVEL, "pUb");

/**
 * Converts a string to the OEM code page, without terminator.
 * @param allocate The destination's buffer is allocated; free it with RtlFreeOemString.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW if it does not fit;
 *          STATUS_NO_MEMORY;
 *          STATUS_UNMAPPABLE_CHARACTER if the code page lacks a character.
 * Source: Windows driver documentation, RtlUnicodeStringToCountedOemString.
 */
NTSTATUS NTAPI RtlUnicodeStringToCountedOemString(POEM_STRING destination, PCUNICODE_STRING source,
                                                  BOOLEAN allocate)
{
    return narrow(RTL_OEM, COUNTED | MUST_BE_MAPPABLE, destination, source, allocate);
}
NT_EXPORT(RtlUnicodeStringToCountedOemString, PASSIVE_LEVEL, "pUb");

/**
 * Converts a string to upper case and the OEM code page, without terminator.
 * @param allocate The destination's buffer is allocated; free it with RtlFreeOemString.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW if it does not fit;
 *          STATUS_NO_MEMORY;
 *          STATUS_UNMAPPABLE_CHARACTER if the code page lacks a character.
 * Source: Windows driver documentation, RtlUpcaseUnicodeStringToCountedOemString.
 */
NTSTATUS NTAPI RtlUpcaseUnicodeStringToCountedOemString(POEM_STRING destination,
                                                        PCUNICODE_STRING source, BOOLEAN allocate)
{
    return narrow(RTL_OEM, UPCASE | COUNTED | MUST_BE_MAPPABLE, destination, source, allocate);
}
NT_EXPORT(RtlUpcaseUnicodeStringToCountedOemString, PASSIVE_LEVEL, "pUb");

/**
 * Computes the bytes that the converted string needs, with its terminator.
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, RtlxAnsiStringToUnicodeSize.
 */
ULONG NTAPI RtlxAnsiStringToUnicodeSize(PCANSI_STRING string)
{
    return (string->Length + 1u) * (ULONG)sizeof(WCHAR);
}
NT_EXPORT(RtlxAnsiStringToUnicodeSize, PASSIVE_LEVEL, "A");

/**
 * Computes the bytes that the converted string needs, with its terminator.
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, RtlxOemStringToUnicodeSize.
 */
ULONG NTAPI RtlxOemStringToUnicodeSize(PCOEM_STRING string)
{
    return (string->Length + 1u) * (ULONG)sizeof(WCHAR);
}
NT_EXPORT(RtlxOemStringToUnicodeSize, PASSIVE_LEVEL, "A");

/**
 * Computes the bytes that the converted string needs, with its terminator.
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, RtlxUnicodeStringToAnsiSize.
 */
ULONG NTAPI RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING string)
{
    return string->Length / (ULONG)sizeof(WCHAR) + 1;
}
NT_EXPORT(RtlxUnicodeStringToAnsiSize, PASSIVE_LEVEL, "U");

/**
 * Computes the bytes that the converted string needs, with its terminator.
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, RtlxUnicodeStringToOemSize.
 */
ULONG NTAPI RtlxUnicodeStringToOemSize(PCUNICODE_STRING string)
{
    return string->Length / (ULONG)sizeof(WCHAR) + 1;
}
NT_EXPORT(RtlxUnicodeStringToOemSize, PASSIVE_LEVEL, "U");

#undef RtlAnsiStringToUnicodeSize
#undef RtlUnicodeStringToAnsiSize
NT_EXPORT_AS(RtlAnsiStringToUnicodeSize, RtlxAnsiStringToUnicodeSize, PASSIVE_LEVEL, "A");
NT_EXPORT_AS(RtlUnicodeStringToAnsiSize, RtlxUnicodeStringToAnsiSize, PASSIVE_LEVEL, "U");
NT_EXPORT_AS(RtlOemStringToUnicodeSize, RtlxOemStringToUnicodeSize, PASSIVE_LEVEL, "A");
NT_EXPORT_AS(RtlUnicodeStringToOemSize, RtlxUnicodeStringToOemSize, PASSIVE_LEVEL, "U");
