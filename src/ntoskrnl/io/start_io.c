/*
 * StartIo: drivers that work on one request at a time let the I/O manager queue the others.
 *
 *     IoStartPacket ─┬─ device idle ─▶ CurrentIrp, StartIo called
 *                    └─ busy ─▶ DeviceQueue ── IoStartNextPacket ─▶ CurrentIrp, StartIo called
 *
 * A driver whose StartIo calls IoStartNextPacket recurses, once for each queued request. With the
 * attribute "deferred" it does not: StartIoCount is then how many calls are due, the running one
 * included, and who made it 1 makes them all.
 */
#include "io/io_internal.h"
#include "vf/callback.h"
#include "vf/irp.h"

/* StartIoFlags. The first two are attributes, the others say how the deferred call is to choose. */
#define START_IO_DEFERRED 1u
#define START_IO_NO_CANCEL 2u
#define START_IO_BY_KEY 4u
#define START_IO_CANCELABLE 8u

/* How IoStartNextPacket was called. */
struct next_packet {
    BOOLEAN cancelable;
    BOOLEAN by_key;
    ULONG key;
};

/*
 * Make an IRP the current one, and its cancel routine ineffective where the driver asked for it;
 * the cancel lock is held if the request is cancelable. DISPATCH_LEVEL.
 */
static void set_current(PDEVICE_OBJECT device, PIRP irp, BOOLEAN cancelable)
{
    device->CurrentIrp = irp;
    if (irp && cancelable && io_extension(device)->StartIoFlags & START_IO_NO_CANCEL)
        (void)IoSetCancelRoutine(irp, NULL);
}

static void call_start_io(PDEVICE_OBJECT device, PIRP irp)
{
    PDRIVER_STARTIO routine = device->DriverObject->DriverStartIo;
    struct vf_callback callback;

    VF(irp_happens(irp, MACHINE_IRP_STARTED, NULL, (const void *)routine));
    VF(callback_enter(&callback, (const void *)routine, "StartIo routine"));
    routine(device, irp);
    VF(callback_leave(&callback));
}

/* Take the next request of the queue and call StartIo for it. Nothing queued: the device is idle.
 */
static void start_next(PDEVICE_OBJECT device, const struct next_packet *next)
{
    PKDEVICE_QUEUE_ENTRY entry;
    KIRQL irql = DISPATCH_LEVEL;
    PIRP irp = NULL;

    if (next->cancelable)
        IoAcquireCancelSpinLock(&irql);
    entry = next->by_key ? KeRemoveByKeyDeviceQueue(&device->DeviceQueue, next->key)
                         : KeRemoveDeviceQueue(&device->DeviceQueue);
    if (entry)
        irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.DeviceQueueEntry);
    set_current(device, irp, next->cancelable);
    if (next->cancelable)
        IoReleaseCancelSpinLock(irql);
    if (irp)
        call_start_io(device, irp);
}

/* The calls that came while StartIo ran. */
static void start_deferred(PDEVICE_OBJECT device)
{
    struct io_device_extension *extension = io_extension(device);

    while (InterlockedDecrement(&extension->StartIoCount) > 0) {
        struct next_packet next = {.cancelable =
                                       (extension->StartIoFlags & START_IO_CANCELABLE) != 0,
                                   .by_key = (extension->StartIoFlags & START_IO_BY_KEY) != 0,
                                   .key = (ULONG)extension->StartIoKey};

        start_next(device, &next);
    }
}

/* Call StartIo for a request that found the device idle. */
static void start_first(PDEVICE_OBJECT device, PIRP irp)
{
    BOOLEAN deferred = (io_extension(device)->StartIoFlags & START_IO_DEFERRED) != 0;

    if (deferred)
        InterlockedIncrement(&io_extension(device)->StartIoCount);
    call_start_io(device, irp);
    if (deferred)
        start_deferred(device);
}

/*
 * Start a request or queue it.
 * @param key     NULL = behind the others, or where in the queue it belongs
 * @param cancel  NULL, or the routine for while it waits
 * StartIo is called at DISPATCH_LEVEL. A request that is queued and was cancelled before is handed
 * to its cancel routine at once. IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation,
 * IoStartPacket.
 */
VOID NTAPI IoStartPacket(PDEVICE_OBJECT device, PIRP irp, PULONG key, PDRIVER_CANCEL cancel)
{
    KIRQL irql = ke_raise_irql(DISPATCH_LEVEL), cancel_irql = DISPATCH_LEVEL;
    PKDEVICE_QUEUE_ENTRY entry = &irp->Tail.Overlay.DeviceQueueEntry;
    BOOLEAN queued;

    if (cancel) {
        IoAcquireCancelSpinLock(&cancel_irql);
        (void)IoSetCancelRoutine(irp, cancel);
    }
    queued = key ? KeInsertByKeyDeviceQueue(&device->DeviceQueue, entry, *key)
                 : KeInsertDeviceQueue(&device->DeviceQueue, entry);
    if (!queued)
        set_current(device, irp, cancel != NULL);
    else
        VF(irp_happens(irp, MACHINE_IRP_QUEUED, __builtin_return_address(0), (const void *)cancel));
    if (queued && cancel && irp->Cancel && IoSetCancelRoutine(irp, NULL)) {
        irp->CancelIrql = cancel_irql;
        cancel(device, irp); /* releases the lock */
    } else if (cancel) {
        IoReleaseCancelSpinLock(cancel_irql);
    }
    if (!queued)
        start_first(device, irp);
    ke_lower_irql(irql);
}
NT_EXPORT(IoStartPacket, DISPATCH_LEVEL, "DIpp");

static void next_packet(PDEVICE_OBJECT device, const struct next_packet *next)
{
    struct io_device_extension *extension = io_extension(device);

    if (!(extension->StartIoFlags & START_IO_DEFERRED)) {
        start_next(device, next);
        return;
    }
    extension->StartIoFlags &= ~(START_IO_BY_KEY | START_IO_CANCELABLE);
    extension->StartIoFlags |=
        (next->by_key ? START_IO_BY_KEY : 0) | (next->cancelable ? START_IO_CANCELABLE : 0);
    extension->StartIoKey = (LONG)next->key;
    if (InterlockedIncrement(&extension->StartIoCount) > 1)
        return; /* StartIo runs: who called it goes on */
    start_next(device, next);
    start_deferred(device);
}

/*
 * Go on with the next request of the queue.
 * @param cancelable  TRUE = requests of the queue have cancel routines: the cancel lock is held
 *                    while one is taken
 * IRQL: DISPATCH_LEVEL. Source: Windows driver documentation, IoStartNextPacket.
 */
VOID NTAPI IoStartNextPacket(PDEVICE_OBJECT device, BOOLEAN cancelable)
{
    struct next_packet next = {.cancelable = cancelable};

    next_packet(device, &next);
}
NT_EXPORT(IoStartNextPacket, DISPATCH_LEVEL, "Db");

/*
 * The same with a key: the first request at or behind it.
 * Source: Windows driver documentation, IoStartNextPacketByKey.
 */
VOID NTAPI IoStartNextPacketByKey(PDEVICE_OBJECT device, BOOLEAN cancelable, ULONG key)
{
    struct next_packet next = {.cancelable = cancelable, .by_key = TRUE, .key = key};

    next_packet(device, &next);
}
NT_EXPORT(IoStartNextPacketByKey, DISPATCH_LEVEL, "Dbu");

/*
 * @param deferred   TRUE = StartIo is not called from inside StartIo
 * @param no_cancel  TRUE = the cancel routine is taken off a request before StartIo is called
 * IRQL: any. Source: Windows driver documentation, IoSetStartIoAttributes.
 */
VOID NTAPI IoSetStartIoAttributes(PDEVICE_OBJECT device, BOOLEAN deferred, BOOLEAN no_cancel)
{
    io_extension(device)->StartIoFlags =
        (deferred ? START_IO_DEFERRED : 0) | (no_cancel ? START_IO_NO_CANCEL : 0);
}
NT_EXPORT(IoSetStartIoAttributes, HIGH_LEVEL, "Dbb");
