/* Overlapped and synchronous requests: how they begin, how they are waited for, what they return.
 */
#include "async_client.h"

static HANDLE control_file;

static unsigned now_ms(void)
{
    LARGE_INTEGER counter, frequency;

    QueryPerformanceCounter(&counter);
    QueryPerformanceFrequency(&frequency);
    return (unsigned)(counter.QuadPart * 1000 / frequency.QuadPart);
}

static void test_events(void)
{
    HANDLE file = open_device(OVERLAPPED_FILE);
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, TRUE, NULL)};
    unsigned value = 0;
    DWORD size = 99;

    ROW("a request that pends fails with ERROR_IO_PENDING",
        pends(file, ASYNC_DELAY, 20, &value, &overlapped));
    ROW("its event was reset", WaitForSingleObject(overlapped.hEvent, 0) == WAIT_TIMEOUT);
    ROW("it has not completed", !HasOverlappedIoCompleted(&overlapped));
    ROW_ERROR("GetOverlappedResult without waiting",
              GetOverlappedResult(file, &overlapped, &size, FALSE), ERROR_IO_INCOMPLETE);
    ROW_ERROR("GetOverlappedResultEx with 0 ms",
              GetOverlappedResultEx(file, &overlapped, &size, 0, FALSE), ERROR_IO_INCOMPLETE);
    ROW_ERROR("GetOverlappedResultEx that times out",
              GetOverlappedResultEx(file, &overlapped, &size, 2, FALSE), WAIT_TIMEOUT);
    ROW("GetOverlappedResult waits", GetOverlappedResult(file, &overlapped, &size, TRUE));
    ROW("its size and data", size == sizeof(value) && value == 42);
    ROW("the event is signaled", WaitForSingleObject(overlapped.hEvent, 0) == WAIT_OBJECT_0);
    ROW("it has completed", HasOverlappedIoCompleted(&overlapped));
    ROW("the result can be asked for again", GetOverlappedResult(file, &overlapped, &size, FALSE));

    ROW("a work item completes one", pends(file, ASYNC_WORK, 0, &value, &overlapped) &&
                                         GetOverlappedResult(file, &overlapped, &size, TRUE));
    ROW("one that is marked pending and complete still pends",
        pends(file, ASYNC_MARKED, 0, &value, &overlapped) &&
            GetOverlappedResult(file, &overlapped, &size, FALSE) && size == sizeof(value));
    CloseHandle(overlapped.hEvent);
    CloseHandle(file);
}

static void test_file_is_signaled(void)
{
    HANDLE file = open_device(OVERLAPPED_FILE), event = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED overlapped = {0}, with_event = {.hEvent = event};
    unsigned value;
    DWORD size;

    ROW("without an event it pends", pends(file, ASYNC_DELAY, 5, &value, &overlapped));
    ROW("the file is not signaled", WaitForSingleObject(file, 0) == WAIT_TIMEOUT);
    ROW("the file becomes signaled", WaitForSingleObject(file, 1000) == WAIT_OBJECT_0);
    ROW("and the request has completed", HasOverlappedIoCompleted(&overlapped));
    ROW("GetOverlappedResult waits for the file",
        pends(file, ASYNC_DELAY, 5, &value, &overlapped) &&
            GetOverlappedResult(file, &overlapped, &size, TRUE));
    pends(file, ASYNC_DELAY, 5, &value, &with_event);
    ROW("with an event, that is signaled", WaitForSingleObject(event, 1000) == WAIT_OBJECT_0);
    ROW("and the file is not", WaitForSingleObject(file, 0) == WAIT_TIMEOUT);
    CloseHandle(event);
    CloseHandle(file);
}

static void test_immediate(void)
{
    HANDLE file = open_device(OVERLAPPED_FILE);
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    unsigned value = 0;
    DWORD size = 0;
    struct async_request now = {ASYNC_NOW, 0, 0, 7};

    ROW("a request that completes at once succeeds",
        DeviceIoControl(file, ASYNC_SUBMIT, &now, sizeof(now), &value, sizeof(value), &size,
                        &overlapped) &&
            size == sizeof(value) && value == 7);
    ROW("its event is signaled", WaitForSingleObject(overlapped.hEvent, 0) == WAIT_OBJECT_0);
    now.status = (int)0xC0000010; /* STATUS_INVALID_DEVICE_REQUEST */
    value = 0;
    ROW_ERROR("an error at once", submit(file, now, &value, &overlapped), ERROR_INVALID_FUNCTION);
    ROW("its event is not signaled", WaitForSingleObject(overlapped.hEvent, 0) == WAIT_TIMEOUT);
    ROW("no data came back", value == 0);
    now.status = (int)0x80000005; /* STATUS_BUFFER_OVERFLOW */
    ROW_ERROR("a warning at once",
              DeviceIoControl(file, ASYNC_SUBMIT, &now, sizeof(now), &value, sizeof(value), &size,
                              &overlapped),
              ERROR_MORE_DATA);
    ROW("has its data", value == 7);
    now.how = ASYNC_DELAY;
    now.milliseconds = 2;
    value = 0;
    ROW_ERROR("a warning that pended",
              submit(file, now, &value, &overlapped) || GetLastError() != ERROR_IO_PENDING ||
                  GetOverlappedResult(file, &overlapped, &size, TRUE),
              ERROR_MORE_DATA);
    ROW("has its data and size", value == 7 && size == sizeof(value));
    now.status = (int)0xC0000010;
    value = 0;
    ROW_ERROR("an error that pended",
              submit(file, now, &value, &overlapped) || GetLastError() != ERROR_IO_PENDING ||
                  GetOverlappedResult(file, &overlapped, &size, TRUE),
              ERROR_INVALID_FUNCTION);
    ROW("has no data, but signals", value == 0 && WaitForSingleObject(overlapped.hEvent, 0) == 0);
    CloseHandle(overlapped.hEvent);
    CloseHandle(file);
}

static void test_transfers(void)
{
    HANDLE file = open_device(OVERLAPPED_FILE), event = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED overlapped = {.Offset = 0x41, .hEvent = event};
    char data[4] = {0};
    DWORD size = 99;

    ROW_ERROR("ReadFile pends", ReadFile(file, data, sizeof(data), &size, &overlapped),
              ERROR_IO_PENDING);
    ROW("ReadFile set the size to 0", size == 0);
    ROW("its result", GetOverlappedResult(file, &overlapped, &size, TRUE) && size == 4 &&
                          memcmp(data, "AAAA", 4) == 0);
    overlapped.Offset = 0x1000;
    overlapped.OffsetHigh = 2;
    ROW_ERROR("WriteFile pends", WriteFile(file, data, sizeof(data), NULL, &overlapped),
              ERROR_IO_PENDING);
    ROW("its result", GetOverlappedResult(file, &overlapped, &size, TRUE) && size == 4);
    ROW("the driver got the offset", driver_state(control_file).write_offset == 0x200001000ll);
    ROW_ERROR("ReadFile without OVERLAPPED on an overlapped file",
              ReadFile(file, data, sizeof(data), &size, NULL), ERROR_INVALID_PARAMETER);
    ROW_ERROR("WriteFile without OVERLAPPED on an overlapped file",
              WriteFile(file, data, sizeof(data), &size, NULL), ERROR_INVALID_PARAMETER);
    ROW("FlushFileBuffers waits, and the driver has no routine",
        !FlushFileBuffers(file) && GetLastError() == ERROR_INVALID_FUNCTION);
    ROW_ERROR("an event that is none",
              (overlapped.hEvent = file, ReadFile(file, data, 4, NULL, &overlapped)),
              ERROR_INVALID_HANDLE);
    CloseHandle(event);
    CloseHandle(file);
}

static void test_synchronous(void)
{
    HANDLE file = open_device(SYNCHRONOUS_FILE);
    struct async_request request = {ASYNC_DELAY, 10, 0, 5};
    unsigned value = 0;
    char data[8] = {0};
    DWORD size = 0;
    unsigned start = now_ms();
    OVERLAPPED overlapped = {.Offset = 0x100};
    LARGE_INTEGER position = {0};

    ROW("a synchronous file waits for a driver that pends",
        DeviceIoControl(file, ASYNC_SUBMIT, &request, sizeof(request), &value, sizeof(value), &size,
                        NULL) &&
            value == 5 && size == sizeof(value));
    ROW("for as long as it takes", now_ms() - start >= 9);
    request.status = (int)0xC0000010;
    ROW_ERROR("an error after waiting", submit(file, request, &value, NULL),
              ERROR_INVALID_FUNCTION);
    request.status = (int)0x80000005;
    ROW_ERROR("a warning after waiting", submit(file, request, &value, NULL), ERROR_MORE_DATA);

    ROW("a read moves the position", ReadFile(file, data, 5, &size, NULL) && size == 5 &&
                                         SetFilePointer(file, 0, NULL, FILE_CURRENT) == 5);
    ROW("a write goes there",
        WriteFile(file, data, 3, &size, NULL) && driver_state(control_file).write_offset == 5);
    ROW("SetFilePointer", SetFilePointer(file, 0x42, NULL, FILE_BEGIN) == 0x42 &&
                              ReadFile(file, data, 2, &size, NULL) && data[0] == 0x42);
    ROW("OVERLAPPED chooses the offset, and the call waits",
        WriteFile(file, data, 4, &size, &overlapped) && size == 4 &&
            driver_state(control_file).write_offset == 0x100);
    ROW("and the position follows",
        SetFilePointerEx(file, position, &position, FILE_CURRENT) && position.QuadPart == 0x104);
    CloseHandle(file);
}

static void test_append(void)
{
    HANDLE file = CreateFileA("\\\\.\\Async", FILE_APPEND_DATA | SYNCHRONIZE, 0, NULL,
                              OPEN_EXISTING, 0, NULL);
    char data[4] = "abc";
    DWORD size = 0;

    ROW("a file may be opened for appending only", file != INVALID_HANDLE_VALUE);
    ROW("and written", WriteFile(file, data, sizeof(data), &size, NULL) && size == sizeof(data));
    ROW("always at the end", driver_state(control_file).write_offset == -1);
    ROW_ERROR("but not read", ReadFile(file, data, sizeof(data), &size, NULL), ERROR_ACCESS_DENIED);
    CloseHandle(file);
    file = CreateFileA("\\\\.\\Async", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    ROW_ERROR("a file opened for reading cannot be written",
              WriteFile(file, data, sizeof(data), &size, NULL), ERROR_ACCESS_DENIED);
    ROW_ERROR("nor flushed", FlushFileBuffers(file), ERROR_ACCESS_DENIED);
    CloseHandle(file);
}

static DWORD WINAPI take_turn(LPVOID file)
{
    struct async_request request = {ASYNC_DELAY, 20, 0, 0};

    return (DWORD)submit(file, request, NULL, NULL);
}

static void test_turns(void)
{
    HANDLE file = open_device(SYNCHRONOUS_FILE);
    HANDLE threads[3];
    unsigned start = now_ms();
    BOOL in_turn = TRUE;

    for (int i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, take_turn, file, 0, NULL);
    ROW("several threads on a synchronous file",
        WaitForMultipleObjects(3, threads, TRUE, 10000) == WAIT_OBJECT_0);
    for (int i = 0; i < 3; i++) {
        DWORD code;

        in_turn &= GetExitCodeThread(threads[i], &code) && code == TRUE;
        CloseHandle(threads[i]);
    }
    ROW("each has its result", in_turn);
    ROW("one request after the other", now_ms() - start >= 58);
    CloseHandle(file);
}

int main(void)
{
    control_file = open_control();
    test_events();
    test_file_is_signaled();
    test_immediate();
    test_transfers();
    test_synchronous();
    test_append();
    test_turns();
    CloseHandle(control_file);
    return checks_end();
}
