/*
 * Cancel-safe queues: IoCsq… calls the driver's insert, remove and peek routines with the queue's
 * lock held. Which threads are in there is kept, because a routine may wait if its lock is a mutex.
 */
#include "ps/ps.h"
#include "vf/irp_record.h"

#define HOLDERS 16 /* queues whose routines run at once; more are not watched */

VF_RULE(still_queued) = {
    .id = "RS-IRP-019",
    .title = "cancel-safe queue still has an IRP that was taken out of it",
    .severity = VF_ERROR,
    .bug_check = NULL,
    .advice = "unlink the IRP in the CsqRemoveIrp routine: "
              "RemoveEntryList(&Irp->Tail.Overlay.ListEntry)",
    .rationale =
        "IoCsqRemoveNextIrp and cancelling hand the IRP out to be completed. When it stays "
        "in the list, it is found there again after it is gone.",
    .reference = "Windows driver documentation, Cancel-Safe IRP Queues",
};

static struct {
    const void *csq; /* NULL = not in use */
    PETHREAD thread;
} holders[HOLDERS];

void vf_irp_queue_locked(const void *csq)
{
    for (ULONG i = 0; i < HOLDERS; i++)
        if (!holders[i].csq) {
            holders[i].csq = csq;
            holders[i].thread = ps_current_thread();
            return;
        }
}

void vf_irp_queue_unlocked(const void *csq)
{
    for (ULONG i = 0; i < HOLDERS; i++)
        if (holders[i].csq == csq && holders[i].thread == ps_current_thread()) {
            holders[i].csq = NULL;
            return;
        }
}

BOOLEAN vf_irp_queue_is_locked(void)
{
    for (ULONG i = 0; i < HOLDERS; i++)
        if (holders[i].csq && holders[i].thread == ps_current_thread())
            return TRUE;
    return FALSE;
}

void vf_irp_queue_peeked(PIRP irp)
{
    struct vf_irp_record *record = vf_irp_record(irp);

    if (!record || record->state == VF_IRP_OPEN || record->told)
        return;
    record->told = TRUE; /* IoCsq… faults on it next */
    vf_report_irp(&still_queued, irp, NULL, "completed by", &record->completed,
                  "the peek routine returned IRP 0x%llx, which is gone", (ULONG64)irp);
}
