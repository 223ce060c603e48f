/*
 * Checks of the C run-time tests. Each test is an ordinary console program that passes on Windows
 * too: it prints every failed check, then `N passed, M failed`, and returns 0 when M is 0.
 *
 * The same source is built against msvcrt.dll and, with _UCRT defined, against ucrtbase.dll.
 */
#ifndef CRT_CHECK_H
#define CRT_CHECK_H

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#ifdef _UCRT
#define EITHER(msvcrt, ucrt) (ucrt)
#else
#define EITHER(msvcrt, ucrt) (msvcrt)
#endif

static int checks_passed;
static int checks_failed;

static void check_that(int good, const char *text, int line)
{
    if (good) {
        checks_passed++;
        return;
    }
    checks_failed++;
    printf("line %d: %s\n", line, text);
}
#define CHECK(condition) check_that((condition) != 0, #condition, __LINE__)

__attribute__((unused)) static void check_text(const char *got, const char *wanted,
                                               const char *text, int line)
{
    if (strcmp(got, wanted) == 0) {
        checks_passed++;
        return;
    }
    checks_failed++;
    printf("line %d: %s is \"%s\", not \"%s\"\n", line, text, got, wanted);
}
#define CHECK_TEXT(got, wanted) check_text(got, wanted, #got, __LINE__)

static int check_summary(void)
{
    printf("%d passed, %d failed\n", checks_passed, checks_failed);
    return checks_failed != 0;
}

#endif
