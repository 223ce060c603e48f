/* Paths and well-known directories. See kernel32.h. */
#include "kernel32.h"

/* Copies a constant path. Returns: as the functions below do. */
static UINT give(const WCHAR *path, LPWSTR buffer, UINT size)
{
    UINT length = (UINT)wcslen(path);

    if (length >= size)
        return length + 1;
    memcpy(buffer, path, (length + 1) * sizeof(WCHAR));
    return length;
}

static UINT give_narrow(const WCHAR *path, LPSTR buffer, UINT size)
{
    return base_narrow(path, (DWORD)wcslen(path), buffer, size);
}

/* The full path of a name. Returns: its length; the room it needs when `size` is too small; 0. */
DWORD WINAPI GetFullPathNameW(LPCWSTR name, DWORD size, LPWSTR buffer, LPWSTR *file_part)
{
    ULONG bytes = RtlGetFullPathName_U(name, size * sizeof(WCHAR), buffer, file_part);

    if (bytes == 0)
        base_error(ERROR_INVALID_NAME);
    return bytes / sizeof(WCHAR);
}
NT_EXPORT(GetFullPathNameW, 0, "wupp");

/* The full path of a name. */
DWORD WINAPI GetFullPathNameA(LPCSTR name, DWORD size, LPSTR buffer, LPSTR *file_part)
{
    WCHAR full[MAX_PATH * 2];
    struct base_wide wide;
    DWORD length =
        base_widen(&wide, name) ? GetFullPathNameW(wide.text, ARRAY_COUNT(full), full, NULL) : 0;

    base_widen_free(&wide);
    if (length == 0 || length >= ARRAY_COUNT(full))
        return 0;
    DWORD result = base_narrow(full, length, buffer, size);

    if (file_part != NULL) {
        *file_part = NULL;
        if (result < size) {
            char *last = strrchr(buffer, '\\');

            *file_part = last != NULL && last[1] != 0 ? last + 1 : NULL;
        }
    }
    return result;
}
NT_EXPORT(GetFullPathNameA, 0, "supp");

/* The current directory. */
DWORD WINAPI GetCurrentDirectoryW(DWORD size, LPWSTR buffer)
{
    return RtlGetCurrentDirectory_U(size * sizeof(WCHAR), buffer) / sizeof(WCHAR);
}
NT_EXPORT(GetCurrentDirectoryW, 0, "up");

/* The current directory. */
DWORD WINAPI GetCurrentDirectoryA(DWORD size, LPSTR buffer)
{
    WCHAR wide[MAX_PATH + 2];
    DWORD length = GetCurrentDirectoryW(ARRAY_COUNT(wide), wide);

    return base_narrow(wide, length, buffer, size);
}
NT_EXPORT(GetCurrentDirectoryA, 0, "up");

/* Sets the current directory. */
WINBOOL WINAPI SetCurrentDirectoryW(LPCWSTR path)
{
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, path);
    NTSTATUS status = RtlSetCurrentDirectory_U(&name);

    return base_result(status);
}
NT_EXPORT(SetCurrentDirectoryW, 0, "w");

/* Sets the current directory. */
WINBOOL WINAPI SetCurrentDirectoryA(LPCSTR path)
{
    struct base_wide wide;
    BOOL result = base_widen(&wide, path) && SetCurrentDirectoryW(wide.text);

    base_widen_free(&wide);
    return result;
}
NT_EXPORT(SetCurrentDirectoryA, 0, "s");

/* C:\Windows\System32. */
UINT WINAPI GetSystemDirectoryW(LPWSTR buffer, UINT size)
{
    return give(L"C:\\Windows\\System32", buffer, size);
}
NT_EXPORT(GetSystemDirectoryW, 0, "pu");

/* C:\Windows\System32. */
UINT WINAPI GetSystemDirectoryA(LPSTR buffer, UINT size)
{
    return give_narrow(L"C:\\Windows\\System32", buffer, size);
}
NT_EXPORT(GetSystemDirectoryA, 0, "pu");

/* C:\Windows. */
UINT WINAPI GetWindowsDirectoryW(LPWSTR buffer, UINT size)
{
    return give(L"C:\\Windows", buffer, size);
}
NT_EXPORT(GetWindowsDirectoryW, 0, "pu");

/* C:\Windows. */
UINT WINAPI GetWindowsDirectoryA(LPSTR buffer, UINT size)
{
    return give_narrow(L"C:\\Windows", buffer, size);
}
NT_EXPORT(GetWindowsDirectoryA, 0, "pu");

/* C:\Windows. */
UINT WINAPI GetSystemWindowsDirectoryW(LPWSTR buffer, UINT size)
{
    return GetWindowsDirectoryW(buffer, size);
}
NT_EXPORT(GetSystemWindowsDirectoryW, 0, "pu");

/* C:\Windows. */
UINT WINAPI GetSystemWindowsDirectoryA(LPSTR buffer, UINT size)
{
    return GetWindowsDirectoryA(buffer, size);
}
NT_EXPORT(GetSystemWindowsDirectoryA, 0, "pu");

/* There is no directory of 32-bit programs. */
UINT WINAPI GetSystemWow64DirectoryW(LPWSTR buffer, UINT size)
{
    (void)buffer, (void)size;
    base_error(ERROR_CALL_NOT_IMPLEMENTED);
    return 0;
}
NT_EXPORT(GetSystemWow64DirectoryW, 0, "pu");

/* The directory of temporary files, with a backslash: TMP, TEMP, USERPROFILE, or Windows. */
DWORD WINAPI GetTempPathW(DWORD size, LPWSTR buffer)
{
    static const WCHAR *const variables[] = {L"TMP", L"TEMP", L"USERPROFILE"};
    WCHAR path[MAX_PATH + 2] = L"C:\\Windows";

    for (size_t i = 0; i < ARRAY_COUNT(variables); i++) {
        DWORD length = GetEnvironmentVariableW(variables[i], path, MAX_PATH);

        if (length != 0 && length < MAX_PATH)
            break;
        memcpy(path, L"C:\\Windows", 11 * sizeof(WCHAR));
    }
    size_t length = wcslen(path);

    if (path[length - 1] != L'\\') {
        path[length] = L'\\';
        path[length + 1] = 0;
    }
    return give(path, buffer, size);
}
NT_EXPORT(GetTempPathW, 0, "up");

/* The directory of temporary files. */
DWORD WINAPI GetTempPathA(DWORD size, LPSTR buffer)
{
    WCHAR wide[MAX_PATH + 2];
    DWORD length = GetTempPathW(ARRAY_COUNT(wide), wide);

    return base_narrow(wide, length, buffer, size);
}
NT_EXPORT(GetTempPathA, 0, "up");

/* Makes the name of a temporary file: path\prefixXXXX.TMP. With unique 0 the file is created. */
UINT WINAPI GetTempFileNameW(LPCWSTR path, LPCWSTR prefix, UINT unique, LPWSTR buffer)
{
    size_t length = wcslen(path);
    const WCHAR *separator = length != 0 && path[length - 1] == L'\\' ? L"" : L"\\";
    UINT number = unique != 0 ? unique & 0xFFFF : (UINT)(GetTickCount() & 0xFFFF);

    if (length > MAX_PATH - 14) {
        base_error(ERROR_BUFFER_OVERFLOW);
        return 0;
    }
    for (UINT tries = 0; tries < 0x10000; tries++, number = (number + 1) & 0xFFFF) {
        if (number == 0)
            continue;
        _snwprintf(buffer, MAX_PATH, L"%ls%ls%.3ls%X.TMP", path, separator, prefix, number);
        if (unique != 0)
            return number;
        HANDLE file = CreateFileW(buffer, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);

        if (file != INVALID_HANDLE_VALUE) {
            NtClose(file);
            return number;
        }
        if (GetLastError() != ERROR_FILE_EXISTS)
            return 0;
    }
    return 0;
}
NT_EXPORT(GetTempFileNameW, 0, "wwup");

/* Makes the name of a temporary file. */
UINT WINAPI GetTempFileNameA(LPCSTR path, LPCSTR prefix, UINT unique, LPSTR buffer)
{
    struct base_wide wide_path = {0}, wide_prefix = {0};
    WCHAR name[MAX_PATH + 1];
    UINT number = 0;

    if (base_widen(&wide_path, path) && base_widen(&wide_prefix, prefix))
        number = GetTempFileNameW(wide_path.text, wide_prefix.text, unique, name);
    if (number != 0)
        base_narrow(name, (DWORD)wcslen(name), buffer, MAX_PATH);
    base_widen_free(&wide_path);
    base_widen_free(&wide_prefix);
    return number;
}
NT_EXPORT(GetTempFileNameA, 0, "ssup");

/* Looks for `name` in one directory of a search path. */
static DWORD search_one(const WCHAR *directory, size_t directory_length, const WCHAR *name,
                        const WCHAR *extension, DWORD size, LPWSTR buffer, LPWSTR *file_part)
{
    WCHAR candidate[MAX_PATH * 2];
    bool add = extension != NULL && wcschr(name, L'.') == NULL;
    bool joined = directory_length == 0 || directory[directory_length - 1] == L'\\';

    if (directory_length + wcslen(name) + 8 > ARRAY_COUNT(candidate))
        return 0;
    memcpy(candidate, directory, directory_length * sizeof(WCHAR));
    candidate[directory_length] = 0;
    _snwprintf(candidate + directory_length, ARRAY_COUNT(candidate) - directory_length,
               L"%ls%ls%ls", joined ? L"" : L"\\", name, add ? extension : L"");
    if (GetFileAttributesW(candidate) == INVALID_FILE_ATTRIBUTES)
        return 0;
    return GetFullPathNameW(candidate, size, buffer, file_part);
}

/* Looks for a file in a list of directories; NULL: the program's, System32, Windows, PATH. */
DWORD WINAPI SearchPathW(LPCWSTR path, LPCWSTR name, LPCWSTR extension, DWORD size, LPWSTR buffer,
                         LPWSTR *file_part)
{
    WCHAR list[2048];
    bool absolute = name[0] == L'\\' || (name[0] != 0 && name[1] == L':');

    if (absolute) {
        DWORD result = search_one(L"", 0, name, extension, size, buffer, file_part);

        if (result == 0)
            base_error(ERROR_FILE_NOT_FOUND);
        return result;
    }
    if (path == NULL) {
        DWORD length = GetModuleFileNameW(NULL, list, MAX_PATH);

        while (length > 0 && list[length - 1] != L'\\')
            length--;
        list[length] = 0;
        _snwprintf(list + length, ARRAY_COUNT(list) - length,
                   L";.;C:\\Windows\\System32;C:\\Windows;");
        length = (DWORD)wcslen(list);
        GetEnvironmentVariableW(L"PATH", list + length, (DWORD)ARRAY_COUNT(list) - length);
        path = list;
    }
    while (*path != 0) {
        size_t length = wcscspn(path, L";");
        DWORD result =
            length == 0 ? 0 : search_one(path, length, name, extension, size, buffer, file_part);

        if (result != 0)
            return result;
        path += length + (path[length] == L';');
    }
    base_error(ERROR_FILE_NOT_FOUND);
    return 0;
}
NT_EXPORT(SearchPathW, 0, "wwwupp");

/* Names have one form only: the long one. */
DWORD WINAPI GetLongPathNameW(LPCWSTR path, LPWSTR buffer, DWORD size)
{
    return GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES ? 0 : give(path, buffer, size);
}
NT_EXPORT(GetLongPathNameW, 0, "wpu");

/* Names have one form only: the long one. */
DWORD WINAPI GetShortPathNameW(LPCWSTR path, LPWSTR buffer, DWORD size)
{
    return GetLongPathNameW(path, buffer, size);
}
NT_EXPORT(GetShortPathNameW, 0, "wpu");
