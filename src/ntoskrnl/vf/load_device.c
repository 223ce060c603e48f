/*
 * Devices when they are opened, and drivers that go while they are in use.
 */
#include "io/io.h"
#include "kd/kd.h"
#include "vf/owned.h"

VF_RULE(in_use) = {
    .id = "RS-LOAD-008",
    .title = "driver unloaded while it is in use",
    .severity = VF_WARNING,
    .advice = "close the handles to its devices before the driver is stopped, and complete every "
              "request that it keeps",
    .rationale = "Windows calls DriverUnload when the last handle to the driver's devices is "
                 "closed. A request that the driver keeps is never completed after it is gone.",
    .reference = "Windows driver documentation, Writing an Unload Routine",
};

VF_RULE(still_initializing) = {
    .id = "RS-LOAD-010",
    .title = "DO_DEVICE_INITIALIZING left set",
    .severity = VF_ERROR,
    .advice = "clear DO_DEVICE_INITIALIZING in DeviceObject->Flags at the end of AddDevice, and "
              "wherever a device is created outside DriverEntry",
    .rationale = "The I/O manager clears it only for devices that DriverEntry creates. While it is "
                 "set the device cannot be opened or attached to.",
    .reference = "Windows driver documentation, Clearing the DO_DEVICE_INITIALIZING Flag",
};

VF_RULE(tail_opened) = {
    .id = "RS-LOAD-011",
    .title = "device without FILE_DEVICE_SECURE_OPEN opened by a name below it",
    .severity = VF_WARNING,
    .advice = "pass FILE_DEVICE_SECURE_OPEN to IoCreateDevice, or check access in the driver when "
              "it has names of its own",
    .rationale = "The device's security descriptor is checked only when the name ends at the "
                 "device. Anyone may open \\Device\\Name\\anything without the flag.",
    .reference = "Windows driver documentation, Controlling Device Namespace Access",
};

static PDRIVER_OBJECT entering; /* its DriverEntry runs; NULL = none */

void vf_load_entry_begins(PDRIVER_OBJECT driver)
{
    entering = driver;
}

static void report_of_device(const struct vf_rule *rule, PDEVICE_OBJECT device, const char *format,
                             const char *more)
{
    const struct vf_owned *row = vf_owned_find(VF_DEVICE, (ULONG64)device, 0);
    char name[128];

    if (!row) /* not a driver's, or from before */
        return;
    kd_to_utf8(ob_name_of(device), name, sizeof(name));
    vf_report_at(rule, &row->place, NULL, NULL, format, *name ? name : "without a name", more);
}

void vf_load_device_refused(PDEVICE_OBJECT device)
{
    if (device->DriverObject != entering)
        report_of_device(&still_initializing, device,
                         "device %s was opened%s, and the flag is still set", "");
}

/* File systems and their like have a namespace, and check it themselves. */
static BOOLEAN has_namespace(const DEVICE_OBJECT *device)
{
    switch (device->DeviceType) {
    case FILE_DEVICE_CD_ROM_FILE_SYSTEM:
    case FILE_DEVICE_DFS:
    case FILE_DEVICE_DISK:
    case FILE_DEVICE_DISK_FILE_SYSTEM:
    case FILE_DEVICE_FILE_SYSTEM:
    case FILE_DEVICE_MAILSLOT:
    case FILE_DEVICE_NAMED_PIPE:
    case FILE_DEVICE_NETWORK:
    case FILE_DEVICE_NETWORK_FILE_SYSTEM:
    case FILE_DEVICE_NETWORK_REDIRECTOR:
        return TRUE;
    default:
        return device->Vpb != NULL;
    }
}

void vf_load_device_opened(PDEVICE_OBJECT device, PCUNICODE_STRING tail)
{
    struct vf_owned *row = vf_owned_find(VF_DEVICE, (ULONG64)device, 0);
    char name[128];

    if (row)
        row->extra++;
    if (!tail || !tail->Length || device->Characteristics & FILE_DEVICE_SECURE_OPEN ||
        has_namespace(device))
        return;
    kd_to_utf8(tail, name, sizeof(name));
    report_of_device(&tail_opened, device, "device %s was opened by the name %s below it", name);
}

void vf_load_device_closed(PDEVICE_OBJECT device)
{
    struct vf_owned *row = vf_owned_find(VF_DEVICE, (ULONG64)device, 0);

    if (row && row->extra)
        row->extra--;
}

/* A request of a program that the driver has marked pending, in a thread's list. */
static void find_pending(PETHREAD thread, PDRIVER_OBJECT driver)
{
    LIST_ENTRY *head = &thread->IrpList;

    for (LIST_ENTRY *link = head->Flink; link && link != head; link = link->Flink) {
        PIRP irp = CONTAINING_RECORD(link, IRP, ThreadListEntry);
        PIO_STACK_LOCATION location;

        if (irp->CurrentLocation <= 0 || irp->CurrentLocation > irp->StackCount)
            continue;
        location = IoGetCurrentIrpStackLocation(irp);
        if (irp->RequestorMode == UserMode && location->Control & SL_PENDING_RETURNED &&
            location->DeviceObject && location->DeviceObject->DriverObject == driver)
            report_of_device(&in_use, location->DeviceObject,
                             "device %s has a request that is not completed%s", "");
    }
}

#define LAST_SEARCHED_ID 0x4000 /* ids are reused lowest first */

void vf_load_unload_begins(PDRIVER_OBJECT driver)
{
    for (PDEVICE_OBJECT device = driver->DeviceObject; device; device = device->NextDevice) {
        const struct vf_owned *row = vf_owned_find(VF_DEVICE, (ULONG64)device, 0);

        if (row && row->extra)
            report_of_device(&in_use, device, "device %s has open handles%s", "");
    }
    for (ULONG_PTR id = 4; id < LAST_SEARCHED_ID; id += 4) {
        PVOID object = ps_id_lookup((HANDLE)id);

        if (object && ob_type_of(object) == ps_thread_type)
            find_pending(object, driver);
    }
}
