/*
 * Conversions between STRING and UNICODE_STRING, code pages, UTF-8, numbers and GUIDs.
 */
#include "../guest.h"

GUEST_TEST(ansi_to_unicode)
{
    ANSI_STRING source;
    WCHAR buffer[8] = L"#######";
    UNICODE_STRING exact = {0, 8, buffer};
    UNICODE_STRING small = {0, 6, buffer};
    UNICODE_STRING allocated;
    static char huge[0x8000];
    ANSI_STRING too_long = {0x7FFF, 0x7FFF, huge};

    RtlInitAnsiString(&source, "a\x80\xE4");
    ok_eq_int(source.Length, 3);
    ok_eq_int(source.MaximumLength, 4);
    ok_eq_status(RtlAnsiStringToUnicodeString(&small, &source, FALSE), STATUS_BUFFER_OVERFLOW);
    ok_eq_status(RtlAnsiStringToUnicodeString(&exact, &source, FALSE), STATUS_SUCCESS);
    ok_eq_int(exact.Length, 6);
    ok_eq_wstr(buffer, L"a\x20AC\x00E4");
    ok_eq_status(RtlAnsiStringToUnicodeString(&allocated, &source, TRUE), STATUS_SUCCESS);
    ok_eq_int(allocated.MaximumLength, 8);
    ok_eq_wstr(allocated.Buffer, L"a\x20AC\x00E4");
    RtlFreeUnicodeString(&allocated);
    ok_eq_status(RtlAnsiStringToUnicodeString(&exact, &too_long, FALSE),
                 STATUS_INVALID_PARAMETER_2);
    ok_eq_int(RtlxAnsiStringToUnicodeSize(&source), 8);
}

GUEST_TEST(unicode_to_ansi)
{
    UNICODE_STRING source;
    CHAR buffer[8] = "#######";
    ANSI_STRING exact = {0, 5, buffer};
    ANSI_STRING small = {0, 3, buffer};
    ANSI_STRING none = {0, 0, buffer};
    ANSI_STRING allocated;

    RtlInitUnicodeString(&source, L"a\x20AC\x00E4\x4E00");
    ok_eq_status(RtlUnicodeStringToAnsiString(&none, &source, FALSE), STATUS_BUFFER_OVERFLOW);
    ok_eq_str(buffer, "#######");
    ok_eq_status(RtlUnicodeStringToAnsiString(&small, &source, FALSE), STATUS_BUFFER_OVERFLOW);
    ok_eq_str(buffer, "a\x80"); /* what fits, with a terminator */
    ok_eq_int(small.Length, 2);
    ok_eq_status(RtlUnicodeStringToAnsiString(&exact, &source, FALSE), STATUS_SUCCESS);
    ok_eq_str(buffer, "a\x80\xE4?");
    ok_eq_status(RtlUnicodeStringToAnsiString(&allocated, &source, TRUE), STATUS_SUCCESS);
    ok_eq_int(allocated.Length, 4);
    ok_eq_int(allocated.MaximumLength, 5);
    RtlFreeAnsiString(&allocated);
    ok(allocated.Buffer == NULL, "freed");
    ok_eq_int(RtlxUnicodeStringToAnsiSize(&source), 5);
}

GUEST_TEST(oem)
{
    UNICODE_STRING source;
    UNICODE_STRING back;
    OEM_STRING oem;

    RtlInitUnicodeString(&source, L"\x00E9\x2554");
    ok_eq_status(RtlUnicodeStringToOemString(&oem, &source, TRUE), STATUS_SUCCESS);
    ok_eq_str(oem.Buffer, "\x82\xC9");
    ok_eq_status(RtlOemStringToUnicodeString(&back, &oem, TRUE), STATUS_SUCCESS);
    ok_eq_wstr(back.Buffer, L"\x00E9\x2554");
    RtlFreeUnicodeString(&back);
    RtlFreeOemString(&oem);
    ok_eq_status(RtlUpcaseUnicodeStringToOemString(&oem, &source, TRUE), STATUS_SUCCESS);
    ok_eq_str(oem.Buffer, "\x90\xC9");
    RtlFreeOemString(&oem);
    RtlInitUnicodeString(&source, L"x\x4E00");
    ok_eq_status(RtlUnicodeStringToCountedOemString(&oem, &source, TRUE),
                 STATUS_UNMAPPABLE_CHARACTER);
    ok_eq_status(RtlUnicodeStringToOemString(&oem, &source, TRUE), STATUS_SUCCESS);
    ok_eq_str(oem.Buffer, "x?");
    RtlFreeOemString(&oem);
}

GUEST_TEST(counted_buffers)
{
    WCHAR wide[4] = L"###";
    CHAR narrow[4] = "###";
    ULONG bytes = 99;

    ok_eq_status(RtlMultiByteToUnicodeN(wide, 5, &bytes, "abc", 3), STATUS_SUCCESS);
    ok_eq_int(bytes, 4);
    ok_eq_wstr(wide, L"ab#");
    ok_eq_status(RtlUnicodeToMultiByteN(narrow, 2, &bytes, L"xyz", 6), STATUS_SUCCESS);
    ok_eq_int(bytes, 2);
    ok_eq_str(narrow, "xy#");
    ok_eq_status(RtlUnicodeToMultiByteN(narrow, 3, NULL, L"", 0), STATUS_SUCCESS);
    ok_eq_status(RtlUpcaseUnicodeToMultiByteN(narrow, 3, NULL, L"a\x00E4", 4), STATUS_SUCCESS);
    ok_eq_str(narrow, "A\xC4#");
    ok_eq_status(RtlMultiByteToUnicodeSize(&bytes, "abc", 3), STATUS_SUCCESS);
    ok_eq_int(bytes, 6);
}

/* Every byte of both code pages goes to UTF-16 and back; a few are checked by value. */
GUEST_TEST(whole_code_pages)
{
    static const struct {
        UCHAR byte;
        WCHAR ansi;
        WCHAR oem;
    } rows[] = {
        {0x41, 0x0041, 0x0041}, {0x80, 0x20AC, 0x00C7}, {0x8A, 0x0160, 0x00E8},
        {0x92, 0x2019, 0x00C6}, {0x9F, 0x0178, 0x0192}, {0xA0, 0x00A0, 0x00E1},
        {0xB0, 0x00B0, 0x2591}, {0xE1, 0x00E1, 0x00DF}, {0xFF, 0x00FF, 0x00A0},
    };
    CHAR bytes[256];
    CHAR back[256];
    WCHAR unicode[256];

    for (ULONG index = 0; index < 256; index++)
        bytes[index] = (CHAR)index;
    RtlMultiByteToUnicodeN(unicode, sizeof(unicode), NULL, bytes, sizeof(bytes));
    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++)
        ok_eq_int(unicode[rows[row].byte], rows[row].ansi);
    RtlUnicodeToMultiByteN(back, sizeof(back), NULL, unicode, sizeof(unicode));
    ok_eq_int(RtlCompareMemory(back, bytes, sizeof(bytes)), sizeof(bytes));
    RtlOemToUnicodeN(unicode, sizeof(unicode), NULL, bytes, sizeof(bytes));
    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++)
        ok_eq_int(unicode[rows[row].byte], rows[row].oem);
    RtlUnicodeToOemN(back, sizeof(back), NULL, unicode, sizeof(unicode));
    ok_eq_int(RtlCompareMemory(back, bytes, sizeof(bytes)), sizeof(bytes));
}

GUEST_TEST(utf8_to_unicode)
{
    static const struct {
        const char *source;
        const WCHAR *result;
        NTSTATUS status;
    } rows[] = {
        {"", L"", STATUS_SUCCESS},
        {"a\xC3\xA4\xE2\x82\xAC", L"a\x00E4\x20AC", STATUS_SUCCESS},
        {"\xF0\x9F\x98\x80", L"\xD83D\xDE00", STATUS_SUCCESS},
        {"a\x80z", L"a\xFFFDz", STATUS_SOME_NOT_MAPPED},                 /* lone continuation */
        {"\xC3", L"\xFFFD", STATUS_SOME_NOT_MAPPED},                     /* truncated */
        {"\xC0\x80", L"\xFFFD\xFFFD", STATUS_SOME_NOT_MAPPED},           /* overlong */
        {"\xED\xA0\x80", L"\xFFFD\xFFFD\xFFFD", STATUS_SOME_NOT_MAPPED}, /* surrogate */
        {"\xE2\x82z", L"\xFFFDz", STATUS_SOME_NOT_MAPPED},
    };
    ULONG bytes;
    WCHAR buffer[8];

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        ULONG length = 0;
        while (rows[row].source[length] != 0)
            length++;
        RtlZeroMemory(buffer, sizeof(buffer));
        ok_eq_status(RtlUTF8ToUnicodeN(buffer, sizeof(buffer), &bytes, rows[row].source, length),
                     rows[row].status);
        ok_eq_wstr(buffer, rows[row].result);
    }
    ok_eq_status(RtlUTF8ToUnicodeN(NULL, 0, &bytes, "\xC3\xA4", 2), STATUS_SUCCESS);
    ok_eq_int(bytes, 2);
    ok_eq_status(RtlUTF8ToUnicodeN(buffer, 2, &bytes, "ab", 2), STATUS_BUFFER_TOO_SMALL);
    ok_eq_int(bytes, 2);
    ok_eq_status(RtlUTF8ToUnicodeN(buffer, 2, &bytes, NULL, 0), STATUS_INVALID_PARAMETER_4);
    ok_eq_status(RtlUTF8ToUnicodeN(NULL, 0, NULL, "a", 1), STATUS_INVALID_PARAMETER);
}

GUEST_TEST(unicode_to_utf8)
{
    CHAR buffer[8] = "#######";
    ULONG bytes;

    ok_eq_status(RtlUnicodeToUTF8N(buffer, 8, &bytes, L"\x00E4\x20AC", 6), STATUS_SUCCESS);
    ok_eq_str(buffer, "\xC3\xA4\xE2\x82\xAC");
    ok_eq_int(bytes, 6);
    ok_eq_status(RtlUnicodeToUTF8N(buffer, 8, &bytes, L"\xD83D\xDE00", 6), STATUS_SUCCESS);
    ok_eq_str(buffer, "\xF0\x9F\x98\x80");
    ok_eq_status(RtlUnicodeToUTF8N(buffer, 8, &bytes, L"\xD83D", 4), STATUS_SOME_NOT_MAPPED);
    ok_eq_str(buffer, "\xEF\xBF\xBD");
    ok_eq_status(RtlUnicodeToUTF8N(buffer, 2, &bytes, L"\x20AC", 2), STATUS_BUFFER_TOO_SMALL);
    ok_eq_int(bytes, 0);
    ok_eq_status(RtlUnicodeToUTF8N(buffer, 8, &bytes, L"a", 1), STATUS_INVALID_PARAMETER_5);
}

GUEST_TEST(string_to_integer)
{
    static const struct {
        const WCHAR *text;
        ULONG base;
        NTSTATUS status;
        ULONG value;
    } rows[] = {
        {L"0", 0, STATUS_SUCCESS, 0},
        {L"4294967295", 10, STATUS_SUCCESS, 0xFFFFFFFF},
        {L"-1", 0, STATUS_SUCCESS, 0xFFFFFFFF},
        {L"+7", 0, STATUS_SUCCESS, 7},
        {L" \t12", 0, STATUS_SUCCESS, 12},
        {L"0x1aF", 0, STATUS_SUCCESS, 0x1AF},
        {L"0b101", 0, STATUS_SUCCESS, 5},
        {L"0o17", 0, STATUS_SUCCESS, 15},
        {L"017", 0, STATUS_SUCCESS, 17},
        {L"1F", 16, STATUS_SUCCESS, 0x1F},
        {L"0x1F", 16, STATUS_SUCCESS, 0}, /* the prefix counts with base 0 only */
        {L"129", 8, STATUS_SUCCESS, 10},
        {L"12z", 10, STATUS_SUCCESS, 12},
        {L"z", 10, STATUS_SUCCESS, 0},
        {L"4294967296", 10, STATUS_SUCCESS, 0},
        {L"1", 3, STATUS_INVALID_PARAMETER, 0xEEEE},
        {L"1", 36, STATUS_INVALID_PARAMETER, 0xEEEE},
    };

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        UNICODE_STRING string;
        ULONG value = 0xEEEE;
        RtlInitUnicodeString(&string, rows[row].text);
        ok_eq_status(RtlUnicodeStringToInteger(&string, rows[row].base, &value), rows[row].status);
        ok(value == rows[row].value, "row %lu: 0x%lx", row, value);
    }
}

GUEST_TEST(char_to_integer)
{
    ULONG value = 0;

    ok_eq_status(RtlCharToInteger(" -0x10", 0, &value), STATUS_SUCCESS);
    ok_eq_int(value, 0xFFFFFFF0);
    ok_eq_status(RtlCharToInteger("101", 2, &value), STATUS_SUCCESS);
    ok_eq_int(value, 5);
    ok_eq_status(RtlCharToInteger("1", 7, &value), STATUS_INVALID_PARAMETER);
}

GUEST_TEST(integer_to_string)
{
    static const struct {
        ULONGLONG value;
        ULONG base;
        USHORT maximum;
        NTSTATUS status;
        const WCHAR *text;
    } rows[] = {
        {0, 10, 80, STATUS_SUCCESS, L"0"},
        {1234, 0, 80, STATUS_SUCCESS, L"1234"},
        {0xBEEF, 16, 80, STATUS_SUCCESS, L"BEEF"},
        {5, 2, 80, STATUS_SUCCESS, L"101"},
        {8, 8, 80, STATUS_SUCCESS, L"10"},
        {~0ull, 10, 80, STATUS_SUCCESS, L"18446744073709551615"},
        {12, 10, 6, STATUS_SUCCESS, L"12"},
        {12, 10, 4, STATUS_BUFFER_OVERFLOW, NULL},
        {12, 3, 80, STATUS_INVALID_PARAMETER, NULL},
    };

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        WCHAR buffer[40];
        UNICODE_STRING string = {0, rows[row].maximum, buffer};
        ok_eq_status(RtlInt64ToUnicodeString(rows[row].value, rows[row].base, &string),
                     rows[row].status);
        if (rows[row].text != NULL)
            ok_eq_wstr(buffer, rows[row].text);
        if (rows[row].value > 0xFFFFFFFF)
            continue;
        ok_eq_status(RtlIntegerToUnicodeString((ULONG)rows[row].value, rows[row].base, &string),
                     rows[row].status);
    }
}

GUEST_TEST(guid)
{
    static const GUID expected = {
        0xA5DCBF10, 0x6530, 0x11D2, {0x90, 0x1F, 0x00, 0xC0, 0x4F, 0xB9, 0x51, 0xED}};
    static const WCHAR *const bad[] = {
        L"", L"A5DCBF10-6530-11D2-901F-00C04FB951ED", L"{A5DCBF10-6530-11D2-901F-00C04FB951ED",
        L"{A5DCBF1G-6530-11D2-901F-00C04FB951ED}", L"{A5DCBF10065300-11D2-901F-00C04FB951ED}"};
    UNICODE_STRING string;
    GUID guid;

    RtlInitUnicodeString(&string, L"{A5DCBF10-6530-11d2-901F-00C04FB951ED}");
    ok_eq_status(RtlGUIDFromString(&string, &guid), STATUS_SUCCESS);
    ok_eq_int(RtlCompareMemory(&guid, &expected, sizeof(guid)), sizeof(guid));
    ok_eq_status(RtlStringFromGUID(&expected, &string), STATUS_SUCCESS);
    ok_eq_int(string.Length, 76);
    ok_eq_int(string.MaximumLength, 78);
    ok_eq_wstr(string.Buffer, L"{a5dcbf10-6530-11d2-901f-00c04fb951ed}");
    RtlFreeUnicodeString(&string);
    for (ULONG row = 0; row < sizeof(bad) / sizeof(bad[0]); row++) {
        RtlInitUnicodeString(&string, bad[row]);
        ok_eq_status(RtlGUIDFromString(&string, &guid), STATUS_INVALID_PARAMETER);
    }
}

GUEST_TEST(ansi_strings)
{
    CHAR buffer[6] = "#####";
    STRING string = {0, 4, buffer};
    STRING first;
    STRING second;

    RtlInitString(&first, "ab\xE4");
    RtlInitString(&second, "AB\xC4");
    ok_eq_int(RtlCompareString(&first, &second, TRUE), 0);
    ok(RtlCompareString(&first, &second, FALSE) > 0, "lower case is greater");
    ok(RtlEqualString(&first, &second, TRUE), "equal");
    ok(!RtlEqualString(&first, &second, FALSE), "not equal");
    RtlUpperString(&string, &first);
    ok_eq_str(buffer, "AB\xC4##");
    ok_eq_int(string.Length, 3);
    ok_eq_status(RtlAppendStringToString(&string, &first), STATUS_BUFFER_TOO_SMALL);
    first.Length = 1;
    ok_eq_status(RtlAppendStringToString(&string, &first), STATUS_SUCCESS);
    ok_eq_str(buffer, "AB\xC4"
                      "a#");
    RtlCopyString(&string, &second);
    ok_eq_int(string.Length, 3);
    RtlCopyString(&string, NULL);
    ok_eq_int(string.Length, 0);
    ok_eq_int((UCHAR)RtlUpperChar('\xFF'), 0x9F);
    ok_eq_int((UCHAR)RtlUpperChar('\xDF'), 0xDF);
}

GUEST_TEST_FILE(string_convert, GUEST_ROW(ansi_to_unicode), GUEST_ROW(unicode_to_ansi),
                GUEST_ROW(oem), GUEST_ROW(whole_code_pages), GUEST_ROW(counted_buffers),
                GUEST_ROW(utf8_to_unicode), GUEST_ROW(unicode_to_utf8),
                GUEST_ROW(string_to_integer), GUEST_ROW(char_to_integer),
                GUEST_ROW(integer_to_string), GUEST_ROW(guid), GUEST_ROW(ansi_strings));
