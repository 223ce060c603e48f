/* Reads two numbers through access_kernel_copy.c, at the address that it tells. */
#include <windows.h>

int main(void)
{
    unsigned long long buffer[3] = {0};
    DWORD returned;
    HANDLE device =
        CreateFileA("\\\\.\\Verify", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);

    for (int i = 0; i < 2; i++)
        if (!DeviceIoControl(device, 0x222000, buffer, sizeof(buffer), buffer, sizeof(buffer),
                             &returned, NULL))
            return 1;
    CloseHandle(device);
    return buffer[2] == 2 ? 0 : 2;
}
