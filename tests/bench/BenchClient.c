/*
 * The client that the bench measures: BenchClient.exe COUNT sends COUNT null requests through
 * kernel32. The bench takes the time of two runs with different counts.
 */
#include <windows.h>
#include <stdlib.h>
#include "bench_codes.h"

int main(int argc, char **argv)
{
    long count = argc > 1 ? atol(argv[1]) : 0;
    HANDLE device = CreateFileA("\\\\.\\Bench", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                                OPEN_EXISTING, 0, NULL);
    DWORD done;

    if (device == INVALID_HANDLE_VALUE)
        return 1;
    for (long i = 0; i < count; i++)
        if (!DeviceIoControl(device, BENCH_BUFFERED, NULL, 0, NULL, 0, &done, NULL))
            return 2;
    CloseHandle(device);
    return 0;
}
