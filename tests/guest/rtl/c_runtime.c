/*
 * The C functions that the kernel exports: strings of both widths, numbers, classes, sorting,
 * scans.
 */
#include "../guest.h"

#include <stdlib.h>
#include <string.h>
#include <ctype.h>

#define IMPORT __declspec(dllimport)
IMPORT int __cdecl sscanf_s(const char *text, const char *format, ...);
IMPORT int __cdecl swscanf_s(const wchar_t *text, const wchar_t *format, ...);
IMPORT errno_t __cdecl memmove_s(void *destination, size_t size, const void *source, size_t count);

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

GUEST_TEST(lengths)
{
    ok_eq_int(strlen(""), 0);
    ok_eq_int(strlen("abc"), 3);
    ok_eq_int(wcslen(L"abc"), 3);
    ok_eq_int(strnlen("abc", 2), 2);
    ok_eq_int(strnlen("abc", 9), 3);
    ok_eq_int(strnlen("abc", 0), 0);
    ok_eq_int(wcsnlen(L"abc", 2), 2);
}

GUEST_TEST(comparisons)
{
    static const struct {
        const char *first;
        const char *second;
        size_t count;
        int exact;
        int exact_count;
        int folded;
        int folded_count;
    } rows[] = {
        {"", "", 5, 0, 0, 0, 0},          {"a", "", 5, 1, 1, 1, 1},
        {"a", "b", 0, -1, 0, -1, 0},      {"abc", "abd", 2, -1, 0, -1, 0},
        {"aBc", "AbC", 3, 1, 1, 0, 0},    {"a", "B", 1, 1, 1, -1, -1},
        {"_", "a", 1, -1, -1, -1, -1},    {"_", "A", 1, 1, 1, -1, -1},
        {"ab", "abc", 9, -1, -1, -1, -1}, {"\xE4", "z", 1, 1, 1, 1, 1},
        {"\xE4", "\xC4", 1, 1, 1, 1, 1},
    };

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        const char *first = rows[row].first;
        const char *second = rows[row].second;
        wchar_t wide_first[8];
        wchar_t wide_second[8];

        for (ULONG index = 0; index < 8; index++) {
            wide_first[index] = (UCHAR)first[index < strlen(first) ? index : strlen(first)];
            wide_second[index] = (UCHAR)second[index < strlen(second) ? index : strlen(second)];
        }
        ok(sign(strcmp(first, second)) == rows[row].exact, "strcmp %lu", row);
        ok(sign(strncmp(first, second, rows[row].count)) == rows[row].exact_count, "strncmp %lu",
           row);
        ok(sign(_stricmp(first, second)) == rows[row].folded, "_stricmp %lu", row);
        ok(sign(_strnicmp(first, second, rows[row].count)) == rows[row].folded_count,
           "_strnicmp %lu", row);
        ok(sign(wcscmp(wide_first, wide_second)) == rows[row].exact, "wcscmp %lu", row);
        ok(sign(wcsncmp(wide_first, wide_second, rows[row].count)) == rows[row].exact_count,
           "wcsncmp %lu", row);
        ok(sign(_wcsicmp(wide_first, wide_second)) == rows[row].folded, "_wcsicmp %lu", row);
        ok(sign(_wcsnicmp(wide_first, wide_second, rows[row].count)) == rows[row].folded_count,
           "_wcsnicmp %lu", row);
    }
}

GUEST_TEST(searches)
{
    static const char text[] = "abcabc";
    static const wchar_t wide[] = L"abcabc";

    ok(strchr(text, 'b') == text + 1, "strchr");
    ok(strchr(text, 0) == text + 6, "strchr of the terminator");
    ok(strchr(text, 'x') == NULL, "strchr of nothing");
    ok(strrchr(text, 'b') == text + 4, "strrchr");
    ok(strrchr(text, 0) == text + 6, "strrchr of the terminator");
    ok(strrchr(text, 'x') == NULL, "strrchr of nothing");
    ok(strstr(text, "ca") == text + 2, "strstr");
    ok(strstr(text, "") == text, "strstr of nothing");
    ok(strstr(text, "abcabcd") == NULL, "strstr of more");
    ok(strstr("aaab", "aab") != NULL, "strstr restarts");
    ok_eq_int(strspn(text, "ba"), 2);
    ok_eq_int(strcspn(text, "xc"), 2);
    ok(wcschr(wide, L'c') == wide + 2, "wcschr");
    ok(wcschr(wide, 0) == wide + 6, "wcschr of the terminator");
    ok(wcsrchr(wide, L'c') == wide + 5, "wcsrchr");
    ok(wcsrchr(wide, L'x') == NULL, "wcsrchr of nothing");
    ok(wcsstr(wide, L"bca") == wide + 1, "wcsstr");
    ok(wcsstr(wide, L"cb") == NULL, "wcsstr of nothing");
    ok_eq_int(wcsspn(wide, L"abc"), 6);
}

GUEST_TEST(copies)
{
    char text[10] = "#########";
    wchar_t wide[10] = L"#########";

    ok(strcpy(text, "ab") == text, "result");
    ok_eq_str(text, "ab");
    ok_eq_str(strcat(text, "cd"), "abcd");
    ok_eq_str(strncat(text, "efgh", 2), "abcdef");
    ok_eq_str(strncat(text, "g", 5), "abcdefg");
    strncpy(text, "xy", 4);
    ok_eq_str(text + 4, "efg");
    ok_eq_int(text[3], 0);
    strncpy(text, "12345", 3);
    ok_eq_int(text[3], 0);
    ok_eq_str(_strupr(strcpy(text, "a{z")), "A{Z");
    ok_eq_str(_strlwr(strcpy(text, "A[Z")), "a[z");
    ok_eq_wstr(wcscpy(wide, L"ab"), L"ab");
    ok_eq_wstr(wcscat(wide, L"cd"), L"abcd");
    ok_eq_wstr(wcsncat(wide, L"efgh", 2), L"abcdef");
    wcsncpy(wide, L"xy", 4);
    ok_eq_int(wide[3], 0);
    ok_eq_int(wide[4], 'e');
    ok_eq_wstr(_wcsupr(wcscpy(wide, L"a{\x00E4")), L"A{\x00C4");
    ok_eq_wstr(_wcslwr(wcscpy(wide, L"A[\x00C4")), L"a[\x00E4");
}

GUEST_TEST(secure_copies)
{
    char text[6] = "#####";
    wchar_t wide[6] = L"#####";

    ok_eq_int(strcpy_s(text, 4, "abc"), 0);
    ok_eq_str(text, "abc");
    ok_eq_int(strcpy_s(text, 3, "abc"), 34);
    ok_eq_str(text, "");
    ok_eq_int(strcpy_s(NULL, 3, "abc"), 22);
    ok_eq_int(strcpy_s(text, 0, "abc"), 22);
    strcpy_s(text, 6, "ab");
    ok_eq_int(strcpy_s(text, 6, NULL), 22);
    ok_eq_str(text, "");
    ok_eq_int(strncpy_s(text, 6, "abcdef", 2), 0);
    ok_eq_str(text, "ab");
    ok_eq_int(strncpy_s(text, 4, "abcdef", (size_t)-1), 80);
    ok_eq_str(text, "abc");
    ok_eq_int(strcat_s(text, 5, "d"), 0);
    ok_eq_str(text, "abcd");
    ok_eq_int(strcat_s(text, 5, "e"), 34);
    ok_eq_str(text, "");
    text[0] = text[1] = 'x';
    ok_eq_int(strcat_s(text, 2, "e"), 22);
    ok_eq_int(wcscpy_s(wide, 4, L"abc"), 0);
    ok_eq_int(wcscat_s(wide, 6, L"de"), 0);
    ok_eq_wstr(wide, L"abcde");
    ok_eq_int(wcscat_s(wide, 6, L"f"), 34);
    ok_eq_wstr(wide, L"");
    ok_eq_int(wcsncpy_s(wide, 3, L"abcd", (size_t)-1), 80);
    ok_eq_wstr(wide, L"ab");
    ok_eq_int(wcsncat_s(wide, 6, L"xyz", 1), 0);
    ok_eq_wstr(wide, L"abx");
    ok_eq_int(memcpy_s(text, 6, "12345", 6), 0);
    ok_eq_str(text, "12345");
    ok_eq_int(memcpy_s(text, 5, "abcdef", 6), 34);
    ok_eq_str(text, "");
    ok_eq_int(memmove_s(text, 2, "abc", 3), 34);
    ok_eq_int(memmove_s(NULL, 2, "abc", 1), 22);
}

GUEST_TEST(tokens)
{
    char text[] = ",a,,bc";
    char *context = NULL;

    ok_eq_str(strtok_s(text, ",", &context), "a");
    ok_eq_str(strtok_s(NULL, ",", &context), "bc");
    ok(strtok_s(NULL, ",", &context) == NULL, "end");
    ok(strtok_s(NULL, ",", &context) == NULL, "still at the end");
}

GUEST_TEST(numbers_from_text)
{
    wchar_t *wide_end;

    ok_eq_int(atoi(" \t-42x"), -42);
    ok_eq_int(atoi("x"), 0);
    ok_eq_int(atoi("2147483648"), 2147483647);
    ok_eq_int(atoi("-99999999999"), (int)0x80000000);
    ok_eq_int(atol("+7"), 7);
    ok_eq_int(_atoi64("-9223372036854775808"), (LONGLONG)0x8000000000000000);
    ok_eq_int(_wtoi(L"123"), 123);
    ok_eq_int(_wtol(L"-1"), -1);
    ok_eq_int(wcstoul(L"0x1Fz", &wide_end, 0), 0x1F);
    ok_eq_int(*wide_end, L'z');
    ok_eq_int(wcstoul(L"077", NULL, 0), 63);
    ok_eq_int(wcstoul(L"zz", &wide_end, 36), 35 * 37);
    ok_eq_int(_strtoui64("18446744073709551615", NULL, 10), -1);
}

GUEST_TEST(numbers_to_text)
{
    char text[70];
    wchar_t wide[70];

    ok_eq_str(_itoa(-10, text, 10), "-10");
    ok_eq_str(_itoa(-1, text, 16), "ffffffff");
    ok_eq_str(_itoa(35, text, 36), "z");
    ok_eq_wstr(_itow(-5, wide, 10), L"-5");
    ok_eq_wstr(_ultow(0xFFFFFFFF, wide, 2), L"11111111111111111111111111111111");
    ok_eq_int(_i64toa_s(-1, text, 70, 10), 0);
    ok_eq_str(text, "-1");
    ok_eq_int(_ui64tow_s(~0ull, wide, 70, 16), 0);
    ok_eq_wstr(wide, L"ffffffffffffffff");
    ok_eq_int(_itoa_s(1234, text, 5, 10), 0);
    ok_eq_int(_itoa_s(1234, text, 4, 10), 34);
    ok_eq_str(text, "");
    ok_eq_int(_itow_s(1, wide, 4, 37), 22);
    ok_eq_int(_ltow_s(1, NULL, 4, 10), 22);
}

GUEST_TEST(classes)
{
    for (int character = -1; character < 256; character++) {
        BOOLEAN upper = character >= 'A' && character <= 'Z';
        BOOLEAN lower = character >= 'a' && character <= 'z';
        BOOLEAN digit = character >= '0' && character <= '9';
        BOOLEAN hex = digit || (character >= 'A' && character <= 'F') ||
                      (character >= 'a' && character <= 'f');

        if (!isupper(character) != !upper || !islower(character) != !lower ||
            !isdigit(character) != !digit || !isxdigit(character) != !hex ||
            !isspace(character) != !(character == 32 || (character >= 9 && character <= 13)) ||
            !isprint(character) != !(character >= 32 && character < 127) ||
            toupper(character) != (lower ? character - 32 : character) ||
            tolower(character) != (upper ? character + 32 : character))
            ok(FALSE, "class of %d", character);
    }
    ok_eq_int(towupper(0x00E4), 0x00C4);
    ok_eq_int(towlower('A'), 'a');
}

static int __cdecl compare_ints(const void *first, const void *second)
{
    int left = *(const int *)first;
    int right = *(const int *)second;

    return (left > right) - (left < right);
}

GUEST_TEST(sorting)
{
    static int numbers[200];

    for (int count = 0; count < 200; count += 7) {
        int key = 5;
        srand((unsigned)count + 1);
        for (int index = 0; index < count; index++)
            numbers[index] = rand() % 50 * 2;
        qsort(numbers, (size_t)count, sizeof(int), compare_ints);
        for (int index = 1; index < count; index++) {
            if (numbers[index - 1] > numbers[index])
                ok(FALSE, "order at %d of %d", index, count);
        }
        for (int index = 0; index < count; index++) {
            int *found =
                bsearch(&numbers[index], numbers, (size_t)count, sizeof(int), compare_ints);
            if (found == NULL || *found != numbers[index])
                ok(FALSE, "search %d of %d", index, count);
        }
        ok(bsearch(&key, numbers, (size_t)count, sizeof(int), compare_ints) == NULL, "odd key");
    }
}

GUEST_TEST(random_sequence)
{
    srand(1);
    ok_eq_int(rand(), 41);
    ok_eq_int(rand(), 18467);
    ok_eq_int(rand(), 6334);
}

GUEST_TEST(multibyte)
{
    wchar_t wide[8] = L"#######";
    char narrow[8] = "#######";

    ok_eq_int(mbstowcs(wide, "a\x80", 8), 2);
    ok_eq_wstr(wide, L"a\x20AC");
    ok_eq_int(mbstowcs(NULL, "abc", 0), 3);
    ok_eq_int(mbstowcs(wide, "xyz", 2), 2);
    ok_eq_int(wcstombs(narrow, L"a\x20AC", 8), 2);
    ok_eq_str(narrow, "a\x80");
    ok_eq_int(wcstombs(NULL, L"abc", 0), 3);
    ok_eq_int((int)wcstombs(narrow, L"\x4E00", 8), -1);
}

GUEST_TEST(scans)
{
    int number = 0;
    unsigned hex = 0;
    LONGLONG big = 0;
    short small[2] = {0, 77};
    char text[8];
    char letter = 0;
    wchar_t wide[8];

    ok_eq_int(sscanf_s("12 -0x1f", "%d %i", &number, &hex), 2);
    ok_eq_int(number, 12);
    ok_eq_int((int)hex, -31);
    ok_eq_int(sscanf_s("ff:-5000000000", "%x:%I64d", &hex, &big), 2);
    ok_eq_int(hex, 255);
    ok_eq_int(big, -5000000000ll);
    ok_eq_int(sscanf_s("70000", "%hd", &small[0]), 1);
    ok_eq_int(small[0], 4464);
    ok_eq_int(small[1], 77);
    ok_eq_int(sscanf_s("  abc def", "%s", text, 8), 1);
    ok_eq_str(text, "abc");
    ok_eq_int(sscanf_s("abcdefgh", "%s", text, 8), 0); /* no room for the terminator */
    ok_eq_str(text, "");
    ok_eq_int(sscanf_s("abcdef", "%3s%c", text, 8, &letter, 1), 2);
    ok_eq_str(text, "abc");
    ok_eq_int(letter, 'd');
    ok_eq_int(sscanf_s("ab12", "%[a-c]%d", text, 8, &number), 2);
    ok_eq_str(text, "ab");
    ok_eq_int(sscanf_s("x]y", "%[^]]", text, 8), 1);
    ok_eq_str(text, "x");
    ok_eq_int(sscanf_s("5 6", "%*d %d", &number), 1);
    ok_eq_int(number, 6);
    ok_eq_int(sscanf_s("12345", "%3d%d", &number, &hex), 2);
    ok_eq_int(number, 123);
    ok_eq_int(hex, 45);
    ok_eq_int(sscanf_s("", "%d", &number), -1);
    ok_eq_int(sscanf_s("x", "%d", &number), 0);
    ok_eq_int(sscanf_s("50%", "%d%%", &number), 1);
    ok_eq_int(swscanf_s(L"7 abc", L"%d %s", &number, wide, 8), 2);
    ok_eq_wstr(wide, L"abc");
    ok_eq_int(swscanf_s(L"abc", L"%hs", text, 8), 1);
    ok_eq_str(text, "abc");
}

GUEST_TEST_FILE(c_runtime, GUEST_ROW(lengths), GUEST_ROW(comparisons), GUEST_ROW(searches),
                GUEST_ROW(copies), GUEST_ROW(secure_copies), GUEST_ROW(tokens),
                GUEST_ROW(numbers_from_text), GUEST_ROW(numbers_to_text), GUEST_ROW(classes),
                GUEST_ROW(sorting), GUEST_ROW(random_sequence), GUEST_ROW(multibyte),
                GUEST_ROW(scans));
