/* setupapi's INF functions: what they read, what they refuse, and what install sections do. */
#include "check.h"

#include <setupapi.h>

#pragma comment(lib, "setupapi")

WINSETUPAPI WINBOOL WINAPI SetupDiGetActualModelsSectionW(PINFCONTEXT context,
                                                          PSP_ALTPLATFORM_INFO platform,
                                                          PWSTR buffer, DWORD size, PDWORD required,
                                                          PVOID reserved);

#define FILE_NAME L"C:\\RingsideTest.inf"
#define VERSION "[Version]\r\nSignature=\"$Windows NT$\"\r\nClass = Sample\r\n"
#define TEST_KEY "Software\\RingsideInf"

static void write_file(const char *text)
{
    HANDLE file = CreateFileW(FILE_NAME, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    DWORD written;

    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(file, text, (DWORD)strlen(text), &written, NULL));
    CHECK(CloseHandle(file));
}

static HINF open_text(const char *text, UINT *line)
{
    write_file(text);
    return SetupOpenInfFileW(FILE_NAME, NULL, INF_STYLE_WIN4, line);
}

/* Each is refused with that error and line. */
static void test_syntax(void)
{
    static const struct {
        const char *text;
        DWORD error;
        UINT line;
    } rows[] = {
        {"text\r\n" VERSION, ERROR_EXPECTED_SECTION_NAME, 1},
        {VERSION "[open\r\n", ERROR_BAD_SECTION_NAME_LINE, 4},
        {VERSION "[Strings]\r\nx = \"open\r\n", ERROR_GENERAL_SYNTAX, 5},
        {"[Strings]\r\nx = y", ERROR_WRONG_INF_STYLE, 0},
        {"[Version]\r\nSignature = $Other$", ERROR_WRONG_INF_STYLE, 0},
        {"", ERROR_WRONG_INF_STYLE, 0},
    };
    UINT line = 77;
    HINF inf;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        inf = open_text(rows[i].text, &line);
        CHECK(inf == INVALID_HANDLE_VALUE && GetLastError() == rows[i].error);
        CHECK(line == rows[i].line);
    }
    inf = open_text(VERSION, NULL);
    CHECK(inf != INVALID_HANDLE_VALUE);
    SetupCloseInfFile(inf);
    inf = SetupOpenInfFileW(FILE_NAME, L"sample", INF_STYLE_WIN4, NULL);
    CHECK(inf != INVALID_HANDLE_VALUE);
    SetupCloseInfFile(inf);
    inf = SetupOpenInfFileW(FILE_NAME, L"Net", INF_STYLE_WIN4, NULL);
    CHECK(inf == INVALID_HANDLE_VALUE && GetLastError() == ERROR_CLASS_MISMATCH);
    inf = SetupOpenInfFileW(L"C:\\nothing.inf", NULL, INF_STYLE_WIN4, NULL);
    CHECK(inf == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND);
}

static const char fields[] =
    VERSION "[fields] ; a comment\r\n"
            "key = one, \" two; \"\"2\"\" \", , %Three%%%, \\ ; a comment\r\n"
            "   five, %none%\r\n"
            "KEY = 0x10, -7, 12x,\r\n"
            "alone\r\n"
            "bytes = 01, 0x2, FF\r\n"
            "directory = \"%11%\\x\"\r\n"
            "[empty]\r\n"
            "[Fields]\r\n"
            "last = in the same section\r\n"
            "[Strings]\r\n"
            "three = \"drei, %x%\"\r\n";

static BOOL field_is(INFCONTEXT *context, DWORD index, const char *expected)
{
    char text[256] = "";

    return SetupGetStringFieldA(context, index, text, sizeof(text), NULL) &&
           strcmp(text, expected) == 0;
}

static void test_fields(HINF inf)
{
    INFCONTEXT context;
    WCHAR text[64];
    DWORD required = 0;

    CHECK(SetupFindFirstLineA(inf, "FIELDS", "Key", &context));
    CHECK(SetupGetFieldCount(&context) == 6);
    CHECK(field_is(&context, 0, "key") && field_is(&context, 1, "one"));
    CHECK(field_is(&context, 2, " two; \"2\" ") && field_is(&context, 3, ""));
    CHECK(field_is(&context, 4, "drei, %x%%") && field_is(&context, 5, "five"));
    CHECK(field_is(&context, 6, "%none%"));
    CHECK_ERROR(SetupGetStringFieldW(&context, 7, text, 64, NULL), ERROR_INVALID_PARAMETER);
    CHECK(SetupGetStringFieldW(&context, 1, NULL, 0, &required) && required == 4);
    CHECK_ERROR(SetupGetStringFieldW(&context, 1, text, 3, &required), ERROR_INSUFFICIENT_BUFFER);
    CHECK(SetupGetMultiSzFieldW(&context, 1, text, 64, &required));
    CHECK(required == 16 && memcmp(text, L"one\0 two; \"2\" \0", 32) == 0);
    CHECK_ERROR(SetupGetMultiSzFieldW(&context, 1, text, 15, NULL), ERROR_INSUFFICIENT_BUFFER);
}

static void test_numbers(HINF inf)
{
    INFCONTEXT context;
    BYTE bytes[4];
    DWORD size;
    INT number;

    CHECK(SetupFindFirstLineA(inf, "fields", "key", &context));
    CHECK(SetupFindNextMatchLineA(&context, "key", &context));
    CHECK(SetupGetIntField(&context, 1, &number) && number == 16);
    CHECK(SetupGetIntField(&context, 2, &number) && number == -7);
    CHECK_ERROR(SetupGetIntField(&context, 3, &number), ERROR_INVALID_DATA);
    CHECK(SetupGetIntField(&context, 4, &number) && number == 0);
    CHECK_ERROR(SetupFindNextMatchLineA(&context, "key", &context), ERROR_LINE_NOT_FOUND);
    CHECK(SetupFindFirstLineA(inf, "fields", "bytes", &context));
    CHECK(SetupGetBinaryField(&context, 1, bytes, 4, &size) && size == 3);
    CHECK(bytes[0] == 1 && bytes[1] == 2 && bytes[2] == 0xFF);
    CHECK_ERROR(SetupGetBinaryField(&context, 1, bytes, 2, &size), ERROR_INSUFFICIENT_BUFFER);
}

static void test_lines(HINF inf)
{
    INFCONTEXT context, next;
    UINT sections = 0;
    WCHAR name[32];

    CHECK(SetupGetLineCountA(inf, "fields") == 6 && SetupGetLineCountA(inf, "empty") == 0);
    CHECK(SetupGetLineCountA(inf, "none") == -1 && GetLastError() == ERROR_SECTION_NOT_FOUND);
    CHECK_ERROR(SetupFindFirstLineA(inf, "none", NULL, &context), ERROR_SECTION_NOT_FOUND);
    CHECK_ERROR(SetupFindFirstLineA(inf, "empty", NULL, &context), ERROR_LINE_NOT_FOUND);
    CHECK_ERROR(SetupFindFirstLineA(inf, "fields", "none", &context), ERROR_LINE_NOT_FOUND);
    CHECK(SetupFindFirstLineA(inf, "fields", "alone", &context) && field_is(&context, 0, "alone"));
    CHECK(field_is(&context, 1, "alone") && SetupFindNextLine(&context, &next));
    CHECK(field_is(&next, 0, "bytes"));
    CHECK(SetupGetLineByIndexW(inf, L"fields", 5, &context) && field_is(&context, 0, "last"));
    CHECK_ERROR(SetupFindNextLine(&context, &next), ERROR_LINE_NOT_FOUND);
    CHECK_ERROR(SetupGetLineByIndexW(inf, L"fields", 6, &context), ERROR_LINE_NOT_FOUND);
    CHECK(SetupFindFirstLineA(inf, "fields", "directory", &context));
    CHECK(field_is(&context, 1, "C:\\Windows\\System32\\x") ||
          field_is(&context, 1, "C:\\Windows\\system32\\x"));
    while (SetupEnumInfSectionsW(inf, sections, name, 32, NULL))
        sections++;
    CHECK(sections == 4 && GetLastError() == ERROR_NO_MORE_ITEMS);
}

static const char decorated[] =
    VERSION "[Manufacturer]\r\n"
            "plain = Models\r\n"
            "best = Models,NT,NTamd64,NTamd64.10.0,NTarm64,NTamd64.99\r\n"
            "none = Models,NTarm64\r\n"
            "[One]\r\n[One.NT]\r\n[Two]\r\n[Two.NT]\r\n[Two.NTamd64]\r\n";

static void test_decorations(void)
{
    HINF inf = open_text(decorated, NULL);
    INFCONTEXT line;
    WCHAR name[64], *extension;

    CHECK(SetupFindFirstLineA(inf, "Manufacturer", "plain", &line));
    CHECK(SetupDiGetActualModelsSectionW(&line, NULL, name, 64, NULL, NULL));
    CHECK(wcscmp(name, L"Models") == 0 && SetupFindNextLine(&line, &line));
    CHECK(SetupDiGetActualModelsSectionW(&line, NULL, name, 64, NULL, NULL));
    CHECK(wcscmp(name, L"Models.NTamd64.10.0") == 0 && SetupFindNextLine(&line, &line));
    CHECK_ERROR(SetupDiGetActualModelsSectionW(&line, NULL, name, 64, NULL, NULL),
                ERROR_INVALID_DATA);
    CHECK(SetupDiGetActualSectionToInstallW(inf, L"One", name, 64, NULL, &extension));
    CHECK(wcscmp(name, L"One.NT") == 0 && extension == name + 3);
    CHECK(SetupDiGetActualSectionToInstallW(inf, L"Two", name, 64, NULL, NULL));
    CHECK(wcscmp(name, L"Two.NTamd64") == 0);
    CHECK(SetupDiGetActualSectionToInstallW(inf, L"Three", name, 64, NULL, &extension));
    CHECK(wcscmp(name, L"Three") == 0 && extension == NULL);
    CHECK_ERROR(SetupDiGetActualSectionToInstallW(inf, L"Two", name, 11, NULL, NULL),
                ERROR_INSUFFICIENT_BUFFER);
    SetupCloseInfFile(inf);
}

static const char install[] = VERSION "[Values]\r\nAddReg = Add\r\n"
                                      "[Add]\r\nHKR, Sub, Text,, hello\r\nHKR,,List,0x10000,a,b\r\n"
                                      "[Broken]\r\nAddReg = None\r\n"
                                      "[Root]\r\nAddReg = BadRoot\r\n[BadRoot]\r\nHKXX,,x,,y\r\n"
                                      "[DestinationDirs]\r\nCopy = 24, Ringside\\Deep\r\n"
                                      "[SourceDisksNames]\r\n1 = disk,,,\r\n"
                                      "[SourceDisksFiles]\r\nRingsideTest.inf = 1\r\n"
                                      "nothing.txt = 1\r\n"
                                      "[S.Services]\r\nAddService = RingsideInf,,Bad\r\n"
                                      "[Bad]\r\nServiceType = 1\r\n";

static BOOL do_section(HINF inf, const WCHAR *section, UINT flags, HKEY key)
{
    return SetupInstallFromInfSectionW(NULL, inf, section, flags, key, L"C:\\", 0, NULL, NULL, NULL,
                                       NULL);
}

static void test_install(void)
{
    HINF inf = open_text(install, NULL);
    char text[32];
    DWORD size = sizeof(text);
    HKEY key;

    CHECK(RegCreateKeyA(HKEY_LOCAL_MACHINE, TEST_KEY, &key) == 0);
    CHECK(do_section(inf, L"Values", SPINST_REGISTRY, key));
    CHECK(RegGetValueA(key, "Sub", "Text", RRF_RT_REG_SZ, NULL, text, &size) == 0);
    CHECK(strcmp(text, "hello") == 0);
    CHECK_ERROR(do_section(inf, L"None", SPINST_REGISTRY, key), ERROR_SECTION_NOT_FOUND);
    CHECK_ERROR(do_section(inf, L"Broken", SPINST_REGISTRY, key), ERROR_SECTION_NOT_FOUND);
    CHECK(!do_section(inf, L"Root", SPINST_REGISTRY, key));
    CHECK(RegCloseKey(key) == 0 && RegDeleteTreeA(HKEY_LOCAL_MACHINE, TEST_KEY) == 0);
    CHECK_ERROR(SetupInstallServicesFromInfSectionA(inf, "None.Services", 0),
                ERROR_SECTION_NOT_FOUND);
    CHECK_ERROR(SetupInstallServicesFromInfSectionA(inf, "S.Services", 0),
                ERROR_BAD_SERVICE_INSTALLSECT);
    SetupCloseInfFile(inf);
}

static void test_paths(void)
{
    HINF inf = open_text(install, NULL);
    WCHAR path[MAX_PATH];
    DWORD required;
    UINT disk = 0;

    CHECK(SetupGetTargetPathW(inf, NULL, L"Copy", path, MAX_PATH, &required));
    CHECK(wcscmp(path, L"C:\\Ringside\\Deep") == 0 && required == 17);
    CHECK_ERROR(SetupGetTargetPathW(inf, NULL, L"Copy", path, 16, NULL), ERROR_INSUFFICIENT_BUFFER);
    CHECK(SetupGetTargetPathW(inf, NULL, L"Other", path, MAX_PATH, NULL));
    CHECK(_wcsicmp(path, L"C:\\Windows\\System32") == 0);
    CHECK(SetupGetSourceFileLocationW(inf, NULL, L"nothing.txt", &disk, path, MAX_PATH, NULL));
    CHECK(disk == 1 && path[0] == 0);
    CHECK_ERROR(SetupGetSourceFileLocationW(inf, NULL, L"x", &disk, path, MAX_PATH, NULL),
                ERROR_LINE_NOT_FOUND);
    CHECK(SetupGetSourceInfoW(inf, 1, SRCINFO_DESCRIPTION, path, MAX_PATH, NULL));
    CHECK(wcscmp(path, L"disk") == 0);
    SetupCloseInfFile(inf);
}

int main(void)
{
    HINF inf;

    test_syntax();
    inf = open_text(fields, NULL);
    CHECK(inf != INVALID_HANDLE_VALUE);
    test_fields(inf);
    test_numbers(inf);
    test_lines(inf);
    SetupCloseInfFile(inf);
    test_decorations();
    test_install();
    test_paths();
    CHECK(DeleteFileW(FILE_NAME));
    return check_summary();
}
