/*
 * Formatted output: every conversion in both widths, and the three rules for what does not fit.
 *
 * The functions are declared here, because the <stdio.h> of some compilers replaces them by inline
 * functions of its own.
 */
#include "../guest.h"

#define IMPORT __declspec(dllimport)
IMPORT int __cdecl _snprintf(char *buffer, size_t count, const char *format, ...);
IMPORT int __cdecl _snwprintf(wchar_t *buffer, size_t count, const wchar_t *format, ...);
IMPORT int __cdecl _vsnprintf(char *buffer, size_t count, const char *format, va_list arguments);
IMPORT int __cdecl _vsnwprintf(wchar_t *buffer, size_t count, const wchar_t *format,
                               va_list arguments);
IMPORT int __cdecl sprintf(char *buffer, const char *format, ...);
IMPORT int __cdecl swprintf(wchar_t *buffer, const wchar_t *format, ...);
IMPORT int __cdecl sprintf_s(char *buffer, size_t size, const char *format, ...);
IMPORT int __cdecl swprintf_s(wchar_t *buffer, size_t size, const wchar_t *format, ...);
IMPORT int __cdecl _snprintf_s(char *buffer, size_t size, size_t count, const char *format, ...);
IMPORT int __cdecl _snwprintf_s(wchar_t *buffer, size_t size, size_t count, const wchar_t *format,
                                ...);

/* One conversion with one argument, formatted in both widths; the text must be the same. */
static void check_both(int line, const char *expected, const char *format, ...)
{
    char narrow[128];
    wchar_t wide[128];
    wchar_t wide_format[64];
    char narrowed[128];
    va_list arguments;
    ULONG length = 0;

    do {
        wide_format[length] = (UCHAR)format[length];
    } while (format[length++] != 0);
    va_start(arguments, format);
    _vsnprintf(narrow, 127, format, arguments);
    va_end(arguments);
    narrow[127] = 0;
    guest_check_str(__FILE__, line, format, narrow, expected);
    va_start(arguments, format);
    _vsnwprintf(wide, 127, wide_format, arguments);
    va_end(arguments);
    wide[127] = 0;
    for (length = 0; wide[length] != 0; length++)
        narrowed[length] = (char)wide[length];
    narrowed[length] = 0;
    guest_check_str(__FILE__, line, format, narrowed, expected);
}

#define BOTH(expected, ...) check_both(__LINE__, expected, __VA_ARGS__)

GUEST_TEST(integers)
{
    BOTH("0", "%d", 0);
    BOTH("-5", "%d", -5);
    BOTH("-2147483648", "%i", (int)0x80000000);
    BOTH("4294967295", "%u", 0xFFFFFFFF);
    BOTH("beef", "%x", 0xBEEF);
    BOTH("BEEF", "%X", 0xBEEF);
    BOTH("17", "%o", 15);
    BOTH("+5", "%+d", 5);
    BOTH(" 5", "% d", 5);
    BOTH("+5", "% +d", 5);
    BOTH("0xff", "%#x", 255);
    BOTH("0XFF", "%#X", 255);
    BOTH("0", "%#x", 0);
    BOTH("010", "%#o", 8);
    BOTH("0", "%#o", 0);
    BOTH("5%", "%d%%", 5);
}

GUEST_TEST(width_and_precision)
{
    BOTH("   42|", "%5d|", 42);
    BOTH("42   |", "%-5d|", 42);
    BOTH("00042", "%05d", 42);
    BOTH("-0042", "%05d", -42);
    BOTH("42   |", "%-05d|", 42);
    BOTH("  042", "%5.3d", 42);
    BOTH("  042", "%05.3d", 42); /* a precision overrules the flag 0 */
    BOTH("", "%.0d", 0);
    BOTH("     ", "%5.0d", 0);
    BOTH("0x002a", "%#06x", 42);
    BOTH("   42", "%*d", 5, 42);
    BOTH("42   |", "%*d|", -5, 42);
    BOTH("042", "%.*d", 3, 42);
    BOTH("42", "%.*d", -1, 42);
    BOTH("   -42", "%6d", -42);
}

GUEST_TEST(sizes)
{
    BOTH("-1", "%hd", 0xFFFF);
    BOTH("65535", "%hu", -1);
    BOTH("-1", "%hhd", 0xFF);
    BOTH("255", "%hhu", -1);
    BOTH("-1", "%ld", -1L);
    BOTH("-1", "%lld", -1ll);
    BOTH("18446744073709551615", "%llu", ~0ull);
    BOTH("9223372036854775807", "%I64d", 0x7FFFFFFFFFFFFFFFll);
    BOTH("123456789abcdef0", "%I64x", 0x123456789ABCDEF0ull);
    BOTH("-9223372036854775808", "%I64d", (LONGLONG)0x8000000000000000ull);
    BOTH("7", "%I32d", 7);
    BOTH("123456789A", "%IX", 0x123456789Aull);
    BOTH("5000000000", "%zu", (size_t)5000000000ull);
    BOTH("5000000000", "%ju", 5000000000ull);
    BOTH("-5", "%td", (LONGLONG)-5);
    BOTH("1 2 3", "%hd %I64d %d", 1, 2ll, 3);
}

GUEST_TEST(pointers)
{
    BOTH("FFFFF80012345678", "%p", (void *)0xFFFFF80012345678);
    BOTH("0000000000000000", "%p", NULL);
    BOTH("  0000000000001234", "%18p", (void *)0x1234);
}

GUEST_TEST(strings)
{
    static char unterminated[3] = {'x', 'y', 'z'};
    char narrow[32];
    wchar_t wide[32];

    BOTH("abc", "%hs", "abc");
    BOTH("abc", "%ls", L"abc");
    BOTH("abc", "%ws", L"abc");
    BOTH("abc", "%hS", "abc");
    BOTH("abc", "%wS", L"abc");
    BOTH("  abc", "%5hs", "abc");
    BOTH("abc  |", "%-5ws|", L"abc");
    BOTH("ab", "%.2hs", "abc");
    BOTH("   ab", "%5.2ws", L"abc");
    BOTH("xyz", "%.3hs", unterminated);
    BOTH("", "%.0hs", "abc");
    BOTH("(null)", "%s", NULL);
    BOTH("(null)", "%ws", NULL);
    BOTH("(nul", "%.4hs", NULL);
    BOTH("000ab", "%05hs", "ab");
    BOTH("x", "%hc", 'x');
    BOTH("x", "%lc", L'x');
    BOTH("  x", "%3hc", 'x');

    _snprintf(narrow, 32, "%s %S %c %C", "ab", L"cd", 'e', L'f');
    ok_eq_str(narrow, "ab cd e f");
    _snwprintf(wide, 32, L"%s %S %c %C", L"ab", "cd", L'e', 'f');
    ok_eq_wstr(wide, L"ab cd e f");
    _snprintf(narrow, 32, "%ws", L"\x20AC\x4E00");
    ok_eq_str(narrow, "\x80?");
    _snwprintf(wide, 32, L"%hs", "\x80");
    ok_eq_wstr(wide, L"\x20AC");
}

GUEST_TEST(counted_strings)
{
    UNICODE_STRING unicode = {6, 6, L"abcd"};
    UNICODE_STRING empty = {0, 0, NULL};
    ANSI_STRING ansi = {3, 3, "wxyz"};

    BOTH("abc", "%wZ", &unicode);
    BOTH("abc", "%lZ", &unicode);
    BOTH("wxy", "%Z", &ansi);
    BOTH("wxy", "%hZ", &ansi);
    BOTH("  abc|", "%5wZ|", &unicode);
    BOTH("ab", "%.2wZ", &unicode);
    BOTH("(null)", "%wZ", NULL);
    BOTH("(null)", "%wZ", &empty);
    BOTH("abc-wxy", "%wZ-%Z", &unicode, &ansi);
}

GUEST_TEST(unusual_formats)
{
    char buffer[16];

    BOTH("", "");
    BOTH("%", "%%");
    BOTH("y", "%y");
    BOTH("ab", "ab%");
    BOTH("a\nb", "a\nb");
    ok_eq_int(sprintf(buffer, "%d%d", 1, 22), 3);
}

GUEST_TEST(unchecked_limits)
{
    static const struct {
        size_t count;
        int result;
        const char *narrow; /* filled with '#' before */
        const wchar_t *wide;
    } rows[] = {
        {8, 4, "1234", L"1234"},          {5, 4, "1234", L"1234"},
        {4, 4, "1234####", L"1234####"},  {3, -1, "123#####", L"123#####"},
        {0, -1, "########", L"########"},
    };

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        char narrow[9] = "########";
        wchar_t wide[9] = L"########";
        ok_eq_int(_snprintf(narrow, rows[row].count, "%d", 1234), rows[row].result);
        ok_eq_str(narrow, rows[row].narrow);
        ok_eq_int(_snwprintf(wide, rows[row].count, L"%d", 1234), rows[row].result);
        ok_eq_wstr(wide, rows[row].wide);
    }
    ok_eq_int(_snprintf(NULL, 0, "%d", 12345), 5);
}

GUEST_TEST(secure_limits)
{
    char narrow[9] = "########";
    wchar_t wide[9] = L"########";

    ok_eq_int(sprintf_s(narrow, 5, "%s", "abcd"), 4);
    ok_eq_str(narrow, "abcd");
    ok_eq_int(sprintf_s(narrow, 4, "%s", "abcd"), -1);
    ok_eq_str(narrow, "");
    ok_eq_int(swprintf_s(wide, 5, L"%s", L"abcd"), 4);
    ok_eq_wstr(wide, L"abcd");
    ok_eq_int(swprintf_s(wide, 4, L"%s", L"abcd"), -1);
    ok_eq_wstr(wide, L"");
    ok_eq_int(_snprintf_s(narrow, 8, (size_t)-1, "%s", "abcdefghij"), -1);
    ok_eq_str(narrow, "abcdefg");
    ok_eq_int(_snprintf_s(narrow, 8, 3, "%s", "abcdefghij"), -1);
    ok_eq_str(narrow, "abc");
    ok_eq_int(_snprintf_s(narrow, 8, 9, "%s", "abcdefghij"), -1);
    ok_eq_str(narrow, "");
    ok_eq_int(_snwprintf_s(wide, 8, (size_t)-1, L"%s", L"abc"), 3);
    ok_eq_wstr(wide, L"abc");
}

GUEST_TEST_FILE(printf, GUEST_ROW(integers), GUEST_ROW(width_and_precision), GUEST_ROW(sizes),
                GUEST_ROW(pointers), GUEST_ROW(strings), GUEST_ROW(counted_strings),
                GUEST_ROW(unusual_formats), GUEST_ROW(unchecked_limits), GUEST_ROW(secure_limits));
