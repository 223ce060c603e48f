/*
 * Cancelling: the lock, what a cancel routine finds, requests in flight when their handle is closed
 * or their thread ends, and cancel-safe queues.
 */
#include "device.h"

static PDRIVER_OBJECT driver;
static PDEVICE_OBJECT device;

static struct {
    LONG calls;
    PIRP order[4];
    KIRQL irql, cancel_irql;
    BOOLEAN cancel;
    PDRIVER_CANCEL routine;
    PDEVICE_OBJECT device;
    BOOLEAN later; /* complete by a timer, not in the cancel routine */
    PIRP waiting;
    KTIMER timer;
    KDPC dpc;
    LONG cleanups, closes;
    PIRP held; /* by a request that CLEANUP is to end */
} seen;

static VOID NTAPI complete_later(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    test_complete(seen.waiting, STATUS_CANCELLED, 0);
}

static VOID NTAPI on_cancel(PDEVICE_OBJECT object, PIRP irp)
{
    LARGE_INTEGER due = {.QuadPart = -500000}; /* 50 ms */

    seen.irql = KeGetCurrentIrql();
    seen.cancel_irql = irp->CancelIrql;
    seen.cancel = irp->Cancel;
    seen.routine = irp->CancelRoutine;
    seen.device = object;
    seen.order[seen.calls++ % 4] = irp;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    if (!seen.later) {
        test_complete(irp, STATUS_CANCELLED, 0);
        return;
    }
    seen.waiting = irp;
    KeInitializeTimer(&seen.timer);
    KeInitializeDpc(&seen.dpc, complete_later, NULL);
    KeSetTimer(&seen.timer, due, &seen.dpc);
}

static NTSTATUS NTAPI hang(PDEVICE_OBJECT object, PIRP irp)
{
    UNREFERENCED_PARAMETER(object);
    IoMarkIrpPending(irp);
    (void)IoSetCancelRoutine(irp, on_cancel);
    seen.held = irp;
    return STATUS_PENDING;
}

static NTSTATUS NTAPI on_cleanup(PDEVICE_OBJECT object, PIRP irp)
{
    UNREFERENCED_PARAMETER(object);
    seen.cleanups++;
    ok_eq_int(seen.closes, 0);
    if (seen.held) {
        PIRP held = seen.held;

        seen.held = NULL;
        ok_eq_int(IoCancelIrp(held), TRUE);
    }
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI on_close(PDEVICE_OBJECT object, PIRP irp)
{
    UNREFERENCED_PARAMETER(object);
    seen.closes++;
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static void begin(PCWSTR name)
{
    RtlZeroMemory(&seen, sizeof(seen));
    driver = test_driver_create();
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = hang;
    driver->MajorFunction[IRP_MJ_CLEANUP] = on_cleanup;
    driver->MajorFunction[IRP_MJ_CLOSE] = on_close;
    device = test_device_create(driver, name, 0, FALSE);
}

static void end(void)
{
    IoDeleteDevice(device);
    IoDeleteDriver(driver);
}

GUEST_TEST(lock)
{
    KIRQL irql, passive = 99;

    IoAcquireCancelSpinLock(&passive);
    ok_eq_int(passive, PASSIVE_LEVEL);
    ok_eq_int(KeGetCurrentIrql(), DISPATCH_LEVEL);
    IoReleaseCancelSpinLock(passive);
    ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeRaiseIrql(APC_LEVEL, &irql);
    IoAcquireCancelSpinLock(&passive);
    ok_eq_int(passive, APC_LEVEL);
    IoReleaseCancelSpinLock(passive);
    ok_eq_int(KeGetCurrentIrql(), APC_LEVEL);
    KeLowerIrql(irql);
}

GUEST_TEST(routine)
{
    PDRIVER_CANCEL first = on_cancel;
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    KIRQL irql;
    PIRP irp;

    begin(NULL);
    irp = IoAllocateIrp(1, FALSE);
    ok(IoSetCancelRoutine(irp, first) == NULL, "none before");
    ok(IoSetCancelRoutine(irp, NULL) == first, "the one before");
    ok_eq_int(IoCancelIrp(irp), FALSE);
    ok_eq_int(irp->Cancel, TRUE);
    ok_eq_int(seen.calls, 0);
    IoFreeIrp(irp);

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildDeviceIoControlRequest(TEST_HANG, device, NULL, 0, NULL, 0, FALSE, &event, &iosb);
    IoCallDriver(device, irp);
    KeRaiseIrql(APC_LEVEL, &irql);
    ok_eq_int(IoCancelIrp(irp), TRUE);
    ok_eq_int(KeGetCurrentIrql(), APC_LEVEL);
    KeLowerIrql(irql);
    ok_eq_int(seen.calls, 1);
    ok_eq_int(seen.irql, DISPATCH_LEVEL);
    ok_eq_int(seen.cancel_irql, APC_LEVEL);
    ok_eq_int(seen.cancel, TRUE);
    ok(seen.routine == NULL, "taken out of the IRP");
    ok(seen.device == device, "the device of the current location");
    ok_eq_status(iosb.Status, STATUS_CANCELLED);
    end();
}

/* The last handle goes: CLEANUP at once, CLOSE when the request has ended too. */
GUEST_TEST(close_with_request)
{
    LARGE_INTEGER wait = {.QuadPart = -1000000};
    IO_STATUS_BLOCK iosb = {.Status = 0x1234};
    HANDLE handle;

    begin(L"\\Device\\GuestIo");
    seen.later = TRUE;
    ok_eq_status(test_open(L"\\Device\\GuestIo", GENERIC_READ, 0, &handle), STATUS_SUCCESS);
    ok_eq_status(
        ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, TEST_HANG, NULL, 0, NULL, 0),
        STATUS_PENDING);
    ZwClose(handle);
    ok_eq_int(seen.cleanups, 1);
    ok_eq_int(seen.calls, 1);
    ok_eq_int(seen.closes, 0); /* the request has a reference */
    ok_eq_int(device->ReferenceCount, 1);
    KeDelayExecutionThread(KernelMode, FALSE, &wait);
    ok_eq_status(iosb.Status, STATUS_CANCELLED);
    ok_eq_int(seen.closes, 1);
    ok_eq_int(device->ReferenceCount, 0);
    end();
}

static struct {
    IO_STATUS_BLOCK iosb[3];
    KEVENT event[3];
    PIRP irps[3];
} sent;

static VOID NTAPI send_and_end(PVOID context)
{
    ULONG count = *(ULONG *)context;

    for (ULONG i = 0; i < count; i++) {
        KeInitializeEvent(&sent.event[i], NotificationEvent, FALSE);
        sent.irps[i] = IoBuildDeviceIoControlRequest(TEST_HANG, device, NULL, 0, NULL, 0, FALSE,
                                                     &sent.event[i], &sent.iosb[i]);
        IoCallDriver(device, sent.irps[i]);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void run_thread(ULONG count)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE thread;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ok_eq_status(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, &attributes, NULL, NULL,
                                      send_and_end, &count),
                 STATUS_SUCCESS);
    ZwWaitForSingleObject(thread, FALSE, NULL);
    ZwClose(thread);
}

/* The requests of a thread that ends are cancelled, the last one first. */
GUEST_TEST(thread_ends)
{
    begin(NULL);
    run_thread(3);
    ok_eq_int(seen.calls, 3);
    for (ULONG i = 0; i < 3; i++) {
        ok(seen.order[i] == sent.irps[2 - i], "request %lu", i);
        ok_eq_status(sent.iosb[i].Status, STATUS_CANCELLED);
        ok_eq_int(KeReadStateEvent(&sent.event[i]), 1);
    }
    end();
}

/* It waits for those that the driver does not complete at once. */
GUEST_TEST(thread_waits)
{
    LARGE_INTEGER before, after;

    begin(NULL);
    seen.later = TRUE;
    KeQuerySystemTime(&before);
    run_thread(1);
    KeQuerySystemTime(&after);
    ok_eq_status(sent.iosb[0].Status, STATUS_CANCELLED);
    ok(after.QuadPart - before.QuadPart >= 500000, "%I64d", after.QuadPart - before.QuadPart);
    end();
}

NTSYSAPI NTSTATUS NTAPI ZwCancelIoFile(HANDLE handle, PIO_STATUS_BLOCK iosb);

/* The requests of a handle likewise. */
GUEST_TEST(cancel_order)
{
    IO_STATUS_BLOCK iosb[2], result;
    PIRP irps[2];
    HANDLE handle;

    begin(L"\\Device\\GuestIo");
    ok_eq_status(test_open(L"\\Device\\GuestIo", GENERIC_READ, 0, &handle), STATUS_SUCCESS);
    for (ULONG i = 0; i < 2; i++) {
        ok_eq_status(
            ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb[i], TEST_HANG, NULL, 0, NULL, 0),
            STATUS_PENDING);
        irps[i] = seen.held;
    }
    seen.held = NULL;
    ok_eq_status(ZwCancelIoFile(handle, &result), STATUS_SUCCESS);
    ok_eq_int(seen.calls, 2);
    ok(seen.order[0] == irps[1] && seen.order[1] == irps[0], "the last one first");
    ok_eq_status(iosb[0].Status, STATUS_CANCELLED);
    ok_eq_status(iosb[1].Status, STATUS_CANCELLED);
    ZwClose(handle);
    end();
}

/* ---- cancel-safe queues: the context always says whether its IRP is in the queue ---- */

static struct {
    IO_CSQ csq;
    LIST_ENTRY irps;
    KSPIN_LOCK lock;
    LONG inserted, removed, cancelled;
    KIRQL irql; /* in the routine that completes a cancelled one */
} queue;

static VOID NTAPI queue_insert(PIO_CSQ csq, PIRP irp)
{
    ok(csq == &queue.csq, "the queue");
    queue.inserted++;
    InsertTailList(&queue.irps, &irp->Tail.Overlay.ListEntry);
}

static NTSTATUS NTAPI queue_refuse(PIO_CSQ csq, PIRP irp, PVOID context)
{
    UNREFERENCED_PARAMETER(csq);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(context);
    return STATUS_DEVICE_BUSY;
}

static VOID NTAPI queue_remove(PIO_CSQ csq, PIRP irp)
{
    UNREFERENCED_PARAMETER(csq);
    ok_eq_int(KeGetCurrentIrql(), DISPATCH_LEVEL);
    queue.removed++;
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI queue_peek(PIO_CSQ csq, PIRP irp, PVOID context)
{
    LIST_ENTRY *next = irp ? irp->Tail.Overlay.ListEntry.Flink : queue.irps.Flink;

    UNREFERENCED_PARAMETER(csq);
    for (; next != &queue.irps; next = next->Flink) {
        PIRP found = CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry);

        if (!context || found->UserBuffer == context)
            return found;
    }
    return NULL;
}

static VOID NTAPI queue_lock(PIO_CSQ csq, PKIRQL irql)
{
    UNREFERENCED_PARAMETER(csq);
    KeAcquireSpinLock(&queue.lock, irql);
}

static VOID NTAPI queue_unlock(PIO_CSQ csq, KIRQL irql)
{
    UNREFERENCED_PARAMETER(csq);
    KeReleaseSpinLock(&queue.lock, irql);
}

static VOID NTAPI queue_complete(PIO_CSQ csq, PIRP irp)
{
    UNREFERENCED_PARAMETER(csq);
    UNREFERENCED_PARAMETER(irp);
    queue.irql = KeGetCurrentIrql();
    queue.cancelled++;
}

static void queue_begin(void)
{
    RtlZeroMemory(&queue, sizeof(queue));
    InitializeListHead(&queue.irps);
    ok_eq_status(IoCsqInitialize(&queue.csq, queue_insert, queue_remove, queue_peek, queue_lock,
                                 queue_unlock, queue_complete),
                 STATUS_SUCCESS);
}

static PIRP new_irp(void)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    IoSetNextIrpStackLocation(irp);
    return irp;
}

GUEST_TEST(queue_context)
{
    PIRP irp = new_irp();
    IO_CSQ_IRP_CONTEXT context;

    queue_begin();
    IoCsqInsertIrp(&queue.csq, irp, &context);
    ok(context.Irp == irp && context.Csq == &queue.csq, "in the queue");
    ok(IoCsqRemoveIrp(&queue.csq, &context) == irp, "removed");
    ok(context.Irp == NULL, "removed: the context says so");
    ok(irp->CancelRoutine == NULL, "no cancel routine");
    IoCsqInsertIrp(&queue.csq, irp, &context);
    ok(IoCsqRemoveNextIrp(&queue.csq, NULL) == irp, "the next");
    ok(context.Irp == NULL, "taken: the context says so");
    IoCsqInsertIrp(&queue.csq, irp, &context);
    ok_eq_int(IoCancelIrp(irp), TRUE);
    ok(context.Irp == NULL, "cancelled: the context says so");
    ok_eq_int(queue.cancelled, 1);
    ok_eq_int(queue.irql, PASSIVE_LEVEL);
    ok(irp->CancelRoutine == NULL, "no cancel routine");
    IoCsqInsertIrp(&queue.csq, irp, &context); /* cancelled before */
    ok_eq_int(queue.cancelled, 2);
    ok(context.Irp == NULL, "never in: the context says so");
    ok_eq_int(queue.inserted, queue.removed);
    IoFreeIrp(irp);
}

/* Somebody has the cancel routine already: the IRP is his, although it is in the queue still. */
GUEST_TEST(queue_lost_race)
{
    PIRP irp = new_irp(), other = new_irp();
    IO_CSQ_IRP_CONTEXT context;
    PDRIVER_CANCEL cancel;

    queue_begin();
    IoCsqInsertIrp(&queue.csq, irp, &context);
    IoCsqInsertIrp(&queue.csq, other, NULL);
    cancel = IoSetCancelRoutine(irp, NULL);
    ok(IoCsqRemoveIrp(&queue.csq, &context) == NULL, "not by its context");
    ok_eq_int(queue.removed, 0);
    ok(IoCsqRemoveNextIrp(&queue.csq, NULL) == other, "the next is another one");
    ok(IoCsqRemoveNextIrp(&queue.csq, NULL) == NULL, "none");
    (void)IoSetCancelRoutine(irp, cancel);
    ok(IoCsqRemoveIrp(&queue.csq, &context) == irp, "now");
    IoFreeIrp(irp);
    IoFreeIrp(other);
}

GUEST_TEST(queue_peek_context)
{
    PIRP first = new_irp(), second = new_irp();

    queue_begin();
    second->UserBuffer = second;
    IoCsqInsertIrp(&queue.csq, first, NULL);
    IoCsqInsertIrp(&queue.csq, second, NULL);
    ok(IoCsqRemoveNextIrp(&queue.csq, second) == second, "what the driver asks for");
    ok(IoCsqRemoveNextIrp(&queue.csq, second) == NULL, "only once");
    ok(IoCsqRemoveNextIrp(&queue.csq, NULL) == first, "the other");
    IoFreeIrp(first);
    IoFreeIrp(second);
}

/* An insert routine that refuses: the IRP is the driver's as before. */
GUEST_TEST(queue_refuses)
{
    PIRP irp = new_irp();

    queue_begin();
    ok_eq_status(IoCsqInitializeEx(&queue.csq, queue_refuse, queue_remove, queue_peek, queue_lock,
                                   queue_unlock, queue_complete),
                 STATUS_SUCCESS);
    ok_eq_status(IoCsqInsertIrpEx(&queue.csq, irp, NULL, NULL), STATUS_DEVICE_BUSY);
    ok(irp->CancelRoutine == NULL, "no cancel routine");
    ok(IoCsqRemoveNextIrp(&queue.csq, NULL) == NULL, "not queued");
    ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
    IoFreeIrp(irp);
}

GUEST_TEST_FILE(cancel, GUEST_ROW(lock), GUEST_ROW(routine), GUEST_ROW(close_with_request),
                GUEST_ROW(thread_ends), GUEST_ROW(thread_waits), GUEST_ROW(cancel_order),
                GUEST_ROW(queue_context), GUEST_ROW(queue_lost_race), GUEST_ROW(queue_peek_context),
                GUEST_ROW(queue_refuses));
