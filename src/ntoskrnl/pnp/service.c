/*
 * Drivers that come and go, and devices that the operator adds and takes away.
 */
#include "pnp/pnp_internal.h"

BOOLEAN pnp_service_has_device(PCUNICODE_STRING service)
{
    struct pnp_node *node = NULL;

    while ((node = pnp_next_node(node)) != NULL)
        if (RtlEqualUnicodeString(&node->service, service, TRUE))
            return TRUE;
    return FALSE;
}

static NTSTATUS add(PVOID context)
{
    struct pnp_node *node;
    NTSTATUS status = pnp_root_create(context, NULL, &node);

    return NT_SUCCESS(status) ? pnp_start(node) : status;
}

/* Is a node down only because its driver could not be loaded? */
static BOOLEAN lacks_driver(const struct pnp_node *node)
{
    return node->problem == PNP_PROBLEM_DISABLED_SERVICE ||
           node->problem == PNP_PROBLEM_DRIVER_FAILED_LOAD ||
           node->problem == PNP_PROBLEM_SERVICE_KEY_INVALID;
}

/* The next node of the service that is to be started: nothing speaks against it any more. */
static struct pnp_node *next_waiting(PCUNICODE_STRING service)
{
    struct pnp_node *node = NULL;

    while ((node = pnp_next_node(node)) != NULL)
        if (node->state == PNP_NODE_INITIALIZED && node->problem == PNP_PROBLEM_NONE &&
            RtlEqualUnicodeString(&node->service, service, TRUE))
            return node;
    return NULL;
}

/* The driver may have reported its device in DriverEntry already. */
static NTSTATUS add_first(PVOID service)
{
    struct pnp_node *node = NULL;

    if (!pnp_service_has_device(service))
        return add(service);
    while ((node = pnp_next_node(node)) != NULL)
        if (lacks_driver(node) && RtlEqualUnicodeString(&node->service, service, TRUE))
            node->problem = PNP_PROBLEM_NONE;
    while ((node = next_waiting(service)) != NULL)
        pnp_start(node); /* which sets a problem when it does not start */
    return STATUS_SUCCESS;
}

void pnp_service_started(PCUNICODE_STRING service)
{
    PDRIVER_OBJECT driver;

    if (!NT_SUCCESS(io_driver_find(service, &driver)))
        return;
    if (driver->DriverExtension->AddDevice)
        pnp_run(add_first, (PVOID)service);
    ObDereferenceObject(driver);
}

/* The driver is loaded here and not in the caller's thread, which may be one of user mode. */
static NTSTATUS add_another(PVOID service)
{
    PDRIVER_OBJECT driver;
    NTSTATUS status = pnp_driver_of(service, &driver);

    if (!NT_SUCCESS(status))
        return status;
    status = driver->DriverExtension->AddDevice ? add(service) : STATUS_INVALID_DEVICE_REQUEST;
    ObDereferenceObject(driver);
    return status;
}

NTSTATUS pnp_add(PCUNICODE_STRING service)
{
    return pnp_run(add_another, (PVOID)service);
}

struct removal {
    PCUNICODE_STRING name;
    BOOLEAN surprise;
};

/* By instance; else the device of the service that came last. */
static struct pnp_node *find(PCUNICODE_STRING name)
{
    struct pnp_node *found = pnp_node_by_instance(name), *node = NULL;

    if (found)
        return found;
    while ((node = pnp_next_node(node)) != NULL)
        if (RtlEqualUnicodeString(&node->service, name, TRUE) &&
            node->state != PNP_NODE_SURPRISE_REMOVED)
            found = node;
    return found;
}

static NTSTATUS remove_named(PVOID context)
{
    struct removal *removal = context;
    struct pnp_node *node = find(removal->name);

    if (!node)
        return STATUS_NO_SUCH_DEVICE;
    if (!removal->surprise)
        return pnp_remove_clean(node, FALSE);
    pnp_remove_surprise(node);
    return STATUS_SUCCESS;
}

NTSTATUS pnp_remove(PCUNICODE_STRING name, BOOLEAN surprise)
{
    struct removal removal = {.name = name, .surprise = surprise};

    return pnp_run(remove_named, &removal);
}

/* Is a device of the driver in the stack? */
static BOOLEAN serves(PDRIVER_OBJECT driver, struct pnp_node *node)
{
    if (node->driver == driver)
        return TRUE;
    for (PDEVICE_OBJECT device = node->physical; device; device = device->AttachedDevice)
        if (device->DriverObject == driver)
            return TRUE;
    return FALSE;
}

static struct pnp_node *served_by(PDRIVER_OBJECT driver)
{
    struct pnp_node *node = NULL;

    while ((node = pnp_next_node(node)) != NULL)
        if (serves(driver, node) ||
            RtlEqualUnicodeString(&node->service, io_driver_service(driver), TRUE))
            return node;
    return NULL;
}

static NTSTATUS stop(PVOID driver)
{
    NTSTATUS status = STATUS_SUCCESS;
    struct pnp_node *node;

    while (NT_SUCCESS(status) && (node = served_by(driver)) != NULL)
        status = pnp_remove_clean(node, FALSE);
    return status;
}

NTSTATUS pnp_driver_stop(PDRIVER_OBJECT driver)
{
    return driver->DriverExtension->AddDevice || served_by(driver) ? pnp_run(stop, driver)
                                                                   : STATUS_SUCCESS;
}
