/* Completion ports: with files, with posted packets, with many threads, and their end. */
#include "async_client.h"

struct packet {
    DWORD size;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
};

static BOOL take(HANDLE port, struct packet *packet, DWORD milliseconds)
{
    return GetQueuedCompletionStatus(port, &packet->size, &packet->key, &packet->overlapped,
                                     milliseconds);
}

static void test_association(void)
{
    HANDLE file = open_device(OVERLAPPED_FILE), plain = open_device(SYNCHRONOUS_FILE), port, other;

    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    ROW("a new port", port != NULL);
    ROW("a file goes to it", CreateIoCompletionPort(file, port, 7, 0) == port);
    ROW_ERROR("only once", CreateIoCompletionPort(file, port, 8, 0), ERROR_INVALID_PARAMETER);
    ROW_ERROR("a synchronous file cannot", CreateIoCompletionPort(plain, port, 8, 0),
              ERROR_INVALID_PARAMETER);
    ROW_ERROR("an event is no file",
              CreateIoCompletionPort(other = CreateEventA(NULL, 0, 0, NULL), port, 0, 0),
              ERROR_INVALID_HANDLE);
    ROW_ERROR("no file with a port", CreateIoCompletionPort(INVALID_HANDLE_VALUE, port, 0, 0),
              ERROR_INVALID_PARAMETER);
    CloseHandle(other);
    CloseHandle(file);
    file = open_device(OVERLAPPED_FILE);
    other = CreateIoCompletionPort(file, NULL, 9, 1);
    ROW("port and association in one call", other != NULL && other != port);
    CloseHandle(other);
    CloseHandle(plain);
    CloseHandle(file);
    CloseHandle(port);
}

static void test_requests(void)
{
    HANDLE file = open_device(OVERLAPPED_FILE);
    HANDLE port = CreateIoCompletionPort(file, NULL, 7, 0);
    OVERLAPPED overlapped = {0};
    struct async_request request = {ASYNC_NOW, 0, 0, 1};
    struct packet packet;
    unsigned value;
    char data[4];

    pends(file, ASYNC_DELAY, 5, &value, &overlapped);
    ROW("a packet for a request that pended", take(port, &packet, 1000) &&
                                                  packet.size == sizeof(value) && packet.key == 7 &&
                                                  packet.overlapped == &overlapped);
    ROW("a packet for one that did not", submit(file, request, &value, &overlapped) &&
                                             take(port, &packet, 0) &&
                                             packet.overlapped == &overlapped);
    request.status = (int)0xC0000010;
    ROW_ERROR("none for an error at once",
              submit(file, request, &value, &overlapped) ||
                  GetLastError() != ERROR_INVALID_FUNCTION || take(port, &packet, 1),
              WAIT_TIMEOUT);
    request.how = ASYNC_DELAY;
    submit(file, request, &value, &overlapped);
    ROW_ERROR("an error that pended comes as failure", take(port, &packet, 1000),
              ERROR_INVALID_FUNCTION);
    ROW("with its packet", packet.overlapped == &overlapped && packet.key == 7);
    overlapped.Offset = 0x30;
    ReadFile(file, data, 4, NULL, &overlapped);
    ROW("a read", take(port, &packet, 1000) && packet.size == 4 && data[3] == 0x30);
    pends(file, ASYNC_HOLD, 0, &value, &overlapped);
    CancelIoEx(file, &overlapped);
    ROW_ERROR("a cancelled request", take(port, &packet, 1000), ERROR_OPERATION_ABORTED);
    CloseHandle(file);
    CloseHandle(port);
}

static void test_low_bit(void)
{
    HANDLE file = open_device(OVERLAPPED_FILE), event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE port = CreateIoCompletionPort(file, NULL, 7, 0);
    OVERLAPPED overlapped = {.hEvent = (HANDLE)((ULONG_PTR)event | 1)};
    struct packet packet;
    unsigned value;
    DWORD size;

    pends(file, ASYNC_DELAY, 5, &value, &overlapped);
    ROW("GetOverlappedResult with the low bit of hEvent set",
        GetOverlappedResult(file, &overlapped, &size, TRUE) && size == sizeof(value));
    ROW("the event is signaled", WaitForSingleObject(event, 0) == WAIT_OBJECT_0);
    ROW_ERROR("there is no packet", take(port, &packet, 1), WAIT_TIMEOUT);
    CloseHandle(event);
    CloseHandle(file);
    CloseHandle(port);
}

static VOID WINAPI never(DWORD error, DWORD size, LPOVERLAPPED overlapped)
{
    (void)error, (void)size, (void)overlapped;
    ROW("no completion routine runs", FALSE);
}

static void test_modes(void)
{
    HANDLE file = open_device(OVERLAPPED_FILE), plain = open_device(SYNCHRONOUS_FILE);
    HANDLE port = CreateIoCompletionPort(file, NULL, 7, 0);
    OVERLAPPED overlapped = {0};
    struct async_request now = {ASYNC_NOW, 0, 0, 1};
    struct packet packet;
    unsigned value;
    char data[4];

    ROW_ERROR("ReadFileEx on a file with a port",
              ReadFileEx(file, data, sizeof(data), &overlapped, never), ERROR_INVALID_PARAMETER);
    ROW("skip the port on success",
        SetFileCompletionNotificationModes(file, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    ROW_ERROR("then success at once gives no packet",
              !submit(file, now, &value, &overlapped) || take(port, &packet, 1), WAIT_TIMEOUT);
    pends(file, ASYNC_DELAY, 2, &value, &overlapped);
    ROW("but a request that pended does", take(port, &packet, 1000));
    pends(file, ASYNC_MARKED, 2, &value, &overlapped);
    ROW("also one that was complete by then", take(port, &packet, 1000));
    ROW("the file was signaled", WaitForSingleObject(file, 0) == WAIT_OBJECT_0);
    ROW("skip the file's event",
        SetFileCompletionNotificationModes(file, FILE_SKIP_SET_EVENT_ON_HANDLE));
    pends(file, ASYNC_DELAY, 2, &value, &overlapped);
    ROW("then the file is not signaled",
        take(port, &packet, 1000) && WaitForSingleObject(file, 0) == WAIT_TIMEOUT);
    ROW_ERROR("a mode that is none", SetFileCompletionNotificationModes(file, 0x80),
              ERROR_INVALID_PARAMETER);
    ROW_ERROR("not for a synchronous file",
              SetFileCompletionNotificationModes(plain, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS),
              ERROR_INVALID_PARAMETER);
    CloseHandle(plain);
    CloseHandle(file);
    CloseHandle(port);
}

static void test_posting(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED_ENTRY entries[4];
    OVERLAPPED overlapped;
    struct packet packet;
    ULONG count = 99;

    ROW_ERROR("nothing within no time", take(port, &packet, 0), WAIT_TIMEOUT);
    ROW("no OVERLAPPED then", packet.overlapped == NULL);
    for (ULONG i = 1; i <= 6; i++)
        PostQueuedCompletionStatus(port, i, i * 10, i == 1 ? &overlapped : NULL);
    ROW("the first packet", take(port, &packet, 0) && packet.size == 1 && packet.key == 10 &&
                                packet.overlapped == &overlapped);
    ROW("several at once, in order",
        GetQueuedCompletionStatusEx(port, entries, 4, &count, 0, FALSE) && count == 4 &&
            entries[0].dwNumberOfBytesTransferred == 2 && entries[3].lpCompletionKey == 50);
    ROW("what is left", GetQueuedCompletionStatusEx(port, entries, 4, &count, 0, FALSE) &&
                            count == 1 && entries[0].lpCompletionKey == 60);
    ROW_ERROR("several within a time", GetQueuedCompletionStatusEx(port, entries, 4, &count, 5, 0),
              WAIT_TIMEOUT);
    ROW_ERROR("room for none", GetQueuedCompletionStatusEx(port, entries, 0, &count, 0, FALSE),
              ERROR_INVALID_PARAMETER);
    ROW_ERROR("a handle that is no port",
              PostQueuedCompletionStatus(GetCurrentProcess(), 0, 0, NULL), ERROR_INVALID_HANDLE);
    PostQueuedCompletionStatus(port, 1, 1, NULL);
    CloseHandle(port); /* the packet goes with it */
}

/* ---- threads ------------------------------------------------------------------------------- */

#define WORKERS 4

static HANDLE work_port, done_event;
static LONG served[WORKERS], left;

static DWORD WINAPI serve(LPVOID context)
{
    struct packet packet;

    while (take(work_port, &packet, INFINITE) && packet.key != 0) {
        served[(ULONG_PTR)context]++;
        if (packet.key == 2)
            Sleep(5);
        if (InterlockedDecrement(&left) == 0)
            SetEvent(done_event);
    }
    return GetLastError();
}

static void start_workers(HANDLE threads[WORKERS])
{
    memset(served, 0, sizeof(served));
    done_event = CreateEventA(NULL, FALSE, FALSE, NULL);
    for (ULONG_PTR i = 0; i < WORKERS; i++) {
        threads[i] = CreateThread(NULL, 0, serve, (LPVOID)i, 0, NULL);
        Sleep(2); /* they wait in this order */
    }
}

static BOOL workers_ended(HANDLE threads[WORKERS], DWORD code)
{
    BOOL good = WaitForMultipleObjects(WORKERS, threads, TRUE, 10000) == WAIT_OBJECT_0;

    for (int i = 0; i < WORKERS; i++) {
        DWORD exit_code;

        good &= GetExitCodeThread(threads[i], &exit_code) && (code == ~0u || exit_code == code);
        CloseHandle(threads[i]);
    }
    CloseHandle(done_event);
    return good;
}

static void test_threads(void)
{
    HANDLE threads[WORKERS];

    work_port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, WORKERS);
    start_workers(threads);
    left = 10;
    for (int i = 0; i < 10; i++) {
        PostQueuedCompletionStatus(work_port, 0, 1, NULL);
        Sleep(1);
    }
    WaitForSingleObject(done_event, 10000);
    ROW("the thread that waited last is served first, always", served[WORKERS - 1] == 10);
    left = 4;
    for (int i = 0; i < 4; i++)
        PostQueuedCompletionStatus(work_port, 0, 2, NULL);
    WaitForSingleObject(done_event, 10000);
    ROW("when it is busy, the others are",
        served[0] == 1 && served[1] == 1 && served[2] == 1 && served[3] == 11);
    for (int i = 0; i < WORKERS; i++)
        PostQueuedCompletionStatus(work_port, 0, 0, NULL);
    ROW("they all end", workers_ended(threads, ~0u));
    CloseHandle(work_port);
}

static void test_abandoned(void)
{
    HANDLE threads[WORKERS];

    work_port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    start_workers(threads);
    CloseHandle(work_port);
    ROW("a port that is closed fails waiting threads with ERROR_ABANDONED_WAIT_0",
        workers_ended(threads, ERROR_ABANDONED_WAIT_0));
}

static DWORD WINAPI wait_for_several(LPVOID port)
{
    OVERLAPPED_ENTRY entries[2];
    ULONG count;
    BOOL good = GetQueuedCompletionStatusEx(port, entries, 2, &count, INFINITE, FALSE);

    return good ? 0 : GetLastError();
}

static void test_abandoned_several(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    HANDLE thread = CreateThread(NULL, 0, wait_for_several, port, 0, NULL);
    DWORD code = 0;

    Sleep(2);
    CloseHandle(port);
    ROW("also those that wait for several", WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0 &&
                                                GetExitCodeThread(thread, &code) &&
                                                code == ERROR_ABANDONED_WAIT_0);
    CloseHandle(thread);
}

static int apc_ran;

static VOID WINAPI note_apc(ULONG_PTR value)
{
    apc_ran += (int)value;
}

static void test_alertable(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED_ENTRY entries[1];
    ULONG count;

    QueueUserAPC(note_apc, GetCurrentThread(), 1);
    ROW_ERROR("a wait that is not alertable runs no APC",
              GetQueuedCompletionStatusEx(port, entries, 1, &count, 2, FALSE) || apc_ran != 0,
              WAIT_TIMEOUT);
    ROW_ERROR("an alertable one does",
              GetQueuedCompletionStatusEx(port, entries, 1, &count, 1000, TRUE),
              WAIT_IO_COMPLETION);
    ROW("once", apc_ran == 1);
    CloseHandle(port);
}

int main(void)
{
    test_association();
    test_requests();
    test_low_bit();
    test_modes();
    test_posting();
    test_threads();
    test_abandoned();
    test_abandoned_several();
    test_alertable();
    return checks_end();
}
