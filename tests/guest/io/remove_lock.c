/*
 * Remove locks: how the removal waits for every hold, whoever gives it up last.
 */
#include "device.h"

static struct {
    IO_REMOVE_LOCK lock;
    KEVENT removed;
    HANDLE thread;
    KTIMER timer;
    KDPC dpc;
} state;

static char first_tag, second_tag, removal_tag;

static VOID NTAPI remove(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    IoReleaseRemoveLockAndWait(&state.lock, &removal_tag);
    KeSetEvent(&state.removed, IO_NO_INCREMENT, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void moment(void)
{
    LARGE_INTEGER interval = {.QuadPart = -100000};

    KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

static void start_removal(void)
{
    OBJECT_ATTRIBUTES attributes;

    KeInitializeEvent(&state.removed, NotificationEvent, FALSE);
    ok_eq_status(IoAcquireRemoveLock(&state.lock, &removal_tag), STATUS_SUCCESS);
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ok_eq_status(PsCreateSystemThread(&state.thread, THREAD_ALL_ACCESS, &attributes, NULL, NULL,
                                      remove, NULL),
                 STATUS_SUCCESS);
    moment();
}

static void end_removal(void)
{
    ok_eq_status(KeWaitForSingleObject(&state.removed, Executive, KernelMode, FALSE, NULL),
                 STATUS_SUCCESS);
    ZwWaitForSingleObject(state.thread, FALSE, NULL);
    ZwClose(state.thread);
}

GUEST_TEST(unused)
{
    IoInitializeRemoveLock(&state.lock, 'tseT', 1, 2);
    ok_eq_int(state.lock.Common.Removed, FALSE);
    ok_eq_int(state.lock.Common.IoCount, 1);
    ok_eq_status(IoAcquireRemoveLock(&state.lock, &removal_tag), STATUS_SUCCESS);
    IoReleaseRemoveLockAndWait(&state.lock, &removal_tag); /* nothing to wait for */
    ok_eq_int(state.lock.Common.Removed, TRUE);
    ok_eq_int(state.lock.Common.IoCount, 0);
    ok_eq_status(IoAcquireRemoveLock(&state.lock, &first_tag), STATUS_DELETE_PENDING);
    ok_eq_int(state.lock.Common.IoCount, 0);
}

GUEST_TEST(balanced)
{
    KIRQL irql;

    IoInitializeRemoveLock(&state.lock, 'tseT', 0, 0);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    for (ULONG i = 0; i < 100; i++)
        ok_eq_status(IoAcquireRemoveLock(&state.lock, &first_tag), STATUS_SUCCESS);
    ok_eq_int(state.lock.Common.IoCount, 101);
    for (ULONG i = 0; i < 100; i++)
        IoReleaseRemoveLock(&state.lock, &first_tag);
    KeLowerIrql(irql);
    ok_eq_int(state.lock.Common.IoCount, 1);
    ok_eq_int(KeReadStateEvent(&state.lock.Common.RemoveEvent), 0);
}

/* Two holds, given up in the other order than acquired; refused ones must not end the wait. */
GUEST_TEST(waits_for_all)
{
    IoInitializeRemoveLock(&state.lock, 'tseT', 0, 0);
    ok_eq_status(IoAcquireRemoveLock(&state.lock, &first_tag), STATUS_SUCCESS);
    ok_eq_status(IoAcquireRemoveLock(&state.lock, &second_tag), STATUS_SUCCESS);
    start_removal();
    ok_eq_int(KeReadStateEvent(&state.removed), 0);
    for (ULONG i = 0; i < 3; i++)
        ok_eq_status(IoAcquireRemoveLock(&state.lock, NULL), STATUS_DELETE_PENDING);
    IoReleaseRemoveLock(&state.lock, &second_tag);
    moment();
    ok_eq_int(KeReadStateEvent(&state.removed), 0);
    IoReleaseRemoveLock(&state.lock, &first_tag);
    end_removal();
    ok_eq_int(state.lock.Common.IoCount, 0);
}

static VOID NTAPI release(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    IoReleaseRemoveLock(&state.lock, &first_tag);
}

/* The last hold goes at DISPATCH_LEVEL, as when a completion routine gives it up. */
GUEST_TEST(released_by_a_dpc)
{
    LARGE_INTEGER due = {.QuadPart = -500000};

    IoInitializeRemoveLock(&state.lock, 'tseT', 0, 0);
    ok_eq_status(IoAcquireRemoveLock(&state.lock, &first_tag), STATUS_SUCCESS);
    KeInitializeTimer(&state.timer);
    KeInitializeDpc(&state.dpc, release, NULL);
    KeSetTimer(&state.timer, due, &state.dpc);
    start_removal();
    ok_eq_int(KeReadStateEvent(&state.removed), 0);
    end_removal();
    ok_eq_int(state.lock.Common.IoCount, 0);
}

GUEST_TEST_FILE(remove_lock, GUEST_ROW(unused), GUEST_ROW(balanced), GUEST_ROW(waits_for_all),
                GUEST_ROW(released_by_a_dpc));
