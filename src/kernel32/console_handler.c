/*
 * Control handlers (Ctrl+C, Ctrl+Break). They are called in the reverse of the order in which they
 * were added, until one returns TRUE; the last is the system's, which ends the process. See
 * kernel32.h.
 */
#include "kernel32.h"

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

/* Adds or removes a handler; NULL: ignore Ctrl+C, or not. */
WINBOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE routine, BOOL add)
{
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

/* Runs in a thread of its own, as Windows calls the handlers. */
static DWORD WINAPI call_handlers(LPVOID event)
{
    DWORD code = (DWORD)(ULONG_PTR)event;

    for (DWORD i = handler_count; i-- > 0;) {
        if (handlers[i](code))
            return 0;
    }
    RtlExitUserProcess(STATUS_CONTROL_C_EXIT);
}

/* Sends Ctrl+C or Ctrl+Break to this process; there are no process groups beyond it. */
WINBOOL WINAPI GenerateConsoleCtrlEvent(DWORD event, DWORD process_group)
{
    if (event > CTRL_BREAK_EVENT)
        return base_error(ERROR_INVALID_PARAMETER);
    if (process_group != 0 && process_group != GetCurrentProcessId())
        return base_error(ERROR_INVALID_PARAMETER);
    if (event == CTRL_C_EVENT && ignore_control_c)
        return TRUE;
    HANDLE thread = CreateThread(NULL, 0, call_handlers, (LPVOID)(ULONG_PTR)event, 0, NULL);

    return thread != NULL && CloseHandle(thread);
}
NT_EXPORT(GenerateConsoleCtrlEvent, 0, "uu");
