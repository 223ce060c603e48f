/* INF files of others: C:\Windows\INF\oemN.inf. See inf.h. */
#include "inf.h"

#define MOST_FILES 10000

static void oem_path(UINT number, WCHAR path[MAX_PATH])
{
    WCHAR directory[MAX_PATH];

    inf_directory(NULL, DIRID_INF, directory);
    _snwprintf(path, MAX_PATH - 1, L"%ls\\oem%u.inf", directory, number);
    path[MAX_PATH - 1] = 0;
}

/* Size and bytes are the same. */
static bool is_same_file(const WCHAR *first, const WCHAR *second)
{
    HANDLE files[2];
    BYTE bytes[2][1024];
    DWORD got[2] = {1, 1};
    bool same = true;

    files[0] = CreateFileW(first, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    files[1] = CreateFileW(second, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    for (SIZE_T i = 0; i < 2; i++)
        same = same && files[i] != INVALID_HANDLE_VALUE;
    while (same && got[0] > 0) {
        for (SIZE_T i = 0; i < 2; i++)
            same = same && ReadFile(files[i], bytes[i], sizeof(bytes[i]), &got[i], NULL);
        same = same && got[0] == got[1] && memcmp(bytes[0], bytes[1], got[0]) == 0;
    }
    for (SIZE_T i = 0; i < 2; i++)
        if (files[i] != INVALID_HANDLE_VALUE)
            CloseHandle(files[i]);
    return same;
}

/* The name under which the file is installed, else the first that is free. */
static bool find_name(const WCHAR *source, WCHAR path[MAX_PATH], bool *exists)
{
    UINT unused = MOST_FILES;

    for (UINT number = 0; number < MOST_FILES; number++) {
        oem_path(number, path);
        *exists = GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
        if (*exists && is_same_file(source, path))
            return true;
        if (!*exists && unused == MOST_FILES)
            unused = number;
        if (!*exists && number > unused + 64) /* holes are few */
            break;
    }
    *exists = false;
    oem_path(unused, path);
    return unused < MOST_FILES || setup_error(ERROR_FILE_EXISTS);
}

/*
 * Copies an INF file to C:\Windows\INF under a name of its own. A file that is there already
 * keeps its name.
 * @param style      SP_COPY_NOOVERWRITE: such a file is ERROR_FILE_EXISTS; others are not read
 * @param path       receives its new path; NULL = not wanted
 * @param size       characters of `path`
 * @param component  receives where in `path` the name begins
 * Returns: FALSE with errors of the file, or ERROR_INSUFFICIENT_BUFFER after the copy.
 * Differs from NT: the files of the package are not copied to the driver store; pnputil does that.
 * Source: Windows driver documentation, SetupCopyOEMInfW.
 */
WINBOOL WINAPI SetupCopyOEMInfW(PCWSTR source, PCWSTR media, DWORD media_type, DWORD style,
                                PWSTR path, DWORD size, PDWORD required, PWSTR *component)
{
    WCHAR target[MAX_PATH];
    bool exists;
    DWORD length;

    (void)media, (void)media_type;
    if (GetFileAttributesW(source) == INVALID_FILE_ATTRIBUTES ||
        !find_name(source, target, &exists))
        return FALSE;
    if (exists && style & SP_COPY_NOOVERWRITE)
        return setup_error(ERROR_FILE_EXISTS);
    if (!exists && (!inf_make_parents(target) || !CopyFileW(source, target, TRUE)))
        return FALSE;
    length = (DWORD)wcslen(target) + 1;
    if (required != NULL)
        *required = length;
    if (path != NULL && size < length)
        return setup_error(ERROR_INSUFFICIENT_BUFFER);
    if (path != NULL)
        wcscpy(path, target);
    if (component != NULL)
        *component = path != NULL ? wcsrchr(path, L'\\') + 1 : NULL;
    return TRUE;
}
NT_EXPORT(SetupCopyOEMInfW, 0, "wwuupupp");

/* oem0.inf and the like. */
static bool is_oem_name(const WCHAR *name)
{
    SIZE_T digits = 0;

    if (_wcsnicmp(name, L"oem", 3) != 0)
        return false;
    while (name[3 + digits] >= L'0' && name[3 + digits] <= L'9')
        digits++;
    return digits > 0 && digits < 6 && _wcsicmp(name + 3 + digits, L".inf") == 0;
}

/*
 * Deletes a file that SetupCopyOEMInf made.
 * @param name   oemN.inf, without a path
 * @param flags  SUOI_FORCEDELETE; that a device uses it is for pnputil to find out
 * Returns: FALSE with ERROR_NOT_AN_INSTALLED_OEM_INF, ERROR_FILE_NOT_FOUND, or
 * ERROR_INVALID_PARAMETER.
 */
WINBOOL WINAPI SetupUninstallOEMInfW(PCWSTR name, DWORD flags, PVOID reserved)
{
    WCHAR path[MAX_PATH];

    if (flags & ~(DWORD)SUOI_FORCEDELETE || reserved != NULL)
        return setup_error(ERROR_INVALID_PARAMETER);
    if (!is_oem_name(name))
        return setup_error(ERROR_NOT_AN_INSTALLED_OEM_INF);
    inf_directory(NULL, DIRID_INF, path);
    return inf_path_append(path, name) && DeleteFileW(path);
}
NT_EXPORT(SetupUninstallOEMInfW, 0, "wup");
