// SecondDriverClient.exe <thread id> <priority>: asks SecondDriver to set a thread's priority.
#include <windows.h>
#include <winioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include "SecondDriverCommon.h"

static int Error(const char *message)
{
    printf("%s (error=%lu)\n", message, GetLastError());
    return 1;
}

int main(int argc, const char *argv[])
{
    if (argc < 3) {
        printf("Usage: SecondDriverClient <thread id> <priority>\n");
        return 0;
    }

    auto device = CreateFileW(L"\\\\.\\SecondDriver", GENERIC_WRITE, FILE_SHARE_WRITE, nullptr,
                              OPEN_EXISTING, 0, nullptr);
    if (device == INVALID_HANDLE_VALUE)
        return Error("Failed to open device");

    ThreadData data;
    data.ThreadId = static_cast<ULONG>(atoi(argv[1]));
    data.Priority = atoi(argv[2]);

    DWORD returned;
    auto success = DeviceIoControl(device, IOCTL_SECOND_DRIVER_SET_PRIORITY, &data, sizeof(data),
                                   nullptr, 0, &returned, nullptr);
    auto result = success ? 0 : Error("Priority change failed");
    if (success)
        printf("Priority change succeeded!\n");
    CloseHandle(device);
    return result;
}
