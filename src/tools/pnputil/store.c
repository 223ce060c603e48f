/*
 * The driver store:
 *
 *   C:\Windows\INF\oem0.inf                                  the published name
 *   C:\Windows\System32\DriverStore\FileRepository\
 *       testdriver.inf_amd64_0123456789abcdef\                the package; hash of the INF file
 *   HKLM\SYSTEM\DriverDatabase\DriverInfFiles\oem0.inf       Active = testdriver.inf_amd64_…
 *   HKLM\SYSTEM\DriverDatabase\DriverPackages\testdriver.…   InfName = TestDriver.inf
 *
 * See pnputil.h.
 */
#include "pnputil.h"

#include "hash.h"

#include <stdio.h>

#define DATABASE L"SYSTEM\\DriverDatabase\\"
#define INF_FILES DATABASE L"DriverInfFiles"
#define PACKAGES DATABASE L"DriverPackages"
#define REPOSITORY L"\\System32\\DriverStore\\FileRepository"

static void windows_path(const WCHAR *tail, WCHAR path[MAX_PATH])
{
    WCHAR windows[MAX_PATH];

    GetWindowsDirectoryW(windows, MAX_PATH);
    _snwprintf(path, MAX_PATH - 1, L"%ls%ls", windows, tail);
    path[MAX_PATH - 1] = 0;
}

/* The name of the package's folder: of the INF file, the processor, its content. */
static bool package_folder(const struct package *package, WCHAR name[MAX_PATH])
{
    uint8_t digest[SHA256_BYTES];
    struct hash hash;
    size_t size, length;
    BYTE *bytes = read_file(package->path, &size);

    if (!bytes)
        return false;
    hash_start(&hash, true);
    hash_add(&hash, bytes, size);
    for (struct package_file *file = package->files; file; file = file->next) {
        free(bytes);
        bytes = read_file(file->path, &size);
        if (!bytes)
            return false;
        hash_add(&hash, bytes, size);
    }
    free(bytes);
    hash_finish(&hash, digest);
    _snwprintf(name, MAX_PATH - 20, L"%ls_amd64_", package->name);
    name[MAX_PATH - 20] = 0;
    length = wcslen(_wcslwr(name));
    for (size_t i = 0; i < 8; i++)
        _snwprintf(name + length + 2 * i, 3, L"%02x", digest[i]);
    return true;
}

/* Makes a directory and those above it. */
static bool make_directories(const WCHAR *path)
{
    WCHAR part[MAX_PATH];

    for (size_t i = 3; path[i - 1]; i++) {
        if (path[i] && path[i] != L'\\')
            continue;
        wcsncpy(part, path, i);
        part[i] = 0;
        if (!CreateDirectoryW(part, NULL) && GetLastError() != ERROR_ALREADY_EXISTS)
            return false;
    }
    return true;
}

/* A file keeps its place below the folder of the package. */
static bool copy_into(const struct package *package, const WCHAR *folder, const WCHAR *path)
{
    WCHAR target[MAX_PATH], *slash;

    _snwprintf(target, MAX_PATH, L"%ls%ls", folder, path + wcslen(package->folder));
    if (target[MAX_PATH - 1]) {
        SetLastError(ERROR_FILENAME_EXCED_RANGE);
        return false;
    }
    slash = wcsrchr(target, L'\\');
    *slash = 0;
    if (!make_directories(target))
        return false;
    *slash = L'\\';
    return CopyFileW(path, target, FALSE);
}

static bool copy_package(const struct package *package, const WCHAR *folder)
{
    WCHAR catalogue[MAX_PATH] = {0};

    if (!copy_into(package, folder, package->path))
        return false;
    for (struct package_file *file = package->files; file; file = file->next)
        if (!copy_into(package, folder, file->path))
            return false;
    _snwprintf(catalogue, MAX_PATH - 1, L"%ls\\%ls", package->folder, package->catalogue);
    return !package->catalogue[0] || GetFileAttributesW(catalogue) == INVALID_FILE_ATTRIBUTES ||
           copy_into(package, folder, catalogue);
}

static LSTATUS set_text(const WCHAR *root, const WCHAR *subkey, const WCHAR *name,
                        const WCHAR *text)
{
    WCHAR path[2 * MAX_PATH] = {0};

    _snwprintf(path, ARRAYSIZE(path) - 1, L"%ls\\%ls", root, subkey);
    return RegSetKeyValueW(HKEY_LOCAL_MACHINE, path, name, REG_SZ, text,
                           (DWORD)((wcslen(text) + 1) * sizeof(WCHAR)));
}

static bool get_text(const WCHAR *root, const WCHAR *subkey, const WCHAR *name,
                     WCHAR text[MAX_PATH])
{
    WCHAR path[2 * MAX_PATH] = {0};
    DWORD size = MAX_PATH * sizeof(WCHAR);

    _snwprintf(path, ARRAYSIZE(path) - 1, L"%ls\\%ls", root, subkey);
    return RegGetValueW(HKEY_LOCAL_MACHINE, path, name, RRF_RT_REG_SZ, NULL, text, &size) ==
           ERROR_SUCCESS;
}

static DWORD register_package(const struct package *package, const WCHAR *folder_name,
                              const WCHAR *published)
{
    const struct {
        const WCHAR *root, *subkey, *name, *text;
    } values[] = {
        {INF_FILES, published, L"Active", folder_name},
        {PACKAGES, folder_name, L"", published},
        {PACKAGES, folder_name, L"InfName", package->name},
        {PACKAGES, folder_name, L"Provider", package->provider},
        {PACKAGES, folder_name, L"Catalog", package->catalogue},
    };
    LSTATUS error = ERROR_SUCCESS;

    for (size_t i = 0; error == ERROR_SUCCESS && i < ARRAYSIZE(values); i++)
        error = set_text(values[i].root, values[i].subkey, values[i].name, values[i].text);
    return (DWORD)error;
}

DWORD store_add(const struct package *package, struct store_entry *entry, bool *existed)
{
    WCHAR name[MAX_PATH], repository[MAX_PATH], folder[MAX_PATH] = {0}, path[MAX_PATH], *published;

    *existed = false;
    if (!package_folder(package, name))
        return GetLastError();
    if (get_text(PACKAGES, name, L"", entry->published)) {
        *existed = true;
        return store_find(entry->published, entry);
    }
    windows_path(REPOSITORY, repository);
    if (_snwprintf(folder, MAX_PATH - 1, L"%ls\\%ls", repository, name) < 0)
        return ERROR_FILENAME_EXCED_RANGE;
    if (!copy_package(package, folder) ||
        !SetupCopyOEMInfW(package->path, package->folder, SPOST_PATH, 0, path, MAX_PATH, NULL,
                          &published))
        return GetLastError();
    wcscpy(entry->published, published);
    DWORD error = register_package(package, name, published);

    return error == ERROR_SUCCESS ? store_find(published, entry) : error;
}

DWORD store_find(const WCHAR *published, struct store_entry *entry)
{
    WCHAR name[MAX_PATH], repository[MAX_PATH];

    if (entry->published != published)
        _snwprintf(entry->published, MAX_PATH - 1, L"%ls", published);
    if (!get_text(INF_FILES, published, L"Active", name) ||
        !get_text(PACKAGES, name, L"InfName", entry->original) || wcspbrk(name, L"\\/") ||
        wcspbrk(entry->original, L"\\/")) /* both are names in the store */
        return ERROR_NOT_AN_INSTALLED_OEM_INF;
    windows_path(REPOSITORY, repository);
    entry->path[MAX_PATH - 1] = 0;
    _snwprintf(entry->path, MAX_PATH, L"%ls\\%ls\\%ls", repository, name, entry->original);
    return entry->path[MAX_PATH - 1] ? ERROR_FILENAME_EXCED_RANGE : ERROR_SUCCESS;
}

bool store_next(unsigned *index, struct store_entry *entry)
{
    WCHAR published[MAX_PATH];
    HKEY key;
    bool found = false;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, INF_FILES, 0, KEY_READ, &key) != ERROR_SUCCESS)
        return false;
    while (!found) {
        DWORD size = MAX_PATH;

        if (RegEnumKeyExW(key, *index, published, &size, NULL, NULL, NULL, NULL) != ERROR_SUCCESS)
            break;
        ++*index;
        found = store_find(published, entry) == ERROR_SUCCESS;
    }
    RegCloseKey(key);
    return found;
}

/* Deletes a directory and what is in it. */
static DWORD delete_tree(const WCHAR *path)
{
    WCHAR inner[MAX_PATH];
    WIN32_FIND_DATAW found;
    HANDLE search;
    DWORD error = ERROR_SUCCESS;

    _snwprintf(inner, MAX_PATH, L"%ls\\*", path);
    if (inner[MAX_PATH - 1])
        return ERROR_FILENAME_EXCED_RANGE;
    search = FindFirstFileW(inner, &found);
    if (search == INVALID_HANDLE_VALUE)
        return GetLastError() == ERROR_PATH_NOT_FOUND ? ERROR_SUCCESS : GetLastError();
    do {
        bool is_directory = found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;

        if (!wcscmp(found.cFileName, L".") || !wcscmp(found.cFileName, L".."))
            continue;
        _snwprintf(inner, MAX_PATH - 1, L"%ls\\%ls", path, found.cFileName);
        if (is_directory)
            error = delete_tree(inner);
        else if (!DeleteFileW(inner))
            error = GetLastError();
    } while (error == ERROR_SUCCESS && FindNextFileW(search, &found));
    FindClose(search);
    if (error == ERROR_SUCCESS && !RemoveDirectoryW(path))
        error = GetLastError();
    return error;
}

DWORD store_delete(const struct store_entry *entry)
{
    WCHAR folder[MAX_PATH], key[2 * MAX_PATH] = {0};
    WCHAR *slash;
    DWORD error;

    wcscpy(folder, entry->path);
    slash = wcsrchr(folder, L'\\');
    *slash = 0;
    error = delete_tree(folder);
    if (error != ERROR_SUCCESS)
        return error;
    slash = wcsrchr(folder, L'\\');
    _snwprintf(key, ARRAYSIZE(key) - 1, L"%ls%ls", PACKAGES, slash);
    RegDeleteTreeW(HKEY_LOCAL_MACHINE, key);
    _snwprintf(key, ARRAYSIZE(key) - 1, L"%ls\\%ls", INF_FILES, entry->published);
    RegDeleteTreeW(HKEY_LOCAL_MACHINE, key);
    return SetupUninstallOEMInfW(entry->published, SUOI_FORCEDELETE, NULL) ? ERROR_SUCCESS
                                                                           : GetLastError();
}
