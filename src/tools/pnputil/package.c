/* Driver packages: what an INF file says of itself and its devices. See pnputil.h. */
#include "pnputil.h"

#include <stdarg.h>
#include <stdio.h>

WINSETUPAPI WINBOOL WINAPI SetupDiGetActualModelsSectionW(PINFCONTEXT context,
                                                          PSP_ALTPLATFORM_INFO platform,
                                                          PWSTR buffer, DWORD size, PDWORD required,
                                                          PVOID reserved);

bool package_wrong(const struct package *package, const INFCONTEXT *line, const WCHAR *format, ...)
{
    WCHAR text[2048];
    va_list arguments;

    va_start(arguments, format);
    _vsnwprintf(text, ARRAYSIZE(text) - 1, format, arguments);
    va_end(arguments);
    text[ARRAYSIZE(text) - 1] = 0;
    if (line) /* this setupapi.dll counts the lines of the file */
        print_error(L"%ls:%u: %ls\n", package->path, line->Line, text);
    else
        print_error(L"%ls: %ls\n", package->path, text);
    return false;
}

bool package_field(const INFCONTEXT *line, DWORD index, WCHAR text[TEXT_CHARACTERS])
{
    text[0] = 0;
    if (SetupGetStringFieldW((INFCONTEXT *)line, index, text, TEXT_CHARACTERS, NULL))
        return true;
    text[0] = 0;
    return false;
}

bool package_value(const struct package *package, const WCHAR *section, const WCHAR *key,
                   WCHAR text[TEXT_CHARACTERS])
{
    INFCONTEXT line;

    text[0] = 0;
    return SetupFindFirstLineW(package->inf, section, key, &line) && package_field(&line, 1, text);
}

bool package_services_section(const struct package *package, const WCHAR *section,
                              WCHAR name[TEXT_CHARACTERS])
{
    return _snwprintf(name, TEXT_CHARACTERS, L"%ls.Services", section) > 0 &&
           SetupGetLineCountW(package->inf, name) >= 0;
}

bool package_service(const struct package *package, const WCHAR *section,
                     WCHAR name[TEXT_CHARACTERS])
{
    WCHAR services[TEXT_CHARACTERS];
    INFCONTEXT line;
    INT flags;

    if (!package_services_section(package, section, services) ||
        !SetupFindFirstLineW(package->inf, services, L"AddService", &line))
        return false;
    do
        if (SetupGetIntField(&line, 2, &flags) && flags & SPSVCINST_ASSOCSERVICE &&
            package_field(&line, 1, name) && name[0])
            return true;
    while (SetupFindNextMatchLineW(&line, L"AddService", &line));
    return false;
}

/* ---- [Version] ---- */

/* mm/dd/yyyy */
static bool is_date(const WCHAR *text)
{
    static const WCHAR form[] = L"00/00/0000";

    for (size_t i = 0; i < ARRAYSIZE(form); i++)
        if (form[i] == L'0' ? text[i] < L'0' || text[i] > L'9' : text[i] != form[i])
            return false;
    return _wtoi(text) >= 1 && _wtoi(text) <= 12 && _wtoi(text + 3) >= 1 && _wtoi(text + 3) <= 31;
}

/* w.x.y.z, each below 65536 */
static bool is_version(const WCHAR *text)
{
    int parts = 0;
    WCHAR *end;

    while (*text >= L'0' && *text <= L'9' && wcstoul(text, &end, 10) <= 0xFFFF) {
        parts++;
        if (*end != L'.')
            return *end == 0 && parts <= 4;
        text = end + 1;
    }
    return false;
}

static bool is_guid(const WCHAR *text)
{
    static const WCHAR form[] = L"{00000000-0000-0000-0000-000000000000}";

    for (size_t i = 0; i < ARRAYSIZE(form); i++)
        if (form[i] == L'0' ? text[i] > 127 || !iswxdigit(text[i]) : text[i] != form[i])
            return false;
    return true;
}

static void read_catalogue_name(struct package *package)
{
    static const WCHAR *const keys[] = {L"CatalogFile.NTamd64", L"CatalogFile.NT", L"CatalogFile"};

    for (size_t i = 0; i < ARRAYSIZE(keys); i++)
        if (package_value(package, L"Version", keys[i], package->catalogue))
            return;
}

/* A line of [Version] that must be there. */
static bool need_version(const struct package *package, const WCHAR *key, INFCONTEXT *line,
                         WCHAR text[TEXT_CHARACTERS])
{
    INFCONTEXT first;

    if (SetupFindFirstLineW(package->inf, L"Version", key, line) && package_field(line, 1, text) &&
        text[0])
        return wcschr(text, L'%') == NULL ||
               package_wrong(package, line, L"%ls is not in [Strings]", text);
    SetupFindFirstLineW(package->inf, L"Version", NULL, &first);
    return package_wrong(package, &first, L"[Version] has no %ls", key);
}

static bool read_version(struct package *package)
{
    INFCONTEXT line;

    if (!need_version(package, L"Provider", &line, package->provider))
        return false;
    if (!need_version(package, L"Class", &line, package->class_name))
        return false;
    if (!need_version(package, L"ClassGuid", &line, package->class_guid))
        return false;
    if (!is_guid(package->class_guid))
        return package_wrong(package, &line, L"ClassGuid %ls is no GUID", package->class_guid);
    if (!need_version(package, L"DriverVer", &line, package->date))
        return false;
    if (!is_date(package->date))
        return package_wrong(package, &line, L"DriverVer is mm/dd/yyyy,w.x.y.z, and not %ls",
                             package->date);
    if (package_field(&line, 2, package->version) && !is_version(package->version))
        return package_wrong(package, &line, L"%ls is no version w.x.y.z", package->version);
    read_catalogue_name(package);
    return true;
}

/* ---- [Manufacturer] and models ---- */

static bool read_model(struct package *package, INFCONTEXT *line, const WCHAR *manufacturer)
{
    struct package_model *model = pnp_allocate(sizeof(*model));
    struct package_model **end = &package->models;
    WCHAR section[TEXT_CHARACTERS], *extension = NULL;

    while (*end)
        end = &(*end)->next;
    *end = model;
    wcscpy(model->manufacturer, manufacturer);
    package_field(line, 0, model->description);
    if (!package_field(line, 1, section) || !section[0])
        return package_wrong(package, line, L"a model wants an install section");
    if (!package_field(line, 2, model->hardware_id) || !model->hardware_id[0])
        return package_wrong(package, line, L"a model wants a hardware ID");
    if (wcschr(model->description, L'%'))
        return package_wrong(package, line, L"%ls is not in [Strings]", model->description);
    if (!SetupDiGetActualSectionToInstallW(package->inf, section, model->section, TEXT_CHARACTERS,
                                           NULL, &extension) ||
        SetupGetLineCountW(package->inf, model->section) < 0)
        return package_wrong(package, line, L"there is no section [%ls]", section);
    if (extension)
        wcscpy(model->extension, extension);
    return true;
}

static bool read_models(struct package *package, INFCONTEXT *manufacturer)
{
    WCHAR section[TEXT_CHARACTERS], name[TEXT_CHARACTERS];
    INFCONTEXT line;

    package_field(manufacturer, 0, name);
    if (wcschr(name, L'%'))
        return package_wrong(package, manufacturer, L"%ls is not in [Strings]", name);
    if (!SetupDiGetActualModelsSectionW(manufacturer, NULL, section, TEXT_CHARACTERS, NULL, NULL))
        return GetLastError() == ERROR_INVALID_DATA ||
               package_wrong(package, manufacturer, L"a manufacturer wants a models section");
    if (SetupGetLineCountW(package->inf, section) < 0)
        return package_wrong(package, manufacturer, L"there is no section [%ls]", section);
    if (!SetupFindFirstLineW(package->inf, section, NULL, &line))
        return true;
    do
        if (!read_model(package, &line, name))
            return false;
    while (SetupFindNextLine(&line, &line));
    return true;
}

static bool read_devices(struct package *package)
{
    WCHAR section[TEXT_CHARACTERS];
    INFCONTEXT line;

    if (SetupDiGetActualSectionToInstallW(package->inf, L"DefaultInstall", section, TEXT_CHARACTERS,
                                          NULL, NULL) &&
        SetupGetLineCountW(package->inf, section) >= 0)
        wcscpy(package->primitive, section);
    if (SetupFindFirstLineW(package->inf, L"Manufacturer", NULL, &line))
        do
            if (!read_models(package, &line))
                return false;
        while (SetupFindNextLine(&line, &line));
    else if (!package->primitive[0])
        return package_wrong(package, NULL,
                             L"there is neither a [Manufacturer] nor a [DefaultInstall] section");
    return package->models || package->primitive[0] ||
           package_wrong(package, NULL, L"no model is for this system, NTamd64");
}

/* ---- the file ---- */

bool package_open(struct package *package, const WCHAR *path)
{
    UINT line;
    WCHAR *name;

    *package = (struct package){.inf = INVALID_HANDLE_VALUE};
    if (!GetFullPathNameW(path, MAX_PATH, package->path, &name) || !name)
        return pnp_fail(ERROR_FILE_NOT_FOUND, L"%ls", path), false;
    package->name = name;
    wcscpy(package->folder, package->path);
    package->folder[name - package->path - 1] = 0;
    package->inf = SetupOpenInfFileW(package->path, NULL, INF_STYLE_WIN4, &line);
    if (package->inf == INVALID_HANDLE_VALUE) {
        DWORD error = GetLastError();

        if (line)
            return package_wrong(package, &(INFCONTEXT){.Line = line}, L"%ls",
                                 pnp_error_text(error));
        return package_wrong(package, NULL, L"%ls", pnp_error_text(error));
    }
    if (read_version(package) && read_devices(package))
        return true;
    package_close(package);
    return false;
}

void package_close(struct package *package)
{
    if (package->inf != INVALID_HANDLE_VALUE)
        SetupCloseInfFile(package->inf);
    package->inf = INVALID_HANDLE_VALUE;
    while (package->models) {
        struct package_model *next = package->models->next;

        free(package->models);
        package->models = next;
    }
    while (package->files) {
        struct package_file *next = package->files->next;

        free(package->files);
        package->files = next;
    }
}
