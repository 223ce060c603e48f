/*
 * From the name of a DLL to an open file.
 *
 * Order, as Windows has it with safe search on: names that the system owns come from System32 only
 * ("known DLLs"); then the directory of the program, System32, the Windows directory, the current
 * directory, and the directories of PATH. Contract names ("api-ms-win-…") are redirected first.
 * Source: Win32 documentation, "Dynamic-link library search order", "API sets".
 */
#include "ntdll_internal.h"

#define SYSTEM_DIRECTORY L"C:\\Windows\\System32\\"
#define WINDOWS_DIRECTORY L"C:\\Windows\\"

static const WCHAR *const known_dlls[] = {
    L"ntdll.dll", L"kernel32.dll", L"advapi32.dll", L"msvcrt.dll", L"ucrtbase.dll",
};

/* First match wins; prefixes are compared without regard to case. */
static const struct {
    const WCHAR *prefix;
    const WCHAR *host;
} redirections[] = {
    {L"api-ms-win-crt-", L"ucrtbase.dll"},
    {L"api-ms-win-security-", L"advapi32.dll"},
    {L"api-ms-win-service-", L"advapi32.dll"},
    {L"api-ms-win-eventing-", L"advapi32.dll"},
    {L"api-ms-win-core-registry-", L"advapi32.dll"},
    {L"api-ms-win-devices-config-", L"cfgmgr32.dll"},
    {L"api-ms-win-core-", L"kernel32.dll"},
    {L"kernelbase.dll", L"kernel32.dll"},
    {L"psapi.dll", L"kernel32.dll"},
};

/*
 * Replaces the name of an API set by the DLL that implements it. kernelbase.dll and psapi.dll are
 * treated like one: our kernel32.dll has their functions.
 */
void loader_redirect_name(UNICODE_STRING *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(redirections); i++) {
        size_t length = wcslen(redirections[i].prefix);

        if (name->Length / sizeof(WCHAR) >= length &&
            _wcsnicmp(name->Buffer, redirections[i].prefix, length) == 0) {
            RtlInitUnicodeString(name, redirections[i].host);
            return;
        }
    }
}

static bool is_known(const WCHAR *name, size_t length)
{
    for (size_t i = 0; i < ARRAY_COUNT(known_dlls); i++) {
        if (wcslen(known_dlls[i]) == length && _wcsnicmp(name, known_dlls[i], length) == 0)
            return true;
    }
    return false;
}

static NTSTATUS open_path(const WCHAR *path, HANDLE *file)
{
    UNICODE_STRING nt_path;
    IO_STATUS_BLOCK io;
    NTSTATUS status = RtlDosPathNameToNtPathName_U_WithStatus(path, &nt_path, NULL, NULL);

    if (!NT_SUCCESS(status))
        return status;
    OBJECT_ATTRIBUTES attributes = user_attributes(&nt_path, NULL, OBJ_CASE_INSENSITIVE);

    status = NtOpenFile(file, FILE_READ_DATA | FILE_EXECUTE | SYNCHRONIZE, &attributes, &io,
                        FILE_SHARE_READ | FILE_SHARE_DELETE,
                        FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    RtlFreeHeap(user_peb()->ProcessHeap, 0, nt_path.Buffer);
    return status;
}

/* directory + name, a separator between them when there is none. */
static NTSTATUS try_directory(const WCHAR *directory, size_t directory_length,
                              const UNICODE_STRING *name, WCHAR *path, ULONG size, HANDLE *file)
{
    size_t name_length = name->Length / sizeof(WCHAR);

    if (directory_length == 0 || directory_length + name_length + 2 > size)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    memcpy(path, directory, directory_length * sizeof(WCHAR));
    if (path[directory_length - 1] != L'\\')
        path[directory_length++] = L'\\';
    memcpy(path + directory_length, name->Buffer, name->Length);
    path[directory_length + name_length] = 0;
    return open_path(path, file);
}

static size_t directory_length_of(const UNICODE_STRING *path)
{
    size_t length = path->Length / sizeof(WCHAR);

    while (length > 0 && path->Buffer[length - 1] != L'\\')
        length--;
    return length;
}

static NTSTATUS try_search_path(const UNICODE_STRING *name, WCHAR *path, ULONG size, HANDLE *file)
{
    static const UNICODE_STRING path_name = {8, 10, (PWSTR)L"PATH"};
    WCHAR list[2048];
    UNICODE_STRING value = {0, sizeof(list) - sizeof(WCHAR), list};
    size_t start = 0, end;

    if (!NT_SUCCESS(RtlQueryEnvironmentVariable_U(NULL, (PUNICODE_STRING)&path_name, &value)))
        return STATUS_DLL_NOT_FOUND;
    size_t length = value.Length / sizeof(WCHAR);

    for (; start < length; start = end + 1) {
        for (end = start; end < length && list[end] != L';';)
            end++;
        if (NT_SUCCESS(try_directory(list + start, end - start, name, path, size, file)))
            return STATUS_SUCCESS;
    }
    return STATUS_DLL_NOT_FOUND;
}

static bool has_directory(const UNICODE_STRING *name)
{
    for (size_t i = 0; i < name->Length / sizeof(WCHAR); i++) {
        if (name->Buffer[i] == L'\\' || name->Buffer[i] == L'/' || name->Buffer[i] == L':')
            return true;
    }
    return false;
}

/* A name with a directory is a path: full or relative to the current directory. */
static NTSTATUS open_full_name(const UNICODE_STRING *name, WCHAR *path, ULONG size, HANDLE *file)
{
    WCHAR copy[NTDLL_MAXIMUM_PATH];

    if (name->Length + sizeof(WCHAR) > sizeof(copy))
        return STATUS_NAME_TOO_LONG;
    memcpy(copy, name->Buffer, name->Length);
    copy[name->Length / sizeof(WCHAR)] = 0;
    ULONG bytes = RtlGetFullPathName_U(copy, size * sizeof(WCHAR), path, NULL);

    if (bytes == 0 || bytes >= size * sizeof(WCHAR) || !NT_SUCCESS(open_path(path, file)))
        return STATUS_DLL_NOT_FOUND;
    return STATUS_SUCCESS;
}

/*
 * Opens the file of a DLL.
 * @param name  as the program gave it, with its extension
 * @param path  receives the full DOS path
 * @param size  of `path`, in characters
 * Returns: STATUS_SUCCESS; STATUS_DLL_NOT_FOUND; STATUS_NAME_TOO_LONG.
 */
NTSTATUS loader_search(const UNICODE_STRING *name, WCHAR *path, ULONG size, HANDLE *file)
{
    const struct user_process_parameters *parameters = user_peb()->ProcessParameters;
    const UNICODE_STRING *program = &parameters->ImagePathName;
    const UNICODE_STRING *current = &parameters->CurrentDirectory.DosPath;

    if (has_directory(name))
        return open_full_name(name, path, size, file);
    bool known = is_known(name->Buffer, name->Length / sizeof(WCHAR));

    if (!known && NT_SUCCESS(try_directory(program->Buffer, directory_length_of(program), name,
                                           path, size, file)))
        return STATUS_SUCCESS;
    if (NT_SUCCESS(try_directory(SYSTEM_DIRECTORY, ARRAY_COUNT(SYSTEM_DIRECTORY) - 1, name, path,
                                 size, file)))
        return STATUS_SUCCESS;
    if (known)
        return STATUS_DLL_NOT_FOUND;
    if (NT_SUCCESS(try_directory(WINDOWS_DIRECTORY, ARRAY_COUNT(WINDOWS_DIRECTORY) - 1, name, path,
                                 size, file)) ||
        NT_SUCCESS(try_directory(current->Buffer, current->Length / sizeof(WCHAR), name, path, size,
                                 file)))
        return STATUS_SUCCESS;
    return try_search_path(name, path, size, file);
}
