/*
 * Events that are told later, one after the other, by a worker thread: arrivals and removals of
 * interfaces, and custom events of devices.
 *
 *   queued ──► told ──► freed, and the one who reported a custom event hears of it
 */
#include "ke/ke.h"
#include "ob/ob.h"
#include "pnp/interface.h"

/* Bug check 0xCA, PNP_DETECTED_FATAL_ERROR: the device is no physical one. */
#define INVALID_PHYSICAL_DEVICE 2

struct event {
    LIST_ENTRY link;         /* queue.events */
    PDEVICE_OBJECT physical; /* of a custom event, referenced; NULL: of an interface */

    BOOLEAN arrival; /* of an interface */
    GUID class_guid;
    UNICODE_STRING name;

    PDEVICE_CHANGE_COMPLETE_CALLBACK complete; /* of a custom event, or NULL */
    PVOID context;
    UCHAR data[]; /* TARGET_DEVICE_CUSTOM_NOTIFICATION */
};

static struct {
    KSPIN_LOCK lock;
    LIST_ENTRY events;
    WORK_QUEUE_ITEM item;
    BOOLEAN active; /* the item is queued or runs */
} queue = {
    .events = {&queue.events, &queue.events},
};

static void tell(struct event *event)
{
    if (!event->physical) {
        pnp_notify_class(event->arrival, &event->class_guid, &event->name);
        RtlFreeUnicodeString(&event->name);
        return;
    }
    pnp_notify_custom(event->physical, (PTARGET_DEVICE_CUSTOM_NOTIFICATION)event->data);
    if (event->complete)
        event->complete(event->context);
    ObDereferenceObject(event->physical);
}

/* The oldest event; NULL ends the worker's turn. */
static struct event *take(void)
{
    KIRQL irql = KeAcquireSpinLockRaiseToDpc(&queue.lock);
    struct event *event = NULL;

    if (IsListEmpty(&queue.events))
        queue.active = FALSE;
    else
        event = CONTAINING_RECORD(RemoveHeadList(&queue.events), struct event, link);
    KeReleaseSpinLock(&queue.lock, irql);
    return event;
}

static VOID NTAPI tell_all(PVOID context)
{
    (void)context;
    for (struct event *event = take(); event; event = take()) {
        tell(event);
        ExFreePoolWithTag(event, PNP_TAG_NOTIFY);
    }
}

static void enqueue(struct event *event)
{
    KIRQL irql = KeAcquireSpinLockRaiseToDpc(&queue.lock);
    BOOLEAN wake = !queue.active;

    queue.active = TRUE;
    InsertTailList(&queue.events, &event->link);
    KeReleaseSpinLock(&queue.lock, irql);
    if (!wake)
        return;
    ExInitializeWorkItem(&queue.item, tell_all, NULL);
    ExQueueWorkItem(&queue.item, DelayedWorkQueue);
}

static struct event *new_event(ULONG size)
{
    struct event *event =
        ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*event) + size, PNP_TAG_NOTIFY);

    if (event)
        RtlZeroMemory(event, sizeof(*event) + size);
    return event;
}

void pnp_notify_interface(const struct pnp_interface *entry, BOOLEAN arrival)
{
    struct event *event = new_event(0);

    if (!event)
        return; /* without memory, a notification is lost */
    event->arrival = arrival;
    event->class_guid = entry->class_guid;
    if (NT_SUCCESS(pnp_format(&event->name, L"%wZ", &entry->name)))
        enqueue(event);
    else
        ExFreePoolWithTag(event, PNP_TAG_NOTIFY);
}

/* ---- custom events ---- */

/* Where the structure's text begins must lie in it. */
static NTSTATUS check(const TARGET_DEVICE_CUSTOM_NOTIFICATION *event)
{
    LONG data_size =
        (LONG)event->Size - FIELD_OFFSET(TARGET_DEVICE_CUSTOM_NOTIFICATION, CustomDataBuffer);

    if (pnp_is_system_event(&event->Event))
        return STATUS_INVALID_DEVICE_REQUEST;
    if (event->FileObject || data_size < 0 || event->NameBufferOffset < -1 ||
        event->NameBufferOffset > data_size)
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static NTSTATUS report(PDEVICE_OBJECT physical, const TARGET_DEVICE_CUSTOM_NOTIFICATION *custom,
                       PDEVICE_CHANGE_COMPLETE_CALLBACK complete, PVOID context)
{
    NTSTATUS status = check(custom);
    struct event *event;

    if (!pnp_node_of(physical))
        ke_bugcheck(PNP_DETECTED_FATAL_ERROR, INVALID_PHYSICAL_DEVICE, (ULONG_PTR)physical, 0, 0);
    if (!NT_SUCCESS(status))
        return status;
    event = new_event(custom->Size);
    if (!event)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObReferenceObject(physical);
    event->physical = physical;
    event->complete = complete;
    event->context = context;
    RtlCopyMemory(event->data, custom, custom->Size);
    enqueue(event);
    return STATUS_PENDING;
}

static VOID NTAPI set_event(PVOID context)
{
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
}

/*
 * Tell those who registered for a device of an event that its driver defines, and wait for them.
 * Not from a routine that is called for a notification: it would wait for itself.
 * @param physical      the physical device object; bug check 0xCA (PNP_DETECTED_FATAL_ERROR) for
 *                      another one
 * @param notification  a TARGET_DEVICE_CUSTOM_NOTIFICATION, FileObject NULL
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_INVALID_DEVICE_REQUEST for an event of the system itself;
 * STATUS_INVALID_PARAMETER; STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, IoReportTargetDeviceChange.
 */
NTSTATUS NTAPI IoReportTargetDeviceChange(PDEVICE_OBJECT physical, PVOID notification)
{
    KEVENT told;
    NTSTATUS status;

    KeInitializeEvent(&told, NotificationEvent, FALSE);
    status = report(physical, notification, set_event, &told);
    if (status != STATUS_PENDING)
        return status;
    KeWaitForSingleObject(&told, Executive, KernelMode, FALSE, NULL);
    return STATUS_SUCCESS;
}
NT_EXPORT(IoReportTargetDeviceChange, PASSIVE_LEVEL, "Dp");

/*
 * The same, without waiting.
 * @param callback  NULL, or called at PASSIVE_LEVEL when all have been told
 * IRQL: <= DISPATCH_LEVEL.
 * Returns STATUS_PENDING; failures as IoReportTargetDeviceChange.
 * Source: Windows driver documentation, IoReportTargetDeviceChangeAsynchronous.
 */
NTSTATUS NTAPI IoReportTargetDeviceChangeAsynchronous(PDEVICE_OBJECT physical, PVOID notification,
                                                      PDEVICE_CHANGE_COMPLETE_CALLBACK callback,
                                                      PVOID context)
{
    return report(physical, notification, callback, context);
}
NT_EXPORT(IoReportTargetDeviceChangeAsynchronous, DISPATCH_LEVEL, "Dppp");
