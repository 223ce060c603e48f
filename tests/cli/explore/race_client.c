/* Two threads, each with a handle of its own: one sends requests and cancels them, one does not. */
#include <stdio.h>
#include <windows.h>
#include <winioctl.h>

#define REQUESTS 4

static DWORD WINAPI send_requests(void *argument)
{
    DWORD second = (DWORD)(DWORD_PTR)argument, bytes;
    DWORD code = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + second, METHOD_BUFFERED, FILE_ANY_ACCESS);
    HANDLE device = CreateFileA("\\\\.\\Race", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                                FILE_FLAG_OVERLAPPED, NULL);

    if (device == INVALID_HANDLE_VALUE)
        return 1;
    for (int i = 0; i < REQUESTS; i++) {
        OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};

        if (!DeviceIoControl(device, code, NULL, 0, NULL, 0, NULL, &overlapped) &&
            GetLastError() == ERROR_IO_PENDING) {
            CancelIo(device);
            GetOverlappedResult(device, &overlapped, &bytes, TRUE);
        }
        CloseHandle(overlapped.hEvent);
    }
    CloseHandle(device);
    return 0;
}

int main(void)
{
    HANDLE threads[2];
    DWORD codes[2];

    for (DWORD_PTR i = 0; i < 2; i++)
        threads[i] = CreateThread(NULL, 0, send_requests, (void *)i, 0, NULL);
    WaitForMultipleObjects(2, threads, TRUE, INFINITE);
    for (int i = 0; i < 2; i++)
        GetExitCodeThread(threads[i], &codes[i]);
    return codes[0] || codes[1];
}
