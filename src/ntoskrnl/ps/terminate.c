/*
 * The end of threads and processes that somebody else decides.
 *
 * A thread ends itself, always: another one only marks it (TerminatePending) and wakes it from a
 * user-mode wait; it then ends on its way out of the kernel (ps_user_exit_work). UserApcPending
 * keeps it from waiting in user mode again before it gets there.
 */
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"

#ifndef CRITICAL_PROCESS_DIED
#define CRITICAL_PROCESS_DIED 0xEF
#endif

NTSTATUS NTAPI NtTerminateProcess(HANDLE handle, NTSTATUS status);
NTSTATUS NTAPI NtTerminateThread(HANDLE handle, NTSTATUS status);

static void check_critical(PETHREAD thread)
{
    PEPROCESS process = (PEPROCESS)thread->Tcb.Process;

    if (thread->BreakOnTermination && !process->Exiting)
        ke_bugcheck(CRITICAL_PROCESS_DIED, (ULONG_PTR)thread, 1, 0, 0);
}

void ps_terminate_thread(PETHREAD thread, NTSTATUS status)
{
    if (thread->TerminatePending)
        return;
    check_critical(thread);
    thread->TerminatePending = TRUE;
    thread->ExitStatus = status;
    thread->Tcb.ApcState.UserApcPending = TRUE;
    ki_exit_work = 1;
    ps_force_resume(thread);
    if (thread->Tcb.State == KE_THREAD_WAITING && thread->Tcb.WaitMode == UserMode)
        ki_unwait(&thread->Tcb, STATUS_USER_APC, 0);
}

static void terminate_others(PEPROCESS process, NTSTATUS status)
{
    KIRQL irql = ke_raise_irql(DISPATCH_LEVEL);

    for (LIST_ENTRY *link = process->ThreadListHead.Flink; link != &process->ThreadListHead;
         link = link->Flink) {
        PETHREAD thread = CONTAINING_RECORD(link, struct _ETHREAD, ThreadListEntry);

        if (thread != ps_current_thread())
            ps_terminate_thread(thread, status);
    }
    ke_lower_irql(irql);
}

void ps_terminate_process(PEPROCESS process, NTSTATUS status)
{
    if (process->BreakOnTermination && !process->Exiting)
        ke_bugcheck(CRITICAL_PROCESS_DIED, (ULONG_PTR)process, 0, 0, 0);
    if (!process->Exiting)
        process->ExitStatus = status;
    process->Exiting = TRUE;
    terminate_others(process, status);
    if (ke_current_thread()->Process == &process->Pcb && !ps_current_thread()->SystemThread &&
        ke_current_thread()->ApcStateIndex == 0)
        ps_exit_thread(status);
}

void ps_terminate_current_process(NTSTATUS status)
{
    ps_terminate_process((PEPROCESS)ke_current_thread()->Process, status);
    ps_exit_thread(status);
}

/* The System process, and the one that stands for the host, run no program that could end. */
static BOOLEAN can_end(PEPROCESS process)
{
    return process->Peb != NULL;
}

static PEPROCESS next_program(PEPROCESS process)
{
    LIST_ENTRY *link = process ? process->ActiveProcessLinks.Flink : ps.processes.Flink;

    for (; link != &ps.processes; link = link->Flink) {
        process = CONTAINING_RECORD(link, struct _EPROCESS, ActiveProcessLinks);
        if (can_end(process) && !process->Exiting && process->ActiveThreads > 0)
            return process;
    }
    return NULL;
}

BOOLEAN ps_is_program_running(void)
{
    return next_program(NULL) != NULL;
}

void ps_kill_programs(NTSTATUS status)
{
    PEPROCESS process = NULL;

    while ((process = next_program(process)) != NULL) {
        process->ExitStatus = status;
        process->Exiting = TRUE;
        for (LIST_ENTRY *link = process->ThreadListHead.Flink; link != &process->ThreadListHead;
             link = link->Flink)
            ps_terminate_thread(CONTAINING_RECORD(link, struct _ETHREAD, ThreadListEntry), status);
    }
}

/*
 * End a process.
 * @param handle  with PROCESS_TERMINATE; NULL = end the other threads of the caller's process
 * @param status  exit status
 * IRQL: PASSIVE_LEVEL. Does not return when the caller's own process ends.
 * Returns: STATUS_SUCCESS; STATUS_PROCESS_IS_TERMINATING; STATUS_ACCESS_DENIED also for the System
 *   process; what ObReferenceObjectByHandle returns. The threads of another process end when they
 *   next leave the kernel; wait for the process to see it gone.
 * Source: Windows driver documentation, ZwTerminateProcess.
 */
NTSTATUS NTAPI NtTerminateProcess(HANDLE handle, NTSTATUS exit_status)
{
    PEPROCESS process, own = (PEPROCESS)ke_current_thread()->Process;
    NTSTATUS status =
        ps_reference_process(handle ? handle : NtCurrentProcess(), PROCESS_TERMINATE, &process);

    if (!NT_SUCCESS(status))
        return status;
    if (!can_end(process)) {
        status = STATUS_ACCESS_DENIED;
    } else if (!handle) {
        terminate_others(process, exit_status);
    } else if (process == own) {
        ObDereferenceObject(process);
        ps_terminate_process(own, exit_status);
    } else if (process->Exiting) {
        status = STATUS_PROCESS_IS_TERMINATING;
    } else {
        ps_terminate_process(process, exit_status);
    }
    ObDereferenceObject(process);
    return status;
}
NT_SERVICE(TerminateProcess, 2, PASSIVE_LEVEL, "hu");

/*
 * End a thread.
 * @param handle  with THREAD_TERMINATE; NULL = the caller, unless it is the last of its process
 * @param status  exit status
 * IRQL: PASSIVE_LEVEL. Does not return when the caller ends.
 * Returns: STATUS_SUCCESS, also for a thread that is ending; STATUS_CANT_TERMINATE_SELF for NULL in
 *   the last thread; STATUS_INVALID_HANDLE for a system thread; what ObReferenceObjectByHandle
 *   returns.
 * Source: Win32 documentation, TerminateThread.
 */
NTSTATUS NTAPI NtTerminateThread(HANDLE handle, NTSTATUS exit_status)
{
    PETHREAD thread;
    NTSTATUS status;

    if (!handle && ps_current_process()->ActiveThreads == 1)
        return STATUS_CANT_TERMINATE_SELF;
    status = ps_reference_thread(handle ? handle : NtCurrentThread(), THREAD_TERMINATE, &thread);
    if (!NT_SUCCESS(status))
        return status;
    if (thread->SystemThread || !can_end((PEPROCESS)thread->Tcb.Process)) {
        status = STATUS_INVALID_HANDLE;
    } else if (thread == ps_current_thread()) {
        ObDereferenceObject(thread);
        check_critical(thread);
        ps_exit_thread(exit_status);
    } else if (thread->Tcb.State != KE_THREAD_TERMINATED) {
        ps_terminate_thread(thread, exit_status);
    }
    ObDereferenceObject(thread);
    return status;
}
NT_SERVICE(TerminateThread, 2, PASSIVE_LEVEL, "hu");
