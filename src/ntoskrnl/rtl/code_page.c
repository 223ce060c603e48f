/*
 * Code pages: 1252 (ANSI), 437 (OEM) and UTF-8, to and from UTF-16.
 *
 * The system's code pages are fixed, as on an English Windows. Both have one byte per character, so
 * lengths convert by a factor of two. A character that a code page lacks becomes '?'; there is no
 * best fit (Windows turns some accented letters into their base letter).
 */
#include "nt.h"

#include "rtl.h"

/* The upper half of each code page that differs from ISO 8859-1, from 0x80 on. */
static const WCHAR ansi_upper[0x20] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

static const WCHAR oem_upper[0x80] = {
    0x00C7, 0x00FC, 0x00E9, 0x00E2, 0x00E4, 0x00E0, 0x00E5, 0x00E7, 0x00EA, 0x00EB, 0x00E8, 0x00EF,
    0x00EE, 0x00EC, 0x00C4, 0x00C5, 0x00C9, 0x00E6, 0x00C6, 0x00F4, 0x00F6, 0x00F2, 0x00FB, 0x00F9,
    0x00FF, 0x00D6, 0x00DC, 0x00A2, 0x00A3, 0x00A5, 0x20A7, 0x0192, 0x00E1, 0x00ED, 0x00F3, 0x00FA,
    0x00F1, 0x00D1, 0x00AA, 0x00BA, 0x00BF, 0x2310, 0x00AC, 0x00BD, 0x00BC, 0x00A1, 0x00AB, 0x00BB,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557,
    0x255D, 0x255C, 0x255B, 0x2510, 0x2514, 0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0x255E, 0x255F,
    0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256C, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559,
    0x2558, 0x2552, 0x2553, 0x256B, 0x256A, 0x2518, 0x250C, 0x2588, 0x2584, 0x258C, 0x2590, 0x2580,
    0x03B1, 0x00DF, 0x0393, 0x03C0, 0x03A3, 0x03C3, 0x00B5, 0x03C4, 0x03A6, 0x0398, 0x03A9, 0x03B4,
    0x221E, 0x03C6, 0x03B5, 0x2229, 0x2261, 0x00B1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00F7, 0x2248,
    0x00B0, 0x2219, 0x00B7, 0x221A, 0x207F, 0x00B2, 0x25A0, 0x00A0};

WCHAR rtl_char_to_unicode(enum rtl_code_page page, UCHAR character)
{
    if (character < 0x80)
        return character;
    if (page == RTL_OEM)
        return oem_upper[character - 0x80];
    return character < 0xA0 ? ansi_upper[character - 0x80] : character;
}

bool rtl_unicode_to_char(enum rtl_code_page page, WCHAR character, UCHAR *byte)
{
    const WCHAR *table = page == RTL_OEM ? oem_upper : ansi_upper;
    size_t count = page == RTL_OEM ? ARRAY_COUNT(oem_upper) : ARRAY_COUNT(ansi_upper);

    if (character < 0x80 || (page == RTL_ANSI && character >= 0xA0 && character <= 0xFF)) {
        *byte = (UCHAR)character;
        return true;
    }
    for (size_t index = 0; index < count; index++) {
        if (table[index] == character) {
            *byte = (UCHAR)(0x80 + index);
            return true;
        }
    }
    *byte = RTL_CODE_PAGE_DEFAULT_CHARACTER;
    return false;
}

/* Converts what fits; both sizes and the result are in bytes. */
static void widen(enum rtl_code_page page, WCHAR *to, ULONG to_bytes, ULONG *result_bytes,
                  const CHAR *from, ULONG from_bytes)
{
    ULONG count = to_bytes / sizeof(WCHAR) < from_bytes ? to_bytes / sizeof(WCHAR) : from_bytes;

    for (ULONG index = 0; index < count; index++)
        to[index] = rtl_char_to_unicode(page, (UCHAR)from[index]);
    if (result_bytes != NULL)
        *result_bytes = count * sizeof(WCHAR);
}

static void narrow(enum rtl_code_page page, bool upcase, CHAR *to, ULONG to_bytes,
                   ULONG *result_bytes, const WCHAR *from, ULONG from_bytes)
{
    ULONG count = from_bytes / sizeof(WCHAR) < to_bytes ? from_bytes / sizeof(WCHAR) : to_bytes;

    for (ULONG index = 0; index < count; index++)
        rtl_unicode_to_char(page, upcase ? rtl_upcase(from[index]) : from[index],
                            (UCHAR *)&to[index]);
    if (result_bytes != NULL)
        *result_bytes = count;
}

/**
 * Converts characters of the ANSI code page to UTF-16, as many as fit.
 * @param unicode_bytes Size of the result buffer.  @param result_bytes Receives the bytes written;
 * may be NULL.  @param source_bytes Size of the source.
 * IRQL: PASSIVE_LEVEL.  Returns: STATUS_SUCCESS, also if the result was cut.
 * Source: Windows driver documentation, RtlMultiByteToUnicodeN.
 */
NTSTATUS NTAPI RtlMultiByteToUnicodeN(PWCH unicode, ULONG unicode_bytes, PULONG result_bytes,
                                      const CHAR *source, ULONG source_bytes)
{
    widen(RTL_ANSI, unicode, unicode_bytes, result_bytes, source, source_bytes);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlMultiByteToUnicodeN, PASSIVE_LEVEL, "pupsu");

/**
 * Converts characters of the OEM code page to UTF-16, as many as fit.
 * @param unicode_bytes Size of the result buffer.  @param result_bytes Receives the bytes written;
 * may be NULL.  @param source_bytes Size of the source.
 * IRQL: PASSIVE_LEVEL.  Returns: STATUS_SUCCESS, also if the result was cut.
 * Source: Windows driver documentation, RtlOemToUnicodeN.
 */
NTSTATUS NTAPI RtlOemToUnicodeN(PWCH unicode, ULONG unicode_bytes, PULONG result_bytes,
                                const CHAR *source, ULONG source_bytes)
{
    widen(RTL_OEM, unicode, unicode_bytes, result_bytes, source, source_bytes);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlOemToUnicodeN, PASSIVE_LEVEL, "pupsu");

/**
 * Converts UTF-16 to the ANSI code page, as much as fits.
 * @param bytes_size Size of the result buffer.  @param result_bytes Receives the bytes written; may
 * be NULL.  @param unicode_bytes Size of the source.
 * IRQL: PASSIVE_LEVEL.  Returns: STATUS_SUCCESS, also if the result was cut or holds '?'.
 * Source: Windows driver documentation, RtlUnicodeToMultiByteN.
 */
NTSTATUS NTAPI RtlUnicodeToMultiByteN(PCHAR bytes, ULONG bytes_size, PULONG result_bytes,
                                      PCWCH unicode, ULONG unicode_bytes)
{
    narrow(RTL_ANSI, false, bytes, bytes_size, result_bytes, unicode, unicode_bytes);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlUnicodeToMultiByteN, PASSIVE_LEVEL, "pupwu");

/**
 * Converts UTF-16 to the OEM code page, as much as fits.
 * @param bytes_size Size of the result buffer.  @param result_bytes Receives the bytes written; may
 * be NULL.  @param unicode_bytes Size of the source.
 * IRQL: PASSIVE_LEVEL.  Returns: STATUS_SUCCESS, also if the result was cut or holds '?'.
 * Source: Windows driver documentation, RtlUnicodeToOemN.
 */
NTSTATUS NTAPI RtlUnicodeToOemN(PCHAR bytes, ULONG bytes_size, PULONG result_bytes, PCWCH unicode,
                                ULONG unicode_bytes)
{
    narrow(RTL_OEM, false, bytes, bytes_size, result_bytes, unicode, unicode_bytes);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlUnicodeToOemN, PASSIVE_LEVEL, "pupwu");

/**
 * Converts UTF-16 to upper case and to the ANSI code page, as much as fits.
 * @param bytes_size Size of the result buffer.  @param result_bytes Receives the bytes written; may
 * be NULL.  @param unicode_bytes Size of the source.
 * IRQL: PASSIVE_LEVEL.  Returns: STATUS_SUCCESS, also if the result was cut or holds '?'.
 * Source: Windows driver documentation, RtlUpcaseUnicodeToMultiByteN.
 */
NTSTATUS NTAPI RtlUpcaseUnicodeToMultiByteN(PCHAR bytes, ULONG bytes_size, PULONG result_bytes,
                                            PCWCH unicode, ULONG unicode_bytes)
{
    narrow(RTL_ANSI, true, bytes, bytes_size, result_bytes, unicode, unicode_bytes);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlUpcaseUnicodeToMultiByteN, PASSIVE_LEVEL, "pupwu");

/**
 * Converts UTF-16 to upper case and to the OEM code page, as much as fits.
 * @param bytes_size Size of the result buffer.  @param result_bytes Receives the bytes written; may
 * be NULL.  @param unicode_bytes Size of the source.
 * IRQL: PASSIVE_LEVEL.  Returns: STATUS_SUCCESS, also if the result was cut or holds '?'.
 * Source: Windows driver documentation, RtlUpcaseUnicodeToOemN.
 */
NTSTATUS NTAPI RtlUpcaseUnicodeToOemN(PCHAR bytes, ULONG bytes_size, PULONG result_bytes,
                                      PCWCH unicode, ULONG unicode_bytes)
{
    narrow(RTL_OEM, true, bytes, bytes_size, result_bytes, unicode, unicode_bytes);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlUpcaseUnicodeToOemN, PASSIVE_LEVEL, "pupwu");

/**
 * Computes the size of ANSI text after conversion to UTF-16, in bytes, without terminator.
 * IRQL: PASSIVE_LEVEL.  Returns: STATUS_SUCCESS.
 * Source: Windows driver documentation, RtlMultiByteToUnicodeSize.
 */
NTSTATUS NTAPI RtlMultiByteToUnicodeSize(PULONG unicode_bytes, const CHAR *source,
                                         ULONG source_bytes)
{
    UNREFERENCED_PARAMETER(source);
    *unicode_bytes = source_bytes * sizeof(WCHAR);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlMultiByteToUnicodeSize, PASSIVE_LEVEL, "psu");

/**
 * Computes the size of UTF-16 text after conversion to ANSI, in bytes, without terminator.
 * IRQL: PASSIVE_LEVEL.  Returns: STATUS_SUCCESS.
 * Source: Windows driver documentation, RtlUnicodeToMultiByteSize.
 */
NTSTATUS NTAPI RtlUnicodeToMultiByteSize(PULONG bytes, PCWCH unicode, ULONG unicode_bytes)
{
    UNREFERENCED_PARAMETER(unicode);
    *bytes = unicode_bytes / sizeof(WCHAR);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlUnicodeToMultiByteSize, PASSIVE_LEVEL, "pwu");

WCHAR NTAPI RtlAnsiCharToUnicodeChar(PUCHAR *source);

/**
 * Converts the ANSI character at *source and moves *source behind it.
 * IRQL: PASSIVE_LEVEL.  Returns: the character.
 * Source: Windows driver documentation, RtlAnsiCharToUnicodeChar.
 */
WCHAR NTAPI RtlAnsiCharToUnicodeChar(PUCHAR *source)
{
    return rtl_char_to_unicode(RTL_ANSI, *(*source)++);
}
NT_EXPORT(RtlAnsiCharToUnicodeChar, PASSIVE_LEVEL, "p");

/**
 * Says whether a character exists in the OEM code page, and replaces it by its upper-case form as
 * that code page has it.
 * IRQL: PASSIVE_LEVEL.  Returns: FALSE if it does not exist; it is then replaced by '?'.
 * Source: Windows driver documentation, RtlIsValidOemCharacter.
 */
BOOLEAN NTAPI RtlIsValidOemCharacter(PWCHAR character)
{
    UCHAR byte;
    bool valid = rtl_unicode_to_char(RTL_OEM, rtl_upcase(*character), &byte);

    *character = rtl_char_to_unicode(RTL_OEM, byte);
    return valid;
}
NT_EXPORT(RtlIsValidOemCharacter, PASSIVE_LEVEL, "p");

VOID NTAPI RtlGetDefaultCodePage(PUSHORT ansi, PUSHORT oem);

/**
 * The numbers of the system's code pages.
 * IRQL: any.  Source: the exports of ntoskrnl.exe.
 */
VOID NTAPI RtlGetDefaultCodePage(PUSHORT ansi, PUSHORT oem)
{
    *ansi = 1252;
    *oem = 437;
}
NT_EXPORT(RtlGetDefaultCodePage, HIGH_LEVEL, "pp");
