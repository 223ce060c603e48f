/*
 * RtlQueryRegistryValues with each of its flags, and the routines that write.
 */
#include "registry.h"

#ifndef RTL_QUERY_REGISTRY_TYPECHECK
#define RTL_QUERY_REGISTRY_TYPECHECK 0x100
#endif
#ifndef RTL_QUERY_REGISTRY_NOSTRING
#define RTL_QUERY_REGISTRY_NOSTRING 0x80
#endif
#define TYPECHECK(type) ((ULONG)(type) << 24)

static NTSTATUS query(RTL_QUERY_REGISTRY_TABLE *table, PVOID context)
{
    return RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, TEST_ROOT, table, context, NULL);
}

/* What a routine was called with. */
struct calls {
    ULONG count;
    ULONG types[8];
    WCHAR names[8][16];
    WCHAR data[8][32];
};

static NTSTATUS NTAPI record(PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context,
                             PVOID entry_context)
{
    struct calls *calls = context;
    ULONG at = calls->count++;

    UNREFERENCED_PARAMETER(entry_context);
    calls->types[at] = type;
    if (name)
        wcsncpy(calls->names[at], name, 15);
    RtlCopyMemory(calls->data[at], data, length < 62 ? length : 62);
    return STATUS_SUCCESS;
}

GUEST_TEST(direct)
{
    HANDLE root = create_key(NULL, TEST_ROOT);
    UNICODE_STRING text = {0};
    ULONG number = 0, missing = 5, fallback = 7;
    RTL_QUERY_REGISTRY_TABLE table[] = {
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Number", &number, REG_NONE, NULL, 0},
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Text", &text, REG_NONE, NULL, 0},
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Missing", &missing, REG_DWORD, &fallback, 4},
        {NULL, 0, NULL, NULL, 0, NULL, 0}};

    fallback = 0x1234;
    set_value(root, L"Number", REG_DWORD, &fallback, 4);
    fallback = 7;
    set_value(root, L"Text", REG_SZ, L"hello", 12);
    ok_eq_status(query(table, NULL), STATUS_SUCCESS);
    ok_eq_int(number, 0x1234);
    ok_eq_int(missing, 7);
    ok_eq_int(text.Length, 10);
    ok_eq_wstr(text.Buffer, L"hello");
    RtlFreeUnicodeString(&text);
    delete_key(root);
}

GUEST_TEST(direct_failures)
{
    HANDLE root = create_key(NULL, TEST_ROOT);
    WCHAR room[3];
    UNICODE_STRING text = {0, sizeof(room), room};
    ULONG number = 0;
    RTL_QUERY_REGISTRY_TABLE table[] = {
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Text", &text, REG_NONE, NULL, 0},
        {NULL, 0, NULL, NULL, 0, NULL, 0}};

    set_value(root, L"Text", REG_SZ, L"hello", 12);
    ok_eq_status(query(table, NULL), STATUS_BUFFER_TOO_SMALL);
    table[0].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_NOSTRING;
    ok_eq_status(query(table, NULL), STATUS_OBJECT_TYPE_MISMATCH);
    table[0].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK;
    table[0].EntryContext = &number;
    table[0].DefaultType = TYPECHECK(REG_DWORD);
    ok_eq_status(query(table, NULL), STATUS_OBJECT_TYPE_MISMATCH);
    ok_eq_int(number, 0);
    table[0].QueryRoutine = record;
    table[0].Flags = RTL_QUERY_REGISTRY_DIRECT;
    ok_eq_status(query(table, NULL), STATUS_INVALID_PARAMETER);
    table[0].QueryRoutine = NULL;
    table[0].Name = NULL;
    ok_eq_status(query(table, NULL), STATUS_INVALID_PARAMETER);
    delete_key(root);
}

/* Data of more than four bytes: the variable starts with its size. */
GUEST_TEST(direct_binary)
{
    HANDLE root = create_key(NULL, TEST_ROOT);
    LONG variable[5] = {-16, 0, 0, 0, 0};
    RTL_QUERY_REGISTRY_TABLE table[] = {
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Data", variable, REG_NONE, NULL, 0},
        {NULL, 0, NULL, NULL, 0, NULL, 0}};

    set_value(root, L"Data", REG_BINARY, "abcdefgh", 8);
    ok_eq_status(query(table, NULL), STATUS_SUCCESS);
    ok(RtlEqualMemory(variable, "abcdefgh", 8), "data only");
    variable[0] = 16;
    ok_eq_status(query(table, NULL), STATUS_SUCCESS);
    ok_eq_int(variable[0], 8);
    ok_eq_int(variable[1], REG_BINARY);
    ok(RtlEqualMemory(variable + 2, "abcdefgh", 8), "data behind length and type");
    variable[0] = -7;
    ok_eq_status(query(table, NULL), STATUS_BUFFER_TOO_SMALL);
    delete_key(root);
}

GUEST_TEST(routines)
{
    HANDLE root = create_key(NULL, TEST_ROOT);
    struct calls calls = {0};
    RTL_QUERY_REGISTRY_TABLE table[] = {
        {record, 0, L"Strings", NULL, REG_NONE, NULL, 0},
        {record, RTL_QUERY_REGISTRY_NOEXPAND, L"Path", NULL, REG_NONE, NULL, 0},
        {record, 0, L"Path", NULL, REG_NONE, NULL, 0},
        {record, 0, L"Absent", NULL, REG_SZ, L"default", 0},
        {record, 0, L"Absent", NULL, REG_NONE, NULL, 0},
        {NULL, 0, NULL, NULL, 0, NULL, 0}};

    set_value(root, L"Strings", REG_MULTI_SZ, L"one\0two\0", 18);
    set_value(root, L"Path", REG_EXPAND_SZ, L"%SystemRoot%\\x", 30);
    ok_eq_status(query(table, &calls), STATUS_SUCCESS);
    ok_eq_int(calls.count, 5);
    ok_eq_int(calls.types[0], REG_SZ);
    ok_eq_wstr(calls.data[0], L"one");
    ok_eq_wstr(calls.data[1], L"two");
    ok_eq_int(calls.types[2], REG_EXPAND_SZ);
    ok_eq_wstr(calls.data[2], L"%SystemRoot%\\x");
    ok_eq_int(calls.types[3], REG_SZ);
    ok(calls.data[3][0] != L'%', "expanded");
    ok_eq_wstr(calls.data[4], L"default");
    ok_eq_wstr(calls.names[4], L"Absent");
    delete_key(root);
}

GUEST_TEST(keys_and_flags)
{
    HANDLE root = create_key(NULL, TEST_ROOT), child = create_key(root, L"Sub");
    struct calls calls = {0};
    RTL_QUERY_REGISTRY_TABLE table[] = {
        {NULL, RTL_QUERY_REGISTRY_SUBKEY, L"Sub", NULL, REG_NONE, NULL, 0},
        {record, RTL_QUERY_REGISTRY_REQUIRED, L"Inner", NULL, REG_NONE, NULL, 0},
        {record, RTL_QUERY_REGISTRY_TOPKEY, L"Outer", NULL, REG_NONE, NULL, 0},
        {record, RTL_QUERY_REGISTRY_NOVALUE, NULL, NULL, REG_NONE, NULL, 0},
        {record, RTL_QUERY_REGISTRY_DELETE, NULL, NULL, REG_NONE, NULL, 0},
        {NULL, 0, NULL, NULL, 0, NULL, 0}};

    set_value(child, L"Inner", REG_SZ, L"in", 6);
    set_value(root, L"Outer", REG_SZ, L"out", 8);
    ok_eq_status(query(table, &calls), STATUS_SUCCESS);
    ok_eq_int(calls.count, 4);
    ok_eq_wstr(calls.data[0], L"in");
    ok_eq_wstr(calls.data[1], L"out");
    ok_eq_int(calls.types[2], REG_NONE);
    ok_eq_wstr(calls.names[3], L"Outer");
    ok_eq_status(RtlDeleteRegistryValue(RTL_REGISTRY_ABSOLUTE, TEST_ROOT, L"Outer"),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    table[0].Name = L"Inner";
    ok_eq_status(query(table, &calls), STATUS_OBJECT_NAME_NOT_FOUND);
    delete_key(child);
    delete_key(root);
}

GUEST_TEST(places)
{
    RTL_QUERY_REGISTRY_TABLE none[] = {{NULL, 0, NULL, NULL, 0, NULL, 0}};
    HANDLE key;
    ULONG number = 42;

    ok_eq_status(query(none, NULL), STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE | RTL_REGISTRY_OPTIONAL, TEST_ROOT,
                                        none, NULL, NULL),
                 STATUS_SUCCESS);
    ok_eq_status(RtlCheckRegistryKey(RTL_REGISTRY_CONTROL, L"Class"), STATUS_SUCCESS);
    ok_eq_status(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, L"NoSuchService"),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, L"RingsideGuest"), STATUS_SUCCESS);
    ok_eq_status(RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, L"RingsideGuest", L"Number",
                                       REG_DWORD, &number, 4),
                 STATUS_SUCCESS);
    ok_eq_status(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, L"RingsideGuest", L"Number"),
                 STATUS_SUCCESS);
    ok_eq_status(open_key(NULL,
                          L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"
                          L"RingsideGuest",
                          &key),
                 STATUS_SUCCESS);
    delete_key(key);
}

GUEST_TEST_FILE(rtl_registry, GUEST_ROW(direct), GUEST_ROW(direct_failures),
                GUEST_ROW(direct_binary), GUEST_ROW(routines), GUEST_ROW(keys_and_flags),
                GUEST_ROW(places));
