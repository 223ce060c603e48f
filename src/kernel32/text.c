/*
 * Code pages. ANSI is Windows-1252, OEM is IBM 437, and there is UTF-8; other code pages are
 * refused with ERROR_INVALID_PARAMETER. See kernel32.h.
 */
#include "kernel32.h"

NTSTATUS NTAPI RtlMultiByteToUnicodeN(PWCHAR target, ULONG size, PULONG written, PCCH source,
                                      ULONG length);
NTSTATUS NTAPI RtlUnicodeToMultiByteN(PCHAR target, ULONG size, PULONG written, PCWCH source,
                                      ULONG bytes);
NTSTATUS NTAPI RtlOemToUnicodeN(PWCHAR target, ULONG size, PULONG written, PCCH source,
                                ULONG length);
NTSTATUS NTAPI RtlUnicodeToOemN(PCHAR target, ULONG size, PULONG written, PCWCH source,
                                ULONG bytes);

#define ANSI_CODE_PAGE 1252
#define OEM_CODE_PAGE 437

/* The code page that a constant such as CP_ACP stands for; 0 when it is not supported. */
static UINT resolve(UINT code_page)
{
    switch (code_page) {
    case CP_ACP:
    case CP_THREAD_ACP:
    case ANSI_CODE_PAGE:
    case 28591: /* Latin 1, which 1252 contains */
    case 20127: /* ASCII */
        return ANSI_CODE_PAGE;
    case CP_OEMCP:
    case OEM_CODE_PAGE:
        return OEM_CODE_PAGE;
    case CP_UTF8:
        return CP_UTF8;
    default:
        return 0;
    }
}

/* One UTF-8 sequence. Returns: bytes used; *character is 0xFFFD and *valid false when malformed. */
static int decode_utf8(const UCHAR *text, int left, ULONG *character, bool *valid)
{
    static const ULONG smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    int length = text[0] < 0x80   ? 1
                 : text[0] < 0xC2 ? 0
                 : text[0] < 0xE0 ? 2
                 : text[0] < 0xF0 ? 3
                 : text[0] < 0xF5 ? 4
                                  : 0;
    ULONG value = length == 1 ? text[0] : text[0] & (0x7F >> length);

    *valid = length != 0;
    int i = 1;

    for (; i < length; i++) {
        if (i >= left || (text[i] & 0xC0) != 0x80) {
            *valid = false;
            break;
        }
        value = value << 6 | (text[i] & 0x3F);
    }
    if (*valid && length > 1 &&
        (value < smallest[length] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)))
        *valid = false;
    *character = *valid ? value : 0xFFFD;
    return i;
}

static int utf8_to_wide(DWORD flags, const char *source, int length, WCHAR *target, int size)
{
    int written = 0;

    for (int at = 0; at < length;) {
        ULONG character;
        bool valid;

        at += decode_utf8((const UCHAR *)source + at, length - at, &character, &valid);
        if (!valid && (flags & MB_ERR_INVALID_CHARS)) {
            base_error(ERROR_NO_UNICODE_TRANSLATION);
            return 0;
        }
        int units = character > 0xFFFF ? 2 : 1;

        if (size != 0 && written + units > size) {
            base_error(ERROR_INSUFFICIENT_BUFFER);
            return 0;
        }
        if (size != 0 && units == 1)
            target[written] = (WCHAR)character;
        if (size != 0 && units == 2) {
            target[written] = (WCHAR)(0xD7C0 + (character >> 10));
            target[written + 1] = (WCHAR)(0xDC00 | (character & 0x3FF));
        }
        written += units;
    }
    return written;
}

/* Converts to UTF-16. Returns: units written, or needed when `size` is 0; 0 on failure. */
int WINAPI MultiByteToWideChar(UINT code_page, DWORD flags, LPCCH source, int length, LPWSTR target,
                               int size)
{
    ULONG bytes = 0;

    if (source == NULL || length == 0 || size < 0 || (size != 0 && target == NULL)) {
        base_error(ERROR_INVALID_PARAMETER);
        return 0;
    }
    if (length < 0)
        length = (int)strlen(source) + 1;
    switch (resolve(code_page)) {
    case CP_UTF8:
        return utf8_to_wide(flags, source, length, target, size);
    case 0:
        base_error(ERROR_INVALID_PARAMETER);
        return 0;
    default:
        break;
    }
    if (size == 0)
        return length; /* both code pages have one unit per byte */
    if (size < length) {
        base_error(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    if (resolve(code_page) == ANSI_CODE_PAGE)
        RtlMultiByteToUnicodeN(target, (ULONG)size * sizeof(WCHAR), &bytes, source, (ULONG)length);
    else
        RtlOemToUnicodeN(target, (ULONG)size * sizeof(WCHAR), &bytes, source, (ULONG)length);
    return (int)(bytes / sizeof(WCHAR));
}
NT_EXPORT(MultiByteToWideChar, 0, "uupupu");

/* One character of UTF-16. Returns: units used; *valid is false for half a surrogate pair. */
static int decode_utf16(const WCHAR *text, int left, ULONG *character, bool *valid)
{
    *character = text[0];
    *valid = true;
    if ((text[0] & 0xF800) != 0xD800)
        return 1;
    if ((text[0] & 0xFC00) == 0xD800 && left > 1 && (text[1] & 0xFC00) == 0xDC00) {
        *character = 0x10000 + ((ULONG)(text[0] & 0x3FF) << 10) + (text[1] & 0x3FF);
        return 2;
    }
    *valid = false;
    *character = 0xFFFD;
    return 1;
}

static int encode_utf8(ULONG character, UCHAR *bytes)
{
    if (character < 0x80) {
        bytes[0] = (UCHAR)character;
        return 1;
    }
    int length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;

    for (int i = length - 1; i > 0; i--, character >>= 6)
        bytes[i] = (UCHAR)(0x80 | (character & 0x3F));
    bytes[0] = (UCHAR)(0xF00 >> length | character);
    return length;
}

static int wide_to_utf8(DWORD flags, const WCHAR *source, int length, char *target, int size)
{
    int written = 0;

    for (int at = 0; at < length;) {
        UCHAR bytes[4];
        ULONG character;
        bool valid;

        at += decode_utf16(source + at, length - at, &character, &valid);
        if (!valid && (flags & WC_ERR_INVALID_CHARS)) {
            base_error(ERROR_NO_UNICODE_TRANSLATION);
            return 0;
        }
        int count = encode_utf8(character, bytes);

        if (size != 0 && written + count > size) {
            base_error(ERROR_INSUFFICIENT_BUFFER);
            return 0;
        }
        if (size != 0)
            memcpy(target + written, bytes, (size_t)count);
        written += count;
    }
    return written;
}

/* One unit in a one-byte code page; false with `replacement` when it has no such character. */
static bool narrow_unit(UINT code_page, WCHAR unit, char replacement, char *byte)
{
    WCHAR back = 0;
    ULONG ignored;

    if (code_page == ANSI_CODE_PAGE) {
        RtlUnicodeToMultiByteN(byte, 1, &ignored, &unit, sizeof(unit));
        RtlMultiByteToUnicodeN(&back, sizeof(back), &ignored, byte, 1);
    } else {
        RtlUnicodeToOemN(byte, 1, &ignored, &unit, sizeof(unit));
        RtlOemToUnicodeN(&back, sizeof(back), &ignored, byte, 1);
    }
    if (back == unit)
        return true;
    *byte = replacement;
    return false;
}

/* Converts from UTF-16. Returns: bytes written, or needed when `size` is 0; 0 on failure. */
int WINAPI WideCharToMultiByte(UINT code_page, DWORD flags, LPCWCH source, int length, LPSTR target,
                               int size, LPCCH replacement, LPBOOL replaced)
{
    UINT page = resolve(code_page);
    bool lost = false;

    if (source == NULL || length == 0 || size < 0 || (size != 0 && target == NULL) || page == 0 ||
        (page == CP_UTF8 && (replacement != NULL || replaced != NULL))) {
        base_error(ERROR_INVALID_PARAMETER);
        return 0;
    }
    if (length < 0)
        length = (int)wcslen(source) + 1;
    if (page == CP_UTF8)
        return wide_to_utf8(flags, source, length, target, size);
    if (size != 0 && size < length) {
        base_error(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    for (int i = 0; i < length; i++) {
        char byte;

        if (!narrow_unit(page, source[i], replacement != NULL ? *replacement : '?', &byte))
            lost = true;
        if (size != 0)
            target[i] = byte;
    }
    if (replaced != NULL)
        *replaced = lost;
    return length;
}
NT_EXPORT(WideCharToMultiByte, 0, "uupupupp");

/* The ANSI code page. */
UINT WINAPI GetACP(VOID)
{
    return ANSI_CODE_PAGE;
}
NT_EXPORT(GetACP, 0, "");

/* The OEM code page. */
UINT WINAPI GetOEMCP(VOID)
{
    return OEM_CODE_PAGE;
}
NT_EXPORT(GetOEMCP, 0, "");

/* Whether conversions know a code page. */
WINBOOL WINAPI IsValidCodePage(UINT code_page)
{
    return code_page > CP_THREAD_ACP && resolve(code_page) != 0;
}
NT_EXPORT(IsValidCodePage, 0, "u");

/* Facts about a code page. */
WINBOOL WINAPI GetCPInfo(UINT code_page, LPCPINFO information)
{
    UINT page = resolve(code_page);

    if (page == 0)
        return base_error(ERROR_INVALID_PARAMETER);
    memset(information, 0, sizeof(*information));
    information->MaxCharSize = page == CP_UTF8 ? 4 : 1;
    information->DefaultChar[0] = '?';
    return TRUE;
}
NT_EXPORT(GetCPInfo, 0, "up");

/* Facts about a code page, with its name. */
WINBOOL WINAPI GetCPInfoExW(UINT code_page, DWORD flags, LPCPINFOEXW information)
{
    (void)flags;
    memset(information, 0, sizeof(*information));
    if (!GetCPInfo(code_page, (LPCPINFO)information))
        return FALSE;
    information->CodePage = resolve(code_page);
    information->UnicodeDefaultChar = L'?';
    _snwprintf(information->CodePageName, MAX_PATH - 1, L"%u", information->CodePage);
    return TRUE;
}
NT_EXPORT(GetCPInfoExW, 0, "uup");

/* None of the supported code pages has lead bytes. */
WINBOOL WINAPI IsDBCSLeadByte(BYTE byte)
{
    (void)byte;
    return FALSE;
}
NT_EXPORT(IsDBCSLeadByte, 0, "u");

/* None of the supported code pages has lead bytes. */
WINBOOL WINAPI IsDBCSLeadByteEx(UINT code_page, BYTE byte)
{
    (void)byte;
    return resolve(code_page) != 0 ? FALSE : base_error(ERROR_INVALID_PARAMETER);
}
NT_EXPORT(IsDBCSLeadByteEx, 0, "uu");

/* File functions use the ANSI code page. */
WINBOOL WINAPI AreFileApisANSI(VOID)
{
    return TRUE;
}
NT_EXPORT(AreFileApisANSI, 0, "");
