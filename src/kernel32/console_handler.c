/*
 * Control handlers (Ctrl+C, Ctrl+Break). They are called in the reverse of the order in which they
 * were added, until one returns TRUE; the last is the system's, which ends the process. See
 * kernel32.h.
 */
#include "kernel32.h"
#include "machine/console.h"

#define HANDLERS 32

static PHANDLER_ROUTINE handlers[HANDLERS];
static DWORD handler_count;
static BOOL ignore_control_c;
static SRWLOCK handlers_lock = SRWLOCK_INIT;

static BOOL add_handler(PHANDLER_ROUTINE routine)
{
    if (handler_count == HANDLERS)
        return base_error(ERROR_NOT_ENOUGH_MEMORY);
    handlers[handler_count++] = routine;
    return TRUE;
}

static BOOL remove_handler(PHANDLER_ROUTINE routine)
{
    for (DWORD i = handler_count; i-- > 0;) {
        if (handlers[i] == routine) {
            memmove(&handlers[i], &handlers[i + 1], (handler_count - i - 1) * sizeof(handlers[0]));
            handler_count--;
            return TRUE;
        }
    }
    return base_error(ERROR_INVALID_PARAMETER);
}

/* Runs in a thread of its own, which the console starts. */
static DWORD WINAPI call_handlers(LPVOID event)
{
    DWORD code = (DWORD)(ULONG_PTR)event;

    if (code == CTRL_C_EVENT && ignore_control_c)
        return 0;
    for (DWORD i = handler_count; i-- > 0;) {
        if (handlers[i](code) && code != CTRL_CLOSE_EVENT)
            return 0;
    }
    RtlExitUserProcess(STATUS_CONTROL_C_EXIT);
}

static BOOL ask_console(ULONG code, void *input, ULONG size)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE console;
    NTSTATUS status;

    RtlInitUnicodeString(&name, CONSOLE_REQUEST_DEVICE);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = NtCreateFile(&console, SYNCHRONIZE, &attributes, &iosb, NULL, 0,
                          FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN,
                          FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    if (NT_SUCCESS(status)) {
        status =
            NtDeviceIoControlFile(console, NULL, NULL, NULL, &iosb, code, input, size, NULL, 0);
        NtClose(console);
    }
    return base_result(status);
}

/* From the first handler on the console calls them; before, Ctrl+C ends the process. */
static BOOL connect_handlers(void)
{
    static BOOL connected;
    ULONG64 routine = (ULONG64)call_handlers;

    connected = connected || ask_console(CONSOLE_SET_CONTROL_ROUTINE, &routine, sizeof(routine));
    return connected;
}

/* Adds or removes a handler; NULL: ignore Ctrl+C, or not. */
WINBOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE routine, BOOL add)
{
    if (!connect_handlers())
        return FALSE;
    if (routine == NULL) {
        ignore_control_c = add;
        return TRUE;
    }
    RtlAcquireSRWLockExclusive((PRTL_SRWLOCK)&handlers_lock);
    BOOL result = add ? add_handler(routine) : remove_handler(routine);

    RtlReleaseSRWLockExclusive((PRTL_SRWLOCK)&handlers_lock);
    return result;
}
NT_EXPORT(SetConsoleCtrlHandler, 0, "pb");

/*
 * Sends Ctrl+C or Ctrl+Break to this process, or with the group 0 to all of its console.
 * Differs from NT: there are no other process groups.
 */
WINBOOL WINAPI GenerateConsoleCtrlEvent(DWORD event, DWORD process_group)
{
    if (event > CTRL_BREAK_EVENT)
        return base_error(ERROR_INVALID_PARAMETER);
    if (process_group == 0)
        return ask_console(CONSOLE_SEND_EVENT, &event, sizeof(event));
    if (process_group != GetCurrentProcessId())
        return base_error(ERROR_INVALID_PARAMETER);
    HANDLE thread = CreateThread(NULL, 0, call_handlers, (LPVOID)(ULONG_PTR)event, 0, NULL);

    return thread != NULL && CloseHandle(thread);
}
NT_EXPORT(GenerateConsoleCtrlEvent, 0, "uu");
