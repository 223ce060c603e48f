/* Tries to end, suspend and read a protected process in every way, then an unprotected one. */
#include <stdio.h>
#include <windows.h>

static int failures;

static void expect(const char *what, BOOL result, BOOL wanted)
{
    DWORD error = result ? 0 : GetLastError();

    if (result == wanted && (wanted || error == ERROR_ACCESS_DENIED))
        return;
    printf("%s: %d, error %lu\n", what, result, error);
    failures++;
}

static BOOL start(PROCESS_INFORMATION *started)
{
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    char line[] = "C:\\victim.exe sleep";

    return CreateProcessA("C:\\victim.exe", line, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                          started);
}

static BOOL is_alive(HANDLE process)
{
    return WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
}

/* Handles from before the protection keep their rights; copies of them do not get them. */
static void test_duplicates(HANDLE before)
{
    HANDLE copy = NULL;

    expect("DuplicateHandle",
           DuplicateHandle(GetCurrentProcess(), before, GetCurrentProcess(), &copy, 0, FALSE,
                           DUPLICATE_SAME_ACCESS),
           TRUE);
    expect("TerminateProcess of a copy", TerminateProcess(copy, 1), FALSE);
    CloseHandle(copy);
    expect("DuplicateHandle of one right",
           DuplicateHandle(GetCurrentProcess(), before, GetCurrentProcess(), &copy,
                           PROCESS_TERMINATE | SYNCHRONIZE, FALSE, 0),
           TRUE);
    expect("TerminateProcess of a narrow copy", TerminateProcess(copy, 1), FALSE);
    CloseHandle(copy);
}

static void test_opens(DWORD process_id, DWORD thread_id)
{
    HANDLE process = OpenProcess(PROCESS_ALL_ACCESS, FALSE, process_id);
    HANDLE thread = OpenThread(THREAD_ALL_ACCESS, FALSE, thread_id);
    DWORD code;

    expect("OpenProcess", process != NULL, TRUE);
    expect("TerminateProcess", TerminateProcess(process, 1), FALSE);
    expect("GetExitCodeProcess", GetExitCodeProcess(process, &code), TRUE);
    expect("OpenThread", thread != NULL, TRUE);
    expect("TerminateThread", TerminateThread(thread, 1), FALSE);
    expect("SuspendThread", SuspendThread(thread) != (DWORD)-1, FALSE);
    expect("the victim is alive", is_alive(process), TRUE);
    CloseHandle(thread);
    CloseHandle(process);
    process = OpenProcess(PROCESS_TERMINATE, FALSE, process_id); /* a handle without rights */
    expect("OpenProcess for one right", process != NULL, TRUE);
    expect("TerminateProcess without it", TerminateProcess(process, 1), FALSE);
    CloseHandle(process);
}

int main(int count, char **arguments)
{
    PROCESS_INFORMATION first, second;
    HANDLE device, process;

    (void)arguments;
    if (count > 1) {
        Sleep(INFINITE);
        return 0;
    }
    expect("the first victim starts", start(&first), TRUE);
    device = CreateFileA("\\\\.\\HandleGuard", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    expect("the device", device != INVALID_HANDLE_VALUE, TRUE);
    test_duplicates(first.hProcess);
    test_opens(first.dwProcessId, first.dwThreadId);
    expect("the second victim starts", start(&second), TRUE);
    expect("TerminateProcess of the creator", TerminateProcess(second.hProcess, 1), FALSE);
    expect("an old handle", TerminateProcess(first.hProcess, 7), TRUE);
    expect("it ends", WaitForSingleObject(first.hProcess, 10000) == WAIT_OBJECT_0, TRUE);
    CloseHandle(device); /* protection ends */
    process = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, second.dwProcessId);
    expect("TerminateProcess without protection", TerminateProcess(process, 8), TRUE);
    expect("it ends, too", WaitForSingleObject(process, 10000) == WAIT_OBJECT_0, TRUE);
    printf("failures: %d\n", failures);
    return failures != 0;
}
