/*
 * The tree of devices. The kernel keeps the id of a device's parent in its key's subkey Control;
 * siblings follow each other in the order of their ids. See configuration.h.
 */
#include "configuration.h"

/* The parent of a present device; false when it has none. */
static bool read_parent(const WCHAR *id, WCHAR *parent, DWORD bytes)
{
    HKEY key = configuration_open_device(id);
    bool found;

    if (key == NULL)
        return false;
    found = RegGetValueW(key, L"Control", L"Parent", RRF_RT_REG_SZ, NULL, parent, &bytes) ==
            ERROR_SUCCESS;
    RegCloseKey(key);
    return found;
}

/* The first child of `parent` behind `after`, NULL = the first of all. */
static CONFIGRET find_child(const WCHAR *parent, const WCHAR *after, PDEVINST device)
{
    CONFIGRET result = CR_NO_SUCH_DEVNODE;
    WCHAR other[MAX_DEVICE_ID_LEN], *ids;
    bool passed = after == NULL;
    ULONG size;

    if (CM_Get_Device_ID_List_SizeW(&size, NULL, CM_GETIDLIST_FILTER_PRESENT) != CR_SUCCESS)
        return CR_FAILURE;
    ids = configuration_allocate(size * sizeof(WCHAR));
    if (ids == NULL)
        return CR_OUT_OF_MEMORY;
    if (CM_Get_Device_ID_ListW(NULL, ids, size, CM_GETIDLIST_FILTER_PRESENT) != CR_SUCCESS)
        ids[0] = 0; /* it has grown meanwhile */
    for (const WCHAR *id = ids; *id != 0 && result != CR_SUCCESS; id += wcslen(id) + 1) {
        if (passed && read_parent(id, other, sizeof(other)) && configuration_same(other, parent))
            result = CM_Locate_DevNodeW(device, (DEVINSTID_W)id, 0);
        passed = passed || configuration_same(id, after);
    }
    configuration_free(ids);
    return result;
}

static CONFIGRET check(PDEVINST result, const WCHAR *id, ULONG flags)
{
    if (result == NULL)
        return CR_INVALID_POINTER;
    if (id == NULL)
        return CR_INVALID_DEVNODE;
    return flags != 0 ? CR_INVALID_FLAG : CR_SUCCESS;
}

/* The device on whose bus a device is; CR_NO_SUCH_DEVNODE for the root. */
CONFIGRET WINAPI CM_Get_Parent(PDEVINST parent, DEVINST device, ULONG flags)
{
    const WCHAR *id = configuration_device_id(device);
    WCHAR text[MAX_DEVICE_ID_LEN];
    CONFIGRET result = check(parent, id, flags);

    if (result != CR_SUCCESS)
        return result;
    return read_parent(id, text, sizeof(text)) ? CM_Locate_DevNodeW(parent, text, 0)
                                               : CR_NO_SUCH_DEVNODE;
}
NT_EXPORT(CM_Get_Parent, 0, "puu");

/* The first device on the bus of a device; CR_NO_SUCH_DEVNODE when there is none. */
CONFIGRET WINAPI CM_Get_Child(PDEVINST child, DEVINST device, ULONG flags)
{
    const WCHAR *id = configuration_device_id(device);
    CONFIGRET result = check(child, id, flags);

    return result == CR_SUCCESS ? find_child(id, NULL, child) : result;
}
NT_EXPORT(CM_Get_Child, 0, "puu");

/* The next device on the same bus; CR_NO_SUCH_DEVNODE for the last. */
CONFIGRET WINAPI CM_Get_Sibling(PDEVINST sibling, DEVINST device, ULONG flags)
{
    const WCHAR *id = configuration_device_id(device);
    WCHAR parent[MAX_DEVICE_ID_LEN];
    CONFIGRET result = check(sibling, id, flags);

    if (result != CR_SUCCESS)
        return result;
    return read_parent(id, parent, sizeof(parent)) ? find_child(parent, id, sibling)
                                                   : CR_NO_SUCH_DEVNODE;
}
NT_EXPORT(CM_Get_Sibling, 0, "puu");
