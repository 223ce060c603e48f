/*
 * Deferral and its surroundings: work items that are tried, DPC queries, coalescable and absolute
 * timers, processor callbacks, processor sets.
 */
#include "thread.h"

NTKERNELAPI LOGICAL NTAPI KeIsExecutingDpc(VOID);
NTKERNELAPI BOOLEAN NTAPI KeIsAttachedProcess(VOID);
NTKERNELAPI BOOLEAN NTAPI KeSetKernelStackSwapEnable(BOOLEAN enable);
NTKERNELAPI VOID NTAPI KeFlushEntireTb(BOOLEAN invalid, BOOLEAN all_processors);
NTKERNELAPI VOID NTAPI KeInitializeAffinityEx(PVOID affinity);
NTKERNELAPI VOID NTAPI KeAddProcessorAffinityEx(PVOID affinity, ULONG index);
NTKERNELAPI VOID NTAPI KeRemoveProcessorAffinityEx(PVOID affinity, ULONG index);
NTKERNELAPI BOOLEAN NTAPI KeCheckProcessorAffinityEx(PVOID affinity, ULONG index);
NTKERNELAPI BOOLEAN NTAPI KeIsEmptyAffinityEx(PVOID affinity);
NTKERNELAPI ULONG NTAPI KeCountSetBitsAffinityEx(PVOID affinity);

static KEVENT done;
static ULONG runs;
static PVOID last_context;
static KIRQL last_irql;

static VOID NTAPI work_routine(PVOID object, PVOID context, PIO_WORKITEM item)
{
    UNREFERENCED_PARAMETER(object);
    UNREFERENCED_PARAMETER(item);
    runs++;
    last_context = context;
    last_irql = KeGetCurrentIrql();
    KeSetEvent(&done, 0, FALSE);
}

/* The work item takes any object that can be referenced, as here the process. */
GUEST_TEST(try_queue_work_item)
{
    PIO_WORKITEM item = IoAllocateWorkItem((PDEVICE_OBJECT)PsGetCurrentProcess());
    LARGE_INTEGER limit = {.QuadPart = MILLISECONDS(1000)};
    ULONG queued = 1;
    KIRQL old;

    runs = 0;
    KeInitializeEvent(&done, SynchronizationEvent, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ok(IoTryQueueWorkItem(item, work_routine, DelayedWorkQueue, (PVOID)1), "queued");
    queued += IoTryQueueWorkItem(item, work_routine, DelayedWorkQueue, (PVOID)2);
    ok(queued == 1 || KeNumberProcessors > 1, "queued already, unless it runs elsewhere");
    KeLowerIrql(old);
    ok_eq_status(KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, &limit),
                 STATUS_SUCCESS);
    sleep_milliseconds(5);
    ok_eq_int(runs, queued);
    ok(last_context == (PVOID)(ULONG_PTR)queued, "its context");
    KeClearEvent(&done);
    ok_eq_int(last_irql, PASSIVE_LEVEL);
    ok(IoTryQueueWorkItem(item, work_routine, CriticalWorkQueue, (PVOID)3), "queued again");
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, &limit);
    ok(last_context == (PVOID)3, "the third context");
    IoFreeWorkItem(item);
    ok(IoSizeofWorkItem() >= sizeof(WORK_QUEUE_ITEM), "%lu bytes", IoSizeofWorkItem());
}

static struct {
    NTSTATUS status;
    KDPC_WATCHDOG_INFORMATION information;
    LOGICAL executing;
    KIRQL irql;
    ULONG runs;
} dpc_seen;

static VOID NTAPI dpc_routine(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    dpc_seen.runs++;
    dpc_seen.irql = KeGetCurrentIrql();
    dpc_seen.status = KeQueryDpcWatchdogInformation(&dpc_seen.information);
    dpc_seen.executing = KeIsExecutingDpc();
}

GUEST_TEST(questions_of_a_dpc)
{
    KDPC_WATCHDOG_INFORMATION information;
    KDPC dpc;

    ok_eq_status(KeQueryDpcWatchdogInformation(&information), STATUS_UNSUCCESSFUL);
    ok(!KeIsExecutingDpc(), "in no DPC");
    RtlZeroMemory(&dpc_seen, sizeof(dpc_seen));
    KeInitializeDpc(&dpc, dpc_routine, NULL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    KeFlushQueuedDpcs();
    ok_eq_int(dpc_seen.runs, 1);
    ok_eq_status(dpc_seen.status, STATUS_SUCCESS);
    ok(dpc_seen.executing, "in a DPC");
    ok(dpc_seen.information.DpcTimeCount <= dpc_seen.information.DpcTimeLimit, "time is left");
    ok(dpc_seen.information.DpcWatchdogCount <= dpc_seen.information.DpcWatchdogLimit,
       "time is left");
}

GUEST_TEST(coalescable_timer)
{
    LARGE_INTEGER due = {.QuadPart = MILLISECONDS(10)}, start, end;
    KTIMER timer;
    KDPC dpc;

    RtlZeroMemory(&dpc_seen, sizeof(dpc_seen));
    KeInitializeTimerEx(&timer, SynchronizationTimer);
    KeInitializeDpc(&dpc, dpc_routine, NULL);
    KeQuerySystemTimePrecise(&start);
    ok(!KeSetCoalescableTimer(&timer, due, 20, 5, &dpc), "was not armed");
    KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, NULL);
    KeQuerySystemTimePrecise(&end);
    ok(end.QuadPart - start.QuadPart >= 100000, "not early");
    KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, NULL);
    KeQuerySystemTimePrecise(&end);
    ok(end.QuadPart - start.QuadPart >= 300000, "after the period");
    ok(KeCancelTimer(&timer), "periodic");
    KeFlushQueuedDpcs();
    ok_eq_int(dpc_seen.runs, 2);
    ok_eq_int(dpc_seen.irql, DISPATCH_LEVEL);
}

GUEST_TEST(absolute_timer)
{
    LARGE_INTEGER due, now;
    KTIMER timer;

    KeInitializeTimer(&timer);
    KeQuerySystemTimePrecise(&due);
    due.QuadPart += 200000;
    KeSetTimer(&timer, due, NULL);
    KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, NULL);
    KeQuerySystemTimePrecise(&now);
    ok(now.QuadPart >= due.QuadPart, "not early");
    ok(now.QuadPart < due.QuadPart + 1000000, "not late");
}

/* Setting an armed timer moves it; its DPC does not run for the first time. */
GUEST_TEST(timer_set_again)
{
    LARGE_INTEGER soon = {.QuadPart = MILLISECONDS(5)}, late = {.QuadPart = MILLISECONDS(50)};
    KTIMER timer;
    KDPC dpc;

    RtlZeroMemory(&dpc_seen, sizeof(dpc_seen));
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, dpc_routine, NULL);
    KeSetTimer(&timer, soon, &dpc);
    ok(KeSetTimer(&timer, late, &dpc), "was armed");
    sleep_milliseconds(20);
    ok_eq_int(dpc_seen.runs, 0);
    sleep_milliseconds(60);
    ok_eq_int(dpc_seen.runs, 1);
}

#define PROCESSORS 64

static struct {
    ULONG starts, completes, failures;
    NTSTATUS answer, failure;
    KIRQL irql;
    PVOID context;
    BOOLEAN numbers_agree;
} change;

static VOID NTAPI processor_changed(PVOID context, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT what,
                                    PNTSTATUS status)
{
    PROCESSOR_NUMBER number;

    change.context = context;
    change.irql = KeGetCurrentIrql();
    if (!NT_SUCCESS(KeGetProcessorNumberFromIndex(what->NtNumber, &number)) ||
        number.Number != what->ProcNumber.Number || number.Group != what->ProcNumber.Group)
        change.numbers_agree = FALSE;
    if (what->State == KeProcessorAddStartNotify) {
        change.starts++;
        if (change.answer)
            *status = change.answer;
    } else if (what->State == KeProcessorAddCompleteNotify) {
        change.completes++;
    } else {
        change.failures++;
        change.failure = what->Status;
    }
}

static void reset_change(NTSTATUS answer)
{
    RtlZeroMemory(&change, sizeof(change));
    change.answer = answer;
    change.numbers_agree = TRUE;
}

GUEST_TEST(processor_callback)
{
    ULONG count = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
    PVOID handle;

    reset_change(STATUS_SUCCESS);
    handle = KeRegisterProcessorChangeCallback(processor_changed, (PVOID)7, 0);
    ok(handle != NULL, "registered");
    ok_eq_int(change.starts, 0);
    KeDeregisterProcessorChangeCallback(handle);
    handle = KeRegisterProcessorChangeCallback(processor_changed, (PVOID)7,
                                               KE_PROCESSOR_CHANGE_ADD_EXISTING);
    ok(handle != NULL, "registered");
    ok_eq_int(change.starts, count);
    ok_eq_int(change.completes, count);
    ok_eq_int(change.failures, 0);
    ok(change.numbers_agree, "index and number are of one processor");
    ok(change.context == (PVOID)7, "the context");
    ok_eq_int(change.irql, PASSIVE_LEVEL);
    KeDeregisterProcessorChangeCallback(handle);
}

GUEST_TEST(processor_callback_refuses)
{
    reset_change(STATUS_INSUFFICIENT_RESOURCES);
    ok(KeRegisterProcessorChangeCallback(processor_changed, NULL,
                                         KE_PROCESSOR_CHANGE_ADD_EXISTING) == NULL,
       "not registered");
    ok_eq_int(change.starts, 1);
    ok_eq_int(change.completes, 0);
    ok_eq_int(change.failures, 1);
    ok_eq_status(change.failure, STATUS_INSUFFICIENT_RESOURCES);
}

GUEST_TEST(processor_sets)
{
    ULONG64 set[64] = {0};

    KeInitializeAffinityEx(set);
    ok(KeIsEmptyAffinityEx(set), "empty");
    KeAddProcessorAffinityEx(set, 0);
    KeAddProcessorAffinityEx(set, 5);
    KeAddProcessorAffinityEx(set, 5);
    ok_eq_int(KeCountSetBitsAffinityEx(set), 2);
    ok(KeCheckProcessorAffinityEx(set, 5), "a member");
    ok(!KeCheckProcessorAffinityEx(set, 4), "no member");
    KeRemoveProcessorAffinityEx(set, 5);
    ok(!KeCheckProcessorAffinityEx(set, 5), "removed");
    ok_eq_int(KeCountSetBitsAffinityEx(set), 1);
    ok(!KeIsEmptyAffinityEx(set), "not empty");
}

GUEST_TEST(thread_state)
{
    BOOLEAN before = KeSetKernelStackSwapEnable(FALSE);
    ULONG flags = 5;

    ok(before, "stacks may be swapped at first");
    ok(!KeSetKernelStackSwapEnable(TRUE), "not any more");
    ok(KeSetKernelStackSwapEnable(TRUE), "again");
    ok(!KeIsAttachedProcess(), "not attached");
    KeFlushEntireTb(TRUE, TRUE);
    ok(!MmIsDriverVerifying(NULL), "no verifier");
    if (MmIsVerifierEnabled(&flags) == STATUS_NOT_SUPPORTED)
        ok_eq_int(flags, 0);
}

GUEST_TEST_FILE(deferral, GUEST_ROW(try_queue_work_item), GUEST_ROW(questions_of_a_dpc),
                GUEST_ROW(coalescable_timer), GUEST_ROW(absolute_timer), GUEST_ROW(timer_set_again),
                GUEST_ROW(processor_callback), GUEST_ROW(processor_callback_refuses),
                GUEST_ROW(processor_sets), GUEST_ROW(thread_state));
