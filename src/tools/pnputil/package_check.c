/* Driver packages: whether the sections that an installation uses are right. See pnputil.h. */
#include "pnputil.h"

#include <stdio.h>

/* ---- lines of the sections that a directive names ---- */

struct check {
    struct package *package;
    const WCHAR *section; /* of the line */
    bool has_relative_key;
};

typedef bool check_line(struct check *check, INFCONTEXT *line);

static bool each_line(struct check *check, INFCONTEXT *directive, const WCHAR *section,
                      check_line *action)
{
    INFCONTEXT line;

    if (SetupGetLineCountW(check->package->inf, section) < 0)
        return package_wrong(check->package, directive, L"there is no section [%ls]", section);
    if (!SetupFindFirstLineW(check->package->inf, section, NULL, &line))
        return true;
    check->section = section;
    do
        if (!action(check, &line))
            return false;
    while (SetupFindNextLine(&line, &line));
    return true;
}

static bool add_file(struct check *check, INFCONTEXT *line, const WCHAR *name);

/* The sections of all lines with that directive; @name is one file. */
static bool each_section(struct check *check, const WCHAR *section, const WCHAR *directive,
                         check_line *action)
{
    WCHAR name[TEXT_CHARACTERS];
    INFCONTEXT line;

    if (!SetupFindFirstLineW(check->package->inf, section, directive, &line))
        return true;
    do {
        for (DWORD i = 1; i <= SetupGetFieldCount(&line); i++) {
            if (!package_field(&line, i, name) || !name[0])
                continue;
            if (!(name[0] == L'@' ? add_file(check, &line, name + 1)
                                  : each_line(check, &line, name, action)))
                return false;
        }
    } while (SetupFindNextMatchLineW(&line, directive, &line));
    return true;
}

/* ---- files ---- */

/* FOLDER\[path of the medium]\[folder]\name */
static bool find_source(struct check *check, INFCONTEXT *line, const WCHAR *name,
                        WCHAR path[MAX_PATH])
{
    HINF inf = check->package->inf;
    WCHAR medium[MAX_PATH] = L"", folder[MAX_PATH] = L"";
    UINT id;

    if (!SetupGetSourceFileLocationW(inf, NULL, name, &id, folder, MAX_PATH, NULL))
        return package_wrong(check->package, line, L"%ls is not in [SourceDisksFiles]", name);
    if (!SetupGetSourceInfoW(inf, id, SRCINFO_PATH, medium, MAX_PATH, NULL))
        return package_wrong(check->package, line, L"disk %u of %ls is not in [SourceDisksNames]",
                             id, name);
    if (wcsstr(medium, L"..") || wcsstr(folder, L".."))
        return package_wrong(check->package, line, L"%ls is not below the folder of the INF", name);
    _snwprintf(path, MAX_PATH, L"%ls%ls%ls%ls%ls\\%ls", check->package->folder,
               medium[0] && medium[0] != L'\\' ? L"\\" : L"", medium,
               folder[0] && folder[0] != L'\\' ? L"\\" : L"", folder, name);
    if (path[MAX_PATH - 1])
        return package_wrong(check->package, line, L"the path of %ls is too long", name);
    return true;
}

static bool add_file(struct check *check, INFCONTEXT *line, const WCHAR *name)
{
    struct package_file *file, **end = &check->package->files;

    if (!name[0] || wcslen(name) >= MAX_PATH || wcspbrk(name, L"\\/:%") || !wcscmp(name, L".."))
        return package_wrong(check->package, line, L"\"%ls\" is no name of a file", name);
    for (; *end; end = &(*end)->next)
        if (_wcsicmp((*end)->name, name) == 0)
            return true;
    file = pnp_allocate(sizeof(*file));
    wcscpy(file->name, name);
    *end = file;
    return find_source(check, line, name, file->path);
}

/* target[, source[, unused[, flags]]] */
static bool check_copy(struct check *check, INFCONTEXT *line)
{
    WCHAR name[TEXT_CHARACTERS], target[MAX_PATH];
    INT flags;

    if (!SetupGetTargetPathW(check->package->inf, NULL, check->section, target, MAX_PATH, NULL))
        return package_wrong(check->package, line,
                             L"[DestinationDirs] has no known directory for [%ls]", check->section);
    if (SetupGetFieldCount(line) >= 4 && !SetupGetIntField(line, 4, &flags))
        return package_wrong(check->package, line, L"the flags are no number");
    if (!package_field(line, 2, name) || !name[0])
        package_field(line, 1, name);
    return add_file(check, line, name);
}

static bool check_delete(struct check *check, INFCONTEXT *line)
{
    WCHAR name[TEXT_CHARACTERS];

    return (package_field(line, 1, name) && name[0] && !wcspbrk(name, L"\\/:")) ||
           package_wrong(check->package, line, L"\"%ls\" is no name of a file", name);
}

/* ---- values ---- */

static bool check_value(struct check *check, INFCONTEXT *line)
{
    static const WCHAR *const roots[] = {L"HKLM", L"HKCR", L"HKCU", L"HKU", L"HKCC"};
    WCHAR root[TEXT_CHARACTERS];
    bool known;
    INT flags;

    package_field(line, 1, root);
    known = check->has_relative_key && _wcsicmp(root, L"HKR") == 0;
    for (size_t i = 0; i < ARRAYSIZE(roots); i++)
        known = known || _wcsicmp(root, roots[i]) == 0;
    if (!known)
        return package_wrong(check->package, line, L"%ls is no root key here", root);
    if (SetupGetFieldCount(line) >= 4 && !SetupGetIntField(line, 4, &flags))
        return package_wrong(check->package, line, L"the flags are no number");
    return true;
}

/* ---- services ---- */

static bool check_number(struct check *check, const WCHAR *section, const WCHAR *key, DWORD most)
{
    WCHAR text[TEXT_CHARACTERS];
    INFCONTEXT line;
    INT number;

    if (!SetupFindFirstLineW(check->package->inf, section, key, &line) ||
        !package_field(&line, 1, text) || !text[0]) {
        SetupFindFirstLineW(check->package->inf, section, NULL, &line);
        return package_wrong(check->package, &line, L"[%ls] has no %ls", section, key);
    }
    if (!SetupGetIntField(&line, 1, &number) || (DWORD)number > most)
        return package_wrong(check->package, &line, L"%ls is no %ls", text, key);
    return true;
}

static bool check_service_section(struct check *check, const WCHAR *section)
{
    WCHAR text[TEXT_CHARACTERS];
    INFCONTEXT line;

    if (!check_number(check, section, L"ServiceType", 0x3FF) ||
        !check_number(check, section, L"StartType", SERVICE_DISABLED) ||
        !check_number(check, section, L"ErrorControl", SERVICE_ERROR_CRITICAL))
        return false;
    if (!SetupFindFirstLineW(check->package->inf, section, L"ServiceBinary", &line) ||
        !package_field(&line, 1, text) || !text[0]) {
        SetupFindFirstLineW(check->package->inf, section, NULL, &line);
        return package_wrong(check->package, &line, L"[%ls] has no ServiceBinary", section);
    }
    if (wcschr(text, L'%'))
        return package_wrong(check->package, &line, L"%ls is not in [Strings]", text);
    return each_section(check, section, L"AddReg", check_value) &&
           each_section(check, section, L"DelReg", check_value);
}

static bool check_service(struct check *check, INFCONTEXT *line)
{
    WCHAR name[TEXT_CHARACTERS], section[TEXT_CHARACTERS];
    INT flags;

    package_field(line, 1, name);
    if (SetupGetFieldCount(line) >= 2 && !SetupGetIntField(line, 2, &flags))
        return package_wrong(check->package, line, L"the flags are no number");
    if (!name[0])
        return true;
    if (wcspbrk(name, L"\\/%"))
        return package_wrong(check->package, line, L"%ls is no name of a service", name);
    if (!package_field(line, 3, section) || !section[0])
        return package_wrong(check->package, line, L"AddService wants a section for %ls", name);
    if (SetupGetLineCountW(check->package->inf, section) <= 0)
        return package_wrong(check->package, line, L"there is no section [%ls]", section);
    return check_service_section(check, section);
}

static bool check_services(struct check *check, const WCHAR *section)
{
    WCHAR services[TEXT_CHARACTERS];
    INFCONTEXT line;

    if (!package_services_section(check->package, section, services) ||
        !SetupFindFirstLineW(check->package->inf, services, L"AddService", &line))
        return true;
    do
        if (!check_service(check, &line))
            return false;
    while (SetupFindNextMatchLineW(&line, L"AddService", &line));
    return true;
}

/* ---- install sections ---- */

/* What would not be done is not accepted. */
static bool check_supported(struct check *check, const WCHAR *section)
{
    static const WCHAR *const directives[] = {
        L"Include",    L"Needs",   L"RenFiles",        L"LogConfig",      L"UpdateInis",
        L"Ini2Reg",    L"BitReg",  L"RegisterDlls",    L"UnregisterDlls", L"ProfileItems",
        L"AddService", L"CopyINF", L"UpdateIniFields",
    };
    INFCONTEXT line;

    for (size_t i = 0; i < ARRAYSIZE(directives); i++)
        if (SetupFindFirstLineW(check->package->inf, section, directives[i], &line))
            return package_wrong(check->package, &line, L"%ls is not supported in [%ls]",
                                 directives[i], section);
    return true;
}

static bool check_section(struct package *package, const WCHAR *section, bool has_relative_key)
{
    struct check check = {.package = package, .has_relative_key = has_relative_key};

    if (!check_supported(&check, section) ||
        !each_section(&check, section, L"CopyFiles", check_copy) ||
        !each_section(&check, section, L"DelFiles", check_delete) ||
        !each_section(&check, section, L"AddReg", check_value) ||
        !each_section(&check, section, L"DelReg", check_value))
        return false;
    check.has_relative_key = true; /* of a service */
    return check_services(&check, section);
}

bool package_check(struct package *package)
{
    WCHAR hardware[TEXT_CHARACTERS], service[TEXT_CHARACTERS];

    for (struct package_model *model = package->models; model; model = model->next) {
        if (!check_section(package, model->section, true))
            return false;
        if (!package_service(package, model->section, service))
            return package_wrong(package, NULL,
                                 L"[%ls.Services] has no AddService of a service with the flag 2: "
                                 L"the device would have no driver",
                                 model->section);
        _snwprintf(hardware, ARRAYSIZE(hardware), L"%ls.HW", model->section);
        if (SetupGetLineCountW(package->inf, hardware) >= 0 &&
            !check_section(package, hardware, true))
            return false;
    }
    return !package->primitive[0] || check_section(package, package->primitive, false);
}

/* ---- files and their hashes ---- */

BYTE *read_file(const WCHAR *path, size_t *size)
{
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    LARGE_INTEGER length;
    BYTE *bytes = NULL;
    DWORD got;

    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    if (GetFileSizeEx(file, &length) && length.QuadPart <= MAXLONG) {
        bytes = pnp_allocate((size_t)length.QuadPart);
        if (!ReadFile(file, bytes, (DWORD)length.QuadPart, &got, NULL)) {
            free(bytes);
            bytes = NULL;
        }
        *size = (size_t)length.QuadPart;
    }
    CloseHandle(file);
    return bytes;
}

static bool check_hash(const struct catalogue *catalogue, const WCHAR *name, const BYTE *bytes,
                       size_t size)
{
    static const WCHAR *const answers[] = {
        [CATALOGUE_MATCHES] = L"hash matches the catalogue",
        [CATALOGUE_ABSENT] = L"is not in the catalogue",
        [CATALOGUE_DIFFERS] = L"differs from the catalogue",
    };
    enum catalogue_answer answer = catalogue_check(catalogue, name, bytes, size);

    print_out(L"  %-24ls%ls\n", name, answers[answer]);
    return answer == CATALOGUE_MATCHES;
}

/* The file is there; with a catalogue its hash is in it. */
static bool check_file(struct package *package, const struct catalogue *catalogue,
                       const WCHAR *name, const WCHAR *path, bool *matches)
{
    size_t size;
    BYTE *bytes = read_file(path, &size);

    if (!bytes)
        return package_wrong(package, NULL, L"%ls: %ls", name, pnp_error_text(GetLastError()));
    if (catalogue && !check_hash(catalogue, name, bytes, size))
        *matches = false;
    free(bytes);
    return true;
}

/* NULL: there is none, which is said; *problem when it is no catalogue. */
static struct catalogue *open_catalogue(struct package *package, const WCHAR **problem)
{
    WCHAR path[MAX_PATH];
    struct catalogue *catalogue;

    *problem = NULL;
    if (!package->catalogue[0]) {
        print_out(L"The package names no catalogue (CatalogFile): its files are not checked.\n");
        return NULL;
    }
    _snwprintf(path, MAX_PATH, L"%ls\\%ls", package->folder, package->catalogue);
    path[MAX_PATH - 1] = 0;
    if (GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES) {
        print_out(L"The catalogue %ls is not there: the files are not checked.\n",
                  package->catalogue);
        return NULL;
    }
    catalogue = catalogue_open(path, problem);
    if (catalogue)
        print_out(L"Catalogue %ls (its signature is not verified):\n", package->catalogue);
    return catalogue;
}

bool package_check_files(struct package *package)
{
    const WCHAR *problem;
    struct catalogue *catalogue;
    bool good = true, matches = true;

    if (wcspbrk(package->catalogue, L"\\/:"))
        return package_wrong(package, NULL, L"CatalogFile %ls is no name of a file",
                             package->catalogue);
    catalogue = open_catalogue(package, &problem);
    if (problem)
        return package_wrong(package, NULL, L"%ls: %ls", package->catalogue, problem);
    good = check_file(package, catalogue, package->name, package->path, &matches);
    for (struct package_file *file = package->files; good && file; file = file->next)
        good = check_file(package, catalogue, file->name, file->path, &matches);
    if (catalogue)
        catalogue_close(catalogue);
    if (good && !matches)
        return package_wrong(package, NULL,
                             L"the hash of a file is not in the catalogue; the package is not "
                             L"added");
    return good;
}
