/* INF files: the lines of CopyFiles and DelFiles sections. See inf.h. */
#include "inf.h"

/* A file's name: it stays in its directory. */
static bool is_name(const WCHAR *name)
{
    return name[0] != 0 && name[wcscspn(name, L"\\/:")] == 0 && wcscmp(name, L"..") != 0;
}

static bool target_of(struct inf_install *install, const WCHAR *section, const WCHAR *name,
                      WCHAR path[MAX_PATH])
{
    return SetupGetTargetPathW(install->inf, NULL, section, path, MAX_PATH, NULL) &&
           (path[0] != 0 || setup_error(ERROR_INVALID_DATA)) && inf_path_append(path, name);
}

/* FOLDER\[path of the medium]\[folder of the file]\name; a file that no section tells of is in
 * FOLDER. */
static bool source_of(struct inf_install *install, const WCHAR *name, WCHAR path[MAX_PATH])
{
    WCHAR part[MAX_PATH];
    UINT medium;

    if (install->source != NULL && wcslen(install->source) >= MAX_PATH)
        return setup_error(ERROR_FILENAME_EXCED_RANGE);
    if (install->source != NULL)
        wcscpy(path, install->source);
    else
        inf_directory(install->inf, DIRID_SRCPATH, path);
    if (SetupGetSourceFileLocationW(install->inf, NULL, name, &medium, NULL, 0, NULL)) {
        if (SetupGetSourceInfoW(install->inf, medium, SRCINFO_PATH, part, MAX_PATH, NULL) &&
            !inf_path_append(path, part))
            return false;
        if (!SetupGetSourceFileLocationW(install->inf, NULL, name, &medium, part, MAX_PATH, NULL) ||
            !inf_path_append(path, part))
            return false;
    }
    return inf_path_append(path, name);
}

static bool copy(struct inf_install *install, const WCHAR *section, const WCHAR *target_name,
                 const WCHAR *source_name, DWORD flags)
{
    WCHAR target[MAX_PATH], source[MAX_PATH];
    bool exists;

    if (!is_name(target_name) || !is_name(source_name))
        return setup_error(ERROR_INVALID_DATA);
    if (!target_of(install, section, target_name, target) ||
        !source_of(install, source_name, source))
        return false;
    exists = GetFileAttributesW(target) != INVALID_FILE_ATTRIBUTES;
    if ((exists && flags & COPYFLG_NO_OVERWRITE) || (!exists && flags & COPYFLG_REPLACEONLY) ||
        _wcsicmp(target, source) == 0) /* it runs from the driver store */
        return true;
    return inf_make_parents(target) && CopyFileW(source, target, FALSE);
}

/* target[, source[, unused[, flags]]] */
bool inf_copy_file(struct inf_install *install, INFCONTEXT *line)
{
    WCHAR target[MAX_INF_STRING_LENGTH], source[MAX_INF_STRING_LENGTH];
    DWORD flags;

    inf_field(line, 1, target);
    if (!inf_field(line, 2, source) || source[0] == 0)
        wcscpy(source, target);
    return inf_number(line, 4, 0, &flags) && copy(install, install->section, target, source, flags);
}

bool inf_copy_one(struct inf_install *install, const WCHAR *name)
{
    return copy(install, NULL, name, name, 0);
}

/* name[,,,flags] */
bool inf_delete_file(struct inf_install *install, INFCONTEXT *line)
{
    WCHAR name[MAX_INF_STRING_LENGTH], path[MAX_PATH];

    inf_field(line, 1, name);
    if (!is_name(name))
        return setup_error(ERROR_INVALID_DATA);
    if (!target_of(install, install->section, name, path))
        return false;
    return DeleteFileW(path) || GetLastError() == ERROR_FILE_NOT_FOUND ||
           GetLastError() == ERROR_PATH_NOT_FOUND;
}
