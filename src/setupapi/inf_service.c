/*
 * INF files: the sections NAME.Services, with AddService and DelService.
 * Source: Windows driver documentation, INF AddService directive, INF DelService directive. See
 * inf.h.
 */
#include "inf.h"

#define KEY_ROOM 512

struct service {
    DWORD type, start, error_control;
    WCHAR name[MAX_INF_STRING_LENGTH], display_name[MAX_INF_STRING_LENGTH];
    WCHAR description[MAX_INF_STRING_LENGTH], binary[MAX_INF_STRING_LENGTH];
    WCHAR group[MAX_INF_STRING_LENGTH], account[MAX_INF_STRING_LENGTH];
    WCHAR dependencies[2 * MAX_INF_STRING_LENGTH]; /* a list of strings */
};

/* The value of "key = value"; an absent one is empty. */
static bool read_text(HINF inf, const WCHAR *section, const WCHAR *key, WCHAR *text)
{
    INFCONTEXT line;

    text[0] = 0;
    return SetupFindFirstLineW(inf, section, key, &line) && inf_field(&line, 1, text);
}

/* A number that must be there. */
static bool read_number(HINF inf, const WCHAR *section, const WCHAR *key, DWORD *number)
{
    INFCONTEXT line;
    WCHAR text[MAX_INF_STRING_LENGTH];

    return SetupFindFirstLineW(inf, section, key, &line) && inf_field(&line, 1, text) &&
           inf_parse_number(text, number);
}

static bool read_service(HINF inf, const WCHAR *section, struct service *service)
{
    INFCONTEXT line;

    if (!SetupFindFirstLineW(inf, section, NULL, &line))
        return false;
    if (!read_number(inf, section, L"ServiceType", &service->type) ||
        !read_number(inf, section, L"StartType", &service->start) ||
        !read_number(inf, section, L"ErrorControl", &service->error_control) ||
        !read_text(inf, section, L"ServiceBinary", service->binary) || service->binary[0] == 0)
        return setup_error(ERROR_BAD_SERVICE_INSTALLSECT);
    read_text(inf, section, L"DisplayName", service->display_name);
    read_text(inf, section, L"Description", service->description);
    read_text(inf, section, L"LoadOrderGroup", service->group);
    read_text(inf, section, L"StartName", service->account);
    return !SetupFindFirstLineW(inf, section, L"Dependencies", &line) ||
           SetupGetMultiSzFieldW(&line, 1, service->dependencies,
                                 ARRAY_COUNT(service->dependencies), NULL);
}

/* What a flag of AddService says to keep of a service that exists. */
static const WCHAR *unless(DWORD flags, DWORD flag, const WCHAR *text)
{
    return flags & flag || text[0] == 0 ? NULL : text;
}

static SC_HANDLE change(SC_HANDLE manager, const struct service *service, DWORD flags)
{
    SC_HANDLE opened = OpenServiceW(manager, service->name, SERVICE_ALL_ACCESS);

    if (opened == NULL ||
        ChangeServiceConfigW(
            opened, service->type,
            flags & SPSVCINST_NOCLOBBER_STARTTYPE ? SERVICE_NO_CHANGE : service->start,
            flags & SPSVCINST_NOCLOBBER_ERRORCONTROL ? SERVICE_NO_CHANGE : service->error_control,
            service->binary, unless(flags, SPSVCINST_NOCLOBBER_LOADORDERGROUP, service->group),
            NULL, unless(flags, SPSVCINST_NOCLOBBER_DEPENDENCIES, service->dependencies), NULL,
            NULL, unless(flags, SPSVCINST_NOCLOBBER_DISPLAYNAME, service->display_name)))
        return opened;
    CloseServiceHandle(opened);
    return NULL;
}

static SC_HANDLE create_or_change(SC_HANDLE manager, const struct service *service, DWORD flags)
{
    SC_HANDLE created =
        CreateServiceW(manager, service->name, unless(0, 0, service->display_name),
                       SERVICE_ALL_ACCESS, service->type, service->start, service->error_control,
                       service->binary, unless(0, 0, service->group), NULL,
                       unless(0, 0, service->dependencies), unless(0, 0, service->account), NULL);

    if (created != NULL || GetLastError() != ERROR_SERVICE_EXISTS)
        return created;
    return change(manager, service, flags);
}

/* DelReg and AddReg of the section: HKR is the service's key. */
static bool write_values(HINF inf, const WCHAR *section, const struct service *service)
{
    struct inf_install install = {.inf = inf};
    WCHAR path[KEY_ROOM];
    bool good;

    if (_snwprintf(path, KEY_ROOM - 1, L"SYSTEM\\CurrentControlSet\\Services\\%ls", service->name) <
        0)
        return setup_error(ERROR_INVALID_NAME);
    path[KEY_ROOM - 1] = 0;
    LSTATUS error =
        RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ | KEY_WRITE, &install.relative_key);

    if (error != ERROR_SUCCESS)
        return setup_error((DWORD)error);
    good = inf_for_each(&install, section, L"DelReg", inf_delete_value) &&
           inf_for_each(&install, section, L"AddReg", inf_add_value);
    RegCloseKey(install.relative_key);
    return good;
}

static bool install_service(HINF inf, SC_HANDLE manager, const WCHAR *section, DWORD flags,
                            const struct service *service)
{
    SC_HANDLE installed = create_or_change(manager, service, flags);
    SERVICE_DESCRIPTIONW description = {(WCHAR *)service->description};
    bool good = installed != NULL;

    if (good && service->description[0] != 0 && !(flags & SPSVCINST_NOCLOBBER_DESCRIPTION))
        good = ChangeServiceConfig2W(installed, SERVICE_CONFIG_DESCRIPTION, &description);
    good = good && write_values(inf, section, service);
    if (installed != NULL)
        CloseServiceHandle(installed);
    return good;
}

/* AddService = name, [flags], section[, event log …]. A line without a name says "no service". */
static bool add_service(HINF inf, SC_HANDLE manager, INFCONTEXT *line, DWORD flags)
{
    struct service *service = setup_allocate(sizeof(*service));
    WCHAR section[MAX_INF_STRING_LENGTH];
    DWORD own_flags;
    bool good;

    if (service == NULL)
        return false;
    inf_field(line, 1, service->name);
    inf_field(line, 3, section);
    good = service->name[0] == 0 ||
           (inf_number(line, 2, 0, &own_flags) && read_service(inf, section, service) &&
            install_service(inf, manager, section, own_flags | flags, service));
    setup_free(service);
    return good;
}

/* DelService = name[, flags]. A service that is not there is gone. */
static bool delete_service(SC_HANDLE manager, INFCONTEXT *line, DWORD flags)
{
    WCHAR name[MAX_INF_STRING_LENGTH];
    SERVICE_STATUS status;
    SC_HANDLE service;
    DWORD own_flags;
    bool good;

    if (!inf_field(line, 1, name) || !inf_number(line, 2, 0, &own_flags))
        return false;
    service = OpenServiceW(manager, name, SERVICE_STOP | DELETE);
    if (service == NULL)
        return GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST;
    if ((own_flags | flags) & SPSVCINST_STOPSERVICE)
        ControlService(service, SERVICE_CONTROL_STOP, &status);
    good = DeleteService(service);
    CloseServiceHandle(service);
    return good;
}

static bool install_all(HINF inf, const WCHAR *section, SC_HANDLE manager, DWORD flags)
{
    INFCONTEXT line;

    if (SetupFindFirstLineW(inf, section, L"DelService", &line))
        do
            if (!delete_service(manager, &line, flags))
                return false;
        while (SetupFindNextMatchLineW(&line, L"DelService", &line));
    if (SetupFindFirstLineW(inf, section, L"AddService", &line))
        do
            if (!add_service(inf, manager, &line, flags))
                return false;
        while (SetupFindNextMatchLineW(&line, L"AddService", &line));
    return true;
}

/*
 * Installs and deletes the services that a section names.
 * @param section  NAME.Services
 * @param flags    SPSVCINST_…, in addition to those of each line
 * Returns: FALSE with ERROR_SECTION_NOT_FOUND (also for a section that AddService names),
 * ERROR_BAD_SERVICE_INSTALLSECT, errors of the service control manager.
 * Differs from NT: a service that exists keeps its account; event log sections are not read.
 * Source: Windows driver documentation, SetupInstallServicesFromInfSectionW.
 */
WINBOOL WINAPI SetupInstallServicesFromInfSectionW(HINF handle, PCWSTR section, DWORD flags)
{
    struct setup_inf *inf = inf_of(handle);
    SC_HANDLE manager;
    DWORD error = ERROR_SUCCESS;

    if (inf == NULL)
        return FALSE;
    if (inf_section_index(inf, section, wcslen(section)) < 0)
        return setup_error(ERROR_SECTION_NOT_FOUND);
    manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
    if (manager == NULL)
        return FALSE;
    if (!install_all(handle, section, manager, flags))
        error = GetLastError();
    CloseServiceHandle(manager);
    return error == ERROR_SUCCESS ? TRUE : setup_error(error);
}
NT_EXPORT(SetupInstallServicesFromInfSectionW, 0, "hwu");
