/*
 * Cancel-safe queues: the driver supplies the queue and its lock, these routines the protocol
 * with cancelling.
 *
 * An IRP in the queue has this file's cancel routine, and in Tail.Overlay.DriverContext[3] either
 * the queue or the context structure by which it can be taken out again. Each of the two starts
 * with a type field that says which. Whoever gets the cancel routine out of the IRP owns it.
 */
#include "io/io_internal.h"
#include "vf/irp.h"
#include "vf/vf.h"

#define CSQ_SLOT 3

static PIO_CSQ queue_of(PIRP irp)
{
    PVOID kept = irp->Tail.Overlay.DriverContext[CSQ_SLOT];
    ULONG type = *(ULONG *)kept;

    if (type == IO_TYPE_CSQ || type == IO_TYPE_CSQ_EX)
        return kept;
    return ((PIO_CSQ_IRP_CONTEXT)kept)->Csq;
}

static void lock(PIO_CSQ csq, PKIRQL irql)
{
    csq->CsqAcquireLock(csq, irql);
    VF(irp_queue_locked(csq));
}

static void unlock(PIO_CSQ csq, KIRQL irql)
{
    VF(irp_queue_unlocked(csq));
    csq->CsqReleaseLock(csq, irql);
}

static PIRP peek(PIO_CSQ csq, PIRP previous, PVOID context)
{
    PIRP irp = csq->CsqPeekNextIrp(csq, previous, context);

    VF(irp_queue_peeked(irp));
    return irp;
}

/* The IRP is in the queue no more: its context says so. The queue's lock is held. */
static void forget_context(PIRP irp)
{
    PIO_CSQ_IRP_CONTEXT context = irp->Tail.Overlay.DriverContext[CSQ_SLOT];

    if (context->Type == IO_TYPE_CSQ_IRP_CONTEXT)
        context->Irp = NULL;
    irp->Tail.Overlay.DriverContext[CSQ_SLOT] = NULL;
}

static VOID NTAPI cancel(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_CSQ csq = queue_of(irp);
    KIRQL irql;

    (void)device;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    lock(csq, &irql);
    csq->CsqRemoveIrp(csq, irp);
    forget_context(irp);
    unlock(csq, irql);
    csq->CsqCompleteCanceledIrp(csq, irp);
}

static NTSTATUS initialize(PIO_CSQ csq, ULONG type, PVOID insert, PIO_CSQ_REMOVE_IRP remove,
                           PIO_CSQ_PEEK_NEXT_IRP peek, PIO_CSQ_ACQUIRE_LOCK acquire,
                           PIO_CSQ_RELEASE_LOCK release, PIO_CSQ_COMPLETE_CANCELED_IRP complete)
{
    *csq = (IO_CSQ){.Type = type,
                    .CsqInsertIrp = (PIO_CSQ_INSERT_IRP)insert,
                    .CsqRemoveIrp = remove,
                    .CsqPeekNextIrp = peek,
                    .CsqAcquireLock = acquire,
                    .CsqReleaseLock = release,
                    .CsqCompleteCanceledIrp = complete};
    return STATUS_SUCCESS;
}

/* Source: Windows driver documentation, IoCsqInitialize. IRQL: <= DISPATCH_LEVEL. */
NTSTATUS NTAPI IoCsqInitialize(PIO_CSQ csq, PIO_CSQ_INSERT_IRP insert, PIO_CSQ_REMOVE_IRP remove,
                               PIO_CSQ_PEEK_NEXT_IRP peek, PIO_CSQ_ACQUIRE_LOCK acquire,
                               PIO_CSQ_RELEASE_LOCK release, PIO_CSQ_COMPLETE_CANCELED_IRP complete)
{
    return initialize(csq, IO_TYPE_CSQ, (PVOID)insert, remove, peek, acquire, release, complete);
}
NT_EXPORT(IoCsqInitialize, DISPATCH_LEVEL, "ppppppp");

/* The same with an insert routine that returns a status. */
NTSTATUS NTAPI IoCsqInitializeEx(PIO_CSQ csq, PIO_CSQ_INSERT_IRP_EX insert,
                                 PIO_CSQ_REMOVE_IRP remove, PIO_CSQ_PEEK_NEXT_IRP peek,
                                 PIO_CSQ_ACQUIRE_LOCK acquire, PIO_CSQ_RELEASE_LOCK release,
                                 PIO_CSQ_COMPLETE_CANCELED_IRP complete)
{
    return initialize(csq, IO_TYPE_CSQ_EX, (PVOID)insert, remove, peek, acquire, release, complete);
}
NT_EXPORT(IoCsqInitializeEx, DISPATCH_LEVEL, "ppppppp");

/* Call the driver's insert routine, of either kind. */
static NTSTATUS insert_irp(PIO_CSQ csq, PIRP irp, PVOID insert_context)
{
    if (csq->Type == IO_TYPE_CSQ_EX)
        return ((PIO_CSQ_INSERT_IRP_EX)(PVOID)csq->CsqInsertIrp)(csq, irp, insert_context);
    csq->CsqInsertIrp(csq, irp);
    return STATUS_SUCCESS;
}

/*
 * Queue an IRP; it is marked pending.
 * @param context         NULL, or storage of the driver for IoCsqRemoveIrp
 * @param insert_context  for the driver's insert routine
 * Returns what the insert routine of IoCsqInitializeEx returns; an IRP that is cancelled already is
 * completed by the driver's routine for that.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoCsqInsertIrpEx.
 */
NTSTATUS NTAPI IoCsqInsertIrpEx(PIO_CSQ csq, PIRP irp, PIO_CSQ_IRP_CONTEXT context,
                                PVOID insert_context)
{
    NTSTATUS status;
    KIRQL irql;

    if (context) {
        context->Type = IO_TYPE_CSQ_IRP_CONTEXT;
        context->Irp = irp;
        context->Csq = csq;
    }
    lock(csq, &irql);
    irp->Tail.Overlay.DriverContext[CSQ_SLOT] = context ? (PVOID)context : csq;
    status = insert_irp(csq, irp, insert_context);
    if (!NT_SUCCESS(status)) {
        forget_context(irp);
        unlock(csq, irql);
        return status;
    }
    VF(irp_happens(irp, MACHINE_IRP_QUEUED, __builtin_return_address(0), NULL));
    IoMarkIrpPending(irp);
    (void)IoSetCancelRoutine(irp, cancel);
    if (irp->Cancel && IoSetCancelRoutine(irp, NULL)) {
        csq->CsqRemoveIrp(csq, irp);
        forget_context(irp);
        unlock(csq, irql);
        csq->CsqCompleteCanceledIrp(csq, irp);
        return status;
    }
    unlock(csq, irql);
    return status;
}
NT_EXPORT(IoCsqInsertIrpEx, DISPATCH_LEVEL, "pIpp");

VOID NTAPI IoCsqInsertIrp(PIO_CSQ csq, PIRP irp, PIO_CSQ_IRP_CONTEXT context)
{
    IoCsqInsertIrpEx(csq, irp, context, NULL);
}
NT_EXPORT(IoCsqInsertIrp, DISPATCH_LEVEL, "pIp");

/*
 * Take the next IRP out of the queue.
 * @param peek_context  for the driver's peek routine, which knows what "next" means
 * Returns NULL when there is none that is not being cancelled.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoCsqRemoveNextIrp.
 */
PIRP NTAPI IoCsqRemoveNextIrp(PIO_CSQ csq, PVOID peek_context)
{
    KIRQL irql;
    PIRP irp;

    lock(csq, &irql);
    irp = peek(csq, NULL, peek_context);
    while (irp && !IoSetCancelRoutine(irp, NULL))
        irp = peek(csq, irp, peek_context); /* the cancel routine has that one */
    if (irp) {
        VF(irp_happens(irp, MACHINE_IRP_DEQUEUED, __builtin_return_address(0), NULL));
        csq->CsqRemoveIrp(csq, irp);
        forget_context(irp);
    }
    unlock(csq, irql);
    return irp;
}
NT_EXPORT(IoCsqRemoveNextIrp, DISPATCH_LEVEL, "pp");

/*
 * Take a particular IRP out of the queue.
 * @param context  that it was inserted with
 * Returns NULL when it is not there any more.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoCsqRemoveIrp.
 */
PIRP NTAPI IoCsqRemoveIrp(PIO_CSQ csq, PIO_CSQ_IRP_CONTEXT context)
{
    KIRQL irql;
    PIRP irp;

    lock(csq, &irql);
    irp = context->Irp;
    if (irp && IoSetCancelRoutine(irp, NULL)) {
        VF(irp_happens(irp, MACHINE_IRP_DEQUEUED, __builtin_return_address(0), NULL));
        csq->CsqRemoveIrp(csq, irp);
        forget_context(irp);
    } else {
        irp = NULL;
    }
    unlock(csq, irql);
    return irp;
}
NT_EXPORT(IoCsqRemoveIrp, DISPATCH_LEVEL, "pp");
