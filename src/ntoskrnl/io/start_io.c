/*
 * StartIo: drivers that work on one request at a time let the I/O manager queue the others.
 *
 *     IoStartPacket ─┬─ device idle ─▶ CurrentIrp, StartIo called
 *                    └─ busy ─▶ DeviceQueue ── IoStartNextPacket ─▶ CurrentIrp, StartIo called
 */
#include "io/io_internal.h"

#define START_IO_DEFERRED 1u  /* no StartIo from inside StartIo */
#define START_IO_NO_CANCEL 2u /* call it without the cancel lock's protection */

static void call_start_io(PDEVICE_OBJECT device, PIRP irp)
{
    device->CurrentIrp = irp;
    device->DriverObject->DriverStartIo(device, irp);
}

static VOID NTAPI start_next(PDEVICE_OBJECT device, BOOLEAN by_key, ULONG key)
{
    PKDEVICE_QUEUE_ENTRY entry;
    PIRP irp;

    device->CurrentIrp = NULL;
    entry = by_key ? KeRemoveByKeyDeviceQueue(&device->DeviceQueue, key)
                   : KeRemoveDeviceQueue(&device->DeviceQueue);
    if (!entry)
        return;
    irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.DeviceQueueEntry);
    call_start_io(device, irp);
}

/*
 * Start a request or queue it.
 * @param key     NULL = behind the others, or where in the queue it belongs
 * @param cancel  NULL, or the routine for while it waits
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoStartPacket.
 */
VOID NTAPI IoStartPacket(PDEVICE_OBJECT device, PIRP irp, PULONG key, PDRIVER_CANCEL cancel)
{
    KIRQL irql = ke_raise_irql(DISPATCH_LEVEL), cancel_irql = irql;
    PKDEVICE_QUEUE_ENTRY entry = &irp->Tail.Overlay.DeviceQueueEntry;
    BOOLEAN queued;

    if (cancel) {
        IoAcquireCancelSpinLock(&cancel_irql);
        (void)IoSetCancelRoutine(irp, cancel);
    }
    queued = key ? KeInsertByKeyDeviceQueue(&device->DeviceQueue, entry, *key)
                 : KeInsertDeviceQueue(&device->DeviceQueue, entry);
    if (queued && cancel && irp->Cancel && IoSetCancelRoutine(irp, NULL)) {
        irp->CancelIrql = cancel_irql;
        cancel(device, irp); /* releases the lock */
    } else {
        if (cancel)
            IoReleaseCancelSpinLock(cancel_irql);
        if (!queued)
            call_start_io(device, irp);
    }
    ke_lower_irql(irql);
}
NT_EXPORT(IoStartPacket, DISPATCH_LEVEL, "DIpp");

static void next_packet(PDEVICE_OBJECT device, BOOLEAN by_key, ULONG key)
{
    struct io_device_extension *extension = io_extension(device);

    if (!(extension->StartIoFlags & START_IO_DEFERRED)) {
        start_next(device, by_key, key);
        return;
    }
    /* A StartIo that calls this runs only once more when it has returned. */
    extension->StartIoKey = by_key ? (LONG)key : extension->StartIoKey;
    if (extension->StartIoCount++ > 0)
        return;
    do {
        start_next(device, by_key, (ULONG)extension->StartIoKey);
    } while (--extension->StartIoCount > 0);
}

/*
 * Go on with the next request of the queue.
 * @param cancelable  TRUE = requests of the queue have cancel routines
 * IRQL: DISPATCH_LEVEL. Source: Windows driver documentation, IoStartNextPacket.
 */
VOID NTAPI IoStartNextPacket(PDEVICE_OBJECT device, BOOLEAN cancelable)
{
    (void)cancelable;
    next_packet(device, FALSE, 0);
}
NT_EXPORT(IoStartNextPacket, DISPATCH_LEVEL, "Db");

/* The same with a key: the first request at or behind it. */
VOID NTAPI IoStartNextPacketByKey(PDEVICE_OBJECT device, BOOLEAN cancelable, ULONG key)
{
    (void)cancelable;
    next_packet(device, TRUE, key);
}
NT_EXPORT(IoStartNextPacketByKey, DISPATCH_LEVEL, "Dbu");

/*
 * @param deferred   TRUE = StartIo is not called from inside StartIo
 * @param no_cancel  TRUE = the driver handles cancelling of the current request itself
 * Source: Windows driver documentation, IoSetStartIoAttributes.
 */
VOID NTAPI IoSetStartIoAttributes(PDEVICE_OBJECT device, BOOLEAN deferred, BOOLEAN no_cancel)
{
    io_extension(device)->StartIoFlags =
        (deferred ? START_IO_DEFERRED : 0) | (no_cancel ? START_IO_NO_CANCEL : 0);
}
NT_EXPORT(IoSetStartIoAttributes, DISPATCH_LEVEL, "Dbb");
