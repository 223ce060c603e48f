/*
 * The start of a device, in the order of NT: AddDevice of the filters below, of the function
 * driver, of the filters above; FILTER_RESOURCE_REQUIREMENTS; START_DEVICE; then
 * QUERY_CAPABILITIES, QUERY_PNP_DEVICE_STATE and QUERY_DEVICE_RELATIONS for the children.
 *
 * Source: Windows driver documentation, "Adding a PnP Device to a Running System" and "Starting a
 * Device". Differs from NT: there are no arbiters, so a device gets no resources; one whose drivers
 * ask for some does not start. Characteristics are shared by the devices of the stack, as
 * "Specifying Device Characteristics" says.
 */
#include "pnp/pnp_internal.h"

#define LIST_CHARACTERS 512 /* of UpperFilters, LowerFilters */

NTSTATUS pnp_driver_of(PCUNICODE_STRING service, PDRIVER_OBJECT *driver)
{
    NTSTATUS status = io_driver_find(service, driver);
    ULONG start;

    if (NT_SUCCESS(status))
        return status;
    status = pnp_key_service_start(service, &start);
    if (NT_SUCCESS(status) && start == SERVICE_DISABLED)
        status = STATUS_DRIVER_UNABLE_TO_LOAD;
    if (NT_SUCCESS(status))
        status = io_service_load(service);
    return NT_SUCCESS(status) ? io_driver_find(service, driver) : status;
}

/* Why the driver of a service could not be loaded. */
static enum pnp_problem load_problem(PCUNICODE_STRING service)
{
    ULONG start;

    if (!NT_SUCCESS(pnp_key_service_start(service, &start)))
        return PNP_PROBLEM_SERVICE_KEY_INVALID;
    return start == SERVICE_DISABLED ? PNP_PROBLEM_DISABLED_SERVICE
                                     : PNP_PROBLEM_DRIVER_FAILED_LOAD;
}

static NTSTATUS add_driver(struct pnp_node *node, PCUNICODE_STRING service, BOOLEAN function)
{
    PDRIVER_ADD_DEVICE add_device;
    PDRIVER_OBJECT driver;
    NTSTATUS status = pnp_driver_of(service, &driver);

    if (!NT_SUCCESS(status)) {
        pnp_node_fail(node, load_problem(service), status);
        return status;
    }
    add_device = driver->DriverExtension->AddDevice;
    status = add_device ? add_device(driver, node->physical) : STATUS_INVALID_DEVICE_REQUEST;
    kassert(ke_irql() == PASSIVE_LEVEL);
    if (!NT_SUCCESS(status))
        pnp_node_fail(node, PNP_PROBLEM_FAILED_ADD, status);
    if (function && NT_SUCCESS(status))
        node->driver = driver; /* with its reference */
    else
        ObDereferenceObject(driver);
    return status;
}

/* Each name of a list of strings. */
static NTSTATUS add_filters(struct pnp_node *node, PCWSTR value,
                            NTSTATUS (*query)(struct pnp_node *, PCWSTR, PWSTR, ULONG))
{
    WCHAR list[LIST_CHARACTERS];
    NTSTATUS status = query(node, value, list, sizeof(list));

    if (status == STATUS_BUFFER_OVERFLOW) {
        pnp_node_fail(node, PNP_PROBLEM_FAILED_ADD, status);
        return status;
    }
    if (!NT_SUCCESS(status))
        return STATUS_SUCCESS; /* there are none */
    for (PCWSTR name = list; *name; name += wcslen(name) + 1) {
        UNICODE_STRING service;

        RtlInitUnicodeString(&service, name);
        status = add_driver(node, &service, FALSE);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS add_drivers(struct pnp_node *node)
{
    NTSTATUS status = add_filters(node, L"LowerFilters", pnp_key_query);

    if (NT_SUCCESS(status))
        status = add_filters(node, L"LowerFilters", pnp_key_class_query);
    if (NT_SUCCESS(status) && node->service.Length)
        status = add_driver(node, &node->service, TRUE);
    if (NT_SUCCESS(status))
        status = add_filters(node, L"UpperFilters", pnp_key_query);
    if (NT_SUCCESS(status))
        status = add_filters(node, L"UpperFilters", pnp_key_class_query);
    return status;
}

/* What one device of the stack is marked with, as FILE_DEVICE_SECURE_OPEN, holds for all of it. */
static void share_characteristics(struct pnp_node *node)
{
    ULONG shared = 0;

    for (PDEVICE_OBJECT device = node->physical; device; device = device->AttachedDevice)
        shared |= device->Characteristics & FILE_CHARACTERISTICS_PROPAGATED;
    for (PDEVICE_OBJECT device = node->physical; device; device = device->AttachedDevice)
        device->Characteristics |= shared;
}

static BOOLEAN asks_for_something(const IO_RESOURCE_REQUIREMENTS_LIST *requirements)
{
    return requirements && requirements->AlternativeLists && requirements->List[0].Count;
}

/* What the device needs according to its bus, which is asked before there are drivers above. */
static PIO_RESOURCE_REQUIREMENTS_LIST query_requirements(struct pnp_node *node)
{
    ULONG_PTR requirements;
    NTSTATUS status = pnp_request(node, IRP_MN_QUERY_RESOURCE_REQUIREMENTS, NULL, &requirements);

    return NT_SUCCESS(status) ? (PIO_RESOURCE_REQUIREMENTS_LIST)requirements : NULL;
}

/* What it needs according to the drivers above, too. They may change the list, or replace it. */
static NTSTATUS filter_requirements(struct pnp_node *node, PIO_RESOURCE_REQUIREMENTS_LIST own)
{
    IO_STACK_LOCATION parameters = {0};
    PIO_RESOURCE_REQUIREMENTS_LIST requirements = own;
    ULONG_PTR filtered;
    BOOLEAN conflict;
    NTSTATUS status;

    parameters.Parameters.FilterResourceRequirements.IoResourceRequirementList = own;
    status = pnp_request(node, IRP_MN_FILTER_RESOURCE_REQUIREMENTS, &parameters, &filtered);
    if (NT_SUCCESS(status) && filtered)
        requirements = (PIO_RESOURCE_REQUIREMENTS_LIST)filtered;
    conflict = asks_for_something(requirements);
    if (requirements != own)
        pnp_free_answer(requirements);
    if (!conflict)
        return STATUS_SUCCESS;
    pnp_node_fail(node, PNP_PROBLEM_RESOURCES, STATUS_CONFLICTING_ADDRESSES);
    return STATUS_CONFLICTING_ADDRESSES;
}

static NTSTATUS start_stack(struct pnp_node *node)
{
    NTSTATUS status = pnp_request(node, IRP_MN_START_DEVICE, NULL, NULL);

    if (!NT_SUCCESS(status))
        pnp_node_fail(node, PNP_PROBLEM_FAILED_START, status);
    return status;
}

/* The bits of the value Capabilities are those of the structure, from LockSupported on. */
static void write_capabilities(struct pnp_node *node, const DEVICE_CAPABILITIES *capabilities)
{
    ULONG bits = capabilities->LockSupported | capabilities->EjectSupported << 1 |
                 capabilities->Removable << 2 | capabilities->DockDevice << 3 |
                 capabilities->UniqueID << 4 | capabilities->SilentInstall << 5 |
                 capabilities->RawDeviceOK << 6 | capabilities->SurpriseRemovalOK << 7 |
                 capabilities->HardwareDisabled << 8 | capabilities->NonDynamic << 9;

    pnp_key_set_number(node, L"Capabilities", bits);
    if (capabilities->UINumber != MAXULONG)
        pnp_key_set_number(node, L"UINumber", capabilities->UINumber);
    if (capabilities->Address != MAXULONG)
        pnp_key_set_number(node, L"Address", capabilities->Address);
}

NTSTATUS pnp_check_state(struct pnp_node *node)
{
    ULONG_PTR state;
    NTSTATUS status = pnp_request(node, IRP_MN_QUERY_PNP_DEVICE_STATE, NULL, &state);

    if (!NT_SUCCESS(status) || !(state & (PNP_DEVICE_FAILED | PNP_DEVICE_REMOVED)))
        return STATUS_SUCCESS;
    pnp_node_fail(node, PNP_PROBLEM_FAILED_POST_START, STATUS_DEVICE_NOT_CONNECTED);
    pnp_remove_surprise(node);
    return STATUS_DEVICE_NOT_CONNECTED;
}

NTSTATUS pnp_started(struct pnp_node *node)
{
    DEVICE_CAPABILITIES capabilities;
    NTSTATUS status;

    if (NT_SUCCESS(pnp_query_capabilities(node, &capabilities)))
        write_capabilities(node, &capabilities);
    status = pnp_check_state(node);
    if (NT_SUCCESS(status))
        pnp_enumerate(node);
    return status;
}

NTSTATUS pnp_start(struct pnp_node *node)
{
    PIO_RESOURCE_REQUIREMENTS_LIST requirements = query_requirements(node);
    NTSTATUS status = add_drivers(node);

    share_characteristics(node);
    if (NT_SUCCESS(status))
        status = filter_requirements(node, requirements);
    if (NT_SUCCESS(status))
        status = start_stack(node);
    pnp_free_answer(requirements);
    if (!NT_SUCCESS(status)) {
        pnp_request(node, IRP_MN_REMOVE_DEVICE, NULL, NULL);
        return status;
    }
    pnp_node_set_state(node, PNP_NODE_STARTED);
    return pnp_started(node);
}
