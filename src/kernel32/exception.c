/* Exceptions, the last-chance filter, debugger output. See kernel32.h. */
#include "kernel32.h"

/* Raises an exception with at most 15 arguments. */
VOID WINAPI RaiseException(DWORD code, DWORD flags, DWORD count, const ULONG_PTR *arguments)
{
    EXCEPTION_RECORD record = {.ExceptionCode = code & 0xEFFFFFFF,
                               .ExceptionFlags = flags & EXCEPTION_NONCONTINUABLE,
                               .ExceptionAddress = (PVOID)RaiseException};

    if (arguments != NULL) {
        record.NumberParameters =
            count < EXCEPTION_MAXIMUM_PARAMETERS ? count : EXCEPTION_MAXIMUM_PARAMETERS;
        memcpy(record.ExceptionInformation, arguments, record.NumberParameters * sizeof(ULONG_PTR));
    }
    RtlRaiseException(&record);
}
NT_EXPORT(RaiseException, 0, "uuup");

static LPTOP_LEVEL_EXCEPTION_FILTER top_filter;

/* Sets the filter that is asked when nothing else took an exception. Returns: the previous one. */
LPTOP_LEVEL_EXCEPTION_FILTER WINAPI SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER filter)
{
    LPTOP_LEVEL_EXCEPTION_FILTER previous =
        (LPTOP_LEVEL_EXCEPTION_FILTER)InterlockedExchangePointer((PVOID volatile *)&top_filter,
                                                                 (PVOID)filter);

    RtlSetUnhandledExceptionFilter(filter);
    return previous;
}
NT_EXPORT(SetUnhandledExceptionFilter, 0, "p");

/* The filter that a run-time library uses around main: asks the program's filter. */
LONG WINAPI UnhandledExceptionFilter(struct _EXCEPTION_POINTERS *pointers)
{
    return top_filter != NULL ? top_filter(pointers) : EXCEPTION_CONTINUE_SEARCH;
}
NT_EXPORT(UnhandledExceptionFilter, 0, "p");

/* Whether a debugger is attached. */
WINBOOL WINAPI IsDebuggerPresent(VOID)
{
    return user_peb()->BeingDebugged;
}
NT_EXPORT(IsDebuggerPresent, 0, "");

/* Whether a process is debugged. */
WINBOOL WINAPI CheckRemoteDebuggerPresent(HANDLE process, PBOOL present)
{
    HANDLE port = NULL;

    if (!base_result(
            NtQueryInformationProcess(process, ProcessDebugPort, &port, sizeof(port), NULL)))
        return FALSE;
    *present = port != NULL;
    return TRUE;
}
NT_EXPORT(CheckRemoteDebuggerPresent, 0, "hp");

/* Sends text to a debugger. */
VOID WINAPI OutputDebugStringA(LPCSTR text)
{
    ULONG_PTR arguments[2] = {strlen(text) + 1, (ULONG_PTR)text};

    __try {
        RaiseException((DWORD)DBG_PRINTEXCEPTION_C, 0, 2, arguments);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        /* nobody listens */
    }
}
NT_EXPORT(OutputDebugStringA, 0, "s");

/* Sends text to a debugger, in the ANSI code page. */
VOID WINAPI OutputDebugStringW(LPCWSTR text)
{
    int size = WideCharToMultiByte(CP_ACP, 0, text, -1, NULL, 0, NULL, NULL);
    char *narrow = base_allocate((SIZE_T)size);

    if (narrow == NULL)
        return;
    WideCharToMultiByte(CP_ACP, 0, text, -1, narrow, size, NULL, NULL);
    OutputDebugStringA(narrow);
    base_free(narrow);
}
NT_EXPORT(OutputDebugStringW, 0, "w");

/* A breakpoint. */
VOID WINAPI DebugBreak(VOID)
{
    __asm__ volatile("int3");
}
NT_EXPORT(DebugBreak, 0, "");

/* Ends the process with the code of the record, as Windows does after a fatal report. */
VOID WINAPI RaiseFailFastException(PEXCEPTION_RECORD record, PCONTEXT context, DWORD flags)
{
    (void)context, (void)flags;
    NtTerminateProcess(NtCurrentProcess(),
                       record != NULL ? (NTSTATUS)record->ExceptionCode : (NTSTATUS)0xC0000602);
}
NT_EXPORT(RaiseFailFastException, 0, "ppu");

/* Ends the program with a message on standard error. */
VOID WINAPI FatalAppExitA(UINT action, LPCSTR message)
{
    DWORD written;

    (void)action;
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), message, (DWORD)strlen(message), &written, NULL);
    RtlExitUserProcess(3);
}
NT_EXPORT(FatalAppExitA, 0, "us");

/* Makes room that the handler of a stack overflow may use; a request only, and never refused. */
WINBOOL WINAPI SetThreadStackGuarantee(PULONG bytes)
{
    ULONG previous = user_teb()->GuaranteedStackBytes;

    if (*bytes != 0)
        user_teb()->GuaranteedStackBytes = *bytes;
    *bytes = previous;
    return TRUE;
}
NT_EXPORT(SetThreadStackGuarantee, 0, "p");
