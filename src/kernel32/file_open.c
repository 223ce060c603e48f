/* Opening files, devices and directories by their Win32 names. See kernel32.h. */
#include "kernel32.h"

/* The FILE_ATTRIBUTE_… bits that a new file may be given. */
#define SETTABLE_ATTRIBUTES 0x7FA7u

BOOL base_nt_name(const WCHAR *name, UNICODE_STRING *nt_name)
{
    if (name == NULL || name[0] == 0)
        return base_error(ERROR_PATH_NOT_FOUND);
    return base_result(RtlDosPathNameToNtPathName_U_WithStatus(name, nt_name, NULL, NULL));
}

void base_free_name(UNICODE_STRING *nt_name)
{
    base_free(nt_name->Buffer);
}

BOOL base_open_name(const WCHAR *name, ACCESS_MASK access, ULONG options, HANDLE *file)
{
    UNICODE_STRING nt_name;
    IO_STATUS_BLOCK io;

    if (!base_nt_name(name, &nt_name))
        return FALSE;
    OBJECT_ATTRIBUTES attributes = user_attributes(&nt_name, NULL, OBJ_CASE_INSENSITIVE);
    NTSTATUS status = NtOpenFile(file, access | SYNCHRONIZE, &attributes, &io,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                 options | FILE_SYNCHRONOUS_IO_NONALERT);

    base_free_name(&nt_name);
    return base_result(status);
}

/* FILE_… create options for the FILE_FLAG_… that CreateFile takes. */
static ULONG options_of(DWORD flags, DWORD access)
{
    static const struct {
        DWORD flag;
        ULONG option;
    } table[] = {
        {FILE_FLAG_WRITE_THROUGH, FILE_WRITE_THROUGH},
        {FILE_FLAG_NO_BUFFERING, FILE_NO_INTERMEDIATE_BUFFERING},
        {FILE_FLAG_RANDOM_ACCESS, FILE_RANDOM_ACCESS},
        {FILE_FLAG_SEQUENTIAL_SCAN, FILE_SEQUENTIAL_ONLY},
        {FILE_FLAG_DELETE_ON_CLOSE, FILE_DELETE_ON_CLOSE},
        {FILE_FLAG_OPEN_REPARSE_POINT, FILE_OPEN_REPARSE_POINT},
    };
    ULONG options = flags & FILE_FLAG_OVERLAPPED ? 0 : FILE_SYNCHRONOUS_IO_NONALERT;

    for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
        if (flags & table[i].flag)
            options |= table[i].option;
    }
    if (!(flags & FILE_FLAG_BACKUP_SEMANTICS))
        return options | FILE_NON_DIRECTORY_FILE;
    options |= FILE_OPEN_FOR_BACKUP_INTENT;
    if (access & GENERIC_ALL)
        options |= FILE_OPEN_REMOTE_INSTANCE;
    return options;
}

static BOOL disposition_of(DWORD creation, ULONG *disposition)
{
    switch (creation) {
    case CREATE_NEW:
        *disposition = FILE_CREATE;
        return TRUE;
    case CREATE_ALWAYS:
        *disposition = FILE_OVERWRITE_IF;
        return TRUE;
    case OPEN_EXISTING:
        *disposition = FILE_OPEN;
        return TRUE;
    case OPEN_ALWAYS:
        *disposition = FILE_OPEN_IF;
        return TRUE;
    case TRUNCATE_EXISTING:
        *disposition = FILE_OVERWRITE;
        return TRUE;
    default:
        return base_error(ERROR_INVALID_PARAMETER);
    }
}

/* CON is the input for a program that reads, the output for one that writes. */
static const WCHAR *console_name(const WCHAR *name, DWORD access)
{
    if (_wcsicmp(name, L"CON") != 0)
        return name;
    return access & GENERIC_WRITE ? L"CONOUT$" : L"CONIN$";
}

static void report_open(NTSTATUS status, const IO_STATUS_BLOCK *io, DWORD creation)
{
    if (!NT_SUCCESS(status)) {
        base_result(status);
        if (status == STATUS_OBJECT_NAME_COLLISION)
            base_error(creation == CREATE_NEW ? ERROR_FILE_EXISTS : ERROR_ALREADY_EXISTS);
        else if (status == STATUS_FILE_IS_A_DIRECTORY)
            base_error(ERROR_ACCESS_DENIED);
        return;
    }
    bool existed = (creation == CREATE_ALWAYS && io->Information == FILE_OVERWRITTEN) ||
                   (creation == OPEN_ALWAYS && io->Information == FILE_OPENED);

    base_error(existed ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
}

/* Opens or creates a file or device. */
HANDLE WINAPI CreateFileW(LPCWSTR name, DWORD access, DWORD share, LPSECURITY_ATTRIBUTES security,
                          DWORD creation, DWORD flags, HANDLE template_file)
{
    UNICODE_STRING nt_name;
    IO_STATUS_BLOCK io;
    ULONG disposition;
    HANDLE file;

    (void)template_file; /* would only pass on extended attributes */
    if (!disposition_of(creation, &disposition))
        return INVALID_HANDLE_VALUE;
    if (!base_nt_name(name != NULL ? console_name(name, access) : NULL, &nt_name))
        return INVALID_HANDLE_VALUE;
    OBJECT_ATTRIBUTES attributes = user_attributes(
        &nt_name, NULL, flags & FILE_FLAG_POSIX_SEMANTICS ? 0 : OBJ_CASE_INSENSITIVE);

    if (security != NULL) {
        attributes.SecurityDescriptor = security->lpSecurityDescriptor;
        if (security->bInheritHandle)
            attributes.Attributes |= OBJ_INHERIT;
    }
    ACCESS_MASK wanted = access | SYNCHRONIZE | FILE_READ_ATTRIBUTES;

    if (flags & FILE_FLAG_DELETE_ON_CLOSE)
        wanted |= DELETE;
    NTSTATUS status =
        NtCreateFile(&file, wanted, &attributes, &io, NULL, flags & SETTABLE_ATTRIBUTES, share,
                     disposition, options_of(flags, access), NULL, 0);

    base_free_name(&nt_name);
    report_open(status, &io, creation);
    return NT_SUCCESS(status) ? file : INVALID_HANDLE_VALUE;
}
NT_EXPORT(CreateFileW, 0, "wuupuuh");

/* Opens or creates a file or device. */
HANDLE WINAPI CreateFileA(LPCSTR name, DWORD access, DWORD share, LPSECURITY_ATTRIBUTES security,
                          DWORD creation, DWORD flags, HANDLE template_file)
{
    HANDLE file = INVALID_HANDLE_VALUE;
    struct base_wide wide;

    if (base_widen(&wide, name))
        file = CreateFileW(wide.text, access, share, security, creation, flags, template_file);
    base_widen_free(&wide);
    return file;
}
NT_EXPORT(CreateFileA, 0, "suupuuh");

/* Opens or creates a file or device; the parameters beyond CreateFile's come in a structure. */
HANDLE WINAPI CreateFile2(LPCWSTR name, DWORD access, DWORD share, DWORD creation,
                          LPCREATEFILE2_EXTENDED_PARAMETERS parameters)
{
    if (parameters == NULL)
        return CreateFileW(name, access, share, NULL, creation, 0, NULL);
    return CreateFileW(name, access, share, parameters->lpSecurityAttributes, creation,
                       parameters->dwFileAttributes | parameters->dwFileFlags,
                       parameters->hTemplateFile);
}
NT_EXPORT(CreateFile2, 0, "wuuup");
