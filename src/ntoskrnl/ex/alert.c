/*
 * Alerts by thread id: the primitive of user-mode locks. An alert to a thread that does not wait is
 * remembered and ends its next wait at once.
 */
#include "ex/ex_internal.h"

NTSTATUS NTAPI NtWaitForAlertByThreadId(PVOID address, PLARGE_INTEGER timeout);
NTSTATUS NTAPI NtAlertThreadByThreadId(HANDLE id);

/* In KTHREAD.ThreadFlags: an alert came while the thread did not wait for one. */
#define ALERT_PENDING 0x80000000u

/* A thread in NtWaitForAlertByThreadId; on its stack. */
struct alert_wait {
    LIST_ENTRY links; /* ex.alert_waiters */
    PKTHREAD thread;
    KEVENT event;
};

/*
 * Wait until another thread alerts this one.
 * @param address  what the caller waits for; a hint for debuggers
 * @param timeout  NULL = for ever
 * IRQL: PASSIVE_LEVEL. Returns STATUS_ALERTED, STATUS_TIMEOUT, STATUS_USER_APC.
 */
NTSTATUS NTAPI NtWaitForAlertByThreadId(PVOID address, PLARGE_INTEGER timeout)
{
    PKTHREAD thread = ke_current_thread();
    struct alert_wait wait = {.thread = thread};
    LARGE_INTEGER captured;
    NTSTATUS status = ex_capture_timeout(&timeout, &captured, timeout, ke_previous_mode());

    (void)address;
    if (!NT_SUCCESS(status))
        return status;
    if (thread->ThreadFlags & ALERT_PENDING) {
        thread->ThreadFlags &= ~ALERT_PENDING;
        return STATUS_ALERTED;
    }
    KeInitializeEvent(&wait.event, SynchronizationEvent, FALSE);
    InsertTailList(&ex.alert_waiters, &wait.links);
    status =
        KeWaitForSingleObject(&wait.event, WrAlertByThreadId, ke_previous_mode(), FALSE, timeout);
    RemoveEntryList(&wait.links);
    return status == STATUS_SUCCESS ? STATUS_ALERTED : status;
}
NT_SERVICE(WaitForAlertByThreadId, 2, PASSIVE_LEVEL, "pp");

static void alert(PKTHREAD thread)
{
    for (LIST_ENTRY *link = ex.alert_waiters.Flink; link != &ex.alert_waiters; link = link->Flink) {
        struct alert_wait *wait = CONTAINING_RECORD(link, struct alert_wait, links);

        if (wait->thread == thread) {
            KeSetEvent(&wait->event, EVENT_INCREMENT, FALSE);
            return;
        }
    }
    thread->ThreadFlags |= ALERT_PENDING;
}

/*
 * Alert a thread of the caller's process.
 * @param id  thread id
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_INVALID_CID for an id that is no thread's,
 * STATUS_ACCESS_DENIED for another process's thread.
 */
NTSTATUS NTAPI NtAlertThreadByThreadId(HANDLE id)
{
    PETHREAD thread;
    NTSTATUS status = PsLookupThreadByThreadId(id, &thread);

    if (!NT_SUCCESS(status))
        return STATUS_INVALID_CID;
    if (thread->Tcb.Process != &ps_current_process()->Pcb)
        status = STATUS_ACCESS_DENIED;
    else
        alert((PKTHREAD)thread);
    ObDereferenceObject(thread);
    return status;
}
NT_SERVICE(AlertThreadByThreadId, 1, PASSIVE_LEVEL, "h");
