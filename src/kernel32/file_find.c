/* Listing directories. A search handle is the record of its directory. See kernel32.h. */
#include "kernel32.h"

#define SEARCH_SIGNATURE 0x646E6946u /* "Find" */
#define SEARCH_BUFFER_BYTES 4096

struct search {
    ULONG signature;
    HANDLE directory;
    FILE_BOTH_DIR_INFORMATION *next; /* NULL: the buffer is used up */
    __attribute__((aligned(8))) char buffer[SEARCH_BUFFER_BYTES];
};

static void report_entry(const FILE_BOTH_DIR_INFORMATION *entry, WIN32_FIND_DATAW *data)
{
    size_t length = entry->FileNameLength / sizeof(WCHAR);

    memset(data, 0, sizeof(*data));
    data->dwFileAttributes = entry->FileAttributes;
    memcpy(&data->ftCreationTime, &entry->CreationTime, sizeof(FILETIME));
    memcpy(&data->ftLastAccessTime, &entry->LastAccessTime, sizeof(FILETIME));
    memcpy(&data->ftLastWriteTime, &entry->LastWriteTime, sizeof(FILETIME));
    data->nFileSizeHigh = (DWORD)entry->EndOfFile.HighPart;
    data->nFileSizeLow = entry->EndOfFile.LowPart;
    if (length >= MAX_PATH)
        length = MAX_PATH - 1;
    memcpy(data->cFileName, entry->FileName, length * sizeof(WCHAR));
    memcpy(data->cAlternateFileName, entry->ShortName,
           (size_t)entry->ShortNameLength < sizeof(data->cAlternateFileName)
               ? (size_t)entry->ShortNameLength
               : sizeof(data->cAlternateFileName) - sizeof(WCHAR));
}

static NTSTATUS fill(struct search *search, UNICODE_STRING *pattern)
{
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtQueryDirectoryFile(search->directory, NULL, NULL, NULL, &io, search->buffer,
                                           sizeof(search->buffer), FileBothDirectoryInformation,
                                           FALSE, pattern, pattern != NULL);

    search->next = NT_SUCCESS(status) ? (FILE_BOTH_DIR_INFORMATION *)search->buffer : NULL;
    return status;
}

static void take_entry(struct search *search, WIN32_FIND_DATAW *data)
{
    const FILE_BOTH_DIR_INFORMATION *entry = search->next;

    report_entry(entry, data);
    search->next = entry->NextEntryOffset != 0
                       ? (FILE_BOTH_DIR_INFORMATION *)((char *)entry + entry->NextEntryOffset)
                       : NULL;
}

/* Opens the directory of a search pattern; `pattern` receives its last part. */
static BOOL open_directory(const WCHAR *name, struct search *search, UNICODE_STRING *pattern)
{
    UNICODE_STRING nt_name;
    IO_STATUS_BLOCK io;

    if (!base_nt_name(name, &nt_name))
        return FALSE;
    USHORT length = nt_name.Length / sizeof(WCHAR), start = length;

    while (start > 0 && nt_name.Buffer[start - 1] != L'\\')
        start--;
    pattern->Length = (USHORT)((length - start) * sizeof(WCHAR));
    if (pattern->Length == 0 || pattern->Length > pattern->MaximumLength) {
        base_free_name(&nt_name);
        return base_error(pattern->Length == 0 ? ERROR_FILE_NOT_FOUND : ERROR_FILENAME_EXCED_RANGE);
    }
    memcpy(pattern->Buffer, nt_name.Buffer + start, pattern->Length);
    nt_name.Length = start * sizeof(WCHAR);
    OBJECT_ATTRIBUTES attributes = user_attributes(&nt_name, NULL, OBJ_CASE_INSENSITIVE);
    NTSTATUS status = NtOpenFile(&search->directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, &attributes,
                                 &io, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                 FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT |
                                     FILE_OPEN_FOR_BACKUP_INTENT);

    base_free_name(&nt_name);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_NOT_A_DIRECTORY)
        return base_error(ERROR_PATH_NOT_FOUND);
    return base_result(status);
}

/* "*.*" means every name, also those without a dot. */
static void simplify_pattern(UNICODE_STRING *pattern)
{
    if (pattern->Length == 3 * sizeof(WCHAR) &&
        memcmp(pattern->Buffer, L"*.*", pattern->Length) == 0)
        pattern->Length = sizeof(WCHAR);
}

/* Starts a search. */
HANDLE WINAPI FindFirstFileExW(LPCWSTR name, FINDEX_INFO_LEVELS level, LPVOID data,
                               FINDEX_SEARCH_OPS operation, LPVOID filter, DWORD flags)
{
    WCHAR pattern_text[MAX_PATH];
    UNICODE_STRING pattern = {0, sizeof(pattern_text), pattern_text};

    (void)flags;
    if (level > FindExInfoBasic || operation > FindExSearchLimitToDirectories || filter != NULL) {
        base_error(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    struct search *search = base_allocate(sizeof(*search));

    if (search == NULL)
        return INVALID_HANDLE_VALUE;
    if (!open_directory(name, search, &pattern)) {
        base_free(search);
        return INVALID_HANDLE_VALUE;
    }
    simplify_pattern(&pattern);
    search->signature = SEARCH_SIGNATURE;
    NTSTATUS status = fill(search, &pattern);

    if (!NT_SUCCESS(status)) {
        base_result(status);
        if (status == STATUS_NO_SUCH_FILE || status == STATUS_NO_MORE_FILES)
            base_error(ERROR_FILE_NOT_FOUND);
        NtClose(search->directory);
        base_free(search);
        return INVALID_HANDLE_VALUE;
    }
    take_entry(search, data);
    return search;
}
NT_EXPORT(FindFirstFileExW, 0, "wupupu");

/* Starts a search. */
HANDLE WINAPI FindFirstFileW(LPCWSTR name, LPWIN32_FIND_DATAW data)
{
    return FindFirstFileExW(name, FindExInfoStandard, data, FindExSearchNameMatch, NULL, 0);
}
NT_EXPORT(FindFirstFileW, 0, "wp");

/* The next file of a search. */
WINBOOL WINAPI FindNextFileW(HANDLE handle, LPWIN32_FIND_DATAW data)
{
    struct search *search = handle;

    if (handle == NULL || handle == INVALID_HANDLE_VALUE || search->signature != SEARCH_SIGNATURE)
        return base_error(ERROR_INVALID_HANDLE);
    if (search->next == NULL) {
        NTSTATUS status = fill(search, NULL);

        if (!NT_SUCCESS(status))
            return base_result(status);
    }
    take_entry(search, data);
    return TRUE;
}
NT_EXPORT(FindNextFileW, 0, "hp");

/* Ends a search. */
WINBOOL WINAPI FindClose(HANDLE handle)
{
    struct search *search = handle;

    if (handle == NULL || handle == INVALID_HANDLE_VALUE || search->signature != SEARCH_SIGNATURE)
        return base_error(ERROR_INVALID_HANDLE);
    NtClose(search->directory);
    search->signature = 0;
    base_free(search);
    return TRUE;
}
NT_EXPORT(FindClose, 0, "h");

/* All but the names have the same layout in both structures. */
static void narrow_data(const WIN32_FIND_DATAW *wide, WIN32_FIND_DATAA *data)
{
    memcpy(data, wide, __builtin_offsetof(WIN32_FIND_DATAW, cFileName));
    base_narrow(wide->cFileName, (DWORD)wcslen(wide->cFileName), data->cFileName,
                sizeof(data->cFileName));
    base_narrow(wide->cAlternateFileName, (DWORD)wcslen(wide->cAlternateFileName),
                data->cAlternateFileName, sizeof(data->cAlternateFileName));
}

/* Starts a search. */
HANDLE WINAPI FindFirstFileExA(LPCSTR name, FINDEX_INFO_LEVELS level, LPVOID data,
                               FINDEX_SEARCH_OPS operation, LPVOID filter, DWORD flags)
{
    HANDLE search = INVALID_HANDLE_VALUE;
    WIN32_FIND_DATAW wide_data;
    struct base_wide wide;

    if (base_widen(&wide, name))
        search = FindFirstFileExW(wide.text, level, &wide_data, operation, filter, flags);
    base_widen_free(&wide);
    if (search != INVALID_HANDLE_VALUE)
        narrow_data(&wide_data, data);
    return search;
}
NT_EXPORT(FindFirstFileExA, 0, "supupu");

/* Starts a search. */
HANDLE WINAPI FindFirstFileA(LPCSTR name, LPWIN32_FIND_DATAA data)
{
    return FindFirstFileExA(name, FindExInfoStandard, data, FindExSearchNameMatch, NULL, 0);
}
NT_EXPORT(FindFirstFileA, 0, "sp");

/* The next file of a search. */
WINBOOL WINAPI FindNextFileA(HANDLE handle, LPWIN32_FIND_DATAA data)
{
    WIN32_FIND_DATAW wide;

    if (!FindNextFileW(handle, &wide))
        return FALSE;
    narrow_data(&wide, data);
    return TRUE;
}
NT_EXPORT(FindNextFileA, 0, "hp");
