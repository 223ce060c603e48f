/*
 * What drivers tell the PnP manager. Most of it is done later, on a system thread: a driver may
 * call from a PnP request, or at raised IRQL.
 */
#include "pnp/pnp_internal.h"

NTSTATUS NTAPI IoSynchronousInvalidateDeviceRelations(PDEVICE_OBJECT device,
                                                      DEVICE_RELATION_TYPE type);
NTSTATUS NTAPI IoReportRootDevice(PDRIVER_OBJECT driver);

#define PDO_INVALID 2 /* first parameter of bug check 0xCA */

/* These routines take a PDO that the PnP manager knows. Anything else is the driver's fault. */
static struct pnp_node *require_node(PDEVICE_OBJECT device)
{
    struct pnp_node *node = device ? pnp_node_of(device) : NULL;

    if (!node)
        ke_bugcheck(PNP_DETECTED_FATAL_ERROR, PDO_INVALID, (ULONG_PTR)device, 0, 0);
    return node;
}

static void enumerate(PVOID physical)
{
    struct pnp_node *node = pnp_node_of(physical);

    if (node && node->state == PNP_NODE_STARTED)
        pnp_enumerate(node);
}

static void check_state(PVOID physical)
{
    struct pnp_node *node = pnp_node_of(physical);

    if (node && node->state == PNP_NODE_STARTED)
        pnp_check_state(node);
}

static void eject(PVOID physical)
{
    struct pnp_node *node = pnp_node_of(physical);

    if (node && node->state == PNP_NODE_STARTED)
        pnp_remove_clean(node, TRUE);
}

/**
 * Tell that relations of a device have changed.
 * @param device  the PDO of the bus
 * @param type    BusRelations: its children are asked for again. The PnP manager keeps no others,
 *                so these need nothing.
 * IRQL: <= DISPATCH_LEVEL. Bug check 0xCA (PNP_DETECTED_FATAL_ERROR) for a device that is no PDO.
 * Source: Windows driver documentation, IoInvalidateDeviceRelations.
 */
VOID NTAPI IoInvalidateDeviceRelations(PDEVICE_OBJECT device, DEVICE_RELATION_TYPE type)
{
    require_node(device);
    if (type == BusRelations)
        pnp_queue(enumerate, device);
}
NT_EXPORT(IoInvalidateDeviceRelations, DISPATCH_LEVEL, "Du");

static NTSTATUS enumerate_now(PVOID physical)
{
    enumerate(physical);
    return STATUS_SUCCESS;
}

/**
 * The same, and wait until it is done.
 * IRQL: PASSIVE_LEVEL, never in a PnP request.
 * Returns: STATUS_SUCCESS; STATUS_NO_SUCH_DEVICE for no PDO, STATUS_NOT_SUPPORTED for another type;
 * STATUS_UNSUCCESSFUL for a device that is not started, and in a PnP request.
 * Differs from NT: that waits for itself when it is called in a PnP request.
 * Source: Windows driver documentation, IoSynchronousInvalidateDeviceRelations.
 */
NTSTATUS NTAPI IoSynchronousInvalidateDeviceRelations(PDEVICE_OBJECT device,
                                                      DEVICE_RELATION_TYPE type)
{
    struct pnp_node *node = pnp_node_of(device);

    if (!node)
        return STATUS_NO_SUCH_DEVICE;
    if (type != BusRelations)
        return STATUS_NOT_SUPPORTED;
    if (node->state != PNP_NODE_STARTED || pnp.owner == KeGetCurrentThread())
        return STATUS_UNSUCCESSFUL;
    return pnp_run(enumerate_now, device);
}
NT_EXPORT(IoSynchronousInvalidateDeviceRelations, PASSIVE_LEVEL, "Du");

/**
 * Tell that the answer to IRP_MN_QUERY_PNP_DEVICE_STATE has changed: it is asked for again, and a
 * device that has failed or is gone is removed.
 * @param device  its PDO
 * IRQL: <= DISPATCH_LEVEL. Bug check 0xCA for a device that is no PDO.
 * Differs from NT: PNP_DEVICE_DISABLED and PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED change nothing.
 * Source: Windows driver documentation, IoInvalidateDeviceState.
 */
VOID NTAPI IoInvalidateDeviceState(PDEVICE_OBJECT device)
{
    require_node(device);
    pnp_queue(check_state, device);
}
NT_EXPORT(IoInvalidateDeviceState, DISPATCH_LEVEL, "D");

/**
 * Tell that somebody pressed the eject button: unless its drivers refuse, the device is removed
 * and its bus driver gets IRP_MN_EJECT.
 * @param device  its PDO
 * IRQL: <= DISPATCH_LEVEL. Bug check 0xCA for a device that is no PDO.
 * Source: Windows driver documentation, IoRequestDeviceEject.
 */
VOID NTAPI IoRequestDeviceEject(PDEVICE_OBJECT device)
{
    require_node(device);
    pnp_queue(eject, device);
}
NT_EXPORT(IoRequestDeviceEject, DISPATCH_LEVEL, "D");

struct detected {
    PDRIVER_OBJECT driver;
    PDEVICE_OBJECT physical;
};

/* The driver found the device, so it runs: there is no START_DEVICE. */
static NTSTATUS report_detected(PVOID context)
{
    struct detected *detected = context;
    struct pnp_node *node;
    NTSTATUS status =
        pnp_root_create(io_driver_service(detected->driver), detected->physical, &node);

    if (!NT_SUCCESS(status))
        return status;
    detected->physical = node->physical;
    node->driver = detected->driver;
    ObReferenceObject(node->driver);
    pnp_node_set_state(node, PNP_NODE_STARTED);
    return STATUS_SUCCESS;
}

/**
 * Report a device that the driver found by itself.
 * @param driver  whose service the device belongs to
 * @param bus_type, bus_number, slot  where it was found; not kept
 * @param resources, requirements, assigned  what it uses; there is nobody to conflict with
 * @param device  in: NULL or a PDO that the driver made; out: the PDO, to attach to
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_INSUFFICIENT_RESOURCES …
 * Source: Windows driver documentation, IoReportDetectedDevice.
 */
NTSTATUS NTAPI IoReportDetectedDevice(PDRIVER_OBJECT driver, INTERFACE_TYPE bus_type,
                                      ULONG bus_number, ULONG slot, PCM_RESOURCE_LIST resources,
                                      PIO_RESOURCE_REQUIREMENTS_LIST requirements, BOOLEAN assigned,
                                      PDEVICE_OBJECT *device)
{
    struct detected detected = {.driver = driver, .physical = *device};
    NTSTATUS status;

    (void)bus_type, (void)bus_number, (void)slot, (void)resources, (void)requirements;
    (void)assigned;
    status = pnp_run(report_detected, &detected);
    if (NT_SUCCESS(status))
        *device = detected.physical;
    return status;
}
NT_EXPORT(IoReportDetectedDevice, PASSIVE_LEVEL, "Ouuuppbp");

static void add_root_device(PVOID object)
{
    PCUNICODE_STRING service = io_driver_service(object);
    struct pnp_node *node;

    if (!pnp_service_has_device(service) && NT_SUCCESS(pnp_root_create(service, NULL, &node)))
        pnp_start(node);
}

/**
 * Have a device on the root bus, ROOT\SERVICE\0000; AddDevice is called for it soon. A driver has
 * one such device, however often it reports it.
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_INVALID_DEVICE_REQUEST without AddDevice,
 * STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, IoReportRootDevice.
 */
NTSTATUS NTAPI IoReportRootDevice(PDRIVER_OBJECT driver)
{
    if (!driver->DriverExtension->AddDevice)
        return STATUS_INVALID_DEVICE_REQUEST;
    return pnp_queue(add_root_device, driver);
}
NT_EXPORT(IoReportRootDevice, PASSIVE_LEVEL, "O");
