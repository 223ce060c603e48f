/* Waiting and sleeping. See kernel32.h. */
#include "kernel32.h"

/* WAIT_… for the status of a wait; APCs and abandoned mutexes have the same numbers. */
static DWORD wait_result(NTSTATUS status)
{
    if (NT_SUCCESS(status))
        return (DWORD)status;
    base_result(status);
    return WAIT_FAILED;
}

/* Waits for one object. */
DWORD WINAPI WaitForSingleObjectEx(HANDLE handle, DWORD milliseconds, BOOL alertable)
{
    LARGE_INTEGER time;
    LARGE_INTEGER *timeout = base_timeout(&time, milliseconds);
    NTSTATUS status;

    handle = base_standard_handle(handle);
    do
        status = NtWaitForSingleObject(handle, alertable != FALSE, timeout);
    while (status == STATUS_ALERTED && alertable);
    return wait_result(status);
}
NT_EXPORT(WaitForSingleObjectEx, 0, "hub");

/* Waits for one object. */
DWORD WINAPI WaitForSingleObject(HANDLE handle, DWORD milliseconds)
{
    return WaitForSingleObjectEx(handle, milliseconds, FALSE);
}
NT_EXPORT(WaitForSingleObject, 0, "hu");

/* Waits for one or all of several objects. */
DWORD WINAPI WaitForMultipleObjectsEx(DWORD count, const HANDLE *handles, BOOL all,
                                      DWORD milliseconds, BOOL alertable)
{
    LARGE_INTEGER time;
    LARGE_INTEGER *timeout = base_timeout(&time, milliseconds);
    NTSTATUS status;

    if (count == 0 || count > MAXIMUM_WAIT_OBJECTS) {
        base_error(ERROR_INVALID_PARAMETER);
        return WAIT_FAILED;
    }
    do
        status = NtWaitForMultipleObjects(count, handles, all ? 0 : 1, alertable != FALSE, timeout);
    while (status == STATUS_ALERTED && alertable);
    return wait_result(status);
}
NT_EXPORT(WaitForMultipleObjectsEx, 0, "upbub");

/* Waits for one or all of several objects. */
DWORD WINAPI WaitForMultipleObjects(DWORD count, const HANDLE *handles, BOOL all,
                                    DWORD milliseconds)
{
    return WaitForMultipleObjectsEx(count, handles, all, milliseconds, FALSE);
}
NT_EXPORT(WaitForMultipleObjects, 0, "upbu");

/* Signals one object and waits for another, in one step. */
DWORD WINAPI SignalObjectAndWait(HANDLE signal, HANDLE wait, DWORD milliseconds, BOOL alertable)
{
    LARGE_INTEGER time;

    return wait_result(NtSignalAndWaitForSingleObject(signal, wait, alertable != FALSE,
                                                      base_timeout(&time, milliseconds)));
}
NT_EXPORT(SignalObjectAndWait, 0, "hhub");

/* Sleeps; an alertable sleep ends with WAIT_IO_COMPLETION when an APC has run. */
DWORD WINAPI SleepEx(DWORD milliseconds, BOOL alertable)
{
    LARGE_INTEGER time;
    NTSTATUS status;

    if (milliseconds == 0 && !alertable) {
        NtYieldExecution();
        return 0;
    }
    time.QuadPart =
        milliseconds == INFINITE ? (LONG64)0x8000000000000000ull : -10000ll * milliseconds;
    do
        status = NtDelayExecution(alertable != FALSE, &time);
    while (status == STATUS_ALERTED && alertable);
    return status == STATUS_USER_APC ? WAIT_IO_COMPLETION : 0;
}
NT_EXPORT(SleepEx, 0, "ub");

/* Sleeps. */
VOID WINAPI Sleep(DWORD milliseconds)
{
    SleepEx(milliseconds, FALSE);
}
NT_EXPORT(Sleep, 0, "u");

/* Gives the processor to another thread that is ready. */
WINBOOL WINAPI SwitchToThread(VOID)
{
    return NtYieldExecution() != STATUS_NO_YIELD_PERFORMED;
}
NT_EXPORT(SwitchToThread, 0, "");

static BOOL condition_result(NTSTATUS status)
{
    return status == STATUS_TIMEOUT ? base_error(ERROR_TIMEOUT) : base_result(status);
}

/* Sleeps on a condition variable, outside a critical section meanwhile. */
BOOL WINAPI SleepConditionVariableCS(PCONDITION_VARIABLE variable, PCRITICAL_SECTION section,
                                     DWORD milliseconds)
{
    LARGE_INTEGER time;

    return condition_result(RtlSleepConditionVariableCS(variable, (PRTL_CRITICAL_SECTION)section,
                                                        base_timeout(&time, milliseconds)));
}
NT_EXPORT(SleepConditionVariableCS, 0, "ppu");

/* Sleeps on a condition variable, outside a slim lock meanwhile. */
BOOL WINAPI SleepConditionVariableSRW(PCONDITION_VARIABLE variable, PSRWLOCK lock,
                                      DWORD milliseconds, ULONG flags)
{
    LARGE_INTEGER time;

    return condition_result(
        RtlSleepConditionVariableSRW(variable, lock, base_timeout(&time, milliseconds), flags));
}
NT_EXPORT(SleepConditionVariableSRW, 0, "ppuu");

/* Waits while a value in memory stays what it was. */
BOOL WINAPI WaitOnAddress(volatile VOID *address, PVOID compare, SIZE_T size, DWORD milliseconds)
{
    LARGE_INTEGER time;

    return condition_result(
        RtlWaitOnAddress(address, compare, size, base_timeout(&time, milliseconds)));
}
NT_EXPORT(WaitOnAddress, 0, "ppqu");

/* Begins one-time initialisation. */
BOOL WINAPI InitOnceBeginInitialize(LPINIT_ONCE once, DWORD flags, PBOOL pending, LPVOID *context)
{
    NTSTATUS status = RtlRunOnceBeginInitialize(once, flags, context);

    if (!NT_SUCCESS(status))
        return base_result(status);
    *pending = status == STATUS_PENDING;
    return TRUE;
}
NT_EXPORT(InitOnceBeginInitialize, 0, "pupp");

/* Ends one-time initialisation. */
BOOL WINAPI InitOnceComplete(LPINIT_ONCE once, DWORD flags, LPVOID context)
{
    return base_result(RtlRunOnceComplete(once, flags, context));
}
NT_EXPORT(InitOnceComplete, 0, "pup");

/* Runs a routine once. */
BOOL WINAPI InitOnceExecuteOnce(PINIT_ONCE once, PINIT_ONCE_FN function, PVOID parameter,
                                LPVOID *context)
{
    return base_result(RtlRunOnceExecuteOnce(once, (PVOID)function, parameter, context));
}
NT_EXPORT(InitOnceExecuteOnce, 0, "pppp");

/* Initialises a critical section. */
VOID WINAPI InitializeCriticalSection(LPCRITICAL_SECTION section)
{
    RtlInitializeCriticalSection((PRTL_CRITICAL_SECTION)section);
}
NT_EXPORT(InitializeCriticalSection, 0, "p");

/* Initialises a critical section with a spin count. */
WINBOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION section, DWORD spin_count)
{
    return base_result(
        RtlInitializeCriticalSectionAndSpinCount((PRTL_CRITICAL_SECTION)section, spin_count));
}
NT_EXPORT(InitializeCriticalSectionAndSpinCount, 0, "pu");

/* Initialises a critical section with a spin count; the flags concern debugging. */
WINBOOL WINAPI InitializeCriticalSectionEx(LPCRITICAL_SECTION section, DWORD spin_count,
                                           DWORD flags)
{
    (void)flags;
    return InitializeCriticalSectionAndSpinCount(section, spin_count);
}
NT_EXPORT(InitializeCriticalSectionEx, 0, "puu");
