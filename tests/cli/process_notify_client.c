/* Opens the driver's device, is refused a process, starts a thread and a child, and crashes. */
#include <stdio.h>
#include <windows.h>

static DWORD WINAPI nothing(LPVOID argument)
{
    (void)argument;
    return 0;
}

static BOOL start(char *line)
{
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION started;
    char *program = strncmp(line, "C:\\refused", 10) == 0 ? "C:\\refused.exe" : "C:\\client.exe";

    if (!CreateProcessA(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &started))
        return FALSE;
    WaitForSingleObject(started.hProcess, INFINITE);
    return TRUE;
}

int main(int count, char **arguments)
{
    char refused[] = "C:\\refused.exe", child[] = "C:\\client.exe child";

    (void)arguments;
    if (count > 1)
        return 0;
    CreateFileA("\\\\.\\ProcessNotify", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (start(refused) || GetLastError() != ERROR_ACCESS_DENIED)
        return 1;
    WaitForSingleObject(CreateThread(NULL, 0, nothing, NULL, 0, NULL), INFINITE);
    if (!start(child))
        return 2;
    *(volatile int *)0x10 = 1;
    return 3;
}
