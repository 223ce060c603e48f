/*
 * Suspending and resuming threads.
 *
 * A suspension is a normal kernel APC (KTHREAD.SuspendApc) that waits for the thread's semaphore,
 * so a thread stops where kernel APCs are delivered: in a wait, before it returns to user mode,
 * and not inside a critical region. SuspendCount counts suspensions; only the first queues the APC
 * and only the last resume releases the semaphore. A resume that comes before the APC has run
 * leaves the semaphore signaled, which the APC consumes; a further suspension takes that back.
 */
#include "ex/ex.h"
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"

#define SUSPEND_LIMIT 127 /* MAXIMUM_SUSPEND_COUNT */

NTSTATUS NTAPI NtSuspendThread(HANDLE handle, PULONG previous);
NTSTATUS NTAPI NtResumeThread(HANDLE handle, PULONG previous);
NTSTATUS NTAPI NtSuspendProcess(HANDLE handle);
NTSTATUS NTAPI NtResumeProcess(HANDLE handle);
NTSTATUS NTAPI PsSuspendProcess(PEPROCESS process);
NTSTATUS NTAPI PsResumeProcess(PEPROCESS process);

static VOID NTAPI suspend_kernel_routine(PKAPC apc, PKNORMAL_ROUTINE *routine, PVOID *context,
                                         PVOID *argument1, PVOID *argument2)
{
    (void)apc, (void)routine, (void)context, (void)argument1, (void)argument2;
}

static VOID NTAPI wait_for_resume(PVOID context, PVOID argument1, PVOID argument2)
{
    (void)context, (void)argument1, (void)argument2;
    KeWaitForSingleObject(&ps_current_thread()->SuspendSemaphore, Suspended, KernelMode, FALSE,
                          NULL);
}

void ps_suspend_initialize(PETHREAD thread)
{
    KeInitializeSemaphore(&thread->SuspendSemaphore, 0, 2);
    KeInitializeApc(&thread->Tcb.SuspendApc, &thread->Tcb, OriginalApcEnvironment,
                    suspend_kernel_routine, NULL, wait_for_resume, KernelMode, NULL);
}

/* The current thread stops in here; every other one when it can. */
NTSTATUS ps_suspend_thread(PETHREAD thread, PULONG previous)
{
    PKTHREAD tcb = &thread->Tcb;

    *previous = (ULONG)tcb->SuspendCount;
    if (!tcb->ApcQueueable || thread->TerminatePending)
        return STATUS_THREAD_IS_TERMINATING;
    if (tcb->SuspendCount >= SUSPEND_LIMIT)
        return STATUS_SUSPEND_COUNT_EXCEEDED;
    if (tcb->SuspendCount++ > 0)
        return STATUS_SUCCESS;
    if (tcb->SuspendApc.Inserted)
        thread->SuspendSemaphore.Header.SignalState--;
    else
        KeInsertQueueApc(&tcb->SuspendApc, NULL, NULL, 0);
    return STATUS_SUCCESS;
}

/* Returns the previous count. */
ULONG ps_resume_thread(PETHREAD thread)
{
    ULONG previous = (ULONG)thread->Tcb.SuspendCount;

    if (previous && --thread->Tcb.SuspendCount == 0)
        KeReleaseSemaphore(&thread->SuspendSemaphore, 0, 1, FALSE);
    return previous;
}

void ps_force_resume(PETHREAD thread)
{
    if (thread->Tcb.SuspendCount > 0) {
        thread->Tcb.SuspendCount = 1;
        ps_resume_thread(thread);
    }
}

/* At DISPATCH_LEVEL nobody else runs, so the list stays as it is. */
static void for_each_thread(PEPROCESS process, void (*act)(PETHREAD thread))
{
    KIRQL irql = ke_raise_irql(DISPATCH_LEVEL);

    for (LIST_ENTRY *link = process->ThreadListHead.Flink; link != &process->ThreadListHead;
         link = link->Flink)
        act(CONTAINING_RECORD(link, struct _ETHREAD, ThreadListEntry));
    ke_lower_irql(irql);
}

static void suspend_one(PETHREAD thread)
{
    ULONG previous;

    ps_suspend_thread(thread, &previous); /* a thread that is ending needs no suspension */
}

static void resume_one(PETHREAD thread)
{
    ps_resume_thread(thread);
}

/*
 * Suspend all threads of a process; the current one, if it is among them, stops last.
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS; STATUS_PROCESS_IS_TERMINATING.
 * Source: PsSuspendProcess, undocumented but exported.
 */
NTSTATUS NTAPI PsSuspendProcess(PEPROCESS process)
{
    if (process->Exiting)
        return STATUS_PROCESS_IS_TERMINATING;
    for_each_thread(process, suspend_one);
    return STATUS_SUCCESS;
}
NT_EXPORT(PsSuspendProcess, PASSIVE_LEVEL, "p");

/* Take back one suspension of each thread of a process. IRQL: PASSIVE_LEVEL. */
NTSTATUS NTAPI PsResumeProcess(PEPROCESS process)
{
    if (process->Exiting)
        return STATUS_PROCESS_IS_TERMINATING;
    for_each_thread(process, resume_one);
    return STATUS_SUCCESS;
}
NT_EXPORT(PsResumeProcess, PASSIVE_LEVEL, "p");

/* Suspend or resume, and tell the count before. */
static NTSTATUS change_count(HANDLE handle, PULONG previous, BOOLEAN suspend)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    PETHREAD thread;
    ULONG count = 0;
    NTSTATUS status = STATUS_SUCCESS;

    if (previous)
        status = ex_probe_output(previous, sizeof(*previous), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = ps_reference_thread(handle, THREAD_SUSPEND_RESUME, &thread);
    if (!NT_SUCCESS(status))
        return status;
    if (suspend)
        status = ps_suspend_thread(thread, &count);
    else
        count = ps_resume_thread(thread);
    ObDereferenceObject(thread);
    if (NT_SUCCESS(status) && previous)
        status = ex_write_output(previous, &count, sizeof(count), mode);
    return status;
}

/*
 * Suspend a thread.
 * @param handle    with THREAD_SUSPEND_RESUME
 * @param previous  NULL or receives how often it was suspended before
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_SUSPEND_COUNT_EXCEEDED after 127 suspensions;
 *   STATUS_THREAD_IS_TERMINATING; what ObReferenceObjectByHandle returns.
 * Source: Win32 documentation, SuspendThread.
 */
NTSTATUS NTAPI NtSuspendThread(HANDLE handle, PULONG previous)
{
    return change_count(handle, previous, TRUE);
}
NT_SERVICE(SuspendThread, 2, PASSIVE_LEVEL, "hp");

/* Take back one suspension. As NtSuspendThread. Source: Win32 documentation, ResumeThread. */
NTSTATUS NTAPI NtResumeThread(HANDLE handle, PULONG previous)
{
    return change_count(handle, previous, FALSE);
}
NT_SERVICE(ResumeThread, 2, PASSIVE_LEVEL, "hp");

static NTSTATUS change_process(HANDLE handle, NTSTATUS(NTAPI *change)(PEPROCESS process))
{
    PEPROCESS process;
    NTSTATUS status = ps_reference_process(handle, PROCESS_SUSPEND_RESUME, &process);

    if (!NT_SUCCESS(status))
        return status;
    status = change(process);
    ObDereferenceObject(process);
    return status;
}

/* Suspend all threads of a process. @param handle  with PROCESS_SUSPEND_RESUME */
NTSTATUS NTAPI NtSuspendProcess(HANDLE handle)
{
    return change_process(handle, PsSuspendProcess);
}
NT_SERVICE(SuspendProcess, 1, PASSIVE_LEVEL, "h");

/* Take back one suspension of each thread. @param handle  with PROCESS_SUSPEND_RESUME */
NTSTATUS NTAPI NtResumeProcess(HANDLE handle)
{
    return change_process(handle, PsResumeProcess);
}
NT_SERVICE(ResumeProcess, 1, PASSIVE_LEVEL, "h");
