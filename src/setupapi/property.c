/* Properties of a device: SPDRP_x is CM_DRP_x - 1. See setup.h. */
#include "setup.h"

static BOOL finish(CONFIGRET result)
{
    switch (result) {
    case CR_SUCCESS:
        return TRUE;
    case CR_BUFFER_SMALL:
        return setup_error(ERROR_INSUFFICIENT_BUFFER);
    case CR_NO_SUCH_VALUE:
        return setup_error(ERROR_INVALID_DATA);
    case CR_INVALID_PROPERTY:
        return setup_error(ERROR_INVALID_REG_PROPERTY);
    case CR_OUT_OF_MEMORY:
        return setup_error(ERROR_NOT_ENOUGH_MEMORY);
    default:
        return setup_error(ERROR_NO_SUCH_DEVINST);
    }
}

typedef CONFIGRET WINAPI read_property(DEVINST device, ULONG property, PULONG type, PVOID buffer,
                                       PULONG length, ULONG flags);

static BOOL get_property(HDEVINFO handle, PSP_DEVINFO_DATA data, DWORD property, PDWORD type,
                         PBYTE buffer, DWORD size, PDWORD required, read_property *read)
{
    struct setup_set *set = setup_set_of(handle);
    struct setup_device *device = set != NULL ? setup_device_of(set, data) : NULL;
    ULONG length = size;
    CONFIGRET result;

    if (device == NULL)
        return FALSE;
    if (buffer == NULL && size != 0)
        return setup_error(ERROR_INVALID_USER_BUFFER);
    if (property >= SPDRP_MAXIMUM_PROPERTY)
        return setup_error(ERROR_INVALID_REG_PROPERTY);
    result = read(device->instance, property + 1, type, buffer, &length, 0);
    if (required != NULL)
        *required = length;
    return finish(result);
}

/* A property of a device. Sizes in bytes. */
WINBOOL WINAPI SetupDiGetDeviceRegistryPropertyW(HDEVINFO handle, PSP_DEVINFO_DATA data,
                                                 DWORD property, PDWORD type, PBYTE buffer,
                                                 DWORD size, PDWORD required)
{
    return get_property(handle, data, property, type, buffer, size, required,
                        CM_Get_DevNode_Registry_PropertyW);
}
NT_EXPORT(SetupDiGetDeviceRegistryPropertyW, 0, "hpuppup");

/* The same; text comes back narrow. */
WINBOOL WINAPI SetupDiGetDeviceRegistryPropertyA(HDEVINFO handle, PSP_DEVINFO_DATA data,
                                                 DWORD property, PDWORD type, PBYTE buffer,
                                                 DWORD size, PDWORD required)
{
    return get_property(handle, data, property, type, buffer, size, required,
                        CM_Get_DevNode_Registry_PropertyA);
}
NT_EXPORT(SetupDiGetDeviceRegistryPropertyA, 0, "hpuppup");
