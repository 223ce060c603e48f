/*
 * Kernel timers: states, periods, DPCs and cancellation.
 */
#include "thread.h"

static ULONG expirations;
static KEVENT expired_event;

static VOID NTAPI expired(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    ok_eq_int(KeGetCurrentIrql(), DISPATCH_LEVEL);
    ok_eq_int((ULONG_PTR)context, 77);
    if (++expirations == 3)
        KeSetEvent(&expired_event, 0, FALSE);
}

GUEST_TEST(one_shot)
{
    KTIMER timer;
    LARGE_INTEGER due = {.QuadPart = MILLISECONDS(20)};

    KeInitializeTimer(&timer);
    ok(!KeSetTimer(&timer, due, NULL), "was not armed");
    ok(!KeReadStateTimer(&timer), "not signaled");
    ok(KeSetTimer(&timer, due, NULL), "was armed");
    ok_eq_status(KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    ok(KeReadStateTimer(&timer), "a notification timer stays signaled");
    ok(!KeCancelTimer(&timer), "nothing to cancel");
    KeSetTimer(&timer, due, NULL);
    ok(!KeReadStateTimer(&timer), "setting resets");
    ok(KeCancelTimer(&timer), "cancelled");
    sleep_milliseconds(40);
    ok(!KeReadStateTimer(&timer), "a cancelled timer does not expire");
}

GUEST_TEST(synchronization_timer)
{
    KTIMER timer;
    LARGE_INTEGER due = {.QuadPart = MILLISECONDS(5)};

    KeInitializeTimerEx(&timer, SynchronizationTimer);
    KeSetTimer(&timer, due, NULL);
    ok_eq_status(KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    ok_eq_status(poll_object(&timer), STATUS_TIMEOUT);
}

GUEST_TEST(periodic_with_dpc)
{
    KTIMER timer;
    KDPC dpc;
    LARGE_INTEGER due = {.QuadPart = MILLISECONDS(10)}, start, end;
    ULONG after;

    expirations = 0;
    KeInitializeEvent(&expired_event, NotificationEvent, FALSE);
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, expired, (PVOID)77);
    KeQuerySystemTimePrecise(&start);
    KeSetTimerEx(&timer, due, 10, &dpc);
    KeWaitForSingleObject(&expired_event, Executive, KernelMode, FALSE, NULL);
    KeQuerySystemTimePrecise(&end);
    ok(end.QuadPart - start.QuadPart >= 300000, "three periods of 10 ms");
    ok(KeCancelTimer(&timer), "a periodic timer is armed until it is cancelled");
    KeFlushQueuedDpcs();
    after = expirations;
    sleep_milliseconds(50);
    ok_eq_int(expirations, after);
}

GUEST_TEST(due_in_the_past)
{
    KTIMER timer;
    LARGE_INTEGER due = {.QuadPart = 1};

    KeInitializeTimer(&timer);
    KeSetTimer(&timer, due, NULL);
    sleep_milliseconds(1);
    ok(KeReadStateTimer(&timer), "expires at once");
}

GUEST_TEST_FILE(timer, GUEST_ROW(one_shot), GUEST_ROW(synchronization_timer),
                GUEST_ROW(periodic_with_dpc), GUEST_ROW(due_in_the_past));
