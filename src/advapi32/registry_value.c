/* Registry values. All functions return a Win32 error. See advapi32.h. */
#include "advapi32.h"

static LSTATUS win32_of(NTSTATUS status)
{
    return NT_SUCCESS(status) ? ERROR_SUCCESS : (LSTATUS)RtlNtStatusToDosError(status);
}

/* Reads a value with its data, in memory for security_free. */
static NTSTATUS read_value(HANDLE key, const WCHAR *name, KEY_VALUE_PARTIAL_INFORMATION **result)
{
    ULONG size = 256;
    UNICODE_STRING string;

    RtlInitUnicodeString(&string, name);
    for (;;) {
        KEY_VALUE_PARTIAL_INFORMATION *value = security_allocate(size);

        if (value == NULL)
            return STATUS_NO_MEMORY;
        ULONG needed = 0;
        NTSTATUS status = NtQueryValueKey(key, &string, USER_VALUE_PARTIAL, value, size, &needed);

        if (NT_SUCCESS(status)) {
            *result = value;
            return status;
        }
        security_free(value);
        if ((status != STATUS_BUFFER_OVERFLOW && status != STATUS_BUFFER_TOO_SMALL) ||
            needed <= size)
            return status;
        size = needed;
    }
}

/* Hands data to the caller: size only, too small, or all. */
static LSTATUS give_data(const void *data, DWORD length, LPBYTE buffer, LPDWORD size)
{
    LSTATUS error = ERROR_SUCCESS;

    if (buffer != NULL && size != NULL) {
        if (*size >= length)
            memcpy(buffer, data, length);
        else
            error = ERROR_MORE_DATA;
    }
    if (size != NULL)
        *size = length;
    return error;
}

/* Reads a value. */
LSTATUS APIENTRY RegQueryValueExW(HKEY key, LPCWSTR name, LPDWORD reserved, LPDWORD type,
                                  LPBYTE data, LPDWORD size)
{
    HANDLE handle = registry_handle(key);
    KEY_VALUE_PARTIAL_INFORMATION *value;

    (void)reserved;
    if (handle == NULL)
        return ERROR_INVALID_HANDLE;
    if (data != NULL && size == NULL)
        return ERROR_INVALID_PARAMETER;
    NTSTATUS status = read_value(handle, name, &value);

    if (!NT_SUCCESS(status))
        return win32_of(status);
    if (type != NULL)
        *type = value->Type;
    LSTATUS error = give_data(value->Data, value->DataLength, data, size);

    security_free(value);
    return error;
}
NT_EXPORT(RegQueryValueExW, 0, "hwpppp");

/* Writes a value. */
LSTATUS APIENTRY RegSetValueExW(HKEY key, LPCWSTR name, DWORD reserved, DWORD type,
                                const BYTE *data, DWORD size)
{
    HANDLE handle = registry_handle(key);
    UNICODE_STRING string;

    (void)reserved;
    if (handle == NULL)
        return ERROR_INVALID_HANDLE;
    RtlInitUnicodeString(&string, name);
    return win32_of(NtSetValueKey(handle, &string, 0, type, data, size));
}
NT_EXPORT(RegSetValueExW, 0, "hwuupu");

/* Writes a value of a subkey, which is created if need be. */
LSTATUS APIENTRY RegSetKeyValueW(HKEY key, LPCWSTR subkey, LPCWSTR name, DWORD type, LPCVOID data,
                                 DWORD size)
{
    HKEY opened;

    if (subkey == NULL || subkey[0] == 0)
        return RegSetValueExW(key, name, 0, type, data, size);
    LSTATUS error = RegCreateKeyExW(key, subkey, 0, NULL, 0, KEY_SET_VALUE, NULL, &opened, NULL);

    if (error != ERROR_SUCCESS)
        return error;
    error = RegSetValueExW(opened, name, 0, type, data, size);
    RegCloseKey(opened);
    return error;
}
NT_EXPORT(RegSetKeyValueW, 0, "hwwupu");

/* Deletes a value. */
LSTATUS APIENTRY RegDeleteValueW(HKEY key, LPCWSTR name)
{
    HANDLE handle = registry_handle(key);
    UNICODE_STRING string;

    if (handle == NULL)
        return ERROR_INVALID_HANDLE;
    RtlInitUnicodeString(&string, name);
    return win32_of(NtDeleteValueKey(handle, &string));
}
NT_EXPORT(RegDeleteValueW, 0, "hw");

static LSTATUS report_value(const KEY_VALUE_FULL_INFORMATION *value, LPWSTR name, LPDWORD name_size,
                            LPDWORD type, LPBYTE data, LPDWORD size)
{
    DWORD characters = value->NameLength / sizeof(WCHAR);

    if (characters >= *name_size)
        return ERROR_MORE_DATA;
    memcpy(name, value->Name, value->NameLength);
    name[characters] = 0;
    *name_size = characters;
    if (type != NULL)
        *type = value->Type;
    return give_data((const char *)value + value->DataOffset, value->DataLength, data, size);
}

/* The index-th value. */
LSTATUS APIENTRY RegEnumValueW(HKEY key, DWORD index, LPWSTR name, LPDWORD name_size,
                               LPDWORD reserved, LPDWORD type, LPBYTE data, LPDWORD size)
{
    HANDLE handle = registry_handle(key);
    ULONG room = 1024, needed;

    (void)reserved;
    if (handle == NULL)
        return ERROR_INVALID_HANDLE;
    for (;;) {
        KEY_VALUE_FULL_INFORMATION *value = security_allocate(room);

        if (value == NULL)
            return ERROR_NOT_ENOUGH_MEMORY;
        NTSTATUS status = NtEnumerateValueKey(handle, index, USER_VALUE_FULL, value, room, &needed);
        LSTATUS error = NT_SUCCESS(status) ? report_value(value, name, name_size, type, data, size)
                                           : win32_of(status);

        security_free(value);
        if ((status != STATUS_BUFFER_OVERFLOW && status != STATUS_BUFFER_TOO_SMALL) ||
            needed <= room)
            return error;
        room = needed;
    }
}
NT_EXPORT(RegEnumValueW, 0, "hupppppp");

/* Does `flags` (RRF_RT_…) allow a value of that type? */
static bool type_allowed(DWORD flags, DWORD type)
{
    static const DWORD bits[] = {RRF_RT_REG_NONE,
                                 RRF_RT_REG_SZ,
                                 RRF_RT_REG_EXPAND_SZ,
                                 RRF_RT_REG_BINARY,
                                 RRF_RT_REG_DWORD,
                                 0,
                                 0,
                                 RRF_RT_REG_MULTI_SZ};
    DWORD wanted = flags & RRF_RT_ANY;

    if (wanted == RRF_RT_ANY)
        return true;
    if (type == REG_QWORD)
        return wanted & RRF_RT_REG_QWORD;
    return type < ARRAY_COUNT(bits) && (wanted & bits[type]);
}

/* REG_EXPAND_SZ becomes REG_SZ: the data with its variables replaced, in new memory. */
static WCHAR *expand_value(const WCHAR *text, DWORD *size)
{
    DWORD length = ExpandEnvironmentStringsW(text, NULL, 0);
    WCHAR *expanded = security_allocate((SIZE_T)length * sizeof(WCHAR));

    if (expanded != NULL)
        *size = ExpandEnvironmentStringsW(text, expanded, length) * sizeof(WCHAR);
    return expanded;
}

/* A string value always comes back with its terminating zero, as in memory that was cleared. */
static LSTATUS give_checked(KEY_VALUE_PARTIAL_INFORMATION *value, DWORD flags, LPDWORD type,
                            PVOID data, LPDWORD size)
{
    DWORD length = value->DataLength, value_type = value->Type;
    WCHAR *copy = security_allocate((SIZE_T)length + 2 * sizeof(WCHAR)), *expanded = NULL;
    LSTATUS error;

    if (copy == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    memcpy(copy, value->Data, length);
    if ((value_type == REG_SZ || value_type == REG_EXPAND_SZ) &&
        (length < sizeof(WCHAR) || copy[length / sizeof(WCHAR) - 1] != 0))
        length += sizeof(WCHAR);
    if (value_type == REG_EXPAND_SZ && !(flags & RRF_NOEXPAND)) {
        expanded = expand_value(copy, &length);
        value_type = REG_SZ;
    }
    if (!type_allowed(flags, value_type) && !type_allowed(flags, value->Type)) {
        error = ERROR_UNSUPPORTED_TYPE;
    } else {
        if (type != NULL)
            *type = value_type;
        error = give_data(expanded != NULL ? expanded : copy, length, data, size);
    }
    security_free(expanded);
    security_free(copy);
    return error;
}

/* Reads a value of a subkey, if it has one of the wanted types. */
LSTATUS APIENTRY RegGetValueW(HKEY key, LPCWSTR subkey, LPCWSTR name, DWORD flags, LPDWORD type,
                              PVOID data, LPDWORD size)
{
    KEY_VALUE_PARTIAL_INFORMATION *value;
    HKEY opened = key;

    if (data != NULL && size == NULL)
        return ERROR_INVALID_PARAMETER;
    if (subkey != NULL && subkey[0] != 0) {
        LSTATUS error = RegOpenKeyExW(key, subkey, 0, KEY_QUERY_VALUE, &opened);

        if (error != ERROR_SUCCESS)
            return error;
    }
    HANDLE handle = registry_handle(opened);
    NTSTATUS status = handle != NULL ? read_value(handle, name, &value) : STATUS_INVALID_HANDLE;
    LSTATUS error = win32_of(status);

    if (NT_SUCCESS(status)) {
        error = give_checked(value, flags, type, data, size);
        security_free(value);
    }
    if (error != ERROR_SUCCESS && data != NULL && (flags & RRF_ZEROONFAILURE))
        memset(data, 0, *size);
    if (opened != key)
        RegCloseKey(opened);
    return error;
}
NT_EXPORT(RegGetValueW, 0, "hwwuppp");
