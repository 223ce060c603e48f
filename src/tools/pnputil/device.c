/* Devices as the registry has them: Enum\<instance>, and the driver's key below Control\Class. See
 * pnputil.h. */
#include "pnputil.h"

#include <cfgmgr32.h>
#include <stdio.h>

static void get_text(const WCHAR *path, const WCHAR *name, WCHAR text[TEXT_CHARACTERS])
{
    DWORD size = TEXT_CHARACTERS * sizeof(WCHAR);

    text[0] = 0;
    if (RegGetValueW(HKEY_LOCAL_MACHINE, path, name, RRF_RT_REG_SZ, NULL, text, &size) !=
        ERROR_SUCCESS)
        text[0] = 0;
}

bool device_read(const WCHAR *instance, struct device *device)
{
    WCHAR path[2 * TEXT_CHARACTERS] = {0};
    ULONG status, problem;
    DEVINST node;

    *device = (struct device){0};
    if (CM_Locate_DevNodeW(&node, (WCHAR *)instance, CM_LOCATE_DEVNODE_PHANTOM) != CR_SUCCESS)
        return false;
    _snwprintf(device->instance, TEXT_CHARACTERS - 1, L"%ls", instance);
    _snwprintf(path, ARRAYSIZE(path) - 1, CONTROL_SET L"Enum\\%ls", instance);
    get_text(path, L"DeviceDesc", device->description);
    get_text(path, L"Class", device->class_name);
    get_text(path, L"ClassGUID", device->class_guid);
    get_text(path, L"Mfg", device->manufacturer);
    get_text(path, L"Service", device->service);
    get_text(path, L"Driver", device->driver_key);
    if (device->driver_key[0]) {
        _snwprintf(path, ARRAYSIZE(path) - 1, CONTROL_SET L"Control\\Class\\%ls",
                   device->driver_key);
        get_text(path, L"InfPath", device->published);
    }
    device->is_started =
        CM_Get_DevNode_Status(&status, &problem, node, 0) == CR_SUCCESS && status & DN_STARTED;
    return true;
}

bool device_list_open(struct device_list *list)
{
    ULONG size = 0;

    if (CM_Get_Device_ID_List_SizeW(&size, NULL, CM_GETIDLIST_FILTER_NONE) != CR_SUCCESS)
        return false;
    list->ids = pnp_allocate((size + 1) * sizeof(WCHAR));
    list->next = list->ids;
    return CM_Get_Device_ID_ListW(NULL, list->ids, size, CM_GETIDLIST_FILTER_NONE) == CR_SUCCESS;
}

bool device_list_next(struct device_list *list, struct device *device)
{
    while (*list->next) {
        const WCHAR *id = list->next;

        list->next += wcslen(id) + 1;
        if (device_read(id, device))
            return true;
    }
    return false;
}

void device_list_close(struct device_list *list)
{
    free(list->ids);
}

DWORD device_open_key(const WCHAR *path, HKEY *key)
{
    WCHAR full[2 * TEXT_CHARACTERS] = {0};

    _snwprintf(full, ARRAYSIZE(full) - 1, CONTROL_SET L"%ls", path);
    return (DWORD)RegCreateKeyExW(HKEY_LOCAL_MACHINE, full, 0, NULL, 0, KEY_READ | KEY_WRITE, NULL,
                                  key, NULL);
}

DWORD device_set_text(HKEY key, const WCHAR *name, DWORD type, const WCHAR *text)
{
    size_t length = wcslen(text) + 1;
    WCHAR *list = pnp_allocate((length + 1) * sizeof(WCHAR)); /* one string, and a list's end */
    LSTATUS error;

    wcscpy(list, text);
    error = RegSetValueExW(key, name, 0, type, (const BYTE *)list,
                           (DWORD)((length + (type == REG_MULTI_SZ)) * sizeof(WCHAR)));
    free(list);
    return (DWORD)error;
}

static DWORD delete_key(const WCHAR *folder, const WCHAR *name)
{
    WCHAR path[2 * TEXT_CHARACTERS] = {0};
    LSTATUS error;

    _snwprintf(path, ARRAYSIZE(path) - 1, CONTROL_SET L"%ls\\%ls", folder, name);
    error = RegDeleteTreeW(HKEY_LOCAL_MACHINE, path);
    return error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : (DWORD)error;
}

DWORD device_forget(const struct device *device)
{
    WCHAR path[2 * TEXT_CHARACTERS] = {0};
    DWORD error = delete_key(L"Enum", device->instance);

    if (error == ERROR_SUCCESS && device->driver_key[0])
        error = delete_key(L"Control\\Class", device->driver_key);
    /* The key of the hardware goes with its last instance: it cannot be deleted before. */
    _snwprintf(path, ARRAYSIZE(path) - 1, CONTROL_SET L"Enum\\%ls", device->instance);
    *wcsrchr(path, L'\\') = 0;
    RegDeleteKeyW(HKEY_LOCAL_MACHINE, path);
    return error;
}
