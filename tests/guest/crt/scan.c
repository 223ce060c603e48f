/*
 * scanf and the functions that turn text into numbers.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "check.h"

static void integers(void)
{
    int a = 0, b = 0, c = 0;
    short small = 0;
    long long big = 0;
    unsigned u = 0;

    CHECK(sscanf("12 -34 0x1f", "%d %d %i", &a, &b, &c) == 3 && a == 12 && b == -34 && c == 31);
    CHECK(sscanf("017 ff 10", "%i %x %o", &a, &b, &c) == 3 && a == 15 && b == 255 && c == 8);
    CHECK(sscanf("123456", "%3d%2d%d", &a, &b, &c) == 3 && a == 123 && b == 45 && c == 6);
    CHECK(sscanf("1,2;3", "%d,%d;%d", &a, &b, &c) == 3 && c == 3);
    CHECK(sscanf("5 x 6", "%d x %d", &a, &b) == 2 && b == 6);
    CHECK(sscanf("5 y 6", "%d x %d", &a, &b) == 1);
    CHECK(sscanf("7 8", "%*d %d", &a) == 1 && a == 8);
    CHECK(sscanf("-5", "%hd", &small) == 1 && small == -5);
    CHECK(sscanf("123456789012345", "%I64d", &big) == 1 && big == 123456789012345LL);
    CHECK(sscanf("99999999999", "%lld", &big) == 1 && big == 99999999999LL);
    CHECK(sscanf("4000000000", "%u", &u) == 1 && u == 4000000000u);
    CHECK(sscanf("abc", "%d", &a) == 0);
    CHECK(sscanf("", "%d", &a) == EOF);
    CHECK(sscanf("   ", "%d", &a) == EOF);
    CHECK(sscanf("10%", "%d%%%n", &a, &b) == 1 && b == 3);
    CHECK(sscanf("0x10", "%x", &a) == 1 && a == 16);
}

static void texts(void)
{
    char word[16], second[16], c = 0;
    wchar_t wide[16];

    CHECK(sscanf("hello world", "%s %s", word, second) == 2);
    CHECK_TEXT(word, "hello");
    CHECK_TEXT(second, "world");
    CHECK(sscanf("abcdef", "%3s%c", word, &c) == 2 && c == 'd');
    CHECK_TEXT(word, "abc");
    CHECK(sscanf("key=value", "%[^=]=%[a-z]", word, second) == 2);
    CHECK_TEXT(word, "key");
    CHECK_TEXT(second, "value");
    CHECK(sscanf("]x", "%[]]", word) == 1);
    CHECK_TEXT(word, "]");
    CHECK(sscanf(" a", "%c", &c) == 1 && c == ' ');
    CHECK(sscanf(" a", " %c", &c) == 1 && c == 'a');
    CHECK(sscanf("wide", "%ls", wide) == 1 && wcscmp(wide, L"wide") == 0);
    CHECK(sscanf_s("abc 5", "%s", word, (unsigned)sizeof word) == 1);
    CHECK(sscanf_s("abcdef", "%s", word, 4u) == 0 && word[0] == 0);
}

static void floats(void)
{
    double d = 0;
    float f = 0;

    CHECK(sscanf("3.5 -1e3", "%lf %f", &d, &f) == 2 && d == 3.5 && f == -1000);
    CHECK(sscanf(".25", "%lf", &d) == 1 && d == 0.25);
    CHECK(sscanf("1.5e", "%lf", &d) == 1 && d == 1.5);
    CHECK(sscanf("x", "%lf", &d) == 0);
}

static void wide_scan(void)
{
    int a = 0;
    wchar_t word[16];

    CHECK(swscanf(L"42 text", L"%d %ls", &a, word) == 2 && a == 42);
    CHECK(wcscmp(word, L"text") == 0);
}

static void conversion(void)
{
    char *end;
    wchar_t *wide_end;
    const char *text = "  -123abc";

    CHECK(strtol(text, &end, 10) == -123 && end == text + 6);
    CHECK(strtol("0x7fffffff", NULL, 0) == 0x7fffffff);
    CHECK(strtol("zz", NULL, 36) == 35 * 36 + 35);
    text = "none";
    CHECK(strtol(text, &end, 10) == 0 && end == text);
    text = "0xg";
    CHECK(strtol(text, &end, 16) == 0 && end == text + 1);
    errno = 0;
    CHECK(strtol("99999999999", NULL, 10) == LONG_MAX && errno == ERANGE);
    errno = 0;
    CHECK(strtol("-99999999999", NULL, 10) == LONG_MIN && errno == ERANGE);
    errno = 0;
    CHECK(strtoul("4294967295", NULL, 10) == ULONG_MAX && errno == 0);
    CHECK(strtoul("-1", NULL, 10) == ULONG_MAX);
    CHECK(_strtoi64("-9223372036854775808", NULL, 10) == LLONG_MIN && errno == 0);
    CHECK(_strtoui64("18446744073709551615", NULL, 10) == ULLONG_MAX && errno == 0);
    CHECK(_strtoui64("18446744073709551616", NULL, 10) == ULLONG_MAX && errno == ERANGE);
    CHECK(wcstol(L"77!", &wide_end, 8) == 63 && *wide_end == L'!');
    CHECK(atoi("42") == 42 && atol("-7") == -7 && _atoi64("1234567890123") == 1234567890123LL);
    CHECK(_wtoi(L"99") == 99 && atoi("x") == 0);
    CHECK(atof("2.5") == 2.5 && strtod("1e-2z", &end) == 0.01 && *end == 'z');
    CHECK(strtod("0.1", NULL) == 0.1 && strtod("1.7976931348623157e308", NULL) < HUGE_VAL);
    errno = 0;
    CHECK(strtod("1e999", NULL) == HUGE_VAL && errno == ERANGE);
    CHECK(wcstod(L" 6.25x", &wide_end) == 6.25 && *wide_end == L'x');
}

static void to_text(void)
{
    char text[70];
    wchar_t wide[70];

    CHECK_TEXT(_itoa(-255, text, 10), "-255");
    CHECK_TEXT(_itoa(-1, text, 16), "ffffffff");
    CHECK_TEXT(_ultoa(255, text, 2), "11111111");
    CHECK_TEXT(_i64toa(-1, text, 10), "-1");
    CHECK_TEXT(_ui64toa(~0ULL, text, 16), "ffffffffffffffff");
    CHECK(wcscmp(_itow(123, wide, 10), L"123") == 0);
    CHECK(_itoa_s(1234, text, 4, 10) == ERANGE && text[0] == 0);
}

int main(void)
{
    integers();
    texts();
    floats();
    wide_scan();
    conversion();
    to_text();
    return check_summary();
}
