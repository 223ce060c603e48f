/*
 * A package of the driver store becomes a driver: its install section is carried out, and the
 * devices of root-enumerated models are made. See pnputil.h.
 *
 *   Enum\ROOT\TESTDRIVER\0000            HardwareID, DeviceDesc, Mfg, Class, ClassGUID, Driver,
 * Service Control\Class\{class}                Class, and what [ClassInstall32] says
 *   Control\Class\{class}\0000           HKR of the install section: InfPath, DriverDesc …
 *
 * The service is started last; the PnP manager then finds the keys and starts the device.
 */
#include "pnputil.h"

#include <stdio.h>

struct installation {
    struct package *package;
    const struct store_entry *entry;
    const struct package_model *model;
    WCHAR service[TEXT_CHARACTERS];
    WCHAR instance[TEXT_CHARACTERS];
    WCHAR driver_key[TEXT_CHARACTERS]; /* {class}\0000 */
};

static bool failed(const struct installation *installation, DWORD error, const WCHAR *what)
{
    pnp_fail(error, L"Failed to install %ls on %ls: %ls", installation->entry->published,
             installation->model->hardware_id, what);
    return false;
}

static bool do_section(struct package *package, const WCHAR *section, UINT flags, HKEY relative)
{
    return SetupInstallFromInfSectionW(NULL, package->inf, section, flags, relative,
                                       package->folder, 0, NULL, NULL, NULL, NULL);
}

/* ---- the class ---- */

/* A class that is new to the system. */
static bool install_class(struct package *package)
{
    WCHAR path[2 * TEXT_CHARACTERS] = {0}, section[TEXT_CHARACTERS], known[TEXT_CHARACTERS];
    DWORD size = sizeof(known), error;
    HKEY key;
    bool good = true;

    _snwprintf(path, ARRAYSIZE(path) - 1, L"Control\\Class\\%ls", package->class_guid);
    error = device_open_key(path, &key);
    if (error != ERROR_SUCCESS)
        return SetLastError(error), false;
    if (RegQueryValueExW(key, L"Class", NULL, NULL, (BYTE *)known, &size) != ERROR_SUCCESS) {
        device_set_text(key, L"Class", REG_SZ, package->class_name);
        SetupDiGetActualSectionToInstallW(package->inf, L"ClassInstall32", section, TEXT_CHARACTERS,
                                          NULL, NULL);
        if (SetupGetLineCountW(package->inf, section) >= 0)
            good = do_section(package, section, SPINST_FILES | SPINST_REGISTRY, key);
    }
    RegCloseKey(key);
    return good;
}

/* ---- the driver's key ---- */

/* {class}\NNNN: that of the device, or the first that is free. */
static void choose_driver_key(struct installation *installation)
{
    const WCHAR *class_guid = installation->package->class_guid;
    struct device device;
    WCHAR path[2 * TEXT_CHARACTERS] = {0};
    HKEY key;

    if (device_read(installation->instance, &device) && device.driver_key[0]) {
        wcscpy(installation->driver_key, device.driver_key);
        return;
    }
    for (unsigned number = 0; number < 10000; number++) {
        _snwprintf(installation->driver_key, TEXT_CHARACTERS - 1, L"%ls\\%04u", class_guid, number);
        _snwprintf(path, ARRAYSIZE(path) - 1, CONTROL_SET L"Control\\Class\\%ls",
                   installation->driver_key);
        if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &key) != ERROR_SUCCESS)
            return;
        RegCloseKey(key);
    }
}

/* The name of the install section stands without its decoration. */
static bool write_driver_key(struct installation *installation)
{
    const struct package_model *model = installation->model;
    const struct package *package = installation->package;
    WCHAR section[TEXT_CHARACTERS];
    const struct {
        const WCHAR *name, *text;
    } values[] = {
        {L"InfPath", installation->entry->published}, {L"InfSection", section},
        {L"InfSectionExt", model->extension},         {L"DriverDesc", model->description},
        {L"ProviderName", package->provider},         {L"DriverDate", package->date},
        {L"DriverVersion", package->version},         {L"MatchingDeviceId", model->hardware_id},
    };
    WCHAR path[2 * TEXT_CHARACTERS] = {0};
    DWORD error;
    HKEY key;
    bool good;

    wcscpy(section, model->section);
    section[wcslen(section) - wcslen(model->extension)] = 0;
    _snwprintf(path, ARRAYSIZE(path) - 1, L"Control\\Class\\%ls", installation->driver_key);
    error = device_open_key(path, &key);
    for (size_t i = 0; error == ERROR_SUCCESS && i < ARRAYSIZE(values); i++)
        if (values[i].text[0])
            error = device_set_text(key, values[i].name, REG_SZ, values[i].text);
    if (error != ERROR_SUCCESS)
        return failed(installation, error, L"the registry");
    good = do_section(installation->package, model->section, SPINST_FILES | SPINST_REGISTRY, key);
    error = GetLastError();
    RegCloseKey(key);
    return good || failed(installation, error, model->section);
}

/* ---- the device's key ---- */

/* [NAME.HW] writes the filters of the device as values of HKR; they are the device's own. */
static void move_filters(HKEY parameters, HKEY device)
{
    static const WCHAR *const names[] = {L"UpperFilters", L"LowerFilters"};
    BYTE bytes[4096];

    for (size_t i = 0; i < ARRAYSIZE(names); i++) {
        DWORD size = sizeof(bytes), type;

        if (RegQueryValueExW(parameters, names[i], NULL, &type, bytes, &size) == ERROR_SUCCESS &&
            RegSetValueExW(device, names[i], 0, type, bytes, size) == ERROR_SUCCESS)
            RegDeleteValueW(parameters, names[i]);
    }
}

static bool do_hardware_section(struct installation *installation, HKEY device)
{
    WCHAR section[TEXT_CHARACTERS] = {0};
    HKEY parameters;
    bool good;

    _snwprintf(section, ARRAYSIZE(section) - 1, L"%ls.HW", installation->model->section);
    if (SetupGetLineCountW(installation->package->inf, section) < 0)
        return true;
    if (RegCreateKeyExW(device, L"Device Parameters", 0, NULL, 0, KEY_READ | KEY_WRITE, NULL,
                        &parameters, NULL) != ERROR_SUCCESS)
        return false;
    good = do_section(installation->package, section, SPINST_REGISTRY, parameters);
    if (good)
        move_filters(parameters, device);
    RegCloseKey(parameters);
    return good;
}

static bool write_device_key(struct installation *installation)
{
    const struct package_model *model = installation->model;
    const struct package *package = installation->package;
    const struct {
        const WCHAR *name;
        DWORD type;
        const WCHAR *text;
    } values[] = {
        {L"HardwareID", REG_MULTI_SZ, model->hardware_id},
        {L"DeviceDesc", REG_SZ, model->description},
        {L"Mfg", REG_SZ, model->manufacturer},
        {L"Class", REG_SZ, package->class_name},
        {L"ClassGUID", REG_SZ, package->class_guid},
        {L"Driver", REG_SZ, installation->driver_key},
        {L"Service", REG_SZ, installation->service},
    };
    WCHAR path[2 * TEXT_CHARACTERS] = {0};
    DWORD error;
    HKEY key;
    bool good;

    _snwprintf(path, ARRAYSIZE(path) - 1, L"Enum\\%ls", installation->instance);
    error = device_open_key(path, &key);
    if (error != ERROR_SUCCESS)
        return failed(installation, error, path);
    for (size_t i = 0; error == ERROR_SUCCESS && i < ARRAYSIZE(values); i++)
        error = device_set_text(key, values[i].name, values[i].type, values[i].text);
    good = error == ERROR_SUCCESS && do_hardware_section(installation, key);
    if (error == ERROR_SUCCESS)
        error = GetLastError();
    RegCloseKey(key);
    return good || failed(installation, error, path);
}

/* ---- the service ---- */

/* Starts the driver, unless it runs. Returns an error. */
static DWORD start_service(const WCHAR *name)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = manager ? OpenServiceW(manager, name, SERVICE_START) : NULL;
    DWORD error = ERROR_SUCCESS;

    if (!service || !StartServiceW(service, 0, NULL))
        error = GetLastError();
    if (service)
        CloseServiceHandle(service);
    if (manager)
        CloseServiceHandle(manager);
    return error;
}

static bool start_device(struct installation *installation)
{
    DWORD error = start_service(installation->service);
    struct device device;

    if (error == ERROR_SERVICE_ALREADY_RUNNING) {
        print_out(L"The device %ls goes on with the driver that runs; the new one is used after "
                  L"`sc stop %ls` and `sc start %ls`.\n",
                  installation->instance, installation->service, installation->service);
        return true;
    }
    if (error != ERROR_SUCCESS)
        return failed(installation, error, installation->service);
    if (!device_read(installation->instance, &device) || !device.is_started)
        return failed(installation, ERROR_GEN_FAILURE, L"the device did not start");
    return true;
}

/* ---- a model ---- */

static void choose_instance(struct installation *installation)
{
    _snwprintf(installation->instance, TEXT_CHARACTERS - 1, L"ROOT\\%ls\\0000",
               installation->service);
    _wcsupr(installation->instance);
}

/* The device runs with this very package. */
static bool is_up_to_date(const struct installation *installation)
{
    struct device device;

    return device_read(installation->instance, &device) && device.is_started &&
           _wcsicmp(device.published, installation->entry->published) == 0;
}

static bool install_model(struct installation *installation)
{
    struct package *package = installation->package;
    const WCHAR *section = installation->model->section;
    WCHAR services[TEXT_CHARACTERS];

    package_service(package, section, installation->service); /* package_check found it */
    choose_instance(installation);
    if (is_up_to_date(installation)) {
        print_out(L"Driver package is up-to-date on device: %ls\n", installation->instance);
        return true;
    }
    choose_driver_key(installation);
    if (!install_class(package))
        return failed(installation, GetLastError(), L"[ClassInstall32]");
    if (!write_driver_key(installation))
        return false;
    if (package_services_section(package, section, services) &&
        !SetupInstallServicesFromInfSectionW(package->inf, services, 0))
        return failed(installation, GetLastError(), services);
    if (!write_device_key(installation) || !start_device(installation))
        return false;
    print_out(L"Driver package installed on device: %ls\n", installation->instance);
    return true;
}

/* [DefaultInstall]: a driver without devices. It is not started. */
static bool install_primitive(struct package *package, const struct store_entry *entry)
{
    const WCHAR *section = package->primitive;
    WCHAR services[TEXT_CHARACTERS];

    if (!do_section(package, section, SPINST_FILES | SPINST_REGISTRY, NULL) ||
        (package_services_section(package, section, services) &&
         !SetupInstallServicesFromInfSectionW(package->inf, services, 0)))
        return pnp_fail(GetLastError(), L"Failed to install %ls: [%ls]", entry->published, section),
               false;
    print_out(L"Driver package installed.\n");
    return true;
}

bool install_package(struct package *package, const struct store_entry *entry)
{
    unsigned installed = 0;

    if (package->primitive[0] && !package->models)
        return install_primitive(package, entry);
    for (struct package_model *model = package->models; model; model = model->next) {
        struct installation installation = {.package = package, .entry = entry, .model = model};

        if (_wcsnicmp(model->hardware_id, L"ROOT\\", 5) != 0)
            continue;
        if (!install_model(&installation))
            return false;
        installed++;
    }
    if (!installed)
        print_out(L"Driver package is not installed: no model is root-enumerated (Root\\...), and "
                  L"no bus of this machine reports the others.\n");
    return true;
}
