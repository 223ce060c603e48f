/*
 * Processes seen from outside: created suspended, ended with threads in every state, crashed, and
 * what the information classes say. Started with an argument, the program plays the child.
 */
#include "check.h"

#include <stdlib.h>
#include <winternl.h>

#define STATUS_INFO_LENGTH_MISMATCH_ ((NTSTATUS)0xC0000004)
#define STATUS_INVALID_INFO_CLASS_ ((NTSTATUS)0xC0000003)
#define STATUS_PROCESS_IS_TERMINATING_ ((NTSTATUS)0xC000010A)

static NTSTATUS(NTAPI *query_process)(HANDLE, ULONG, PVOID, ULONG, PULONG);
static NTSTATUS(NTAPI *next_process)(HANDLE, ACCESS_MASK, ULONG, ULONG, PHANDLE);
static NTSTATUS(NTAPI *suspend_process)(HANDLE);
static NTSTATUS(NTAPI *resume_process)(HANDLE);
static NTSTATUS(NTAPI *terminate_process)(HANDLE, NTSTATUS);

static char program[MAX_PATH];

static DWORD WINAPI sleep_for_ever(LPVOID argument)
{
    Sleep(INFINITE);
    return argument != NULL;
}

static DWORD WINAPI spin_for_ever(LPVOID argument)
{
    for (volatile LONG i = 0;; i++)
        if (argument == &argument)
            return 0;
}

static int child(const char *what, const char *argument)
{
    CreateThread(NULL, 0, sleep_for_ever, NULL, 0, NULL);
    CreateThread(NULL, 0, sleep_for_ever, NULL, CREATE_SUSPENDED, NULL);
    CreateThread(NULL, 0, spin_for_ever, NULL, 0, NULL);
    Sleep(5);
    if (strcmp(what, "fault") == 0)
        *(volatile int *)0x10 = 1;
    if (strcmp(what, "breakpoint") == 0)
        __debugbreak();
    if (strcmp(what, "signal") == 0) {
        SetEvent((HANDLE)(ULONG_PTR)strtoull(argument, NULL, 16));
        return 3;
    }
    if (strcmp(what, "self") == 0)
        TerminateProcess(GetCurrentProcess(), 17);
    if (strcmp(what, "sleep") == 0)
        Sleep(INFINITE);
    return 40; /* with the other threads still there */
}

static BOOL start(const char *arguments, BOOL inherit, DWORD flags, PROCESS_INFORMATION *started)
{
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    char line[MAX_PATH + 40];

    snprintf(line, sizeof(line), "\"%s\" %s", program, arguments);
    return CreateProcessA(program, line, NULL, NULL, inherit, flags, NULL, NULL, &startup, started);
}

static DWORD finish(const PROCESS_INFORMATION *started)
{
    DWORD code = 0;

    CHECK(WaitForSingleObject(started->hProcess, 30000) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(started->hThread, 0) == WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(started->hProcess, &code));
    CloseHandle(started->hThread);
    CloseHandle(started->hProcess);
    return code;
}

static DWORD run_child(const char *arguments)
{
    PROCESS_INFORMATION started;

    if (!start(arguments, FALSE, 0, &started))
        return ~0u;
    return finish(&started);
}

static void test_ends(void)
{
    CHECK(run_child("return") == 40);
    CHECK(run_child("self") == 17);
    CHECK(run_child("fault") == (DWORD)EXCEPTION_ACCESS_VIOLATION);
    CHECK(run_child("breakpoint") == (DWORD)EXCEPTION_BREAKPOINT);
}

static void test_terminate(void)
{
    PROCESS_INFORMATION started;

    CHECK(start("sleep", FALSE, 0, &started));
    CHECK(WaitForSingleObject(started.hProcess, 50) == WAIT_TIMEOUT);
    CHECK(TerminateProcess(started.hProcess, 9));
    CHECK(WaitForSingleObject(started.hProcess, 30000) == WAIT_OBJECT_0);
    CHECK(terminate_process(started.hProcess, 1) == STATUS_PROCESS_IS_TERMINATING_);
    CHECK(finish(&started) == 9);
}

static void test_suspended(void)
{
    PROCESS_INFORMATION started;
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    char text[8] = {0};
    SIZE_T count;

    CHECK(start("return", FALSE, CREATE_SUSPENDED, &started));
    CHECK(WaitForSingleObject(started.hProcess, 50) == WAIT_TIMEOUT);
    CHECK(GetThreadContext(started.hThread, &context) && context.Rcx != 0);
    CHECK(ReadProcessMemory(started.hProcess, (LPCVOID)context.Rcx, text, 4, &count) && count == 4);
    CHECK(ResumeThread(started.hThread) == 1);
    CHECK(finish(&started) == 40);
    CHECK(start("sleep", FALSE, CREATE_SUSPENDED, &started));
    CHECK(TerminateProcess(started.hProcess, 6));
    CHECK(finish(&started) == 6);
}

static void test_suspend_process(void)
{
    PROCESS_INFORMATION started;

    CHECK(start("return", FALSE, 0, &started));
    CHECK(suspend_process(started.hProcess) == 0);
    CHECK(WaitForSingleObject(started.hProcess, 200) == WAIT_TIMEOUT);
    CHECK(resume_process(started.hProcess) == 0);
    CHECK(finish(&started) == 40);
}

static void test_inherited_handle(void)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), NULL, TRUE};
    HANDLE event = CreateEventA(&inheritable, TRUE, FALSE, NULL);
    PROCESS_INFORMATION started;
    char arguments[40];

    snprintf(arguments, sizeof(arguments), "signal %llx", (unsigned long long)(ULONG_PTR)event);
    CHECK(start(arguments, FALSE, 0, &started));
    CHECK(finish(&started) == 3);
    CHECK(WaitForSingleObject(event, 0) == WAIT_TIMEOUT);
    CHECK(start(arguments, TRUE, 0, &started));
    CHECK(finish(&started) == 3);
    CHECK(WaitForSingleObject(event, 0) == WAIT_OBJECT_0);
    CloseHandle(event);
}

static void test_refused(void)
{
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION started;

    CHECK_ERROR(CreateProcessA("C:\\missing.exe", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                               &started),
                ERROR_FILE_NOT_FOUND);
    CHECK_ERROR(OpenProcess(PROCESS_ALL_ACCESS, FALSE, 0x7FFFFFFC), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentThreadId()),
                ERROR_INVALID_PARAMETER);
}

static BOOL ends_with(const UNICODE_STRING *string, const WCHAR *end)
{
    size_t length = wcslen(end);

    return string->Length >= length * sizeof(WCHAR) &&
           _wcsnicmp(string->Buffer + string->Length / sizeof(WCHAR) - length, end, length) == 0;
}

static void test_names(void)
{
    struct {
        UNICODE_STRING string;
        WCHAR text[512];
    } name;
    ULONG needed = 0;
    WCHAR file[MAX_PATH];
    DWORD length = GetModuleFileNameW(NULL, file, MAX_PATH);

    CHECK(query_process(GetCurrentProcess(), 43, &name, sizeof(name), NULL) == 0);
    CHECK(name.string.Length == length * sizeof(WCHAR) && ends_with(&name.string, file));
    CHECK(query_process(GetCurrentProcess(), 27, &name, sizeof(name), NULL) == 0);
    CHECK(_wcsnicmp(name.string.Buffer, L"\\Device\\HarddiskVolume", 22) == 0);
    CHECK(ends_with(&name.string, file + 2)); /* behind the drive letter */
    CHECK(query_process(GetCurrentProcess(), 60, &name, sizeof(name), &needed) == 0);
    CHECK(wcscmp(name.string.Buffer, GetCommandLineW()) == 0);
    CHECK(query_process(GetCurrentProcess(), 60, &name, needed - 1, &needed) ==
          STATUS_INFO_LENGTH_MISMATCH_);
}

static void test_information(void)
{
    PROCESS_BASIC_INFORMATION basic;
    ULONG_PTR pointer = 1;
    ULONG number = 0, cookie = 0;
    struct {
        SIZE_T peak_virtual, virtual_size;
        ULONG faults;
        SIZE_T sizes[8];
    } memory;

    CHECK(query_process(GetCurrentProcess(), 0, &basic, sizeof(basic), NULL) == 0);
    CHECK((DWORD)(ULONG_PTR)basic.UniqueProcessId == GetCurrentProcessId());
    CHECK(basic.PebBaseAddress != NULL);
    CHECK(query_process(GetCurrentProcess(), 0, &basic, sizeof(basic) - 1, NULL) ==
          STATUS_INFO_LENGTH_MISMATCH_);
    CHECK(query_process(GetCurrentProcess(), 7, &pointer, sizeof(pointer), NULL) == 0);
    CHECK(pointer == 0); /* no debugger */
    CHECK(query_process(GetCurrentProcess(), 20, &number, sizeof(number), NULL) == 0);
    CHECK(number > 0 && number < 1000);
    CHECK(query_process(GetCurrentProcess(), 36, &cookie, sizeof(cookie), NULL) == 0);
    CHECK(query_process(GetCurrentProcess(), 36, &number, sizeof(number), NULL) == 0);
    CHECK(cookie == number);
    CHECK(query_process(GetCurrentProcess(), 3, &memory, sizeof(memory), NULL) == 0);
    CHECK(memory.virtual_size > 0x10000 && memory.peak_virtual >= memory.virtual_size);
    CHECK(query_process(GetCurrentProcess(), 31, &number, sizeof(number), NULL) == 0);
    CHECK(number == 1);
    CHECK(query_process(GetCurrentProcess(), 30, &pointer, sizeof(pointer), NULL) ==
          (NTSTATUS)0xC0000353);
    CHECK(query_process(GetCurrentProcess(), 9999, &pointer, sizeof(pointer), NULL) ==
          STATUS_INVALID_INFO_CLASS_);
}

/* This process is among those that it may open. */
static void test_enumeration(void)
{
    HANDLE process = NULL, next;
    BOOL found = FALSE;

    while (next_process(process, PROCESS_QUERY_LIMITED_INFORMATION, 0, 0, &next) == 0) {
        if (process != NULL)
            CloseHandle(process);
        process = next;
        found |= GetProcessId(process) == GetCurrentProcessId();
    }
    CloseHandle(process);
    CHECK(found);
}

static void find_services(void)
{
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");

    query_process = (void *)GetProcAddress(ntdll, "NtQueryInformationProcess");
    next_process = (void *)GetProcAddress(ntdll, "NtGetNextProcess");
    suspend_process = (void *)GetProcAddress(ntdll, "NtSuspendProcess");
    resume_process = (void *)GetProcAddress(ntdll, "NtResumeProcess");
    terminate_process = (void *)GetProcAddress(ntdll, "NtTerminateProcess");
}

int main(int count, char **arguments)
{
    if (count > 1)
        return child(arguments[1], count > 2 ? arguments[2] : "");
    GetModuleFileNameA(NULL, program, sizeof(program));
    find_services();
    test_names();
    test_information();
    test_enumeration();
    test_refused();
    test_ends();
    test_terminate();
    test_suspended();
    test_suspend_process();
    test_inherited_handle();
    return check_summary();
}
