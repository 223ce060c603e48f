/*
 * Keys: create, open, enumerate, delete, rename, links; and the status of everything that fails.
 */
#include "registry.h"

GUEST_TEST(disposition)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes = key_attributes(NULL, &name, TEST_ROOT);
    HANDLE first = NULL, second = NULL;
    ULONG disposition = 0;

    ok_eq_status(ZwCreateKey(&first, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, &disposition),
                 STATUS_SUCCESS);
    ok_eq_int(disposition, REG_CREATED_NEW_KEY);
    ok_eq_status(ZwCreateKey(&second, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, &disposition),
                 STATUS_SUCCESS);
    ok_eq_int(disposition, REG_OPENED_EXISTING_KEY);
    ZwClose(second);
    delete_key(first);
    ok_eq_status(open_key(NULL, TEST_ROOT, &first), STATUS_OBJECT_NAME_NOT_FOUND);
}

GUEST_TEST(names)
{
    HANDLE root = create_key(NULL, TEST_ROOT), key = NULL;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;

    ok_eq_status(open_key(NULL, L"\\REGISTRY\\MACHINE\\software\\RINGSIDEguest", &key),
                 STATUS_SUCCESS);
    ZwClose(key);
    attributes = key_attributes(NULL, &name, TEST_ROOT);
    attributes.Attributes = OBJ_KERNEL_HANDLE; /* names of keys never depend on case */
    ok_eq_status(ZwOpenKey(&key, KEY_READ, &attributes), STATUS_SUCCESS);
    ZwClose(key);
    ok_eq_status(open_key(NULL, TEST_ROOT L"\\", &key), STATUS_SUCCESS);
    ZwClose(key);
    ok_eq_status(open_key(root, L"", &key), STATUS_SUCCESS);
    ZwClose(key);
    ok_eq_status(open_key(root, L"Missing", &key), STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(open_key(root, L"Missing\\Below", &key), STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(open_key(root, L"\\Registry", &key), STATUS_OBJECT_PATH_SYNTAX_BAD);
    ok_eq_status(open_key(NULL, L"Registry\\Machine", &key), STATUS_OBJECT_PATH_SYNTAX_BAD);
    attributes = key_attributes(root, &name, L"A\\B");
    ok_eq_status(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    delete_key(root);
}

/* Windows documents 512 levels; \Registry\Machine\Software\RingsideGuest are four of them. */
GUEST_TEST(depth)
{
    static HANDLE keys[600];
    UNICODE_STRING name;
    ULONG count = 1;

    keys[0] = create_key(NULL, TEST_ROOT);
    for (; count < ARRAYSIZE(keys); count++) {
        OBJECT_ATTRIBUTES attributes = key_attributes(keys[count - 1], &name, L"d");

        if (!NT_SUCCESS(ZwCreateKey(&keys[count], KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL)))
            break;
    }
    ok(count + 3 >= 511 && count + 3 <= 512, "%lu levels", count + 3);
    while (count)
        delete_key(keys[--count]);
}

GUEST_TEST(delete_rules)
{
    HANDLE root = create_key(NULL, TEST_ROOT), child = create_key(root, L"Child"), key;
    UNICODE_STRING name;
    ULONG length;
    UCHAR buffer[128];

    ok_eq_status(ZwDeleteKey(root), STATUS_CANNOT_DELETE);
    ok_eq_status(ZwDeleteKey(child), STATUS_SUCCESS);
    ok_eq_status(ZwDeleteKey(child), STATUS_KEY_DELETED);
    RtlInitUnicodeString(&name, L"Value");
    ok_eq_status(
        ZwQueryValueKey(child, &name, KeyValuePartialInformation, buffer, sizeof(buffer), &length),
        STATUS_KEY_DELETED);
    ok_eq_status(set_value(child, L"Value", REG_DWORD, &length, 4), STATUS_KEY_DELETED);
    ok_eq_status(open_key(child, L"Below", &key), STATUS_KEY_DELETED);
    ok_eq_status(ZwClose(child), STATUS_SUCCESS);
    delete_key(root);
}

GUEST_TEST(volatile_keys)
{
    HANDLE root = create_key(NULL, TEST_ROOT), parent = NULL, child = NULL;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes = key_attributes(root, &name, L"Volatile");

    ok_eq_status(
        ZwCreateKey(&parent, KEY_ALL_ACCESS, &attributes, 0, NULL, REG_OPTION_VOLATILE, NULL),
        STATUS_SUCCESS);
    attributes = key_attributes(parent, &name, L"Child");
    ok_eq_status(ZwCreateKey(&child, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL),
                 STATUS_CHILD_MUST_BE_VOLATILE);
    ok_eq_status(
        ZwCreateKey(&child, KEY_ALL_ACCESS, &attributes, 0, NULL, REG_OPTION_VOLATILE, NULL),
        STATUS_SUCCESS);
    delete_key(child);
    delete_key(parent);
    delete_key(root);
}

/* Subkeys come in the order of their names. */
GUEST_TEST(enumerate)
{
    static const PCWSTR created[] = {L"gamma", L"Alpha", L"beta"};
    static const PCWSTR expected[] = {L"Alpha", L"beta", L"gamma"};
    HANDLE root = create_key(NULL, TEST_ROOT), keys[3];
    UCHAR buffer[128];
    KEY_BASIC_INFORMATION *basic = (KEY_BASIC_INFORMATION *)buffer;
    ULONG length = 0;

    for (ULONG i = 0; i < 3; i++)
        keys[i] = create_key(root, created[i]);
    for (ULONG i = 0; i < 3; i++) {
        RtlZeroMemory(buffer, sizeof(buffer));
        ok_eq_status(ZwEnumerateKey(root, i, KeyBasicInformation, buffer, sizeof(buffer), &length),
                     STATUS_SUCCESS);
        ok_eq_wstr(basic->Name, expected[i]);
        ok_eq_int(basic->NameLength, wcslen(expected[i]) * sizeof(WCHAR));
        ok_eq_int(length, FIELD_OFFSET(KEY_BASIC_INFORMATION, Name) + basic->NameLength);
    }
    ok_eq_status(ZwEnumerateKey(root, 3, KeyBasicInformation, buffer, sizeof(buffer), &length),
                 STATUS_NO_MORE_ENTRIES);
    for (ULONG i = 0; i < 3; i++)
        delete_key(keys[i]);
    delete_key(root);
}

GUEST_TEST(query_lengths)
{
    HANDLE root = create_key(NULL, TEST_ROOT);
    UCHAR buffer[256];
    struct key_name *name = (struct key_name *)buffer;
    const ULONG head = FIELD_OFFSET(KEY_BASIC_INFORMATION, Name);
    const ULONG full = head + sizeof(L"RingsideGuest") - sizeof(WCHAR);
    ULONG length = 0;

    ok_eq_status(ZwQueryKey(root, KeyBasicInformation, NULL, 0, &length), STATUS_BUFFER_TOO_SMALL);
    ok_eq_int(length, full);
    ok_eq_status(ZwQueryKey(root, KeyBasicInformation, buffer, head - 1, &length),
                 STATUS_BUFFER_TOO_SMALL);
    ok_eq_status(ZwQueryKey(root, KeyBasicInformation, buffer, head, &length),
                 STATUS_BUFFER_OVERFLOW);
    ok_eq_status(ZwQueryKey(root, KeyBasicInformation, buffer, full - 1, &length),
                 STATUS_BUFFER_OVERFLOW);
    ok_eq_status(ZwQueryKey(root, KeyBasicInformation, buffer, full, &length), STATUS_SUCCESS);
    RtlZeroMemory(buffer, sizeof(buffer));
    ok_eq_status(ZwQueryKey(root, KeyNameInformation, buffer, sizeof(buffer), &length),
                 STATUS_SUCCESS);
    ok_eq_wstr(name->Name, L"\\REGISTRY\\MACHINE\\SOFTWARE\\RingsideGuest");
    ok_eq_status(ZwQueryKey(root, (KEY_INFORMATION_CLASS)77, buffer, sizeof(buffer), &length),
                 STATUS_INVALID_PARAMETER);
    delete_key(root);
}

GUEST_TEST(full_information)
{
    HANDLE root = create_key(NULL, TEST_ROOT), child = create_key(root, L"LongestName");
    UCHAR buffer[128];
    KEY_FULL_INFORMATION *full = (KEY_FULL_INFORMATION *)buffer;
    ULONG length = 0;

    set_value(root, L"Number", REG_DWORD, &length, 4);
    set_value(root, L"LongValueName", REG_BINARY, buffer, 9);
    ok_eq_status(ZwQueryKey(root, KeyFullInformation, buffer, sizeof(buffer), &length),
                 STATUS_SUCCESS);
    ok_eq_int(full->SubKeys, 1);
    ok_eq_int(full->MaxNameLen, 22);
    ok_eq_int(full->Values, 2);
    ok_eq_int(full->MaxValueNameLen, 26);
    ok_eq_int(full->MaxValueDataLen, 9);
    ok_eq_int(full->ClassLength, 0);
    delete_key(child);
    delete_key(root);
}

/* The object manager knows keys, too. */
GUEST_TEST(object_name)
{
    HANDLE root = create_key(NULL, TEST_ROOT);
    UCHAR buffer[256];
    OBJECT_NAME_INFORMATION *name = (OBJECT_NAME_INFORMATION *)buffer;
    PVOID object = NULL;
    ULONG length = 0;

    ok_eq_status(ObReferenceObjectByHandle(root, 0, *CmKeyObjectType, KernelMode, &object, NULL),
                 STATUS_SUCCESS);
    ok_eq_status(ObQueryNameString(object, name, sizeof(buffer), &length), STATUS_SUCCESS);
    ok_eq_wstr(name->Name.Buffer, L"\\REGISTRY\\MACHINE\\SOFTWARE\\RingsideGuest");
    ok_eq_status(ObQueryNameString(object, name, 20, &length), STATUS_INFO_LENGTH_MISMATCH);
    ObDereferenceObject(object);
    delete_key(root);
}

/* CurrentControlSet is a link; a link of our own behaves alike. */
GUEST_TEST(links)
{
    HANDLE root = create_key(NULL, TEST_ROOT), target = create_key(root, L"Target"), link = NULL;
    HANDLE key = NULL;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes = key_attributes(root, &name, L"Link");
    WCHAR path[] = TEST_ROOT L"\\Target";
    UCHAR buffer[256] = {0};
    struct key_name *full = (struct key_name *)buffer;
    ULONG length = 0;

    ok_eq_status(ZwCreateKey(&link, KEY_ALL_ACCESS | KEY_CREATE_LINK, &attributes, 0, NULL,
                             REG_OPTION_VOLATILE | REG_OPTION_CREATE_LINK, NULL),
                 STATUS_SUCCESS);
    ok_eq_status(open_key(root, L"Link", &key), STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(
        set_value(link, L"SymbolicLinkValue", REG_LINK, path, sizeof(path) - sizeof(WCHAR)),
        STATUS_SUCCESS);
    ok_eq_status(set_value(link, L"Other", REG_SZ, path, 4), STATUS_ACCESS_DENIED);
    ok_eq_status(open_key(root, L"Link", &key), STATUS_SUCCESS);
    ok_eq_status(ZwQueryKey(key, KeyNameInformation, buffer, sizeof(buffer), &length),
                 STATUS_SUCCESS);
    ok_eq_wstr(full->Name, L"\\REGISTRY\\MACHINE\\SOFTWARE\\RingsideGuest\\Target");
    ZwClose(key);
    ok_eq_status(open_key(NULL, L"\\Registry\\Machine\\System\\CurrentControlSet\\Services", &key),
                 STATUS_SUCCESS);
    ZwClose(key);
    delete_key(link);
    delete_key(target);
    delete_key(root);
}

GUEST_TEST_FILE(key, GUEST_ROW(disposition), GUEST_ROW(names), GUEST_ROW(depth), GUEST_ROW(delete_rules),
                GUEST_ROW(volatile_keys), GUEST_ROW(enumerate), GUEST_ROW(query_lengths),
                GUEST_ROW(full_information), GUEST_ROW(object_name), GUEST_ROW(links));
