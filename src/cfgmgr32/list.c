/* Lists of devices and of device interfaces. See configuration.h. */
#include "configuration.h"

/* ---- devices ---- */

struct device_search {
    const WCHAR *filter;
    ULONG flags; /* CM_GETIDLIST_FILTER_… */
    struct configuration_list list;
};

static bool has_value(HKEY device, const WCHAR *name, const WCHAR *wanted)
{
    WCHAR text[CONFIGURATION_TEXT];

    return configuration_read_text(device, name, text, ARRAY_COUNT(text)) &&
           configuration_same(text, wanted);
}

static bool matches(const struct device_search *search, HKEY device)
{
    if (search->flags & CM_GETIDLIST_FILTER_PRESENT && !configuration_is_present(device))
        return false;
    if (search->flags & CM_GETIDLIST_FILTER_SERVICE)
        return has_value(device, L"Service", search->filter);
    if (search->flags & CM_GETIDLIST_FILTER_CLASS)
        return has_value(device, L"ClassGUID", search->filter);
    return true;
}

/* The keys below Enum: enumerators, devices, instances. `path` has room for one more name. */
static void walk(struct device_search *search, HKEY key, WCHAR *path, ULONG length, ULONG depth)
{
    WCHAR name[MAX_DEVICE_ID_LEN];
    DWORD size = ARRAY_COUNT(name);

    for (DWORD i = 0; RegEnumKeyExW(key, i, name, &size, NULL, NULL, NULL, NULL) == ERROR_SUCCESS;
         i++, size = ARRAY_COUNT(name)) {
        ULONG end = length + size;
        HKEY child;

        if (end + 2 >= MAX_DEVICE_ID_LEN)
            continue;
        for (DWORD c = 0; c <= size; c++)
            path[length + c] = RtlUpcaseUnicodeChar(name[c]);
        if (RegOpenKeyExW(key, name, 0, KEY_READ, &child) != ERROR_SUCCESS)
            continue;
        if (depth == 3) {
            if (matches(search, child))
                configuration_add(&search->list, path);
        } else {
            path[end] = L'\\';
            walk(search, child, path, end + 1, depth + 1);
        }
        RegCloseKey(child);
    }
}

/* How deep a filter of an enumerator goes: ROOT, ROOT\DEVICE. */
static ULONG depth_of(const WCHAR *id)
{
    ULONG depth = 1;

    for (; *id != 0; id++)
        depth += *id == L'\\';
    return depth;
}

static void search_devices(struct device_search *search)
{
    WCHAR path[MAX_DEVICE_ID_LEN] = {0}, start[CONFIGURATION_TEXT] = CONFIGURATION_ENUM;
    ULONG length = 0, depth = 1;
    HKEY key;

    if (search->flags & CM_GETIDLIST_FILTER_ENUMERATOR) {
        depth = depth_of(search->filter) + 1;
        length = (ULONG)wcslen(search->filter) + 1;
        if (depth > 3 || length >= MAX_DEVICE_ID_LEN)
            return;
        _snwprintf(start, ARRAY_COUNT(start) - 1, CONFIGURATION_ENUM L"\\%s", search->filter);
        for (ULONG i = 0; i + 1 < length; i++)
            path[i] = RtlUpcaseUnicodeChar(search->filter[i]);
        path[length - 1] = L'\\';
    }
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, start, 0, KEY_READ, &key) != ERROR_SUCCESS)
        return;
    walk(search, key, path, length, depth);
    RegCloseKey(key);
}

static CONFIGRET check_search(const struct device_search *search)
{
    const ULONG texts =
        CM_GETIDLIST_FILTER_ENUMERATOR | CM_GETIDLIST_FILTER_SERVICE | CM_GETIDLIST_FILTER_CLASS;
    ULONG kind = search->flags & texts;

    if (search->flags & ~(texts | CM_GETIDLIST_FILTER_PRESENT | CM_GETIDLIST_DONOTGENERATE))
        return search->flags & ~(ULONG)CM_GETIDLIST_FILTER_BITS ? CR_INVALID_FLAG
                                                                : CR_CALL_NOT_IMPLEMENTED;
    if (kind & (kind - 1)) /* two of them */
        return CR_INVALID_FLAG;
    if (kind != 0 && (search->filter == NULL || search->filter[0] == 0))
        return CR_INVALID_POINTER;
    return CR_SUCCESS;
}

/* The ids of the devices that the filter lets pass. `size` in characters. */
CONFIGRET WINAPI CM_Get_Device_ID_ListW(PCWSTR filter, PWCHAR buffer, ULONG size, ULONG flags)
{
    struct device_search search = {filter, flags, {buffer, size, 0}};
    CONFIGRET result = check_search(&search);

    if (buffer == NULL || size == 0)
        return CR_INVALID_POINTER;
    if (result != CR_SUCCESS)
        return result;
    search_devices(&search);
    return configuration_finish(&search.list);
}
NT_EXPORT(CM_Get_Device_ID_ListW, 0, "wpuu");

/* Characters that CM_Get_Device_ID_ListW needs. */
CONFIGRET WINAPI CM_Get_Device_ID_List_SizeW(PULONG length, PCWSTR filter, ULONG flags)
{
    struct device_search search = {filter, flags, {NULL, 0, 0}};
    CONFIGRET result = check_search(&search);

    if (length == NULL)
        return CR_INVALID_POINTER;
    if (result != CR_SUCCESS)
        return result;
    search_devices(&search);
    configuration_finish(&search.list);
    *length = search.list.used;
    return CR_SUCCESS;
}
NT_EXPORT(CM_Get_Device_ID_List_SizeW, 0, "pwu");

/* ---- interfaces ---- */

struct interface_search {
    const WCHAR *device; /* NULL or empty: of all devices */
    bool all;            /* disabled ones too */
    struct configuration_list list;
};

static bool is_enabled(HKEY interface_key)
{
    DWORD linked = 0, size = sizeof(linked);
    HKEY control;

    if (RegOpenKeyExW(interface_key, L"Control", 0, KEY_READ, &control) != ERROR_SUCCESS)
        return false;
    if (RegQueryValueExW(control, L"Linked", NULL, NULL, (BYTE *)&linked, &size) != ERROR_SUCCESS)
        linked = 0;
    RegCloseKey(control);
    return linked != 0;
}

/* The keys # and #reference of one device in one class. */
static void search_device(struct interface_search *search, HKEY device)
{
    WCHAR name[CONFIGURATION_TEXT], link[CONFIGURATION_TEXT];
    DWORD size = ARRAY_COUNT(name);

    for (DWORD i = 0;
         RegEnumKeyExW(device, i, name, &size, NULL, NULL, NULL, NULL) == ERROR_SUCCESS;
         i++, size = ARRAY_COUNT(name)) {
        HKEY key;

        if (name[0] != L'#' || RegOpenKeyExW(device, name, 0, KEY_READ, &key) != ERROR_SUCCESS)
            continue;
        if ((search->all || is_enabled(key)) &&
            configuration_read_text(key, L"SymbolicLink", link, ARRAY_COUNT(link)))
            configuration_add(&search->list, link);
        RegCloseKey(key);
    }
}

static HKEY open_class(const GUID *guid)
{
    WCHAR path[CONFIGURATION_TEXT];
    HKEY key;

    _snwprintf(path, ARRAY_COUNT(path),
               CONFIGURATION_CLASSES L"\\{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}",
               guid->Data1, guid->Data2, guid->Data3, guid->Data4[0], guid->Data4[1],
               guid->Data4[2], guid->Data4[3], guid->Data4[4], guid->Data4[5], guid->Data4[6],
               guid->Data4[7]);
    return RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &key) == ERROR_SUCCESS ? key : NULL;
}

static void search_class(struct interface_search *search, const GUID *guid)
{
    WCHAR name[CONFIGURATION_TEXT], instance[CONFIGURATION_TEXT];
    bool any = search->device == NULL || search->device[0] == 0;
    DWORD size = ARRAY_COUNT(name);
    HKEY class_key = open_class(guid), device;

    if (class_key == NULL)
        return;
    for (DWORD i = 0;
         RegEnumKeyExW(class_key, i, name, &size, NULL, NULL, NULL, NULL) == ERROR_SUCCESS;
         i++, size = ARRAY_COUNT(name)) {
        if (RegOpenKeyExW(class_key, name, 0, KEY_READ, &device) != ERROR_SUCCESS)
            continue;
        if (any ||
            (configuration_read_text(device, L"DeviceInstance", instance, ARRAY_COUNT(instance)) &&
             configuration_same(instance, search->device)))
            search_device(search, device);
        RegCloseKey(device);
    }
    RegCloseKey(class_key);
}

/* The names of a class's interfaces: those that are enabled, or all. `size` in characters. */
CONFIGRET WINAPI CM_Get_Device_Interface_ListW(LPGUID guid, DEVINSTID_W device, PWCHAR buffer,
                                               ULONG size, ULONG flags)
{
    struct interface_search search = {
        device, flags == CM_GET_DEVICE_INTERFACE_LIST_ALL_DEVICES, {buffer, size, 0}};

    if (guid == NULL || buffer == NULL || size == 0)
        return CR_INVALID_POINTER;
    if (flags & ~(ULONG)CM_GET_DEVICE_INTERFACE_LIST_BITS)
        return CR_INVALID_FLAG;
    search_class(&search, guid);
    return configuration_finish(&search.list);
}
NT_EXPORT(CM_Get_Device_Interface_ListW, 0, "pwpuu");

/* Characters that CM_Get_Device_Interface_ListW needs. */
CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeW(PULONG length, LPGUID guid, DEVINSTID_W device,
                                                    ULONG flags)
{
    struct interface_search search = {
        device, flags == CM_GET_DEVICE_INTERFACE_LIST_ALL_DEVICES, {NULL, 0, 0}};

    if (length == NULL || guid == NULL)
        return CR_INVALID_POINTER;
    if (flags & ~(ULONG)CM_GET_DEVICE_INTERFACE_LIST_BITS)
        return CR_INVALID_FLAG;
    search_class(&search, guid);
    configuration_finish(&search.list);
    *length = search.list.used;
    return CR_SUCCESS;
}
NT_EXPORT(CM_Get_Device_Interface_List_SizeW, 0, "ppwu");
