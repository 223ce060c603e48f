/*
 * Asynchronous procedure calls: which routine runs when and at which IRQL, what holds them back,
 * and what becomes of those that never run.
 */
#include "thread.h"

typedef enum _KAPC_ENVIRONMENT {
    OriginalApcEnvironment,
    AttachedApcEnvironment,
    CurrentApcEnvironment,
    InsertApcEnvironment
} KAPC_ENVIRONMENT;

typedef VOID(NTAPI *PKNORMAL_ROUTINE)(PVOID context, PVOID argument1, PVOID argument2);
typedef VOID(NTAPI *PKKERNEL_ROUTINE)(PKAPC apc, PKNORMAL_ROUTINE *normal, PVOID *context,
                                      PVOID *argument1, PVOID *argument2);
typedef VOID(NTAPI *PKRUNDOWN_ROUTINE)(PKAPC apc);

NTKERNELAPI VOID NTAPI KeInitializeApc(PKAPC apc, PKTHREAD thread, KAPC_ENVIRONMENT environment,
                                       PKKERNEL_ROUTINE kernel, PKRUNDOWN_ROUTINE rundown,
                                       PKNORMAL_ROUTINE normal, KPROCESSOR_MODE mode,
                                       PVOID context);
NTKERNELAPI BOOLEAN NTAPI KeInsertQueueApc(PKAPC apc, PVOID argument1, PVOID argument2,
                                           KPRIORITY increment);

/* Exported, but in no import library. */
static BOOLEAN remove_apc(PKAPC apc)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"KeRemoveQueueApc");
    BOOLEAN(NTAPI * remove)(PKAPC) = MmGetSystemRoutineAddress(&name);

    return ok(remove != NULL, "KeRemoveQueueApc") && remove(apc);
}

/* What the routines saw. */
static struct {
    ULONG kernel, normal, rundown;
    KIRQL kernel_irql, normal_irql;
    PKTHREAD thread;
    PVOID context, arguments[2];
    ULONG order[8], orders;
    BOOLEAN suppress; /* the kernel routine takes the normal routine away */
} seen;

static VOID NTAPI kernel_routine(PKAPC apc, PKNORMAL_ROUTINE *normal, PVOID *context,
                                 PVOID *argument1, PVOID *argument2)
{
    UNREFERENCED_PARAMETER(apc);
    UNREFERENCED_PARAMETER(context);
    seen.kernel++;
    seen.kernel_irql = KeGetCurrentIrql();
    seen.thread = KeGetCurrentThread();
    seen.arguments[0] = *argument1;
    seen.arguments[1] = *argument2;
    seen.order[seen.orders++ % 8] = (ULONG)(ULONG_PTR)*argument1;
    if (seen.suppress)
        *normal = NULL;
}

static VOID NTAPI normal_routine(PVOID context, PVOID argument1, PVOID argument2)
{
    seen.normal++;
    seen.normal_irql = KeGetCurrentIrql();
    seen.context = context;
    seen.arguments[0] = argument1;
    seen.arguments[1] = argument2;
}

static VOID NTAPI rundown_routine(PKAPC apc)
{
    UNREFERENCED_PARAMETER(apc);
    seen.rundown++;
}

static void initialize(PKAPC apc, PKTHREAD thread, PKNORMAL_ROUTINE normal)
{
    KeInitializeApc(apc, thread, OriginalApcEnvironment, kernel_routine, rundown_routine, normal,
                    KernelMode, (PVOID)0x33);
}

static void reset(void)
{
    RtlZeroMemory(&seen, sizeof(seen));
}

GUEST_TEST(normal_apc_to_itself)
{
    KAPC apc;

    reset();
    initialize(&apc, KeGetCurrentThread(), normal_routine);
    ok(KeInsertQueueApc(&apc, (PVOID)1, (PVOID)2, 0), "queued");
    ok_eq_int(seen.kernel, 1);
    ok_eq_int(seen.kernel_irql, APC_LEVEL);
    ok_eq_int(seen.normal, 1);
    ok_eq_int(seen.normal_irql, PASSIVE_LEVEL);
    ok(seen.context == (PVOID)0x33, "the context");
    ok(seen.arguments[0] == (PVOID)1 && seen.arguments[1] == (PVOID)2, "the arguments");
    ok_eq_int(seen.rundown, 0);
    ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

GUEST_TEST(kernel_routine_decides)
{
    KAPC apc;

    reset();
    seen.suppress = TRUE;
    initialize(&apc, KeGetCurrentThread(), normal_routine);
    KeInsertQueueApc(&apc, NULL, NULL, 0);
    ok_eq_int(seen.kernel, 1);
    ok_eq_int(seen.normal, 0);
}

GUEST_TEST(queued_once)
{
    KAPC apc;
    KIRQL old;

    reset();
    initialize(&apc, KeGetCurrentThread(), normal_routine);
    ok(!remove_apc(&apc), "was not queued");
    KeRaiseIrql(APC_LEVEL, &old);
    ok(KeInsertQueueApc(&apc, (PVOID)1, NULL, 0), "queued");
    ok(!KeInsertQueueApc(&apc, (PVOID)2, NULL, 0), "not twice");
    ok_eq_int(seen.kernel, 0);
    KeLowerIrql(old);
    ok_eq_int(seen.kernel, 1);
    ok(seen.arguments[0] == (PVOID)1, "the first arguments");
    KeRaiseIrql(APC_LEVEL, &old);
    KeInsertQueueApc(&apc, NULL, NULL, 0);
    ok(remove_apc(&apc), "taken back");
    KeLowerIrql(old);
    ok_eq_int(seen.kernel, 1);
}

/* A critical region holds back normal APCs, a guarded region all of them. */
GUEST_TEST(regions)
{
    KAPC normal, special;

    reset();
    initialize(&normal, KeGetCurrentThread(), normal_routine);
    initialize(&special, KeGetCurrentThread(), NULL);
    ok(!KeAreApcsDisabled(), "enabled");
    KeEnterCriticalRegion();
    ok(KeAreApcsDisabled(), "disabled");
    ok(!KeAreAllApcsDisabled(), "special ones are not");
    KeInsertQueueApc(&normal, NULL, NULL, 0);
    ok_eq_int(seen.kernel, 0);
    KeInsertQueueApc(&special, NULL, NULL, 0);
    ok_eq_int(seen.kernel, 1);
    ok_eq_int(seen.normal, 0);
    KeEnterCriticalRegion();
    KeLeaveCriticalRegion();
    ok_eq_int(seen.normal, 0);
    KeLeaveCriticalRegion();
    ok_eq_int(seen.normal, 1);
    KeEnterGuardedRegion();
    ok(KeAreApcsDisabled(), "disabled too");
    ok(KeAreAllApcsDisabled(), "all disabled");
    KeInsertQueueApc(&special, NULL, NULL, 0);
    ok_eq_int(seen.kernel, 2);
    KeLeaveGuardedRegion();
    ok_eq_int(seen.kernel, 3);
    ok(!KeAreAllApcsDisabled(), "enabled again");
}

GUEST_TEST(special_goes_first)
{
    KAPC apcs[4];
    KIRQL old;

    reset();
    seen.suppress = TRUE;
    for (ULONG i = 0; i < 4; i++)
        initialize(&apcs[i], KeGetCurrentThread(), i < 2 ? normal_routine : NULL);
    KeRaiseIrql(APC_LEVEL, &old);
    for (ULONG i = 0; i < 4; i++)
        KeInsertQueueApc(&apcs[i], (PVOID)(ULONG_PTR)(i + 1), NULL, 0);
    KeLowerIrql(old);
    ok_eq_int(seen.orders, 4);
    ok_eq_int(seen.order[0], 3);
    ok_eq_int(seen.order[1], 4);
    ok_eq_int(seen.order[2], 1);
    ok_eq_int(seen.order[3], 2);
}

static KEVENT proceed, ready;
static NTSTATUS wait_status;

static VOID NTAPI waiter(PVOID context)
{
    ULONG region = (ULONG)(ULONG_PTR)context;

    if (region)
        KeEnterCriticalRegion();
    KeSetEvent(&ready, 0, FALSE);
    wait_status = KeWaitForSingleObject(&proceed, Executive, KernelMode, FALSE, NULL);
    if (region)
        KeLeaveCriticalRegion();
}

static PETHREAD start_waiter(ULONG region)
{
    PETHREAD thread;

    KeInitializeEvent(&proceed, NotificationEvent, FALSE);
    KeInitializeEvent(&ready, NotificationEvent, FALSE);
    thread = start_thread(waiter, (PVOID)(ULONG_PTR)region);
    KeWaitForSingleObject(&ready, Executive, KernelMode, FALSE, NULL);
    sleep_milliseconds(1);
    return thread;
}

/* It runs in the middle of the other thread's wait, which then goes on. */
GUEST_TEST(waiting_thread)
{
    PETHREAD thread = start_waiter(0);
    KAPC apc;

    reset();
    initialize(&apc, (PKTHREAD)thread, normal_routine);
    ok(KeInsertQueueApc(&apc, NULL, NULL, 0), "queued");
    sleep_milliseconds(1);
    ok_eq_int(seen.normal, 1);
    ok(seen.thread == (PKTHREAD)thread, "in its context");
    ok_eq_status(poll_object(thread), STATUS_TIMEOUT);
    KeSetEvent(&proceed, 0, FALSE);
    join_thread(thread);
    ok_eq_status(wait_status, STATUS_SUCCESS);
}

GUEST_TEST(waiting_thread_in_a_region)
{
    PETHREAD thread = start_waiter(1);
    KAPC normal, special;

    reset();
    initialize(&normal, (PKTHREAD)thread, normal_routine);
    initialize(&special, (PKTHREAD)thread, NULL);
    KeInsertQueueApc(&normal, NULL, NULL, 0);
    sleep_milliseconds(1);
    ok_eq_int(seen.kernel, 0);
    KeInsertQueueApc(&special, NULL, NULL, 0);
    sleep_milliseconds(1);
    ok_eq_int(seen.kernel, 1);
    KeSetEvent(&proceed, 0, FALSE);
    join_thread(thread);
    ok_eq_int(seen.normal, 1);
}

/* A system thread never returns to user mode: its user APCs are run down when it ends. */
GUEST_TEST(user_apc_of_a_system_thread)
{
    PETHREAD thread = start_waiter(0);
    KAPC apc;

    reset();
    KeInitializeApc(&apc, (PKTHREAD)thread, OriginalApcEnvironment, kernel_routine, rundown_routine,
                    normal_routine, UserMode, NULL);
    ok(KeInsertQueueApc(&apc, NULL, NULL, 0), "queued");
    sleep_milliseconds(1);
    ok_eq_int(seen.kernel, 0);
    ok_eq_int(seen.rundown, 0);
    KeSetEvent(&proceed, 0, FALSE);
    ok_eq_status(KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    ok_eq_int(seen.kernel, 0);
    ok_eq_int(seen.normal, 0);
    ok_eq_int(seen.rundown, 1);
    ok(!KeInsertQueueApc(&apc, NULL, NULL, 0), "the thread has ended");
    ObDereferenceObject(thread);
}

GUEST_TEST_FILE(apc, GUEST_ROW(normal_apc_to_itself), GUEST_ROW(kernel_routine_decides),
                GUEST_ROW(queued_once), GUEST_ROW(regions), GUEST_ROW(special_goes_first),
                GUEST_ROW(waiting_thread), GUEST_ROW(waiting_thread_in_a_region),
                GUEST_ROW(user_apc_of_a_system_thread));
