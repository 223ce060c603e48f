/* Operations on a file's name: delete, move, directories, attributes. See kernel32.h. */
#include "kernel32.h"

static BOOL set_and_close(HANDLE file, PVOID buffer, ULONG length,
                          FILE_INFORMATION_CLASS information_class)
{
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtSetInformationFile(file, &io, buffer, length, information_class);

    NtClose(file);
    return base_result(status);
}

static BOOL delete_name(const WCHAR *name, ULONG options)
{
    FILE_DISPOSITION_INFORMATION disposition = {TRUE};
    HANDLE file;

    return base_open_name(name, DELETE, options | FILE_OPEN_REPARSE_POINT, &file) &&
           set_and_close(file, &disposition, sizeof(disposition), FileDispositionInformation);
}

/* Deletes a file. */
WINBOOL WINAPI DeleteFileW(LPCWSTR name)
{
    return delete_name(name, FILE_NON_DIRECTORY_FILE);
}
NT_EXPORT(DeleteFileW, 0, "w");

/* Deletes a file. */
WINBOOL WINAPI DeleteFileA(LPCSTR name)
{
    struct base_wide wide;
    BOOL result = base_widen(&wide, name) && DeleteFileW(wide.text);

    base_widen_free(&wide);
    return result;
}
NT_EXPORT(DeleteFileA, 0, "s");

/* Deletes an empty directory. */
WINBOOL WINAPI RemoveDirectoryW(LPCWSTR name)
{
    return delete_name(name, FILE_DIRECTORY_FILE);
}
NT_EXPORT(RemoveDirectoryW, 0, "w");

/* Deletes an empty directory. */
WINBOOL WINAPI RemoveDirectoryA(LPCSTR name)
{
    struct base_wide wide;
    BOOL result = base_widen(&wide, name) && RemoveDirectoryW(wide.text);

    base_widen_free(&wide);
    return result;
}
NT_EXPORT(RemoveDirectoryA, 0, "s");

/* Creates a directory. */
WINBOOL WINAPI CreateDirectoryW(LPCWSTR name, LPSECURITY_ATTRIBUTES security)
{
    UNICODE_STRING nt_name;
    IO_STATUS_BLOCK io;
    HANDLE directory;

    if (!base_nt_name(name, &nt_name))
        return FALSE;
    OBJECT_ATTRIBUTES attributes = user_attributes(&nt_name, NULL, OBJ_CASE_INSENSITIVE);

    if (security != NULL)
        attributes.SecurityDescriptor = security->lpSecurityDescriptor;
    NTSTATUS status =
        NtCreateFile(&directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, &attributes, &io, NULL,
                     FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_CREATE,
                     FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);

    base_free_name(&nt_name);
    if (NT_SUCCESS(status))
        NtClose(directory);
    return base_result(status);
}
NT_EXPORT(CreateDirectoryW, 0, "wp");

/* Creates a directory. */
WINBOOL WINAPI CreateDirectoryA(LPCSTR name, LPSECURITY_ATTRIBUTES security)
{
    struct base_wide wide;
    BOOL result = base_widen(&wide, name) && CreateDirectoryW(wide.text, security);

    base_widen_free(&wide);
    return result;
}
NT_EXPORT(CreateDirectoryA, 0, "sp");

/* Moves a file or directory on its volume; MOVEFILE_REPLACE_EXISTING replaces a file. */
WINBOOL WINAPI MoveFileExW(LPCWSTR from, LPCWSTR to, DWORD flags)
{
    UNICODE_STRING nt_name;
    HANDLE file;

    if (flags & MOVEFILE_DELAY_UNTIL_REBOOT)
        return base_error(ERROR_NOT_SUPPORTED);
    if (!base_nt_name(to, &nt_name))
        return FALSE;
    SIZE_T size = sizeof(FILE_RENAME_INFORMATION) + nt_name.Length;
    FILE_RENAME_INFORMATION *rename = base_allocate(size);
    BOOL result = FALSE;

    if (rename != NULL && base_open_name(from, DELETE, FILE_OPEN_REPARSE_POINT, &file)) {
        memset(rename, 0, sizeof(*rename));
        rename->ReplaceIfExists = (flags & MOVEFILE_REPLACE_EXISTING) != 0;
        rename->FileNameLength = nt_name.Length;
        memcpy(rename->FileName, nt_name.Buffer, nt_name.Length);
        result = set_and_close(file, rename, (ULONG)size, FileRenameInformation);
    }
    base_free(rename);
    base_free_name(&nt_name);
    return result;
}
NT_EXPORT(MoveFileExW, 0, "wwu");

/* Moves a file or directory. */
WINBOOL WINAPI MoveFileW(LPCWSTR from, LPCWSTR to)
{
    return MoveFileExW(from, to, MOVEFILE_COPY_ALLOWED);
}
NT_EXPORT(MoveFileW, 0, "ww");

/* Moves a file or directory. */
WINBOOL WINAPI MoveFileExA(LPCSTR from, LPCSTR to, DWORD flags)
{
    struct base_wide wide_from = {0}, wide_to = {0};
    BOOL result = base_widen(&wide_from, from) && base_widen(&wide_to, to) &&
                  MoveFileExW(wide_from.text, wide_to.text, flags);

    base_widen_free(&wide_from);
    base_widen_free(&wide_to);
    return result;
}
NT_EXPORT(MoveFileExA, 0, "ssu");

/* Moves a file or directory. */
WINBOOL WINAPI MoveFileA(LPCSTR from, LPCSTR to)
{
    return MoveFileExA(from, to, MOVEFILE_COPY_ALLOWED);
}
NT_EXPORT(MoveFileA, 0, "ss");

static BOOL query_name(const WCHAR *name, FILE_NETWORK_OPEN_INFORMATION *information)
{
    UNICODE_STRING nt_name;

    if (!base_nt_name(name, &nt_name))
        return FALSE;
    OBJECT_ATTRIBUTES attributes = user_attributes(&nt_name, NULL, OBJ_CASE_INSENSITIVE);
    NTSTATUS status = NtQueryFullAttributesFile(&attributes, information);

    base_free_name(&nt_name);
    return base_result(status);
}

/* Attributes, times and size of a file, by its name. */
WINBOOL WINAPI GetFileAttributesExW(LPCWSTR name, GET_FILEEX_INFO_LEVELS level, LPVOID buffer)
{
    WIN32_FILE_ATTRIBUTE_DATA *data = buffer;
    FILE_NETWORK_OPEN_INFORMATION information;

    if (level != GetFileExInfoStandard)
        return base_error(ERROR_INVALID_PARAMETER);
    if (!query_name(name, &information))
        return FALSE;
    data->dwFileAttributes = information.FileAttributes;
    memcpy(&data->ftCreationTime, &information.CreationTime, sizeof(FILETIME));
    memcpy(&data->ftLastAccessTime, &information.LastAccessTime, sizeof(FILETIME));
    memcpy(&data->ftLastWriteTime, &information.LastWriteTime, sizeof(FILETIME));
    data->nFileSizeHigh = (DWORD)information.EndOfFile.HighPart;
    data->nFileSizeLow = information.EndOfFile.LowPart;
    return TRUE;
}
NT_EXPORT(GetFileAttributesExW, 0, "wup");

/* As GetFileAttributesExW. */
WINBOOL WINAPI GetFileAttributesExA(LPCSTR name, GET_FILEEX_INFO_LEVELS level, LPVOID buffer)
{
    struct base_wide wide;
    BOOL result = base_widen(&wide, name) && GetFileAttributesExW(wide.text, level, buffer);

    base_widen_free(&wide);
    return result;
}
NT_EXPORT(GetFileAttributesExA, 0, "sup");

/* Attributes of a file, by its name. */
DWORD WINAPI GetFileAttributesW(LPCWSTR name)
{
    FILE_NETWORK_OPEN_INFORMATION information;

    return query_name(name, &information) ? information.FileAttributes : INVALID_FILE_ATTRIBUTES;
}
NT_EXPORT(GetFileAttributesW, 0, "w");

/* Attributes of a file, by its name. */
DWORD WINAPI GetFileAttributesA(LPCSTR name)
{
    struct base_wide wide;
    DWORD attributes =
        base_widen(&wide, name) ? GetFileAttributesW(wide.text) : INVALID_FILE_ATTRIBUTES;

    base_widen_free(&wide);
    return attributes;
}
NT_EXPORT(GetFileAttributesA, 0, "s");

/* Sets attributes of a file, by its name. */
WINBOOL WINAPI SetFileAttributesW(LPCWSTR name, DWORD attributes)
{
    FILE_BASIC_INFORMATION basic = {.FileAttributes = attributes};
    HANDLE file;

    if (basic.FileAttributes == 0)
        basic.FileAttributes = FILE_ATTRIBUTE_NORMAL; /* 0 would leave them as they are */
    return base_open_name(name, FILE_WRITE_ATTRIBUTES, FILE_OPEN_REPARSE_POINT, &file) &&
           set_and_close(file, &basic, sizeof(basic), FileBasicInformation);
}
NT_EXPORT(SetFileAttributesW, 0, "wu");

/* Sets attributes of a file, by its name. */
WINBOOL WINAPI SetFileAttributesA(LPCSTR name, DWORD attributes)
{
    struct base_wide wide;
    BOOL result = base_widen(&wide, name) && SetFileAttributesW(wide.text, attributes);

    base_widen_free(&wide);
    return result;
}
NT_EXPORT(SetFileAttributesA, 0, "su");

static BOOL copy_content(HANDLE from, HANDLE to)
{
    DWORD size = 0x10000, read, written;
    char *buffer = base_allocate(size);
    BOOL result = buffer != NULL;

    while (result && (result = ReadFile(from, buffer, size, &read, NULL)) && read != 0)
        result = WriteFile(to, buffer, read, &written, NULL);
    base_free(buffer);
    return result;
}

/* Copies a file with its attributes and its time. */
WINBOOL WINAPI CopyFileW(LPCWSTR from, LPCWSTR to, BOOL fail_if_exists)
{
    FILETIME write_time;
    HANDLE source = CreateFileW(from, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                OPEN_EXISTING, 0, NULL);

    if (source == INVALID_HANDLE_VALUE)
        return FALSE;
    DWORD attributes = GetFileAttributesW(from);
    HANDLE target = CreateFileW(to, GENERIC_READ | GENERIC_WRITE, 0, NULL,
                                fail_if_exists ? CREATE_NEW : CREATE_ALWAYS,
                                attributes & ~(DWORD)FILE_ATTRIBUTE_READONLY, NULL);
    BOOL result = target != INVALID_HANDLE_VALUE && copy_content(source, target);

    if (result && GetFileTime(source, NULL, NULL, &write_time))
        SetFileTime(target, NULL, NULL, &write_time);
    if (target != INVALID_HANDLE_VALUE)
        NtClose(target);
    NtClose(source);
    if (result && (attributes & FILE_ATTRIBUTE_READONLY))
        SetFileAttributesW(to, attributes);
    return result;
}
NT_EXPORT(CopyFileW, 0, "wwb");

/* Copies a file. */
WINBOOL WINAPI CopyFileA(LPCSTR from, LPCSTR to, BOOL fail_if_exists)
{
    struct base_wide wide_from = {0}, wide_to = {0};
    BOOL result = base_widen(&wide_from, from) && base_widen(&wide_to, to) &&
                  CopyFileW(wide_from.text, wide_to.text, fail_if_exists);

    base_widen_free(&wide_from);
    base_widen_free(&wide_to);
    return result;
}
NT_EXPORT(CopyFileA, 0, "ssb");
