/*
 * Threads send requests with buffers in one page, while the others touch it too. Exit code 0 when
 * every byte is as it should be.
 */
#include <stdio.h>
#include <string.h>
#include <windows.h>

#define SIZE 64
#define THREADS 3
#define ROUNDS 6

static char *page; /* each thread has 2 * SIZE bytes of it; behind them, what all count in */
static volatile LONG *counter;
static volatile LONG wrong;

static void fail(const char *what, DWORD number)
{
    printf("%s: %lu, error %lu\n", what, number, GetLastError());
    InterlockedIncrement(&wrong);
}

static void echo(HANDLE file, DWORD code, char *input, char *output, char letter)
{
    DWORD done = 0;

    memset(input, letter, SIZE);
    memset(output, 0, SIZE);
    if (!DeviceIoControl(file, code, input, SIZE, output, SIZE, &done, NULL) || done != SIZE)
        fail("echo", code);
    if (memcmp(input, output, SIZE) != 0)
        fail("bytes", code);
}

static void later(HANDLE file, char *input, char *output, DWORD value)
{
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD done = 0;

    memcpy(input, &value, sizeof(value));
    if (!DeviceIoControl(file, 0x22200F, input, SIZE, output, SIZE, NULL, &overlapped) &&
        GetLastError() != ERROR_IO_PENDING)
        fail("later", value);
    for (int i = 0; i < 10; i++)
        InterlockedIncrement(counter); /* while the request is pending */
    if (!GetOverlappedResult(file, &overlapped, &done, TRUE) || done != sizeof(value) ||
        memcmp(output, &value, sizeof(value)) != 0)
        fail("result", value);
    CloseHandle(overlapped.hEvent);
}

static DWORD WINAPI work(LPVOID parameter)
{
    DWORD_PTR number = (DWORD_PTR)parameter;
    char *input = page + number * 2 * SIZE, *output = input + SIZE;
    HANDLE file = CreateFileA("\\\\.\\VerifyUser", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                              OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    HANDLE plain = CreateFileA("\\\\.\\VerifyUser", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                               OPEN_EXISTING, 0, NULL);

    if (file == INVALID_HANDLE_VALUE || plain == INVALID_HANDLE_VALUE)
        return 1;
    for (DWORD round = 0; round < ROUNDS; round++) {
        echo(plain, 0x222003 + 4 * (round % 3), input, output, (char)('a' + round + number));
        later(file, input, output, round * 1000 + (DWORD)number);
    }
    CloseHandle(file);
    CloseHandle(plain);
    return 0;
}

int main(void)
{
    HANDLE threads[THREADS];
    DWORD done;

    page = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    counter = (volatile LONG *)(page + 4092);
    for (DWORD_PTR i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, work, (LPVOID)i, 0, NULL);
    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    if (*counter != 10 * THREADS * ROUNDS)
        fail("counter", (DWORD)*counter);
    /* A bad address is the request's failure. */
    if (DeviceIoControl(
            CreateFileA("\\\\.\\VerifyUser", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL),
            0x222003, (LPVOID)0x20000, SIZE, page, SIZE, &done, NULL) ||
        GetLastError() != ERROR_NOACCESS)
        fail("bad address", 0);
    if (DeviceIoControl(
            CreateFileA("\\\\.\\VerifyUser", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL),
            0x222003, page + 4096 - SIZE / 2, SIZE, page, SIZE, &done, NULL) ||
        GetLastError() != ERROR_NOACCESS)
        fail("half an address", 0);
    return wrong ? 1 : 0;
}
