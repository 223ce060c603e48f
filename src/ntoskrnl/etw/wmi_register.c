/*
 * Who answers for which WMI blocks: devices that register, and the GUIDs that they name.
 *
 * A device registers with IoWMIRegistrationControl, as a rule from its dispatch routine for
 * IRP_MN_START_DEVICE. It is asked for its GUIDs later, by a worker thread: only then is it ready
 * for IRP_MJ_SYSTEM_CONTROL. A provider of WPP messages may register a callback instead of a
 * device; it is asked at once.
 */
#include "etw/etw_internal.h"
#include "io/io.h"
#include <wmistr.h>

#define ACTION_MASK 0xFFFF
#define FLAG_TRACE_PROVIDER 0x00010000
#define FLAG_CALLBACK 0x80000000

#define FIRST_REPLY 0x400   /* bytes offered for the registration information */
#define LAST_REPLY 0x100000 /* a driver that wants more is refused */

ULONG NTAPI IoWMIDeviceObjectToProviderId(PDEVICE_OBJECT device);

static struct wmi_registration *find(ULONG64 key)
{
    for (LIST_ENTRY *link = etw.wmi_registrations.Flink; link != &etw.wmi_registrations;
         link = link->Flink) {
        struct wmi_registration *registration =
            CONTAINING_RECORD(link, struct wmi_registration, links);

        if (registration->key == key && !registration->removed)
            return registration;
    }
    return NULL;
}

const struct wmi_guid *wmi_find_guid(const struct wmi_registration *registration, LPCGUID guid)
{
    for (ULONG i = 0; i < registration->guid_count; i++)
        if (IsEqualGUID(&registration->guids[i].guid, guid))
            return &registration->guids[i];
    return NULL;
}

void wmi_dereference(struct wmi_registration *registration)
{
    if (--registration->references)
        return;
    if (registration->device)
        ObDereferenceObject(registration->device);
    if (registration->guids)
        ExFreePoolWithTag(registration->guids, ETW_TAG_WMI);
    ExFreePoolWithTag(registration, ETW_TAG_WMI);
}

/* ---- requests ---- */

static NTSTATUS send(PDEVICE_OBJECT device, UCHAR minor, PVOID data_path, PVOID buffer,
                     ULONG length, PULONG_PTR size)
{
    PDEVICE_OBJECT top = IoGetAttachedDeviceReference(device);
    PIO_STACK_LOCATION location;
    IO_STATUS_BLOCK iosb = {.Information = 0}; /* stays so when the device fails at once */
    KEVENT done;
    PIRP irp;
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_SYSTEM_CONTROL, top, NULL, 0, NULL, &done, &iosb);
    if (irp) {
        irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
        location = IoGetNextIrpStackLocation(irp);
        location->MinorFunction = minor;
        location->Parameters.WMI.ProviderId = (ULONG_PTR)device;
        location->Parameters.WMI.DataPath = data_path;
        location->Parameters.WMI.BufferSize = length;
        location->Parameters.WMI.Buffer = buffer;
        status = IofCallDriver(top, irp);
        if (status == STATUS_PENDING) {
            KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
            status = iosb.Status;
        }
        *size = iosb.Information;
    }
    ObDereferenceObject(top);
    return status;
}

static NTSTATUS call_back(struct wmi_registration *registration, UCHAR minor, PVOID data_path,
                          PVOID buffer, ULONG length, PULONG_PTR size)
{
    ULONG filled = 0;
    NTSTATUS status = (*registration->callback)(minor, data_path, length, buffer,
                                                registration->callback, &filled);

    *size = filled;
    return status;
}

NTSTATUS wmi_request(struct wmi_registration *registration, UCHAR minor, PVOID data_path,
                     PVOID buffer, ULONG length, PULONG_PTR size)
{
    NTSTATUS status;

    *size = 0;
    if (registration->blocked || registration->removed)
        return STATUS_WMI_GUID_DISCONNECTED;
    registration->busy++;
    status = registration->device
                 ? send(registration->device, minor, data_path, buffer, length, size)
                 : call_back(registration, minor, data_path, buffer, length, size);
    if (--registration->busy == 0 && registration->removed)
        KeSetEvent(&registration->idle, IO_NO_INCREMENT, FALSE);
    return status;
}

/* ---- the GUIDs ---- */

static NTSTATUS keep_guids(struct wmi_registration *registration, const WMIREGINFOW *information,
                           ULONG_PTR size)
{
    ULONG64 needed = FIELD_OFFSET(WMIREGINFOW, WmiRegGuid) +
                     (ULONG64)information->GuidCount * sizeof(WMIREGGUIDW);
    struct wmi_guid *guids;

    if (size < FIELD_OFFSET(WMIREGINFOW, WmiRegGuid) || needed > size)
        return STATUS_INVALID_PARAMETER;
    guids = ExAllocatePoolWithTag(NonPagedPoolNx, max(information->GuidCount, 1) * sizeof(*guids),
                                  ETW_TAG_WMI);
    if (!guids)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; i < information->GuidCount; i++)
        guids[i] = (struct wmi_guid){.guid = information->WmiRegGuid[i].Guid,
                                     .flags = information->WmiRegGuid[i].Flags,
                                     .instances = information->WmiRegGuid[i].InstanceCount};
    if (registration->guids)
        ExFreePoolWithTag(registration->guids, ETW_TAG_WMI);
    registration->guids = guids;
    registration->guid_count = information->GuidCount;
    return STATUS_SUCCESS;
}

/* A driver that needs more says how much in the first 32 bits. */
static BOOLEAN wants_more(NTSTATUS status, const ULONG *buffer, ULONG_PTR size, ULONG length)
{
    return (status == STATUS_BUFFER_TOO_SMALL || (NT_SUCCESS(status) && size == sizeof(ULONG))) &&
           buffer[0] > length && buffer[0] <= LAST_REPLY;
}

/* @param update  WMIREGISTER or WMIUPDATE */
static NTSTATUS ask_for_guids(struct wmi_registration *registration, UCHAR minor, ULONG update)
{
    ULONG length = FIRST_REPLY;

    for (;;) {
        ULONG *buffer = ExAllocatePoolWithTag(NonPagedPoolNx, length, ETW_TAG_WMI);
        ULONG_PTR size;
        NTSTATUS status;
        ULONG wanted = 0;

        if (!buffer)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlZeroMemory(buffer, length);
        status = wmi_request(registration, minor, (PVOID)(ULONG_PTR)update, buffer, length, &size);
        if (wants_more(status, buffer, size, length))
            wanted = buffer[0];
        else if (NT_SUCCESS(status))
            status = keep_guids(registration, (const WMIREGINFOW *)buffer, min(size, length));
        ExFreePoolWithTag(buffer, ETW_TAG_WMI);
        if (!wanted)
            return status;
        length = wanted;
    }
}

/* The session wants a trace provider's messages. */
static void enable_trace(struct wmi_registration *registration)
{
    struct etw_enable_context session = etw_session();

    for (ULONG i = 0; etw_enabled() && i < registration->guid_count; i++) {
        WNODE_HEADER header = {.BufferSize = sizeof(header), .Guid = registration->guids[i].guid};
        ULONG_PTR size;

        RtlCopyMemory(&header.HistoricalContext, &session, sizeof(session));
        wmi_request(registration, IRP_MN_ENABLE_EVENTS, &header.Guid, &header, sizeof(header),
                    &size);
    }
}

static NTSTATUS load(struct wmi_registration *registration, ULONG update)
{
    NTSTATUS status = STATUS_NOT_SUPPORTED;

    if (registration->device)
        status = ask_for_guids(registration, IRP_MN_REGINFO_EX, update);
    if (!NT_SUCCESS(status)) /* drivers from before Windows XP know only this one */
        status = ask_for_guids(registration, IRP_MN_REGINFO, update);
    return status;
}

static VOID NTAPI load_later(PVOID context)
{
    struct wmi_registration *registration = context;

    load(registration, WMIREGISTER); /* a driver that fails has registered no GUIDs */
    wmi_dereference(registration);
}

/* ---- IoWMIRegistrationControl ---- */

static NTSTATUS add(PDEVICE_OBJECT device, ULONG flags)
{
    struct wmi_registration *registration;

    if (find((ULONG64)device))
        return STATUS_OBJECTID_EXISTS;
    registration = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*registration), ETW_TAG_WMI);
    if (!registration)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(registration, sizeof(*registration));
    registration->key = (ULONG64)device;
    registration->id = ++etw.next_wmi_id;
    registration->references = 1;
    KeInitializeEvent(&registration->idle, NotificationEvent, FALSE);
    InsertTailList(&etw.wmi_registrations, &registration->links);
    if (flags & FLAG_CALLBACK) {
        registration->callback = (wmi_callback **)device;
        if (NT_SUCCESS(load(registration, WMIREGISTER)) && flags & FLAG_TRACE_PROVIDER)
            enable_trace(registration);
        return STATUS_SUCCESS;
    }
    ObReferenceObject(device);
    registration->device = device;
    registration->references++;
    ExInitializeWorkItem(&registration->work, load_later, registration);
    ExQueueWorkItem(&registration->work, DelayedWorkQueue);
    return STATUS_SUCCESS;
}

static NTSTATUS drop(struct wmi_registration *registration)
{
    registration->removed = TRUE;
    while (registration->busy)
        KeWaitForSingleObject(&registration->idle, Executive, KernelMode, FALSE, NULL);
    RemoveEntryList(&registration->links);
    wmi_dereference(registration);
    return STATUS_SUCCESS;
}

/*
 * Register a device with WMI, or change its registration.
 * @param device  the driver's device; with the flag 0x80000000 in `action` a block that starts
 *                with the address of a callback, as WPP passes
 * @param action  WMIREG_ACTION_REGISTER: the device will get IRP_MN_REGINFO_EX, or IRP_MN_REGINFO
 *                if it refuses that; _DEREGISTER, which waits for requests in progress;
 * _REREGISTER; _UPDATE_GUIDS: it is asked again; _BLOCK_IRPS: it gets no more requests IRQL:
 * PASSIVE_LEVEL. Returns STATUS_SUCCESS; STATUS_OBJECTID_EXISTS for a second registration;
 * STATUS_INVALID_PARAMETER for a device that is not registered, or another action;
 * STATUS_INSUFFICIENT_RESOURCES; of _UPDATE_GUIDS the driver's failure.
 * Source: Windows driver documentation, IoWMIRegistrationControl, IRP_MN_REGINFO_EX.
 */
NTSTATUS NTAPI IoWMIRegistrationControl(PDEVICE_OBJECT device, ULONG action)
{
    struct wmi_registration *registration = find((ULONG64)device);
    ULONG flags = action & ~(ULONG)ACTION_MASK;

    if (!device)
        return STATUS_INVALID_PARAMETER;
    if ((action & ACTION_MASK) == WMIREG_ACTION_REGISTER)
        return add(device, flags);
    if (!registration)
        return STATUS_INVALID_PARAMETER;
    switch (action & ACTION_MASK) {
    case WMIREG_ACTION_DEREGISTER:
        return drop(registration);
    case WMIREG_ACTION_REREGISTER:
        drop(registration);
        return add(device, flags);
    case WMIREG_ACTION_UPDATE_GUIDS:
        return load(registration, WMIUPDATE);
    case WMIREG_ACTION_BLOCK_IRPS:
        registration->blocked = TRUE;
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}
NT_EXPORT(IoWMIRegistrationControl, PASSIVE_LEVEL, "Du");

/*
 * The id of a device's registration, which WNODE_HEADER.ProviderId of its events has.
 * IRQL: <= DISPATCH_LEVEL. Returns 0 for a device that is not registered.
 * Source: Windows driver documentation, IoWMIDeviceObjectToProviderId.
 */
ULONG NTAPI IoWMIDeviceObjectToProviderId(PDEVICE_OBJECT device)
{
    struct wmi_registration *registration = find((ULONG64)device);

    return registration ? registration->id : 0;
}
NT_EXPORT(IoWMIDeviceObjectToProviderId, DISPATCH_LEVEL, "D");
