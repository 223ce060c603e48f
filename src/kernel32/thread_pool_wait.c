/*
 * Waits of pools: threads that wait on behalf of many, each for up to 63 handles and any number of
 * times. What is signaled or over is submitted to its pool. See thread_pool.h.
 *
 * Differs from Windows: callbacks always run in threads of the pool, WT_EXECUTEINWAITTHREAD too.
 */
#include "list.h"
#include "thread_pool.h"

#define MAXIMUM_HANDLES (MAXIMUM_WAIT_OBJECTS - 1) /* one is to wake the thread */

struct pool_waiter {
    struct pool_waiter *next;
    HANDLE wake;
    LIST_ENTRY waits; /* what was signaled goes to the end: all have their turn */
    ULONG handles;
};

static struct {
    RTL_SRWLOCK lock; /* guards waiters and what is in their lists */
    struct pool_waiter *waiters;
} waits;

/* What a thread waits for this time. */
struct wait_round {
    ULONG count;
    HANDLE handles[MAXIMUM_WAIT_OBJECTS];
    struct pool_wait *waits[MAXIMUM_WAIT_OBJECTS]; /* referenced; [0] is none */
    LONG64 due;
};

LONG64 base_pool_now(void)
{
    LARGE_INTEGER counter, frequency;

    QueryPerformanceCounter(&counter);
    QueryPerformanceFrequency(&frequency);
    return counter.QuadPart / frequency.QuadPart * 10000000 +
           counter.QuadPart % frequency.QuadPart * 10000000 / frequency.QuadPart;
}

LONG64 base_pool_due(const FILETIME *time)
{
    LARGE_INTEGER value, system;

    if (time == NULL)
        return POOL_NEVER;
    value.LowPart = time->dwLowDateTime;
    value.HighPart = (LONG)time->dwHighDateTime;
    if (value.QuadPart <= 0)
        return base_pool_now() - value.QuadPart;
    GetSystemTimeAsFileTime((FILETIME *)&system);
    return base_pool_now() + value.QuadPart - system.QuadPart;
}

/* Out of the list. The lock is held. */
static void unlink_wait(struct pool_wait *wait)
{
    list_remove(&wait->links);
    wait->waiter->handles -= wait->handle != NULL;
    wait->waiter = NULL;
}

/* Signaled, or its time is over. The lock is held. */
static void fire(struct pool_wait *wait, bool timed_out, LONG64 now)
{
    struct pool_waiter *waiter = wait->waiter;

    base_pool_submit(&wait->object, (PVOID)(ULONG_PTR)timed_out);
    if (wait->handle != NULL ? !wait->repeats : wait->interval == 0) {
        unlink_wait(wait);
        return;
    }
    list_remove(&wait->links);
    list_append(&waiter->waits, &wait->links);
    if (wait->interval != 0)
        wait->due = (wait->handle == NULL ? wait->due : now) + wait->interval;
}

static void begin_round(struct pool_waiter *waiter, struct wait_round *round)
{
    round->count = 1;
    round->handles[0] = waiter->wake;
    round->due = POOL_NEVER;
    RtlAcquireSRWLockExclusive(&waits.lock);
    for (LIST_ENTRY *link = waiter->waits.Flink; link != &waiter->waits; link = link->Flink) {
        struct pool_wait *wait = CONTAINING_RECORD(link, struct pool_wait, links);

        if (wait->due < round->due)
            round->due = wait->due;
        if (wait->handle == NULL)
            continue;
        base_pool_reference(&wait->object);
        round->waits[round->count] = wait;
        round->handles[round->count++] = wait->handle;
    }
    RtlReleaseSRWLockExclusive(&waits.lock);
}

/* A handle was closed while it was waited for: its wait is over. The lock is held. */
static void drop_bad_handles(const struct wait_round *round)
{
    LARGE_INTEGER now = {.QuadPart = 0};

    for (ULONG i = 1; i < round->count; i++)
        if (round->waits[i]->waiter != NULL && round->waits[i]->handle == round->handles[i] &&
            !NT_SUCCESS(NtWaitForSingleObject(round->handles[i], FALSE, &now)))
            unlink_wait(round->waits[i]);
}

static void end_round(struct pool_waiter *waiter, const struct wait_round *round, NTSTATUS status)
{
    LONG64 now = base_pool_now();
    ULONG index = (ULONG)status & ~(ULONG)STATUS_ABANDONED_WAIT_0;

    RtlAcquireSRWLockExclusive(&waits.lock);
    if (!NT_SUCCESS(status)) {
        drop_bad_handles(round);
    } else if (status != STATUS_TIMEOUT && index > 0 && index < round->count) {
        struct pool_wait *wait = round->waits[index];

        if (wait->waiter == waiter && wait->handle == round->handles[index])
            fire(wait, false, now);
    }
    for (LIST_ENTRY *link = waiter->waits.Flink, *next; link != &waiter->waits; link = next) {
        struct pool_wait *wait = CONTAINING_RECORD(link, struct pool_wait, links);

        next = link->Flink;
        if (wait->due <= now) {
            if (wait->handle != NULL && wait->interval == 0)
                wait->due = POOL_NEVER;
            fire(wait, true, now);
        }
    }
    RtlReleaseSRWLockExclusive(&waits.lock);
    for (ULONG i = 1; i < round->count; i++)
        base_pool_release(&round->waits[i]->object);
}

static DWORD WINAPI wait_for_all(LPVOID context)
{
    struct pool_waiter *waiter = context;
    struct wait_round round;

    for (;;) {
        LARGE_INTEGER timeout;

        begin_round(waiter, &round);
        timeout.QuadPart = base_pool_now() - round.due;
        if (timeout.QuadPart > 0)
            timeout.QuadPart = 0;
        end_round(waiter, &round,
                  NtWaitForMultipleObjects(round.count, round.handles, 1, FALSE,
                                           round.due == POOL_NEVER ? NULL : &timeout));
    }
    return 0;
}

static struct pool_waiter *add_waiter(void)
{
    struct pool_waiter *waiter = base_allocate(sizeof(*waiter));
    HANDLE thread = NULL;

    if (waiter == NULL)
        return NULL;
    waiter->handles = 0;
    list_initialize(&waiter->waits);
    waiter->wake = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (waiter->wake != NULL)
        thread = CreateThread(NULL, 0, wait_for_all, waiter, 0, NULL);
    if (thread == NULL) {
        if (waiter->wake != NULL)
            NtClose(waiter->wake);
        base_free(waiter);
        return NULL;
    }
    NtClose(thread);
    waiter->next = waits.waiters;
    waits.waiters = waiter;
    return waiter;
}

/* A waiting thread with room for one more. The lock is held. */
static struct pool_waiter *find_waiter(void)
{
    for (struct pool_waiter *waiter = waits.waiters; waiter != NULL; waiter = waiter->next)
        if (waiter->handles < MAXIMUM_HANDLES)
            return waiter;
    return add_waiter();
}

BOOL base_wait_arm(struct pool_wait *wait, HANDLE handle, LONG64 due, LONG64 interval, bool repeats)
{
    struct pool_waiter *waiter;

    base_wait_disarm(wait);
    RtlAcquireSRWLockExclusive(&waits.lock);
    waiter = find_waiter();
    if (waiter != NULL) {
        wait->handle = handle;
        wait->due = due;
        wait->interval = interval;
        wait->repeats = repeats;
        wait->waiter = waiter;
        waiter->handles += handle != NULL;
        list_append(&waiter->waits, &wait->links);
        SetEvent(waiter->wake);
    }
    RtlReleaseSRWLockExclusive(&waits.lock);
    return waiter != NULL;
}

bool base_wait_disarm(struct pool_wait *wait)
{
    struct pool_waiter *waiter;

    RtlAcquireSRWLockExclusive(&waits.lock);
    waiter = wait->waiter;
    if (waiter != NULL) {
        unlink_wait(wait);
        SetEvent(waiter->wake);
    }
    RtlReleaseSRWLockExclusive(&waits.lock);
    return waiter != NULL;
}

/* ---- registered waits ---------------------------------------------------------------------- */

static void call_registered(struct pool_object *object, PTP_CALLBACK_INSTANCE instance)
{
    ((WAITORTIMERCALLBACK)object->routine)(object->context, instance->argument != NULL);
}

/* Calls a routine when a handle is signaled or time is over, once or each time. */
BOOL WINAPI RegisterWaitForSingleObject(PHANDLE registered, HANDLE handle,
                                        WAITORTIMERCALLBACK routine, PVOID context,
                                        ULONG milliseconds, ULONG flags)
{
    LONG64 interval = milliseconds == INFINITE ? 0 : 10000ll * milliseconds;
    bool repeats = !(flags & WT_EXECUTEONLYONCE);
    struct pool_wait *wait = (struct pool_wait *)base_pool_create(
        sizeof(*wait), NULL, call_registered, (PVOID)routine, context);

    if (wait == NULL)
        return FALSE;
    if (!base_wait_arm(wait, base_standard_handle(handle),
                       milliseconds == INFINITE ? POOL_NEVER : base_pool_now() + interval,
                       repeats ? interval : 0, repeats)) {
        base_pool_release(&wait->object);
        return FALSE;
    }
    *registered = wait;
    return TRUE;
}
NT_EXPORT(RegisterWaitForSingleObject, 0, "phppuu");

/* Ends a registered wait; see base_pool_retire. */
WINBOOL WINAPI UnregisterWaitEx(HANDLE registered, HANDLE completion)
{
    struct pool_wait *wait = registered;

    if (wait == NULL)
        return base_error(ERROR_INVALID_HANDLE);
    base_wait_disarm(wait);
    return base_pool_retire(&wait->object, completion);
}
NT_EXPORT(UnregisterWaitEx, 0, "ph");

/* Ends a registered wait without waiting for its callback. */
BOOL WINAPI UnregisterWait(HANDLE registered)
{
    return UnregisterWaitEx(registered, NULL);
}
NT_EXPORT(UnregisterWait, 0, "p");

/* ---- wait objects -------------------------------------------------------------------------- */

struct _TP_WAIT {
    struct pool_wait wait;
};

static void call_wait(struct pool_object *object, PTP_CALLBACK_INSTANCE instance)
{
    TP_WAIT_RESULT result = instance->argument != NULL ? WAIT_TIMEOUT : WAIT_OBJECT_0;

    ((PTP_WAIT_CALLBACK)object->routine)(instance, object->context, (PTP_WAIT)object, result);
}

/* Makes a wait object. */
PTP_WAIT WINAPI CreateThreadpoolWait(PTP_WAIT_CALLBACK routine, PVOID context,
                                     PTP_CALLBACK_ENVIRON environment)
{
    return (PTP_WAIT)base_pool_create(sizeof(struct _TP_WAIT), environment, call_wait,
                                      (PVOID)routine, context);
}
NT_EXPORT(CreateThreadpoolWait, 0, "ppp");

/* Waits once for a handle; NULL ends the wait. Returns: whether a wait was replaced. */
WINBOOL WINAPI SetThreadpoolWaitEx(PTP_WAIT wait, HANDLE handle, PFILETIME timeout, PVOID reserved)
{
    bool armed = base_wait_disarm(&wait->wait);

    (void)reserved;
    if (handle != NULL)
        base_wait_arm(&wait->wait, handle, base_pool_due(timeout), 0, false);
    return armed;
}
NT_EXPORT(SetThreadpoolWaitEx, 0, "phpp");

/* Waits once for a handle; NULL ends the wait. */
VOID WINAPI SetThreadpoolWait(PTP_WAIT wait, HANDLE handle, PFILETIME timeout)
{
    SetThreadpoolWaitEx(wait, handle, timeout, NULL);
}
NT_EXPORT(SetThreadpoolWait, 0, "php");

/* Waits for the callbacks of a wait object. */
VOID WINAPI WaitForThreadpoolWaitCallbacks(PTP_WAIT wait, BOOL cancel)
{
    base_pool_wait(&wait->wait.object, cancel);
}
NT_EXPORT(WaitForThreadpoolWaitCallbacks, 0, "pb");

/* Gives a wait object up. */
VOID WINAPI CloseThreadpoolWait(PTP_WAIT wait)
{
    base_wait_disarm(&wait->wait);
    base_pool_release(&wait->wait.object);
}
NT_EXPORT(CloseThreadpoolWait, 0, "p");
