/*
 * Facts about a device that its drivers ask for: from its key below Enum, from its name, or from
 * its bus driver, who is asked each time (IRP_MN_QUERY_CAPABILITIES, IRP_MN_QUERY_BUS_INFORMATION)
 * at the bottom of the stack, so that no function driver gets a request from within its own call.
 */
#include "cm/cm.h"
#include "pnp/interface.h"

/* ConfigFlags of a device's key, by their documented values. */
#define CONFIG_REINSTALL 0x20u
#define CONFIG_FAILED_INSTALL 0x40u
#define CONFIG_FINISH_INSTALL 0x400u

#define NO_NUMBER 0xFFFFFFFFu /* the bus driver gave none */

/* Properties that are values of the device's key, or of a key below it. */
static const struct {
    PCWSTR subkey, value;
    ULONG type;
} stored[] = {
    [DevicePropertyDeviceDescription] = {L"", L"DeviceDesc", REG_SZ},
    [DevicePropertyHardwareID] = {L"", L"HardwareID", REG_MULTI_SZ},
    [DevicePropertyCompatibleIDs] = {L"", L"CompatibleIDs", REG_MULTI_SZ},
    [DevicePropertyBootConfiguration] = {L"\\LogConf", L"BootConfig", REG_RESOURCE_LIST},
    [DevicePropertyClassName] = {L"", L"Class", REG_SZ},
    [DevicePropertyClassGuid] = {L"", L"ClassGUID", REG_SZ},
    [DevicePropertyDriverKeyName] = {L"", L"Driver", REG_SZ},
    [DevicePropertyManufacturer] = {L"", L"Mfg", REG_SZ},
    [DevicePropertyFriendlyName] = {L"", L"FriendlyName", REG_SZ},
    [DevicePropertyLocationInformation] = {L"", L"LocationInformation", REG_SZ},
    [DevicePropertyResourceRequirements] = {L"\\LogConf", L"BasicConfigVector",
                                            REG_RESOURCE_REQUIREMENTS_LIST},
    [DevicePropertyAllocatedResources] = {L"\\Control", L"AllocConfig", REG_RESOURCE_LIST},
    [DevicePropertyContainerID] = {L"", L"ContainerID", REG_SZ},
};

NTSTATUS pnp_property_answer(const void *value, ULONG length, ULONG size, PVOID data,
                             PULONG required)
{
    *required = length;
    if (size < length || (length && !data))
        return STATUS_BUFFER_TOO_SMALL;
    RtlCopyMemory(data, value, length);
    return STATUS_SUCCESS;
}

NTSTATUS pnp_read_value(const struct pnp_node *node, PCWSTR subkey, PCWSTR name, ULONG type,
                        ULONG size, PVOID data, PULONG required)
{
    UNICODE_STRING path, value;
    ULONG found_type;
    NTSTATUS status = pnp_format(&path, PNP_CONTROL_SET L"\\Enum\\%wZ%s", &node->instance, subkey);

    *required = data ? size : 0;
    if (!NT_SUCCESS(status))
        return status;
    RtlInitUnicodeString(&value, name);
    status = cm_query_value(&path, &value, &found_type, data, required);
    RtlFreeUnicodeString(&path);
    if ((NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW) && found_type != type)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return status == STATUS_BUFFER_OVERFLOW ? STATUS_BUFFER_TOO_SMALL : status;
}

/* ---- from the bus driver ---- */

/* Send one query to the physical device itself; `parameters` is for its stack location. */
static NTSTATUS ask_bus(const struct pnp_node *node, UCHAR minor, const void *parameters,
                        ULONG size, ULONG_PTR *information)
{
    IO_STATUS_BLOCK iosb;
    PIO_STACK_LOCATION location;
    KEVENT done;
    NTSTATUS status;
    PIRP irp;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, node->physical, NULL, 0, NULL, &done, &iosb);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    location = IoGetNextIrpStackLocation(irp);
    location->MinorFunction = minor;
    RtlCopyMemory(&location->Parameters, parameters, size);
    status = IoCallDriver(node->physical, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
        status = iosb.Status;
    }
    *information = NT_SUCCESS(status) ? iosb.Information : 0;
    return status;
}

/* What the bus driver does not set stays as the PnP manager has initialised it. */
static void read_capabilities(const struct pnp_node *node, DEVICE_CAPABILITIES *capabilities)
{
    ULONG_PTR information;

    RtlZeroMemory(capabilities, sizeof(*capabilities));
    capabilities->Size = sizeof(*capabilities);
    capabilities->Version = 1;
    capabilities->Address = capabilities->UINumber = NO_NUMBER;
    ask_bus(node, IRP_MN_QUERY_CAPABILITIES, &capabilities, sizeof(capabilities), &information);
}

static NTSTATUS answer_bus(const struct pnp_node *node, DEVICE_REGISTRY_PROPERTY property,
                           ULONG size, PVOID data, PULONG required)
{
    ULONG_PTR information;
    PPNP_BUS_INFORMATION bus;
    NTSTATUS status = ask_bus(node, IRP_MN_QUERY_BUS_INFORMATION, NULL, 0, &information);

    bus = (PPNP_BUS_INFORMATION)information;
    if (!NT_SUCCESS(status) || !bus)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (property == DevicePropertyBusTypeGuid)
        status =
            pnp_property_answer(&bus->BusTypeGuid, sizeof(bus->BusTypeGuid), size, data, required);
    else if (property == DevicePropertyLegacyBusType)
        status = pnp_property_answer(&bus->LegacyBusType, sizeof(bus->LegacyBusType), size, data,
                                     required);
    else
        status = pnp_property_answer(&bus->BusNumber, sizeof(bus->BusNumber), size, data, required);
    ExFreePool(bus);
    return status;
}

static DEVICE_REMOVAL_POLICY removal_policy(const DEVICE_CAPABILITIES *capabilities)
{
    if (!capabilities->Removable)
        return RemovalPolicyExpectNoRemoval;
    return capabilities->SurpriseRemovalOK ? RemovalPolicyExpectSurpriseRemoval
                                           : RemovalPolicyExpectOrderlyRemoval;
}

static NTSTATUS answer_capability(const struct pnp_node *node, DEVICE_REGISTRY_PROPERTY property,
                                  ULONG size, PVOID data, PULONG required)
{
    DEVICE_CAPABILITIES capabilities;
    ULONG number;

    read_capabilities(node, &capabilities);
    if (property == DevicePropertyAddress)
        number = capabilities.Address;
    else if (property == DevicePropertyUINumber)
        number = capabilities.UINumber;
    else
        number = (ULONG)removal_policy(&capabilities);
    if (property == DevicePropertyUINumber && number == NO_NUMBER)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return pnp_property_answer(&number, sizeof(number), size, data, required);
}

/* ---- from names and flags ---- */

static NTSTATUS answer_text(PUNICODE_STRING text, ULONG size, PVOID data, PULONG required)
{
    NTSTATUS status = pnp_property_answer(text->Buffer, text->Length + (ULONG)sizeof(WCHAR), size,
                                          data, required);

    RtlFreeUnicodeString(text);
    return status;
}

static NTSTATUS answer_device_name(const struct pnp_node *node, ULONG size, PVOID data,
                                   PULONG required)
{
    UNICODE_STRING name;
    NTSTATUS status = pnp_device_name(node->physical, &name);

    return NT_SUCCESS(status) ? answer_text(&name, size, data, required) : status;
}

/* The first component of ROOT\SAMPLE\0000. */
static NTSTATUS answer_enumerator(const struct pnp_node *node, ULONG size, PVOID data,
                                  PULONG required)
{
    UNICODE_STRING first = node->instance, name;
    NTSTATUS status;

    for (first.Length = 0; first.Length < node->instance.Length; first.Length += sizeof(WCHAR))
        if (first.Buffer[first.Length / sizeof(WCHAR)] == L'\\')
            break;
    status = pnp_format(&name, L"%wZ", &first);
    return NT_SUCCESS(status) ? answer_text(&name, size, data, required) : status;
}

static NTSTATUS answer_install_state(const struct pnp_node *node, ULONG size, PVOID data,
                                     PULONG required)
{
    DEVICE_INSTALL_STATE state = InstallStateInstalled;
    ULONG flags = 0, length;
    NTSTATUS status =
        pnp_read_value(node, L"", L"ConfigFlags", REG_DWORD, sizeof(flags), &flags, &length);

    if (!NT_SUCCESS(status))
        flags = 0;
    if (flags & CONFIG_REINSTALL)
        state = InstallStateNeedsReinstall;
    else if (flags & CONFIG_FAILED_INSTALL)
        state = InstallStateFailedInstall;
    else if (flags & CONFIG_FINISH_INSTALL)
        state = InstallStateFinishInstall;
    return pnp_property_answer(&state, sizeof(state), size, data, required);
}

/*
 * A property of a device.
 * @param physical     the physical device object
 * @param property     DeviceProperty…
 * @param size         of the buffer, bytes
 * @param buffer       receives the value; may be NULL when size is 0
 * @param result_size  receives the value's size, bytes, also when the buffer is too small
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL; STATUS_OBJECT_NAME_NOT_FOUND for a property that
 * this device does not have; STATUS_INVALID_PARAMETER_2 for an unknown one;
 * STATUS_INVALID_DEVICE_REQUEST for a device that is no physical one.
 * Differs from NT: DevicePropertyBootConfigurationTranslated is never there.
 * Source: Windows driver documentation, IoGetDeviceProperty, DEVICE_REGISTRY_PROPERTY.
 */
NTSTATUS NTAPI IoGetDeviceProperty(PDEVICE_OBJECT physical, DEVICE_REGISTRY_PROPERTY property,
                                   ULONG size, PVOID buffer, PULONG result_size)
{
    const struct pnp_node *node = pnp_node_of(physical);

    *result_size = 0;
    if (!node)
        return STATUS_INVALID_DEVICE_REQUEST;
    if ((ULONG)property < ARRAY_COUNT(stored) && stored[property].value)
        return pnp_read_value(node, stored[property].subkey, stored[property].value,
                              stored[property].type, size, buffer, result_size);
    switch (property) {
    case DevicePropertyPhysicalDeviceObjectName:
        return answer_device_name(node, size, buffer, result_size);
    case DevicePropertyEnumeratorName:
        return answer_enumerator(node, size, buffer, result_size);
    case DevicePropertyInstallState:
        return answer_install_state(node, size, buffer, result_size);
    case DevicePropertyBusTypeGuid:
    case DevicePropertyLegacyBusType:
    case DevicePropertyBusNumber:
        return answer_bus(node, property, size, buffer, result_size);
    case DevicePropertyAddress:
    case DevicePropertyUINumber:
    case DevicePropertyRemovalPolicy:
        return answer_capability(node, property, size, buffer, result_size);
    case DevicePropertyBootConfigurationTranslated:
        return STATUS_OBJECT_NAME_NOT_FOUND;
    default:
        return STATUS_INVALID_PARAMETER_2;
    }
}
NT_EXPORT(IoGetDeviceProperty, PASSIVE_LEVEL, "Duupp");

/*
 * The NUMA node that a device is nearest to.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_NOT_FOUND: no firmware says so; STATUS_INVALID_DEVICE_REQUEST
 * for a device that is no physical one.
 * Source: Windows driver documentation, IoGetDeviceNumaNode.
 */
NTSTATUS NTAPI IoGetDeviceNumaNode(PDEVICE_OBJECT physical, PUSHORT number)
{
    *number = 0;
    return pnp_node_of(physical) ? STATUS_NOT_FOUND : STATUS_INVALID_DEVICE_REQUEST;
}
NT_EXPORT(IoGetDeviceNumaNode, PASSIVE_LEVEL, "Dp");
