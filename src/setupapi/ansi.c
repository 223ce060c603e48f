/* The same functions with narrow strings. See setup.h. */
#include "setup.h"

HDEVINFO WINAPI SetupDiGetClassDevsA(const GUID *class_guid, PCSTR enumerator, HWND window,
                                     DWORD flags)
{
    HDEVINFO set = INVALID_HANDLE_VALUE;
    WCHAR *wide;

    if (setup_widen(enumerator, &wide))
        set = SetupDiGetClassDevsW(class_guid, wide, window, flags);
    setup_free(wide);
    return set;
}
NT_EXPORT(SetupDiGetClassDevsA, 0, "pshu");

WINBOOL WINAPI SetupDiGetDeviceInterfaceDetailA(HDEVINFO handle, PSP_DEVICE_INTERFACE_DATA data,
                                                PSP_DEVICE_INTERFACE_DETAIL_DATA_A detail,
                                                DWORD size, PDWORD required,
                                                PSP_DEVINFO_DATA device_data)
{
    struct setup_set *set = setup_set_of(handle);
    struct setup_interface *entry = set != NULL ? setup_interface_of(set, data) : NULL;
    DWORD length, needed;

    if (entry == NULL)
        return FALSE;
    if ((detail == NULL) != (size == 0) || (detail != NULL && detail->cbSize != sizeof(*detail)) ||
        (device_data != NULL && device_data->cbSize != sizeof(*device_data)))
        return setup_error(ERROR_INVALID_USER_BUFFER);
    length = (DWORD)wcslen(entry->path) + 1;
    needed = FIELD_OFFSET(SP_DEVICE_INTERFACE_DETAIL_DATA_A, DevicePath) + length;
    if (required != NULL)
        *required = needed;
    if (device_data != NULL)
        setup_fill_device(device_data, entry->device);
    if (size < needed)
        return setup_error(ERROR_INSUFFICIENT_BUFFER);
    WideCharToMultiByte(CP_ACP, 0, entry->path, (int)length, detail->DevicePath, (int)length, NULL,
                        NULL);
    return TRUE;
}
NT_EXPORT(SetupDiGetDeviceInterfaceDetailA, 0, "hppupp");

WINBOOL WINAPI SetupDiGetDeviceInstanceIdA(HDEVINFO handle, PSP_DEVINFO_DATA data, PSTR id,
                                           DWORD size, PDWORD required)
{
    WCHAR wide[MAX_DEVICE_ID_LEN + 1];
    DWORD length;

    if ((id == NULL) != (size == 0))
        return setup_error(ERROR_INVALID_USER_BUFFER);
    if (!SetupDiGetDeviceInstanceIdW(handle, data, wide, ARRAY_COUNT(wide), &length))
        return FALSE;
    if (required != NULL)
        *required = length;
    if (size < length)
        return setup_error(ERROR_INSUFFICIENT_BUFFER);
    WideCharToMultiByte(CP_ACP, 0, wide, (int)length, id, (int)length, NULL, NULL);
    return TRUE;
}
NT_EXPORT(SetupDiGetDeviceInstanceIdA, 0, "hppup");
