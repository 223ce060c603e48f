/* pnputil /enum-drivers and /enum-devices. See pnputil.h. */
#include "pnputil.h"

static void print_package(const struct store_entry *entry)
{
    struct package package;

    if (!package_open(&package, entry->path))
        return;
    print_out(L"Published Name:     %ls\n", entry->published);
    print_out(L"Original Name:      %ls\n", entry->original);
    print_out(L"Provider Name:      %ls\n", package.provider);
    print_out(L"Class Name:         %ls\n", package.class_name);
    print_out(L"Class GUID:         %ls\n", package.class_guid);
    print_out(L"Driver Version:     %ls %ls\n", package.date, package.version);
    print_out(L"Signer Name:        Unknown\n\n");
    package_close(&package);
}

int enumerate_drivers(void)
{
    struct store_entry entry;
    unsigned index = 0, count = 0;

    while (store_next(&index, &entry)) {
        print_package(&entry);
        count++;
    }
    if (count == 0)
        print_out(L"No published driver packages were found on the system.\n");
    return 0;
}

static bool is_wanted(const struct device *device, const WCHAR *class_name, const WCHAR *instance)
{
    return (!instance || _wcsicmp(instance, device->instance) == 0) &&
           (!class_name || _wcsicmp(class_name, device->class_name) == 0 ||
            _wcsicmp(class_name, device->class_guid) == 0);
}

static void print_line(const WCHAR *name, const WCHAR *text)
{
    print_out(L"%-28ls%ls\n", name, text[0] ? text : L"Unknown");
}

static void print_device(const struct device *device)
{
    print_line(L"Instance ID:", device->instance);
    print_line(L"Device Description:", device->description);
    print_line(L"Class Name:", device->class_name);
    print_line(L"Class GUID:", device->class_guid);
    print_line(L"Manufacturer Name:", device->manufacturer);
    print_line(L"Status:", device->is_started ? L"Started" : L"Disconnected");
    if (device->published[0])
        print_line(L"Driver Name:", device->published);
    print_out(L"\n");
}

int enumerate_devices(const WCHAR *class_name, const WCHAR *instance)
{
    struct device_list list;
    struct device device;
    unsigned count = 0;

    if (!device_list_open(&list))
        return pnp_fail(ERROR_INVALID_DATA, L"Failed to list the devices");
    while (device_list_next(&list, &device)) {
        if (!is_wanted(&device, class_name, instance))
            continue;
        print_device(&device);
        count++;
    }
    device_list_close(&list);
    if (count == 0)
        print_out(L"No devices were found on the system.\n");
    return count ? 0 : ERROR_NO_MORE_ITEMS;
}
