/*
 * The same functions with narrow strings. In the code page one byte stands for each UTF-16 unit, so
 * sizes in characters are the same. See configuration.h.
 */
#include "configuration.h"

/* Converts `count` units, zeros included. */
static void narrow(const WCHAR *wide, ULONG count, char *buffer)
{
    if (count != 0)
        WideCharToMultiByte(CP_ACP, 0, wide, (int)count, buffer, (int)count, NULL, NULL);
}

/* An optional string; FALSE without memory. */
static bool widen(const char *text, WCHAR **wide)
{
    *wide = text != NULL ? configuration_widen(text) : NULL;
    return text == NULL || *wide != NULL;
}

CONFIGRET WINAPI CM_Locate_DevNodeA(PDEVINST device, DEVINSTID_A id, ULONG flags)
{
    CONFIGRET result = CR_OUT_OF_MEMORY;
    WCHAR *wide;

    if (widen(id, &wide))
        result = CM_Locate_DevNodeW(device, wide, flags);
    configuration_free(wide);
    return result;
}
NT_EXPORT(CM_Locate_DevNodeA, 0, "psu");

CONFIGRET WINAPI CM_Get_Device_IDA(DEVINST device, PCHAR buffer, ULONG size, ULONG flags)
{
    WCHAR wide[MAX_DEVICE_ID_LEN + 1];
    ULONG length;
    CONFIGRET result = CM_Get_Device_IDW(device, wide, ARRAY_COUNT(wide), flags);

    if (result != CR_SUCCESS)
        return result;
    if (buffer == NULL)
        return CR_INVALID_POINTER;
    length = (ULONG)wcslen(wide);
    narrow(wide, length + 1 <= size ? length + 1 : size, buffer);
    return length <= size ? CR_SUCCESS : CR_BUFFER_SMALL;
}
NT_EXPORT(CM_Get_Device_IDA, 0, "upuu");

CONFIGRET WINAPI CM_Get_Device_ID_List_SizeA(PULONG length, PCSTR filter, ULONG flags)
{
    CONFIGRET result = CR_OUT_OF_MEMORY;
    WCHAR *wide;

    if (widen(filter, &wide))
        result = CM_Get_Device_ID_List_SizeW(length, wide, flags);
    configuration_free(wide);
    return result;
}
NT_EXPORT(CM_Get_Device_ID_List_SizeA, 0, "psu");

CONFIGRET WINAPI CM_Get_Device_ID_ListA(PCSTR filter, PCHAR buffer, ULONG size, ULONG flags)
{
    WCHAR *wide, *list = configuration_allocate(((SIZE_T)size + 1) * sizeof(WCHAR));
    CONFIGRET result = CR_OUT_OF_MEMORY;

    if (widen(filter, &wide) && list != NULL)
        result = CM_Get_Device_ID_ListW(wide, buffer != NULL ? list : NULL, size, flags);
    if (result == CR_SUCCESS)
        narrow(list, size, buffer);
    configuration_free(wide);
    configuration_free(list);
    return result;
}
NT_EXPORT(CM_Get_Device_ID_ListA, 0, "spuu");

CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeA(PULONG length, LPGUID guid, DEVINSTID_A device,
                                                    ULONG flags)
{
    CONFIGRET result = CR_OUT_OF_MEMORY;
    WCHAR *wide;

    if (widen(device, &wide))
        result = CM_Get_Device_Interface_List_SizeW(length, guid, wide, flags);
    configuration_free(wide);
    return result;
}
NT_EXPORT(CM_Get_Device_Interface_List_SizeA, 0, "ppsu");

CONFIGRET WINAPI CM_Get_Device_Interface_ListA(LPGUID guid, DEVINSTID_A device, PCHAR buffer,
                                               ULONG size, ULONG flags)
{
    WCHAR *wide, *list = configuration_allocate(((SIZE_T)size + 1) * sizeof(WCHAR));
    CONFIGRET result = CR_OUT_OF_MEMORY;

    if (widen(device, &wide) && list != NULL)
        result =
            CM_Get_Device_Interface_ListW(guid, wide, buffer != NULL ? list : NULL, size, flags);
    if (result == CR_SUCCESS)
        narrow(list, size, buffer);
    configuration_free(wide);
    configuration_free(list);
    return result;
}
NT_EXPORT(CM_Get_Device_Interface_ListA, 0, "pspuu");

static bool is_text(ULONG type)
{
    return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ;
}

CONFIGRET WINAPI CM_Get_DevNode_Registry_PropertyA(DEVINST device, ULONG property, PULONG type,
                                                   PVOID buffer, PULONG length, ULONG flags)
{
    ULONG found = REG_NONE, size = 0, room;
    CONFIGRET result;
    BYTE *wide;

    if (length == NULL || (buffer == NULL && *length != 0))
        return CR_INVALID_POINTER;
    room = *length;
    *length = 0;
    result = CM_Get_DevNode_Registry_PropertyW(device, property, &found, NULL, &size, flags);
    if (result != CR_BUFFER_SMALL)
        return result;
    wide = configuration_allocate(size);
    if (wide == NULL)
        return CR_OUT_OF_MEMORY;
    result = CM_Get_DevNode_Registry_PropertyW(device, property, &found, wide, &size, flags);
    *length = is_text(found) ? size / sizeof(WCHAR) : size;
    if (type != NULL)
        *type = found;
    if (result == CR_SUCCESS && (room < *length || buffer == NULL))
        result = CR_BUFFER_SMALL;
    if (result == CR_SUCCESS && is_text(found))
        narrow((WCHAR *)wide, *length, buffer);
    else if (result == CR_SUCCESS)
        memcpy(buffer, wide, *length);
    configuration_free(wide);
    return result;
}
NT_EXPORT(CM_Get_DevNode_Registry_PropertyA, 0, "uupppu");
