/*
 * StartIo and device queues: order, keys, cancelling, and StartIo that is called from inside itself
 * or not.
 */
#include "device.h"

#define IRPS 5

static PDRIVER_OBJECT driver;
static PDEVICE_OBJECT device;

static struct {
    PIRP irps[IRPS];
    PIRP order[2 * IRPS];
    LONG started, cancelled, depth, deepest;
    BOOLEAN next_inside; /* StartIo itself goes on with the next */
    BOOLEAN cancelable;
    PDRIVER_CANCEL found; /* the cancel routine in StartIo */
} state;

static VOID NTAPI start(PDEVICE_OBJECT object, PIRP irp)
{
    ok(object == device && device->CurrentIrp == irp, "CurrentIrp");
    ok_eq_int(KeGetCurrentIrql(), DISPATCH_LEVEL);
    state.order[state.started++ % (2 * IRPS)] = irp;
    state.found = irp->CancelRoutine;
    state.depth++;
    if (state.depth > state.deepest)
        state.deepest = state.depth;
    if (state.next_inside)
        IoStartNextPacket(device, state.cancelable);
    state.depth--;
}

static VOID NTAPI on_cancel(PDEVICE_OBJECT object, PIRP irp)
{
    ok_eq_int(KeGetCurrentIrql(), DISPATCH_LEVEL);
    state.cancelled++;
    if (irp != object->CurrentIrp)
        KeRemoveEntryDeviceQueue(&object->DeviceQueue, &irp->Tail.Overlay.DeviceQueueEntry);
    IoReleaseCancelSpinLock(irp->CancelIrql);
}

static void begin(void)
{
    RtlZeroMemory(&state, sizeof(state));
    driver = test_driver_create();
    driver->DriverStartIo = start;
    device = test_device_create(driver, NULL, 0, FALSE);
    for (ULONG i = 0; i < IRPS; i++) {
        state.irps[i] = IoAllocateIrp(1, FALSE);
        IoSetNextIrpStackLocation(state.irps[i]);
        IoGetCurrentIrpStackLocation(state.irps[i])->DeviceObject = device;
    }
}

static void end(void)
{
    for (ULONG i = 0; i < IRPS; i++) {
        (void)IoSetCancelRoutine(state.irps[i], NULL);
        IoFreeIrp(state.irps[i]);
    }
    ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
    IoDeleteDevice(device);
    IoDeleteDriver(driver);
}

static void next(BOOLEAN by_key, ULONG key)
{
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    if (by_key)
        IoStartNextPacketByKey(device, FALSE, key);
    else
        IoStartNextPacket(device, state.cancelable);
    KeLowerIrql(irql);
}

GUEST_TEST(keys)
{
    ULONG ordered[IRPS] = {50, 30, 10, 20, 30};

    begin();
    for (ULONG i = 0; i < IRPS; i++)
        IoStartPacket(device, state.irps[i], &ordered[i], NULL);
    ok(state.started == 1 && state.order[0] == state.irps[0], "the first found it idle");
    next(FALSE, 0);
    ok(state.order[1] == state.irps[2], "10");
    next(TRUE, 25);
    ok(state.order[2] == state.irps[1], "the first of two with 30");
    next(TRUE, 31);
    ok(state.order[3] == state.irps[3], "none behind: the first of all");
    next(FALSE, 0);
    ok(state.order[4] == state.irps[4], "the last");
    next(FALSE, 0);
    ok(state.started == 5 && device->CurrentIrp == NULL, "idle");
    ok_eq_int(device->DeviceQueue.Busy, FALSE);
    end();
}

GUEST_TEST(cancel_while_queued)
{
    begin();
    state.cancelable = TRUE;
    for (ULONG i = 0; i < 3; i++)
        IoStartPacket(device, state.irps[i], NULL, on_cancel);
    ok(state.found == on_cancel, "StartIo finds the cancel routine");
    ok_eq_int(IoCancelIrp(state.irps[1]), TRUE);
    ok_eq_int(state.cancelled, 1);
    next(FALSE, 0);
    ok(state.order[1] == state.irps[2], "the cancelled one is not started");
    /* Cancelled before it is queued: its routine is called at once. */
    state.irps[3]->Cancel = TRUE;
    IoStartPacket(device, state.irps[3], NULL, on_cancel);
    ok_eq_int(state.cancelled, 2);
    ok(state.irps[3]->CancelRoutine == NULL, "taken");
    next(FALSE, 0);
    ok_eq_int(state.started, 2);
    end();
}

/* With the attribute the cancel routine is gone when StartIo runs. */
GUEST_TEST(not_cancelable_once_started)
{
    begin();
    state.cancelable = TRUE;
    IoSetStartIoAttributes(device, FALSE, TRUE);
    IoStartPacket(device, state.irps[0], NULL, on_cancel);
    ok(state.found == NULL, "none");
    IoStartPacket(device, state.irps[1], NULL, on_cancel);
    ok(state.irps[1]->CancelRoutine == on_cancel, "it waits: its routine");
    next(FALSE, 0);
    ok(state.order[1] == state.irps[1] && state.found == NULL, "none");
    ok_eq_int(IoCancelIrp(state.irps[1]), FALSE);
    next(FALSE, 0);
    end();
}

static void start_all_at_once(BOOLEAN deferred)
{
    begin();
    IoSetStartIoAttributes(device, deferred, FALSE);
    for (ULONG i = 0; i < IRPS; i++)
        IoStartPacket(device, state.irps[i], NULL, NULL);
    ok_eq_int(state.started, 1);
    state.next_inside = TRUE;
    next(FALSE, 0);
    ok_eq_int(state.started, IRPS);
    for (ULONG i = 0; i < IRPS; i++)
        ok(state.order[i] == state.irps[i], "order %lu", i);
    ok(device->CurrentIrp == NULL, "idle");
}

GUEST_TEST(recursion)
{
    start_all_at_once(FALSE);
    ok_eq_int(state.deepest, IRPS - 1);
    end();
    start_all_at_once(TRUE);
    ok_eq_int(state.deepest, 1);
    /* Idle again: IoStartPacket's own call is one that is not entered twice either. */
    state.started = 0;
    IoStartPacket(device, state.irps[0], NULL, NULL);
    IoStartPacket(device, state.irps[1], NULL, NULL);
    ok_eq_int(state.started, 2);
    ok_eq_int(state.deepest, 1);
    end();
}

/* ---- device queues ---- */

static KDEVICE_QUEUE queue;
static KDEVICE_QUEUE_ENTRY entries[4];

GUEST_TEST(device_queue)
{
    KIRQL irql;

    KeInitializeDeviceQueue(&queue);
    ok_eq_int(queue.Busy, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ok(KeRemoveDeviceQueue(&queue) == NULL, "idle");
    ok_eq_int(KeInsertDeviceQueue(&queue, &entries[0]), FALSE);
    ok_eq_int(queue.Busy, TRUE);
    ok_eq_int(entries[0].Inserted, FALSE);
    for (ULONG i = 1; i < 4; i++)
        ok_eq_int(KeInsertDeviceQueue(&queue, &entries[i]), TRUE);
    ok_eq_int(entries[1].Inserted, TRUE);
    ok_eq_int(KeRemoveEntryDeviceQueue(&queue, &entries[2]), TRUE);
    ok_eq_int(KeRemoveEntryDeviceQueue(&queue, &entries[2]), FALSE);
    ok(KeRemoveDeviceQueue(&queue) == &entries[1], "first in, first out");
    ok_eq_int(entries[1].Inserted, FALSE);
    ok(KeRemoveDeviceQueue(&queue) == &entries[3], "the last");
    ok_eq_int(queue.Busy, TRUE);
    ok(KeRemoveDeviceQueue(&queue) == NULL, "empty");
    ok_eq_int(queue.Busy, FALSE);
    KeLowerIrql(irql);
}

GUEST_TEST(device_queue_keys)
{
    static const ULONG order[] = {30, 10, 20};
    KIRQL irql;

    KeInitializeDeviceQueue(&queue);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ok(KeRemoveByKeyDeviceQueueIfBusy(&queue, 0) == NULL, "idle");
    ok_eq_int(KeInsertByKeyDeviceQueue(&queue, &entries[3], 5), FALSE);
    for (ULONG i = 0; i < 3; i++)
        ok_eq_int(KeInsertByKeyDeviceQueue(&queue, &entries[i], order[i]), TRUE);
    ok(KeRemoveByKeyDeviceQueue(&queue, 11) == &entries[2], "20");
    ok(KeRemoveByKeyDeviceQueueIfBusy(&queue, 31) == &entries[1], "none behind: 10");
    ok(KeRemoveByKeyDeviceQueue(&queue, 30) == &entries[0], "30");
    ok(KeRemoveByKeyDeviceQueue(&queue, 0) == NULL, "empty");
    ok_eq_int(queue.Busy, FALSE);
    KeLowerIrql(irql);
}

GUEST_TEST_FILE(start_io, GUEST_ROW(keys), GUEST_ROW(cancel_while_queued),
                GUEST_ROW(not_cancelable_once_started), GUEST_ROW(recursion),
                GUEST_ROW(device_queue), GUEST_ROW(device_queue_keys));
