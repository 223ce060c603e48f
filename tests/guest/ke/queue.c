/*
 * Kernel queues and device queues.
 */
#include "thread.h"

GUEST_TEST(entries)
{
    KQUEUE queue;
    LIST_ENTRY first, second, third;
    LARGE_INTEGER zero = {.QuadPart = 0};

    KeInitializeQueue(&queue, 0);
    ok_eq_int((LONG_PTR)KeRemoveQueue(&queue, KernelMode, &zero), STATUS_TIMEOUT);
    ok_eq_int(KeInsertQueue(&queue, &first), 0);
    ok_eq_int(KeInsertQueue(&queue, &second), 1);
    ok_eq_int(KeInsertHeadQueue(&queue, &third), 2);
    ok_eq_int(KeReadStateQueue(&queue), 3);
    ok(KeRemoveQueue(&queue, KernelMode, &zero) == &third, "inserted at the head");
    ok(KeRemoveQueue(&queue, KernelMode, &zero) == &first, "first in, first out");
    ok(KeRundownQueue(&queue) == &second, "what is left");
    ok(KeRundownQueue(&queue) == NULL, "empty");
}

static struct {
    KQUEUE queue;
    PLIST_ENTRY taken;
} shared;

static VOID NTAPI take_one(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    shared.taken = KeRemoveQueue(&shared.queue, KernelMode, NULL);
}

GUEST_TEST(waiting_thread)
{
    LIST_ENTRY entry;
    PETHREAD thread;

    shared.taken = NULL;
    KeInitializeQueue(&shared.queue, 0);
    thread = start_thread(take_one, NULL);
    sleep_milliseconds(5);
    ok_eq_int(KeInsertQueue(&shared.queue, &entry), 0);
    join_thread(thread);
    ok(shared.taken == &entry, "handed over");
    ok_eq_int(KeReadStateQueue(&shared.queue), 0);
}

GUEST_TEST(device_queue)
{
    KDEVICE_QUEUE queue;
    KDEVICE_QUEUE_ENTRY entries[4];
    KIRQL old;

    KeInitializeDeviceQueue(&queue);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ok(!KeInsertDeviceQueue(&queue, &entries[0]), "idle: the caller starts it");
    ok(KeInsertByKeyDeviceQueue(&queue, &entries[1], 30), "busy");
    ok(KeInsertByKeyDeviceQueue(&queue, &entries[2], 10), "busy");
    ok(KeInsertByKeyDeviceQueue(&queue, &entries[3], 20), "busy");
    ok(KeRemoveByKeyDeviceQueue(&queue, 15) == &entries[3], "first key not below 15");
    ok(KeRemoveByKeyDeviceQueue(&queue, 99) == &entries[2], "none above: the first");
    ok(KeRemoveEntryDeviceQueue(&queue, &entries[1]), "taken out");
    ok(!KeRemoveEntryDeviceQueue(&queue, &entries[1]), "only once");
    ok(KeRemoveDeviceQueue(&queue) == NULL, "empty: idle again");
    ok(!KeInsertDeviceQueue(&queue, &entries[0]), "idle");
    ok(KeRemoveDeviceQueue(&queue) == NULL, "idle again");
    KeLowerIrql(old);
}

GUEST_TEST_FILE(queue, GUEST_ROW(entries), GUEST_ROW(waiting_thread), GUEST_ROW(device_queue));
