/*
 * Work items: that they run at PASSIVE_LEVEL in the System process, may be queued again, and may
 * wait for each other.
 */
#include "thread.h"

static KEVENT done;

struct work {
    WORK_QUEUE_ITEM item;
    KEVENT started, proceed, finished;
    KIRQL irql;
    PEPROCESS process;
    ULONG runs, wanted;
};

static VOID NTAPI run(PVOID context)
{
    struct work *work = context;

    work->irql = KeGetCurrentIrql();
    work->process = PsGetCurrentProcess();
    KeSetEvent(&work->started, 0, FALSE);
    if (++work->runs < work->wanted)
        ExQueueWorkItem(&work->item, DelayedWorkQueue);
    else
        KeSetEvent(&work->finished, 0, FALSE);
}

static void initialize(struct work *work, PWORKER_THREAD_ROUTINE routine)
{
    RtlZeroMemory(work, sizeof(*work));
    KeInitializeEvent(&work->started, NotificationEvent, FALSE);
    KeInitializeEvent(&work->proceed, NotificationEvent, FALSE);
    KeInitializeEvent(&work->finished, NotificationEvent, FALSE);
    ExInitializeWorkItem(&work->item, routine, work);
    work->wanted = 1;
}

static void finish(struct work *work)
{
    LARGE_INTEGER limit = {.QuadPart = MILLISECONDS(10000)};

    ok_eq_status(KeWaitForSingleObject(&work->finished, Executive, KernelMode, FALSE, &limit),
                 STATUS_SUCCESS);
}

GUEST_TEST(queues)
{
    static const WORK_QUEUE_TYPE types[] = {CriticalWorkQueue, DelayedWorkQueue,
                                            HyperCriticalWorkQueue};
    struct work work;

    for (ULONG i = 0; i < 3; i++) {
        initialize(&work, run);
        ExQueueWorkItem(&work.item, types[i]);
        finish(&work);
        ok_eq_int(work.irql, PASSIVE_LEVEL);
        ok(work.process == PsInitialSystemProcess, "in the System process");
    }
}

GUEST_TEST(from_dispatch_level)
{
    struct work work;
    KIRQL old;

    initialize(&work, run);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ExQueueWorkItem(&work.item, DelayedWorkQueue);
    ok_eq_int(work.runs, 0);
    KeLowerIrql(old);
    finish(&work);
}

GUEST_TEST(queued_by_itself)
{
    struct work work;

    initialize(&work, run);
    work.wanted = 5;
    ExQueueWorkItem(&work.item, DelayedWorkQueue);
    finish(&work);
    ok_eq_int(work.runs, 5);
}

static VOID NTAPI wait_for_proceed(PVOID context)
{
    struct work *work = context;

    KeSetEvent(&work->started, 0, FALSE);
    KeWaitForSingleObject(&work->proceed, Executive, KernelMode, FALSE, NULL);
    KeSetEvent(&work->finished, 0, FALSE);
}

static VOID NTAPI let_proceed(PVOID context)
{
    struct work *work = context;

    KeSetEvent(&work->proceed, 0, FALSE);
}

/* An item may wait for one that was queued behind it. */
GUEST_TEST(waiting_for_the_next)
{
    struct work work;
    WORK_QUEUE_ITEM second;

    initialize(&work, wait_for_proceed);
    ExInitializeWorkItem(&second, let_proceed, &work);
    ExQueueWorkItem(&work.item, DelayedWorkQueue);
    ExQueueWorkItem(&second, DelayedWorkQueue);
    finish(&work);
}

static PIO_WORKITEM expected_item;
static PDEVICE_OBJECT seen_device;
static PVOID seen_context;

static VOID NTAPI io_routine(PDEVICE_OBJECT device, PVOID context)
{
    seen_device = device;
    seen_context = context;
    KeSetEvent(&done, 0, FALSE);
}

static VOID NTAPI io_routine_ex(PVOID object, PVOID context, PIO_WORKITEM item)
{
    seen_device = object;
    seen_context = context;
    ok(item == expected_item, "the item itself");
    IoFreeWorkItem(item);
    KeSetEvent(&done, 0, FALSE);
}

/* The test has no device: the work item takes any object that can be referenced, as here. */
GUEST_TEST(io_work_items)
{
    PDEVICE_OBJECT device = (PDEVICE_OBJECT)PsGetCurrentProcess();
    PIO_WORKITEM item;

    KeInitializeEvent(&done, SynchronizationEvent, FALSE);
    item = IoAllocateWorkItem(device);
    IoQueueWorkItem(item, io_routine, DelayedWorkQueue, (PVOID)5);
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    ok(seen_device == device, "the device");
    ok_eq_int((ULONG_PTR)seen_context, 5);
    expected_item = item;
    IoQueueWorkItemEx(item, io_routine_ex, CriticalWorkQueue, (PVOID)6);
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    ok_eq_int((ULONG_PTR)seen_context, 6);
    item = ExAllocatePoolWithTag(NonPagedPool, IoSizeofWorkItem(), 'tseT');
    IoInitializeWorkItem(device, item);
    IoQueueWorkItem(item, io_routine, DelayedWorkQueue, (PVOID)7);
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    ok_eq_int((ULONG_PTR)seen_context, 7);
    IoUninitializeWorkItem(item);
    ExFreePoolWithTag(item, 'tseT');
}

GUEST_TEST_FILE(workitem, GUEST_ROW(queues), GUEST_ROW(from_dispatch_level),
                GUEST_ROW(queued_by_itself), GUEST_ROW(waiting_for_the_next),
                GUEST_ROW(io_work_items));
