/*
 * Threaded DPCs: they run at PASSIVE_LEVEL in a thread of their processor, which has the highest
 * priority, instead of at DISPATCH_LEVEL on whatever stack is in use.
 */
#include "ke/ke_internal.h"
#include "kd/trace.h"
#include "ps/ps.h"
#include "vf/callback.h"

#define PRIORITY 31

static PKDPC take_first(struct ke_prcb *prcb)
{
    PKDPC dpc;

    if (IsListEmpty(&prcb->ThreadedDpcListHead))
        return NULL;
    dpc = CONTAINING_RECORD(RemoveHeadList(&prcb->ThreadedDpcListHead), KDPC, DpcListEntry);
    prcb->DpcQueueDepth--;
    prcb->DpcCount++;
    ke.progress++;
    dpc->DpcData = NULL; /* from here on it may be queued again, or freed */
    return dpc;
}

static VOID NTAPI run_threaded_dpcs(PVOID context)
{
    struct ke_prcb *prcb = context;
    struct vf_callback callback;
    PKDPC dpc;

    KeSetPriorityThread(ke_current_thread(), PRIORITY);
    ke_thread_set_affinity(ke_current_thread(), 1ull << prcb->Number);
    for (;;) {
        KeWaitForSingleObject(&prcb->ThreadedDpcEvent, Executive, KernelMode, FALSE, NULL);
        while ((dpc = take_first(prcb)) != NULL) {
            KD_TRACE(dpc_run(dpc));
            ke_interleave_before((const void *)dpc->DeferredRoutine);
            VF(callback_enter(&callback, (const void *)dpc->DeferredRoutine, "threaded DPC"));
            dpc->DeferredRoutine(dpc, dpc->DeferredContext, dpc->SystemArgument1,
                                 dpc->SystemArgument2);
            VF(callback_leave(&callback));
            if (ke_irql() != PASSIVE_LEVEL)
                ke_bugcheck(IRQL_UNEXPECTED_VALUE, ke_irql(), PASSIVE_LEVEL,
                            (ULONG_PTR)dpc->DeferredRoutine, 0);
        }
    }
}

void ki_threaded_dpc_insert(struct ke_prcb *prcb, PKDPC dpc)
{
    KIRQL irql = ke_raise_irql(DISPATCH_LEVEL); /* the event must not run the thread here */

    if (dpc->Importance == HighImportance)
        InsertHeadList(&prcb->ThreadedDpcListHead, &dpc->DpcListEntry);
    else
        InsertTailList(&prcb->ThreadedDpcListHead, &dpc->DpcListEntry);
    KeSetEvent(&prcb->ThreadedDpcEvent, 0, FALSE);
    ke_lower_irql(irql);
}

void ki_threaded_dpcs_start(void)
{
    for (ULONG i = 0; i < ke.processor_count; i++) {
        struct ke_prcb *prcb = ke.processors[i];
        PETHREAD thread;

        InitializeListHead(&prcb->ThreadedDpcListHead);
        KeInitializeEvent(&prcb->ThreadedDpcEvent, SynchronizationEvent, FALSE);
        if (!NT_SUCCESS(ps_create_thread(PsInitialSystemProcess, run_threaded_dpcs, prcb, &thread)))
            kassert(!"a thread for DPCs");
        ke_thread_ready(&thread->Tcb);
    }
}
