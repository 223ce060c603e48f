/*
 * Deferred procedure calls: a queue per processor, drained at DISPATCH_LEVEL when the IRQL falls
 * below it, and by the idle loop.
 */
#include "ke/ke_internal.h"
#include "kd/trace.h"
#include "vf/callback.h"

#define DPC_TYPE_NORMAL 0x13 /* object type, as on NT */
#define DPC_TYPE_THREADED 0x18
#define TARGETED 0x800 /* in KDPC.Number: the rest is a processor number */

/*
 * Initialise a DPC.
 * @param routine  runs at DISPATCH_LEVEL with the context and two arguments of the queuer
 * IRQL: any. Source: Windows driver documentation, KeInitializeDpc.
 */
VOID NTAPI KeInitializeDpc(PRKDPC dpc, PKDEFERRED_ROUTINE routine, PVOID context)
{
    RtlZeroMemory(dpc, sizeof(*dpc));
    dpc->Type = DPC_TYPE_NORMAL;
    dpc->Importance = MediumImportance;
    dpc->DeferredRoutine = routine;
    dpc->DeferredContext = context;
}
NT_EXPORT(KeInitializeDpc, HIGH_LEVEL, "ppp");

/*
 * Initialise a DPC that runs at PASSIVE_LEVEL in a thread of the highest priority.
 * IRQL: any. Source: Windows driver documentation, KeInitializeThreadedDpc.
 */
VOID NTAPI KeInitializeThreadedDpc(PRKDPC dpc, PKDEFERRED_ROUTINE routine, PVOID context)
{
    KeInitializeDpc(dpc, routine, context);
    dpc->Type = DPC_TYPE_THREADED;
}
NT_EXPORT(KeInitializeThreadedDpc, HIGH_LEVEL, "ppp");

/*
 * Queue a DPC.
 * Returns FALSE when it is queued already. High importance goes to the front of the queue.
 * IRQL: any. Source: Windows driver documentation, KeInsertQueueDpc.
 */
BOOLEAN NTAPI KeInsertQueueDpc(PRKDPC dpc, PVOID argument1, PVOID argument2)
{
    struct ke_prcb *prcb =
        dpc->Number & TARGETED ? ke.processors[dpc->Number & ~TARGETED] : ke_prcb();

    if (dpc->DpcData)
        return FALSE;
    dpc->DpcData = prcb;
    dpc->SystemArgument1 = argument1;
    dpc->SystemArgument2 = argument2;
    KD_TRACE(dpc_queue(dpc));
    prcb->DpcQueueDepth++;
    if (dpc->Type == DPC_TYPE_THREADED) {
        ki_threaded_dpc_insert(prcb, dpc);
        return TRUE;
    }
    if (dpc->Importance == HighImportance)
        InsertHeadList(&prcb->DpcListHead, &dpc->DpcListEntry);
    else
        InsertTailList(&prcb->DpcListHead, &dpc->DpcListEntry);
    prcb->DpcInterruptRequested = TRUE;
    if (prcb != ke_prcb())
        return TRUE;
    ki_pending = 1;
    if (ke_irql() < DISPATCH_LEVEL)
        ki_deliver_pending(ke_irql());
    return TRUE;
}
NT_EXPORT(KeInsertQueueDpc, HIGH_LEVEL, "ppp");

/* Take a DPC off the queue. Returns whether it was queued. IRQL: any. */
BOOLEAN NTAPI KeRemoveQueueDpc(PRKDPC dpc)
{
    struct ke_prcb *prcb = dpc->DpcData;

    if (!prcb)
        return FALSE;
    RemoveEntryList(&dpc->DpcListEntry);
    prcb->DpcQueueDepth--;
    dpc->DpcData = NULL;
    return TRUE;
}
NT_EXPORT(KeRemoveQueueDpc, HIGH_LEVEL, "p");

VOID NTAPI KeSetImportanceDpc(PRKDPC dpc, KDPC_IMPORTANCE importance)
{
    dpc->Importance = (UCHAR)importance;
}
NT_EXPORT(KeSetImportanceDpc, HIGH_LEVEL, "pu");

/*
 * Choose the processor that a DPC runs on; without this it is the one that queues it.
 * @param number  of an active processor; the DPC must not be queued
 * IRQL: any. Source: Windows driver documentation, KeSetTargetProcessorDpc.
 */
VOID NTAPI KeSetTargetProcessorDpc(PRKDPC dpc, CCHAR number)
{
    if ((ULONG)number < ke.processor_count)
        dpc->Number = (USHORT)(TARGETED | number);
}
NT_EXPORT(KeSetTargetProcessorDpc, HIGH_LEVEL, "pu");

/*
 * The same with a processor group.
 * Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER for a processor that does not exist.
 * IRQL: any. Source: Windows driver documentation, KeSetTargetProcessorDpcEx.
 */
NTSTATUS NTAPI KeSetTargetProcessorDpcEx(PKDPC dpc, PPROCESSOR_NUMBER number)
{
    if (number->Group != 0 || number->Number >= ke.processor_count || number->Reserved != 0)
        return STATUS_INVALID_PARAMETER;
    KeSetTargetProcessorDpc(dpc, (CCHAR)number->Number);
    return STATUS_SUCCESS;
}
NT_EXPORT(KeSetTargetProcessorDpcEx, HIGH_LEVEL, "pp");

static BOOLEAN dpcs_outstanding(void)
{
    for (ULONG i = 0; i < ke.processor_count; i++)
        if (ke.processors[i]->DpcInterruptRequested || ke.processors[i]->DpcRoutineActive)
            return TRUE;
    return FALSE;
}

/* Wait until all DPCs queued so far have run, on all processors. IRQL: PASSIVE_LEVEL. */
VOID NTAPI KeFlushQueuedDpcs(VOID)
{
    if (ke_prcb()->DpcInterruptRequested)
        ki_deliver_pending(ke_irql());
    while (dpcs_outstanding())
        ke_spin();
}
NT_EXPORT(KeFlushQueuedDpcs, PASSIVE_LEVEL, "");

void ki_drain_dpcs(void)
{
    struct ke_prcb *prcb = ke_prcb();

    kassert(ke_irql() == DISPATCH_LEVEL);
    prcb->Delivering = TRUE;
    while (!IsListEmpty(&prcb->DpcListHead)) {
        LIST_ENTRY *entry = RemoveHeadList(&prcb->DpcListHead);
        PKDPC dpc = CONTAINING_RECORD(entry, KDPC, DpcListEntry);
        struct vf_callback callback;

        prcb->DpcQueueDepth--;
        prcb->DpcCount++;
        ke.progress++;
        dpc->DpcData = NULL; /* from here on it may be queued again, or freed */
        prcb->DpcRoutineActive = TRUE;
        KD_TRACE(dpc_run(dpc));
        ke_interleave_before((const void *)dpc->DeferredRoutine);
        VF(callback_enter(&callback, (const void *)dpc->DeferredRoutine, "DPC"));
        dpc->DeferredRoutine(dpc, dpc->DeferredContext, dpc->SystemArgument1, dpc->SystemArgument2);
        VF(callback_leave(&callback));
        prcb->DpcRoutineActive = FALSE;
        if (ke_irql() != DISPATCH_LEVEL)
            ke_bugcheck(IRQL_UNEXPECTED_VALUE, ke_irql(), DISPATCH_LEVEL,
                        (ULONG_PTR)dpc->DeferredRoutine, 0);
    }
    prcb->DpcInterruptRequested = FALSE;
    prcb->Delivering = FALSE;
}
