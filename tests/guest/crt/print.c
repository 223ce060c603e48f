/*
 * printf: one row per conversion, with the text that Windows prints. Where msvcrt.dll and
 * ucrtbase.dll differ, EITHER gives both.
 */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "check.h"

static char text[2048];

#define PRINT(wanted, ...)                                                                         \
    do {                                                                                           \
        sprintf(text, __VA_ARGS__);                                                                \
        check_text(text, wanted, #__VA_ARGS__, __LINE__);                                          \
    } while (0)

static void integers(void)
{
    PRINT("42|-42|+42| 42", "%d|%i|%+d|% d", 42, -42, 42, 42);
    PRINT("   42|42   |00042", "%5d|%-5d|%05d", 42, 42, 42);
    PRINT("  007|-0007|", "%5.3d|%05d|%.0d", 7, -7, 0);
    PRINT("4294967295|ff|FF|377", "%u|%x|%X|%o", -1, 255, 255, 255);
    PRINT("0xff|0XFF|0377|0", "%#x|%#X|%#o|%#x", 255, 255, 255, 0);
    PRINT("-1|65535|-1", "%hd|%hu|%hhd", 0xFFFF, 0xFFFFFFFF, 0xFF);
    PRINT("-9223372036854775808", "%I64d", -9223372036854775807LL - 1);
    PRINT("18446744073709551615|ffffffffffffffff", "%I64u|%I64x", ~0ULL, ~0ULL);
    PRINT("1234567890123|1234567890123", "%lld|%llu", 1234567890123LL, 1234567890123ULL);
    PRINT("-1|123", "%ld|%I32d", -1L, 123);
    PRINT("[   5][5   ]", "[%*d][%-*d]", 4, 5, 4, 5);
    PRINT("[5   ][05]", "[%*d][%.*d]", -4, 5, 2, 5);
}

static void strings(void)
{
    PRINT("abc|  abc|abc  |ab", "%s|%5s|%-5s|%.2s", "abc", "abc", "abc", "abc");
    PRINT("(null)|x|%", "%s|%c|%%", (char *)NULL, 'x');
    PRINT("[wide] [W] [w]", "[%ls] [%S] [%lc]", L"wide", L"W", L'w');
    PRINT("0000000000001234", "%p", (void *)0x1234);
    PRINT("00007FF612345678", "%p", (void *)0x7FF612345678);
    CHECK(sprintf(text, "%s", "12345") == 5);
}

static void floating(void)
{
    PRINT("3.141593|3.14|3|-0.500000", "%f|%.2f|%.0f|%f", 3.14159265, 3.14159265, 3.14159265, -0.5);
    PRINT("   3.14|3.14   |0003.14|+3.14", "%7.2f|%-7.2f|%07.2f|%+.2f", 3.14, 3.14, 3.14, 3.14);
    PRINT(EITHER("1.000000e+000", "1.000000e+00"), "%e", 1.0);
    PRINT(EITHER("-1.23E-012", "-1.23E-12"), "%.2E", -1.234e-12);
    PRINT(EITHER("1e+100", "1e+100"), "%g", 1e100);
    PRINT(EITHER("1e-005", "1e-05"), "%g", 1e-5);
    PRINT("0.0001|100000|0|0.1|123457", "%g|%g|%g|%g|%g", 0.0001, 100000.0, 0.0, 0.1, 123456.7);
    PRINT(EITHER("1e+006", "1e+06"), "%g", 1e6);
    PRINT("1.00000|0.100000", "%#g|%#g", 1.0, 0.1);
    PRINT("12|1.2|0.00012", "%.2g|%.2g|%.2g", 12.0, 1.23, 0.000123);
    PRINT("9.99|10.0|1.0", "%.2f|%.1f|%.1f", 9.99, 9.99, 0.96);
    PRINT("123456789012345680.000000", "%f", 123456789012345680.0);
    PRINT(EITHER("0.10000000000000001000", "0.10000000000000000555"), "%.20f", 0.1);
    PRINT(EITHER("99999999999999992000000.0", "99999999999999991611392.0"), "%.1f", 1e23);
    PRINT("0.000|0.001|-0.0", "%.3f|%.3f|%.1f", 0.0004, 0.0006, -0.0);
    PRINT("5.", "%#.0f", 5.0);
    CHECK(sprintf(text, "%f", DBL_MAX) == 316);
    PRINT("1.7976931348623157e+308", "%.17g", DBL_MAX);
    PRINT(EITHER("4.9406564584124654e-324", "4.9406564584124654e-324"), "%.17g",
          4.9406564584124654e-324);
}

/* volatile keeps the compiler from folding. */
static void special(void)
{
    volatile double zero = 0;
    double infinity = 1 / zero;

    PRINT(EITHER("1.#INF00", "inf"), "%f", infinity);
    PRINT(EITHER("-1.#INF00", "-inf"), "%f", -infinity);
    PRINT(EITHER("1.#J", "inf"), "%.2f", infinity);
    PRINT(EITHER("1.#INF", "INF"), "%G", infinity);
    PRINT(EITHER("    1.#IO", "      inf"), "%9.3f", infinity);
}

static void hexadecimal(void)
{
    PRINT(EITHER("0x1.800000p+0", "0x1.8000000000000p+0"), "%a", 1.5);
    PRINT("0x1.8p+1|-0X1P-3", "%.1a|%.0A", 3.0, -0.125);
}

static int counted(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = _vsnprintf(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}

static void bounds(void)
{
    memset(text, 'x', 16);
    CHECK(counted(text, 5, "%s", "1234") == 4 && text[4] == 0);
    memset(text, 'x', 16);
    CHECK(counted(text, 4, "%s", "1234") == 4 && memcmp(text, "1234x", 5) == 0);
    memset(text, 'x', 16);
    CHECK(counted(text, 3, "%s", "1234") == -1 && memcmp(text, "123x", 4) == 0);
    CHECK(_scprintf("%d-%s", 12, "abc") == 6);
    CHECK(_snprintf_s(text, 4, _TRUNCATE, "%s", "abcdef") == -1);
    CHECK_TEXT(text, "abc");
    CHECK(_snprintf_s(text, 10, 2, "%s", "abcdef") == -1);
    CHECK_TEXT(text, "ab");
    CHECK(sprintf_s(text, 10, "%d", 77) == 2);
}

static void wide(void)
{
    wchar_t buffer[64];

    CHECK(_snwprintf(buffer, 64, L"%d %ls %hs %.1f", 7, L"wide", "narrow", 1.5) == 17);
    CHECK(wcscmp(buffer, L"7 wide narrow 1.5") == 0);
    CHECK(_snwprintf(buffer, 64, L"%5ls|%-5ls|%lc", L"ab", L"cd", L'x') == 13);
    CHECK(wcscmp(buffer, L"   ab|cd   |x") == 0);
    CHECK(_scwprintf(L"%03d", 5) == 3);
}

int main(void)
{
    integers();
    strings();
    floating();
    special();
    hexadecimal();
    bounds();
    wide();
    return check_summary();
}
