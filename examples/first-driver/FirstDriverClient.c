/*
 * Opens and closes the device of FirstDriver.
 */
#include <windows.h>
#include <stdio.h>

int main(void)
{
    HANDLE device = CreateFileW(L"\\\\.\\FirstDriver", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                                OPEN_EXISTING, 0, NULL);

    if (device == INVALID_HANDLE_VALUE) {
        printf("Failed to open device: %lu\n", GetLastError());
        return 1;
    }
    printf("Device opened.\n");
    CloseHandle(device);
    printf("Device closed.\n");
    return 0;
}
