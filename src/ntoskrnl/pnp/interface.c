/*
 * Interfaces of devices: a class, which says how a device is spoken to, gives the device a name
 * that programs can find and open. See interface.h for an interface's states and registry keys.
 *
 * The name's link leads to the physical device's name. Interfaces of one class that differ in their
 * reference strings share one link: the reference is what the driver sees as the file's name.
 */
#include "cm/cm.h"
#include "pnp/interface.h"

/* The lock of all lists of interfaces; its first user sets it up. */
static struct {
    KMUTEX lock;
    BOOLEAN ready;
} interfaces;

void pnp_interfaces_lock(void)
{
    if (!interfaces.ready) {
        interfaces.ready = TRUE;
        KeInitializeMutex(&interfaces.lock, 0);
    }
    KeWaitForSingleObject(&interfaces.lock, Executive, KernelMode, FALSE, NULL);
}

void pnp_interfaces_unlock(void)
{
    KeReleaseMutex(&interfaces.lock, FALSE);
}

struct pnp_interface *pnp_interface_find(PCUNICODE_STRING name)
{
    for (struct pnp_node *node = pnp_next_node(NULL); node; node = pnp_next_node(node))
        for (LIST_ENTRY *link = node->interfaces.Flink; link != &node->interfaces;
             link = link->Flink) {
            struct pnp_interface *entry = CONTAINING_RECORD(link, struct pnp_interface, link);

            if (RtlEqualUnicodeString(&entry->name, name, TRUE))
                return entry;
        }
    return NULL;
}

/* ---- registering ---- */

static void free_interface(struct pnp_interface *entry)
{
    RtlFreeUnicodeString(&entry->name);
    RtlFreeUnicodeString(&entry->key);
    ExFreePoolWithTag(entry, PNP_TAG_INTERFACE);
}

/* ROOT\SAMPLE\0000 as ROOT#SAMPLE#0000: a name of one component. */
static void flatten(UNICODE_STRING *text, USHORT start, USHORT count)
{
    for (USHORT i = start; i < start + count; i++)
        if (text->Buffer[i] == L'\\')
            text->Buffer[i] = L'#';
}

static NTSTATUS make_names(struct pnp_interface *entry, PCUNICODE_STRING class_text,
                           PCUNICODE_STRING reference)
{
    const UNICODE_STRING *instance = &entry->node->instance;
    USHORT characters = instance->Length / sizeof(WCHAR);
    UNICODE_STRING device;
    NTSTATUS status = pnp_format(&device, L"%wZ", instance);

    if (!NT_SUCCESS(status))
        return status;
    flatten(&device, 0, characters);
    status = pnp_format(&entry->name, L"\\??\\%wZ#%wZ%s%wZ", &device, class_text,
                        reference->Length ? L"\\" : L"", reference);
    if (NT_SUCCESS(status))
        status = pnp_format(&entry->key,
                            PNP_CONTROL_SET L"\\Control\\DeviceClasses\\%wZ\\##?#%wZ#%wZ\\#%wZ",
                            class_text, &device, class_text, reference);
    RtlFreeUnicodeString(&device);
    entry->reference = *reference;
    entry->reference.Buffer =
        entry->name.Buffer + (entry->name.Length - reference->Length) / sizeof(WCHAR);
    return status;
}

/* The key above the interface's own, …\##?#ROOT#SAMPLE#0000#{class}. */
static UNICODE_STRING device_key(const struct pnp_interface *entry)
{
    UNICODE_STRING key = entry->key;

    key.Length -= entry->reference.Length + 2 * sizeof(WCHAR);
    return key;
}

static NTSTATUS write_keys(const struct pnp_interface *entry)
{
    static const UNICODE_STRING instance_value = RTL_CONSTANT_STRING(L"DeviceInstance");
    static const UNICODE_STRING link_value = RTL_CONSTANT_STRING(L"SymbolicLink");
    UNICODE_STRING key = device_key(entry), text;
    NTSTATUS status = pnp_format(&text, L"%wZ", &entry->node->instance);

    if (!NT_SUCCESS(status))
        return status;
    status = cm_set_value(&key, &instance_value, REG_SZ, text.Buffer, text.MaximumLength);
    RtlFreeUnicodeString(&text);
    if (NT_SUCCESS(status))
        status = pnp_format(&text, L"%wZ", &entry->name);
    if (!NT_SUCCESS(status))
        return status;
    text.Buffer[1] = L'\\'; /* \\?\, which is what programs write for \??\ */
    status = cm_set_value(&entry->key, &link_value, REG_SZ, text.Buffer, text.MaximumLength);
    RtlFreeUnicodeString(&text);
    return status;
}

static NTSTATUS create(struct pnp_node *node, const GUID *class_guid, PCUNICODE_STRING reference,
                       struct pnp_interface **created)
{
    struct pnp_interface *entry =
        ExAllocatePoolWithTag(PagedPool, sizeof(*entry), PNP_TAG_INTERFACE);
    UNICODE_STRING class_text;
    NTSTATUS status;

    if (!entry)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(entry, sizeof(*entry));
    entry->node = node;
    entry->class_guid = *class_guid;
    status = RtlStringFromGUID(class_guid, &class_text);
    if (NT_SUCCESS(status)) {
        status = make_names(entry, &class_text, reference);
        RtlFreeUnicodeString(&class_text);
    }
    if (NT_SUCCESS(status))
        status = write_keys(entry);
    if (!NT_SUCCESS(status)) {
        free_interface(entry);
        return status;
    }
    *created = entry;
    return STATUS_SUCCESS;
}

static BOOLEAN has_separator(PCUNICODE_STRING reference)
{
    for (USHORT i = 0; i < reference->Length / sizeof(WCHAR); i++)
        if (reference->Buffer[i] == L'\\' || reference->Buffer[i] == L'/')
            return TRUE;
    return FALSE;
}

/* The same interface, if the driver registered it before. */
static struct pnp_interface *find_of_node(struct pnp_node *node, PCUNICODE_STRING name)
{
    struct pnp_interface *known = pnp_interface_find(name);

    return known && known->node == node ? known : NULL;
}

static NTSTATUS enroll(struct pnp_node *node, const GUID *class_guid, PCUNICODE_STRING reference,
                       PUNICODE_STRING link)
{
    struct pnp_interface *entry;
    NTSTATUS status = create(node, class_guid, reference, &entry);

    if (!NT_SUCCESS(status))
        return status;
    status = pnp_format(link, L"%wZ", &entry->name);
    if (NT_SUCCESS(status) && !find_of_node(node, &entry->name))
        InsertTailList(&node->interfaces, &entry->link);
    else
        free_interface(entry);
    return status;
}

/*
 * Register a device for an interface class. It is not enabled yet.
 * @param physical    the physical device object
 * @param class_guid  the class
 * @param reference   NULL, or what the driver gets as the file's name; no path separators
 * @param link        receives the name, for RtlFreeUnicodeString
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS, also for an interface that is registered already;
 * STATUS_INVALID_DEVICE_REQUEST for a device that is no physical one and for a reference with a
 * separator; STATUS_INSUFFICIENT_RESOURCES.
 * Differs from NT: an interface is forgotten when its device is removed; only its keys stay.
 * Source: Windows driver documentation, IoRegisterDeviceInterface.
 */
NTSTATUS NTAPI IoRegisterDeviceInterface(PDEVICE_OBJECT physical, const GUID *class_guid,
                                         PUNICODE_STRING reference, PUNICODE_STRING link)
{
    static const UNICODE_STRING none = RTL_CONSTANT_STRING(L"");
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    struct pnp_node *node;

    RtlInitUnicodeString(link, NULL);
    if (!reference || !reference->Length)
        reference = (PUNICODE_STRING)&none;
    pnp_interfaces_lock();
    node = pnp_node_of(physical);
    if (node && !has_separator(reference))
        status = enroll(node, class_guid, reference, link);
    pnp_interfaces_unlock();
    return status;
}
NT_EXPORT(IoRegisterDeviceInterface, PASSIVE_LEVEL, "DpUp");

/* ---- enabling ---- */

/* The name without the reference: the object manager's link. */
static UNICODE_STRING link_name(const struct pnp_interface *entry)
{
    UNICODE_STRING name = entry->name;

    if (entry->reference.Length)
        name.Length -= entry->reference.Length + sizeof(WCHAR);
    return name;
}

/* Does another enabled interface need the same link? */
static BOOLEAN link_is_shared(const struct pnp_interface *entry)
{
    LIST_ENTRY *head = &entry->node->interfaces;

    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        struct pnp_interface *other = CONTAINING_RECORD(link, struct pnp_interface, link);

        if (other != entry && other->enabled && IsEqualGUID(&other->class_guid, &entry->class_guid))
            return TRUE;
    }
    return FALSE;
}

static NTSTATUS make_link(const struct pnp_interface *entry)
{
    UNICODE_STRING name = link_name(entry), target;
    NTSTATUS status;

    if (link_is_shared(entry))
        return STATUS_SUCCESS;
    status = pnp_device_name(entry->node->physical, &target);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&name, &target);
    RtlFreeUnicodeString(&target);
    return status;
}

static void write_linked(const struct pnp_interface *entry)
{
    static const UNICODE_STRING value = RTL_CONSTANT_STRING(L"Linked");
    ULONG linked = entry->enabled;
    UNICODE_STRING key;

    if (!NT_SUCCESS(pnp_format(&key, L"%wZ\\Control", &entry->key)))
        return; /* programs do not see the change; drivers and the name do */
    cm_create_volatile_key(&key);
    cm_set_value(&key, &value, REG_DWORD, &linked, sizeof(linked));
    RtlFreeUnicodeString(&key);
}

static NTSTATUS enable(struct pnp_interface *entry)
{
    NTSTATUS status;

    if (entry->enabled || entry->wanted)
        return STATUS_OBJECT_NAME_EXISTS;
    if (entry->node->state == PNP_NODE_INITIALIZED) {
        entry->wanted = TRUE;
        return STATUS_SUCCESS;
    }
    if (entry->node->state >= PNP_NODE_SURPRISE_REMOVED)
        return STATUS_INVALID_DEVICE_REQUEST;
    status = make_link(entry);
    if (!NT_SUCCESS(status))
        return status;
    entry->enabled = TRUE;
    write_linked(entry);
    pnp_notify_interface(entry, TRUE);
    return STATUS_SUCCESS;
}

static NTSTATUS disable(struct pnp_interface *entry)
{
    UNICODE_STRING name = link_name(entry);

    if (entry->wanted) {
        entry->wanted = FALSE;
        return STATUS_SUCCESS;
    }
    if (!entry->enabled)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    entry->enabled = FALSE;
    if (!link_is_shared(entry))
        IoDeleteSymbolicLink(&name);
    write_linked(entry);
    pnp_notify_interface(entry, FALSE);
    return STATUS_SUCCESS;
}

/*
 * Enable or disable an interface. One of a device that has not started yet is enabled when it has.
 * @param link  as IoRegisterDeviceInterface gave it
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_OBJECT_NAME_EXISTS (a success) for one that is enabled already;
 * STATUS_OBJECT_NAME_NOT_FOUND for one that is not enabled, or not registered.
 * Source: Windows driver documentation, IoSetDeviceInterfaceState.
 */
NTSTATUS NTAPI IoSetDeviceInterfaceState(PUNICODE_STRING link, BOOLEAN enabled)
{
    struct pnp_interface *entry;
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;

    if (!link || !link->Buffer || !link->Length)
        return STATUS_INVALID_PARAMETER;
    pnp_interfaces_lock();
    entry = pnp_interface_find(link);
    if (entry)
        status = enabled ? enable(entry) : disable(entry);
    pnp_interfaces_unlock();
    return status;
}
NT_EXPORT(IoSetDeviceInterfaceState, PASSIVE_LEVEL, "Ub");

void pnp_interfaces_start(struct pnp_node *node)
{
    pnp_interfaces_lock();
    for (LIST_ENTRY *link = node->interfaces.Flink; link != &node->interfaces; link = link->Flink) {
        struct pnp_interface *entry = CONTAINING_RECORD(link, struct pnp_interface, link);

        if (entry->wanted) {
            entry->wanted = FALSE;
            enable(entry);
        }
    }
    pnp_interfaces_unlock();
}

void pnp_interfaces_remove(struct pnp_node *node)
{
    pnp_interfaces_lock();
    for (LIST_ENTRY *link = node->interfaces.Flink; link != &node->interfaces; link = link->Flink)
        disable(CONTAINING_RECORD(link, struct pnp_interface, link));
    while (node->state == PNP_NODE_REMOVED && !IsListEmpty(&node->interfaces))
        free_interface(
            CONTAINING_RECORD(RemoveHeadList(&node->interfaces), struct pnp_interface, link));
    pnp_interfaces_unlock();
}
