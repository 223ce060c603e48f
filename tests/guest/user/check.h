/*
 * Checks of the user-mode tests. Each test is an ordinary console program that passes on Windows
 * too: it prints every failed check, then `N passed, M failed`, and returns 0 when M is 0.
 */
#ifndef USER_CHECK_H
#define USER_CHECK_H

#include <stdio.h>
#include <string.h>
#include <windows.h>

static int checks_passed;
static int checks_failed;

static void check_that(int good, const char *text, int line)
{
    if (good) {
        checks_passed++;
        return;
    }
    checks_failed++;
    printf("line %d: %s (last error %lu)\n", line, text, GetLastError());
}
#define CHECK(condition) check_that((condition) != 0, #condition, __LINE__)

/* The call fails, and with that error. */
#define CHECK_ERROR(call, error) CHECK((SetLastError(0), !(call)) && GetLastError() == (error))

static int check_summary(void)
{
    printf("%d passed, %d failed\n", checks_passed, checks_failed);
    return checks_failed != 0;
}

#endif
