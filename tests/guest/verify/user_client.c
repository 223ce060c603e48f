/*
 * Sends requests whose buffers are its own memory, at its own addresses: METHOD_NEITHER 0x222003, a
 * write and a read. The 64 bytes lie in a page of their own.
 */
#include <stdio.h>
#include <windows.h>

#define SIZE 64

int main(void)
{
    HANDLE file =
        CreateFileA("\\\\.\\Verify", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    char *bytes = VirtualAlloc(NULL, 8192, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DWORD done;

    if (file == INVALID_HANDLE_VALUE || !bytes)
        return 1;
    *(DWORD *)bytes = SIZE;
    memset(bytes + sizeof(DWORD), 'u', SIZE - sizeof(DWORD));
    if (!DeviceIoControl(file, 0x222003, bytes, SIZE, bytes + 4096, SIZE, &done, NULL))
        printf("error %lu\n", GetLastError());
    WriteFile(file, bytes, SIZE, &done, NULL);
    ReadFile(file, bytes, SIZE, &done, NULL);
    CloseHandle(file);
    return 0;
}
