/*
 * Properties that are named by a DEVPROPKEY: a GUID and a number. They are values of the registry:
 *
 *   …\Properties\{fmtid}\0002    (default) = the data, its registry type is 0xFFFF0000 |
 * DEVPROPTYPE
 *
 * Those of a device that have an older name too (DEVPKEY_Device_HardwareIds …) are read from there.
 */
#include "cm/cm.h"
#include "pnp/interface.h"

#define TYPE_MARK 0xFFFF0000u

/* DEVPKEY_Device_… of the category "device" */
static const GUID device_category = {
    0xa45c254e, 0xdf1c, 0x4efd, {0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}};

/* The number in that category, and how IoGetDeviceProperty or the device's key calls it. */
static const struct {
    ULONG number;
    PCWSTR value; /* of the key below Enum, or NULL for `property` */
    DEVICE_REGISTRY_PROPERTY property;
    DEVPROPTYPE type;
} device_properties[] = {
    {2, L"DeviceDesc", 0, DEVPROP_TYPE_STRING},
    {3, L"HardwareID", 0, DEVPROP_TYPE_STRING_LIST},
    {4, L"CompatibleIDs", 0, DEVPROP_TYPE_STRING_LIST},
    {6, L"Service", 0, DEVPROP_TYPE_STRING},
    {9, L"Class", 0, DEVPROP_TYPE_STRING},
    {11, L"Driver", 0, DEVPROP_TYPE_STRING},
    {12, L"ConfigFlags", 0, DEVPROP_TYPE_UINT32},
    {13, L"Mfg", 0, DEVPROP_TYPE_STRING},
    {14, L"FriendlyName", 0, DEVPROP_TYPE_STRING},
    {15, L"LocationInformation", 0, DEVPROP_TYPE_STRING},
    {16, NULL, DevicePropertyPhysicalDeviceObjectName, DEVPROP_TYPE_STRING},
    {17, L"Capabilities", 0, DEVPROP_TYPE_UINT32},
    {18, NULL, DevicePropertyUINumber, DEVPROP_TYPE_UINT32},
    {19, L"UpperFilters", 0, DEVPROP_TYPE_STRING_LIST},
    {20, L"LowerFilters", 0, DEVPROP_TYPE_STRING_LIST},
    {21, NULL, DevicePropertyBusTypeGuid, DEVPROP_TYPE_GUID},
    {22, NULL, DevicePropertyLegacyBusType, DEVPROP_TYPE_UINT32},
    {23, NULL, DevicePropertyBusNumber, DEVPROP_TYPE_UINT32},
    {24, NULL, DevicePropertyEnumeratorName, DEVPROP_TYPE_STRING},
    {30, NULL, DevicePropertyAddress, DEVPROP_TYPE_UINT32},
    {33, NULL, DevicePropertyRemovalPolicy, DEVPROP_TYPE_UINT32},
};

static NTSTATUS property_path(PCUNICODE_STRING base, const DEVPROPKEY *property,
                              PUNICODE_STRING path)
{
    UNICODE_STRING category;
    NTSTATUS status = RtlStringFromGUID(&property->fmtid, &category);

    if (!NT_SUCCESS(status))
        return status;
    status = pnp_format(path, L"%wZ\\Properties\\%wZ\\%04X", base, &category, property->pid);
    RtlFreeUnicodeString(&category);
    return status;
}

NTSTATUS pnp_property_read(PCUNICODE_STRING path, const DEVPROPKEY *property, ULONG size,
                           PVOID data, PULONG required, PDEVPROPTYPE type)
{
    static const UNICODE_STRING default_value = {.Length = 0};
    ULONG kind = 0;
    UNICODE_STRING key;
    NTSTATUS status = property_path(path, property, &key);

    *required = data ? size : 0;
    *type = DEVPROP_TYPE_EMPTY;
    if (!NT_SUCCESS(status))
        return status;
    status = cm_query_value(&key, &default_value, &kind, data, required);
    RtlFreeUnicodeString(&key);
    if (!NT_SUCCESS(status) && status != STATUS_BUFFER_OVERFLOW) {
        *required = 0;
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    *type = kind & ~TYPE_MARK;
    return status == STATUS_BUFFER_OVERFLOW ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}

static NTSTATUS remove_property(PCUNICODE_STRING path)
{
    HANDLE key;
    NTSTATUS status = pnp_open_key(&key, DELETE, path, FALSE);

    if (!NT_SUCCESS(status))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    status = ZwDeleteKey(key);
    ZwClose(key);
    return status;
}

NTSTATUS pnp_property_write(PCUNICODE_STRING path, const DEVPROPKEY *property, DEVPROPTYPE type,
                            ULONG size, const void *data)
{
    static const UNICODE_STRING default_value = {.Length = 0};
    UNICODE_STRING key;
    NTSTATUS status;

    if ((type & DEVPROP_MASK_TYPE) > MAX_DEVPROP_TYPE ||
        (type & DEVPROP_MASK_TYPEMOD) > MAX_DEVPROP_TYPEMOD || type & TYPE_MARK)
        return STATUS_INVALID_PARAMETER;
    status = property_path(path, property, &key);
    if (!NT_SUCCESS(status))
        return status;
    if (!data || type == DEVPROP_TYPE_EMPTY)
        status = remove_property(&key);
    else
        status = cm_set_value(&key, &default_value, TYPE_MARK | type, data, size);
    RtlFreeUnicodeString(&key);
    return status;
}

/* ---- of devices ---- */

static ULONG registry_type(DEVPROPTYPE type)
{
    if (type == DEVPROP_TYPE_STRING)
        return REG_SZ;
    return type == DEVPROP_TYPE_UINT32 ? REG_DWORD : REG_MULTI_SZ;
}

/* The row of a property that has an older name; -1 when it has none. */
static LONG older_name(const DEVPROPKEY *property)
{
    if (IsEqualGUID(&property->fmtid, &device_category))
        for (ULONG i = 0; i < ARRAY_COUNT(device_properties); i++)
            if (device_properties[i].number == property->pid)
                return (LONG)i;
    return -1;
}

static NTSTATUS read_older(const struct pnp_node *node, LONG row, ULONG size, PVOID data,
                           PULONG required)
{
    if (!device_properties[row].value)
        return IoGetDeviceProperty(node->physical, device_properties[row].property, size, data,
                                   required);
    return pnp_read_value(node, L"", device_properties[row].value,
                          registry_type(device_properties[row].type), size, data, required);
}

/*
 * A property of a device.
 * @param physical       the physical device object
 * @param locale         LOCALE_NEUTRAL
 * @param flags          0
 * @param size           of the buffer, bytes
 * @param required,type  receive size and type of the property
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL; STATUS_OBJECT_NAME_NOT_FOUND;
 * STATUS_INVALID_PARAMETER; STATUS_INVALID_DEVICE_REQUEST for a device that is no physical one.
 * Differs from NT: texts have no translations.
 * Source: Windows driver documentation, IoGetDevicePropertyData.
 */
NTSTATUS NTAPI IoGetDevicePropertyData(PDEVICE_OBJECT physical, const DEVPROPKEY *property,
                                       LCID locale, ULONG flags, ULONG size, PVOID data,
                                       PULONG required, PDEVPROPTYPE type)
{
    const struct pnp_node *node = pnp_node_of(physical);
    LONG row = older_name(property);
    UNICODE_STRING path;
    NTSTATUS status;

    if (flags || locale)
        return STATUS_INVALID_PARAMETER;
    if (!node)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (row >= 0) {
        *type = device_properties[row].type;
        return read_older(node, row, size, data, required);
    }
    status = pnp_node_path(node, &path);
    if (!NT_SUCCESS(status))
        return status;
    status = pnp_property_read(&path, property, size, data, required, type);
    RtlFreeUnicodeString(&path);
    return status;
}
NT_EXPORT(IoGetDevicePropertyData, PASSIVE_LEVEL, "Dpuuuppp");

/*
 * Set a property of a device, or remove it with the type DEVPROP_TYPE_EMPTY or without data.
 * @param physical  the physical device object
 * @param locale    LOCALE_NEUTRAL
 * @param flags     PLUGPLAY_PROPERTY_PERSISTENT: kept when the device goes; all are
 * @param size      of the data, bytes
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_OBJECT_NAME_NOT_FOUND for a property to be removed that is not
 * set; STATUS_INVALID_PARAMETER; STATUS_ACCESS_DENIED for one that the PnP manager owns;
 * STATUS_INVALID_DEVICE_REQUEST for a device that is no physical one.
 * Source: Windows driver documentation, IoSetDevicePropertyData.
 */
NTSTATUS NTAPI IoSetDevicePropertyData(PDEVICE_OBJECT physical, const DEVPROPKEY *property,
                                       LCID locale, ULONG flags, DEVPROPTYPE type, ULONG size,
                                       PVOID data)
{
    const struct pnp_node *node = pnp_node_of(physical);
    UNICODE_STRING path;
    NTSTATUS status;

    if (flags & ~(ULONG)PLUGPLAY_PROPERTY_PERSISTENT || locale)
        return STATUS_INVALID_PARAMETER;
    if (!node)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (older_name(property) >= 0)
        return STATUS_ACCESS_DENIED;
    status = pnp_node_path(node, &path);
    if (!NT_SUCCESS(status))
        return status;
    status = pnp_property_write(&path, property, type, size, data);
    RtlFreeUnicodeString(&path);
    return status;
}
NT_EXPORT(IoSetDevicePropertyData, PASSIVE_LEVEL, "Dpuuuup");
