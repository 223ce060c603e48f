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

static DWORD code_of(DWORD way)
{
    return 0x222003 + 4 * way;
}

static void straight(HANDLE file, char *input, char *output)
{
    DWORD done = 0, numbers[2];

    for (int i = 0; i < SIZE; i++)
        input[i] = (char)i;
    memcpy(numbers, input, sizeof(numbers));
    numbers[0]++;
    numbers[1] ^= 0x55;
    if (!DeviceIoControl(file, code_of(5), input, SIZE, output, SIZE, &done, NULL) || done != SIZE)
        fail("straight", done);
    if (memcmp(output, numbers, sizeof(numbers)) != 0 ||
        memcmp(input + sizeof(numbers), output + sizeof(numbers), SIZE - sizeof(numbers)) != 0)
        fail("numbers", 5);
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
        echo(plain, code_of(round % 3), input, output, (char)('a' + round + number));
        echo(plain, code_of(4), input, output, (char)('A' + round + number));
        straight(plain, input, output);
        later(file, input, output, round * 1000 + (DWORD)number);
    }
    CloseHandle(file);
    CloseHandle(plain);
    return 0;
}

static HANDLE open_device(void)
{
    return CreateFileA("\\\\.\\VerifyUser", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
}

/* A bad address is the request's failure. */
static void must_fail(const char *what, DWORD way, char *input, char *output)
{
    HANDLE file = open_device();
    DWORD done;

    if (DeviceIoControl(file, code_of(way), input, SIZE, output, SIZE, &done, NULL) ||
        GetLastError() != ERROR_NOACCESS)
        fail(what, way);
    CloseHandle(file);
}

static void bad_addresses(void)
{
    volatile char *constant = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);

    if (constant[0] != 0)
        fail("fresh memory", 0);
    for (DWORD way = 0; way < 3; way++) {
        must_fail("bad address", way, (char *)0x20000, page);
        must_fail("half an address", way, page + 4096 - SIZE / 2, page);
        must_fail("half an output", way, page, page + 4096 - SIZE / 2);
        must_fail("constant output", way, page, (char *)constant);
    }
    must_fail("straight to constant output", 5, page, (char *)constant);
    if (constant[0] != 0)
        fail("constant", 0);
}

/* Blocks that lie in two pages, whose memory is not side by side. */
static void across(void)
{
    char *pages = VirtualAlloc(NULL, 3 * 4096, MEM_RESERVE, PAGE_READWRITE);
    HANDLE file = open_device();

    for (int i = 2; i >= 0; i--) {
        if (!VirtualAlloc(pages + i * 4096, 4096, MEM_COMMIT, PAGE_READWRITE))
            fail("commit", (DWORD)i);
        *(volatile char *)(pages + i * 4096) = 1; /* gets its memory now */
    }
    for (DWORD way = 0; way < 3; way++)
        echo(file, code_of(way), pages + 4096 - SIZE / 2, pages + 8192 - SIZE / 4,
             (char)('x' + way));
    straight(file, pages + 4096 - SIZE / 2, pages + 8192 - SIZE / 4);
    CloseHandle(file);
}

int main(void)
{
    HANDLE threads[THREADS];

    page = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    counter = (volatile LONG *)(page + 4092);
    for (DWORD_PTR i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, work, (LPVOID)i, 0, NULL);
    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    if (*counter != 10 * THREADS * ROUNDS)
        fail("counter", (DWORD)*counter);
    across();
    bad_addresses();
    return wrong ? 1 : 0;
}
