/* Sends a request and ends without waiting for it. */
#include <windows.h>

int main(void)
{
    HANDLE device = CreateFileA("\\\\.\\Verify", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                                OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD done;

    if (device == INVALID_HANDLE_VALUE)
        return 1;
    if (DeviceIoControl(device, 0x222000, NULL, 0, NULL, 0, &done, &overlapped) ||
        GetLastError() != ERROR_IO_PENDING)
        return 2;
    return 0;
}
