/*
 * Several processors: numbers and masks, affinity, DPCs with a target, inter-processor calls, and
 * spin locks and IRQL of each processor. Valid on a system with four or more processors.
 */
#include "../ke/thread.h"

#define PROCESSORS 4

GUEST_TEST(counts)
{
    PROCESSOR_NUMBER number = {0};
    KAFFINITY mask = 0;

    ok(KeNumberProcessors >= PROCESSORS, "KeNumberProcessors is %d", KeNumberProcessors);
    ok_eq_int(KeQueryActiveProcessorCount(&mask), (ULONG)KeNumberProcessors);
    ok(mask == KeQueryActiveProcessors(), "one mask");
    ok((mask & 0xF) == 0xF, "mask %Ix", mask);
    ok_eq_int(KeQueryActiveProcessorCountEx(0), (ULONG)KeNumberProcessors);
    ok_eq_int(KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS), (ULONG)KeNumberProcessors);
    ok_eq_int(KeQueryActiveProcessorCountEx(7), 0);
    ok(KeQueryMaximumProcessorCount() >= PROCESSORS, "maximum");
    ok_eq_int(KeGetCurrentProcessorNumberEx(&number), number.Number);
    ok_eq_status(KeGetProcessorNumberFromIndex(3, &number), STATUS_SUCCESS);
    ok_eq_int(number.Number, 3);
    ok_eq_int(KeGetProcessorIndexFromNumber(&number), 3);
    ok_eq_status(KeGetProcessorNumberFromIndex(64, &number), STATUS_INVALID_PARAMETER);
}

/* The thread moves at once, and its processor's control region is the one it reads. */
GUEST_TEST(affinity_moves_the_thread)
{
    KAFFINITY old = KeSetSystemAffinityThreadEx(1);

    ok(old == 0, "no affinity was set before");
    for (ULONG i = 0; i < PROCESSORS; i++) {
        KeSetSystemAffinityThread((KAFFINITY)1 << i);
        ok_eq_int(KeGetCurrentProcessorNumberEx(NULL), i);
        ok_eq_int(__readgsbyte(0x184), i);
        ok_eq_int(__readgsdword(0x1A4), i);
        ok(__readgsqword(0x188) == (ULONG64)PsGetCurrentThread(), "the processor's thread");
        ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
    }
    KeRevertToUserAffinityThreadEx(old);
}

/* At DISPATCH_LEVEL the new affinity takes effect when the IRQL falls. */
GUEST_TEST(affinity_waits_for_the_irql)
{
    KIRQL irql;

    KeSetSystemAffinityThread(1);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeSetSystemAffinityThread(2);
    ok_eq_int(KeGetCurrentProcessorNumberEx(NULL), 0);
    KeLowerIrql(irql);
    ok_eq_int(KeGetCurrentProcessorNumberEx(NULL), 1);
    KeRevertToUserAffinityThread();
}

struct pinned {
    KAFFINITY affinity;
    KEVENT go;
    ULONG number;
};

static VOID NTAPI pinned_thread(PVOID context)
{
    struct pinned *pinned = context;

    KeSetSystemAffinityThread(pinned->affinity);
    KeWaitForSingleObject(&pinned->go, Executive, KernelMode, FALSE, NULL);
    pinned->number = KeGetCurrentProcessorNumberEx(NULL);
}

/* A thread that wakes runs where it may, wherever it was woken. */
GUEST_TEST(wakes_on_its_processor)
{
    for (ULONG i = 0; i < PROCESSORS; i++) {
        struct pinned pinned = {(KAFFINITY)1 << i, .number = 99};
        PETHREAD thread;

        KeInitializeEvent(&pinned.go, NotificationEvent, FALSE);
        thread = start_thread(pinned_thread, &pinned);
        sleep_milliseconds(5);
        KeSetEvent(&pinned.go, 0, FALSE);
        join_thread(thread);
        ok_eq_int(pinned.number, i);
    }
}

static ULONG dpc_ran_on;
static KIRQL dpc_irql;

static VOID NTAPI note_processor(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    dpc_ran_on = KeGetCurrentProcessorNumberEx(NULL);
    dpc_irql = KeGetCurrentIrql();
    KeSetEvent(context, 0, FALSE);
}

GUEST_TEST(targeted_dpc)
{
    PROCESSOR_NUMBER number = {0};
    KEVENT done;
    KDPC dpc;

    KeInitializeEvent(&done, SynchronizationEvent, FALSE);
    for (ULONG i = 0; i < PROCESSORS; i++) {
        dpc_ran_on = 99;
        KeInitializeDpc(&dpc, note_processor, &done);
        KeSetTargetProcessorDpc(&dpc, (CCHAR)i);
        ok(KeInsertQueueDpc(&dpc, NULL, NULL), "queued");
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
        ok_eq_int(dpc_ran_on, i);
        ok_eq_int(dpc_irql, DISPATCH_LEVEL);
    }
    KeInitializeDpc(&dpc, note_processor, &done);
    number.Number = 2;
    ok_eq_status(KeSetTargetProcessorDpcEx(&dpc, &number), STATUS_SUCCESS);
    number.Number = 63;
    ok_eq_status(KeSetTargetProcessorDpcEx(&dpc, &number), STATUS_INVALID_PARAMETER);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    KeFlushQueuedDpcs();
    ok_eq_int(dpc_ran_on, 2);
}

GUEST_TEST(threaded_dpc)
{
    KEVENT done;
    KDPC dpc;
    KIRQL irql;

    KeInitializeEvent(&done, SynchronizationEvent, FALSE);
    KeInitializeThreadedDpc(&dpc, note_processor, &done);
    KeSetTargetProcessorDpc(&dpc, 3);
    dpc_ran_on = 99;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ok(KeInsertQueueDpc(&dpc, NULL, NULL), "queued");
    KeLowerIrql(irql);
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    ok_eq_int(dpc_ran_on, 3);
    ok_eq_int(dpc_irql, PASSIVE_LEVEL);
}

static volatile LONG seen_processors, calls;
static volatile LONG wrong_irql;

static ULONG_PTR NTAPI on_each(ULONG_PTR context)
{
    InterlockedOr(&seen_processors, 1 << KeGetCurrentProcessorNumberEx(NULL));
    InterlockedIncrement(&calls);
    if (KeGetCurrentIrql() != IPI_LEVEL)
        InterlockedIncrement(&wrong_irql);
    return context + KeGetCurrentProcessorNumberEx(NULL);
}

GUEST_TEST(call_on_all_processors)
{
    ULONG_PTR result;

    KeSetSystemAffinityThread(2);
    seen_processors = calls = wrong_irql = 0;
    result = KeIpiGenericCall(on_each, 100);
    ok(result == 101, "what it returned here: %Iu", result);
    ok_eq_int(calls, KeNumberProcessors);
    ok_eq_int(seen_processors & 0xF, 0xF);
    ok_eq_int(wrong_irql, 0);
    ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeRevertToUserAffinityThread();
}

#define ROUNDS 50

static KSPIN_LOCK counter_lock;
static volatile LONG counter, inside, collisions;

static VOID NTAPI count_under_lock(PVOID context)
{
    KIRQL irql;

    KeSetSystemAffinityThread((KAFFINITY)(ULONG_PTR)context);
    for (ULONG i = 0; i < ROUNDS; i++) {
        LONG seen;

        KeAcquireSpinLock(&counter_lock, &irql);
        if (InterlockedIncrement(&inside) != 1)
            InterlockedIncrement(&collisions);
        seen = counter;
        KeStallExecutionProcessor(1); /* a call: others may run here */
        counter = seen + 1;
        InterlockedDecrement(&inside);
        KeReleaseSpinLock(&counter_lock, irql);
    }
}

GUEST_TEST(spin_lock_excludes_other_processors)
{
    PETHREAD threads[PROCESSORS];

    KeInitializeSpinLock(&counter_lock);
    counter = inside = collisions = 0;
    for (ULONG i = 0; i < PROCESSORS; i++)
        threads[i] = start_thread(count_under_lock, (PVOID)((ULONG_PTR)1 << i));
    for (ULONG i = 0; i < PROCESSORS; i++)
        join_thread(threads[i]);
    ok_eq_int(counter, PROCESSORS * ROUNDS);
    ok_eq_int(collisions, 0);
}

GUEST_TEST_FILE(processors, GUEST_ROW(counts), GUEST_ROW(affinity_moves_the_thread),
                GUEST_ROW(affinity_waits_for_the_irql), GUEST_ROW(wakes_on_its_processor),
                GUEST_ROW(targeted_dpc), GUEST_ROW(threaded_dpc), GUEST_ROW(call_on_all_processors),
                GUEST_ROW(spin_lock_excludes_other_processors));
