/*
 * Writes one text to the Example driver, which prints it.
 */
#include <windows.h>
#include <stdio.h>

int main(void)
{
    static const char text[] = "Hello from user mode!";
    DWORD written;
    HANDLE device;

    device = CreateFileA("\\\\.\\Example", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                         FILE_ATTRIBUTE_NORMAL, NULL);
    if (device == INVALID_HANDLE_VALUE) {
        printf("CreateFile failed: %lu\n", GetLastError());
        return 1;
    }
    if (!WriteFile(device, text, sizeof(text), &written, NULL)) {
        printf("WriteFile failed: %lu\n", GetLastError());
        CloseHandle(device);
        return 1;
    }
    printf("%lu bytes written.\n", written);
    CloseHandle(device);
    return 0;
}
