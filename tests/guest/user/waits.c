/* Events, mutexes, semaphores, timers, completion ports: names, states, errors. */
#include "check.h"

static void test_events(void)
{
    HANDLE automatic = CreateEventA(NULL, FALSE, TRUE, NULL);
    HANDLE named = CreateEventA(NULL, TRUE, FALSE, "ringside_test_event"), second;

    CHECK(WaitForSingleObject(automatic, 0) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(automatic, 1) == WAIT_TIMEOUT);
    CHECK(named != NULL && GetLastError() == 0);
    second = CreateEventA(NULL, TRUE, FALSE, "ringside_test_event");
    CHECK(second != NULL && GetLastError() == ERROR_ALREADY_EXISTS);
    CHECK(SetEvent(second) && WaitForSingleObject(named, 0) == WAIT_OBJECT_0);
    CHECK(ResetEvent(named) && WaitForSingleObject(second, 0) == WAIT_TIMEOUT);
    CHECK_ERROR(CreateMutexA(NULL, FALSE, "ringside_test_event"), ERROR_INVALID_HANDLE);
    CHECK_ERROR(OpenEventA(EVENT_ALL_ACCESS, FALSE, "ringside_no_event"), ERROR_FILE_NOT_FOUND);
    HANDLE both[2] = {automatic, named};

    SetEvent(named);
    CHECK(WaitForMultipleObjects(2, both, FALSE, 0) == WAIT_OBJECT_0 + 1);
    CHECK(WaitForMultipleObjects(2, both, TRUE, 1) == WAIT_TIMEOUT);
    CHECK(CloseHandle(automatic) && CloseHandle(named) && CloseHandle(second));
    CHECK_ERROR(OpenEventA(EVENT_ALL_ACCESS, FALSE, "ringside_test_event"), ERROR_FILE_NOT_FOUND);
    CHECK_ERROR(SetEvent((HANDLE)0x7FF0), ERROR_INVALID_HANDLE);
    CHECK(WaitForSingleObject((HANDLE)0x7FF0, 0) == WAIT_FAILED);
}

static DWORD WINAPI abandon(LPVOID mutex)
{
    return WaitForSingleObject(mutex, INFINITE);
}

static void test_mutex_and_semaphore(void)
{
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL);
    LONG previous;

    CHECK(WaitForSingleObject(mutex, 0) == WAIT_OBJECT_0);
    CHECK(ReleaseMutex(mutex) && ReleaseMutex(mutex));
    CHECK_ERROR(ReleaseMutex(mutex), ERROR_NOT_OWNER);
    HANDLE thread = CreateThread(NULL, 0, abandon, mutex, 0, NULL);

    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    CHECK(WaitForSingleObject(mutex, 0) == WAIT_ABANDONED);
    CloseHandle(mutex);
    HANDLE semaphore = CreateSemaphoreA(NULL, 1, 2, NULL);

    CHECK(WaitForSingleObject(semaphore, 0) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(semaphore, 0) == WAIT_TIMEOUT);
    CHECK(ReleaseSemaphore(semaphore, 2, &previous) && previous == 0);
    CHECK_ERROR(ReleaseSemaphore(semaphore, 1, NULL), ERROR_TOO_MANY_POSTS);
    CloseHandle(semaphore);
}

static void test_timer(void)
{
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    LARGE_INTEGER due = {.QuadPart = -20000}; /* 2 ms */
    ULONGLONG start = GetTickCount64();

    CHECK(SetWaitableTimer(timer, &due, 1, NULL, NULL, FALSE));
    CHECK(WaitForSingleObject(timer, 1000) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(timer, 1000) == WAIT_OBJECT_0); /* the period */
    CHECK(CancelWaitableTimer(timer) && WaitForSingleObject(timer, 30) == WAIT_TIMEOUT);
    CHECK(GetTickCount64() - start >= 20 && GetTickCount64() - start < 5000);
    CloseHandle(timer);
}

static void test_completion_port(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    OVERLAPPED_ENTRY entries[4];
    OVERLAPPED overlapped = {0}, *returned;
    DWORD size;
    ULONG_PTR key;
    ULONG count;

    CHECK(port != NULL);
    CHECK(PostQueuedCompletionStatus(port, 11, 22, &overlapped));
    CHECK(GetQueuedCompletionStatus(port, &size, &key, &returned, 0));
    CHECK(size == 11 && key == 22 && returned == &overlapped);
    CHECK_ERROR(GetQueuedCompletionStatus(port, &size, &key, &returned, 1), WAIT_TIMEOUT);
    CHECK(returned == NULL);
    PostQueuedCompletionStatus(port, 1, 0, NULL);
    PostQueuedCompletionStatus(port, 2, 0, NULL);
    CHECK(GetQueuedCompletionStatusEx(port, entries, 4, &count, 0, FALSE) && count == 2);
    CHECK(entries[0].dwNumberOfBytesTransferred == 1 && entries[1].dwNumberOfBytesTransferred == 2);
    CHECK(CloseHandle(port));
}

static void test_handles(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), copy;
    DWORD flags;

    CHECK(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    CHECK(SetEvent(copy) && WaitForSingleObject(event, 0) == WAIT_OBJECT_0);
    CHECK(SetHandleInformation(copy, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    CHECK(GetHandleInformation(copy, &flags) && flags == HANDLE_FLAG_INHERIT);
    CHECK(GetHandleInformation(event, &flags) && flags == 0);
    CHECK(CloseHandle(event) && CloseHandle(copy));
    CHECK_ERROR(CloseHandle(copy), ERROR_INVALID_HANDLE);
}

int main(void)
{
    test_events();
    test_mutex_and_semaphore();
    test_timer();
    test_completion_port();
    test_handles();
    return check_summary();
}
