/*
 * What one thread does to another's waits: alerts and user APCs.
 *
 * An alert ends an alertable wait, now or the next one. A user APC does that too, and then runs
 * before the thread goes on.
 */
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"

NTSTATUS NTAPI NtAlertThread(HANDLE handle);
NTSTATUS NTAPI NtAlertResumeThread(HANDLE handle, PULONG previous);
NTSTATUS NTAPI NtTestAlert(VOID);
NTSTATUS NTAPI NtQueueApcThread(HANDLE handle, PVOID routine, PVOID argument1, PVOID argument2,
                                PVOID argument3);
NTSTATUS NTAPI NtQueueApcThreadEx(HANDLE handle, HANDLE reserve, PVOID routine, PVOID argument1,
                                  PVOID argument2, PVOID argument3);
NTSTATUS NTAPI NtResumeThread(HANDLE handle, PULONG previous);

/* KeAlertThread: for a wait in `mode`. Kernel-mode alerts end user-mode waits too. */
static void alert(PKTHREAD thread, KPROCESSOR_MODE mode)
{
    if (thread->State == KE_THREAD_WAITING && thread->Alertable && mode <= thread->WaitMode)
        ki_unwait(thread, STATUS_ALERTED, 0);
    else
        thread->Alerted[(int)mode] = TRUE;
}

/*
 * Alert a thread: its alertable user-mode wait ends with STATUS_ALERTED.
 * @param handle  with THREAD_ALERT
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS; what ObReferenceObjectByHandle returns.
 * Source: NtAlertThread, undocumented but widely used.
 */
NTSTATUS NTAPI NtAlertThread(HANDLE handle)
{
    PETHREAD thread;
    NTSTATUS status = ps_reference_thread(handle, THREAD_ALERT, &thread);

    if (!NT_SUCCESS(status))
        return status;
    alert(&thread->Tcb, ke_previous_mode());
    ObDereferenceObject(thread);
    ke_lower_irql(ke_irql());
    return STATUS_SUCCESS;
}
NT_SERVICE(AlertThread, 1, PASSIVE_LEVEL, "h");

/* Alert a thread and take back one suspension. @param previous  as NtResumeThread */
NTSTATUS NTAPI NtAlertResumeThread(HANDLE handle, PULONG previous)
{
    PETHREAD thread;
    NTSTATUS status = ps_reference_thread(handle, THREAD_SUSPEND_RESUME, &thread);

    if (!NT_SUCCESS(status))
        return status;
    alert(&thread->Tcb, KernelMode);
    ObDereferenceObject(thread);
    return NtResumeThread(handle, previous);
}
NT_SERVICE(AlertResumeThread, 2, PASSIVE_LEVEL, "hp");

/*
 * Was the current thread alerted? Clears the alert, and has queued user APCs delivered.
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_ALERTED or STATUS_SUCCESS.
 */
NTSTATUS NTAPI NtTestAlert(VOID)
{
    PKTHREAD thread = ke_current_thread();
    KPROCESSOR_MODE mode = ke_previous_mode();
    BOOLEAN alerted = thread->Alerted[(int)mode];

    thread->Alerted[(int)mode] = FALSE;
    if (!alerted && mode == UserMode && !IsListEmpty(&thread->ApcState.ApcListHead[UserMode])) {
        thread->ApcState.UserApcPending = TRUE;
        ki_exit_work = 1;
    }
    return alerted ? STATUS_ALERTED : STATUS_SUCCESS;
}
NT_SERVICE(TestAlert, 0, PASSIVE_LEVEL, "");

/* The APC is delivered, or will never be: its memory is no longer used. */
static VOID NTAPI free_apc(PKAPC apc, PKNORMAL_ROUTINE *routine, PVOID *context, PVOID *argument1,
                           PVOID *argument2)
{
    (void)routine, (void)context, (void)argument1, (void)argument2;
    ExFreePoolWithTag(apc, PS_TAG);
}

static VOID NTAPI run_down_apc(PKAPC apc)
{
    ExFreePoolWithTag(apc, PS_TAG);
}

/*
 * Have a thread run a user-mode routine at its next alertable wait.
 * @param handle  with THREAD_SET_CONTEXT
 * @param routine, argument1 … argument3  called by ntdll.dll in that thread
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_UNSUCCESSFUL for a thread that is ending; STATUS_INVALID_HANDLE
 *   for a system thread; STATUS_NO_MEMORY; what ObReferenceObjectByHandle returns.
 * Source: Win32 documentation, QueueUserAPC.
 */
NTSTATUS NTAPI NtQueueApcThread(HANDLE handle, PVOID routine, PVOID argument1, PVOID argument2,
                                PVOID argument3)
{
    PETHREAD thread;
    PKAPC apc;
    NTSTATUS status = ps_reference_thread(handle, THREAD_SET_CONTEXT, &thread);

    if (!NT_SUCCESS(status))
        return status;
    if (thread->SystemThread) {
        status = STATUS_INVALID_HANDLE;
        goto out;
    }
    apc = ExAllocatePoolWithTag(NonPagedPool, sizeof(*apc), PS_TAG);
    if (!apc) {
        status = STATUS_NO_MEMORY;
        goto out;
    }
    KeInitializeApc(apc, &thread->Tcb, OriginalApcEnvironment, free_apc, run_down_apc,
                    (PKNORMAL_ROUTINE)routine, UserMode, argument1);
    if (!KeInsertQueueApc(apc, argument2, argument3, 0)) {
        ExFreePoolWithTag(apc, PS_TAG);
        status = STATUS_UNSUCCESSFUL;
    }
out:
    ObDereferenceObject(thread);
    return status;
}
NT_SERVICE(QueueApcThread, 5, PASSIVE_LEVEL, "hpppp");

/*
 * The same.
 * @param reserve  NULL
 * Differs from NT: STATUS_NOT_SUPPORTED for reserve objects and for special user APCs.
 */
NTSTATUS NTAPI NtQueueApcThreadEx(HANDLE handle, HANDLE reserve, PVOID routine, PVOID argument1,
                                  PVOID argument2, PVOID argument3)
{
    if (reserve)
        return STATUS_NOT_SUPPORTED;
    return NtQueueApcThread(handle, routine, argument1, argument2, argument3);
}
NT_SERVICE(QueueApcThreadEx, 6, PASSIVE_LEVEL, "hhpppp");
