/*
 * The root bus: \Driver\PnpManager, whose PDOs stand for devices that no hardware reports. It
 * answers what a bus driver answers; there is no hardware to start or to power.
 */
#include "pnp/pnp_internal.h"

static const GUID internal_bus = {
    0x1530ea73, 0x086b, 0x11d1, {0xa0, 0x9f, 0x00, 0xc0, 0x4f, 0xc3, 0x40, 0xb1}};

static NTSTATUS complete(PIRP irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    IofCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

/* A copy in paged pool is what a query for a text returns. */
static NTSTATUS answer(PIRP irp, const void *data, ULONG size)
{
    PVOID copy = ExAllocatePoolWithTag(PagedPool, size, PNP_TAG);

    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(copy, data, size);
    irp->IoStatus.Information = (ULONG_PTR)copy;
    return STATUS_SUCCESS;
}

/* One string as a list of strings: with a second terminator. */
static NTSTATUS answer_text(PIRP irp, PWSTR text, BOOLEAN list)
{
    ULONG length = (ULONG)wcslen(text);

    text[length + 1] = 0;
    return answer(irp, text, (length + (list ? 2 : 1)) * sizeof(WCHAR));
}

/* ROOT\TESTDRIVER and 0000 are the parts of the instance. */
static NTSTATUS query_id(struct pnp_node *node, PIRP irp, BUS_QUERY_ID_TYPE type)
{
    WCHAR text[PNP_ID_CHARACTERS + 1];
    ULONG split = node->instance.Length / sizeof(WCHAR);

    while (node->instance.Buffer[split] != L'\\')
        split--;
    switch (type) {
    case BusQueryDeviceID:
        _snwprintf(text, PNP_ID_CHARACTERS, L"%.*ws", (int)split, node->instance.Buffer);
        return answer_text(irp, text, FALSE);
    case BusQueryInstanceID:
        _snwprintf(text, PNP_ID_CHARACTERS, L"%ws", node->instance.Buffer + split + 1);
        return answer_text(irp, text, FALSE);
    case BusQueryHardwareIDs:
        if (!NT_SUCCESS(pnp_key_query(node, L"HardwareID", text, sizeof(text))))
            return irp->IoStatus.Status;
        return answer_text(irp, text, TRUE);
    default:
        return irp->IoStatus.Status;
    }
}

static NTSTATUS query_text(struct pnp_node *node, PIRP irp, DEVICE_TEXT_TYPE type)
{
    WCHAR text[PNP_ID_CHARACTERS + 1];

    if (type != DeviceTextDescription ||
        !NT_SUCCESS(pnp_key_query(node, L"DeviceDesc", text, sizeof(text))))
        return irp->IoStatus.Status;
    return answer_text(irp, text, FALSE);
}

static NTSTATUS query_capabilities(PDEVICE_CAPABILITIES capabilities)
{
    if (capabilities->Version != 1 || capabilities->Size < sizeof(*capabilities))
        return STATUS_UNSUCCESSFUL;
    capabilities->UniqueID = TRUE;
    capabilities->SilentInstall = TRUE;
    capabilities->DeviceState[PowerSystemUnspecified] = PowerDeviceUnspecified;
    capabilities->DeviceState[PowerSystemWorking] = PowerDeviceD0;
    for (ULONG state = PowerSystemSleeping1; state < PowerSystemMaximum; state++)
        capabilities->DeviceState[state] = PowerDeviceD3;
    return STATUS_SUCCESS;
}

static NTSTATUS query_relations(PDEVICE_OBJECT device, PIRP irp, DEVICE_RELATION_TYPE type)
{
    DEVICE_RELATIONS relations = {.Count = 1, .Objects = {device}};
    NTSTATUS status;

    if (type != TargetDeviceRelation)
        return irp->IoStatus.Status;
    status = answer(irp, &relations, sizeof(relations));
    if (NT_SUCCESS(status))
        ObReferenceObject(device); /* the receiver's */
    return status;
}

static NTSTATUS query_bus(PIRP irp)
{
    PNP_BUS_INFORMATION information = {.BusTypeGuid = internal_bus, .LegacyBusType = PNPBus};

    return answer(irp, &information, sizeof(information));
}

static NTSTATUS answer_pnp(PDEVICE_OBJECT device, struct pnp_node *node, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);

    switch (location->MinorFunction) {
    case IRP_MN_START_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
    case IRP_MN_DEVICE_USAGE_NOTIFICATION:
        return STATUS_SUCCESS;
    case IRP_MN_QUERY_CAPABILITIES:
        return query_capabilities(location->Parameters.DeviceCapabilities.Capabilities);
    case IRP_MN_QUERY_ID:
        return query_id(node, irp, location->Parameters.QueryId.IdType);
    case IRP_MN_QUERY_DEVICE_TEXT:
        return query_text(node, irp, location->Parameters.QueryDeviceText.DeviceTextType);
    case IRP_MN_QUERY_BUS_INFORMATION:
        return query_bus(irp);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        return query_relations(device, irp, location->Parameters.QueryDeviceRelations.Type);
    default: /* also QUERY_RESOURCES, QUERY_RESOURCE_REQUIREMENTS: a root device needs none */
        return irp->IoStatus.Status;
    }
}

static NTSTATUS NTAPI dispatch_pnp(PDEVICE_OBJECT device, PIRP irp)
{
    struct pnp_node *node = pnp_node_of(device);

    return complete(irp, node ? answer_pnp(device, node, irp) : STATUS_NO_SUCH_DEVICE);
}

static NTSTATUS NTAPI dispatch_power(PDEVICE_OBJECT device, PIRP irp)
{
    UCHAR minor = IoGetCurrentIrpStackLocation(irp)->MinorFunction;

    (void)device;
    PoStartNextPowerIrp(irp);
    return complete(irp, minor == IRP_MN_SET_POWER || minor == IRP_MN_QUERY_POWER
                             ? STATUS_SUCCESS
                             : irp->IoStatus.Status);
}

static NTSTATUS NTAPI dispatch_system_control(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    return complete(irp, irp->IoStatus.Status);
}

static NTSTATUS NTAPI initialize(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    (void)registry_path;
    driver->MajorFunction[IRP_MJ_PNP] = dispatch_pnp;
    driver->MajorFunction[IRP_MJ_POWER] = dispatch_power;
    driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = dispatch_system_control;
    pnp.root = driver;
    return STATUS_SUCCESS;
}

void pnp_initialize(void)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Driver\\PnpManager");

    InitializeListHead(&pnp.nodes);
    pnp_actions_initialize();
    if (!NT_SUCCESS(IoCreateDriver(&name, initialize)))
        kassert(!"the root bus");
}

/* ROOT\TESTDRIVER\0000: the first number that no device has. */
static NTSTATUS choose_instance(PCUNICODE_STRING service, WCHAR instance[PNP_ID_CHARACTERS])
{
    UNICODE_STRING name;

    if (service->Length > (PNP_ID_CHARACTERS - 16) * sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    for (ULONG number = 0; number < 10000; number++) {
        _snwprintf(instance, PNP_ID_CHARACTERS, L"ROOT\\%wZ\\%04u", service, number);
        for (PWSTR at = instance; *at; at++)
            *at = RtlUpcaseUnicodeChar(*at);
        RtlInitUnicodeString(&name, instance);
        if (!pnp_node_by_instance(&name))
            return STATUS_SUCCESS;
    }
    return STATUS_TOO_MANY_NAMES;
}

static NTSTATUS write_key(struct pnp_node *node)
{
    WCHAR text[PNP_ID_CHARACTERS] = {0};
    NTSTATUS status = pnp_key_make(node);

    if (!NT_SUCCESS(status))
        return status;
    pnp_key_set_text(node, L"Service", REG_SZ, node->service.Buffer);
    _snwprintf(text, ARRAY_COUNT(text) - 2, L"Root\\%wZ", &node->service);
    pnp_key_set_text(node, L"HardwareID", REG_MULTI_SZ, text);
    pnp_key_describe_service(&node->service, text, sizeof(text));
    pnp_key_set_text(node, L"DeviceDesc", REG_SZ, text);
    pnp_key_set_number(node, L"ConfigFlags", 0);
    pnp_key_set_number(node, L"Capabilities", 0);
    return STATUS_SUCCESS;
}

static NTSTATUS create_physical(PDEVICE_OBJECT *device)
{
    NTSTATUS status = IoCreateDevice(pnp.root, 0, NULL, FILE_DEVICE_CONTROLLER,
                                     FILE_AUTOGENERATED_DEVICE_NAME, FALSE, device);

    if (!NT_SUCCESS(status))
        return status;
    (*device)->Flags |= DO_BUS_ENUMERATED_DEVICE;
    (*device)->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

/* @param physical  NULL = make it */
static NTSTATUS create_node(PCWSTR instance, PCUNICODE_STRING service, PDEVICE_OBJECT physical,
                            struct pnp_node **made)
{
    PDEVICE_OBJECT device = physical;
    NTSTATUS status = device ? STATUS_SUCCESS : create_physical(&device);

    if (!NT_SUCCESS(status))
        return status;
    status = pnp_node_create(device, instance, service, NULL, made);
    if (!NT_SUCCESS(status) && !physical)
        IoDeleteDevice(device);
    return status;
}

NTSTATUS pnp_root_restore(PCUNICODE_STRING instance, PCUNICODE_STRING service,
                          struct pnp_node **made)
{
    NTSTATUS status = create_node(instance->Buffer, service, NULL, made);

    if (NT_SUCCESS(status))
        pnp_key_list_devices(service);
    return status;
}

NTSTATUS pnp_root_create(PCUNICODE_STRING service, PDEVICE_OBJECT physical, struct pnp_node **made)
{
    WCHAR instance[PNP_ID_CHARACTERS];
    NTSTATUS status = choose_instance(service, instance);

    if (NT_SUCCESS(status))
        status = create_node(instance, service, physical, made);
    if (!NT_SUCCESS(status))
        return status;
    status = write_key(*made);
    if (!NT_SUCCESS(status))
        pnp_node_destroy(*made);
    else
        pnp_key_list_devices(&(*made)->service);
    return status;
}
