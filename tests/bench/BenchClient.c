/*
 * The client that the bench measures, through kernel32:
 *
 *     BenchClient.exe null COUNT   null requests, which the driver completes at once
 *     BenchClient.exe port COUNT   overlapped requests, which the driver pends and a DPC completes;
 *                                  each is awaited at a completion port
 *
 * The bench takes the time of two runs with different counts.
 */
#include <windows.h>
#include <stdlib.h>
#include <string.h>
#include "bench_codes.h"

static HANDLE open_device(DWORD flags)
{
    return CreateFileA("\\\\.\\Bench", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags,
                       NULL);
}

static int send_null(long count)
{
    HANDLE device = open_device(0);
    DWORD done;

    if (device == INVALID_HANDLE_VALUE)
        return 1;
    for (long i = 0; i < count; i++)
        if (!DeviceIoControl(device, BENCH_BUFFERED, NULL, 0, NULL, 0, &done, NULL))
            return 2;
    CloseHandle(device);
    return 0;
}

static int send_overlapped(long count)
{
    HANDLE device = open_device(FILE_FLAG_OVERLAPPED);
    HANDLE port = CreateIoCompletionPort(device, NULL, 1, 0);
    OVERLAPPED request = {0}, *finished;
    ULONG_PTR key;
    DWORD done;

    if (!port)
        return 1;
    for (long i = 0; i < count; i++) {
        if (DeviceIoControl(device, BENCH_PEND_DPC, NULL, 0, NULL, 0, NULL, &request) ||
            GetLastError() != ERROR_IO_PENDING)
            return 2;
        if (!GetQueuedCompletionStatus(port, &done, &key, &finished, INFINITE) ||
            finished != &request)
            return 3;
    }
    CloseHandle(port);
    CloseHandle(device);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 10;
    if (strcmp(argv[1], "port") == 0)
        return send_overlapped(atol(argv[2]));
    return send_null(atol(argv[2]));
}
