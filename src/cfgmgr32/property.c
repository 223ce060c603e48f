/* Properties of devices, and errors. See configuration.h. */
#include "configuration.h"

#include <setupapi.h> /* error codes of devices */

/* Values of a device's key below Enum, or of its subkey Control. */
static const struct {
    ULONG property;
    const WCHAR *value;
    bool control;
} properties[] = {
    {CM_DRP_DEVICEDESC, L"DeviceDesc", false},
    {CM_DRP_HARDWAREID, L"HardwareID", false},
    {CM_DRP_COMPATIBLEIDS, L"CompatibleIDs", false},
    {CM_DRP_SERVICE, L"Service", false},
    {CM_DRP_CLASS, L"Class", false},
    {CM_DRP_CLASSGUID, L"ClassGUID", false},
    {CM_DRP_DRIVER, L"Driver", false},
    {CM_DRP_CONFIGFLAGS, L"ConfigFlags", false},
    {CM_DRP_MFG, L"Mfg", false},
    {CM_DRP_FRIENDLYNAME, L"FriendlyName", false},
    {CM_DRP_LOCATION_INFORMATION, L"LocationInformation", false},
    {CM_DRP_PHYSICAL_DEVICE_OBJECT_NAME, L"PhysicalDeviceObjectName", true},
    {CM_DRP_CAPABILITIES, L"Capabilities", false},
    {CM_DRP_UI_NUMBER, L"UINumber", false},
    {CM_DRP_UPPERFILTERS, L"UpperFilters", false},
    {CM_DRP_LOWERFILTERS, L"LowerFilters", false},
    {CM_DRP_SECURITY, L"Security", false},
    {CM_DRP_DEVTYPE, L"DeviceType", false},
    {CM_DRP_EXCLUSIVE, L"Exclusive", false},
    {CM_DRP_CHARACTERISTICS, L"DeviceCharacteristics", false},
    {CM_DRP_ADDRESS, L"Address", false},
    {CM_DRP_BASE_CONTAINERID, L"ContainerID", false},
};

static CONFIGRET read_value(HKEY key, const WCHAR *name, ULONG *type, void *buffer, ULONG *length)
{
    DWORD room = *length, found;
    LSTATUS error = RegQueryValueExW(key, name, NULL, &found, NULL, length);

    if (error != ERROR_SUCCESS) {
        *length = 0;
        return CR_NO_SUCH_VALUE;
    }
    if (type != NULL)
        *type = found;
    if (room < *length || buffer == NULL)
        return CR_BUFFER_SMALL;
    error = RegQueryValueExW(key, name, NULL, &found, buffer, length);
    return error == ERROR_SUCCESS ? CR_SUCCESS : CR_REGISTRY_ERROR;
}

/* The first part of the id. */
static CONFIGRET read_enumerator(const WCHAR *id, ULONG *type, void *buffer, ULONG *length)
{
    ULONG characters = (ULONG)wcscspn(id, L"\\"), room = *length;

    *length = (characters + 1) * sizeof(WCHAR);
    if (type != NULL)
        *type = REG_SZ;
    if (room < *length || buffer == NULL)
        return CR_BUFFER_SMALL;
    memcpy(buffer, id, characters * sizeof(WCHAR));
    ((WCHAR *)buffer)[characters] = 0;
    return CR_SUCCESS;
}

static CONFIGRET read_property(const WCHAR *id, ULONG row, ULONG *type, void *buffer, ULONG *length)
{
    HKEY device = configuration_open_device(id), key = device;
    CONFIGRET result;

    if (device == NULL)
        return CR_NO_SUCH_DEVNODE;
    if (properties[row].control &&
        RegOpenKeyExW(device, L"Control", 0, KEY_READ, &key) != ERROR_SUCCESS) {
        RegCloseKey(device);
        *length = 0;
        return CR_NO_SUCH_VALUE;
    }
    result = read_value(key, properties[row].value, type, buffer, length);
    if (key != device)
        RegCloseKey(key);
    RegCloseKey(device);
    return result;
}

/* A property of a device. *length in bytes: the room, then what the property needs. */
CONFIGRET WINAPI CM_Get_DevNode_Registry_PropertyW(DEVINST device, ULONG property, PULONG type,
                                                   PVOID buffer, PULONG length, ULONG flags)
{
    const WCHAR *id = configuration_device_id(device);

    if (id == NULL)
        return CR_INVALID_DEVNODE;
    if (length == NULL || (buffer == NULL && *length != 0))
        return CR_INVALID_POINTER;
    if (flags != 0)
        return CR_INVALID_FLAG;
    if (property < CM_DRP_MIN || property > CM_DRP_BASE_CONTAINERID)
        return CR_INVALID_PROPERTY;
    if (property == CM_DRP_ENUMERATOR_NAME)
        return read_enumerator(id, type, buffer, length);
    for (ULONG i = 0; i < ARRAY_COUNT(properties); i++)
        if (properties[i].property == property)
            return read_property(id, i, type, buffer, length);
    *length = 0;
    return CR_NO_SUCH_VALUE;
}
NT_EXPORT(CM_Get_DevNode_Registry_PropertyW, 0, "uupppu");

/* A Win32 error for a result of the CM_… functions. */
DWORD WINAPI CM_MapCrToWin32Err(CONFIGRET result, DWORD otherwise);
DWORD WINAPI CM_MapCrToWin32Err(CONFIGRET result, DWORD otherwise)
{
    static const struct {
        CONFIGRET result;
        DWORD error;
    } errors[] = {
        {CR_SUCCESS, ERROR_SUCCESS},
        {CR_OUT_OF_MEMORY, ERROR_NOT_ENOUGH_MEMORY},
        {CR_INVALID_POINTER, ERROR_INVALID_USER_BUFFER},
        {CR_INVALID_FLAG, ERROR_INVALID_FLAGS},
        {CR_INVALID_DEVNODE, ERROR_NO_SUCH_DEVINST},
        {CR_NO_SUCH_DEVNODE, ERROR_NO_SUCH_DEVINST},
        {CR_INVALID_DEVICE_ID, ERROR_INVALID_DEVINST_NAME},
        {CR_BUFFER_SMALL, ERROR_INSUFFICIENT_BUFFER},
        {CR_NO_SUCH_VALUE, ERROR_NOT_FOUND},
        {CR_INVALID_PROPERTY, ERROR_INVALID_REG_PROPERTY},
        {CR_NO_SUCH_DEVICE_INTERFACE, ERROR_NO_SUCH_DEVICE_INTERFACE},
        {CR_CALL_NOT_IMPLEMENTED, ERROR_CALL_NOT_IMPLEMENTED},
        {CR_ACCESS_DENIED, ERROR_ACCESS_DENIED},
    };

    for (ULONG i = 0; i < ARRAY_COUNT(errors); i++)
        if (errors[i].result == result)
            return errors[i].error;
    return otherwise;
}
NT_EXPORT(CM_MapCrToWin32Err, 0, "uu");
