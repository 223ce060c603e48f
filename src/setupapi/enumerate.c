/* What is in a set. See setup.h. */
#include "setup.h"

struct setup_device *setup_device_of(struct setup_set *set, const SP_DEVINFO_DATA *data)
{
    if (data == NULL || data->cbSize != sizeof(*data)) {
        setup_error(data == NULL ? ERROR_INVALID_PARAMETER : ERROR_INVALID_USER_BUFFER);
        return NULL;
    }
    for (LIST_ENTRY *link = set->devices.Flink; link != &set->devices; link = link->Flink)
        if ((ULONG_PTR)link == data->Reserved)
            return CONTAINING_RECORD(link, struct setup_device, link);
    setup_error(ERROR_INVALID_PARAMETER);
    return NULL;
}

struct setup_interface *setup_interface_of(struct setup_set *set,
                                           const SP_DEVICE_INTERFACE_DATA *data)
{
    if (data == NULL || data->cbSize != sizeof(*data)) {
        setup_error(data == NULL ? ERROR_INVALID_PARAMETER : ERROR_INVALID_USER_BUFFER);
        return NULL;
    }
    for (LIST_ENTRY *link = set->interfaces.Flink; link != &set->interfaces; link = link->Flink)
        if ((ULONG_PTR)link == data->Reserved)
            return CONTAINING_RECORD(link, struct setup_interface, link);
    setup_error(ERROR_INVALID_PARAMETER);
    return NULL;
}

void setup_fill_device(SP_DEVINFO_DATA *data, struct setup_device *device)
{
    data->ClassGuid = device->class_guid;
    data->DevInst = device->instance;
    data->Reserved = (ULONG_PTR)&device->link;
}

/* The index-th device of a set. */
WINBOOL WINAPI SetupDiEnumDeviceInfo(HDEVINFO handle, DWORD index, PSP_DEVINFO_DATA data)
{
    struct setup_set *set = setup_set_of(handle);
    LIST_ENTRY *link;

    if (set == NULL)
        return FALSE;
    if (data == NULL)
        return setup_error(ERROR_INVALID_PARAMETER);
    if (data->cbSize != sizeof(*data))
        return setup_error(ERROR_INVALID_USER_BUFFER);
    for (link = set->devices.Flink; link != &set->devices && index != 0; link = link->Flink)
        index--;
    if (link == &set->devices)
        return setup_error(ERROR_NO_MORE_ITEMS);
    setup_fill_device(data, CONTAINING_RECORD(link, struct setup_device, link));
    return TRUE;
}
NT_EXPORT(SetupDiEnumDeviceInfo, 0, "hup");

static void fill_interface(SP_DEVICE_INTERFACE_DATA *data, struct setup_interface *entry)
{
    data->InterfaceClassGuid = entry->class_guid;
    data->Flags = entry->flags;
    data->Reserved = (ULONG_PTR)&entry->link;
}

/* The index-th interface of a class in a set, or of one device in it. */
WINBOOL WINAPI SetupDiEnumDeviceInterfaces(HDEVINFO handle, PSP_DEVINFO_DATA device_data,
                                           const GUID *class_guid, DWORD index,
                                           PSP_DEVICE_INTERFACE_DATA data)
{
    struct setup_set *set = setup_set_of(handle);
    struct setup_device *device = NULL;

    if (set == NULL)
        return FALSE;
    if (class_guid == NULL || data == NULL)
        return setup_error(ERROR_INVALID_PARAMETER);
    if (data->cbSize != sizeof(*data))
        return setup_error(ERROR_INVALID_USER_BUFFER);
    if (device_data != NULL && (device = setup_device_of(set, device_data)) == NULL)
        return FALSE;
    for (LIST_ENTRY *link = set->interfaces.Flink; link != &set->interfaces; link = link->Flink) {
        struct setup_interface *entry = CONTAINING_RECORD(link, struct setup_interface, link);

        if ((device != NULL && entry->device != device) ||
            memcmp(&entry->class_guid, class_guid, sizeof(GUID)) != 0 || index-- != 0)
            continue;
        fill_interface(data, entry);
        return TRUE;
    }
    return setup_error(ERROR_NO_MORE_ITEMS);
}
NT_EXPORT(SetupDiEnumDeviceInterfaces, 0, "hppup");

/* The path to open an interface with, and its device. Sizes in bytes. */
WINBOOL WINAPI SetupDiGetDeviceInterfaceDetailW(HDEVINFO handle, PSP_DEVICE_INTERFACE_DATA data,
                                                PSP_DEVICE_INTERFACE_DETAIL_DATA_W detail,
                                                DWORD size, PDWORD required,
                                                PSP_DEVINFO_DATA device_data)
{
    struct setup_set *set = setup_set_of(handle);
    struct setup_interface *entry = set != NULL ? setup_interface_of(set, data) : NULL;
    DWORD bytes, needed;

    if (entry == NULL)
        return FALSE;
    if ((detail == NULL) != (size == 0) || (detail != NULL && detail->cbSize != sizeof(*detail)) ||
        (device_data != NULL && device_data->cbSize != sizeof(*device_data)))
        return setup_error(ERROR_INVALID_USER_BUFFER);
    bytes = (DWORD)(wcslen(entry->path) + 1) * sizeof(WCHAR);
    needed = FIELD_OFFSET(SP_DEVICE_INTERFACE_DETAIL_DATA_W, DevicePath) + bytes;
    if (required != NULL)
        *required = needed;
    if (device_data != NULL)
        setup_fill_device(device_data, entry->device);
    if (size < needed)
        return setup_error(ERROR_INSUFFICIENT_BUFFER);
    memcpy(detail->DevicePath, entry->path, bytes);
    return TRUE;
}
NT_EXPORT(SetupDiGetDeviceInterfaceDetailW, 0, "hppupp");

/* The id of a device. Sizes in characters. */
WINBOOL WINAPI SetupDiGetDeviceInstanceIdW(HDEVINFO handle, PSP_DEVINFO_DATA data, PWSTR id,
                                           DWORD size, PDWORD required)
{
    struct setup_set *set = setup_set_of(handle);
    struct setup_device *device = set != NULL ? setup_device_of(set, data) : NULL;
    ULONG length = 0;

    if (device == NULL)
        return FALSE;
    if ((id == NULL) != (size == 0))
        return setup_error(ERROR_INVALID_USER_BUFFER);
    if (CM_Get_Device_ID_Size(&length, device->instance, 0) != CR_SUCCESS)
        return setup_error(ERROR_NO_SUCH_DEVINST);
    if (required != NULL)
        *required = length + 1;
    if (size < length + 1)
        return setup_error(ERROR_INSUFFICIENT_BUFFER);
    return CM_Get_Device_IDW(device->instance, id, size, 0) == CR_SUCCESS;
}
NT_EXPORT(SetupDiGetDeviceInstanceIdW, 0, "hppup");
