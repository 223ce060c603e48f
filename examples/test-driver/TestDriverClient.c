/*
 * Uses each dispatch routine of TestDriver once: open, write, read, control, close.
 */
#include <windows.h>
#include <winioctl.h>
#include <stdio.h>
#include "TestDriverCommon.h"

int main(void)
{
    char text[4];
    DWORD length;
    ULONG state;
    HANDLE device;

    device = CreateFileW(L"\\\\.\\TestDriver", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                         0, NULL);
    if (device == INVALID_HANDLE_VALUE) {
        printf("Failed to open device: %lu\n", GetLastError());
        return 1;
    }
    if (WriteFile(device, "test", 4, &length, NULL))
        printf("%lu bytes written.\n", length);
    if (ReadFile(device, text, sizeof(text), &length, NULL))
        printf("%lu bytes read: %.*s\n", length, (int)length, text);
    if (DeviceIoControl(device, IOCTL_TESTDRIVER_POWER_STATE, NULL, 0, &state, sizeof(state),
                        &length, NULL))
        printf("Power state D%lu.\n", state - 1);
    CloseHandle(device);
    return 0;
}
