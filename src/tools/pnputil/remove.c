/* pnputil /delete-driver: a package goes, with /uninstall also its devices and services. See
 * pnputil.h. */
#include "pnputil.h"

#include <stdio.h>

/* Stops and deletes a service; one that is not there is gone. Returns an error. */
static DWORD delete_service(const WCHAR *name)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service =
        manager ? OpenServiceW(manager, name, SERVICE_STOP | SERVICE_QUERY_STATUS | DELETE) : NULL;
    SERVICE_STATUS status;
    DWORD error = ERROR_SUCCESS;

    if (!service)
        error = GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST ? ERROR_SUCCESS : GetLastError();
    else if (!ControlService(service, SERVICE_CONTROL_STOP, &status) &&
             GetLastError() != ERROR_SERVICE_NOT_ACTIVE)
        error = GetLastError();
    else if (!DeleteService(service))
        error = GetLastError();
    if (service)
        CloseServiceHandle(service);
    if (manager)
        CloseServiceHandle(manager);
    return error;
}

/* The services that AddService of a section made. */
static DWORD delete_services(struct package *package, const WCHAR *section)
{
    WCHAR services[TEXT_CHARACTERS], name[TEXT_CHARACTERS];
    DWORD error = ERROR_SUCCESS;
    INFCONTEXT line;

    if (!package_services_section(package, section, services) ||
        !SetupFindFirstLineW(package->inf, services, L"AddService", &line))
        return ERROR_SUCCESS;
    do {
        if (package_field(&line, 1, name) && name[0])
            error = delete_service(name);
        if (error != ERROR_SUCCESS)
            pnp_fail(error, L"Failed to remove the service %ls", name);
    } while (error == ERROR_SUCCESS && SetupFindNextMatchLineW(&line, L"AddService", &line));
    return error;
}

/* [DefaultUninstall] of a driver without devices, if it has one. */
static DWORD undo_primitive(struct package *package)
{
    WCHAR section[TEXT_CHARACTERS], services[TEXT_CHARACTERS];

    SetupDiGetActualSectionToInstallW(package->inf, L"DefaultUninstall", section, TEXT_CHARACTERS,
                                      NULL, NULL);
    if (SetupGetLineCountW(package->inf, section) < 0)
        return ERROR_SUCCESS;
    if (package_services_section(package, section, services) &&
        !SetupInstallServicesFromInfSectionW(package->inf, services, SPSVCINST_STOPSERVICE))
        return GetLastError();
    return SetupInstallFromInfSectionW(NULL, package->inf, section, SPINST_FILES | SPINST_REGISTRY,
                                       NULL, package->folder, 0, NULL, NULL, NULL, NULL)
               ? ERROR_SUCCESS
               : GetLastError();
}

static unsigned count_devices(const WCHAR *published)
{
    struct device_list list;
    struct device device;
    unsigned count = 0;

    if (!device_list_open(&list))
        return 0;
    while (device_list_next(&list, &device))
        count += _wcsicmp(device.published, published) == 0;
    device_list_close(&list);
    return count;
}

/* The keys of devices whose driver is gone. */
static DWORD forget_devices(const WCHAR *published)
{
    struct device_list list;
    struct device device;
    DWORD error = ERROR_SUCCESS;

    if (!device_list_open(&list))
        return ERROR_INVALID_DATA;
    while (error == ERROR_SUCCESS && device_list_next(&list, &device))
        if (_wcsicmp(device.published, published) == 0)
            error = device_forget(&device);
    device_list_close(&list);
    return error;
}

static int uninstall_package(const struct store_entry *entry)
{
    struct package package;
    DWORD error = ERROR_SUCCESS;

    if (!package_open(&package, entry->path))
        return 1;
    for (struct package_model *model = package.models; error == ERROR_SUCCESS && model;
         model = model->next)
        error = delete_services(&package, model->section);
    if (error == ERROR_SUCCESS && package.primitive[0])
        error = undo_primitive(&package);
    if (error == ERROR_SUCCESS && package.primitive[0])
        error = delete_services(&package, package.primitive);
    if (error == ERROR_SUCCESS)
        error = forget_devices(entry->published);
    package_close(&package);
    if (error != ERROR_SUCCESS)
        return pnp_fail(error, L"Failed to uninstall driver package");
    print_out(L"Driver package uninstalled.\n");
    return 0;
}

int remove_package(const WCHAR *published, bool uninstall, bool force)
{
    struct store_entry entry;
    DWORD error = store_find(published, &entry);
    int code;

    if (error != ERROR_SUCCESS)
        return pnp_fail(error, L"Failed to delete driver package %ls", published);
    if (!uninstall && !force && count_devices(entry.published) > 0)
        return pnp_fail(ERROR_INF_IN_USE_BY_DEVICES, L"Failed to delete driver package %ls",
                        published);
    code = uninstall ? uninstall_package(&entry) : 0;
    if (code)
        return code;
    error = store_delete(&entry);
    if (error != ERROR_SUCCESS)
        return pnp_fail(error, L"Failed to delete driver package %ls", published);
    print_out(L"Driver package deleted successfully.\n");
    return 0;
}
