/*
 * DPCs: when they run, in which order, and that one is queued once at a time.
 */
#include "thread.h"

static ULONG order[8], runs;
static PVOID arguments[2];

static VOID NTAPI routine(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    UNREFERENCED_PARAMETER(dpc);
    order[runs++ % 8] = (ULONG)(ULONG_PTR)context;
    arguments[0] = argument1;
    arguments[1] = argument2;
}

GUEST_TEST(runs_when_irql_falls)
{
    KDPC dpc;
    KIRQL old;

    runs = 0;
    KeInitializeDpc(&dpc, routine, (PVOID)1);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ok(KeInsertQueueDpc(&dpc, (PVOID)11, (PVOID)12), "queued");
    ok(!KeInsertQueueDpc(&dpc, (PVOID)21, (PVOID)22), "queued already");
    ok_eq_int(runs, 0);
    KeLowerIrql(old);
    ok_eq_int(runs, 1);
    ok_eq_int((ULONG_PTR)arguments[0], 11);
    ok_eq_int((ULONG_PTR)arguments[1], 12);
    ok(KeInsertQueueDpc(&dpc, NULL, NULL), "may be queued again");
    KeFlushQueuedDpcs();
    ok_eq_int(runs, 2);
}

GUEST_TEST(importance)
{
    KDPC low, medium, high;
    KIRQL old;

    runs = 0;
    KeInitializeDpc(&low, routine, (PVOID)1);
    KeInitializeDpc(&medium, routine, (PVOID)2);
    KeInitializeDpc(&high, routine, (PVOID)3);
    KeSetImportanceDpc(&high, HighImportance);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeInsertQueueDpc(&low, NULL, NULL);
    KeInsertQueueDpc(&medium, NULL, NULL);
    KeInsertQueueDpc(&high, NULL, NULL);
    KeLowerIrql(old);
    KeFlushQueuedDpcs();
    ok_eq_int(order[0], 3);
    ok_eq_int(order[1], 1);
    ok_eq_int(order[2], 2);
}

GUEST_TEST(removal)
{
    KDPC dpc;
    KIRQL old;

    runs = 0;
    KeInitializeDpc(&dpc, routine, (PVOID)1);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    ok(KeRemoveQueueDpc(&dpc), "was queued");
    ok(!KeRemoveQueueDpc(&dpc), "is not any more");
    KeLowerIrql(old);
    ok_eq_int(runs, 0);
}

GUEST_TEST_FILE(dpc, GUEST_ROW(runs_when_irql_falls), GUEST_ROW(importance), GUEST_ROW(removal));
