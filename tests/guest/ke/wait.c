/*
 * Waits: time-outs, any and all, alerts, thread objects, critical regions.
 */
#include "thread.h"

static LONGLONG now(void)
{
    LARGE_INTEGER time;

    KeQuerySystemTimePrecise(&time);
    return time.QuadPart;
}

GUEST_TEST(time_out)
{
    KEVENT event;
    LARGE_INTEGER timeout = {.QuadPart = MILLISECONDS(50)};
    LONGLONG start = now();

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    ok_eq_status(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &timeout),
                 STATUS_TIMEOUT);
    ok(now() - start >= 500000, "50 ms passed");
    timeout.QuadPart = now() + 300000;
    start = now();
    ok_eq_status(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &timeout),
                 STATUS_TIMEOUT);
    ok(now() - start >= 290000, "absolute: 30 ms passed");
    timeout.QuadPart = 1;
    ok_eq_status(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &timeout),
                 STATUS_TIMEOUT);
}

GUEST_TEST(any)
{
    KEVENT events[3];
    PVOID objects[3];
    LARGE_INTEGER zero = {.QuadPart = 0};

    for (ULONG i = 0; i < 3; i++) {
        KeInitializeEvent(&events[i], SynchronizationEvent, i != 0);
        objects[i] = &events[i];
    }
    ok_eq_status(
        KeWaitForMultipleObjects(3, objects, WaitAny, Executive, KernelMode, FALSE, &zero, NULL),
        STATUS_WAIT_1);
    ok_eq_int(KeReadStateEvent(&events[1]), 0);
    ok_eq_int(KeReadStateEvent(&events[2]), 1);
    ok_eq_status(
        KeWaitForMultipleObjects(3, objects, WaitAny, Executive, KernelMode, FALSE, &zero, NULL),
        STATUS_WAIT_2);
    ok_eq_status(
        KeWaitForMultipleObjects(3, objects, WaitAny, Executive, KernelMode, FALSE, &zero, NULL),
        STATUS_TIMEOUT);
}

GUEST_TEST(all)
{
    KEVENT events[5];
    PVOID objects[5];
    KWAIT_BLOCK blocks[5];
    LARGE_INTEGER zero = {.QuadPart = 0};

    for (ULONG i = 0; i < 5; i++) {
        KeInitializeEvent(&events[i], SynchronizationEvent, i != 4);
        objects[i] = &events[i];
    }
    ok_eq_status(
        KeWaitForMultipleObjects(5, objects, WaitAll, Executive, KernelMode, FALSE, &zero, blocks),
        STATUS_TIMEOUT);
    ok_eq_int(KeReadStateEvent(&events[0]), 1); /* a wait that fails takes nothing */
    KeSetEvent(&events[4], 0, FALSE);
    ok_eq_status(
        KeWaitForMultipleObjects(5, objects, WaitAll, Executive, KernelMode, FALSE, &zero, blocks),
        STATUS_SUCCESS);
    for (ULONG i = 0; i < 5; i++)
        ok_eq_int(KeReadStateEvent(&events[i]), 0);
}

struct all_waiter {
    KEVENT first, second;
    NTSTATUS status;
};

static VOID NTAPI wait_for_both(PVOID context)
{
    struct all_waiter *waiter = context;
    PVOID objects[] = {&waiter->first, &waiter->second};

    waiter->status =
        KeWaitForMultipleObjects(2, objects, WaitAll, Executive, KernelMode, FALSE, NULL, NULL);
}

/* A blocked WaitAll takes its objects together, and only then. */
GUEST_TEST(all_blocked)
{
    struct all_waiter waiter = {.status = STATUS_PENDING};
    PETHREAD thread;

    KeInitializeEvent(&waiter.first, SynchronizationEvent, FALSE);
    KeInitializeEvent(&waiter.second, SynchronizationEvent, FALSE);
    thread = start_thread(wait_for_both, &waiter);
    sleep_milliseconds(5);
    KeSetEvent(&waiter.first, 0, FALSE);
    sleep_milliseconds(5);
    ok_eq_status(waiter.status, STATUS_PENDING);
    ok_eq_int(KeReadStateEvent(&waiter.first), 1);
    KeSetEvent(&waiter.second, 0, FALSE);
    join_thread(thread);
    ok_eq_status(waiter.status, STATUS_SUCCESS);
    ok_eq_int(KeReadStateEvent(&waiter.first), 0);
}

static VOID NTAPI hold_mutex(PVOID context)
{
    KeWaitForSingleObject(context, Executive, KernelMode, FALSE, NULL);
    sleep_milliseconds(20);
    KeReleaseMutex(context, FALSE);
}

GUEST_TEST(mutex_changes_hands)
{
    KMUTEX mutex;
    LONGLONG start = now();
    PETHREAD thread;

    KeInitializeMutex(&mutex, 0);
    thread = start_thread(hold_mutex, &mutex);
    sleep_milliseconds(5);
    ok_eq_status(KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    ok(now() - start >= 200000, "waited for the owner");
    KeReleaseMutex(&mutex, FALSE);
    join_thread(thread);
}

GUEST_TEST(delay)
{
    LONGLONG start = now();
    ULONG64 before = KeQueryInterruptTime();

    sleep_milliseconds(100);
    ok(now() - start >= 1000000, "100 ms passed");
    ok(KeQueryInterruptTime() - before >= 800000, "interrupt time follows");
}

static VOID NTAPI exit_with_status(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    PsTerminateSystemThread(STATUS_ALERTED);
}

GUEST_TEST(thread_object)
{
    PETHREAD thread = start_thread(exit_with_status, NULL);

    ok_eq_status(KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    ok_eq_status(poll_object(thread), STATUS_SUCCESS);
    ObDereferenceObject(thread);
}

GUEST_TEST(at_dispatch_level)
{
    KEVENT event;
    KIRQL old;

    KeInitializeEvent(&event, SynchronizationEvent, TRUE);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ok_eq_status(poll_object(&event), STATUS_SUCCESS);
    ok_eq_status(poll_object(&event), STATUS_TIMEOUT);
    KeLowerIrql(old);
}

GUEST_TEST_FILE(wait, GUEST_ROW(time_out), GUEST_ROW(any), GUEST_ROW(all), GUEST_ROW(all_blocked),
                GUEST_ROW(mutex_changes_hands), GUEST_ROW(delay), GUEST_ROW(thread_object),
                GUEST_ROW(at_dispatch_level));
