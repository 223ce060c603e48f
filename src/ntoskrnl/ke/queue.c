/*
 * Kernel queues: work items and completion packets wait in a list, threads wait for them. A thread
 * that removes an entry becomes associated with the queue, whose limit bounds how many of its
 * threads run at a time.
 */
#include "ke/ke_internal.h"

/*
 * Initialise a queue.
 * @param count  threads that may run at a time; 0 = the number of processors
 * IRQL: any. Source: Windows driver documentation, KeInitializeQueue (ntifs).
 */
VOID NTAPI KeInitializeQueue(PRKQUEUE queue, ULONG count)
{
    RtlZeroMemory(queue, sizeof(*queue));
    queue->Header.Type = QueueObject;
    queue->Header.Size = sizeof(*queue) / sizeof(LONG);
    InitializeListHead(&queue->Header.WaitListHead);
    InitializeListHead(&queue->EntryListHead);
    InitializeListHead(&queue->ThreadListHead);
    queue->MaximumCount = count ? count : 1;
}
NT_EXPORT(KeInitializeQueue, HIGH_LEVEL, "Eu");

static LONG insert(PRKQUEUE queue, PLIST_ENTRY entry, BOOLEAN head)
{
    LONG old = queue->Header.SignalState;

    if (!IsListEmpty(&queue->Header.WaitListHead)) {
        /* Last come, first served: the stack of the latest waiter is still in the cache. */
        PKWAIT_BLOCK block =
            CONTAINING_RECORD(queue->Header.WaitListHead.Blink, KWAIT_BLOCK, WaitListEntry);

        ki_unwait(block->Thread, (LONG_PTR)entry, 0);
        return old;
    }
    if (head)
        InsertHeadList(&queue->EntryListHead, entry);
    else
        InsertTailList(&queue->EntryListHead, entry);
    queue->Header.SignalState++;
    return old;
}

/* Append an entry; returns the number of entries before. IRQL: <= DISPATCH_LEVEL. */
LONG NTAPI KeInsertQueue(PRKQUEUE queue, PLIST_ENTRY entry)
{
    LONG old = insert(queue, entry, FALSE);

    if (ke_irql() < DISPATCH_LEVEL)
        ke_lower_irql(ke_irql());
    return old;
}
NT_EXPORT(KeInsertQueue, DISPATCH_LEVEL, "Ep");

LONG NTAPI KeInsertHeadQueue(PRKQUEUE queue, PLIST_ENTRY entry)
{
    return insert(queue, entry, TRUE);
}
NT_EXPORT(KeInsertHeadQueue, DISPATCH_LEVEL, "Ep");

LONG NTAPI KeReadStateQueue(PRKQUEUE queue)
{
    return queue->Header.SignalState;
}
NT_EXPORT(KeReadStateQueue, DISPATCH_LEVEL, "E");

static PLIST_ENTRY wait_for_entry(PRKQUEUE queue, KPROCESSOR_MODE mode, ULONG64 due)
{
    PKTHREAD thread = ke_current_thread();
    PKWAIT_BLOCK block = &thread->WaitBlock[0];

    block->Object = queue;
    block->Thread = thread;
    InsertTailList(&queue->Header.WaitListHead, &block->WaitListEntry);
    thread->Queue = queue;
    thread->WaitBlockCount = 0;
    if (due != KI_NEVER)
        ki_timer_insert(&thread->Timer, due);
    thread->WaitMode = (UCHAR)mode;
    thread->Alertable = FALSE;
    thread->WaitReason = WrQueue;
    thread->WaitIrql = ke_irql();
    thread->State = KE_THREAD_WAITING;
    ki_swap_thread();
    return (PLIST_ENTRY)thread->WaitStatus;
}

/*
 * Take the first entry, waiting for one.
 * @param timeout  as KeWaitForSingleObject
 * Returns the entry, or STATUS_TIMEOUT / STATUS_USER_APC cast to a pointer.
 * IRQL: <= APC_LEVEL; DISPATCH_LEVEL with a time-out of zero.
 */
PLIST_ENTRY NTAPI KeRemoveQueue(PRKQUEUE queue, KPROCESSOR_MODE mode, PLARGE_INTEGER timeout)
{
    ULONG64 due = timeout ? ki_due_time(*timeout) : KI_NEVER;
    PLIST_ENTRY entry;

    for (;;) {
        if (ke_irql() < DISPATCH_LEVEL)
            ke_lower_irql(ke_irql());
        if (!IsListEmpty(&queue->EntryListHead)) {
            queue->Header.SignalState--;
            return RemoveHeadList(&queue->EntryListHead);
        }
        if (timeout && (timeout->QuadPart == 0 || ki_clock_now >= due))
            return (PLIST_ENTRY)(LONG_PTR)STATUS_TIMEOUT;
        entry = wait_for_entry(queue, mode, due);
        if (entry != (PLIST_ENTRY)(LONG_PTR)STATUS_KERNEL_APC)
            return entry;
    }
}
NT_EXPORT(KeRemoveQueue, DISPATCH_LEVEL, "Ebp");

/* Empty the queue for good; returns its first entry, the others linked behind it. */
PLIST_ENTRY NTAPI KeRundownQueue(PRKQUEUE queue)
{
    PLIST_ENTRY first = queue->EntryListHead.Flink;

    queue->Header.SignalState = 0;
    if (IsListEmpty(&queue->EntryListHead))
        return NULL;
    RemoveEntryList(&queue->EntryListHead);
    InitializeListHead(&queue->EntryListHead);
    return first;
}
NT_EXPORT(KeRundownQueue, DISPATCH_LEVEL, "E");
