/* What the registry tests share: a key of their own below \Registry\Machine\Software. */
#ifndef RINGSIDE_GUEST_REGISTRY_H
#define RINGSIDE_GUEST_REGISTRY_H

#include "../guest.h"

#define TEST_ROOT L"\\Registry\\Machine\\Software\\RingsideGuest"

/* KEY_NAME_INFORMATION, which not all headers have. */
struct key_name {
    ULONG NameLength;
    WCHAR Name[1];
};

static inline OBJECT_ATTRIBUTES key_attributes(HANDLE root, PUNICODE_STRING name, PCWSTR text)
{
    OBJECT_ATTRIBUTES attributes;

    RtlInitUnicodeString(name, text);
    InitializeObjectAttributes(&attributes, name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, root,
                               NULL);
    return attributes;
}

/* A key below `root` (NULL: a full path), created when it is missing. */
static inline HANDLE create_key(HANDLE root, PCWSTR text)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes = key_attributes(root, &name, text);
    HANDLE key = NULL;

    ok_eq_status(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL), STATUS_SUCCESS);
    return key;
}

static inline NTSTATUS open_key(HANDLE root, PCWSTR text, PHANDLE key)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes = key_attributes(root, &name, text);

    return ZwOpenKey(key, KEY_ALL_ACCESS, &attributes);
}

static inline void delete_key(HANDLE key)
{
    ok_eq_status(ZwDeleteKey(key), STATUS_SUCCESS);
    ok_eq_status(ZwClose(key), STATUS_SUCCESS);
}

static inline NTSTATUS set_value(HANDLE key, PCWSTR text, ULONG type, PVOID data, ULONG size)
{
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, text);
    return ZwSetValueKey(key, &name, 0, type, data, size);
}

#endif
