/*
 * UTF-8 to and from UTF-16.
 *
 * Both directions share their contract: with a NULL destination only the size is computed; what
 * does not fit ends the conversion between two characters; ill-formed input becomes U+FFFD.
 */
#include "nt.h"

#include "rtl.h"

#define REPLACEMENT 0xFFFD
#define ILL_FORMED 0xFFFFFFFF

/*
 * Reads one code point and moves *source behind it. Of an ill-formed sequence the longest valid
 * start is skipped, as the Unicode standard recommends.
 */
static ULONG decode_utf8(const UCHAR **source, const UCHAR *end)
{
    UCHAR lead = *(*source)++;
    /* The first continuation byte is restricted, to exclude overlong forms and surrogates. */
    UCHAR low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    UCHAR high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    int continuation;
    ULONG code_point;

    if (lead < 0x80)
        return lead;
    if (lead < 0xC2 || lead > 0xF4)
        return ILL_FORMED;
    continuation = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    code_point = lead & (0x3Fu >> continuation);
    for (; continuation > 0; continuation--) {
        if (*source == end || **source < low || **source > high)
            return ILL_FORMED;
        code_point = code_point << 6 | (*(*source)++ & 0x3F);
        low = 0x80;
        high = 0xBF;
    }
    return code_point;
}

static ULONG decode_utf16(const WCHAR **source, const WCHAR *end)
{
    WCHAR lead = *(*source)++;

    if (lead < 0xD800 || lead > 0xDFFF)
        return lead;
    if (lead >= 0xDC00 || *source == end || **source < 0xDC00 || **source > 0xDFFF)
        return ILL_FORMED;
    return 0x10000 + ((ULONG)(lead - 0xD800) << 10) + (*(*source)++ - 0xDC00u);
}

/* Returns the number of UTF-16 units. */
static ULONG encode_utf16(ULONG code_point, WCHAR units[2])
{
    if (code_point < 0x10000) {
        units[0] = (WCHAR)code_point;
        return 1;
    }
    units[0] = (WCHAR)(0xD800 + ((code_point - 0x10000) >> 10));
    units[1] = (WCHAR)(0xDC00 + (code_point & 0x3FF));
    return 2;
}

/* Returns the number of bytes. */
static ULONG encode_utf8(ULONG code_point, UCHAR bytes[4])
{
    static const UCHAR lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    ULONG count = code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;

    for (ULONG index = count - 1; index > 0; index--) {
        bytes[index] = (UCHAR)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    bytes[0] = (UCHAR)(lead[count] | code_point);
    return count;
}

static NTSTATUS check_arguments(const void *destination, const ULONG *result, const void *source)
{
    if (source == NULL)
        return STATUS_INVALID_PARAMETER_4;
    return destination == NULL && result == NULL ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/**
 * Converts UTF-8 to UTF-16.
 * @param destination NULL asks for the size.  @param maximum Its size in bytes.
 * @param actual Receives the bytes written (or needed); may be NULL if destination is not.
 * @param source_bytes Size of the source.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_SOME_NOT_MAPPED if the source is ill-formed;
 *          STATUS_BUFFER_TOO_SMALL if it did not fit; STATUS_INVALID_PARAMETER_4 for a NULL source;
 *          STATUS_INVALID_PARAMETER if destination and actual are NULL.
 * Source: Windows driver documentation, RtlUTF8ToUnicodeN.
 */
NTSTATUS NTAPI RtlUTF8ToUnicodeN(PWSTR destination, ULONG maximum, PULONG actual, PCCH source,
                                 ULONG source_bytes)
{
    const UCHAR *next = (const UCHAR *)source;
    const UCHAR *end = next + source_bytes;
    ULONG written = 0;
    NTSTATUS status = check_arguments(destination, actual, source);

    if (!NT_SUCCESS(status))
        return status;
    while (next < end) {
        WCHAR units[2];
        ULONG count;
        ULONG code_point = decode_utf8(&next, end);
        if (code_point == ILL_FORMED) {
            code_point = REPLACEMENT;
            status = STATUS_SOME_NOT_MAPPED;
        }
        count = encode_utf16(code_point, units);
        if (destination != NULL) {
            if (written + count > maximum / sizeof(WCHAR)) {
                status = STATUS_BUFFER_TOO_SMALL;
                break;
            }
            memcpy(destination + written, units, count * sizeof(WCHAR));
        }
        written += count;
    }
    if (actual != NULL)
        *actual = written * sizeof(WCHAR);
    return status;
}
NT_EXPORT(RtlUTF8ToUnicodeN, PASSIVE_LEVEL, "pupsu");

/**
 * Converts UTF-16 to UTF-8.
 * @param destination NULL asks for the size.  @param maximum Its size in bytes.
 * @param actual Receives the bytes written (or needed); may be NULL if destination is not.
 * @param source_bytes Size of the source.
 * IRQL: PASSIVE_LEVEL.
 * Returns: as RtlUTF8ToUnicodeN; STATUS_INVALID_PARAMETER_5 if source_bytes is odd.
 * Source: Windows driver documentation, RtlUnicodeToUTF8N.
 */
NTSTATUS NTAPI RtlUnicodeToUTF8N(PCHAR destination, ULONG maximum, PULONG actual, PCWCH source,
                                 ULONG source_bytes)
{
    const WCHAR *next = source;
    const WCHAR *end = source + source_bytes / sizeof(WCHAR);
    ULONG written = 0;
    NTSTATUS status = check_arguments(destination, actual, source);

    if (!NT_SUCCESS(status))
        return status;
    if (source_bytes % sizeof(WCHAR) != 0)
        return STATUS_INVALID_PARAMETER_5;
    while (next < end) {
        UCHAR bytes[4];
        ULONG count;
        ULONG code_point = decode_utf16(&next, end);
        if (code_point == ILL_FORMED) {
            code_point = REPLACEMENT;
            status = STATUS_SOME_NOT_MAPPED;
        }
        count = encode_utf8(code_point, bytes);
        if (destination != NULL) {
            if (written + count > maximum) {
                status = STATUS_BUFFER_TOO_SMALL;
                break;
            }
            memcpy(destination + written, bytes, count);
        }
        written += count;
    }
    if (actual != NULL)
        *actual = written;
    return status;
}
NT_EXPORT(RtlUnicodeToUTF8N, PASSIVE_LEVEL, "pupwu");
