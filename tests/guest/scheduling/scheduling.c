/*
 * Who runs: priorities that a driver sets, boosts and their decay, quantum. Threads note in `log`
 * when they run. Written for one processor.
 */
#include "../ke/thread.h"

NTKERNELAPI LONG NTAPI KeSetBasePriorityThread(PKTHREAD thread, LONG increment);
NTKERNELAPI KPRIORITY NTAPI KeQueryPriorityThread(PKTHREAD thread);

#define THREADS 3
#define COMPUTING_100NS 2000000 /* 200 ms: several quanta */

static struct {
    ULONG log[32], count;
    KEVENT start, ready[THREADS];
    KPRIORITY priority[THREADS];
} run;

static void note(ULONG who)
{
    if (run.count < 32)
        run.log[run.count++] = who;
}

static PETHREAD start_one(PKSTART_ROUTINE routine, ULONG number, KPRIORITY priority)
{
    PETHREAD thread;

    KeInitializeEvent(&run.ready[number], NotificationEvent, FALSE);
    run.priority[number] = priority;
    thread = start_thread(routine, (PVOID)(ULONG_PTR)number);
    KeWaitForSingleObject(&run.ready[number], Executive, KernelMode, FALSE, NULL);
    sleep_milliseconds(1);
    return thread;
}

static void reset(void)
{
    RtlZeroMemory(&run, sizeof(run));
    KeInitializeEvent(&run.start, NotificationEvent, FALSE);
}

static VOID NTAPI note_when_started(PVOID context)
{
    ULONG number = (ULONG)(ULONG_PTR)context;

    KeSetPriorityThread(KeGetCurrentThread(), run.priority[number]);
    KeSetEvent(&run.ready[number], 0, FALSE);
    KeWaitForSingleObject(&run.start, Executive, KernelMode, FALSE, NULL);
    note(number);
}

/* The order of waking is that of priority, not that of waiting. */
GUEST_TEST(higher_priority_runs_first)
{
    static const KPRIORITY priorities[] = {9, 12, 10};
    PETHREAD threads[THREADS];
    KIRQL old;

    reset();
    for (ULONG i = 0; i < THREADS; i++)
        threads[i] = start_one(note_when_started, i, priorities[i]);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeSetEvent(&run.start, 0, FALSE);
    ok_eq_int(run.count, 0);
    KeLowerIrql(old);
    for (ULONG i = 0; i < THREADS; i++)
        join_thread(threads[i]);
    ok_eq_int(run.count, 3);
    ok_eq_int(run.log[0], 1);
    ok_eq_int(run.log[1], 2);
    ok_eq_int(run.log[2], 0);
}

/* A thread that becomes better than the current one runs at once; a lowered one waits. */
GUEST_TEST(preemption)
{
    PKTHREAD self = KeGetCurrentThread();
    KPRIORITY before = KeQueryPriorityThread(self);
    PETHREAD thread;

    reset();
    ok_eq_int(KeSetPriorityThread(self, 10), before);
    thread = start_one(note_when_started, 0, 5);
    KeSetEvent(&run.start, 0, FALSE);
    ok_eq_int(run.count, 0);
    ok(KeSetPriorityThread((PKTHREAD)thread, 11) < 10, "was below");
    ok_eq_int(run.count, 1);
    join_thread(thread);
    reset();
    thread = start_one(note_when_started, 0, 5);
    KeSetEvent(&run.start, 0, FALSE);
    ok_eq_int(run.count, 0);
    KeSetPriorityThread(self, 4);
    ok_eq_int(run.count, 1);
    KeSetPriorityThread(self, before);
    join_thread(thread);
    ok_eq_int(KeQueryPriorityThread(self), before);
}

GUEST_TEST(base_priority)
{
    PKTHREAD self = KeGetCurrentThread();
    LONG before = KeSetBasePriorityThread(self, 2);
    KPRIORITY raised = KeQueryPriorityThread(self);

    ok_eq_int(KeSetBasePriorityThread(self, -1), 2);
    ok_eq_int(KeQueryPriorityThread(self), raised - 3);
    KeSetBasePriorityThread(self, before);
}

static KPRIORITY woken_at;

static VOID NTAPI ask_priority(PVOID context)
{
    ULONG number = (ULONG)(ULONG_PTR)context;
    LARGE_INTEGER now;

    KeSetEvent(&run.ready[number], 0, FALSE);
    KeWaitForSingleObject(&run.start, Executive, KernelMode, FALSE, NULL);
    woken_at = KeQueryPriorityThread(KeGetCurrentThread());
    KeQuerySystemTimePrecise(&now);
    for (LONGLONG end = now.QuadPart + COMPUTING_100NS;
         now.QuadPart < end && KeQueryPriorityThread(KeGetCurrentThread()) > run.priority[number];)
        KeQuerySystemTimePrecise(&now); /* takes time */
    note((ULONG)KeQueryPriorityThread(KeGetCurrentThread()));
}

static KPRIORITY priority_after_event(KPRIORITY increment)
{
    PETHREAD thread;

    reset();
    thread = start_one(ask_priority, 0, 0);
    run.priority[0] = KeQueryPriorityThread((PKTHREAD)thread);
    woken_at = 0;
    KeSetEvent(&run.start, increment, FALSE);
    join_thread(thread);
    ok_eq_int(run.count, 1);
    ok_eq_int(run.log[0], run.priority[0]);
    return woken_at - run.priority[0];
}

/* The increment of KeSetEvent lifts the waiter, and is used up a level with each quantum. */
GUEST_TEST(boost_and_decay)
{
    ok_eq_int(priority_after_event(0), 0);
    ok_eq_int(priority_after_event(2), 2);
    ok_eq_int(priority_after_event(1), 1);
}

static VOID NTAPI real_time_waiter(PVOID context)
{
    ULONG number = (ULONG)(ULONG_PTR)context;

    KeSetPriorityThread(KeGetCurrentThread(), 20);
    KeSetEvent(&run.ready[number], 0, FALSE);
    KeWaitForSingleObject(&run.start, Executive, KernelMode, FALSE, NULL);
    woken_at = KeQueryPriorityThread(KeGetCurrentThread());
}

GUEST_TEST(no_boost_for_real_time)
{
    PETHREAD thread;

    reset();
    thread = start_one(real_time_waiter, 0, 0);
    KeSetEvent(&run.start, 5, FALSE);
    join_thread(thread);
    ok_eq_int(woken_at, 20);
}

static VOID NTAPI compute(PVOID context)
{
    ULONG number = (ULONG)(ULONG_PTR)context;
    LARGE_INTEGER now;

    KeSetPriorityThread(KeGetCurrentThread(), run.priority[number]);
    KeSetEvent(&run.ready[number], 0, FALSE);
    KeWaitForSingleObject(&run.start, Executive, KernelMode, FALSE, NULL);
    KeQuerySystemTimePrecise(&now);
    for (LONGLONG end = now.QuadPart + COMPUTING_100NS; now.QuadPart < end;) {
        if (run.count == 0 || run.log[run.count - 1] != number)
            note(number);
        KeQuerySystemTimePrecise(&now); /* takes time */
    }
}

/* Two that only compute share the processor: at the end of a quantum the other one runs. */
GUEST_TEST(quantum)
{
    PETHREAD threads[2];

    reset();
    for (ULONG i = 0; i < 2; i++)
        threads[i] = start_one(compute, i, 8);
    KeSetEvent(&run.start, 0, FALSE);
    for (ULONG i = 0; i < 2; i++)
        join_thread(threads[i]);
    ok(run.count >= 4, "%lu changes", run.count);
    for (ULONG i = 1; i < run.count; i++)
        ok(run.log[i] != run.log[i - 1], "they alternate");
}

GUEST_TEST_FILE(scheduling, GUEST_ROW(higher_priority_runs_first), GUEST_ROW(preemption),
                GUEST_ROW(base_priority), GUEST_ROW(boost_and_decay),
                GUEST_ROW(no_boost_for_real_time), GUEST_ROW(quantum));
