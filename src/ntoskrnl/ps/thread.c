/*
 * Thread objects and system threads.
 */
#include "io/io.h"
#include "kd/trace.h"
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"
#include "vf/callback.h"
#include "vf/lock.h"

POBJECT_TYPE ps_thread_type;
NT_EXPORT_DIRECTIVE("PsThreadType=ps_thread_type,data");

NTSTATUS ps_create_thread(PEPROCESS process, PKSTART_ROUTINE routine, PVOID context,
                          PETHREAD *created)
{
    OBJECT_ATTRIBUTES attributes;
    PETHREAD thread;
    ULONG64 stack;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, NULL, 0, NULL, NULL);
    status = ObCreateObject(KernelMode, ps_thread_type, &attributes, KernelMode, NULL,
                            sizeof(*thread), 0, 0, (PVOID *)&thread);
    if (!NT_SUCCESS(status))
        return status;
    RtlZeroMemory(thread, sizeof(*thread));
    stack = mm_allocate_kernel_stack();
    thread->Cid.UniqueThread = stack ? ps_id_allocate(thread) : NULL;
    if (!thread->Cid.UniqueThread) {
        if (stack)
            mm_free_kernel_stack(stack);
        ObDereferenceObject(thread);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    thread->Cid.UniqueProcess = process->UniqueProcessId;
    thread->CreateTime.QuadPart = (LONGLONG)ke_system_time();
    thread->ExitStatus = STATUS_PENDING;
    thread->StartAddress = (PVOID)routine;
    thread->SystemThread = process == PsInitialSystemProcess;
    InitializeListHead(&thread->IrpList);
    ke_thread_initialize(&thread->Tcb, &process->Pcb, routine, context, stack);
    thread->GateStack = thread->Tcb.InitialStack;
    ps_suspend_initialize(thread);
    ObReferenceObject(process);
    InsertTailList(&process->ThreadListHead, &thread->ThreadListEntry);
    process->ActiveThreads++;
    *created = thread;
    KD_TRACE(thread_create(thread));
    return STATUS_SUCCESS;
}

void ps_delete_thread(PVOID object)
{
    PETHREAD thread = object;

    if (!thread->Cid.UniqueThread)
        return; /* creation failed early */
    ps_id_free(thread->Cid.UniqueThread);
    if (thread->NewContext)
        ExFreePoolWithTag(thread->NewContext, PS_TAG);
    if (thread->Name.Buffer)
        ExFreePoolWithTag(thread->Name.Buffer, 0);
    ObDereferenceObject(thread->Tcb.Process);
}

void ps_discard_thread(PETHREAD thread)
{
    PEPROCESS process = (PEPROCESS)thread->Tcb.Process;

    if (thread->Reported)
        ps_announce_thread_exit(thread);
    ke_run_down_apcs(&thread->Tcb);
    if (thread->Tcb.Teb)
        ps_delete_teb(thread);
    RemoveEntryList(&thread->ThreadListEntry);
    RemoveEntryList(&thread->Tcb.ThreadListEntry);
    process->ActiveThreads--;
    mm_free_kernel_stack(thread->Tcb.KernelStackAllocation);
    ObDereferenceObject(thread);
}

/* The last thread tells of the end of its process while all that belongs to it still exists. */
static void announce_exit(PETHREAD thread, PEPROCESS process)
{
    if (thread->Reported)
        ps_announce_thread_exit(thread);
    if (process->ActiveThreads == 1)
        ps_announce_process_exit(process);
}

void ps_exit_thread(NTSTATUS status)
{
    PETHREAD thread = ps_current_thread();
    PEPROCESS process = (PEPROCESS)thread->Tcb.Process;

    ke_lower_irql(PASSIVE_LEVEL);
    if (thread->Tcb.ApcStateIndex != 0)
        ke_bugcheck(INVALID_PROCESS_ATTACH_ATTEMPT, (ULONG_PTR)process,
                    (ULONG_PTR)thread->Tcb.ApcState.Process, thread->Tcb.ApcStateIndex, 0);
    thread->TerminatePending = TRUE;
    thread->ExitStatus = status;
    announce_exit(thread, process);
    io_cancel_thread_requests(thread);
    ke_run_down_apcs(&thread->Tcb);
    PsRevertToSelf();
    thread->ExitTime.QuadPart = (LONGLONG)ke_system_time();
    KD_TRACE(thread_exit(thread));
    VF(lock_thread_exit());
    if (thread->Tcb.Teb)
        ps_delete_teb(thread);
    RemoveEntryList(&thread->ThreadListEntry);
    if (--process->ActiveThreads == 0) {
        if (!process->Exiting)
            process->ExitStatus = status;
        ps_process_exited(process);
    }
    ke_thread_terminate();
}

/* A system thread's routine returned: NT ends the thread with success. */
void ps_thread_routine_returned(void)
{
    VF(thread_returned((const void *)ps_current_thread()->StartAddress));
    ps_exit_thread(STATUS_SUCCESS);
}

/*
 * Create a system thread.
 * @param process  a handle of a process, or NULL for the System process
 * IRQL: PASSIVE_LEVEL. The thread ends by PsTerminateSystemThread or by returning.
 * Source: Windows driver documentation, PsCreateSystemThread.
 */
NTSTATUS NTAPI PsCreateSystemThread(PHANDLE handle, ULONG access, POBJECT_ATTRIBUTES attributes,
                                    HANDLE process_handle, PCLIENT_ID cid, PKSTART_ROUTINE routine,
                                    PVOID context)
{
    PEPROCESS process = PsInitialSystemProcess;
    PETHREAD thread;
    NTSTATUS status = STATUS_SUCCESS;

    if (process_handle)
        status = ObReferenceObjectByHandle(process_handle, PROCESS_CREATE_THREAD, ps_process_type,
                                           KernelMode, (PVOID *)&process, NULL);
    else
        ObReferenceObject(process);
    if (!NT_SUCCESS(status))
        return status;
    status = ps_create_thread(process, routine, context, &thread);
    ObDereferenceObject(process);
    if (!NT_SUCCESS(status))
        return status;
    thread->SystemThread = TRUE;
    status = ObOpenObjectByPointer(thread, attributes ? attributes->Attributes : 0, NULL, access,
                                   ps_thread_type, KernelMode, handle);
    if (!NT_SUCCESS(status))
        kassert(!"a new thread can be opened");
    if (cid)
        *cid = thread->Cid;
    ps_announce_thread(thread);
    ke_thread_ready(&thread->Tcb);
    ke_lower_irql(PASSIVE_LEVEL);
    return STATUS_SUCCESS;
}
NT_EXPORT(PsCreateSystemThread, PASSIVE_LEVEL, "puphppp");

/*
 * End the current system thread.
 * IRQL: PASSIVE_LEVEL. Returns only on error: STATUS_INVALID_PARAMETER in a user thread.
 * Source: Windows driver documentation, PsTerminateSystemThread.
 */
NTSTATUS NTAPI PsTerminateSystemThread(NTSTATUS status)
{
    if (!ps_current_thread()->SystemThread)
        return STATUS_INVALID_PARAMETER;
    ps_exit_thread(status);
}
NT_EXPORT(PsTerminateSystemThread, PASSIVE_LEVEL, "u");

HANDLE NTAPI PsGetCurrentThreadId(VOID)
{
    return ps_current_thread()->Cid.UniqueThread;
}
NT_EXPORT(PsGetCurrentThreadId, HIGH_LEVEL, "");

HANDLE NTAPI PsGetThreadId(PETHREAD thread)
{
    return thread->Cid.UniqueThread;
}
NT_EXPORT(PsGetThreadId, DISPATCH_LEVEL, "p");

HANDLE NTAPI PsGetThreadProcessId(PETHREAD thread)
{
    return thread->Cid.UniqueProcess;
}
NT_EXPORT(PsGetThreadProcessId, DISPATCH_LEVEL, "p");

PEPROCESS NTAPI PsGetThreadProcess(PETHREAD thread)
{
    return (PEPROCESS)thread->Tcb.Process;
}
NT_EXPORT(PsGetThreadProcess, DISPATCH_LEVEL, "p");
NT_EXPORT_AS(IoThreadToProcess, PsGetThreadProcess, DISPATCH_LEVEL, "p");

PVOID NTAPI PsGetThreadTeb(PETHREAD thread)
{
    return thread->Tcb.Teb;
}
NT_EXPORT(PsGetThreadTeb, DISPATCH_LEVEL, "p");

BOOLEAN NTAPI PsIsSystemThread(PETHREAD thread)
{
    return thread->SystemThread;
}
NT_EXPORT(PsIsSystemThread, DISPATCH_LEVEL, "p");

BOOLEAN NTAPI PsIsThreadTerminating(PETHREAD thread)
{
    return thread->TerminatePending || thread->Tcb.State == KE_THREAD_TERMINATED;
}
NT_EXPORT(PsIsThreadTerminating, DISPATCH_LEVEL, "p");
