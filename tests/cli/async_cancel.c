/* Cancelling: by file, by request, by thread; and what ends with a thread or a handle. */
#include "async_client.h"

static HANDLE control_file;

static BOOL ended(HANDLE file, OVERLAPPED *overlapped, DWORD error)
{
    DWORD size;

    SetLastError(0);
    return error ? !GetOverlappedResult(file, overlapped, &size, TRUE) && GetLastError() == error
                 : GetOverlappedResult(file, overlapped, &size, TRUE);
}

static void make_events(OVERLAPPED *overlapped, int count)
{
    memset(overlapped, 0, (size_t)count * sizeof(*overlapped));
    for (int i = 0; i < count; i++)
        overlapped[i].hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
}

static void close_events(OVERLAPPED *overlapped, int count)
{
    for (int i = 0; i < count; i++)
        CloseHandle(overlapped[i].hEvent);
}

static void test_one(void)
{
    HANDLE file = open_device(OVERLAPPED_FILE);
    OVERLAPPED overlapped[4];
    unsigned values[4];

    make_events(overlapped, 4);
    for (int i = 0; i < 3; i++)
        pends(file, ASYNC_HOLD, 0, &values[i], &overlapped[i]);
    ROW("CancelIoEx of one", CancelIoEx(file, &overlapped[1]));
    ROW("ends that", ended(file, &overlapped[1], ERROR_OPERATION_ABORTED));
    ROW("and leaves the others", !HasOverlappedIoCompleted(&overlapped[0]) &&
                                     !HasOverlappedIoCompleted(&overlapped[2]) &&
                                     driver_state(control_file).cancelled == 1);
    ROW_ERROR("one that has ended", CancelIoEx(file, &overlapped[1]), ERROR_NOT_FOUND);
    ROW_ERROR("one that never was", CancelIoEx(file, &overlapped[3]), ERROR_NOT_FOUND);
    driver_control(control_file, ASYNC_RELEASE);
    ROW("the first of the others succeeds", ended(file, &overlapped[0], 0));
    ROW("CancelIoEx of all", CancelIoEx(file, NULL));
    ROW("ends the last", ended(file, &overlapped[2], ERROR_OPERATION_ABORTED));
    ROW_ERROR("then there is none", CancelIoEx(file, NULL), ERROR_NOT_FOUND);
    ROW_ERROR("a handle that is no file", CancelIoEx(overlapped[0].hEvent, NULL),
              ERROR_INVALID_HANDLE);
    pends(file, ASYNC_DELAY, 1000, &values[0], &overlapped[0]);
    CancelIoEx(file, &overlapped[0]);
    ROW("one that a timer would have ended",
        ended(file, &overlapped[0], ERROR_OPERATION_ABORTED) && holds(control_file, 0));
    close_events(overlapped, 4);
    CloseHandle(file);
}

/* A driver that does not let it be cancelled ends it as it likes. */
static void test_stubborn(void)
{
    HANDLE file = open_device(OVERLAPPED_FILE);
    OVERLAPPED overlapped;
    unsigned value;

    make_events(&overlapped, 1);
    pends(file, ASYNC_STUBBORN, 20, &value, &overlapped);
    ROW("CancelIoEx of a request without cancel routine", CancelIoEx(file, &overlapped));
    ROW("does not wait", !HasOverlappedIoCompleted(&overlapped));
    ROW("and the request succeeds", ended(file, &overlapped, 0) && value == 42);
    pends(file, ASYNC_STUBBORN, 20, &value, &overlapped);
    ROW("CancelIo waits for it", CancelIo(file) && HasOverlappedIoCompleted(&overlapped));
    close_events(&overlapped, 1);
    CloseHandle(file);
}

struct shared {
    HANDLE file, begun;
    OVERLAPPED overlapped[2];
    unsigned values[2];
    HANDLE go;
};

static DWORD WINAPI begin_and_wait(LPVOID context)
{
    struct shared *shared = context;

    pends(shared->file, ASYNC_HOLD, 0, &shared->values[1], &shared->overlapped[1]);
    SetEvent(shared->begun);
    WaitForSingleObject(shared->go, INFINITE);
    return 0;
}

static void test_threads(void)
{
    struct shared shared = {.file = open_device(OVERLAPPED_FILE),
                            .begun = CreateEventA(NULL, FALSE, FALSE, NULL),
                            .go = CreateEventA(NULL, FALSE, FALSE, NULL)};
    HANDLE thread;

    make_events(shared.overlapped, 2);
    pends(shared.file, ASYNC_HOLD, 0, &shared.values[0], &shared.overlapped[0]);
    thread = CreateThread(NULL, 0, begin_and_wait, &shared, 0, NULL);
    WaitForSingleObject(shared.begun, INFINITE);
    ROW("CancelIo", CancelIo(shared.file));
    ROW("ends the requests of this thread",
        ended(shared.file, &shared.overlapped[0], ERROR_OPERATION_ABORTED));
    ROW("only", !HasOverlappedIoCompleted(&shared.overlapped[1]));
    ROW("CancelIo with nothing to cancel succeeds", CancelIo(shared.file));
    ROW("CancelIoEx reaches those of other threads",
        CancelIoEx(shared.file, NULL) &&
            ended(shared.file, &shared.overlapped[1], ERROR_OPERATION_ABORTED));
    SetEvent(shared.go);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    thread = CreateThread(NULL, 0, begin_and_wait, &shared, 0, NULL);
    WaitForSingleObject(shared.begun, INFINITE);
    SetEvent(shared.go);
    ROW("the end of a thread cancels what it has in flight",
        ended(shared.file, &shared.overlapped[1], ERROR_OPERATION_ABORTED) &&
            WaitForSingleObject(thread, 1000) == WAIT_OBJECT_0);
    CloseHandle(thread);
    thread = CreateThread(NULL, 0, begin_and_wait, &shared, 0, NULL);
    WaitForSingleObject(shared.begun, INFINITE);
    TerminateThread(thread, 9);
    ROW("so does TerminateThread",
        ended(shared.file, &shared.overlapped[1], ERROR_OPERATION_ABORTED) &&
            WaitForSingleObject(thread, 1000) == WAIT_OBJECT_0);
    CloseHandle(thread);
    close_events(shared.overlapped, 2);
    CloseHandle(shared.begun);
    CloseHandle(shared.go);
    CloseHandle(shared.file);
}

/* ---- synchronous requests ------------------------------------------------------------------ */

static DWORD WINAPI wait_in_request(LPVOID file)
{
    struct async_request request = {.how = ASYNC_HOLD};

    return submit(file, request, NULL, NULL) ? 0 : GetLastError();
}

static DWORD WINAPI wait_in_read(LPVOID file)
{
    char data[4];
    DWORD size;

    return ReadFile(file, data, sizeof(data), &size, NULL) ? 0 : GetLastError();
}

static DWORD WINAPI wait_in_open(LPVOID context)
{
    HANDLE file = CreateFileA("\\\\.\\Async\\slow", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);

    (void)context;
    return file != INVALID_HANDLE_VALUE ? 0 : GetLastError();
}

static DWORD WINAPI wait_elsewhere(LPVOID event)
{
    return WaitForSingleObject(event, INFINITE);
}

static DWORD code_of(HANDLE thread)
{
    DWORD code = 0;

    WaitForSingleObject(thread, 10000);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

static void test_synchronous(void)
{
    HANDLE file = open_device(SYNCHRONOUS_FILE), overlapped_file = open_device(OVERLAPPED_FILE);
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), thread, second;

    thread = CreateThread(NULL, 0, wait_in_request, file, 0, NULL);
    holds(control_file, 1);
    ROW("CancelSynchronousIo", CancelSynchronousIo(thread));
    ROW("ends the request that the thread waits in", code_of(thread) == ERROR_OPERATION_ABORTED);
    thread = CreateThread(NULL, 0, wait_in_read, file, 0, NULL);
    holds(control_file, 1);
    ROW("a read", CancelSynchronousIo(thread) && code_of(thread) == ERROR_OPERATION_ABORTED);
    thread = CreateThread(NULL, 0, wait_in_open, NULL, 0, NULL);
    holds(control_file, 1);
    ROW("an open", CancelSynchronousIo(thread) && code_of(thread) == ERROR_OPERATION_ABORTED);
    thread = CreateThread(NULL, 0, wait_elsewhere, event, 0, NULL);
    Sleep(1);
    ROW_ERROR("a thread that waits for something else", CancelSynchronousIo(thread),
              ERROR_NOT_FOUND);
    SetEvent(event);
    code_of(thread);
    ROW_ERROR("a handle that is no thread", CancelSynchronousIo(event), ERROR_INVALID_HANDLE);
    thread = CreateThread(NULL, 0, wait_in_request, file, 0, NULL);
    holds(control_file, 1);
    second = CreateThread(NULL, 0, wait_in_request, file, 0, NULL);
    Sleep(1);
    ROW("CancelIoEx ends a synchronous request of another thread",
        CancelIoEx(file, NULL) && code_of(thread) == ERROR_OPERATION_ABORTED);
    ROW("the next one has its turn", holds(control_file, 1));
    CancelSynchronousIo(second);
    code_of(second);
    thread = CreateThread(NULL, 0, wait_in_request, file, 0, NULL);
    holds(control_file, 1);
    TerminateThread(thread, 77);
    ROW("a thread that waits in a request can be ended", code_of(thread) == 77);
    thread = CreateThread(NULL, 0, wait_in_open, NULL, 0, NULL);
    holds(control_file, 1);
    TerminateThread(thread, 78);
    ROW("also in an open", code_of(thread) == 78 && holds(control_file, 0));
    thread = CreateThread(NULL, 0, wait_in_request, file, 0, NULL);
    holds(control_file, 1);
    second = CreateThread(NULL, 0, wait_in_request, file, 0, NULL);
    Sleep(1);
    TerminateThread(second, 79);
    ROW("also one that waits for its turn", code_of(second) == 79);
    CancelSynchronousIo(thread);
    code_of(thread);
    CloseHandle(event);
    CloseHandle(overlapped_file);
    CloseHandle(file);
}

/* ---- handles ------------------------------------------------------------------------------- */

static void test_close(void)
{
    HANDLE file;
    OVERLAPPED overlapped;
    unsigned value;

    driver_control(control_file, ASYNC_RESET);
    make_events(&overlapped, 1);
    file = open_device(OVERLAPPED_FILE);
    pends(file, ASYNC_HOLD, 0, &value, &overlapped);
    CloseHandle(file);
    ROW("closing the handle does CLEANUP, and the driver ends what is left",
        WaitForSingleObject(overlapped.hEvent, 1000) == WAIT_OBJECT_0 &&
            overlapped.Internal == 0xC0000120); /* STATUS_CANCELLED */
    ROW("then CLOSE", log_is(control_file, "create1 cleanup1 close1 "));
    driver_control(control_file, ASYNC_RESET);
    file = open_device(OVERLAPPED_FILE);
    pends(file, ASYNC_STUBBORN, 10, &value, &overlapped);
    CloseHandle(file);
    ROW("CLOSE waits for a request in flight", log_is(control_file, "create1 cleanup1 "));
    ROW("which ends as if the handle were there",
        WaitForSingleObject(overlapped.hEvent, 1000) == WAIT_OBJECT_0 && overlapped.Internal == 0 &&
            value == 42);
    ROW("then comes CLOSE", log_is(control_file, "create1 cleanup1 close1 "));
    close_events(&overlapped, 1);
}

int main(void)
{
    control_file = open_control();
    test_one();
    test_stubborn();
    test_threads();
    test_synchronous();
    test_close();
    CloseHandle(control_file);
    return checks_end();
}
