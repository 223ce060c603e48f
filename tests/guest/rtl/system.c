/*
 * Time, file names, versions, checksums and random numbers.
 */
#include "../guest.h"

#define IMPORT __declspec(dllimport)
IMPORT ULONG NTAPI RtlComputeCrc32(ULONG initial, const void *buffer, ULONG size);

GUEST_TEST(time_fields)
{
    static const struct {
        LONGLONG time;
        TIME_FIELDS fields;
    } rows[] = {
        {0, {1601, 1, 1, 0, 0, 0, 0, 1}},
        {864000000000 - 10000, {1601, 1, 1, 23, 59, 59, 999, 1}},
        {116444736000000000, {1970, 1, 1, 0, 0, 0, 0, 4}},
        {119600064000000000, {1980, 1, 1, 0, 0, 0, 0, 2}},
        {125963423990000000, {2000, 2, 29, 23, 59, 59, 0, 2}},
        {125963424000000000, {2000, 3, 1, 0, 0, 0, 0, 3}},
        {126227807995000000, {2000, 12, 31, 23, 59, 59, 500, 0}},
        {132223104000000000, {2020, 1, 1, 0, 0, 0, 0, 3}},
        {9223372036854770000, {30828, 9, 14, 2, 48, 5, 477, 4}},
    };

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        LARGE_INTEGER time = {.QuadPart = rows[row].time};
        TIME_FIELDS fields;
        RtlTimeToTimeFields(&time, &fields);
        ok(RtlCompareMemory(&fields, &rows[row].fields, sizeof(fields)) == sizeof(fields),
           "row %lu: %d-%d-%d %d:%d:%d.%d day %d", row, fields.Year, fields.Month, fields.Day,
           fields.Hour, fields.Minute, fields.Second, fields.Milliseconds, fields.Weekday);
        time.QuadPart = -1;
        if (fields.Year > 30827)
            continue;
        ok(RtlTimeFieldsToTime(&fields, &time), "row %lu", row);
        ok_eq_int(time.QuadPart, rows[row].time);
    }
}

GUEST_TEST(every_day_of_800_years)
{
    TIME_FIELDS last = {1601, 1, 1, 0, 0, 0, 0, 1};

    for (LONGLONG day = 1; day < 146097 * 2; day++) {
        LARGE_INTEGER time = {.QuadPart = day * 864000000000};
        TIME_FIELDS fields;
        LARGE_INTEGER back;
        RtlTimeToTimeFields(&time, &fields);
        if (!RtlTimeFieldsToTime(&fields, &back) || back.QuadPart != time.QuadPart ||
            fields.Weekday != (last.Weekday + 1) % 7 ||
            (fields.Day != last.Day + 1 && (fields.Day != 1 || last.Day < 28))) {
            ok(FALSE, "%d-%d-%d", fields.Year, fields.Month, fields.Day);
            return;
        }
        last = fields;
    }
    ok_eq_int(last.Year, 2400);
    ok_eq_int(last.Day, 31);
}

GUEST_TEST(wrong_time_fields)
{
    static const TIME_FIELDS rows[] = {
        {1600, 1, 1, 0, 0, 0, 0, 0},  {30828, 1, 1, 0, 0, 0, 0, 0}, {2001, 2, 29, 0, 0, 0, 0, 0},
        {1900, 2, 29, 0, 0, 0, 0, 0}, {2001, 0, 1, 0, 0, 0, 0, 0},  {2001, 13, 1, 0, 0, 0, 0, 0},
        {2001, 1, 0, 0, 0, 0, 0, 0},  {2001, 4, 31, 0, 0, 0, 0, 0}, {2001, 1, 1, 24, 0, 0, 0, 0},
        {2001, 1, 1, 0, 60, 0, 0, 0}, {2001, 1, 1, 0, 0, 60, 0, 0}, {2001, 1, 1, 0, 0, 0, 1000, 0},
        {2001, 1, 1, -1, 0, 0, 0, 0},
    };

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        TIME_FIELDS fields = rows[row];
        LARGE_INTEGER time;
        ok(!RtlTimeFieldsToTime(&fields, &time), "row %lu", row);
    }
}

GUEST_TEST(seconds)
{
    LARGE_INTEGER time;
    ULONG value = 0;

    RtlSecondsSince1970ToTime(1, &time);
    ok_eq_int(time.QuadPart, 116444736010000000);
    ok(RtlTimeToSecondsSince1970(&time, &value), "in range");
    ok_eq_int(value, 1);
    RtlSecondsSince1970ToTime(0xFFFFFFFF, &time);
    ok(RtlTimeToSecondsSince1970(&time, &value), "last second");
    ok_eq_int(value, 0xFFFFFFFF);
    time.QuadPart += 10000000;
    ok(!RtlTimeToSecondsSince1970(&time, &value), "after the last second");
    ok(RtlTimeToSecondsSince1980(&time, &value), "1980 reaches further");
    time.QuadPart = 116444735990000000;
    ok(!RtlTimeToSecondsSince1970(&time, &value), "before 1970");
    RtlSecondsSince1980ToTime(0, &time);
    ok_eq_int(time.QuadPart, 119600064000000000);
}

GUEST_TEST(name_expressions)
{
    static const struct {
        const WCHAR *expression;
        const WCHAR *name;
        BOOLEAN matches;
    } rows[] = {
        {L"*", L"", TRUE},
        {L"", L"", TRUE},
        {L"", L"A", FALSE},
        {L"A", L"", FALSE},
        {L"*", L"ABC.TXT", TRUE},
        {L"*.*", L"ABC", FALSE},
        {L"*.TXT", L"A.B.TXT", TRUE},
        {L"*.TXT", L"A.TXT.B", FALSE},
        {L"A?C", L"ABC", TRUE},
        {L"A?C", L"AC", FALSE},
        {L"A?", L"A", FALSE},
        {L"*B*D", L"ABCDBCD", TRUE},
        {L"**A", L"BBA", TRUE},
        {L"<.TXT", L"A.B.TXT", TRUE}, /* < stops at the last period */
        {L"<", L"A.B", FALSE},
        {L"<.B", L"A.B", TRUE},
        {L"<B", L"A.B", FALSE},
        {L"<", L"AB", TRUE},
        {L"A>>>", L"AB", TRUE},
        {L"A>.B", L"AX.B", TRUE},
        {L"A>>.B", L"AX.B", TRUE},
        {L"A>B", L"A.B", FALSE},
        {L"A\"", L"A", TRUE},
        {L"A\"B", L"A.B", TRUE},
        {L"A\"B", L"AB", FALSE},
        {L"A\"", L"A.", TRUE},
        {L"<\"*", L"ABC", TRUE}, /* what *.* becomes */
        {L"<\"*", L"ABC.TXT", TRUE},
        {L"\\DEVICE\\*", L"\\Device\\Null", TRUE},
        {L"\x00C4*", L"\x00E4x", TRUE},
    };

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        UNICODE_STRING expression;
        UNICODE_STRING name;
        RtlInitUnicodeString(&expression, rows[row].expression);
        RtlInitUnicodeString(&name, rows[row].name);
        ok(FsRtlIsNameInExpression(&expression, &name, TRUE, NULL) == rows[row].matches, "row %lu",
           row);
    }
}

GUEST_TEST(name_expression_with_case)
{
    UNICODE_STRING expression = {4, 4, L"A*"};
    UNICODE_STRING name = {4, 4, L"ab"};

    ok(!FsRtlIsNameInExpression(&expression, &name, FALSE, NULL), "case matters");
    ok(FsRtlIsNameInExpression(&expression, &name, TRUE, NULL), "case does not matter");
    ok(FsRtlDoesNameContainWildCards(&expression), "has one");
    ok(!FsRtlDoesNameContainWildCards(&name), "has none");
}

GUEST_TEST(dissect)
{
    static const struct {
        const WCHAR *path;
        const WCHAR *first;
        const WCHAR *remaining;
    } rows[] = {
        {L"", L"", L""},       {L"\\", L"", L""},
        {L"a", L"a", L""},     {L"\\a\\b\\c", L"a", L"b\\c"},
        {L"a\\b", L"a", L"b"}, {L"\\a\\", L"a", L""},
        {L"\\\\a", L"", L"a"},
    };

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        UNICODE_STRING path;
        UNICODE_STRING first;
        UNICODE_STRING remaining;
        UNICODE_STRING expected;
        RtlInitUnicodeString(&path, rows[row].path);
        FsRtlDissectName(path, &first, &remaining);
        RtlInitUnicodeString(&expected, rows[row].first);
        ok(RtlEqualUnicodeString(&first, &expected, FALSE), "row %lu: first", row);
        RtlInitUnicodeString(&expected, rows[row].remaining);
        ok(RtlEqualUnicodeString(&remaining, &expected, FALSE), "row %lu: remaining", row);
    }
}

GUEST_TEST(short_names)
{
    static const struct {
        const WCHAR *name;
        BOOLEAN legal;
        BOOLEAN spaces;
    } rows[] = {
        {L"A", TRUE, FALSE},          {L"abcdefgh.txt", TRUE, FALSE},
        {L"abcdefghi", FALSE, FALSE}, {L"a.text", FALSE, FALSE},
        {L".", TRUE, FALSE},          {L"..", TRUE, FALSE},
        {L"...", FALSE, FALSE},       {L".a", FALSE, FALSE},
        {L"a.", FALSE, FALSE},        {L"a b.c", TRUE, TRUE},
        {L"a.b.c", FALSE, FALSE},     {L"a+b", FALSE, FALSE},
        {L"", FALSE, FALSE},          {L"\x4E00", FALSE, FALSE},
        {L"a*", FALSE, FALSE},
    };

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        UNICODE_STRING name;
        BOOLEAN spaces = FALSE;
        RtlInitUnicodeString(&name, rows[row].name);
        ok(RtlIsNameLegalDOS8Dot3(&name, NULL, &spaces) == rows[row].legal, "row %lu", row);
        ok(spaces == rows[row].spaces, "row %lu: spaces", row);
    }
}

GUEST_TEST(version)
{
    RTL_OSVERSIONINFOEXW information = {.dwOSVersionInfoSize = sizeof(information)};
    RTL_OSVERSIONINFOW plain = {.dwOSVersionInfoSize = sizeof(plain)};

    ok_eq_status(RtlGetVersion((PRTL_OSVERSIONINFOW)&information), STATUS_SUCCESS);
    ok_eq_int(information.dwMajorVersion, 10);
    ok_eq_int(information.dwMinorVersion, 0);
    ok(information.dwBuildNumber >= 10240, "build %lu", information.dwBuildNumber);
    ok_eq_int(information.dwPlatformId, 2);
    ok_eq_int(information.wServicePackMajor, 0);
    ok_eq_status(RtlGetVersion(&plain), STATUS_SUCCESS);
    ok_eq_int(plain.dwBuildNumber, information.dwBuildNumber);
}

GUEST_TEST(verify_version)
{
    static const struct {
        ULONG major;
        ULONG minor;
        UCHAR condition;
        NTSTATUS status;
    } rows[] = {
        {10, 0, VER_EQUAL, STATUS_SUCCESS},
        {10, 0, VER_GREATER_EQUAL, STATUS_SUCCESS},
        {10, 0, VER_GREATER, STATUS_REVISION_MISMATCH},
        {6, 3, VER_GREATER_EQUAL, STATUS_SUCCESS}, /* 10.0 is after 6.3 */
        {6, 3, VER_GREATER, STATUS_SUCCESS},
        {10, 1, VER_GREATER_EQUAL, STATUS_REVISION_MISMATCH},
        {11, 0, VER_LESS, STATUS_SUCCESS},
        {6, 3, VER_LESS_EQUAL, STATUS_REVISION_MISMATCH},
    };

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        RTL_OSVERSIONINFOEXW wanted = {.dwMajorVersion = rows[row].major,
                                       .dwMinorVersion = rows[row].minor};
        ULONGLONG mask = VerSetConditionMask(0, VER_MAJORVERSION, rows[row].condition);
        mask = VerSetConditionMask(mask, VER_MINORVERSION, rows[row].condition);
        ok_eq_status(RtlVerifyVersionInfo(&wanted, VER_MAJORVERSION | VER_MINORVERSION, mask),
                     rows[row].status);
        ok_eq_status(RtlVerifyVersionInfo(&wanted, 0, mask), STATUS_INVALID_PARAMETER);
        ok_eq_status(RtlVerifyVersionInfo(&wanted, VER_MAJORVERSION, 0), STATUS_INVALID_PARAMETER);
    }
    ok_eq_int(VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL), 0x18);
    ok_eq_int(VerSetConditionMask(0x18, VER_PRODUCT_TYPE, VER_EQUAL), 0x200018);
}

GUEST_TEST(checksums_and_swaps)
{
    ok_eq_int(RtlComputeCrc32(0, "123456789", 9), 0xCBF43926);
    ok_eq_int(RtlComputeCrc32(RtlComputeCrc32(0, "1234", 4), "56789", 5), 0xCBF43926);
    ok_eq_int(RtlComputeCrc32(0, "", 0), 0);
}

GUEST_TEST(status_to_error)
{
    static const struct {
        NTSTATUS status;
        ULONG error;
    } rows[] = {
        {STATUS_SUCCESS, 0},
        {STATUS_PENDING, 997},
        {STATUS_OBJECT_NAME_NOT_FOUND, 2},
        {STATUS_OBJECT_PATH_NOT_FOUND, 3},
        {STATUS_ACCESS_DENIED, 5},
        {STATUS_INVALID_HANDLE, 6},
        {STATUS_INVALID_DEVICE_REQUEST, 1},
        {STATUS_NOT_IMPLEMENTED, 1},
        {STATUS_INVALID_PARAMETER, 87},
        {STATUS_BUFFER_TOO_SMALL, 122},
        {STATUS_BUFFER_OVERFLOW, 234},
        {STATUS_UNSUCCESSFUL, 31},
        {STATUS_INSUFFICIENT_RESOURCES, 1450},
        {STATUS_NO_MEMORY, 8},
        {STATUS_DELETE_PENDING, 5},
        {STATUS_CANCELLED, 995},
        {STATUS_OBJECT_NAME_COLLISION, 183},
        {STATUS_IMAGE_ALREADY_LOADED, 1056},
        {STATUS_DEVICE_NOT_READY, 21},
        {(NTSTATUS)0xE0000001, 0xE0000001}, /* the customer's own */
        {(NTSTATUS)0xD0000022, 5},          /* a status inside an HRESULT */
        {(NTSTATUS)0x80070057, 87},         /* a Win32 error inside an HRESULT */
        {(NTSTATUS)0xC0FFFFFF, 317},
    };

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++)
        ok_eq_int(RtlNtStatusToDosErrorNoTeb(rows[row].status), rows[row].error);
}

GUEST_TEST(random_numbers)
{
    ULONG seed = 1;
    ULONG bits = 0;

    for (ULONG round = 0; round < 1000; round++) {
        ULONG value = RtlRandomEx(&seed);
        ok(value < 0x7FFFFFFF, "range of %lu", value);
        bits |= value;
    }
    ok_eq_int(bits, 0x7FFFFFFF);
}

GUEST_TEST_FILE(system, GUEST_ROW(time_fields), GUEST_ROW(every_day_of_800_years),
                GUEST_ROW(wrong_time_fields), GUEST_ROW(seconds), GUEST_ROW(name_expressions),
                GUEST_ROW(name_expression_with_case), GUEST_ROW(dissect), GUEST_ROW(short_names),
                GUEST_ROW(version), GUEST_ROW(verify_version), GUEST_ROW(checksums_and_swaps),
                GUEST_ROW(status_to_error), GUEST_ROW(random_numbers));
