/*
 * Strings of both widths, character classes, multibyte conversion, the heap, searching.
 */
#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <wctype.h>

#include "check.h"

static void narrow(void)
{
    char text[32] = "one,two;;three";
    char *copy = _strdup("copy");
    char *state = NULL;

    CHECK_TEXT(strtok(text, ",;"), "one");
    CHECK_TEXT(strtok(NULL, ",;"), "two");
    CHECK_TEXT(strtok(NULL, ",;"), "three");
    CHECK(strtok(NULL, ",;") == NULL);
    strcpy(text, "a b");
    CHECK_TEXT(strtok_s(text, " ", &state), "a");
    CHECK_TEXT(strtok_s(NULL, " ", &state), "b");
    CHECK_TEXT(copy, "copy");
    free(copy);
    CHECK(_stricmp("HeLLo", "hEllO") == 0 && _strnicmp("ABx", "aby", 2) == 0);
    CHECK(strcmp("a", "b") < 0 && strncmp("abc", "abd", 2) == 0 && strcoll("a", "a") == 0);
    CHECK(strstr("haystack", "st") != NULL && strrchr("a.b.c", '.')[1] == 'c');
    CHECK(strspn("112x", "12") == 3 && strcspn("abc1", "123") == 3);
    CHECK(*strpbrk("abc,d", ",;") == ',' && strpbrk("abc", "x") == NULL);
    strcpy(text, "MiXed");
    CHECK_TEXT(_strupr(text), "MIXED");
    CHECK_TEXT(_strlwr(text), "mixed");
    CHECK_TEXT(_strrev(text), "dexim");
    CHECK(strcpy_s(text, 32, "ok") == 0 && strcat_s(text, 32, "!") == 0);
    CHECK_TEXT(text, "ok!");
    CHECK(strncpy_s(text, 4, "abcdef", _TRUNCATE) == STRUNCATE);
    CHECK_TEXT(text, "abc");
    CHECK(memchr("abc", 'b', 3) != NULL && memcmp("ab", "ac", 2) < 0);
    CHECK(strxfrm(text, "abc", sizeof text) == 3);
    CHECK_TEXT(strerror(ENOENT), "No such file or directory");
    CHECK(strnlen("abc", 2) == 2);
}

static void wide(void)
{
    wchar_t text[32];
    wchar_t *copy = _wcsdup(L"copy");

    CHECK(wcscmp(copy, L"copy") == 0);
    free(copy);
    wcscpy(text, L"one");
    wcscat(text, L" two");
    CHECK(wcslen(text) == 7 && wcschr(text, L't') == text + 4);
    CHECK(_wcsicmp(L"ABC", L"abc") == 0 && _wcsnicmp(L"ABx", L"aby", 2) == 0);
    CHECK(wcsstr(text, L"tw") == text + 4 && wcsrchr(text, L'o') == text + 6);
    CHECK(wcspbrk(text, L"wx") == text + 5);
    CHECK(wcscmp(_wcsupr(text), L"ONE TWO") == 0);
    CHECK(wcscoll(L"a", L"b") < 0 && wcsncmp(L"ab", L"ac", 1) == 0);
    CHECK(wcscpy_s(text, 32, L"x") == 0 && wcscat_s(text, 32, L"y") == 0);
    CHECK(wcscmp(text, L"xy") == 0);
}

static void classes(void)
{
    CHECK(isalpha('a') && !isalpha('1') && isdigit('9') && isxdigit('F') && isspace('\t'));
    CHECK(isupper('A') && !isupper('a') && ispunct('!') && iscntrl('\n') && isprint(' '));
    CHECK(isgraph('x') && !isgraph(' ') && isalnum('Z'));
    CHECK(toupper('x') == 'X' && tolower('X') == 'x' && toupper('1') == '1');
    CHECK(iswalpha(L'q') && iswdigit(L'5') && iswspace(L' ') && !iswupper(L'a'));
    CHECK(towupper(L'x') == L'X' && towlower(L'Q') == L'q');
    CHECK(iswctype(L'7', _DIGIT));
}

static void multibyte(void)
{
    wchar_t wide_text[16];
    char text[16];
    size_t count;

    CHECK(mbstowcs(wide_text, "abc", 16) == 3 && wcscmp(wide_text, L"abc") == 0);
    CHECK(wcstombs(text, L"xyz", 16) == 3 && strcmp(text, "xyz") == 0);
    CHECK(mbstowcs(NULL, "four", 0) == 4);
    errno = 0;
    CHECK(wcstombs(text, L"\x4E2D", 16) == (size_t)-1 && errno == EILSEQ);
    CHECK(mbstowcs_s(&count, wide_text, 16, "hi", _TRUNCATE) == 0 && count == 3);
    CHECK(wcstombs_s(&count, text, 16, L"hey", _TRUNCATE) == 0 && count == 4);
    CHECK(MB_CUR_MAX == 1 && mblen("a", 1) == 1);
    CHECK_TEXT(setlocale(LC_ALL, NULL), "C");
    CHECK_TEXT(setlocale(LC_ALL, "C"), "C");
    CHECK(setlocale(LC_ALL, "no-such-locale") == NULL);
    CHECK_TEXT(localeconv()->decimal_point, ".");
}

static void heap(void)
{
    char *block = malloc(10);
    int *zeros = calloc(100, sizeof *zeros);
    void *aligned = _aligned_malloc(100, 256);
    int sum = 0;

    CHECK(block && zeros && _msize(block) >= 10);
    strcpy(block, "kept");
    block = realloc(block, 100000);
    CHECK_TEXT(block, "kept");
    for (int i = 0; i < 100; i++)
        sum |= zeros[i];
    CHECK(sum == 0);
    CHECK(aligned && (uintptr_t)aligned % 256 == 0);
    _aligned_free(aligned);
    free(zeros);
    free(block);
    free(NULL);
    errno = 0;
    CHECK(calloc((size_t)-1 / 2, 4) == NULL && errno == ENOMEM);
}

static int compare(const void *first, const void *second)
{
    return *(const int *)first - *(const int *)second;
}

static void searching(void)
{
    int numbers[] = {5, 3, 9, 1, 7};
    int key = 7;

    qsort(numbers, 5, sizeof(int), compare);
    CHECK(numbers[0] == 1 && numbers[2] == 5 && numbers[4] == 9);
    CHECK(bsearch(&key, numbers, 5, sizeof(int), compare) == &numbers[3]);
    key = 4;
    CHECK(bsearch(&key, numbers, 5, sizeof(int), compare) == NULL);
    srand(1);
    CHECK(rand() == 41 && rand() == 18467 && rand() == 6334);
    CHECK(abs(-3) == 3 && labs(-4L) == 4 && div(7, 2).rem == 1);
}

int main(void)
{
    narrow();
    wide();
    classes();
    multibyte();
    heap();
    searching();
    return check_summary();
}
