/* INF files: directories by their numbers, and where the files of a section go. See inf.h. */
#include "inf.h"

#define DIRID_PACKAGE 13 /* the driver store's folder of the package */

bool inf_path_append(WCHAR path[MAX_PATH], const WCHAR *name)
{
    SIZE_T length = wcslen(path);

    while (*name == L'\\')
        name++;
    if (*name == 0)
        return true;
    if (length + wcslen(name) + 2 > MAX_PATH)
        return setup_error(ERROR_FILENAME_EXCED_RANGE);
    if (length > 0 && path[length - 1] != L'\\')
        wcscat(path, L"\\");
    wcscat(path, name);
    return true;
}

/* Below C:\Windows. */
static const struct {
    DWORD id;
    const WCHAR *name;
} directories[] = {
    {DIRID_WINDOWS, L""},
    {DIRID_SYSTEM, L"System32"},
    {DIRID_DRIVERS, L"System32\\drivers"},
    {DIRID_INF, L"INF"},
    {DIRID_HELP, L"Help"},
    {DIRID_FONTS, L"Fonts"},
    {DIRID_VIEWERS, L"System32\\viewers"},
    {DIRID_COLOR, L"System32\\spool\\drivers\\color"},
    {DIRID_SHARED, L""},
    {DIRID_SYSTEM16, L"System"},
    {DIRID_SPOOL, L"System32\\spool"},
    {DIRID_SPOOLDRIVERS, L"System32\\spool\\drivers"},
};

bool inf_directory(const struct setup_inf *inf, DWORD id, WCHAR path[MAX_PATH])
{
    WCHAR *slash;

    path[0] = 0;
    if (id == (DWORD)DIRID_ABSOLUTE || id == DIRID_ABSOLUTE_16BIT)
        return true;
    if (id == DIRID_SRCPATH || id == DIRID_PACKAGE) {
        wcscpy(path, inf->path);
        slash = wcsrchr(path, L'\\');
        if (slash != NULL)
            *slash = 0;
        return true;
    }
    if (GetWindowsDirectoryW(path, MAX_PATH) == 0)
        return false;
    if (id == DIRID_APPS || id == DIRID_BOOT || id == DIRID_LOADER) {
        path[3] = 0; /* C:\ */
        return true;
    }
    for (SIZE_T i = 0; i < ARRAY_COUNT(directories); i++)
        if (directories[i].id == id)
            return inf_path_append(path, directories[i].name);
    return false;
}

bool inf_make_parents(const WCHAR *path)
{
    WCHAR parent[MAX_PATH];

    for (SIZE_T i = 3; path[i] != 0; i++) {
        if (path[i] != L'\\')
            continue;
        memcpy(parent, path, i * sizeof(WCHAR));
        parent[i] = 0;
        if (!CreateDirectoryW(parent, NULL) && GetLastError() != ERROR_ALREADY_EXISTS)
            return false;
    }
    return true;
}

/* The target of a line of [DestinationDirs]: number[, subdirectory]. */
static BOOL read_target(HINF handle, INFCONTEXT *line, WCHAR path[MAX_PATH])
{
    WCHAR text[MAX_INF_STRING_LENGTH];
    DWORD id;

    if (!inf_number(line, 1, DIRID_DEFAULT, &id))
        return FALSE;
    if (!inf_directory(handle, id, path))
        return setup_error(ERROR_INVALID_DATA);
    inf_field(line, 2, text);
    return inf_path_append(path, text);
}

/*
 * The directory that the files of a section go to: what [DestinationDirs] says of the section, else
 * its DefaultDestDir, else System32.
 * @param line     a line of the section; NULL = `section` names it; both NULL = the default
 * @param size     characters of `buffer`
 * Returns: FALSE with ERROR_INSUFFICIENT_BUFFER, or ERROR_INVALID_DATA for a number that is no
 * directory here.
 * Source: Windows driver documentation, SetupGetTargetPathW, INF DestinationDirs section.
 */
WINBOOL WINAPI SetupGetTargetPathW(HINF handle, PINFCONTEXT line, PCWSTR section, PWSTR buffer,
                                   DWORD size, PDWORD required)
{
    struct setup_inf *inf = inf_of(handle);
    WCHAR path[MAX_PATH];
    INFCONTEXT found;
    DWORD length;

    if (inf == NULL)
        return FALSE;
    if (line != NULL && line->Section < inf->section_count)
        section = inf->sections[line->Section];
    if ((section == NULL || !SetupFindFirstLineW(handle, L"DestinationDirs", section, &found)) &&
        !SetupFindFirstLineW(handle, L"DestinationDirs", L"DefaultDestDir", &found))
        inf_directory(inf, DIRID_DEFAULT, path);
    else if (!read_target(handle, &found, path))
        return FALSE;
    length = (DWORD)wcslen(path) + 1;
    if (required != NULL)
        *required = length;
    if (buffer == NULL)
        return size == 0 ? TRUE : setup_error(ERROR_INVALID_PARAMETER);
    if (size < length)
        return setup_error(ERROR_INSUFFICIENT_BUFFER);
    memcpy(buffer, path, length * sizeof(WCHAR));
    return TRUE;
}
NT_EXPORT(SetupGetTargetPathW, 0, "hpwpup");
