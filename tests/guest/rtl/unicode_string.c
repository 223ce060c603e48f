/*
 * UNICODE_STRING routines: initialisation, copying, comparison, appending, case.
 */
#include "../guest.h"

#define TEXT_BYTES(text) (sizeof(text) - sizeof(WCHAR))
#define STRING_OF(text) {TEXT_BYTES(text), sizeof(text), (PWSTR)(text)}

GUEST_TEST(initialise)
{
    static WCHAR huge[40000];
    UNICODE_STRING string = {1, 2, huge};

    RtlInitUnicodeString(&string, L"abc");
    ok_eq_int(string.Length, 6);
    ok_eq_int(string.MaximumLength, 8);
    RtlInitUnicodeString(&string, L"");
    ok_eq_int(string.Length, 0);
    ok_eq_int(string.MaximumLength, 2);
    RtlInitUnicodeString(&string, NULL);
    ok_eq_int(string.Length, 0);
    ok_eq_int(string.MaximumLength, 0);
    ok(string.Buffer == NULL, "buffer %p", string.Buffer);

    for (ULONG index = 0; index < 39999; index++)
        huge[index] = 'x';
    RtlInitUnicodeString(&string, huge);
    ok_eq_int(string.Length, 0xFFFC);
    ok_eq_int(string.MaximumLength, 0xFFFE);
    ok_eq_status(RtlInitUnicodeStringEx(&string, huge), STATUS_NAME_TOO_LONG);
    ok_eq_status(RtlInitUnicodeStringEx(&string, L"ab"), STATUS_SUCCESS);
    ok_eq_int(string.Length, 4);
    ok_eq_status(RtlInitUnicodeStringEx(&string, NULL), STATUS_SUCCESS);
    ok_eq_int(string.MaximumLength, 0);
}

GUEST_TEST(copy)
{
    static const struct {
        USHORT maximum;
        USHORT length;
        const WCHAR *buffer; /* filled with '#' before */
    } rows[] = {
        {8, 6, L"abc"},      {6, 6, L"abc#####"}, {4, 4, L"ab######"},
        {2, 2, L"a#######"}, {0, 0, L"########"},
    };
    UNICODE_STRING source = STRING_OF(L"abc");

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        WCHAR buffer[9] = L"########";
        UNICODE_STRING destination = {0, rows[row].maximum, buffer};
        RtlCopyUnicodeString(&destination, &source);
        ok(destination.Length == rows[row].length, "row %lu: length %u", row, destination.Length);
        ok_eq_wstr(buffer, rows[row].buffer);
        RtlCopyUnicodeString(&destination, NULL);
        ok_eq_int(destination.Length, 0);
    }
}

GUEST_TEST(compare)
{
    static const struct {
        const WCHAR *first;
        const WCHAR *second;
        int exact; /* sign of the comparison */
        int ignoring_case;
    } rows[] = {
        {L"", L"", 0, 0},
        {L"", L"a", -1, -1},
        {L"abc", L"abc", 0, 0},
        {L"abc", L"abd", -1, -1},
        {L"abc", L"ABC", 1, 0},
        {L"abc", L"ab", 1, 1},
        {L"a", L"B", 1, -1},
        {L"_", L"a", -1, 1},            /* the upper-case forms are compared */
        {L"\x00E4", L"\x00C4", 1, 0},   /* Latin-1 */
        {L"\x00FF", L"\x0178", -1, 0},  /* y with diaeresis */
        {L"\x03C9", L"\x03A9", 1, 0},   /* Greek */
        {L"\x044F", L"\x042F", 1, 0},   /* Cyrillic */
        {L"\x0131", L"I", 1, 1},        /* a dotless i is another letter */
        {L"\xFF41", L"\xFF21", 1, 0},   /* full-width */
        {L"\x00D7", L"\x00F7", -1, -1}, /* multiplication and division are no letters */
        {L"\xFFFF", L"\x0001", 1, 1},
    };

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        UNICODE_STRING first;
        UNICODE_STRING second;
        LONG exact;
        LONG folded;

        RtlInitUnicodeString(&first, rows[row].first);
        RtlInitUnicodeString(&second, rows[row].second);
        exact = RtlCompareUnicodeString(&first, &second, FALSE);
        folded = RtlCompareUnicodeString(&first, &second, TRUE);
        ok((exact > 0) - (exact < 0) == rows[row].exact, "row %lu: %ld", row, exact);
        ok((folded > 0) - (folded < 0) == rows[row].ignoring_case, "row %lu: %ld", row, folded);
        ok(RtlEqualUnicodeString(&first, &second, TRUE) == (rows[row].ignoring_case == 0),
           "row %lu: equal", row);
        folded = RtlCompareUnicodeString(&second, &first, TRUE);
        ok((folded < 0) - (folded > 0) == rows[row].ignoring_case, "row %lu: reversed", row);
    }
}

GUEST_TEST(compare_ignores_what_follows_the_length)
{
    UNICODE_STRING first = {4, 4, L"abX"};
    UNICODE_STRING second = {4, 4, L"abY"};

    ok_eq_int(RtlCompareUnicodeString(&first, &second, FALSE), 0);
    ok_eq_int(RtlCompareUnicodeStrings(L"ab", 2, L"AB", 2, TRUE), 0);
    ok(RtlCompareUnicodeStrings(L"ab", 1, L"ab", 2, FALSE) < 0, "shorter is less");
}

GUEST_TEST(prefix)
{
    static const struct {
        const WCHAR *prefix;
        const WCHAR *string;
        BOOLEAN exact;
        BOOLEAN ignoring_case;
    } rows[] = {
        {L"", L"", TRUE, TRUE},
        {L"", L"x", TRUE, TRUE},
        {L"ab", L"abc", TRUE, TRUE},
        {L"AB", L"abc", FALSE, TRUE},
        {L"abc", L"ab", FALSE, FALSE},
        {L"b", L"abc", FALSE, FALSE},
        {L"\\??\\", L"\\??\\C:", TRUE, TRUE},
    };

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        UNICODE_STRING prefix;
        UNICODE_STRING string;
        RtlInitUnicodeString(&prefix, rows[row].prefix);
        RtlInitUnicodeString(&string, rows[row].string);
        ok(RtlPrefixUnicodeString(&prefix, &string, FALSE) == rows[row].exact, "row %lu", row);
        ok(RtlPrefixUnicodeString(&prefix, &string, TRUE) == rows[row].ignoring_case, "row %lu",
           row);
    }
}

GUEST_TEST(append)
{
    WCHAR buffer[8] = L"#######";
    UNICODE_STRING string = {0, 10, buffer};
    UNICODE_STRING part = STRING_OF(L"cd");

    ok_eq_status(RtlAppendUnicodeToString(&string, L"ab"), STATUS_SUCCESS);
    ok_eq_wstr(buffer, L"ab");
    ok_eq_status(RtlAppendUnicodeStringToString(&string, &part), STATUS_SUCCESS);
    ok_eq_wstr(buffer, L"abcd");
    ok_eq_status(RtlAppendUnicodeToString(&string, NULL), STATUS_SUCCESS);
    ok_eq_int(string.Length, 8);
    ok_eq_status(RtlAppendUnicodeStringToString(&string, &part), STATUS_BUFFER_TOO_SMALL);
    ok_eq_int(string.Length, 8);
    ok_eq_wstr(buffer, L"abcd");
    ok_eq_status(RtlAppendUnicodeToString(&string, L"e"), STATUS_SUCCESS);
    ok_eq_int(string.Length, 10);
    ok_eq_wstr(buffer, L"abcde##"); /* full: no terminator */
    ok_eq_status(RtlAppendUnicodeToString(&string, L"f"), STATUS_BUFFER_TOO_SMALL);
    ok_eq_status(RtlAppendUnicodeToString(&string, L""), STATUS_SUCCESS);
}

GUEST_TEST(append_to_itself)
{
    WCHAR buffer[9] = L"ab";
    UNICODE_STRING string = {4, sizeof(buffer), buffer};

    ok_eq_status(RtlAppendUnicodeStringToString(&string, &string), STATUS_SUCCESS);
    ok_eq_wstr(buffer, L"abab");
}

GUEST_TEST(change_case)
{
    static const struct {
        WCHAR lower;
        WCHAR upper;
    } pairs[] = {
        {'a', 'A'},       {'z', 'Z'},       {0x00E0, 0x00C0}, {0x00FE, 0x00DE}, {0x0101, 0x0100},
        {0x0148, 0x0147}, {0x0450, 0x0400}, {0x0561, 0x0531}, {0x0586, 0x0556}, {0x1E01, 0x1E00},
        {0x1F00, 0x1F08}, {0x2170, 0x2160}, {0x24D0, 0x24B6}, {0xFF5A, 0xFF3A}, {0x03AC, 0x0386},
    };
    static const WCHAR alone[] = {'@',    '[',    '`',    '{',    0x00D7,
                                  0x00F7, 0x00DF, 0x0131, 0x4E00, 0xD800};

    for (ULONG row = 0; row < sizeof(pairs) / sizeof(pairs[0]); row++) {
        ok_eq_int(RtlUpcaseUnicodeChar(pairs[row].lower), pairs[row].upper);
        ok_eq_int(RtlUpcaseUnicodeChar(pairs[row].upper), pairs[row].upper);
        ok_eq_int(RtlDowncaseUnicodeChar(pairs[row].upper), pairs[row].lower);
        ok_eq_int(RtlDowncaseUnicodeChar(pairs[row].lower), pairs[row].lower);
    }
    for (ULONG row = 0; row < sizeof(alone) / sizeof(alone[0]); row++) {
        ok_eq_int(RtlUpcaseUnicodeChar(alone[row]), alone[row]);
        ok_eq_int(RtlDowncaseUnicodeChar(alone[row]), alone[row]);
    }
}

GUEST_TEST(upcase_string)
{
    UNICODE_STRING source = STRING_OF(L"aB\x00E4z");
    WCHAR buffer[5] = L"####";
    UNICODE_STRING small = {0, 6, buffer};
    UNICODE_STRING exact = {0, 8, buffer};
    UNICODE_STRING allocated = {0, 0, NULL};

    ok_eq_status(RtlUpcaseUnicodeString(&small, &source, FALSE), STATUS_BUFFER_OVERFLOW);
    ok_eq_wstr(buffer, L"####");
    ok_eq_status(RtlUpcaseUnicodeString(&exact, &source, FALSE), STATUS_SUCCESS);
    ok_eq_wstr(buffer, L"AB\x00C4Z");
    ok_eq_status(RtlUpcaseUnicodeString(&allocated, &source, TRUE), STATUS_SUCCESS);
    ok_eq_int(allocated.Length, 8);
    ok_eq_int(allocated.MaximumLength, 8);
    ok(RtlEqualUnicodeString(&allocated, &exact, FALSE), "same text");
    RtlFreeUnicodeString(&allocated);
    ok(allocated.Buffer == NULL, "freed");
    ok_eq_int(allocated.Length, 0);
    ok_eq_status(RtlUpcaseUnicodeString(&exact, &exact, FALSE), STATUS_SUCCESS);
}

GUEST_TEST(hash)
{
    UNICODE_STRING lower = STRING_OF(L"ab");
    UNICODE_STRING upper = STRING_OF(L"AB");
    ULONG first = 0;
    ULONG second = 0;

    ok_eq_status(RtlHashUnicodeString(&upper, FALSE, 1, &first), STATUS_SUCCESS);
    ok_eq_int(first, (ULONG)('A' * 65599 + 'B'));
    ok_eq_status(RtlHashUnicodeString(&lower, TRUE, 0, &second), STATUS_SUCCESS);
    ok_eq_int(second, first);
    ok_eq_status(RtlHashUnicodeString(&lower, FALSE, 0, &second), STATUS_SUCCESS);
    ok(second != first, "case matters");
    ok_eq_status(RtlHashUnicodeString(&lower, FALSE, 2, &second), STATUS_INVALID_PARAMETER);
    ok_eq_status(RtlHashUnicodeString(NULL, FALSE, 1, &second), STATUS_INVALID_PARAMETER);
    ok_eq_status(RtlHashUnicodeString(&lower, FALSE, 1, NULL), STATUS_INVALID_PARAMETER);
}

GUEST_TEST(create_and_duplicate)
{
    UNICODE_STRING source = STRING_OF(L"abc");
    UNICODE_STRING empty = {0, 0, NULL};
    UNICODE_STRING odd = {3, 8, source.Buffer};
    UNICODE_STRING copy;

    ok(RtlCreateUnicodeString(&copy, L"xy"), "created");
    ok_eq_int(copy.Length, 4);
    ok_eq_int(copy.MaximumLength, 6);
    ok_eq_wstr(copy.Buffer, L"xy");
    RtlFreeUnicodeString(&copy);

    ok_eq_status(RtlDuplicateUnicodeString(0, &source, &copy), STATUS_SUCCESS);
    ok_eq_int(copy.MaximumLength, 6);
    RtlFreeUnicodeString(&copy);
    ok_eq_status(RtlDuplicateUnicodeString(1, &source, &copy), STATUS_SUCCESS);
    ok_eq_int(copy.MaximumLength, 8);
    ok_eq_wstr(copy.Buffer, L"abc");
    RtlFreeUnicodeString(&copy);
    ok_eq_status(RtlDuplicateUnicodeString(1, &empty, &copy), STATUS_SUCCESS);
    ok(copy.Buffer == NULL, "empty string without buffer");
    ok_eq_status(RtlDuplicateUnicodeString(3, &empty, &copy), STATUS_SUCCESS);
    ok_eq_int(copy.MaximumLength, 2);
    RtlFreeUnicodeString(&copy);
    ok_eq_status(RtlDuplicateUnicodeString(2, &source, &copy), STATUS_INVALID_PARAMETER);
    ok_eq_status(RtlDuplicateUnicodeString(4, &source, &copy), STATUS_INVALID_PARAMETER);
    ok_eq_status(RtlDuplicateUnicodeString(0, &odd, &copy), STATUS_INVALID_PARAMETER);
    ok_eq_status(RtlDuplicateUnicodeString(0, &source, NULL), STATUS_INVALID_PARAMETER);
}

GUEST_TEST(validate)
{
    static WCHAR text[] = L"ab";
    static const struct {
        UNICODE_STRING string;
        NTSTATUS status;
    } rows[] = {
        {{4, 6, text}, STATUS_SUCCESS},           {{0, 0, NULL}, STATUS_SUCCESS},
        {{3, 6, text}, STATUS_INVALID_PARAMETER}, {{4, 5, text}, STATUS_INVALID_PARAMETER},
        {{4, 2, text}, STATUS_INVALID_PARAMETER}, {{0, 2, NULL}, STATUS_INVALID_PARAMETER},
    };

    for (ULONG row = 0; row < sizeof(rows) / sizeof(rows[0]); row++)
        ok_eq_status(RtlValidateUnicodeString(0, &rows[row].string), rows[row].status);
    ok_eq_status(RtlValidateUnicodeString(0, NULL), STATUS_SUCCESS);
    ok_eq_status(RtlValidateUnicodeString(1, &rows[0].string), STATUS_INVALID_PARAMETER);
}

GUEST_TEST_FILE(unicode_string, GUEST_ROW(initialise), GUEST_ROW(copy), GUEST_ROW(compare),
                GUEST_ROW(compare_ignores_what_follows_the_length), GUEST_ROW(prefix),
                GUEST_ROW(append), GUEST_ROW(append_to_itself), GUEST_ROW(change_case),
                GUEST_ROW(upcase_string), GUEST_ROW(hash), GUEST_ROW(create_and_duplicate),
                GUEST_ROW(validate));
