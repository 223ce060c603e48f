/* Sends one request to the driver of Keep.c: keep, own, release or crash; or faults itself. */
#include <stdio.h>
#include <string.h>
#include <windows.h>
#include <winioctl.h>

#include "keep.h"

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "keep";
    DWORD code = strcmp(what, "own") == 0       ? IOCTL_KEEP_OWN
                 : strcmp(what, "release") == 0 ? IOCTL_KEEP_RELEASE
                 : strcmp(what, "crash") == 0   ? IOCTL_KEEP_CRASH
                                                : IOCTL_KEEP;
    char in[5] = "five", out[7];
    DWORD size;
    HANDLE device = CreateFileA("\\\\.\\DriverStack", GENERIC_READ | GENERIC_WRITE,
                                FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);

    if (strcmp(what, "fault") == 0)
        *(volatile int *)16 = 1;
    if (device == INVALID_HANDLE_VALUE) {
        printf("cannot be opened: %lu\n", GetLastError());
        return 1;
    }
    if (!DeviceIoControl(device, code, in, sizeof(in), out, sizeof(out), &size, NULL)) {
        printf("%s failed: %lu\n", what, GetLastError());
        return 1;
    }
    printf("%s done\n", what);
    CloseHandle(device);
    return 0;
}
