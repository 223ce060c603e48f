/*
 * One device, several handles, threads and processes: duplicated and inherited handles, share
 * modes, and processes that end with requests in flight. Runs itself as children, with a word that
 * says what a child does.
 */
#include "async_client.h"

#include <stdlib.h>

#define LONG_MS 400000u /* more than the five minutes that a thread's end waits */

/* ---- children ------------------------------------------------------------------------------ */

static DWORD WINAPI hold_synchronously(LPVOID context)
{
    struct async_request request = {.how = ASYNC_HOLD};

    (void)context;
    return (DWORD)submit(open_device(SYNCHRONOUS_FILE), request, NULL, NULL);
}

static int leave(enum async_how how, DWORD sleep_ms)
{
    static OVERLAPPED overlapped;
    static unsigned value;

    if (!pends(open_device(OVERLAPPED_FILE), how, LONG_MS, &value, &overlapped))
        return 90;
    Sleep(sleep_ms);
    return 5;
}

/* The number of the file behind a handle; 0 when there is none. */
static int file_of(HANDLE file)
{
    struct async_state state;
    DWORD size;

    return DeviceIoControl(file, ASYNC_STATE, NULL, 0, &state, sizeof(state), &size, NULL)
               ? (int)state.file
               : 0;
}

/* Many requests, each its own value. */
static int work(unsigned seed)
{
    HANDLE file = open_device(SYNCHRONOUS_FILE);
    int wrong = 0;

    for (unsigned i = 0; i < 20; i++) {
        struct async_request request = {i % 2 ? ASYNC_WORK : ASYNC_DELAY, i % 3 + 1, 0, seed + i};
        unsigned value = 0;

        wrong += !submit(file, request, &value, NULL) || value != seed + i;
    }
    CloseHandle(file);
    return wrong;
}

static int wait_for_value(void)
{
    HANDLE mapping = OpenFileMappingA(FILE_MAP_ALL_ACCESS, FALSE, "async_value");
    volatile ULONGLONG *value = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, 8);

    while (*value == 0)
        Sleep(1);
    return file_of((HANDLE)(ULONG_PTR)*value);
}

static int child(const char *what, const char *argument)
{
    if (strcmp(what, "exit") == 0)
        return leave(ASYNC_HOLD, 0);
    if (strcmp(what, "stay") == 0)
        return leave(ASYNC_HOLD, INFINITE);
    if (strcmp(what, "stubborn") == 0)
        return leave(ASYNC_STUBBORN, 0);
    if (strcmp(what, "block") == 0)
        return (int)hold_synchronously(NULL);
    if (strcmp(what, "file") == 0)
        return file_of((HANDLE)(ULONG_PTR)strtoul(argument, NULL, 10));
    if (strcmp(what, "value") == 0)
        return wait_for_value();
    if (strcmp(what, "work") == 0)
        return work((unsigned)strtoul(argument, NULL, 10));
    return 91;
}

/* ---- the parent ---------------------------------------------------------------------------- */

static HANDLE control_file;

static HANDLE start_with(const char *what, ULONG_PTR argument, BOOL inherit,
                         STARTUPINFOEXA *startup)
{
    PROCESS_INFORMATION information = {0};
    char program[MAX_PATH], line[MAX_PATH + 40];

    GetModuleFileNameA(NULL, program, sizeof(program));
    snprintf(line, sizeof(line), "\"%s\" %s %llu", program, what, (unsigned long long)argument);
    if (!CreateProcessA(program, line, NULL, NULL, inherit,
                        startup->lpAttributeList ? EXTENDED_STARTUPINFO_PRESENT : 0, NULL, NULL,
                        &startup->StartupInfo, &information))
        return NULL;
    CloseHandle(information.hThread);
    return information.hProcess;
}

static HANDLE start(const char *what, ULONG_PTR argument, BOOL inherit)
{
    STARTUPINFOEXA startup = {.StartupInfo = {.cb = sizeof(STARTUPINFOA)}};

    return start_with(what, argument, inherit, &startup);
}

static int code_of(HANDLE process)
{
    DWORD code = 0;

    WaitForSingleObject(process, INFINITE);
    GetExitCodeProcess(process, &code);
    CloseHandle(process);
    return (int)code;
}

static HANDLE duplicate(HANDLE file, DWORD access, DWORD options)
{
    HANDLE copy = NULL;

    SetLastError(0);
    return DuplicateHandle(GetCurrentProcess(), file, GetCurrentProcess(), &copy, access, FALSE,
                           options)
               ? copy
               : NULL;
}

static void test_duplicates(void)
{
    HANDLE file, copy, reader;
    char data[4] = "abc";
    DWORD size;

    driver_control(control_file, ASYNC_RESET);
    file = open_device(SYNCHRONOUS_FILE);
    copy = duplicate(file, 0, DUPLICATE_SAME_ACCESS);
    ROW("a duplicate is the same file", copy != NULL && copy != file && file_of(copy) == 1);
    ROW("with one position",
        ReadFile(file, data, 4, &size, NULL) && SetFilePointer(copy, 0, NULL, FILE_CURRENT) == 4);
    reader = duplicate(file, FILE_GENERIC_READ, 0);
    ROW("a duplicate for reading", ReadFile(reader, data, 4, &size, NULL));
    ROW_ERROR("cannot write", WriteFile(reader, data, 4, &size, NULL), ERROR_ACCESS_DENIED);
    ROW_ERROR("nor become one that can", duplicate(reader, FILE_GENERIC_WRITE, 0),
              ERROR_ACCESS_DENIED);
    CloseHandle(file);
    ROW("closing one handle is no CLEANUP", log_is(control_file, "create1 "));
    CloseHandle(reader);
    file = duplicate(copy, 0, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
    ROW("DUPLICATE_CLOSE_SOURCE moves a handle",
        file != NULL && file_of(file) == 1 && file_of(copy) == (copy == file));
    ROW("without CLEANUP", log_is(control_file, "create1 "));
    ROW("with no target it closes",
        DuplicateHandle(GetCurrentProcess(), file, NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
    ROW("the last handle: CLEANUP and CLOSE, once",
        log_is(control_file, "create1 cleanup1 close1 "));
    ROW_ERROR("a handle that is none", duplicate((HANDLE)0x7FF0, 0, DUPLICATE_SAME_ACCESS),
              ERROR_INVALID_HANDLE);
}

static void test_duplicate_to_child(void)
{
    HANDLE mapping =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 8, "async_value");
    volatile ULONGLONG *value = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, 8);
    HANDLE file, process, theirs = NULL;

    driver_control(control_file, ASYNC_RESET);
    file = open_device(SYNCHRONOUS_FILE);
    process = start("value", 0, FALSE);
    ROW("a duplicate for another process",
        DuplicateHandle(GetCurrentProcess(), file, process, &theirs, 0, FALSE,
                        DUPLICATE_SAME_ACCESS));
    CloseHandle(file);
    ROW("keeps the file open", log_is(control_file, "create1 "));
    *value = (ULONG_PTR)theirs;
    ROW("is the same file there", code_of(process) == 1);
    ROW("and the end of that process closes it", log_is(control_file, "create1 cleanup1 close1 "));
    UnmapViewOfFile((LPCVOID)value);
    CloseHandle(mapping);
}

static HANDLE open_inheritable(void)
{
    SECURITY_ATTRIBUTES security = {sizeof(security), NULL, TRUE};

    return CreateFileA("\\\\.\\Async", GENERIC_READ | GENERIC_WRITE, 0, &security, OPEN_EXISTING, 0,
                       NULL);
}

static void test_inheritance(void)
{
    HANDLE file, plain;

    driver_control(control_file, ASYNC_RESET);
    file = open_inheritable();
    plain = open_device(SYNCHRONOUS_FILE);
    ROW("an inheritable handle is inherited", code_of(start("file", (ULONG_PTR)file, TRUE)) == 1);
    ROW("another is not", code_of(start("file", (ULONG_PTR)plain, TRUE)) == 0);
    ROW("nor without bInheritHandles", code_of(start("file", (ULONG_PTR)file, FALSE)) == 0);
    SetHandleInformation(plain, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    SetHandleInformation(file, HANDLE_FLAG_INHERIT, 0);
    ROW("SetHandleInformation makes one inheritable",
        code_of(start("file", (ULONG_PTR)plain, TRUE)) == 2);
    ROW("and another not", code_of(start("file", (ULONG_PTR)file, TRUE)) == 0);
    CloseHandle(file);
    CloseHandle(plain);
    ROW("no child did CLEANUP", log_is(control_file, "create1 create2 cleanup1 close1 cleanup2 "
                                                     "close2 "));
}

static void test_handle_list(void)
{
    STARTUPINFOEXA startup = {.StartupInfo = {.cb = sizeof(startup)}};
    HANDLE listed, other, plain;
    SIZE_T size = 0;

    driver_control(control_file, ASYNC_RESET);
    listed = open_inheritable();
    other = open_inheritable();
    plain = open_device(SYNCHRONOUS_FILE);
    ROW_ERROR("the size of an attribute list", InitializeProcThreadAttributeList(NULL, 1, 0, &size),
              ERROR_INSUFFICIENT_BUFFER);
    startup.lpAttributeList = malloc(size);
    ROW("an attribute list",
        InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &size));
    ROW("takes a list of handles",
        UpdateProcThreadAttribute(startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                  &listed, sizeof(listed), NULL, NULL));
    ROW("a handle of the list is inherited",
        code_of(start_with("file", (ULONG_PTR)listed, TRUE, &startup)) == 1);
    ROW("no other", code_of(start_with("file", (ULONG_PTR)other, TRUE, &startup)) == 0);
    ROW_ERROR("not without bInheritHandles", start_with("file", (ULONG_PTR)listed, FALSE, &startup),
              ERROR_INVALID_PARAMETER);
    DeleteProcThreadAttributeList(startup.lpAttributeList);
    InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &size);
    UpdateProcThreadAttribute(startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &plain,
                              sizeof(plain), NULL, NULL);
    ROW_ERROR("nor a handle that is not inheritable",
              start_with("file", (ULONG_PTR)plain, TRUE, &startup), ERROR_INVALID_PARAMETER);
    DeleteProcThreadAttributeList(startup.lpAttributeList);
    free(startup.lpAttributeList);
    CloseHandle(listed);
    CloseHandle(other);
    CloseHandle(plain);
}

static void test_ends(void)
{
    HANDLE process;

    driver_control(control_file, ASYNC_RESET);
    ROW("a process ends with a request in flight", code_of(start("exit", 0, FALSE)) == 5);
    ROW("which is cancelled, then CLEANUP, then CLOSE",
        log_is(control_file, "create1 cancel1 cleanup1 close1 "));
    driver_control(control_file, ASYNC_RESET);
    process = start("stay", 0, FALSE);
    ROW("another process waits", holds(control_file, 1));
    ROW("TerminateProcess", TerminateProcess(process, 66) && code_of(process) == 66);
    ROW("cancels what it had in flight", log_is(control_file, "create1 cancel1 cleanup1 close1 "));
    driver_control(control_file, ASYNC_RESET);
    process = start("block", 0, FALSE);
    ROW("a process blocks in a synchronous request", holds(control_file, 1));
    ROW("TerminateProcess", TerminateProcess(process, 67) && code_of(process) == 67);
    ROW("cancels it", log_is(control_file, "create1 cancel1 cleanup1 close1 "));
    driver_control(control_file, ASYNC_RESET);
    process = start("stubborn", 0, FALSE);
    ROW("a request that cannot be cancelled keeps its process",
        holds(control_file, 1) && WaitForSingleObject(process, 1000) == WAIT_TIMEOUT);
    ROW("for five minutes", code_of(process) == 5 && driver_state(control_file).pending == 1);
    ROW("then it goes on alone, with its file", log_is(control_file, "create1 cleanup1 "));
    Sleep(LONG_MS);
    ROW("to its end", log_is(control_file, "create1 cleanup1 close1 "));
}

static DWORD WINAPI work_thread(LPVOID seed)
{
    return (DWORD)work((unsigned)(ULONG_PTR)seed);
}

static void test_crowd(void)
{
    HANDLE processes[3], threads[3];
    int wrong = 0;

    for (ULONG_PTR i = 0; i < 3; i++) {
        processes[i] = start("work", i * 100, FALSE);
        threads[i] = CreateThread(NULL, 0, work_thread, (LPVOID)(i * 1000), 0, NULL);
    }
    for (int i = 0; i < 3; i++) {
        DWORD code = 1;

        wrong += code_of(processes[i]);
        WaitForSingleObject(threads[i], INFINITE);
        GetExitCodeThread(threads[i], &code);
        wrong += (int)code;
        CloseHandle(threads[i]);
    }
    ROW("three processes and three threads get their own results", wrong == 0);
}

static HANDLE open_shared(DWORD access, DWORD share)
{
    HANDLE file = CreateFileA("\\\\.\\Async\\share", access, share, NULL, OPEN_EXISTING, 0, NULL);

    return file == INVALID_HANDLE_VALUE ? NULL : file;
}

static void test_share_modes(void)
{
    HANDLE first = open_shared(GENERIC_READ, FILE_SHARE_READ), second, copy;

    ROW("the first open sets the share mode", first != NULL);
    second = open_shared(GENERIC_READ, FILE_SHARE_READ);
    ROW("a second reader", second != NULL);
    ROW_ERROR("no writer", open_shared(GENERIC_WRITE, FILE_SHARE_READ), ERROR_SHARING_VIOLATION);
    ROW_ERROR("no reader who does not share", open_shared(GENERIC_READ, 0),
              ERROR_SHARING_VIOLATION);
    copy = duplicate(first, 0, DUPLICATE_SAME_ACCESS);
    ROW("duplicates do not count", copy != NULL);
    CloseHandle(second);
    CloseHandle(first);
    ROW_ERROR("a duplicate keeps the file open", open_shared(GENERIC_WRITE, 0),
              ERROR_SHARING_VIOLATION);
    CloseHandle(copy);
    first = open_shared(GENERIC_WRITE, 0);
    ROW("afterwards everything is allowed", first != NULL);
    CloseHandle(first);
}

int main(int count, char **arguments)
{
    if (count > 2)
        return child(arguments[1], arguments[2]);
    control_file = open_control();
    test_duplicates();
    test_duplicate_to_child();
    test_inheritance();
    test_handle_list();
    test_ends();
    test_crowd();
    test_share_modes();
    CloseHandle(control_file);
    return checks_end();
}
