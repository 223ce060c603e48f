/*
 * DriverEntry of a guest test driver: runs the tables of all test files and reports.
 *
 * The files come from GUEST_FILES, which the build defines as X(name) X(name) ..., one for each
 * test source that is linked in.
 */
#include "guest.h"

DRIVER_INITIALIZE DriverEntry;

#define X(name) extern const struct guest_file guest_file_##name;
GUEST_FILES
#undef X

static const struct guest_file *const files[] = {
#define X(name) &guest_file_##name,
    GUEST_FILES
#undef X
};

/* The counts of the file that runs, and the test in it. */
static struct {
    const char *test;
    ULONG passed;
    ULONG failed;
    BOOLEAN failure_expected;
} current;

void guest_expect_failure(void)
{
    current.failure_expected = TRUE;
}

/* Counts a check; says whether its failure has to be printed. */
static BOOLEAN count(const char *file, int line, BOOLEAN passed)
{
    BOOLEAN expected = current.failure_expected;

    current.failure_expected = FALSE;
    if (passed != expected) {
        current.passed++;
        return FALSE;
    }
    current.failed++;
    DbgPrint("guest: %s:%d: %s: ", file, line, current.test);
    if (passed)
        DbgPrint("marked todo, but it passes\n");
    return !passed;
}

BOOLEAN guest_check(const char *file, int line, BOOLEAN passed, const char *format, ...)
{
    va_list arguments;

    if (count(file, line, passed)) {
        va_start(arguments, format);
        vDbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, format, arguments);
        va_end(arguments);
        DbgPrint("\n");
    }
    return passed;
}

BOOLEAN guest_check_int(const char *file, int line, const char *expression, LONGLONG actual,
                        LONGLONG expected)
{
    BOOLEAN passed = actual == expected;

    if (count(file, line, passed))
        DbgPrint("%s is %I64d (0x%I64x), expected %I64d (0x%I64x)\n", expression, actual, actual,
                 expected, expected);
    return passed;
}

BOOLEAN guest_check_status(const char *file, int line, const char *expression, NTSTATUS actual,
                           NTSTATUS expected)
{
    BOOLEAN passed = actual == expected;

    if (count(file, line, passed))
        DbgPrint("%s is status 0x%08X, expected 0x%08X\n", expression, actual, expected);
    return passed;
}

/* Loops of our own: the functions under test may be strcmp and wcscmp themselves. */
BOOLEAN guest_check_str(const char *file, int line, const char *expression, const char *actual,
                        const char *expected)
{
    ULONG index = 0;
    BOOLEAN passed;

    while (actual != NULL && actual[index] != 0 && actual[index] == expected[index])
        index++;
    passed = actual != NULL && actual[index] == expected[index];
    if (count(file, line, passed))
        DbgPrint("%s is \"%s\", expected \"%s\"\n", expression, actual, expected);
    return passed;
}

BOOLEAN guest_check_wstr(const char *file, int line, const char *expression, const WCHAR *actual,
                         const WCHAR *expected)
{
    ULONG index = 0;
    BOOLEAN passed;

    while (actual != NULL && actual[index] != 0 && actual[index] == expected[index])
        index++;
    passed = actual != NULL && actual[index] == expected[index];
    if (count(file, line, passed))
        DbgPrint("%s is \"%ws\", expected \"%ws\"\n", expression, actual, expected);
    return passed;
}

/* Returns the number of failures. */
static ULONG run_file(const struct guest_file *file)
{
    current.passed = 0;
    current.failed = 0;
    for (const struct guest_test *test = file->tests; test->name != NULL; test++) {
        current.test = test->name;
        test->run();
    }
    DbgPrint("guest: %s: %lu passed, %lu failed\n", file->name, current.passed, current.failed);
    return current.failed;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    ULONG failed = 0;

    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(registry_path);
    for (ULONG index = 0; index < sizeof(files) / sizeof(files[0]); index++)
        failed += run_file(files[index]);
    return failed == 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
