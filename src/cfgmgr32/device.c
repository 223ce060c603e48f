/*
 * Device instances. A DEVINST is the number of an id that this process has asked for; it is never
 * given back, as on Windows. See configuration.h.
 */
#include "configuration.h"

#define GROWTH 16

static struct {
    RTL_SRWLOCK lock;
    WCHAR **ids; /* DEVINST n is ids[n - 1] */
    ULONG count;
} devices;

/* Makes room for one more. */
static bool grow(void)
{
    WCHAR **ids;

    if (devices.count % GROWTH != 0)
        return true;
    ids = configuration_allocate((devices.count + GROWTH) * sizeof(WCHAR *));
    if (ids == NULL)
        return false;
    if (devices.count != 0)
        memcpy(ids, devices.ids, devices.count * sizeof(WCHAR *));
    configuration_free(devices.ids);
    devices.ids = ids;
    return true;
}

/* The number of an id; 0 without memory. Ids are kept in upper case. */
static DEVINST number_of(const WCHAR *id)
{
    SIZE_T length = wcslen(id) + 1;
    WCHAR *copy;

    for (ULONG i = 0; i < devices.count; i++)
        if (configuration_same(devices.ids[i], id))
            return i + 1;
    copy = configuration_allocate(length * sizeof(WCHAR));
    if (copy == NULL || !grow()) {
        configuration_free(copy);
        return 0;
    }
    for (SIZE_T i = 0; i < length; i++)
        copy[i] = RtlUpcaseUnicodeChar(id[i]);
    devices.ids[devices.count++] = copy;
    return devices.count;
}

const WCHAR *configuration_device_id(DEVINST device)
{
    const WCHAR *id = NULL;

    RtlAcquireSRWLockShared(&devices.lock);
    if (device != 0 && device <= devices.count)
        id = devices.ids[device - 1];
    RtlReleaseSRWLockShared(&devices.lock);
    return id;
}

/* ENUMERATOR\DEVICE\INSTANCE */
static bool is_well_formed(const WCHAR *id)
{
    ULONG separators = 0;
    SIZE_T length = wcslen(id);

    for (SIZE_T i = 0; i < length; i++)
        if (id[i] == L'\\' && (i == 0 || id[i - 1] == L'\\' || i + 1 == length))
            return false;
        else
            separators += id[i] == L'\\';
    return separators == 2 && length < MAX_DEVICE_ID_LEN;
}

static CONFIGRET check_device(const WCHAR *id, ULONG flags)
{
    HKEY key;
    bool present;

    if (configuration_same(id, CONFIGURATION_ROOT))
        return CR_SUCCESS;
    if (!is_well_formed(id))
        return CR_INVALID_DEVICE_ID;
    key = configuration_open_device(id);
    if (key == NULL)
        return CR_NO_SUCH_DEVNODE;
    present = configuration_is_present(key);
    RegCloseKey(key);
    return present || flags & CM_LOCATE_DEVNODE_PHANTOM ? CR_SUCCESS : CR_NO_SUCH_DEVNODE;
}

/* A handle of the device with that id; NULL means the root of all devices. */
CONFIGRET WINAPI CM_Locate_DevNodeW(PDEVINST device, DEVINSTID_W id, ULONG flags)
{
    const WCHAR *wanted = id != NULL && id[0] != 0 ? id : CONFIGURATION_ROOT;
    CONFIGRET result;

    if (device == NULL)
        return CR_INVALID_POINTER;
    *device = 0;
    if (flags & ~(ULONG)CM_LOCATE_DEVNODE_BITS)
        return CR_INVALID_FLAG;
    result = check_device(wanted, flags);
    if (result != CR_SUCCESS)
        return result;
    RtlAcquireSRWLockExclusive(&devices.lock);
    *device = number_of(wanted);
    RtlReleaseSRWLockExclusive(&devices.lock);
    return *device != 0 ? CR_SUCCESS : CR_OUT_OF_MEMORY;
}
NT_EXPORT(CM_Locate_DevNodeW, 0, "pwu");

/* The id of a device. `size` in characters; an id that just fits gets no zero. */
CONFIGRET WINAPI CM_Get_Device_IDW(DEVINST device, PWCHAR buffer, ULONG size, ULONG flags)
{
    const WCHAR *id = configuration_device_id(device);
    ULONG length;

    if (id == NULL)
        return CR_INVALID_DEVNODE;
    if (buffer == NULL)
        return CR_INVALID_POINTER;
    if (flags != 0)
        return CR_INVALID_FLAG;
    length = (ULONG)wcslen(id);
    memcpy(buffer, id, (length + 1 <= size ? length + 1 : size) * sizeof(WCHAR));
    return length <= size ? CR_SUCCESS : CR_BUFFER_SMALL;
}
NT_EXPORT(CM_Get_Device_IDW, 0, "upuu");

/* Characters of a device's id, without the zero. */
CONFIGRET WINAPI CM_Get_Device_ID_Size(PULONG length, DEVINST device, ULONG flags)
{
    const WCHAR *id = configuration_device_id(device);

    if (length == NULL)
        return CR_INVALID_POINTER;
    if (id == NULL)
        return CR_INVALID_DEVNODE;
    if (flags != 0)
        return CR_INVALID_FLAG;
    *length = (ULONG)wcslen(id);
    return CR_SUCCESS;
}
NT_EXPORT(CM_Get_Device_ID_Size, 0, "puu");

/* Problems of a device whose driver is loaded nevertheless. */
static bool is_loaded(ULONG problem)
{
    return problem == 0 || problem == CM_PROB_FAILED_START || problem == CM_PROB_NORMAL_CONFLICT ||
           problem == CM_PROB_FAILED_POST_START;
}

/* What a device does, and why it does not work. */
CONFIGRET WINAPI CM_Get_DevNode_Status(PULONG status, PULONG problem, DEVINST device, ULONG flags)
{
    static const WCHAR root[] = L"ROOT\\";
    const WCHAR *id = configuration_device_id(device);
    DWORD size = sizeof(*problem);
    HKEY key = NULL;
    bool present;

    if (status == NULL || problem == NULL)
        return CR_INVALID_POINTER;
    if (id == NULL)
        return CR_INVALID_DEVNODE;
    if (flags != 0)
        return CR_INVALID_FLAG;
    *problem = 0;
    present = configuration_same(id, CONFIGURATION_ROOT);
    if (!present && (key = configuration_open_device(id)) != NULL)
        present = configuration_is_present(key);
    if (key != NULL) {
        if (RegGetValueW(key, L"Control", L"Problem", RRF_RT_REG_DWORD, NULL, problem, &size) !=
            ERROR_SUCCESS)
            *problem = 0;
        RegCloseKey(key);
    }
    if (!present)
        return CR_NO_SUCH_DEVNODE;
    *status = *problem == 0 ? DN_STARTED : DN_HAS_PROBLEM;
    if (is_loaded(*problem))
        *status |= DN_DRIVER_LOADED;
    if (key == NULL || wcsncmp(id, root, ARRAY_COUNT(root) - 1) == 0)
        *status |= DN_ROOT_ENUMERATED;
    return CR_SUCCESS;
}
NT_EXPORT(CM_Get_DevNode_Status, 0, "ppuu");
