/* Timers of pools: timer objects and timer queues. See thread_pool.h. */
#include "list.h"
#include "thread_pool.h"

/* ---- timer objects ------------------------------------------------------------------------- */

struct _TP_TIMER {
    struct pool_wait wait;
};

static void call_timer(struct pool_object *object, PTP_CALLBACK_INSTANCE instance)
{
    ((PTP_TIMER_CALLBACK)object->routine)(instance, object->context, (PTP_TIMER)object);
}

/* Makes a timer object. */
PTP_TIMER WINAPI CreateThreadpoolTimer(PTP_TIMER_CALLBACK routine, PVOID context,
                                       PTP_CALLBACK_ENVIRON environment)
{
    return (PTP_TIMER)base_pool_create(sizeof(struct _TP_TIMER), environment, call_timer,
                                       (PVOID)routine, context);
}
NT_EXPORT(CreateThreadpoolTimer, 0, "ppp");

/* Sets a timer: due time, period in milliseconds; NULL stops it. Returns: whether it was set. */
WINBOOL WINAPI SetThreadpoolTimerEx(PTP_TIMER timer, PFILETIME due, DWORD period, DWORD window)
{
    bool armed = base_wait_disarm(&timer->wait);

    (void)window;
    if (due != NULL)
        base_wait_arm(&timer->wait, NULL, base_pool_due(due), 10000ll * period, period != 0);
    return armed;
}
NT_EXPORT(SetThreadpoolTimerEx, 0, "ppuu");

/* Sets a timer: due time, period in milliseconds; NULL stops it. */
VOID WINAPI SetThreadpoolTimer(PTP_TIMER timer, PFILETIME due, DWORD period, DWORD window)
{
    SetThreadpoolTimerEx(timer, due, period, window);
}
NT_EXPORT(SetThreadpoolTimer, 0, "ppuu");

/* Was a due time set, and not taken away since? A timer that has expired still counts. */
WINBOOL WINAPI IsThreadpoolTimerSet(PTP_TIMER timer)
{
    return timer->wait.waiter != NULL;
}
NT_EXPORT(IsThreadpoolTimerSet, 0, "p");

/* Waits for the callbacks of a timer. */
VOID WINAPI WaitForThreadpoolTimerCallbacks(PTP_TIMER timer, BOOL cancel)
{
    base_pool_wait(&timer->wait.object, cancel);
}
NT_EXPORT(WaitForThreadpoolTimerCallbacks, 0, "pb");

/* Gives a timer up. */
VOID WINAPI CloseThreadpoolTimer(PTP_TIMER timer)
{
    base_wait_disarm(&timer->wait);
    base_pool_release(&timer->wait.object);
}
NT_EXPORT(CloseThreadpoolTimer, 0, "p");

/* ---- timer queues -------------------------------------------------------------------------- */

struct timer_queue {
    LIST_ENTRY timers;
};

struct queue_timer {
    struct pool_wait wait;
    LIST_ENTRY links;
};

static struct {
    RTL_SRWLOCK lock; /* guards the lists of all queues */
    struct timer_queue process;
} queues;

static void call_queue_timer(struct pool_object *object, PTP_CALLBACK_INSTANCE instance)
{
    (void)instance;
    ((WAITORTIMERCALLBACK)object->routine)(object->context, TRUE);
}

/* Makes a timer queue. */
HANDLE WINAPI CreateTimerQueue(VOID)
{
    struct timer_queue *queue = base_allocate(sizeof(*queue));

    if (queue != NULL)
        list_initialize(&queue->timers);
    return queue;
}
NT_EXPORT(CreateTimerQueue, 0, "");

static struct timer_queue *queue_of(HANDLE handle)
{
    if (handle != NULL)
        return handle;
    if (queues.process.timers.Flink == NULL)
        list_initialize(&queues.process.timers);
    return &queues.process;
}

/* Starts a timer that calls a routine after `due` and then every `period` milliseconds. */
WINBOOL WINAPI CreateTimerQueueTimer(PHANDLE created, HANDLE handle, WAITORTIMERCALLBACK routine,
                                     PVOID context, DWORD due, DWORD period, ULONG flags)
{
    struct queue_timer *timer = (struct queue_timer *)base_pool_create(
        sizeof(*timer), NULL, call_queue_timer, (PVOID)routine, context);

    if (timer == NULL)
        return FALSE;
    if (flags & WT_EXECUTEONLYONCE)
        period = 0;
    RtlAcquireSRWLockExclusive(&queues.lock);
    list_append(&queue_of(handle)->timers, &timer->links);
    RtlReleaseSRWLockExclusive(&queues.lock);
    *created = timer; /* before the callback, which may want it */
    if (base_wait_arm(&timer->wait, NULL, base_pool_now() + 10000ll * due, 10000ll * period,
                      period != 0))
        return TRUE;
    *created = NULL;
    RtlAcquireSRWLockExclusive(&queues.lock);
    list_remove(&timer->links);
    RtlReleaseSRWLockExclusive(&queues.lock);
    base_pool_release(&timer->wait.object);
    return FALSE;
}
NT_EXPORT(CreateTimerQueueTimer, 0, "phppuuu");

/* Gives a timer another due time and period. */
WINBOOL WINAPI ChangeTimerQueueTimer(HANDLE queue, HANDLE handle, ULONG due, ULONG period)
{
    struct queue_timer *timer = handle;

    (void)queue;
    return base_wait_arm(&timer->wait, NULL, base_pool_now() + 10000ll * due, 10000ll * period,
                         period != 0);
}
NT_EXPORT(ChangeTimerQueueTimer, 0, "ppuu");

static BOOL delete_timer(struct queue_timer *timer, HANDLE completion)
{
    base_wait_disarm(&timer->wait);
    return base_pool_retire(&timer->wait.object, completion);
}

/* Ends a timer; see base_pool_retire. */
WINBOOL WINAPI DeleteTimerQueueTimer(HANDLE queue, HANDLE handle, HANDLE completion)
{
    struct queue_timer *timer = handle;

    (void)queue;
    if (timer == NULL)
        return base_error(ERROR_INVALID_HANDLE);
    RtlAcquireSRWLockExclusive(&queues.lock);
    list_remove(&timer->links);
    RtlReleaseSRWLockExclusive(&queues.lock);
    return delete_timer(timer, completion);
}
NT_EXPORT(DeleteTimerQueueTimer, 0, "pph");

static struct queue_timer *take_timer(struct timer_queue *queue)
{
    struct queue_timer *timer = NULL;

    RtlAcquireSRWLockExclusive(&queues.lock);
    if (!list_is_empty(&queue->timers)) {
        timer = CONTAINING_RECORD(queue->timers.Flink, struct queue_timer, links);
        list_remove(&timer->links);
    }
    RtlReleaseSRWLockExclusive(&queues.lock);
    return timer;
}

/*
 * Ends a queue and its timers. Differs from Windows: with an event, their callbacks are waited for
 * before it is set and the call returns.
 */
WINBOOL WINAPI DeleteTimerQueueEx(HANDLE handle, HANDLE completion)
{
    struct timer_queue *queue = handle;
    struct queue_timer *timer;

    if (queue == NULL)
        return base_error(ERROR_INVALID_HANDLE);
    while ((timer = take_timer(queue)) != NULL)
        delete_timer(timer, completion != NULL ? INVALID_HANDLE_VALUE : NULL);
    base_free(queue);
    if (completion != NULL && completion != INVALID_HANDLE_VALUE)
        SetEvent(completion);
    return TRUE;
}
NT_EXPORT(DeleteTimerQueueEx, 0, "ph");

/* Ends a queue and its timers, without waiting for callbacks. */
BOOL WINAPI DeleteTimerQueue(HANDLE handle)
{
    return DeleteTimerQueueEx(handle, NULL);
}
NT_EXPORT(DeleteTimerQueue, 0, "p");
