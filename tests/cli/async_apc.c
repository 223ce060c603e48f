/* Alertable waits: completion routines of ReadFileEx, user APCs, and waits for several objects. */
#include "async_client.h"

static int ran;
static char order[16];

static VOID WINAPI note(ULONG_PTR mark)
{
    order[ran++] = (char)mark;
}

static void forget(void)
{
    ran = 0;
    memset(order, 0, sizeof(order));
}

static struct {
    DWORD error, size;
    LPOVERLAPPED overlapped;
} completed;

static VOID WINAPI complete(DWORD error, DWORD size, LPOVERLAPPED overlapped)
{
    completed.error = error;
    completed.size = size;
    completed.overlapped = overlapped;
    note('c');
}

static void test_transfers(void)
{
    HANDLE file = open_device(OVERLAPPED_FILE), event = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED overlapped = {.Offset = 0x42, .hEvent = (HANDLE)1234}, second = {0};
    char data[4];

    forget();
    ROW("ReadFileEx pends and succeeds", ReadFileEx(file, data, 4, &overlapped, complete));
    ROW("a sleep that is not alertable runs nothing", (Sleep(20), ran == 0));
    ROW("the request has completed all the same", HasOverlappedIoCompleted(&overlapped));
    ROW("SleepEx runs the completion routine", SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION);
    ROW("with the results", ran == 1 && completed.error == 0 && completed.size == 4 &&
                                completed.overlapped == &overlapped && data[2] == 0x42);
    ROW("hEvent is the program's own", overlapped.hEvent == (HANDLE)1234);
    ROW("WriteFileEx", WriteFileEx(file, data, 3, &overlapped, complete));
    ROW("WaitForSingleObjectEx runs the completion routine",
        WaitForSingleObjectEx(event, INFINITE, TRUE) == WAIT_IO_COMPLETION && completed.size == 3);
    forget();
    ReadFileEx(file, data, 2, &overlapped, complete);
    ReadFileEx(file, data, 1, &second, complete);
    Sleep(20);
    ROW("one wait runs all that are due", SleepEx(0, TRUE) == WAIT_IO_COMPLETION && ran == 2);
    ROW("in order", completed.overlapped == &second);
    ROW("then there are none", SleepEx(0, TRUE) == 0);
    ReadFileEx(file, data, 2, &overlapped, complete);
    CancelIo(file);
    ROW("a cancelled one is told", SleepEx(0, TRUE) == WAIT_IO_COMPLETION &&
                                       completed.error == ERROR_OPERATION_ABORTED &&
                                       completed.size == 0);
    CloseHandle(event);
    CloseHandle(file);
}

static void test_overlapped_result(void)
{
    HANDLE file = open_device(OVERLAPPED_FILE);
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    unsigned value;
    DWORD size;

    forget();
    pends(file, ASYNC_DELAY, 5, &value, &overlapped);
    QueueUserAPC(note, GetCurrentThread(), 'a');
    ROW_ERROR("GetOverlappedResultEx, alertable, is interrupted",
              GetOverlappedResultEx(file, &overlapped, &size, INFINITE, TRUE), WAIT_IO_COMPLETION);
    ROW("by the APC", ran == 1);
    QueueUserAPC(note, GetCurrentThread(), 'b');
    ROW("not alertable, it waits on",
        GetOverlappedResultEx(file, &overlapped, &size, 1000, FALSE) && size == 4 && ran == 1);
    SleepEx(0, TRUE);
    CloseHandle(overlapped.hEvent);
    CloseHandle(file);
}

static HANDLE go, ready;

/* QueueUserAPC2 is newer than some headers. */
static BOOL queue_apc_2(PAPCFUNC routine, HANDLE thread, ULONG_PTR argument, int flags)
{
    typedef BOOL WINAPI queue(PAPCFUNC, HANDLE, ULONG_PTR, int);
    queue *address =
        (queue *)(void *)GetProcAddress(GetModuleHandleA("kernel32.dll"), "QueueUserAPC2");

    return address && address(routine, thread, argument, flags);
}

static DWORD WINAPI wait_alertably(LPVOID context)
{
    DWORD result;

    (void)context;
    SetEvent(ready);
    while ((result = WaitForSingleObjectEx(go, 10000, TRUE)) == WAIT_IO_COMPLETION)
        ;
    return result;
}

static void test_other_thread(void)
{
    HANDLE thread;
    DWORD code;

    forget();
    go = CreateEventA(NULL, TRUE, FALSE, NULL);
    ready = CreateEventA(NULL, FALSE, FALSE, NULL);
    thread = CreateThread(NULL, 0, wait_alertably, NULL, 0, NULL);
    WaitForSingleObject(ready, INFINITE);
    Sleep(1);
    ROW("an APC for another thread",
        QueueUserAPC(note, thread, 'x') != 0 && QueueUserAPC(note, thread, 'y') != 0);
    Sleep(1);
    ROW("runs in its wait, in order", strcmp(order, "xy") == 0);
    ROW("and the wait goes on", WaitForSingleObject(thread, 0) == WAIT_TIMEOUT);
    ROW("QueueUserAPC2 without flags", queue_apc_2(note, thread, 'z', 0) && (Sleep(1), ran == 3));
    SetEvent(go);
    WaitForSingleObject(thread, INFINITE);
    ROW("the wait ended with its object",
        GetExitCodeThread(thread, &code) && code == WAIT_OBJECT_0);
    ROW("no APC for a thread that has ended", QueueUserAPC(note, thread, 'n') == 0);
    CloseHandle(thread);
    ROW("no APC for a handle that is none", QueueUserAPC(note, (HANDLE)0x7FF0, 'n') == 0);
    CloseHandle(go);
    CloseHandle(ready);
}

static DWORD WINAPI nothing(LPVOID context)
{
    (void)context;
    return 0;
}

static void test_new_thread(void)
{
    HANDLE thread = CreateThread(NULL, 0, nothing, NULL, CREATE_SUSPENDED, NULL);

    forget();
    QueueUserAPC(note, thread, 's');
    ResumeThread(thread);
    WaitForSingleObject(thread, INFINITE);
    ROW("a thread runs the APCs that it was given before it began", ran == 1);
    CloseHandle(thread);
}

/* ---- waits for several objects -----------------------------------------------------------------
 */

static DWORD WINAPI signal_later(LPVOID event)
{
    Sleep(5);
    SetEvent(event);
    return 0;
}

static void test_several(void)
{
    HANDLE file = open_device(OVERLAPPED_FILE);
    OVERLAPPED overlapped[3] = {{0}};
    HANDLE events[3], twice[2];
    unsigned values[3];
    DWORD size;

    for (int i = 0; i < 3; i++)
        overlapped[i].hEvent = events[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
    pends(file, ASYNC_DELAY, 30, &values[0], &overlapped[0]);
    pends(file, ASYNC_DELAY, 10, &values[1], &overlapped[1]);
    pends(file, ASYNC_DELAY, 20, &values[2], &overlapped[2]);
    ROW("any of three requests: the first that ends",
        WaitForMultipleObjects(3, events, FALSE, INFINITE) == WAIT_OBJECT_0 + 1);
    ROW("all three do not end in time", WaitForMultipleObjects(3, events, TRUE, 5) == WAIT_TIMEOUT);
    ROW("all three end", WaitForMultipleObjects(3, events, TRUE, INFINITE) == WAIT_OBJECT_0 &&
                             GetOverlappedResult(file, &overlapped[0], &size, FALSE));
    ROW("the first one that is signaled counts",
        WaitForMultipleObjects(3, events, FALSE, 0) == WAIT_OBJECT_0);
    forget();
    for (int i = 0; i < 3; i++)
        ResetEvent(events[i]);
    QueueUserAPC(note, GetCurrentThread(), 'm');
    ROW("an alertable wait for several runs an APC",
        WaitForMultipleObjectsEx(3, events, TRUE, 1000, TRUE) == WAIT_IO_COMPLETION && ran == 1);
    twice[0] = twice[1] = events[0];
    SetLastError(0);
    ROW("all of the same object twice", WaitForMultipleObjects(2, twice, TRUE, 0) == WAIT_FAILED &&
                                            GetLastError() == ERROR_INVALID_PARAMETER);
    ROW("none at all", WaitForMultipleObjects(0, events, TRUE, 0) == WAIT_FAILED &&
                           GetLastError() == ERROR_INVALID_PARAMETER);
    for (int i = 0; i < 3; i++)
        CloseHandle(events[i]);
    CloseHandle(file);
}

static void test_signal_and_wait(void)
{
    HANDLE signal = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE wait = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, signal_later, wait, 0, NULL);

    forget();
    ROW("SignalObjectAndWait", SignalObjectAndWait(signal, wait, 10000, FALSE) == WAIT_OBJECT_0);
    ROW("has signaled", WaitForSingleObject(signal, 0) == WAIT_OBJECT_0);
    ROW("with a time-out", SignalObjectAndWait(signal, wait, 2, FALSE) == WAIT_TIMEOUT);
    QueueUserAPC(note, GetCurrentThread(), 'w');
    ROW("alertable", SignalObjectAndWait(signal, wait, 1000, TRUE) == WAIT_IO_COMPLETION);
    ROW("a mutex that is not owned", SignalObjectAndWait(mutex, wait, 0, FALSE) == WAIT_FAILED &&
                                         GetLastError() == ERROR_NOT_OWNER);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    CloseHandle(mutex);
    CloseHandle(signal);
    CloseHandle(wait);
}

int main(void)
{
    test_transfers();
    test_overlapped_result();
    test_other_thread();
    test_new_thread();
    test_several();
    test_signal_and_wait();
    return checks_end();
}
