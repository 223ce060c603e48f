/*
 * Registry keys. An HKEY is the handle of the key; the predefined ones are names for handles that
 * are opened when first used. All functions return a Win32 error. See advapi32.h.
 */
#include "advapi32.h"

#define KEY_NAME_LIMIT 256

static const struct {
    const WCHAR *path;
} predefined[] = {
    {L"\\Registry\\Machine\\Software\\Classes"}, /* HKEY_CLASSES_ROOT */
    {L"\\Registry\\User\\.Default"},             /* HKEY_CURRENT_USER */
    {L"\\Registry\\Machine"},                    /* HKEY_LOCAL_MACHINE */
    {L"\\Registry\\User"},                       /* HKEY_USERS */
    {NULL},                                      /* HKEY_PERFORMANCE_DATA */
    {L"\\Registry\\Machine\\System\\CurrentControlSet\\Hardware Profiles\\Current"},
};
static HANDLE predefined_handles[ARRAY_COUNT(predefined)];

HANDLE registry_handle(HKEY key)
{
    ULONG_PTR index = (ULONG)(ULONG_PTR)key - 0x80000000u;
    UNICODE_STRING path;
    HANDLE opened;

    if (index >= ARRAY_COUNT(predefined))
        return key;
    if (predefined[index].path == NULL)
        return NULL;
    if (predefined_handles[index] != NULL)
        return predefined_handles[index];
    RtlInitUnicodeString(&path, predefined[index].path);
    OBJECT_ATTRIBUTES attributes = user_attributes(&path, NULL, OBJ_CASE_INSENSITIVE);

    if (!NT_SUCCESS(NtCreateKey(&opened, MAXIMUM_ALLOWED, &attributes, 0, NULL, 0, NULL)))
        return NULL;
    if (InterlockedCompareExchangePointer(&predefined_handles[index], opened, NULL) != NULL)
        NtClose(opened);
    return predefined_handles[index];
}

static LSTATUS win32_of(NTSTATUS status)
{
    return NT_SUCCESS(status) ? ERROR_SUCCESS : (LSTATUS)RtlNtStatusToDosError(status);
}

/* Opens a key. */
LSTATUS APIENTRY RegOpenKeyExW(HKEY key, LPCWSTR subkey, DWORD options, REGSAM access, PHKEY result)
{
    HANDLE root = registry_handle(key), opened;
    UNICODE_STRING name;

    (void)options;
    if (root == NULL)
        return ERROR_INVALID_HANDLE;
    if (result == NULL)
        return ERROR_INVALID_PARAMETER;
    RtlInitUnicodeString(&name, subkey);
    if (name.Length != 0 && name.Buffer[0] == L'\\')
        return ERROR_BAD_PATHNAME;
    OBJECT_ATTRIBUTES attributes = user_attributes(&name, root, OBJ_CASE_INSENSITIVE);
    NTSTATUS status =
        NtOpenKey(&opened, access & ~(REGSAM)(KEY_WOW64_32KEY | KEY_WOW64_64KEY), &attributes);

    if (NT_SUCCESS(status))
        *result = opened;
    return win32_of(status);
}
NT_EXPORT(RegOpenKeyExW, 0, "hwuup");

/* Creates one key of a path that must exist up to it. */
static NTSTATUS create_one(HANDLE root, const UNICODE_STRING *path, REGSAM access, DWORD options,
                           HANDLE *opened, ULONG *disposition)
{
    UNICODE_STRING name = *path;
    OBJECT_ATTRIBUTES attributes = user_attributes(&name, root, OBJ_CASE_INSENSITIVE);

    return NtCreateKey(opened, access & ~(REGSAM)(KEY_WOW64_32KEY | KEY_WOW64_64KEY), &attributes,
                       0, NULL, options, disposition);
}

/* Creates the keys above the last one. */
static NTSTATUS create_parents(HANDLE root, const UNICODE_STRING *path, DWORD options)
{
    for (USHORT i = 1; i < path->Length / sizeof(WCHAR); i++) {
        UNICODE_STRING parent = {(USHORT)(i * sizeof(WCHAR)), path->MaximumLength, path->Buffer};
        HANDLE opened;

        if (path->Buffer[i] != L'\\')
            continue;
        NTSTATUS status = create_one(root, &parent, KEY_CREATE_SUB_KEY, options, &opened, NULL);

        if (!NT_SUCCESS(status))
            return status;
        NtClose(opened);
    }
    return STATUS_SUCCESS;
}

/* Creates or opens a key and what is above it. */
LSTATUS APIENTRY RegCreateKeyExW(HKEY key, LPCWSTR subkey, DWORD reserved, LPWSTR class_name,
                                 DWORD options, REGSAM access, const LPSECURITY_ATTRIBUTES security,
                                 PHKEY result, LPDWORD disposition)
{
    HANDLE root = registry_handle(key), opened;
    ULONG created = REG_OPENED_EXISTING_KEY;
    UNICODE_STRING path;

    (void)reserved, (void)class_name, (void)security;
    if (root == NULL)
        return ERROR_INVALID_HANDLE;
    if (subkey == NULL || subkey[0] == L'\\')
        return ERROR_BAD_PATHNAME;
    RtlInitUnicodeString(&path, subkey);
    while (path.Length != 0 && path.Buffer[path.Length / sizeof(WCHAR) - 1] == L'\\')
        path.Length -= sizeof(WCHAR);
    options &= REG_OPTION_VOLATILE | REG_OPTION_CREATE_LINK | REG_OPTION_BACKUP_RESTORE;
    NTSTATUS status = create_one(root, &path, access, options, &opened, &created);

    if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
        status = create_parents(root, &path, options & REG_OPTION_VOLATILE);
        if (NT_SUCCESS(status))
            status = create_one(root, &path, access, options, &opened, &created);
    }
    if (!NT_SUCCESS(status))
        return win32_of(status);
    *result = opened;
    if (disposition != NULL)
        *disposition = created;
    return ERROR_SUCCESS;
}
NT_EXPORT(RegCreateKeyExW, 0, "hwuwuuppp");

/* Opens a key with all access that is allowed. */
LSTATUS APIENTRY RegOpenKeyW(HKEY key, LPCWSTR subkey, PHKEY result)
{
    return RegOpenKeyExW(key, subkey, 0, MAXIMUM_ALLOWED, result);
}
NT_EXPORT(RegOpenKeyW, 0, "hwp");

/* Creates or opens a key with all access that is allowed. */
LSTATUS APIENTRY RegCreateKeyW(HKEY key, LPCWSTR subkey, PHKEY result)
{
    return RegCreateKeyExW(key, subkey, 0, NULL, 0, MAXIMUM_ALLOWED, NULL, result, NULL);
}
NT_EXPORT(RegCreateKeyW, 0, "hwp");

/* Closes a key; a predefined one stays open. */
LSTATUS APIENTRY RegCloseKey(HKEY key)
{
    if ((ULONG)(ULONG_PTR)key - 0x80000000u < ARRAY_COUNT(predefined))
        return ERROR_SUCCESS;
    return win32_of(NtClose(key));
}
NT_EXPORT(RegCloseKey, 0, "h");

/* Writes a key to its hive. */
LSTATUS APIENTRY RegFlushKey(HKEY key)
{
    HANDLE handle = registry_handle(key);

    return handle != NULL ? win32_of(NtFlushKey(handle)) : ERROR_INVALID_HANDLE;
}
NT_EXPORT(RegFlushKey, 0, "h");

/* Deletes a key that has no subkeys. */
LSTATUS APIENTRY RegDeleteKeyExW(HKEY key, LPCWSTR subkey, REGSAM access, DWORD reserved)
{
    HKEY opened;

    (void)access, (void)reserved;
    if (subkey == NULL)
        return ERROR_INVALID_PARAMETER;
    LSTATUS error = RegOpenKeyExW(key, subkey, 0, DELETE | KEY_ENUMERATE_SUB_KEYS, &opened);

    if (error != ERROR_SUCCESS)
        return error;
    NTSTATUS status = NtDeleteKey(opened);

    NtClose(opened);
    /* A key with subkeys cannot be deleted; the documented error is "access denied". */
    return status == STATUS_CANNOT_DELETE ? ERROR_ACCESS_DENIED : win32_of(status);
}
NT_EXPORT(RegDeleteKeyExW, 0, "hwuu");

/* Deletes a key that has no subkeys. */
LSTATUS APIENTRY RegDeleteKeyW(HKEY key, LPCWSTR subkey)
{
    return RegDeleteKeyExW(key, subkey, 0, 0);
}
NT_EXPORT(RegDeleteKeyW, 0, "hw");

/* The index-th subkey's name. */
LSTATUS APIENTRY RegEnumKeyExW(HKEY key, DWORD index, LPWSTR name, LPDWORD size, LPDWORD reserved,
                               LPWSTR class_name, LPDWORD class_size, PFILETIME time)
{
    struct {
        KEY_BASIC_INFORMATION basic;
        WCHAR name[KEY_NAME_LIMIT];
    } information;
    HANDLE handle = registry_handle(key);
    ULONG length;

    (void)reserved;
    if (handle == NULL)
        return ERROR_INVALID_HANDLE;
    NTSTATUS status =
        NtEnumerateKey(handle, index, USER_KEY_BASIC, &information, sizeof(information), &length);

    if (!NT_SUCCESS(status))
        return win32_of(status);
    DWORD characters = information.basic.NameLength / sizeof(WCHAR);

    if (characters >= *size)
        return ERROR_MORE_DATA;
    memcpy(name, information.basic.Name, information.basic.NameLength);
    name[characters] = 0;
    *size = characters;
    if (class_name != NULL && class_size != NULL && *class_size != 0) {
        class_name[0] = 0; /* classes are not kept */
        *class_size = 0;
    }
    if (time != NULL)
        memcpy(time, &information.basic.LastWriteTime, sizeof(*time));
    return ERROR_SUCCESS;
}
NT_EXPORT(RegEnumKeyExW, 0, "hupppppp");

/* Sets *target unless it is NULL. */
static void give(LPDWORD target, DWORD value)
{
    if (target != NULL)
        *target = value;
}

/* Numbers of subkeys and values, and their greatest lengths in characters. */
LSTATUS APIENTRY RegQueryInfoKeyW(HKEY key, LPWSTR class_name, LPDWORD class_size, LPDWORD reserved,
                                  LPDWORD subkeys, LPDWORD longest_subkey, LPDWORD longest_class,
                                  LPDWORD values, LPDWORD longest_name, LPDWORD longest_data,
                                  LPDWORD descriptor_size, PFILETIME time)
{
    struct {
        KEY_FULL_INFORMATION full;
        WCHAR class_text[KEY_NAME_LIMIT];
    } information;
    HANDLE handle = registry_handle(key);
    ULONG length;

    (void)reserved;
    if (handle == NULL)
        return ERROR_INVALID_HANDLE;
    NTSTATUS status = NtQueryKey(handle, USER_KEY_FULL, &information, sizeof(information), &length);

    if (!NT_SUCCESS(status))
        return win32_of(status);
    if (class_name != NULL && class_size != NULL && *class_size != 0)
        class_name[0] = 0;
    give(class_size, 0);
    give(subkeys, information.full.SubKeys);
    give(longest_subkey, information.full.MaxNameLen / sizeof(WCHAR));
    give(longest_class, information.full.MaxClassLen / sizeof(WCHAR));
    give(values, information.full.Values);
    give(longest_name, information.full.MaxValueNameLen / sizeof(WCHAR));
    give(longest_data, information.full.MaxValueDataLen);
    give(descriptor_size, 0);
    if (time != NULL)
        memcpy(time, &information.full.LastWriteTime, sizeof(*time));
    return ERROR_SUCCESS;
}
NT_EXPORT(RegQueryInfoKeyW, 0, "hppppppppppp");

/* Deletes everything below an open key. */
static LSTATUS delete_children(HKEY key)
{
    WCHAR name[KEY_NAME_LIMIT];

    for (;;) {
        DWORD size = ARRAY_COUNT(name);
        LSTATUS error = RegEnumKeyExW(key, 0, name, &size, NULL, NULL, NULL, NULL);

        if (error == ERROR_NO_MORE_ITEMS)
            return ERROR_SUCCESS;
        if (error == ERROR_SUCCESS)
            error = RegDeleteTreeW(key, name);
        if (error != ERROR_SUCCESS)
            return error;
    }
}

/* Deletes a key and all below it; without a subkey, all below the key. */
LSTATUS APIENTRY RegDeleteTreeW(HKEY key, LPCWSTR subkey)
{
    HKEY opened;

    if (subkey == NULL)
        return delete_children(key);
    LSTATUS error =
        RegOpenKeyExW(key, subkey, 0, DELETE | KEY_ENUMERATE_SUB_KEYS | KEY_QUERY_VALUE, &opened);

    if (error != ERROR_SUCCESS)
        return error;
    error = delete_children(opened);
    if (error == ERROR_SUCCESS)
        error = win32_of(NtDeleteKey(opened));
    NtClose(opened);
    return error;
}
NT_EXPORT(RegDeleteTreeW, 0, "hw");

/* Waits for a change of a key, or has an event set when there is one. */
LSTATUS APIENTRY RegNotifyChangeKeyValue(HKEY key, BOOL watch_tree, DWORD filter, HANDLE event,
                                         BOOL asynchronous)
{
    static IO_STATUS_BLOCK io; /* its content is of no use: the event says it all */
    HANDLE handle = registry_handle(key);

    if (handle == NULL)
        return ERROR_INVALID_HANDLE;
    NTSTATUS status =
        NtNotifyChangeKey(handle, asynchronous ? event : NULL, NULL, NULL, &io, filter,
                          watch_tree != FALSE, NULL, 0, asynchronous != FALSE);

    return status == STATUS_PENDING ? ERROR_SUCCESS : win32_of(status);
}
NT_EXPORT(RegNotifyChangeKeyValue, 0, "hbuhb");
