/*
 * Child processes, their exit codes, pipes, priorities, times. Started with arguments, the program
 * plays the child.
 */
#include "check.h"

#include <stdlib.h>
#include <tlhelp32.h>

static int child(char **arguments)
{
    if (strcmp(arguments[1], "exit") == 0)
        ExitProcess((UINT)atoi(arguments[2]));
    if (strcmp(arguments[1], "echo") == 0) {
        char text[64];
        DWORD count;

        GetEnvironmentVariableA("RINGSIDE_CHILD", text, sizeof(text));
        WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, (DWORD)strlen(text), &count, NULL);
        return 0;
    }
    if (strcmp(arguments[1], "fault") == 0)
        *(volatile int *)0x10 = 1;
    Sleep(60000);
    return 0;
}

static BOOL start(const char *arguments, STARTUPINFOA *startup, PROCESS_INFORMATION *information)
{
    char program[MAX_PATH], line[MAX_PATH + 40];

    GetModuleFileNameA(NULL, program, sizeof(program));
    snprintf(line, sizeof(line), "\"%s\" %s", program, arguments);
    return CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, startup, information);
}

static DWORD finish(const PROCESS_INFORMATION *information)
{
    DWORD code = 0;

    CHECK(WaitForSingleObject(information->hProcess, 30000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(information->hProcess, &code));
    CloseHandle(information->hThread);
    CloseHandle(information->hProcess);
    return code;
}

static void test_exit_codes(void)
{
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION information;
    DWORD code;

    CHECK(start("exit 42", &startup, &information));
    CHECK(GetProcessId(information.hProcess) == information.dwProcessId);
    CHECK(finish(&information) == 42);
    CHECK(start("fault", &startup, &information));
    CHECK(finish(&information) == (DWORD)EXCEPTION_ACCESS_VIOLATION);
    CHECK(start("sleep", &startup, &information));
    CHECK(GetExitCodeProcess(information.hProcess, &code) && code == STILL_ACTIVE);
    CHECK(TerminateProcess(information.hProcess, 9) && finish(&information) == 9);
    CHECK_ERROR(CreateProcessA("C:\\no_such.exe", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                               &information),
                ERROR_FILE_NOT_FOUND);
}

static void test_pipe(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof(inherit), NULL, TRUE};
    STARTUPINFOA startup = {.cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION information;
    char text[64] = {0};
    HANDLE read, write;
    DWORD count;

    write = CreateFileA("child.txt", GENERIC_WRITE, FILE_SHARE_READ, &inherit, CREATE_ALWAYS, 0, NULL);
    CHECK(write != INVALID_HANDLE_VALUE);
    SetEnvironmentVariableA("RINGSIDE_CHILD", "from the child");
    startup.hStdOutput = startup.hStdError = write;
    startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    CHECK(start("echo", &startup, &information));
    CloseHandle(write);
    CHECK(finish(&information) == 0);
    read = CreateFileA("child.txt", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(ReadFile(read, text, sizeof(text), &count, NULL) && strcmp(text, "from the child") == 0);
    CHECK(ReadFile(read, text, sizeof(text), &count, NULL) && count == 0);
    CloseHandle(read);
}

static void test_priorities(void)
{
    CHECK(GetPriorityClass(GetCurrentProcess()) == NORMAL_PRIORITY_CLASS);
    CHECK(SetPriorityClass(GetCurrentProcess(), HIGH_PRIORITY_CLASS));
    CHECK(GetPriorityClass(GetCurrentProcess()) == HIGH_PRIORITY_CLASS);
    CHECK(SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS));
    CHECK(GetThreadPriority(GetCurrentThread()) == THREAD_PRIORITY_NORMAL);
    CHECK(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL));
    CHECK(GetThreadPriority(GetCurrentThread()) == THREAD_PRIORITY_TIME_CRITICAL);
    CHECK(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL));
    CHECK_ERROR(SetThreadPriority(GetCurrentThread(), 99), ERROR_INVALID_PARAMETER);
}

static void test_lists(void)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS | TH32CS_SNAPTHREAD, 0);
    PROCESSENTRY32 process = {.dwSize = sizeof(process)};
    THREADENTRY32 thread = {.dwSize = sizeof(thread)};
    int own_process = 0, own_thread = 0;

    CHECK(snapshot != INVALID_HANDLE_VALUE);
    for (BOOL more = Process32First(snapshot, &process); more;
         more = Process32Next(snapshot, &process))
        own_process += process.th32ProcessID == GetCurrentProcessId();
    for (BOOL more = Thread32First(snapshot, &thread); more; more = Thread32Next(snapshot, &thread))
        own_thread += thread.th32ThreadID == GetCurrentThreadId() &&
                      thread.th32OwnerProcessID == GetCurrentProcessId();
    CHECK(own_process == 1 && own_thread == 1);
    CHECK(CloseHandle(snapshot));
    CHECK_ERROR(OpenProcess(PROCESS_ALL_ACCESS, FALSE, 0x7FFFFFF0), ERROR_INVALID_PARAMETER);
}

static void test_time(void)
{
    SYSTEMTIME system = {2020, 2, 0, 29, 12, 34, 56, 789}, back;
    LARGE_INTEGER before, after, frequency;
    FILETIME time;

    CHECK(SystemTimeToFileTime(&system, &time) && FileTimeToSystemTime(&time, &back));
    CHECK(back.wDay == 29 && back.wDayOfWeek == 6 && back.wMilliseconds == 789);
    system.wMonth = 13;
    CHECK_ERROR(SystemTimeToFileTime(&system, &time), ERROR_INVALID_PARAMETER);
    CHECK(QueryPerformanceFrequency(&frequency) && QueryPerformanceCounter(&before));
    Sleep(20);
    CHECK(QueryPerformanceCounter(&after));
    CHECK((after.QuadPart - before.QuadPart) * 1000 / frequency.QuadPart >= 15);
}

int main(int count, char **arguments)
{
    if (count > 1)
        return child(arguments);
    test_exit_codes();
    test_pipe();
    test_priorities();
    test_lists();
    test_time();
    return check_summary();
}
