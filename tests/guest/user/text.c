/* Code pages, messages, comparing, the environment, paths. Needs no files. */
#include "check.h"

static void test_code_pages(void)
{
    WCHAR wide[16];
    char narrow[16];
    BOOL replaced = FALSE;

    CHECK(MultiByteToWideChar(CP_UTF8, 0, "a\xC3\xA9\xF0\x9F\x98\x80", -1, wide, 16) == 5);
    CHECK(wide[1] == 0xE9 && wide[2] == 0xD83D && wide[3] == 0xDE00);
    CHECK(WideCharToMultiByte(CP_UTF8, 0, wide, -1, narrow, 16, NULL, NULL) == 8);
    CHECK(strcmp(narrow, "a\xC3\xA9\xF0\x9F\x98\x80") == 0);
    CHECK(MultiByteToWideChar(CP_UTF8, 0, "\xFFx", 2, wide, 16) == 2 && wide[0] == 0xFFFD);
    CHECK_ERROR(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "\xFF", 1, wide, 16),
                ERROR_NO_UNICODE_TRANSLATION);
    CHECK(MultiByteToWideChar(CP_UTF8, 0, "abc", 3, NULL, 0) == 3);
    CHECK_ERROR(MultiByteToWideChar(CP_UTF8, 0, "abc", 3, wide, 2), ERROR_INSUFFICIENT_BUFFER);
    CHECK(MultiByteToWideChar(1252, 0, "\x80", 1, wide, 16) == 1 && wide[0] == 0x20AC);
    CHECK(WideCharToMultiByte(1252, 0, L"\x20AC\x4E00", 2, narrow, 16, NULL, &replaced) == 2);
    CHECK((unsigned char)narrow[0] == 0x80 && narrow[1] == '?' && replaced);
    CHECK(GetACP() == 1252 && GetOEMCP() == 437 && IsValidCodePage(CP_UTF8));
}

static void test_messages(void)
{
    DWORD_PTR arguments[] = {(DWORD_PTR) "text", 42};
    char buffer[256], *allocated = NULL;

    CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                         ERROR_ACCESS_DENIED, 0, buffer, sizeof(buffer), NULL) == 19);
    CHECK(strcmp(buffer, "Access is denied.\r\n") == 0);
    CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL,
                         ERROR_FILE_NOT_FOUND, 0, (LPSTR)&allocated, 0, NULL) != 0);
    CHECK(allocated && strcmp(allocated, "The system cannot find the file specified.\r\n") == 0);
    CHECK(LocalFree(allocated) == NULL);
    CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY,
                         "%2!05d! %1%%%n", 0, 0, buffer, sizeof(buffer),
                         (va_list *)arguments) != 0);
    CHECK(strcmp(buffer, "00042 text%\r\n") == 0);
    CHECK_ERROR(
        FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x12345, 0, buffer, sizeof(buffer), NULL),
        ERROR_MR_MID_NOT_FOUND);
    CHECK_ERROR(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 5, 0, buffer, 5, NULL),
                ERROR_INSUFFICIENT_BUFFER);
}

static void test_comparing(void)
{
    CHECK(CompareStringA(LOCALE_USER_DEFAULT, 0, "abc", -1, "abd", -1) == CSTR_LESS_THAN);
    CHECK(CompareStringA(LOCALE_USER_DEFAULT, NORM_IGNORECASE, "ABC", -1, "abc", -1) == CSTR_EQUAL);
    CHECK(lstrcmpA("a", "B") < 0 && lstrcmpA("b", "A") > 0 && lstrcmpiA("Text", "tEXT") == 0);
    CHECK(lstrcmpA("a", "A") < 0);
    CHECK(CompareStringOrdinal(L"a", -1, L"B", -1, FALSE) == CSTR_GREATER_THAN);
}

static void test_environment(void)
{
    char buffer[64];

    CHECK(SetEnvironmentVariableA("RingsideTest", "value"));
    CHECK(GetEnvironmentVariableA("RINGSIDETEST", buffer, sizeof(buffer)) == 5);
    CHECK(strcmp(buffer, "value") == 0);
    CHECK(GetEnvironmentVariableA("RingsideTest", buffer, 3) == 6);
    CHECK(ExpandEnvironmentStringsA("<%ringsidetest%%nope%>", buffer, sizeof(buffer)) == 14);
    CHECK(strcmp(buffer, "<value%nope%>") == 0);
    CHECK(SetEnvironmentVariableA("RingsideTest", NULL));
    CHECK_ERROR(GetEnvironmentVariableA("RingsideTest", buffer, sizeof(buffer)),
                ERROR_ENVVAR_NOT_FOUND);
    CHECK_ERROR(SetEnvironmentVariableA("a=b", "c"), ERROR_INVALID_PARAMETER);
}

static void check_path(const char *path, const char *wanted, int line)
{
    char full[MAX_PATH];

    if (GetFullPathNameA(path, sizeof(full), full, NULL) == 0)
        full[0] = 0;
    check_that(strcmp(full, wanted) == 0, full, line);
}

static void test_paths(void)
{
    char full[MAX_PATH], *part;

    check_path("C:\\a\\..\\b\\.\\c", "C:\\b\\c", __LINE__);
    check_path("C:/a//b", "C:\\a\\b", __LINE__);
    check_path("C:\\..\\..\\x", "C:\\x", __LINE__);
    check_path("C:\\trailing. .", "C:\\trailing", __LINE__);
    check_path("C:\\dir\\", "C:\\dir\\", __LINE__);
    check_path("NUL", "\\\\.\\NUL", __LINE__);
    check_path("\\\\.\\Device", "\\\\.\\Device", __LINE__);
    check_path("\\\\server\\share\\..\\x", "\\\\server\\share\\x", __LINE__);
    CHECK(GetFullPathNameA("C:\\dir\\file.txt", sizeof(full), full, &part) == 15);
    CHECK(part != NULL && strcmp(part, "file.txt") == 0);
    CHECK(GetFullPathNameA("C:\\dir\\file.txt", 5, full, NULL) == 16);
}

int main(void)
{
    test_code_pages();
    test_messages();
    test_comparing();
    test_environment();
    test_paths();
    return check_summary();
}
