/*
 * Sends a structure with the address of a variable.
 */
#include <stdio.h>
#include <windows.h>

int main(void)
{
    HANDLE file =
        CreateFileA("\\\\.\\Verify", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    volatile DWORD target = 0;
    volatile DWORD *pointer = &target;
    DWORD done;

    if (file == INVALID_HANDLE_VALUE)
        return 1;
    DeviceIoControl(file, 0x222000, &pointer, sizeof(pointer), NULL, 0, &done, NULL);
    CloseHandle(file);
    return target == 1 ? 0 : 2;
}
