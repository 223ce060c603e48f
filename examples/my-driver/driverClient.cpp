// Opens the device of MyDriver; says which error stopped it when it cannot.
#include <windows.h>
#include <stdio.h>

int main()
{
    HANDLE device = CreateFileW(L"\\\\.\\MyDriver", GENERIC_READ | GENERIC_WRITE, 0, nullptr,
                                OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);

    if (device == INVALID_HANDLE_VALUE) {
        printf("Failed to open device: %lu\n", GetLastError());
        return 1;
    }
    printf("Device opened successfully.\n");
    CloseHandle(device);
    return 0;
}
