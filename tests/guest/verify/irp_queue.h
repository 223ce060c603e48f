/* A cancel-safe queue for requests, made right; a test defines what differs before including it. */
#ifndef IRP_QUEUE_H
#define IRP_QUEUE_H

static IO_CSQ csq;
static LIST_ENTRY waiting;
static KSPIN_LOCK queue_lock;

#ifndef OWN_INSERT
static VOID NTAPI queue_insert(PIO_CSQ queue, PIRP irp)
{
    UNREFERENCED_PARAMETER(queue);
    InsertTailList(&waiting, &irp->Tail.Overlay.ListEntry);
}
#endif

#ifndef OWN_REMOVE
static VOID NTAPI queue_remove(PIO_CSQ queue, PIRP irp)
{
    UNREFERENCED_PARAMETER(queue);
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
}
#endif

static PIRP NTAPI queue_peek(PIO_CSQ queue, PIRP irp, PVOID context)
{
    PLIST_ENTRY next = irp ? irp->Tail.Overlay.ListEntry.Flink : waiting.Flink;

    UNREFERENCED_PARAMETER(queue);
    UNREFERENCED_PARAMETER(context);
    return next == &waiting ? NULL : CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry);
}

static VOID NTAPI queue_acquire(PIO_CSQ queue, PKIRQL irql)
{
    UNREFERENCED_PARAMETER(queue);
    KeAcquireSpinLock(&queue_lock, irql);
}

static VOID NTAPI queue_release(PIO_CSQ queue, KIRQL irql)
{
    UNREFERENCED_PARAMETER(queue);
    KeReleaseSpinLock(&queue_lock, irql);
}

static VOID NTAPI queue_cancelled(PIO_CSQ queue, PIRP irp)
{
    UNREFERENCED_PARAMETER(queue);
    finish(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    InitializeListHead(&waiting);
    KeInitializeSpinLock(&queue_lock);
    return IoCsqInitialize(&csq, queue_insert, queue_remove, queue_peek, queue_acquire,
                           queue_release, queue_cancelled);
}

#endif
