/*
 * Device queues: the requests that wait for a busy device, in order of arrival or of a key.
 *
 * An entry inserted while the device is idle is not queued: it makes the device busy, and the
 * caller starts it. A removal that finds nothing makes the device idle.
 */
#include "ke/ke.h"

#define DEVICE_QUEUE_OBJECT 0x14 /* KOBJECTS.DeviceQueueObject */

static PKDEVICE_QUEUE_ENTRY entry_of(PLIST_ENTRY link)
{
    return CONTAINING_RECORD(link, KDEVICE_QUEUE_ENTRY, DeviceListEntry);
}

/*
 * Initialise a device queue; the device is idle.
 * IRQL: any. Source: Windows driver documentation, KeInitializeDeviceQueue.
 */
VOID NTAPI KeInitializeDeviceQueue(PKDEVICE_QUEUE queue)
{
    RtlZeroMemory(queue, sizeof(*queue));
    queue->Type = DEVICE_QUEUE_OBJECT;
    queue->Size = sizeof(*queue);
    InitializeListHead(&queue->DeviceListHead);
}
NT_EXPORT(KeInitializeDeviceQueue, HIGH_LEVEL, "p");

/* TRUE when the entry has to wait; FALSE: the device was idle, is busy now, and it is the entry's.
 */
static BOOLEAN must_wait(PKDEVICE_QUEUE queue, PKDEVICE_QUEUE_ENTRY entry)
{
    entry->Inserted = queue->Busy;
    queue->Busy = TRUE;
    return entry->Inserted;
}

/*
 * Queue an entry at the end.
 * Returns FALSE when the device was idle: the caller starts the request.
 * IRQL: <= DISPATCH_LEVEL (NT: = DISPATCH_LEVEL).
 * Source: Windows driver documentation, KeInsertDeviceQueue.
 */
BOOLEAN NTAPI KeInsertDeviceQueue(PKDEVICE_QUEUE queue, PKDEVICE_QUEUE_ENTRY entry)
{
    if (!must_wait(queue, entry))
        return FALSE;
    InsertTailList(&queue->DeviceListHead, &entry->DeviceListEntry);
    return TRUE;
}
NT_EXPORT(KeInsertDeviceQueue, DISPATCH_LEVEL, "pp");

/* As KeInsertDeviceQueue, in the order of ascending keys, behind entries of the same key. */
BOOLEAN NTAPI KeInsertByKeyDeviceQueue(PKDEVICE_QUEUE queue, PKDEVICE_QUEUE_ENTRY entry, ULONG key)
{
    PLIST_ENTRY at = queue->DeviceListHead.Blink;

    entry->SortKey = key;
    if (!must_wait(queue, entry))
        return FALSE;
    while (at != &queue->DeviceListHead && entry_of(at)->SortKey > key)
        at = at->Blink;
    InsertHeadList(at, &entry->DeviceListEntry);
    return TRUE;
}
NT_EXPORT(KeInsertByKeyDeviceQueue, DISPATCH_LEVEL, "ppu");

static PKDEVICE_QUEUE_ENTRY take(PLIST_ENTRY link)
{
    RemoveEntryList(link);
    entry_of(link)->Inserted = FALSE;
    return entry_of(link);
}

/*
 * Take the first entry. Returns NULL when there is none; the device is idle then.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, KeRemoveDeviceQueue.
 */
PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveDeviceQueue(PKDEVICE_QUEUE queue)
{
    if (!IsListEmpty(&queue->DeviceListHead))
        return take(queue->DeviceListHead.Flink);
    queue->Busy = FALSE;
    return NULL;
}
NT_EXPORT(KeRemoveDeviceQueue, DISPATCH_LEVEL, "p");

/* Take the first entry whose key is not below `key`; when there is none, the first of all. */
PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveByKeyDeviceQueue(PKDEVICE_QUEUE queue, ULONG key)
{
    PLIST_ENTRY head = &queue->DeviceListHead;

    for (PLIST_ENTRY link = head->Flink; link != head; link = link->Flink)
        if (entry_of(link)->SortKey >= key)
            return take(link);
    return KeRemoveDeviceQueue(queue);
}
NT_EXPORT(KeRemoveByKeyDeviceQueue, DISPATCH_LEVEL, "pu");

/* As KeRemoveByKeyDeviceQueue, but a queue that is not busy is left alone: NULL. */
PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveByKeyDeviceQueueIfBusy(PKDEVICE_QUEUE queue, ULONG key)
{
    return queue->Busy ? KeRemoveByKeyDeviceQueue(queue, key) : NULL;
}
NT_EXPORT(KeRemoveByKeyDeviceQueueIfBusy, DISPATCH_LEVEL, "pu");

/*
 * Take one entry out, as a cancel routine does.
 * Returns whether it was queued. IRQL: <= DISPATCH_LEVEL.
 * Source: Windows driver documentation, KeRemoveEntryDeviceQueue.
 */
BOOLEAN NTAPI KeRemoveEntryDeviceQueue(PKDEVICE_QUEUE queue, PKDEVICE_QUEUE_ENTRY entry)
{
    (void)queue;
    if (!entry->Inserted)
        return FALSE;
    take(&entry->DeviceListEntry);
    return TRUE;
}
NT_EXPORT(KeRemoveEntryDeviceQueue, DISPATCH_LEVEL, "pp");
