/*
 * Work items: routines that worker threads of the System process call at PASSIVE_LEVEL.
 *
 * Each queue has threads of its own priority. While an item runs there is always one more thread
 * that waits for the next item, up to EX_WORKERS_MAXIMUM: a thread that takes an item and leaves
 * nobody waiting first starts another one. So an item may wait for an item queued after it. Threads
 * beyond IDLE_WORKERS end when they find nothing to do.
 */
#include "ex/ex_internal.h"
#include "vf/callback.h"

#define EX_WORKERS_MAXIMUM 32
#define IDLE_WORKERS 2 /* threads of a queue that has nothing to do */

static const CHAR queue_priority[MaximumWorkQueue] = {
    [CriticalWorkQueue] = 13,      [DelayedWorkQueue] = 12,   [HyperCriticalWorkQueue] = 15,
    [NormalWorkQueue] = 8,         [BackgroundWorkQueue] = 7, [RealTimeWorkQueue] = 18,
    [SuperCriticalWorkQueue] = 14,
};

/* Call the routine and look at what it left behind; the item may be gone by then. */
static void run(PWORK_QUEUE_ITEM item)
{
    PWORKER_THREAD_ROUTINE routine = item->WorkerRoutine;
    PVOID parameter = item->Parameter;
    struct vf_callback callback;

    item->List.Flink = NULL; /* from here on the item is the caller's, who may queue it again */
    VF(callback_enter(&callback, (const void *)routine, "work item"));
    routine(parameter);
    VF(callback_leave(&callback));
    if (ke_irql() != PASSIVE_LEVEL)
        ke_bugcheck(WORKER_THREAD_RETURNED_AT_BAD_IRQL, (ULONG_PTR)routine, ke_irql(),
                    (ULONG_PTR)parameter, (ULONG_PTR)item);
    if (ps_current_thread()->ImpersonationToken)
        ke_bugcheck(IMPERSONATING_WORKER_THREAD, (ULONG_PTR)routine, (ULONG_PTR)parameter,
                    (ULONG_PTR)item, 0);
}

static BOOLEAN start_worker(struct ex_work_queue *queue);

static VOID NTAPI worker(PVOID context)
{
    struct ex_work_queue *queue = context;

    KeSetPriorityThread(ke_current_thread(), queue->priority);
    do {
        PLIST_ENTRY entry = KeRemoveQueue(&queue->queue, KernelMode, NULL);

        if (--queue->idle == 0 && queue->threads < EX_WORKERS_MAXIMUM)
            start_worker(queue);
        run(CONTAINING_RECORD(entry, WORK_QUEUE_ITEM, List));
    } while (++queue->idle <= IDLE_WORKERS);
    queue->idle--;
    queue->threads--;
}

static BOOLEAN start_worker(struct ex_work_queue *queue)
{
    PETHREAD thread;

    if (!NT_SUCCESS(ps_create_thread(PsInitialSystemProcess, worker, queue, &thread)))
        return FALSE;
    queue->threads++;
    queue->idle++;
    ke_thread_ready(&thread->Tcb);
    return TRUE;
}

void ex_work_initialize(void)
{
    for (ULONG i = 0; i < MaximumWorkQueue; i++) {
        ex.work[i].priority = queue_priority[i];
        KeInitializeQueue(&ex.work[i].queue, 0);
        for (ULONG j = 0; j < IDLE_WORKERS; j++)
            if (!start_worker(&ex.work[i]))
                kassert(!"the worker threads");
    }
}

/* CustomPriorityWorkQueue + p: the queue whose priority is the lowest that is not below p. */
static struct ex_work_queue *queue_of(ULONG type)
{
    struct ex_work_queue *best = &ex.work[RealTimeWorkQueue];

    if (type < MaximumWorkQueue)
        return &ex.work[type];
    if (type < CustomPriorityWorkQueue || type >= CustomPriorityWorkQueue + KE_PRIORITIES)
        ke_bugcheck(INVALID_WORK_QUEUE_ITEM, type, 0, 0, 0);
    for (ULONG i = 0; i < MaximumWorkQueue; i++)
        if (ex.work[i].priority >= (KPRIORITY)(type - CustomPriorityWorkQueue) &&
            ex.work[i].priority < best->priority)
            best = &ex.work[i];
    return best;
}

PWORK_QUEUE_ITEM ex_work_item_of(ULONG64 start, ULONG64 end)
{
    for (ULONG i = 0; i < MaximumWorkQueue; i++) {
        LIST_ENTRY *head = &ex.work[i].queue.EntryListHead;

        for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
            PWORK_QUEUE_ITEM item = CONTAINING_RECORD(link, WORK_QUEUE_ITEM, List);

            if ((ULONG64)item->WorkerRoutine >= start && (ULONG64)item->WorkerRoutine < end)
                return item;
        }
    }
    return NULL;
}

/*
 * Have a worker thread call the item's routine.
 * @param item  initialised by ExInitializeWorkItem; not queued already. It belongs to the system
 *              until its routine is called.
 * @param type  CriticalWorkQueue, DelayedWorkQueue, HyperCriticalWorkQueue …
 * IRQL: <= DISPATCH_LEVEL. An item that is queued already or has a routine in user space is bug
 * check 0x96 (INVALID_WORK_QUEUE_ITEM).
 * Source: Windows driver documentation, ExQueueWorkItem.
 */
VOID NTAPI ExQueueWorkItem(PWORK_QUEUE_ITEM item, WORK_QUEUE_TYPE type)
{
    struct ex_work_queue *queue = queue_of(type);

    if (item->List.Flink || (ULONG64)item->WorkerRoutine < MmUserProbeAddress)
        ke_bugcheck(INVALID_WORK_QUEUE_ITEM, (ULONG_PTR)&item->List, (ULONG_PTR)item->List.Flink,
                    (ULONG_PTR)&queue->queue, (ULONG_PTR)item->WorkerRoutine);
    /* While queued Flink must not be NULL, also when a waiting thread takes the entry at once. */
    item->List.Flink = item->List.Blink = &item->List;
    KeInsertQueue(&queue->queue, &item->List);
}
NT_EXPORT(ExQueueWorkItem, DISPATCH_LEVEL, "pu");
