/* Starts itself once more and names that process to the driver; then it ends it, if it runs. */
#include <windows.h>
#include <string.h>

static int child(void)
{
    Sleep(60000);
    return 0;
}

int main(int argc, char **argv)
{
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    char path[MAX_PATH], line[MAX_PATH + 8];
    PROCESS_INFORMATION process;
    unsigned long long buffer;
    DWORD returned;
    HANDLE device;

    (void)argv;
    if (argc > 1)
        return child();
    GetModuleFileNameA(NULL, path, sizeof(path));
    strcpy(line, path);
    strcat(line, " child");
    if (!CreateProcessA(path, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))
        return 1;
    device =
        CreateFileA("\\\\.\\Verify", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    buffer = process.dwProcessId;
    if (!DeviceIoControl(device, 0x222000, &buffer, sizeof(buffer), &buffer, sizeof(buffer),
                         &returned, NULL))
        return 2;
    TerminateProcess(process.hProcess, 0);
    WaitForSingleObject(process.hProcess, INFINITE);
    CloseHandle(device);
    return 0;
}
