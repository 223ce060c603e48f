/*
 * Unloading drivers. As long as a device of the driver is open, or another driver is attached
 * above it, DriverUnload waits; meanwhile its devices cannot be opened any more.
 *
 *   loaded ── io_driver_unload ─▶ its PnP devices removed ─┬─ not in use ─────────────────┐
 *               in use: UnloadPending ── io_unload_continue, when the last use has ended ──┤
 *                                                          DriverUnload ─▶ name removed ◀──┘
 */
#include "io/io_internal.h"
#include "pnp/pnp.h"
#include "vf/irp.h"
#include "vf/owned.h"
#include "vf/vf.h"

#define IO_TAG_UNLOAD MM_POOL_TAG('I', 'o', 'U', 'l')

/* A driver that goes when its devices are not in use any more. */
struct unload {
    LIST_ENTRY links; /* io.unloads, until it is queued */
    PDRIVER_OBJECT driver;
    WORK_QUEUE_ITEM item;
};

static BOOLEAN is_in_use(const DRIVER_OBJECT *driver)
{
    for (PDEVICE_OBJECT device = driver->DeviceObject; device; device = device->NextDevice) {
        if (device->ReferenceCount || device->AttachedDevice)
            return TRUE;
    }
    return FALSE;
}

static struct unload *find_unload(const DRIVER_OBJECT *driver)
{
    for (LIST_ENTRY *link = io.unloads.Flink; link != &io.unloads; link = link->Flink) {
        struct unload *unload = CONTAINING_RECORD(link, struct unload, links);

        if (unload->driver == driver)
            return unload;
    }
    return NULL;
}

/*
 * Gives up the reference that the caller has. The last use may end while somebody who does not wait
 * for that is on the way here: the first of them unloads the driver, and the other one waits.
 */
static NTSTATUS unload_now(PDRIVER_OBJECT driver)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (InterlockedOr((volatile LONG *)&driver->Flags, DRVO_UNLOAD_INVOKED) & DRVO_UNLOAD_INVOKED) {
        KeWaitForSingleObject(io_driver_unloaded(driver), Executive, KernelMode, FALSE, NULL);
    } else {
        status = io_run_on_system_thread(io_driver_call_unload, driver);
        io_driver_forget(driver);
        KeSetEvent(io_driver_unloaded(driver), IO_NO_INCREMENT, FALSE);
    }
    ObDereferenceObject(driver);
    return status;
}

static VOID NTAPI unload_queued(PVOID context)
{
    struct unload *unload = context;
    PDRIVER_OBJECT driver = unload->driver;

    ExFreePoolWithTag(unload, IO_TAG_UNLOAD);
    if (driver->Flags & DRVO_UNLOAD_INVOKED) /* somebody did not wait */
        ObDereferenceObject(driver);
    else
        unload_now(driver);
}

void io_unload_continue(PDEVICE_OBJECT device)
{
    struct unload *unload;

    if (!io_extension(device)->UnloadPending)
        return;
    unload = find_unload(device->DriverObject);
    if (!unload || is_in_use(unload->driver))
        return;
    RemoveEntryList(&unload->links);
    InitializeListHead(&unload->links);
    ExQueueWorkItem(&unload->item, DelayedWorkQueue);
}

/* Keeps the caller's reference until the driver goes. */
static NTSTATUS unload_later(PDRIVER_OBJECT driver)
{
    struct unload *unload = ExAllocatePoolWithTag(NonPagedPool, sizeof(*unload), IO_TAG_UNLOAD);

    if (!unload) {
        ObDereferenceObject(driver);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    unload->driver = driver;
    ExInitializeWorkItem(&unload->item, unload_queued, unload);
    InsertTailList(&io.unloads, &unload->links);
    for (PDEVICE_OBJECT device = driver->DeviceObject; device; device = device->NextDevice)
        io_extension(device)->UnloadPending = TRUE;
    return STATUS_SUCCESS;
}

/* Whoever waits for the driver's devices need not any more. */
static void forget_unload(PDRIVER_OBJECT driver)
{
    struct unload *unload = find_unload(driver);

    if (!unload)
        return;
    RemoveEntryList(&unload->links);
    ExFreePoolWithTag(unload, IO_TAG_UNLOAD);
    ObDereferenceObject(driver);
}

static NTSTATUS probe_driver(PVOID driver)
{
    vf_irp_probe_driver(driver);
    return STATUS_SUCCESS;
}

NTSTATUS io_driver_unload(PCUNICODE_STRING service, BOOLEAN wait)
{
    PDRIVER_OBJECT driver;
    NTSTATUS status = io_driver_find(service, &driver);

    if (!NT_SUCCESS(status))
        return status;
    status = STATUS_INVALID_DEVICE_REQUEST;
    if (!driver->DriverUnload || (wait && driver->Flags & DRVO_UNLOAD_INVOKED))
        goto out;
    if (driver->Flags & DRVO_UNLOAD_INVOKED)
        return unload_now(driver);
    status = STATUS_SUCCESS;
    if (wait && find_unload(driver))
        goto out;
    if (vf_on)
        io_run_on_system_thread(probe_driver, driver);
    status = pnp_driver_stop(driver);
    if (!NT_SUCCESS(status))
        goto out;
    VF(load_unload_begins(driver));
    if (wait && is_in_use(driver))
        return unload_later(driver);
    forget_unload(driver);
    return unload_now(driver);
out:
    ObDereferenceObject(driver);
    return status;
}
