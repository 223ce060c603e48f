/*
 * Reads the last text back from the Example driver, and asks how many were written.
 */
#include <windows.h>
#include <winioctl.h>
#include <stdio.h>
#include "ExampleCommon.h"

static int Failed(HANDLE device, const char *what)
{
    printf("%s failed: %lu\n", what, GetLastError());
    CloseHandle(device);
    return 1;
}

int main(void)
{
    char text[128];
    ULONG count;
    DWORD length;
    HANDLE device;

    device = CreateFileA("\\\\.\\Example", GENERIC_READ, 0, NULL, OPEN_EXISTING,
                         FILE_ATTRIBUTE_NORMAL, NULL);
    if (device == INVALID_HANDLE_VALUE) {
        printf("CreateFile failed: %lu\n", GetLastError());
        return 1;
    }
    if (!ReadFile(device, text, sizeof(text), &length, NULL))
        return Failed(device, "ReadFile");
    printf("%lu bytes read: %.*s\n", length, (int)length, text);
    if (!DeviceIoControl(device, IOCTL_EXAMPLE_WRITE_COUNT, NULL, 0, &count, sizeof(count), &length,
                         NULL))
        return Failed(device, "DeviceIoControl");
    printf("%lu texts written so far.\n", count);
    CloseHandle(device);
    return 0;
}
