/*
 * Does what the lines of C:\commands.txt say, and shows each before it:
 *
 *   sc …              runs the program with these arguments, and prints its exit code
 *   open NAME         opens the device \\.\NAME          close    closes it
 *   hold NAME         opens the service NAME             release  closes it
 *   require 0 | 1     whether this machine wants drivers to have a signature
 *   # …               nothing
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>

static HANDLE device;
static SC_HANDLE manager, service;

static void run(char *line)
{
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION process;
    DWORD code = 0;

    if (!CreateProcessA("C:\\Windows\\System32\\sc.exe", line, NULL, NULL, TRUE, 0, NULL, NULL,
                        &startup, &process)) {
        printf("CreateProcess: %lu\n", GetLastError());
        return;
    }
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    CloseHandle(process.hProcess);
    CloseHandle(process.hThread);
    printf("= %lu\n", code);
}

static void open_device(const char *name)
{
    char path[80];
    HANDLE opened;

    snprintf(path, sizeof(path), "\\\\.\\%s", name);
    opened = CreateFileA(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    printf("= %lu\n", opened == INVALID_HANDLE_VALUE ? GetLastError() : 0);
    if (opened != INVALID_HANDLE_VALUE)
        device = opened;
}

static void require_signatures(DWORD value)
{
    HKEY key;

    RegCreateKeyExA(HKEY_LOCAL_MACHINE, "SYSTEM\\CurrentControlSet\\Control\\CI", 0, NULL, 0,
                    KEY_ALL_ACCESS, NULL, &key, NULL);
    RegSetValueExA(key, "RequireSignature", 0, REG_DWORD, (const BYTE *)&value, sizeof(value));
    RegCloseKey(key);
}

static void perform(char *line)
{
    if (strncmp(line, "sc", 2) == 0) {
        run(line);
    } else if (strncmp(line, "open ", 5) == 0) {
        open_device(line + 5);
    } else if (strcmp(line, "close") == 0) {
        CloseHandle(device);
        Sleep(10); /* the driver may go now, on another thread */
    } else if (strncmp(line, "hold ", 5) == 0) {
        service = OpenServiceA(manager, line + 5, SERVICE_ALL_ACCESS);
        printf("= %lu\n", service == NULL ? GetLastError() : 0);
    } else if (strcmp(line, "release") == 0) {
        CloseServiceHandle(service);
    } else if (strncmp(line, "require ", 8) == 0) {
        require_signatures(line[8] - '0');
    }
}

int main(void)
{
    char line[512];
    FILE *commands = fopen("C:\\commands.txt", "r");

    if (commands == NULL)
        return 1;
    setvbuf(stdout, NULL, _IONBF, 0);
    manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    while (fgets(line, sizeof(line), commands) != NULL) {
        line[strcspn(line, "\r\n")] = 0;
        printf("> %s\n", line);
        perform(line);
    }
    fclose(commands);
    return 0;
}
