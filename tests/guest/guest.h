/*
 * The harness for guest tests: drivers that check a Windows kernel from the inside. The sources use
 * only the public kernel interface, so the same .sys can be loaded on Windows; there it must pass.
 *
 * A test file:
 *
 *     #include "../guest.h"
 *
 *     GUEST_TEST(append_needs_room)
 *     {
 *         ok_eq_status(RtlAppendUnicodeToString(&string, L"xyz"), STATUS_BUFFER_TOO_SMALL);
 *     }
 *
 *     GUEST_TEST_FILE(unicode_string, GUEST_ROW(append_needs_room), ...);
 *
 * GUEST_TEST_FILE collects the tests of one file. guest_main.c has the DriverEntry; the build lists
 * the files of a driver for it in GUEST_FILES, as X(unicode_string) X(bitmap). Each file prints one
 * line:
 *
 *     guest: unicode_string: 61 passed, 0 failed
 *
 * and each failure a line before that, with file and line. Prefix a check with `todo` for behaviour
 * that is known to be missing: it then counts as passed while it fails, and fails when it passes.
 *
 * Tests run at PASSIVE_LEVEL in the System process, in the order of the table. A test must not
 * depend on another one, and must give back what it allocates.
 */
#ifndef RINGSIDE_GUEST_H
#define RINGSIDE_GUEST_H

#include <ntifs.h>
#include <ntddk.h>
#include <stdarg.h>

struct guest_test {
    const char *name;
    void (*run)(void);
};

struct guest_file {
    const char *name;
    const struct guest_test *tests; /* ends with a NULL name */
};

#define GUEST_TEST(test) static void test(void)

/* Rows of the table; each names a GUEST_TEST of the same file. */
#define GUEST_ROW(test) {#test, test}

#define GUEST_TEST_FILE(identifier, ...)                                                           \
    static const struct guest_test guest_tests_##identifier[] = {__VA_ARGS__, {NULL, NULL}};       \
    const struct guest_file guest_file_##identifier = {#identifier, guest_tests_##identifier}

/* What the checks call; each returns whether the check passed. */
BOOLEAN guest_check(const char *file, int line, BOOLEAN passed, const char *format, ...);
BOOLEAN guest_check_int(const char *file, int line, const char *expression, LONGLONG actual,
                        LONGLONG expected);
BOOLEAN guest_check_status(const char *file, int line, const char *expression, NTSTATUS actual,
                           NTSTATUS expected);
BOOLEAN guest_check_str(const char *file, int line, const char *expression, const char *actual,
                        const char *expected);
BOOLEAN guest_check_wstr(const char *file, int line, const char *expression, const WCHAR *actual,
                         const WCHAR *expected);
/* The next check is expected to fail. */
void guest_expect_failure(void);

/* ok(condition, format, ...): the condition holds. */
#define ok(condition, ...) guest_check(__FILE__, __LINE__, !!(condition), __VA_ARGS__)
#define ok_eq_int(actual, expected)                                                                \
    guest_check_int(__FILE__, __LINE__, #actual, (LONGLONG)(actual), (LONGLONG)(expected))
#define ok_eq_status(actual, expected)                                                             \
    guest_check_status(__FILE__, __LINE__, #actual, actual, expected)
#define ok_eq_str(actual, expected) guest_check_str(__FILE__, __LINE__, #actual, actual, expected)
#define ok_eq_wstr(actual, expected) guest_check_wstr(__FILE__, __LINE__, #actual, actual, expected)

/* todo ok_eq_int(...): see above. */
#define todo guest_expect_failure(),

#endif
