/*
 * What drivers queue and wait with: cancel-safe queues, StartIo, remove locks, timers, and the
 * cancel routine of an IRP.
 */
#include "device.h"

/* ---- a cancel-safe queue of the test's own ---- */

static struct {
    IO_CSQ csq;
    LIST_ENTRY irps;
    KSPIN_LOCK lock;
    LONG cancelled;
    BOOLEAN refuse;
} queue;

static VOID NTAPI queue_insert(PIO_CSQ csq, PIRP irp)
{
    UNREFERENCED_PARAMETER(csq);
    InsertTailList(&queue.irps, &irp->Tail.Overlay.ListEntry);
}

static NTSTATUS NTAPI queue_insert_ex(PIO_CSQ csq, PIRP irp, PVOID context)
{
    UNREFERENCED_PARAMETER(csq);
    if (queue.refuse)
        return STATUS_DEVICE_BUSY;
    if (context)
        InsertHeadList(&queue.irps, &irp->Tail.Overlay.ListEntry);
    else
        InsertTailList(&queue.irps, &irp->Tail.Overlay.ListEntry);
    return STATUS_SUCCESS;
}

static VOID NTAPI queue_remove(PIO_CSQ csq, PIRP irp)
{
    UNREFERENCED_PARAMETER(csq);
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI queue_peek(PIO_CSQ csq, PIRP irp, PVOID context)
{
    LIST_ENTRY *next = irp ? irp->Tail.Overlay.ListEntry.Flink : queue.irps.Flink;

    UNREFERENCED_PARAMETER(csq);
    UNREFERENCED_PARAMETER(context);
    return next == &queue.irps ? NULL : CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry);
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

static VOID NTAPI queue_complete_canceled(PIO_CSQ csq, PIRP irp)
{
    UNREFERENCED_PARAMETER(csq);
    UNREFERENCED_PARAMETER(irp);
    queue.cancelled++; /* the test's own IRPs are not completed but freed */
}

static PIRP make_irp(void)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    IoSetNextIrpStackLocation(irp);
    return irp;
}

GUEST_TEST(csq)
{
    PIRP first = make_irp(), second = make_irp(), third = make_irp();
    IO_CSQ_IRP_CONTEXT context;

    RtlZeroMemory(&queue, sizeof(queue));
    InitializeListHead(&queue.irps);
    ok_eq_status(IoCsqInitialize(&queue.csq, queue_insert, queue_remove, queue_peek, queue_lock,
                                 queue_unlock, queue_complete_canceled),
                 STATUS_SUCCESS);
    ok(IoCsqRemoveNextIrp(&queue.csq, NULL) == NULL, "empty");
    IoCsqInsertIrp(&queue.csq, first, NULL);
    IoCsqInsertIrp(&queue.csq, second, &context);
    IoCsqInsertIrp(&queue.csq, third, NULL);
    ok(IoGetCurrentIrpStackLocation(first)->Control & SL_PENDING_RETURNED, "marked pending");
    ok(IoCsqRemoveIrp(&queue.csq, &context) == second, "by context");
    ok(IoCsqRemoveIrp(&queue.csq, &context) == NULL, "only once");
    ok_eq_int(IoCancelIrp(first), TRUE);
    ok_eq_int(queue.cancelled, 1);
    ok_eq_int(IoCancelIrp(second), FALSE);
    ok(IoCsqRemoveNextIrp(&queue.csq, NULL) == third, "the one that is left");
    ok(IsListEmpty(&queue.irps), "empty");
    IoCsqInsertIrp(&queue.csq, second, &context); /* cancelled before it came */
    ok_eq_int(queue.cancelled, 2);
    ok(IoCsqRemoveIrp(&queue.csq, &context) == NULL, "not there");
    IoFreeIrp(first);
    IoFreeIrp(second);
    IoFreeIrp(third);
    ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

GUEST_TEST(csq_ex)
{
    PIRP first = make_irp(), second = make_irp();

    RtlZeroMemory(&queue, sizeof(queue));
    InitializeListHead(&queue.irps);
    ok_eq_status(IoCsqInitializeEx(&queue.csq, queue_insert_ex, queue_remove, queue_peek,
                                   queue_lock, queue_unlock, queue_complete_canceled),
                 STATUS_SUCCESS);
    ok_eq_status(IoCsqInsertIrpEx(&queue.csq, first, NULL, NULL), STATUS_SUCCESS);
    ok_eq_status(IoCsqInsertIrpEx(&queue.csq, second, NULL, &queue), STATUS_SUCCESS);
    ok(IoCsqRemoveNextIrp(&queue.csq, NULL) == second, "the insert routine's order");
    queue.refuse = TRUE;
    ok_eq_status(IoCsqInsertIrpEx(&queue.csq, second, NULL, NULL), STATUS_DEVICE_BUSY);
    ok(IoCsqRemoveNextIrp(&queue.csq, NULL) == first, "first");
    IoFreeIrp(first);
    IoFreeIrp(second);
}

/* ---- StartIo ---- */

static struct {
    LONG started, cancelled;
    PIRP current;
} start_io;

static VOID NTAPI count_start(PDEVICE_OBJECT device, PIRP irp)
{
    ok(device->CurrentIrp == irp, "CurrentIrp");
    ok_eq_int(KeGetCurrentIrql(), DISPATCH_LEVEL);
    start_io.started++;
    start_io.current = irp;
}

static void next_packet(PDEVICE_OBJECT device)
{
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoStartNextPacket(device, FALSE);
    KeLowerIrql(irql);
}

GUEST_TEST(start_io_queue)
{
    PDRIVER_OBJECT driver = test_driver_create();
    PDEVICE_OBJECT device = test_device_create(driver, NULL, 0, FALSE);
    PIRP irps[3];

    RtlZeroMemory(&start_io, sizeof(start_io));
    driver->DriverStartIo = count_start;
    for (ULONG i = 0; i < 3; i++) {
        irps[i] = make_irp();
        IoStartPacket(device, irps[i], NULL, NULL);
    }
    ok_eq_int(start_io.started, 1);
    ok(start_io.current == irps[0], "the first");
    next_packet(device);
    ok(start_io.current == irps[1], "the second");
    next_packet(device);
    next_packet(device);
    ok_eq_int(start_io.started, 3);
    ok(device->CurrentIrp == NULL, "idle");
    IoStartPacket(device, irps[0], NULL, NULL);
    ok_eq_int(start_io.started, 4);
    next_packet(device);
    for (ULONG i = 0; i < 3; i++)
        IoFreeIrp(irps[i]);
    IoDeleteDevice(device);
    IoDeleteDriver(driver);
}

/* ---- remove locks ---- */

static struct {
    IO_REMOVE_LOCK lock;
    KEVENT removed;
} removal;

static VOID NTAPI remove_device(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    IoReleaseRemoveLockAndWait(&removal.lock, NULL);
    KeSetEvent(&removal.removed, IO_NO_INCREMENT, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

GUEST_TEST(remove_lock)
{
    LARGE_INTEGER moment = {.QuadPart = -100000};
    OBJECT_ATTRIBUTES attributes;
    HANDLE thread;

    IoInitializeRemoveLock(&removal.lock, 'tseT', 0, 0);
    KeInitializeEvent(&removal.removed, NotificationEvent, FALSE);
    ok_eq_status(IoAcquireRemoveLock(&removal.lock, NULL), STATUS_SUCCESS); /* of the removal */
    ok_eq_status(IoAcquireRemoveLock(&removal.lock, &moment), STATUS_SUCCESS);
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ok_eq_status(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, &attributes, NULL, NULL,
                                      remove_device, NULL),
                 STATUS_SUCCESS);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    ok_eq_int(KeReadStateEvent(&removal.removed), 0);
    ok_eq_status(IoAcquireRemoveLock(&removal.lock, NULL), STATUS_DELETE_PENDING);
    IoReleaseRemoveLock(&removal.lock, &moment);
    ok_eq_status(KeWaitForSingleObject(&removal.removed, Executive, KernelMode, FALSE, NULL),
                 STATUS_SUCCESS);
    ZwWaitForSingleObject(thread, FALSE, NULL);
    ZwClose(thread);
}

/* ---- device timers ---- */

static VOID NTAPI count_tick(PDEVICE_OBJECT device, PVOID context)
{
    UNREFERENCED_PARAMETER(device);
    ok_eq_int(KeGetCurrentIrql(), DISPATCH_LEVEL);
    ++*(LONG *)context;
}

GUEST_TEST(device_timer)
{
    PDRIVER_OBJECT driver = test_driver_create();
    PDEVICE_OBJECT device = test_device_create(driver, NULL, 0, FALSE);
    LARGE_INTEGER wait = {.QuadPart = -35000000};
    LONG ticks = 0, stopped;

    ok_eq_status(IoInitializeTimer(device, count_tick, &ticks), STATUS_SUCCESS);
    KeDelayExecutionThread(KernelMode, FALSE, &wait);
    ok_eq_int(ticks, 0);
    IoStartTimer(device);
    KeDelayExecutionThread(KernelMode, FALSE, &wait);
    ok(ticks >= 3 && ticks <= 4, "%ld ticks in 3.5 s", ticks);
    IoStopTimer(device);
    stopped = ticks;
    KeDelayExecutionThread(KernelMode, FALSE, &wait);
    ok_eq_int(ticks, stopped);
    IoStartTimer(device);
    IoDeleteDevice(device); /* takes its timer along */
    IoDeleteDriver(driver);
}

/* ---- cancelling, error log, shutdown, work after DriverEntry ---- */

GUEST_TEST(cancel_routine)
{
    PDRIVER_OBJECT driver = test_driver_create();
    PDEVICE_OBJECT device = test_device_create(driver, NULL, 0, FALSE);
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    PIRP irp;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildDeviceIoControlRequest(TEST_HANG, device, NULL, 0, NULL, 0, FALSE, &event, &iosb);
    ok_eq_status(IoCallDriver(device, irp), STATUS_PENDING);
    ok_eq_int(IoCancelIrp(irp), TRUE);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    ok_eq_status(iosb.Status, STATUS_CANCELLED);
    ok_eq_int(test_extension(device)->cancels, 1);
    IoDeleteDevice(device);
    IoDeleteDriver(driver);
}

GUEST_TEST(error_log)
{
    PDRIVER_OBJECT driver = test_driver_create();
    PDEVICE_OBJECT device = test_device_create(driver, NULL, 0, FALSE);
    PIO_ERROR_LOG_PACKET packet;

    ok(IoAllocateErrorLogEntry(device, 1) == NULL, "too small");
    ok(IoAllocateErrorLogEntry(device, ERROR_LOG_MAXIMUM_SIZE + 1) == NULL, "too large");
    packet = IoAllocateErrorLogEntry(device, sizeof(*packet) + 8);
    ok(packet != NULL && packet->ErrorCode == 0, "zeroed");
    packet->ErrorCode = STATUS_DEVICE_NOT_READY;
    IoWriteErrorLogEntry(packet);
    IoDeleteDevice(device);
    IoDeleteDriver(driver);
}

GUEST_TEST(shutdown_registration)
{
    PDRIVER_OBJECT driver = test_driver_create();
    PDEVICE_OBJECT device = test_device_create(driver, NULL, 0, FALSE);

    ok_eq_status(IoRegisterShutdownNotification(device), STATUS_SUCCESS);
    ok(device->Flags & DO_SHUTDOWN_REGISTERED, "flag");
    IoUnregisterShutdownNotification(device);
    ok(!(device->Flags & DO_SHUTDOWN_REGISTERED), "no flag");
    ok_eq_status(IoRegisterShutdownNotification(device), STATUS_SUCCESS);
    IoDeleteDevice(device); /* takes its registration along */
    IoDeleteDriver(driver);
}

GUEST_TEST(versions)
{
    ULONG major, minor, build;

    PsGetVersion(&major, &minor, &build, NULL);
    ok(major == 10 && minor == 0 && build >= 10240, "%lu.%lu.%lu", major, minor, build);
    ok_eq_int(IoIsWdmVersionAvailable(1, 0x30), TRUE);
    ok_eq_int(IoIsWdmVersionAvailable(6, 0), TRUE);
    ok_eq_int(IoIsWdmVersionAvailable(7, 0), FALSE);
}

GUEST_TEST_FILE(queue, GUEST_ROW(csq), GUEST_ROW(csq_ex), GUEST_ROW(start_io_queue),
                GUEST_ROW(remove_lock), GUEST_ROW(device_timer), GUEST_ROW(cancel_routine),
                GUEST_ROW(error_log), GUEST_ROW(shutdown_registration), GUEST_ROW(versions));
