/*
 * Events, semaphores and mutexes: what a wait does to them, and what the routines return.
 */
#include "thread.h"

GUEST_TEST(notification_event)
{
    KEVENT event;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    ok_eq_status(poll_object(&event), STATUS_TIMEOUT);
    ok_eq_int(KeSetEvent(&event, 0, FALSE), 0);
    ok_eq_int(KeSetEvent(&event, 0, FALSE), 1);
    ok_eq_status(poll_object(&event), STATUS_SUCCESS);
    ok_eq_status(poll_object(&event), STATUS_SUCCESS);
    ok_eq_int(KeReadStateEvent(&event), 1);
    ok_eq_int(KeResetEvent(&event), 1);
    ok_eq_int(KeResetEvent(&event), 0);
    ok_eq_status(poll_object(&event), STATUS_TIMEOUT);
}

GUEST_TEST(synchronization_event)
{
    KEVENT event;

    KeInitializeEvent(&event, SynchronizationEvent, TRUE);
    ok_eq_status(poll_object(&event), STATUS_SUCCESS);
    ok_eq_status(poll_object(&event), STATUS_TIMEOUT);
    KeSetEvent(&event, 0, FALSE);
    KeClearEvent(&event);
    ok_eq_int(KeReadStateEvent(&event), 0);
}

GUEST_TEST(semaphore)
{
    KSEMAPHORE semaphore;
    NTSTATUS status = STATUS_SUCCESS;

    KeInitializeSemaphore(&semaphore, 2, 3);
    ok_eq_status(poll_object(&semaphore), STATUS_SUCCESS);
    ok_eq_status(poll_object(&semaphore), STATUS_SUCCESS);
    ok_eq_status(poll_object(&semaphore), STATUS_TIMEOUT);
    ok_eq_int(KeReleaseSemaphore(&semaphore, 0, 3, FALSE), 0);
    ok_eq_int(KeReadStateSemaphore(&semaphore), 3);
    __try {
        KeReleaseSemaphore(&semaphore, 0, 1, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    ok_eq_status(status, STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    ok_eq_int(KeReadStateSemaphore(&semaphore), 3);
}

GUEST_TEST(mutex)
{
    KMUTEX mutex;

    KeInitializeMutex(&mutex, 0);
    ok_eq_int(KeReadStateMutex(&mutex), 1);
    ok_eq_status(poll_object(&mutex), STATUS_SUCCESS);
    ok_eq_status(poll_object(&mutex), STATUS_SUCCESS);
    ok_eq_int(KeReadStateMutex(&mutex), -1);
    ok(KeAreApcsDisabled(), "an owned mutex disables normal kernel APCs");
    ok_eq_int(KeReleaseMutex(&mutex, FALSE), -1);
    ok_eq_int(KeReleaseMutex(&mutex, FALSE), 0);
    ok(!KeAreApcsDisabled(), "a released one does not");
}

static VOID NTAPI release_not_owned(PVOID context)
{
    NTSTATUS status = STATUS_SUCCESS;

    ok_eq_status(poll_object(context), STATUS_TIMEOUT);
    __try {
        KeReleaseMutex(context, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    ok_eq_status(status, STATUS_MUTANT_NOT_OWNED);
}

GUEST_TEST(mutex_of_another_thread)
{
    KMUTEX mutex;

    KeInitializeMutex(&mutex, 0);
    ok_eq_status(poll_object(&mutex), STATUS_SUCCESS);
    join_thread(start_thread(release_not_owned, &mutex));
    KeReleaseMutex(&mutex, FALSE);
}

static LONG woken;
static KEVENT gate;

static VOID NTAPI wait_at_gate(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    KeWaitForSingleObject(&gate, Executive, KernelMode, FALSE, NULL);
    InterlockedIncrement(&woken);
}

/* How many of three waiters one signal frees. */
static LONG wake(EVENT_TYPE type, BOOLEAN pulse)
{
    PETHREAD threads[3];
    LONG count;

    woken = 0;
    KeInitializeEvent(&gate, type, FALSE);
    for (ULONG i = 0; i < 3; i++)
        threads[i] = start_thread(wait_at_gate, NULL);
    sleep_milliseconds(10);
    if (pulse)
        KePulseEvent(&gate, 0, FALSE);
    else
        KeSetEvent(&gate, 0, FALSE);
    sleep_milliseconds(10);
    count = woken;
    for (ULONG i = 0; i < 3; i++) {
        KeSetEvent(&gate, 0, FALSE);
        sleep_milliseconds(10);
    }
    for (ULONG i = 0; i < 3; i++)
        join_thread(threads[i]);
    return count;
}

GUEST_TEST(waiters)
{
    ok_eq_int(wake(NotificationEvent, FALSE), 3);
    ok_eq_int(wake(SynchronizationEvent, FALSE), 1);
    ok_eq_int(wake(NotificationEvent, TRUE), 3);
    ok_eq_int(wake(SynchronizationEvent, TRUE), 1);
}

GUEST_TEST_FILE(event, GUEST_ROW(notification_event), GUEST_ROW(synchronization_event),
                GUEST_ROW(semaphore), GUEST_ROW(mutex), GUEST_ROW(mutex_of_another_thread),
                GUEST_ROW(waiters));
