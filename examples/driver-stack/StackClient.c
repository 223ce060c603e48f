/*
 * Sends one request to the driver stack: plain (the default), later or deny.
 */
#include <windows.h>
#include <winioctl.h>
#include <stdio.h>
#include <string.h>
#include "DriverStack.h"

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "plain";
    DWORD code = IOCTL_STACK_PLAIN;
    DWORD answer = 0;
    DWORD bytes = 0;
    HANDLE device;
    int result = 0;

    if (strcmp(what, "later") == 0) {
        code = IOCTL_STACK_LATER;
    } else if (strcmp(what, "deny") == 0) {
        code = IOCTL_STACK_DENY;
    }
    device = CreateFileW(L"\\\\.\\DriverStack", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                         OPEN_EXISTING, 0, NULL);
    if (device == INVALID_HANDLE_VALUE) {
        printf("Failed to open device: %lu\n", GetLastError());
        return 1;
    }
    if (DeviceIoControl(device, code, NULL, 0, &answer, sizeof(answer), &bytes, NULL)) {
        printf("%s: done, %lu bytes", what, bytes);
        if (bytes == sizeof(answer)) {
            printf(", request %lu of the bus", answer);
        }
        printf("\n");
    } else {
        printf("%s: failed with error %lu\n", what, GetLastError());
        result = 1;
    }
    CloseHandle(device);
    return result;
}
