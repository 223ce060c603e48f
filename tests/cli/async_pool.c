/* Thread pools of programs that use devices: work, completions, waits and timers. */
#include "async_client.h"

static HANDLE event;
static LONG count, together, most;

static DWORD WINAPI item(LPVOID context)
{
    if (InterlockedIncrement(&count) == (LONG)(LONG_PTR)context)
        SetEvent(event);
    return 0;
}

static DWORD WINAPI item_that_waits(LPVOID other)
{
    WaitForSingleObject(other, INFINITE);
    SetEvent(event);
    return 0;
}

static DWORD WINAPI item_that_sets(LPVOID other)
{
    SetEvent(other);
    return 0;
}

static BOOL signaled(void)
{
    return WaitForSingleObject(event, 10000) == WAIT_OBJECT_0;
}

static void test_items(void)
{
    HANDLE other = CreateEventA(NULL, TRUE, FALSE, NULL);
    BOOL queued = TRUE;

    count = 0;
    for (int i = 0; i < 50; i++)
        queued &= QueueUserWorkItem(item, (LPVOID)(LONG_PTR)50, WT_EXECUTEDEFAULT);
    ROW("QueueUserWorkItem, fifty times", queued && signaled() && count == 50);
    QueueUserWorkItem(item_that_waits, other, WT_EXECUTELONGFUNCTION);
    QueueUserWorkItem(item_that_sets, other, 0);
    ROW("an item may wait for one that was queued later", signaled());
    CloseHandle(other);
}

/* ---- work objects -------------------------------------------------------------------------- */

static VOID WINAPI work(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK object)
{
    LONG now = InterlockedIncrement(&together);

    (void)instance, (void)context, (void)object;
    if (now > most)
        most = now;
    Sleep(1);
    InterlockedDecrement(&together);
    InterlockedIncrement(&count);
}

static VOID WINAPI set_afterwards(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    SetEventWhenCallbackReturns(instance, event);
    Sleep(2);
    *(int *)context = 1;
}

static void test_work(void)
{
    PTP_WORK object = CreateThreadpoolWork(work, NULL, NULL);
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool;
    int done = 0;

    count = most = 0;
    for (int i = 0; i < 20; i++)
        SubmitThreadpoolWork(object);
    WaitForThreadpoolWorkCallbacks(object, FALSE);
    ROW("work is done when it was waited for", count == 20);
    ROW("by several threads", most > 1);
    CloseThreadpoolWork(object);
    ROW("a single callback", TrySubmitThreadpoolCallback(set_afterwards, &done, NULL));
    ROW("sets its event after it returned", signaled() && done == 1);

    pool = CreateThreadpool(NULL);
    SetThreadpoolThreadMaximum(pool, 1);
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackPool(&environment, pool);
    object = CreateThreadpoolWork(work, NULL, &environment);
    count = most = 0;
    for (int i = 0; i < 10; i++)
        SubmitThreadpoolWork(object);
    Sleep(3);
    WaitForThreadpoolWorkCallbacks(object, TRUE);
    ROW("what has not begun can be taken back", count > 0 && count < 10);
    ROW("a pool of one thread does one thing at a time", most == 1);
    SubmitThreadpoolWork(object);
    WaitForThreadpoolWorkCallbacks(object, FALSE);
    ROW("afterwards it works again", count < 11);
    CloseThreadpoolWork(object);
    DestroyThreadpoolEnvironment(&environment);
    CloseThreadpool(pool);
}

/* ---- completions --------------------------------------------------------------------------- */

static struct {
    ULONG error;
    ULONG_PTR size;
    PVOID overlapped;
} completed;

static VOID WINAPI complete(DWORD error, DWORD size, LPOVERLAPPED overlapped)
{
    completed.error = error;
    completed.size = size;
    completed.overlapped = overlapped;
    SetEvent(event);
}

static VOID WINAPI complete_io(PTP_CALLBACK_INSTANCE instance, PVOID context, PVOID overlapped,
                               ULONG error, ULONG_PTR size, PTP_IO io)
{
    (void)instance, (void)context, (void)io;
    completed.error = error;
    completed.size = size;
    completed.overlapped = overlapped;
    InterlockedIncrement(&count);
}

static void test_bind(void)
{
    HANDLE file = open_device(OVERLAPPED_FILE);
    OVERLAPPED overlapped = {0};
    unsigned value;
    char data[8];

    ROW("BindIoCompletionCallback", BindIoCompletionCallback(file, complete, 0));
    ROW_ERROR("only once", BindIoCompletionCallback(file, complete, 0), ERROR_INVALID_PARAMETER);
    ReadFile(file, data, sizeof(data), NULL, &overlapped);
    ROW("a read", signaled() && completed.error == 0 && completed.size == sizeof(data) &&
                      completed.overlapped == &overlapped);
    pends(file, ASYNC_HOLD, 0, &value, &overlapped);
    CancelIoEx(file, NULL);
    ROW("a cancelled request, with its status", signaled() && completed.error == 0xC0000120);
    CloseHandle(file);
}

static void test_io(void)
{
    HANDLE file = open_device(OVERLAPPED_FILE);
    PTP_IO io = CreateThreadpoolIo(file, complete_io, NULL, NULL);
    OVERLAPPED overlapped[8] = {{0}};
    struct async_request bad = {ASYNC_NOW, 0, (int)0xC0000010, 0};
    unsigned values[8];

    ROW("CreateThreadpoolIo", io != NULL);
    count = 0;
    for (int i = 0; i < 8; i++) {
        StartThreadpoolIo(io);
        pends(file, ASYNC_DELAY, (unsigned)(8 - i), &values[i], &overlapped[i]);
    }
    WaitForThreadpoolIoCallbacks(io, FALSE);
    ROW("all requests were waited for", count == 8 && completed.size == sizeof(unsigned));
    ROW("in the order of their ends", completed.overlapped == &overlapped[0]);
    StartThreadpoolIo(io);
    if (!submit(file, bad, NULL, &overlapped[0]) && GetLastError() != ERROR_IO_PENDING)
        CancelThreadpoolIo(io);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    ROW("one that failed at once is taken back", count == 8);
    StartThreadpoolIo(io);
    pends(file, ASYNC_HOLD, 0, &values[0], &overlapped[0]);
    CancelIoEx(file, &overlapped[0]);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    ROW("a cancelled one, with its error",
        count == 9 && completed.error == ERROR_OPERATION_ABORTED);
    CloseThreadpoolIo(io);
    CloseHandle(file);
}

/* ---- waits --------------------------------------------------------------------------------- */

static LONG signals, time_outs;

static VOID CALLBACK waited(PVOID context, BOOLEAN timed_out)
{
    (void)context;
    InterlockedIncrement(timed_out ? &time_outs : &signals);
    SetEvent(event);
}

static VOID CALLBACK waited_long(PVOID context, BOOLEAN timed_out)
{
    (void)context, (void)timed_out;
    SetEvent(event);
    Sleep(10);
    InterlockedIncrement(&signals);
}

static void test_registered(void)
{
    HANDLE file = open_device(OVERLAPPED_FILE), object = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE registered, ended = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED overlapped = {.hEvent = object};
    unsigned value;

    ROW("a wait for a request", RegisterWaitForSingleObject(&registered, object, waited, NULL,
                                                            INFINITE, WT_EXECUTEDEFAULT));
    pends(file, ASYNC_DELAY, 3, &value, &overlapped);
    ROW("is told", signaled() && signals == 1);
    pends(file, ASYNC_DELAY, 3, &value, &overlapped);
    ROW("each time", signaled() && signals == 2);
    ROW("until it is ended", UnregisterWaitEx(registered, INVALID_HANDLE_VALUE));
    pends(file, ASYNC_DELAY, 3, &value, &overlapped);
    ROW("then it is not", WaitForSingleObject(event, 10) == WAIT_TIMEOUT && signals == 2);
    ResetEvent(object);
    RegisterWaitForSingleObject(&registered, object, waited, NULL, 5, WT_EXECUTEONLYONCE);
    ROW("a time-out, once",
        signaled() && time_outs == 1 && WaitForSingleObject(event, 20) == WAIT_TIMEOUT);
    UnregisterWait(registered);
    RegisterWaitForSingleObject(&registered, object, waited, NULL, 5, 0);
    ROW("time-outs, again and again", signaled() && signaled() && signaled() && time_outs == 4);
    UnregisterWaitEx(registered, INVALID_HANDLE_VALUE);
    ResetEvent(event);
    RegisterWaitForSingleObject(&registered, object, waited_long, NULL, INFINITE,
                                WT_EXECUTEONLYONCE);
    SetEvent(object);
    signaled();
    ROW_ERROR("ending one whose callback runs", UnregisterWaitEx(registered, ended),
              ERROR_IO_PENDING);
    ROW("sets the event after the callback",
        WaitForSingleObject(ended, 1000) == WAIT_OBJECT_0 && signals == 3);
    CloseHandle(ended);
    CloseHandle(object);
    CloseHandle(file);
}

static void test_many(void)
{
    HANDLE objects[100], registered[100];
    BOOL good = TRUE;

    signals = 0;
    for (int i = 0; i < 100; i++) {
        objects[i] = CreateEventA(NULL, FALSE, FALSE, NULL);
        good &= RegisterWaitForSingleObject(&registered[i], objects[i], waited, NULL, INFINITE,
                                            WT_EXECUTEONLYONCE);
    }
    for (int i = 0; i < 100; i++)
        SetEvent(objects[i]);
    for (int i = 0; i < 100 && signals != 100; i++)
        Sleep(1);
    ROW("a hundred waits", good && signals == 100);
    for (int i = 0; i < 100; i++) {
        UnregisterWaitEx(registered[i], INVALID_HANDLE_VALUE);
        CloseHandle(objects[i]);
    }
    ResetEvent(event);
}

static TP_WAIT_RESULT wait_result;

static VOID CALLBACK wait_over(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WAIT wait,
                               TP_WAIT_RESULT result)
{
    (void)instance, (void)context, (void)wait;
    wait_result = result;
    SetEvent(event);
}

static void test_wait_objects(void)
{
    HANDLE object = CreateEventA(NULL, FALSE, FALSE, NULL);
    PTP_WAIT wait = CreateThreadpoolWait(wait_over, NULL, NULL);
    ULARGE_INTEGER due = {.QuadPart = (ULONGLONG)-50000ll};
    FILETIME time = {due.LowPart, due.HighPart};

    SetThreadpoolWait(wait, object, NULL);
    SetEvent(object);
    ROW("a wait object", signaled() && wait_result == WAIT_OBJECT_0);
    SetEvent(object);
    ROW("waits once", WaitForSingleObject(event, 10) == WAIT_TIMEOUT);
    ResetEvent(object);
    SetThreadpoolWait(wait, object, &time);
    ROW("with a time-out", signaled() && wait_result == WAIT_TIMEOUT);
    SetThreadpoolWait(wait, object, NULL);
    SetThreadpoolWait(wait, NULL, NULL);
    SetEvent(object);
    ROW("can be ended", WaitForSingleObject(event, 10) == WAIT_TIMEOUT);
    WaitForThreadpoolWaitCallbacks(wait, TRUE);
    CloseThreadpoolWait(wait);
    CloseHandle(object);
}

/* ---- timers -------------------------------------------------------------------------------- */

static VOID CALLBACK tick(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_TIMER timer)
{
    (void)instance, (void)context, (void)timer;
    InterlockedIncrement(&count);
}

static void test_timers(void)
{
    PTP_TIMER timer = CreateThreadpoolTimer(tick, NULL, NULL);
    ULARGE_INTEGER due = {.QuadPart = (ULONGLONG)-50000ll};
    FILETIME time = {due.LowPart, due.HighPart};
    HANDLE queue = CreateTimerQueue(), queued;

    count = 0;
    SetThreadpoolTimer(timer, &time, 0, 0);
    Sleep(3);
    ROW("a timer is not early", count == 0 && IsThreadpoolTimerSet(timer));
    Sleep(20);
    ROW("and comes once", count == 1);
    SetThreadpoolTimer(timer, &time, 10, 0);
    Sleep(38);
    SetThreadpoolTimer(timer, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    ROW("a periodic one until it is stopped", count == 5);
    Sleep(30);
    ROW("not after", count == 5);
    CloseThreadpoolTimer(timer);
    signals = time_outs = 0;
    ROW("a timer of a queue", CreateTimerQueueTimer(&queued, queue, waited, NULL, 5, 10, 0));
    Sleep(38);
    ROW("again and again", time_outs == 4);
    ROW("until it is deleted", DeleteTimerQueueTimer(queue, queued, INVALID_HANDLE_VALUE));
    CreateTimerQueueTimer(&queued, queue, waited, NULL, 1000, 0, 0);
    ROW("a queue can be deleted with its timers", DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE));
    Sleep(2000);
    ROW("which do not come then", time_outs == 4);
}

int main(void)
{
    event = CreateEventA(NULL, FALSE, FALSE, NULL);
    test_items();
    test_work();
    test_bind();
    test_io();
    test_registered();
    test_many();
    test_wait_objects();
    test_timers();
    return checks_end();
}
