/*
 * What drivers ask of interfaces: lists of them, an alias of another class, their keys and
 * properties.
 */
#include "cm/cm.h"
#include "pnp/interface.h"

NTSTATUS NTAPI IoGetDeviceInterfacePropertyData(PUNICODE_STRING link, const DEVPROPKEY *property,
                                                LCID locale, ULONG flags, ULONG size, PVOID data,
                                                PULONG required, PDEVPROPTYPE type);
NTSTATUS NTAPI IoSetDeviceInterfacePropertyData(PUNICODE_STRING link, const DEVPROPKEY *property,
                                                LCID locale, ULONG flags, DEVPROPTYPE type,
                                                ULONG size, PVOID data);

/* ---- lists ---- */

struct search {
    const GUID *class_guid;
    const struct pnp_node *node; /* NULL: all devices */
    BOOLEAN all;                 /* disabled ones too */
};

static BOOLEAN matches(const struct search *search, const struct pnp_interface *entry)
{
    return IsEqualGUID(&entry->class_guid, search->class_guid) &&
           (!search->node || search->node == entry->node) && (search->all || entry->enabled);
}

/* The names one after the other, each with its zero. NULL: only count. Returns bytes. */
static SIZE_T gather(const struct search *search, WCHAR *list)
{
    SIZE_T bytes = 0;

    for (struct pnp_node *node = pnp_next_node(NULL); node; node = pnp_next_node(node))
        for (LIST_ENTRY *link = node->interfaces.Flink; link != &node->interfaces;
             link = link->Flink) {
            const struct pnp_interface *entry = CONTAINING_RECORD(link, struct pnp_interface, link);
            SIZE_T size = entry->name.Length + sizeof(WCHAR);

            if (!matches(search, entry))
                continue;
            if (list)
                RtlCopyMemory((UCHAR *)list + bytes, entry->name.Buffer, size);
            bytes += size;
        }
    return bytes;
}

static NTSTATUS make_list(const struct search *search, PWSTR *list)
{
    SIZE_T bytes = gather(search, NULL);

    *list = ExAllocatePoolWithTag(PagedPool, bytes + sizeof(WCHAR), PNP_TAG_INTERFACE);
    if (!*list)
        return STATUS_INSUFFICIENT_RESOURCES;
    gather(search, *list);
    (*list)[bytes / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

/*
 * The names of a class's interfaces, in the order in which their devices appeared.
 * @param physical  NULL, or the physical device whose interfaces are wanted
 * @param flags     DEVICE_INTERFACE_INCLUDE_NONACTIVE: also those that are not enabled
 * @param list      receives names that end with a zero each, and a further zero; ExFreePool
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS, also when the list is empty; STATUS_INVALID_DEVICE_REQUEST for a device
 * that is no physical one; STATUS_INSUFFICIENT_RESOURCES.
 * Differs from NT: interfaces of devices that are gone are never in the list, and a class has no
 * default interface that would come first.
 * Source: Windows driver documentation, IoGetDeviceInterfaces.
 */
NTSTATUS NTAPI IoGetDeviceInterfaces(const GUID *class_guid, PDEVICE_OBJECT physical, ULONG flags,
                                     PWSTR *list)
{
    struct search search = {.class_guid = class_guid,
                            .all = (flags & DEVICE_INTERFACE_INCLUDE_NONACTIVE) != 0};
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;

    *list = NULL;
    pnp_interfaces_lock();
    search.node = physical ? pnp_node_of(physical) : NULL;
    if (!physical || search.node)
        status = make_list(&search, list);
    pnp_interfaces_unlock();
    return status;
}
NT_EXPORT(IoGetDeviceInterfaces, PASSIVE_LEVEL, "pDup");

static struct pnp_interface *find_alias(const struct pnp_interface *entry, const GUID *class_guid)
{
    LIST_ENTRY *head = &entry->node->interfaces;

    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        struct pnp_interface *other = CONTAINING_RECORD(link, struct pnp_interface, link);

        if (IsEqualGUID(&other->class_guid, class_guid) &&
            RtlEqualUnicodeString(&other->reference, &entry->reference, TRUE))
            return other;
    }
    return NULL;
}

/*
 * The interface of another class that the same device has with the same reference string.
 * @param link   as IoRegisterDeviceInterface gave it
 * @param alias  receives the other one's name, for RtlFreeUnicodeString
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS, whether or not the other one is enabled; STATUS_OBJECT_NAME_NOT_FOUND
 * when either does not exist.
 * Source: Windows driver documentation, IoGetDeviceInterfaceAlias.
 */
NTSTATUS NTAPI IoGetDeviceInterfaceAlias(PUNICODE_STRING link, const GUID *class_guid,
                                         PUNICODE_STRING alias)
{
    const struct pnp_interface *entry, *other;
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;

    RtlInitUnicodeString(alias, NULL);
    pnp_interfaces_lock();
    entry = pnp_interface_find(link);
    other = entry ? find_alias(entry, class_guid) : NULL;
    if (other)
        status = pnp_format(alias, L"%wZ", &other->name);
    pnp_interfaces_unlock();
    return status;
}
NT_EXPORT(IoGetDeviceInterfaceAlias, PASSIVE_LEVEL, "UpU");

/* ---- keys and properties ---- */

/* The registry key of an interface; for RtlFreeUnicodeString. */
static NTSTATUS find_key(PCUNICODE_STRING link, PUNICODE_STRING key)
{
    const struct pnp_interface *entry;
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;

    pnp_interfaces_lock();
    entry = pnp_interface_find(link);
    if (entry)
        status = pnp_format(key, L"%wZ", &entry->key);
    pnp_interfaces_unlock();
    return status;
}

/*
 * Open the key that belongs to an interface, for the driver's own values. A missing one is made.
 * @param link    as IoRegisterDeviceInterface gave it; need not be enabled
 * @param access  KEY_…
 * @param key     receives a kernel handle
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS; STATUS_OBJECT_NAME_NOT_FOUND for a name that nobody
 * registered.
 * Source: Windows driver documentation, IoOpenDeviceInterfaceRegistryKey.
 */
NTSTATUS NTAPI IoOpenDeviceInterfaceRegistryKey(PUNICODE_STRING link, ACCESS_MASK access,
                                                PHANDLE key)
{
    UNICODE_STRING interface_key, path;
    NTSTATUS status;

    *key = NULL;
    status = find_key(link, &interface_key);
    if (!NT_SUCCESS(status))
        return status;
    status = pnp_format(&path, L"%wZ\\Device Parameters", &interface_key);
    RtlFreeUnicodeString(&interface_key);
    if (!NT_SUCCESS(status))
        return status;
    status = pnp_open_key(key, access, &path, TRUE);
    RtlFreeUnicodeString(&path);
    return status;
}
NT_EXPORT(IoOpenDeviceInterfaceRegistryKey, PASSIVE_LEVEL, "Uup");

/*
 * A property of an interface that somebody set.
 * @param locale         LOCALE_NEUTRAL
 * @param flags          0
 * @param size           of the buffer, bytes
 * @param required,type  receive size and type of the property
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL; STATUS_OBJECT_NAME_NOT_FOUND for an unknown
 * interface or property; STATUS_INVALID_PARAMETER.
 * Differs from NT: texts have no translations.
 * Source: Windows driver documentation, IoGetDeviceInterfacePropertyData.
 */
NTSTATUS NTAPI IoGetDeviceInterfacePropertyData(PUNICODE_STRING link, const DEVPROPKEY *property,
                                                LCID locale, ULONG flags, ULONG size, PVOID data,
                                                PULONG required, PDEVPROPTYPE type)
{
    UNICODE_STRING key;
    NTSTATUS status;

    if (flags || locale)
        return STATUS_INVALID_PARAMETER;
    status = find_key(link, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = pnp_property_read(&key, property, size, data, required, type);
    RtlFreeUnicodeString(&key);
    return status;
}
NT_EXPORT(IoGetDeviceInterfacePropertyData, PASSIVE_LEVEL, "Upuuuppp");

/*
 * Set a property of an interface, or remove it with the type DEVPROP_TYPE_EMPTY or without data.
 * @param locale  LOCALE_NEUTRAL
 * @param flags   PLUGPLAY_PROPERTY_PERSISTENT: kept when the device goes; all are
 * @param size    of the data, bytes
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_OBJECT_NAME_NOT_FOUND for an unknown interface, or for a property
 * to be removed that is not set; STATUS_INVALID_PARAMETER.
 * Source: Windows driver documentation, IoSetDeviceInterfacePropertyData.
 */
NTSTATUS NTAPI IoSetDeviceInterfacePropertyData(PUNICODE_STRING link, const DEVPROPKEY *property,
                                                LCID locale, ULONG flags, DEVPROPTYPE type,
                                                ULONG size, PVOID data)
{
    UNICODE_STRING key;
    NTSTATUS status;

    if (flags & ~(ULONG)PLUGPLAY_PROPERTY_PERSISTENT || locale)
        return STATUS_INVALID_PARAMETER;
    status = find_key(link, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = pnp_property_write(&key, property, type, size, data);
    RtlFreeUnicodeString(&key);
    return status;
}
NT_EXPORT(IoSetDeviceInterfacePropertyData, PASSIVE_LEVEL, "Upuuuup");
