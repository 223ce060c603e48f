/*
 * The children of a bus. Its drivers answer QUERY_DEVICE_RELATIONS with all PDOs that there are
 * now, each with a reference: a new one becomes a node, one that is not among them any more is
 * gone and gets SURPRISE_REMOVAL.
 *
 * A new device is asked for its ids. Its driver is the service that its Enum key names, or that the
 * critical device database has for one of its ids; otherwise the device stays without a driver,
 * unless it says that it works without (RawDeviceOK).
 * Differs from NT: there is no other way to install a device while the machine runs.
 */
#include "pnp/pnp_internal.h"

static ULONG level_of(const struct pnp_node *node)
{
    ULONG level = 1;

    for (; node; node = node->parent)
        level++;
    return level;
}

/*
 * BUS\DEVICE\0001, or, when the bus knows the device only among its own children, with a prefix
 * that stands for the parent: BUS\DEVICE\2&1f0c2a77&0&0001.
 */
static NTSTATUS make_instance(struct pnp_node *parent, PCWSTR device, PCWSTR number, BOOLEAN unique,
                              WCHAR instance[PNP_ID_CHARACTERS])
{
    ULONG hash = 0;
    int length;

    if (unique) {
        length = _snwprintf(instance, PNP_ID_CHARACTERS, L"%ws\\%ws", device, number);
    } else {
        RtlHashUnicodeString(&parent->instance, TRUE, HASH_STRING_ALGORITHM_X65599, &hash);
        length = _snwprintf(instance, PNP_ID_CHARACTERS, L"%ws\\%u&%x&0&%ws", device,
                            level_of(parent), hash, number);
    }
    return length > 0 && length < PNP_ID_CHARACTERS ? STATUS_SUCCESS : STATUS_NAME_TOO_LONG;
}

/* Give the node its instance: it was made with another one, before its ids were known. */
static NTSTATUS name_node(struct pnp_node *node, BOOLEAN unique)
{
    WCHAR instance[PNP_ID_CHARACTERS];
    UNICODE_STRING name;
    PWSTR device, number;
    NTSTATUS status = pnp_query_text(node, IRP_MN_QUERY_ID, BusQueryDeviceID, &device);

    if (!NT_SUCCESS(status) || !device)
        return NT_SUCCESS(status) ? STATUS_INVALID_DEVICE_STATE : status;
    if (!NT_SUCCESS(pnp_query_text(node, IRP_MN_QUERY_ID, BusQueryInstanceID, &number)))
        number = NULL;
    status = make_instance(node->parent, device, number ? number : L"0", unique, instance);
    pnp_free_answer(device);
    pnp_free_answer(number);
    if (!NT_SUCCESS(status))
        return status;
    RtlInitUnicodeString(&name, instance);
    if (pnp_node_by_instance(&name))
        return STATUS_OBJECT_NAME_COLLISION; /* NT stops the machine: PNP_DETECTED_FATAL_ERROR */
    pnp_free_string(&node->instance);
    return pnp_copy_string(&node->instance, &name);
}

/* Its key, and which service drives it. */
static void describe(struct pnp_node *node)
{
    PWSTR hardware, compatible, description, location;

    pnp_query_text(node, IRP_MN_QUERY_DEVICE_TEXT, DeviceTextDescription, &description);
    pnp_query_text(node, IRP_MN_QUERY_DEVICE_TEXT, DeviceTextLocationInformation, &location);
    pnp_query_text(node, IRP_MN_QUERY_ID, BusQueryHardwareIDs, &hardware);
    pnp_query_text(node, IRP_MN_QUERY_ID, BusQueryCompatibleIDs, &compatible);
    pnp_key_set_text(node, L"DeviceDesc", REG_SZ, description);
    pnp_key_set_text(node, L"LocationInformation", REG_SZ, location);
    pnp_key_set_text(node, L"HardwareID", REG_MULTI_SZ, hardware);
    pnp_key_set_text(node, L"CompatibleIDs", REG_MULTI_SZ, compatible);
    if (!NT_SUCCESS(pnp_key_match(node, hardware)))
        pnp_key_match(node, compatible);
    pnp_free_answer(description);
    pnp_free_answer(location);
    pnp_free_answer(hardware);
    pnp_free_answer(compatible);
}

static NTSTATUS identify(struct pnp_node *node, DEVICE_CAPABILITIES *capabilities)
{
    WCHAR service[PNP_ID_CHARACTERS];
    ULONG_PTR resources;
    NTSTATUS status;

    if (!NT_SUCCESS(pnp_query_capabilities(node, capabilities)))
        RtlZeroMemory(capabilities, sizeof(*capabilities));
    status = name_node(node, capabilities->UniqueID);
    if (NT_SUCCESS(status))
        status = pnp_key_make(node);
    if (!NT_SUCCESS(status))
        return status;
    describe(node);
    pnp_key_set_number(node, L"ConfigFlags", 0);
    if (NT_SUCCESS(pnp_request(node, IRP_MN_QUERY_RESOURCES, NULL, &resources)))
        pnp_free_answer((PVOID)resources);
    if (NT_SUCCESS(pnp_key_query(node, L"Service", service, sizeof(service)))) {
        status = pnp_node_set_service(node, service);
        pnp_key_list_devices(&node->service);
    }
    return status;
}

static void start_child(struct pnp_node *node)
{
    DEVICE_CAPABILITIES capabilities;
    NTSTATUS status = identify(node, &capabilities);

    if (!NT_SUCCESS(status))
        pnp_node_fail(node, PNP_PROBLEM_NOT_CONFIGURED, status);
    else if (node->service.Length || capabilities.RawDeviceOK)
        pnp_start(node);
    else
        node->problem = PNP_PROBLEM_NOT_CONFIGURED;
}

/* The reference that the bus driver gave is dropped: the node has its own. */
static void take_child(struct pnp_node *bus, PDEVICE_OBJECT physical)
{
    static const UNICODE_STRING no_service = {0};
    struct pnp_node *node = pnp_node_of(physical);
    WCHAR instance[32];

    if (!node) {
        _snwprintf(instance, ARRAY_COUNT(instance), L"PDO\\%p", physical);
        physical->Flags |= DO_BUS_ENUMERATED_DEVICE;
        if (NT_SUCCESS(pnp_node_create(physical, instance, &no_service, bus, &node)))
            node->fresh = TRUE;
    }
    if (node)
        node->missing = FALSE;
    ObDereferenceObject(physical);
}

static struct pnp_node *next_child(struct pnp_node *bus, BOOLEAN fresh, BOOLEAN missing)
{
    struct pnp_node *node = NULL;

    while ((node = pnp_next_node(node)) != NULL)
        if (node->parent == bus && node->fresh == fresh && node->missing == missing)
            return node;
    return NULL;
}

void pnp_enumerate(struct pnp_node *bus)
{
    PDEVICE_RELATIONS relations;
    struct pnp_node *node = NULL;

    if (!NT_SUCCESS(pnp_query_relations(bus, BusRelations, &relations)))
        return;
    while ((node = pnp_next_node(node)) != NULL)
        node->missing = node->parent == bus;
    for (ULONG i = 0; relations && i < relations->Count; i++)
        take_child(bus, relations->Objects[i]);
    pnp_free_answer(relations);
    while ((node = next_child(bus, FALSE, TRUE)) != NULL) {
        node->missing = FALSE; /* so that one with open handles is told only once */
        pnp_remove_surprise(node);
    }
    while ((node = next_child(bus, TRUE, FALSE)) != NULL) {
        node->fresh = FALSE;
        start_child(node);
    }
}
