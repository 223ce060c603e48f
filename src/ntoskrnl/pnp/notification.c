/*
 * Who wants to know of devices: registrations, and calling them.
 *
 *   device interfaces   arrivals and removals of one class, told soon after (notification_queue.c)
 *   target device       a device of which somebody has a file open; he may refuse its removal
 *   hardware profile    there is one profile only, which never changes
 *
 * A registration that is being called is held by a reference, and stays in the list until its last
 * one goes: the one who walks the list goes on from it. No lock is held during a call.
 */
#include "ke/ke.h"
#include "ob/ob.h"
#include "pnp/interface.h"
#include "vf/owned.h"

#include <initguid.h>
#include <wdmguid.h>

#define NOTIFICATION_VERSION 1

struct registration {
    LIST_ENTRY link; /* notifications.registrations */
    IO_NOTIFICATION_EVENT_CATEGORY category;
    GUID class_guid;         /* device interfaces */
    PDEVICE_OBJECT physical; /* target device; referenced */
    PFILE_OBJECT file;       /* target device; as given, not referenced */
    PDRIVER_OBJECT driver;   /* referenced: its code stays */
    PDRIVER_NOTIFICATION_CALLBACK_ROUTINE callback;
    PVOID context;
    LONG references; /* one of the driver, one of each call */
    BOOLEAN removed; /* the driver's is gone: no further calls */
    ULONG calls;     /* in progress */
    KEVENT idle;     /* set while there are none */
};

static struct {
    KSPIN_LOCK lock;
    LIST_ENTRY registrations; /* in order of registration */
} notifications = {
    .registrations = {&notifications.registrations, &notifications.registrations},
};

/* ---- the list ---- */

static void release(struct registration *registration)
{
    KIRQL irql = KeAcquireSpinLockRaiseToDpc(&notifications.lock);
    BOOLEAN last = --registration->references == 0;

    if (last)
        RemoveEntryList(&registration->link);
    KeReleaseSpinLock(&notifications.lock, irql);
    if (!last)
        return;
    if (registration->physical)
        ObDereferenceObject(registration->physical);
    ObDereferenceObject(registration->driver);
    ExFreePoolWithTag(registration, PNP_TAG_NOTIFY);
}

/*
 * The next live registration after `current` (NULL: the first), held for the caller, who gives it
 * back by asking for the one after it; with `backward`, the one before.
 */
static struct registration *next(struct registration *current, BOOLEAN backward)
{
    KIRQL irql = KeAcquireSpinLockRaiseToDpc(&notifications.lock);
    LIST_ENTRY *head = &notifications.registrations;
    LIST_ENTRY *link = current ? &current->link : head;
    struct registration *found = NULL;

    while (!found) {
        link = backward ? link->Blink : link->Flink;
        if (link == head)
            break;
        found = CONTAINING_RECORD(link, struct registration, link);
        if (found->removed)
            found = NULL;
    }
    if (found)
        found->references++;
    KeReleaseSpinLock(&notifications.lock, irql);
    if (current)
        release(current);
    return found;
}

static NTSTATUS call(struct registration *registration, PVOID notification)
{
    KIRQL irql = KeAcquireSpinLockRaiseToDpc(&notifications.lock);
    NTSTATUS status;

    registration->calls++;
    KeClearEvent(&registration->idle);
    KeReleaseSpinLock(&notifications.lock, irql);
    status = registration->callback(notification, registration->context);
    kassert(ke_irql() == PASSIVE_LEVEL);
    irql = KeAcquireSpinLockRaiseToDpc(&notifications.lock);
    if (--registration->calls == 0)
        KeSetEvent(&registration->idle, IO_NO_INCREMENT, FALSE);
    KeReleaseSpinLock(&notifications.lock, irql);
    return status;
}

/* ---- device interfaces ---- */

static void fill_interface(DEVICE_INTERFACE_CHANGE_NOTIFICATION *notification, const GUID *event,
                           const GUID *class_guid, PUNICODE_STRING name)
{
    RtlZeroMemory(notification, sizeof(*notification));
    notification->Version = NOTIFICATION_VERSION;
    notification->Size = sizeof(*notification);
    notification->Event = *event;
    notification->InterfaceClassGuid = *class_guid;
    notification->SymbolicLinkName = name;
}

void pnp_notify_class(BOOLEAN arrival, const GUID *class_guid, PUNICODE_STRING name)
{
    const GUID *event = arrival ? &GUID_DEVICE_INTERFACE_ARRIVAL : &GUID_DEVICE_INTERFACE_REMOVAL;
    DEVICE_INTERFACE_CHANGE_NOTIFICATION notification;

    fill_interface(&notification, event, class_guid, name);
    for (struct registration *each = next(NULL, FALSE); each; each = next(each, FALSE))
        if (each->category == EventCategoryDeviceInterfaceChange &&
            IsEqualGUID(&each->class_guid, class_guid))
            call(each, &notification);
}

/* The interfaces that are there already, to a new registration. */
static void tell_existing(struct registration *registration)
{
    DEVICE_INTERFACE_CHANGE_NOTIFICATION notification;
    UNICODE_STRING name;
    PWSTR list;

    if (!NT_SUCCESS(IoGetDeviceInterfaces(&registration->class_guid, NULL, 0, &list)))
        return;
    for (PWSTR entry = list; *entry; entry += wcslen(entry) + 1) {
        RtlInitUnicodeString(&name, entry);
        fill_interface(&notification, &GUID_DEVICE_INTERFACE_ARRIVAL, &registration->class_guid,
                       &name);
        call(registration, &notification);
    }
    ExFreePool(list);
}

/* ---- target devices ---- */

static BOOLEAN is_target(const struct registration *registration, PDEVICE_OBJECT physical)
{
    return registration->category == EventCategoryTargetDeviceChange &&
           registration->physical == physical;
}

static NTSTATUS tell_target(struct registration *registration, const GUID *event)
{
    TARGET_DEVICE_REMOVAL_NOTIFICATION notification = {
        .Version = NOTIFICATION_VERSION,
        .Size = sizeof(notification),
        .Event = *event,
        .FileObject = registration->file,
    };

    return call(registration, &notification);
}

/* From the one who refused back to the first. `refused` is held and given back. */
static void take_back(struct registration *refused, PDEVICE_OBJECT physical)
{
    for (struct registration *each = refused; each; each = next(each, TRUE))
        if (is_target(each, physical))
            tell_target(each, &GUID_TARGET_DEVICE_REMOVE_CANCELLED);
}

NTSTATUS pnp_notify_query_remove(struct pnp_node *node)
{
    for (struct registration *each = next(NULL, FALSE); each; each = next(each, FALSE)) {
        NTSTATUS status = STATUS_SUCCESS;

        if (is_target(each, node->physical))
            status = tell_target(each, &GUID_TARGET_DEVICE_QUERY_REMOVE);
        if (!NT_SUCCESS(status)) {
            take_back(each, node->physical);
            return status;
        }
    }
    return STATUS_SUCCESS;
}

void pnp_notify_remove_cancelled(struct pnp_node *node)
{
    take_back(next(NULL, TRUE), node->physical);
}

void pnp_notify_remove_complete(struct pnp_node *node)
{
    for (struct registration *each = next(NULL, FALSE); each; each = next(each, FALSE))
        if (is_target(each, node->physical))
            tell_target(each, &GUID_TARGET_DEVICE_REMOVE_COMPLETE);
}

void pnp_notify_custom(PDEVICE_OBJECT physical, PTARGET_DEVICE_CUSTOM_NOTIFICATION event)
{
    for (struct registration *each = next(NULL, FALSE); each; each = next(each, FALSE))
        if (is_target(each, physical)) {
            event->FileObject = each->file;
            call(each, event);
        }
}

BOOLEAN pnp_is_system_event(const GUID *event)
{
    return IsEqualGUID(event, &GUID_TARGET_DEVICE_QUERY_REMOVE) ||
           IsEqualGUID(event, &GUID_TARGET_DEVICE_REMOVE_CANCELLED) ||
           IsEqualGUID(event, &GUID_TARGET_DEVICE_REMOVE_COMPLETE);
}

void pnp_node_changed(struct pnp_node *node, enum pnp_state before)
{
    if (node->state == PNP_NODE_STARTED && before == PNP_NODE_INITIALIZED) {
        pnp_write_running(node);
        pnp_interfaces_start(node);
    }
    if (node->state < PNP_NODE_SURPRISE_REMOVED)
        return;
    pnp_interfaces_remove(node);
    if (before < PNP_NODE_SURPRISE_REMOVED) {
        pnp_write_gone(node);
        pnp_notify_remove_complete(node);
    }
}

/* ---- registering ---- */

static NTSTATUS fill_target(struct registration *registration, PFILE_OBJECT file)
{
    PDEVICE_OBJECT physical = IoGetDeviceAttachmentBaseRef(IoGetRelatedDeviceObject(file));

    if (!pnp_node_of(physical)) {
        ObDereferenceObject(physical);
        return STATUS_NO_SUCH_DEVICE;
    }
    registration->file = file;
    registration->physical = physical;
    return STATUS_SUCCESS;
}

static NTSTATUS fill(struct registration *registration, ULONG flags, PVOID data)
{
    switch (registration->category) {
    case EventCategoryHardwareProfileChange:
        return data || flags ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    case EventCategoryDeviceInterfaceChange:
        if (!data || flags & ~(ULONG)PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES)
            return STATUS_INVALID_PARAMETER;
        registration->class_guid = *(const GUID *)data;
        return STATUS_SUCCESS;
    case EventCategoryTargetDeviceChange:
        return data && !flags ? fill_target(registration, data) : STATUS_INVALID_PARAMETER;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/*
 * Register a routine that is told of events of Plug and Play. It runs at PASSIVE_LEVEL in a system
 * thread; what it returns only matters for GUID_TARGET_DEVICE_QUERY_REMOVE, which it may refuse.
 * @param category  EventCategory…Change
 * @param flags     PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES: the routine is called
 *                  for each enabled interface before this call returns
 * @param data      the GUID of an interface class; the file object of a device; NULL
 * @param driver    stays loaded until the registration is removed
 * @param entry     receives what IoUnregisterPlugPlayNotification takes
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER; STATUS_NO_SUCH_DEVICE for a file of a device
 * without a physical one; STATUS_INSUFFICIENT_RESOURCES.
 * Differs from NT: the physical device of a file is the lowest one of its stack;
 * IRP_MN_QUERY_DEVICE_RELATIONS is not sent.
 * Source: Windows driver documentation, IoRegisterPlugPlayNotification.
 */
NTSTATUS NTAPI IoRegisterPlugPlayNotification(IO_NOTIFICATION_EVENT_CATEGORY category, ULONG flags,
                                              PVOID data, PDRIVER_OBJECT driver,
                                              PDRIVER_NOTIFICATION_CALLBACK_ROUTINE callback,
                                              PVOID context, PVOID *entry)
{
    struct registration *registration;
    KIRQL irql;
    NTSTATUS status;

    *entry = NULL;
    registration = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*registration), PNP_TAG_NOTIFY);
    if (!registration)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(registration, sizeof(*registration));
    registration->category = category;
    registration->driver = driver;
    registration->callback = callback;
    registration->context = context;
    registration->references = 1;
    KeInitializeEvent(&registration->idle, NotificationEvent, TRUE);
    status = fill(registration, flags, data);
    if (!NT_SUCCESS(status)) {
        ExFreePoolWithTag(registration, PNP_TAG_NOTIFY);
        return status;
    }
    ObReferenceObject(driver);
    irql = KeAcquireSpinLockRaiseToDpc(&notifications.lock);
    InsertTailList(&notifications.registrations, &registration->link);
    KeReleaseSpinLock(&notifications.lock, irql);
    *entry = registration;
    VF(load_kept(VF_CALLBACK, (ULONG64)registration));
    if (flags & PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES)
        tell_existing(registration);
    return STATUS_SUCCESS;
}
NT_EXPORT(IoRegisterPlugPlayNotification, PASSIVE_LEVEL, "uupOppp");

/*
 * Remove a registration. A call that is in progress goes on.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS.
 * Source: Windows driver documentation, IoUnregisterPlugPlayNotification.
 */
NTSTATUS NTAPI IoUnregisterPlugPlayNotification(PVOID entry)
{
    struct registration *registration = entry;

    kassert(!registration->removed);
    registration->removed = TRUE;
    release(registration);
    return STATUS_SUCCESS;
}
NT_EXPORT(IoUnregisterPlugPlayNotification, PASSIVE_LEVEL, "p");

/*
 * Remove a registration and wait until no call of it is in progress. Not from such a call.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS.
 * Source: Windows driver documentation, IoUnregisterPlugPlayNotificationEx.
 */
NTSTATUS NTAPI IoUnregisterPlugPlayNotificationEx(PVOID entry)
{
    struct registration *registration = entry;

    kassert(!registration->removed);
    registration->removed = TRUE;
    KeWaitForSingleObject(&registration->idle, Executive, KernelMode, FALSE, NULL);
    release(registration);
    return STATUS_SUCCESS;
}
NT_EXPORT(IoUnregisterPlugPlayNotificationEx, PASSIVE_LEVEL, "p");
