/*
 * Asynchronous procedure calls: functions that run in the context of a given thread.
 *
 * Kernel APCs are delivered when the thread runs below APC_LEVEL; special ones (no NormalRoutine)
 * also inside critical regions. User APCs are delivered on the return to user mode, after an
 * alertable wait.
 */
#include "ke/ke_internal.h"
#include "ps/ps.h"

/*
 * Initialise an APC.
 * @param kernel_routine   runs at APC_LEVEL before the normal routine; may free the APC
 * @param rundown_routine  runs instead when the thread ends first, or NULL
 * @param normal_routine   NULL makes a special kernel APC
 * IRQL: any.
 */
VOID NTAPI KeInitializeApc(PRKAPC apc, PRKTHREAD thread, KAPC_ENVIRONMENT environment,
                           PKKERNEL_ROUTINE kernel_routine, PKRUNDOWN_ROUTINE rundown_routine,
                           PKNORMAL_ROUTINE normal_routine, KPROCESSOR_MODE mode, PVOID context)
{
    RtlZeroMemory(apc, sizeof(*apc));
    apc->Type = ApcObject;
    apc->Size = sizeof(*apc);
    apc->Thread = thread;
    apc->ApcStateIndex = (CCHAR)environment;
    apc->KernelRoutine = kernel_routine;
    apc->RundownRoutine = rundown_routine;
    apc->NormalRoutine = normal_routine;
    apc->ApcMode = normal_routine ? mode : KernelMode;
    apc->NormalContext = normal_routine ? context : NULL;
}
NT_EXPORT(KeInitializeApc, HIGH_LEVEL, "ppupppbp");

static BOOLEAN kernel_apc_deliverable(PKTHREAD thread)
{
    LIST_ENTRY *head = &thread->ApcState.ApcListHead[KernelMode];

    if (IsListEmpty(head) || thread->SpecialApcDisable)
        return FALSE;
    return !CONTAINING_RECORD(head->Flink, KAPC, ApcListEntry)->NormalRoutine ||
           (thread->KernelApcDisable == 0 && !thread->ApcState.KernelApcInProgress);
}

/* Special APCs go before normal ones, else first in, first out. */
static void insert(PKTHREAD thread, PKAPC apc)
{
    LIST_ENTRY *head = &thread->ApcState.ApcListHead[(int)apc->ApcMode];
    LIST_ENTRY *entry = head->Flink;

    if (apc->ApcMode == UserMode || apc->NormalRoutine) {
        InsertTailList(head, &apc->ApcListEntry);
        return;
    }
    while (entry != head && !CONTAINING_RECORD(entry, KAPC, ApcListEntry)->NormalRoutine)
        entry = entry->Flink;
    InsertTailList(entry, &apc->ApcListEntry);
}

static void wake_for_apc(PKTHREAD thread, PKAPC apc)
{
    if (apc->ApcMode == KernelMode) {
        thread->ApcState.KernelApcPending = TRUE;
        ki_pending = 1;
        if (thread->State == KE_THREAD_WAITING && thread->WaitIrql == PASSIVE_LEVEL &&
            kernel_apc_deliverable(thread))
            ki_unwait(thread, STATUS_KERNEL_APC, 0);
        return;
    }
    if (thread->State == KE_THREAD_WAITING && thread->WaitMode == UserMode && thread->Alertable) {
        thread->ApcState.UserApcPending = TRUE;
        ki_exit_work = 1;
        ki_unwait(thread, STATUS_USER_APC, 0);
    }
}

/*
 * Queue an APC to its thread.
 * Returns FALSE when it is queued already or the thread is ending. IRQL: <= DISPATCH_LEVEL.
 */
BOOLEAN NTAPI KeInsertQueueApc(PRKAPC apc, PVOID argument1, PVOID argument2, KPRIORITY increment)
{
    PKTHREAD thread = apc->Thread;

    (void)increment;
    if (apc->Inserted || !thread->ApcQueueable)
        return FALSE;
    apc->Inserted = TRUE;
    apc->SystemArgument1 = argument1;
    apc->SystemArgument2 = argument2;
    insert(thread, apc);
    wake_for_apc(thread, apc);
    if (ke_irql() < DISPATCH_LEVEL)
        ke_lower_irql(ke_irql());
    return TRUE;
}
NT_EXPORT(KeInsertQueueApc, DISPATCH_LEVEL, "pppu");

/* Take a queued APC back. Returns whether it was queued. */
BOOLEAN NTAPI KeRemoveQueueApc(PRKAPC apc)
{
    if (!apc->Inserted)
        return FALSE;
    RemoveEntryList(&apc->ApcListEntry);
    apc->Inserted = FALSE;
    return TRUE;
}
NT_EXPORT(KeRemoveQueueApc, DISPATCH_LEVEL, "p");

static void run_kernel_apc(PKTHREAD thread, PKAPC apc)
{
    PKNORMAL_ROUTINE normal = apc->NormalRoutine;
    PVOID context = apc->NormalContext;
    PVOID argument1 = apc->SystemArgument1;
    PVOID argument2 = apc->SystemArgument2;

    RemoveEntryList(&apc->ApcListEntry);
    apc->Inserted = FALSE;
    ke_pcr()->Irql = APC_LEVEL;
    apc->KernelRoutine(apc, &normal, &context, &argument1, &argument2);
    ke_pcr()->Irql = PASSIVE_LEVEL;
    if (!normal)
        return;
    thread->ApcState.KernelApcInProgress = TRUE;
    normal(context, argument1, argument2);
    thread->ApcState.KernelApcInProgress = FALSE;
}

/* IRQL = PASSIVE_LEVEL. */
void ki_deliver_kernel_apcs(void)
{
    PKTHREAD thread = ke_current_thread();
    LIST_ENTRY *head = &thread->ApcState.ApcListHead[KernelMode];

    while (ke_irql() == PASSIVE_LEVEL && kernel_apc_deliverable(thread)) {
        ke.progress++;
        run_kernel_apc(thread, CONTAINING_RECORD(head->Flink, KAPC, ApcListEntry));
    }
    thread->ApcState.KernelApcPending = !IsListEmpty(head);
}

/*
 * Take the first user APC; TRUE with its routine and arguments when a user routine is to run.
 * IRQL = PASSIVE_LEVEL.
 */
BOOLEAN ki_take_user_apc(PKNORMAL_ROUTINE *normal, PVOID arguments[3])
{
    PKTHREAD thread = ke_current_thread();
    LIST_ENTRY *head = &thread->ApcState.ApcListHead[UserMode];
    PKAPC apc;

    thread->ApcState.UserApcPending = FALSE;
    if (IsListEmpty(head))
        return FALSE;
    apc = CONTAINING_RECORD(RemoveHeadList(head), KAPC, ApcListEntry);
    apc->Inserted = FALSE;
    *normal = apc->NormalRoutine;
    arguments[0] = apc->NormalContext;
    arguments[1] = apc->SystemArgument1;
    arguments[2] = apc->SystemArgument2;
    ke_pcr()->Irql = APC_LEVEL;
    apc->KernelRoutine(apc, normal, &arguments[0], &arguments[1], &arguments[2]);
    ke_pcr()->Irql = PASSIVE_LEVEL;
    thread->ApcState.UserApcPending = !IsListEmpty(head);
    return *normal != NULL;
}

/* The thread is ending: APCs that will never run are run down. */
void ke_run_down_apcs(PKTHREAD thread)
{
    thread->ApcQueueable = FALSE;
    for (int mode = 0; mode < MaximumMode; mode++) {
        LIST_ENTRY *head = &thread->ApcState.ApcListHead[mode];

        while (!IsListEmpty(head)) {
            PKAPC apc = CONTAINING_RECORD(RemoveHeadList(head), KAPC, ApcListEntry);

            apc->Inserted = FALSE;
            if (apc->RundownRoutine)
                apc->RundownRoutine(apc);
        }
    }
}

/* Attach to a process: code that runs in the context of another process's address space. */
VOID NTAPI KeStackAttachProcess(PKPROCESS process, PRKAPC_STATE state)
{
    PKTHREAD thread = ke_current_thread();

    state->Process = thread->ApcState.Process;
    thread->ApcState.Process = process;
    thread->ApcStateIndex = process != thread->Process;
}
NT_EXPORT(KeStackAttachProcess, APC_LEVEL, "pp");

VOID NTAPI KeUnstackDetachProcess(PRKAPC_STATE state)
{
    PKTHREAD thread = ke_current_thread();

    thread->ApcState.Process = state->Process;
    thread->ApcStateIndex = thread->ApcState.Process != thread->Process;
}
NT_EXPORT(KeUnstackDetachProcess, APC_LEVEL, "p");

VOID NTAPI KeAttachProcess(PKPROCESS process)
{
    KeStackAttachProcess(process, &ke_current_thread()->SavedApcState);
}
NT_EXPORT(KeAttachProcess, APC_LEVEL, "p");

VOID NTAPI KeDetachProcess(VOID)
{
    KeUnstackDetachProcess(&ke_current_thread()->SavedApcState);
}
NT_EXPORT(KeDetachProcess, APC_LEVEL, "");
