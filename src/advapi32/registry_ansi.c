/*
 * The registry functions with narrow strings: names are converted, and so is the data of string
 * values. See advapi32.h.
 */
#include "advapi32.h"

static bool is_text(DWORD type)
{
    return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ;
}

/* Opens a key. */
LSTATUS APIENTRY RegOpenKeyExA(HKEY key, LPCSTR subkey, DWORD options, REGSAM access, PHKEY result)
{
    WCHAR *wide = security_widen(subkey);
    LSTATUS error = RegOpenKeyExW(key, wide, options, access, result);

    security_free(wide);
    return error;
}
NT_EXPORT(RegOpenKeyExA, 0, "hsuup");

/* Opens a key with all access that is allowed. */
LSTATUS APIENTRY RegOpenKeyA(HKEY key, LPCSTR subkey, PHKEY result)
{
    return RegOpenKeyExA(key, subkey, 0, MAXIMUM_ALLOWED, result);
}
NT_EXPORT(RegOpenKeyA, 0, "hsp");

/* Creates or opens a key. */
LSTATUS APIENTRY RegCreateKeyExA(HKEY key, LPCSTR subkey, DWORD reserved, LPSTR class_name,
                                 DWORD options, REGSAM access, const LPSECURITY_ATTRIBUTES security,
                                 PHKEY result, LPDWORD disposition)
{
    WCHAR *wide = security_widen(subkey);
    LSTATUS error =
        RegCreateKeyExW(key, wide, reserved, NULL, options, access, security, result, disposition);

    (void)class_name;
    security_free(wide);
    return error;
}
NT_EXPORT(RegCreateKeyExA, 0, "hsusuuppp");

/* Creates or opens a key with all access that is allowed. */
LSTATUS APIENTRY RegCreateKeyA(HKEY key, LPCSTR subkey, PHKEY result)
{
    return RegCreateKeyExA(key, subkey, 0, NULL, 0, MAXIMUM_ALLOWED, NULL, result, NULL);
}
NT_EXPORT(RegCreateKeyA, 0, "hsp");

/* Deletes a key that has no subkeys. */
LSTATUS APIENTRY RegDeleteKeyA(HKEY key, LPCSTR subkey)
{
    WCHAR *wide = security_widen(subkey);
    LSTATUS error = RegDeleteKeyW(key, wide);

    security_free(wide);
    return error;
}
NT_EXPORT(RegDeleteKeyA, 0, "hs");

/* Deletes a key that has no subkeys. */
LSTATUS APIENTRY RegDeleteKeyExA(HKEY key, LPCSTR subkey, REGSAM access, DWORD reserved)
{
    (void)access, (void)reserved;
    return RegDeleteKeyA(key, subkey);
}
NT_EXPORT(RegDeleteKeyExA, 0, "hsuu");

/* Deletes a key and all below it. */
LSTATUS APIENTRY RegDeleteTreeA(HKEY key, LPCSTR subkey)
{
    WCHAR *wide = security_widen(subkey);
    LSTATUS error = RegDeleteTreeW(key, wide);

    security_free(wide);
    return error;
}
NT_EXPORT(RegDeleteTreeA, 0, "hs");

/* Deletes a value. */
LSTATUS APIENTRY RegDeleteValueA(HKEY key, LPCSTR name)
{
    WCHAR *wide = security_widen(name);
    LSTATUS error = RegDeleteValueW(key, wide);

    security_free(wide);
    return error;
}
NT_EXPORT(RegDeleteValueA, 0, "hs");

/* Writes a value; text is stored as UTF-16. */
LSTATUS APIENTRY RegSetValueExA(HKEY key, LPCSTR name, DWORD reserved, DWORD type, const BYTE *data,
                                DWORD size)
{
    WCHAR *wide = security_widen(name), *text = NULL;
    LSTATUS error = ERROR_SUCCESS;

    if (is_text(type) && size != 0) {
        text = security_allocate((SIZE_T)size * sizeof(WCHAR));
        if (text == NULL)
            error = ERROR_NOT_ENOUGH_MEMORY;
        else
            size = (DWORD)MultiByteToWideChar(CP_ACP, 0, (LPCSTR)data, (int)size, text, (int)size) *
                   sizeof(WCHAR);
    }
    if (error == ERROR_SUCCESS)
        error = RegSetValueExW(key, wide, reserved, type, text != NULL ? (const BYTE *)text : data,
                               size);
    security_free(text);
    security_free(wide);
    return error;
}
NT_EXPORT(RegSetValueExA, 0, "hsuupu");

/* Hands over a value's data, text narrowed: in the code page one byte stands for each unit. */
static LSTATUS give_narrow(DWORD type, const BYTE *data, DWORD length, LPBYTE buffer, LPDWORD size)
{
    DWORD needed = is_text(type) ? length / sizeof(WCHAR) : length;
    LSTATUS error = ERROR_SUCCESS;

    if (buffer != NULL && size != NULL) {
        if (*size < needed)
            error = ERROR_MORE_DATA;
        else if (is_text(type) && needed != 0)
            WideCharToMultiByte(CP_ACP, 0, (LPCWSTR)data, (int)needed, (LPSTR)buffer, (int)*size,
                                NULL, NULL);
        else
            memcpy(buffer, data, needed);
    }
    if (size != NULL)
        *size = needed;
    return error;
}

/* Reads a value; text comes back narrow. */
LSTATUS APIENTRY RegQueryValueExA(HKEY key, LPCSTR name, LPDWORD reserved, LPDWORD type,
                                  LPBYTE data, LPDWORD size)
{
    WCHAR *wide = security_widen(name);
    DWORD length = 0, value_type = REG_NONE;
    LSTATUS error = RegQueryValueExW(key, wide, reserved, &value_type, NULL, &length);
    BYTE *buffer = error == ERROR_SUCCESS ? security_allocate((SIZE_T)length + 1) : NULL;

    if (error == ERROR_SUCCESS && buffer == NULL)
        error = ERROR_NOT_ENOUGH_MEMORY;
    if (error == ERROR_SUCCESS)
        error = RegQueryValueExW(key, wide, reserved, &value_type, buffer, &length);
    if (error == ERROR_SUCCESS) {
        if (type != NULL)
            *type = value_type;
        error = give_narrow(value_type, buffer, length, data, size);
    }
    security_free(buffer);
    security_free(wide);
    return error;
}
NT_EXPORT(RegQueryValueExA, 0, "hspppp");

/* Reads a value of a subkey, if it has one of the wanted types. */
LSTATUS APIENTRY RegGetValueA(HKEY key, LPCSTR subkey, LPCSTR name, DWORD flags, LPDWORD type,
                              PVOID data, LPDWORD size)
{
    WCHAR *wide_key = security_widen(subkey), *wide_name = security_widen(name);
    DWORD length = 0, value_type = REG_NONE;
    LSTATUS error = RegGetValueW(key, wide_key, wide_name, flags, &value_type, NULL, &length);
    BYTE *buffer = error == ERROR_SUCCESS ? security_allocate((SIZE_T)length + 1) : NULL;

    if (error == ERROR_SUCCESS && buffer == NULL)
        error = ERROR_NOT_ENOUGH_MEMORY;
    if (error == ERROR_SUCCESS)
        error = RegGetValueW(key, wide_key, wide_name, flags, &value_type, buffer, &length);
    if (error == ERROR_SUCCESS) {
        if (type != NULL)
            *type = value_type;
        error = give_narrow(value_type, buffer, length, data, size);
    }
    security_free(buffer);
    security_free(wide_key);
    security_free(wide_name);
    return error;
}
NT_EXPORT(RegGetValueA, 0, "hssuppp");

/* A name narrowed into the caller's buffer. */
static LSTATUS give_name(const WCHAR *wide, DWORD length, LPSTR name, LPDWORD size)
{
    if (length >= *size)
        return ERROR_MORE_DATA;
    WideCharToMultiByte(CP_ACP, 0, wide, (int)length + 1, name, (int)*size, NULL, NULL);
    *size = length;
    return ERROR_SUCCESS;
}

/* The index-th subkey's name. */
LSTATUS APIENTRY RegEnumKeyExA(HKEY key, DWORD index, LPSTR name, LPDWORD size, LPDWORD reserved,
                               LPSTR class_name, LPDWORD class_size, PFILETIME time)
{
    WCHAR wide[256];
    DWORD length = ARRAY_COUNT(wide);
    LSTATUS error = RegEnumKeyExW(key, index, wide, &length, reserved, NULL, NULL, time);

    if (error != ERROR_SUCCESS)
        return error;
    if (class_name != NULL && class_size != NULL && *class_size != 0) {
        class_name[0] = 0;
        *class_size = 0;
    }
    return give_name(wide, length, name, size);
}
NT_EXPORT(RegEnumKeyExA, 0, "hupppppp");

/* The index-th value. */
LSTATUS APIENTRY RegEnumValueA(HKEY key, DWORD index, LPSTR name, LPDWORD name_size,
                               LPDWORD reserved, LPDWORD type, LPBYTE data, LPDWORD size)
{
    WCHAR wide[256];
    DWORD length = ARRAY_COUNT(wide), data_length = 0, value_type;
    LSTATUS error =
        RegEnumValueW(key, index, wide, &length, reserved, &value_type, NULL, &data_length);

    if (error != ERROR_SUCCESS)
        return error;
    BYTE *buffer = security_allocate((SIZE_T)data_length + 1);

    if (buffer == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    length = ARRAY_COUNT(wide);
    error = RegEnumValueW(key, index, wide, &length, reserved, &value_type, buffer, &data_length);
    if (error == ERROR_SUCCESS)
        error = give_name(wide, length, name, name_size);
    if (error == ERROR_SUCCESS) {
        if (type != NULL)
            *type = value_type;
        error = give_narrow(value_type, buffer, data_length, data, size);
    }
    security_free(buffer);
    return error;
}
NT_EXPORT(RegEnumValueA, 0, "hupppppp");

/* Numbers of subkeys and values, and their greatest lengths. */
LSTATUS APIENTRY RegQueryInfoKeyA(HKEY key, LPSTR class_name, LPDWORD class_size, LPDWORD reserved,
                                  LPDWORD subkeys, LPDWORD longest_subkey, LPDWORD longest_class,
                                  LPDWORD values, LPDWORD longest_name, LPDWORD longest_data,
                                  LPDWORD descriptor_size, PFILETIME time)
{
    if (class_name != NULL && class_size != NULL && *class_size != 0)
        class_name[0] = 0;
    return RegQueryInfoKeyW(key, NULL, class_size, reserved, subkeys, longest_subkey, longest_class,
                            values, longest_name, longest_data, descriptor_size, time);
}
NT_EXPORT(RegQueryInfoKeyA, 0, "hppppppppppp");
