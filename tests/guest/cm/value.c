/*
 * Values: all information classes, the lengths they tell, and enumeration.
 */
#include "registry.h"

static NTSTATUS query(HANDLE key, PCWSTR text, KEY_VALUE_INFORMATION_CLASS class, PVOID buffer,
                      ULONG size, PULONG length)
{
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, text);
    return ZwQueryValueKey(key, &name, class, buffer, size, length);
}

GUEST_TEST(partial)
{
    HANDLE root = create_key(NULL, TEST_ROOT);
    UCHAR buffer[64];
    KEY_VALUE_PARTIAL_INFORMATION *partial = (KEY_VALUE_PARTIAL_INFORMATION *)buffer;
    const ULONG head = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data);
    ULONG number = 0x12345678, length = 0;

    ok_eq_status(query(root, L"N", KeyValuePartialInformation, buffer, sizeof(buffer), &length),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(set_value(root, L"N", REG_DWORD, &number, sizeof(number)), STATUS_SUCCESS);
    ok_eq_status(query(root, L"n", KeyValuePartialInformation, buffer, sizeof(buffer), &length),
                 STATUS_SUCCESS);
    ok_eq_int(length, head + 4);
    ok_eq_int(partial->Type, REG_DWORD);
    ok_eq_int(partial->DataLength, 4);
    ok_eq_int(*(ULONG *)partial->Data, 0x12345678);
    ok_eq_status(query(root, L"N", KeyValuePartialInformation, NULL, 0, &length),
                 STATUS_BUFFER_TOO_SMALL);
    ok_eq_int(length, head + 4);
    ok_eq_status(query(root, L"N", KeyValuePartialInformation, buffer, head - 1, &length),
                 STATUS_BUFFER_TOO_SMALL);
    RtlFillMemory(buffer, sizeof(buffer), 0xCC);
    ok_eq_status(query(root, L"N", KeyValuePartialInformation, buffer, head + 2, &length),
                 STATUS_BUFFER_OVERFLOW);
    ok_eq_int(*(USHORT *)partial->Data, 0x5678);
    ok_eq_int(partial->Data[2], 0xCC);
    delete_key(root);
}

GUEST_TEST(other_classes)
{
    HANDLE root = create_key(NULL, TEST_ROOT);
    ULONG64 storage[16];
    KEY_VALUE_FULL_INFORMATION *full = (KEY_VALUE_FULL_INFORMATION *)storage;
    KEY_VALUE_BASIC_INFORMATION *basic = (KEY_VALUE_BASIC_INFORMATION *)storage;
    KEY_VALUE_PARTIAL_INFORMATION_ALIGN64 *aligned =
        (KEY_VALUE_PARTIAL_INFORMATION_ALIGN64 *)storage;
    ULONG length = 0;

    set_value(root, L"Abc", REG_BINARY, "12345", 5);
    ok_eq_status(query(root, L"Abc", KeyValueBasicInformation, storage, sizeof(storage), &length),
                 STATUS_SUCCESS);
    ok_eq_int(basic->NameLength, 6);
    ok_eq_int(basic->Name[0], 'A');
    ok_eq_status(query(root, L"Abc", KeyValueFullInformation, storage, sizeof(storage), &length),
                 STATUS_SUCCESS);
    ok_eq_int(full->DataLength, 5);
    ok_eq_int(full->DataOffset % 4, 0);
    ok(RtlEqualMemory((UCHAR *)full + full->DataOffset, "12345", 5), "data");
    ok_eq_int(length, full->DataOffset + 5);
    ok_eq_status(
        query(root, L"Abc", KeyValueFullInformationAlign64, storage, sizeof(storage), &length),
        STATUS_SUCCESS);
    ok_eq_int(full->DataOffset % 8, 0);
    ok_eq_status(
        query(root, L"Abc", KeyValuePartialInformationAlign64, storage, sizeof(storage), &length),
        STATUS_SUCCESS);
    ok_eq_int(aligned->DataLength, 5);
    ok_eq_int(length, 13);
    ok_eq_status(
        query(root, L"Abc", (KEY_VALUE_INFORMATION_CLASS)9, storage, sizeof(storage), &length),
        STATUS_INVALID_PARAMETER);
    delete_key(root);
}

GUEST_TEST(replace_and_delete)
{
    HANDLE root = create_key(NULL, TEST_ROOT);
    UNICODE_STRING name, none = {0};
    UCHAR buffer[64];
    KEY_VALUE_PARTIAL_INFORMATION *partial = (KEY_VALUE_PARTIAL_INFORMATION *)buffer;
    ULONG length = 0;

    ok_eq_status(set_value(root, L"V", REG_SZ, L"long text", 20), STATUS_SUCCESS);
    ok_eq_status(set_value(root, L"v", REG_BINARY, "x", 1), STATUS_SUCCESS);
    ok_eq_status(query(root, L"V", KeyValuePartialInformation, buffer, sizeof(buffer), &length),
                 STATUS_SUCCESS);
    ok_eq_int(partial->Type, REG_BINARY);
    ok_eq_int(partial->DataLength, 1);
    ok_eq_status(ZwSetValueKey(root, &none, 0, REG_SZ, L"", 2), STATUS_SUCCESS);
    ok_eq_status(query(root, L"", KeyValuePartialInformation, buffer, sizeof(buffer), &length),
                 STATUS_SUCCESS);
    RtlInitUnicodeString(&name, L"V");
    ok_eq_status(ZwDeleteValueKey(root, &name), STATUS_SUCCESS);
    ok_eq_status(ZwDeleteValueKey(root, &name), STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(set_value(root, L"Empty", REG_SZ, NULL, 0), STATUS_SUCCESS);
    ok_eq_status(query(root, L"Empty", KeyValuePartialInformation, buffer, sizeof(buffer), &length),
                 STATUS_SUCCESS);
    ok_eq_int(partial->DataLength, 0);
    delete_key(root);
}

GUEST_TEST(enumerate_values)
{
    HANDLE root = create_key(NULL, TEST_ROOT);
    UCHAR buffer[64] = {0};
    KEY_VALUE_BASIC_INFORMATION *basic = (KEY_VALUE_BASIC_INFORMATION *)buffer;
    ULONG length = 0;

    set_value(root, L"zz", REG_DWORD, &length, 4);
    set_value(root, L"aa", REG_DWORD, &length, 4);
    ok_eq_status(
        ZwEnumerateValueKey(root, 0, KeyValueBasicInformation, buffer, sizeof(buffer), &length),
        STATUS_SUCCESS);
    ok_eq_int(basic->Name[0], 'z');
    ok_eq_status(
        ZwEnumerateValueKey(root, 1, KeyValueBasicInformation, buffer, sizeof(buffer), &length),
        STATUS_SUCCESS);
    ok_eq_int(basic->Name[0], 'a');
    ok_eq_status(
        ZwEnumerateValueKey(root, 2, KeyValueBasicInformation, buffer, sizeof(buffer), &length),
        STATUS_NO_MORE_ENTRIES);
    delete_key(root);
}

GUEST_TEST_FILE(value, GUEST_ROW(partial), GUEST_ROW(other_classes), GUEST_ROW(replace_and_delete),
                GUEST_ROW(enumerate_values));
