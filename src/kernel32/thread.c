/* Threads. See kernel32.h. */
#include "kernel32.h"

#define THREAD_CREATE_FLAGS_SUSPENDED 1

BOOL WINAPI QueueUserAPC2(PAPCFUNC routine, HANDLE thread, ULONG_PTR argument, DWORD flags);
HRESULT WINAPI SetThreadDescription(HANDLE thread, PCWSTR description);
HRESULT WINAPI GetThreadDescription(HANDLE thread, PWSTR *description);

/* Creates a thread of any process. */
HANDLE WINAPI CreateRemoteThreadEx(HANDLE process, LPSECURITY_ATTRIBUTES security, SIZE_T stack,
                                   LPTHREAD_START_ROUTINE start, LPVOID argument, DWORD flags,
                                   LPPROC_THREAD_ATTRIBUTE_LIST attribute_list, LPDWORD thread_id)
{
    OBJECT_ATTRIBUTES attributes = user_attributes(NULL, NULL, 0);
    THREAD_BASIC_INFORMATION information;
    bool reserve = flags & STACK_SIZE_PARAM_IS_A_RESERVATION;
    HANDLE thread;

    (void)attribute_list;
    if (security != NULL) {
        attributes.SecurityDescriptor = security->lpSecurityDescriptor;
        attributes.Attributes = security->bInheritHandle ? OBJ_INHERIT : 0;
    }
    NTSTATUS status =
        NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, &attributes, process, (PVOID)start, argument,
                         flags & CREATE_SUSPENDED ? THREAD_CREATE_FLAGS_SUSPENDED : 0, 0,
                         reserve ? 0 : stack, reserve ? stack : 0, NULL);

    if (!base_result(status))
        return NULL;
    if (thread_id != NULL) {
        *thread_id = 0;
        if (NT_SUCCESS(NtQueryInformationThread(thread, ThreadBasicInformation, &information,
                                                sizeof(information), NULL)))
            *thread_id = (DWORD)(ULONG_PTR)information.ClientId.UniqueThread;
    }
    return thread;
}
NT_EXPORT(CreateRemoteThreadEx, 0, "hpqppupp");

/* Creates a thread of any process. */
HANDLE WINAPI CreateRemoteThread(HANDLE process, LPSECURITY_ATTRIBUTES security, SIZE_T stack,
                                 LPTHREAD_START_ROUTINE start, LPVOID argument, DWORD flags,
                                 LPDWORD thread_id)
{
    return CreateRemoteThreadEx(process, security, stack, start, argument, flags, NULL, thread_id);
}
NT_EXPORT(CreateRemoteThread, 0, "hpqppup");

/* Creates a thread. */
HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES security, SIZE_T stack,
                           LPTHREAD_START_ROUTINE start, LPVOID argument, DWORD flags,
                           LPDWORD thread_id)
{
    return CreateRemoteThreadEx(NtCurrentProcess(), security, stack, start, argument, flags, NULL,
                                thread_id);
}
NT_EXPORT(CreateThread, 0, "pqppup");

/* Ends the calling thread. */
DECLSPEC_NORETURN VOID WINAPI ExitThread(DWORD code)
{
    RtlExitUserThread((NTSTATUS)code);
}
NT_EXPORT(ExitThread, 0, "u");

/* Unloads a DLL and ends the calling thread. */
DECLSPEC_NORETURN VOID WINAPI FreeLibraryAndExitThread(HMODULE module, DWORD code)
{
    LdrUnloadDll(module);
    RtlExitUserThread((NTSTATUS)code);
}
NT_EXPORT(FreeLibraryAndExitThread, 0, "pu");

/* Ends a thread from outside. */
WINBOOL WINAPI TerminateThread(HANDLE thread, DWORD code)
{
    return base_result(NtTerminateThread(thread, (NTSTATUS)code));
}
NT_EXPORT(TerminateThread, 0, "hu");

/* Suspends a thread. Returns: the previous suspend count; -1 on failure. */
DWORD WINAPI SuspendThread(HANDLE thread)
{
    ULONG previous;

    return base_result(NtSuspendThread(thread, &previous)) ? previous : (DWORD)-1;
}
NT_EXPORT(SuspendThread, 0, "h");

/* Takes back one suspension. Returns: the previous suspend count; -1 on failure. */
DWORD WINAPI ResumeThread(HANDLE thread)
{
    ULONG previous;

    return base_result(NtResumeThread(thread, &previous)) ? previous : (DWORD)-1;
}
NT_EXPORT(ResumeThread, 0, "h");

static BOOL query_basic(HANDLE thread, THREAD_BASIC_INFORMATION *information)
{
    return base_result(NtQueryInformationThread(thread, ThreadBasicInformation, information,
                                                sizeof(*information), NULL));
}

/* The exit code of a thread; STILL_ACTIVE while it runs. */
WINBOOL WINAPI GetExitCodeThread(HANDLE thread, LPDWORD code)
{
    THREAD_BASIC_INFORMATION information;

    if (!query_basic(thread, &information))
        return FALSE;
    *code = (DWORD)information.ExitStatus;
    return TRUE;
}
NT_EXPORT(GetExitCodeThread, 0, "hp");

/* A handle that means the calling thread. */
HANDLE WINAPI GetCurrentThread(VOID)
{
    return NtCurrentThread();
}
NT_EXPORT(GetCurrentThread, 0, "");

/* The id of the calling thread. */
DWORD WINAPI GetCurrentThreadId(VOID)
{
    return (DWORD)(ULONG_PTR)user_thread_id();
}
NT_EXPORT(GetCurrentThreadId, 0, "");

/* The id of a thread. */
DWORD WINAPI GetThreadId(HANDLE thread)
{
    THREAD_BASIC_INFORMATION information;

    return query_basic(thread, &information) ? (DWORD)(ULONG_PTR)information.ClientId.UniqueThread
                                             : 0;
}
NT_EXPORT(GetThreadId, 0, "h");

/* The id of the process that a thread belongs to. */
DWORD WINAPI GetProcessIdOfThread(HANDLE thread)
{
    THREAD_BASIC_INFORMATION information;

    return query_basic(thread, &information) ? (DWORD)(ULONG_PTR)information.ClientId.UniqueProcess
                                             : 0;
}
NT_EXPORT(GetProcessIdOfThread, 0, "h");

/* Opens a thread by its id. */
HANDLE WINAPI OpenThread(DWORD access, BOOL inherit, DWORD thread_id)
{
    OBJECT_ATTRIBUTES attributes = user_attributes(NULL, NULL, inherit ? OBJ_INHERIT : 0);
    CLIENT_ID id = {NULL, (HANDLE)(ULONG_PTR)thread_id};
    HANDLE thread;

    return base_result(NtOpenThread(&thread, access, &attributes, &id)) ? thread : NULL;
}
NT_EXPORT(OpenThread, 0, "ubu");

/*
 * Sets a thread's priority relative to its process. The two extremes are saturation values: 16
 * steps, which the kernel clips to the ends of the class.
 */
WINBOOL WINAPI SetThreadPriority(HANDLE thread, int priority)
{
    LONG increment = priority;

    if (priority == THREAD_PRIORITY_TIME_CRITICAL)
        increment = 16;
    else if (priority == THREAD_PRIORITY_IDLE)
        increment = -16;
    else if (priority < -7 || priority > 6)
        return base_error(ERROR_INVALID_PARAMETER);
    return base_result(
        NtSetInformationThread(thread, ThreadBasePriority, &increment, sizeof(increment)));
}
NT_EXPORT(SetThreadPriority, 0, "hu");

/* A thread's priority relative to its process; THREAD_PRIORITY_ERROR_RETURN on failure. */
int WINAPI GetThreadPriority(HANDLE thread)
{
    THREAD_BASIC_INFORMATION information;

    if (!query_basic(thread, &information))
        return THREAD_PRIORITY_ERROR_RETURN;
    if (information.BasePriority >= 16)
        return THREAD_PRIORITY_TIME_CRITICAL;
    if (information.BasePriority <= -16)
        return THREAD_PRIORITY_IDLE;
    return information.BasePriority;
}
NT_EXPORT(GetThreadPriority, 0, "h");

/* Switches a thread's priority boosts off or on. */
WINBOOL WINAPI SetThreadPriorityBoost(HANDLE thread, BOOL disable)
{
    ULONG value = disable != FALSE;

    return base_result(NtSetInformationThread(thread, ThreadPriorityBoost, &value, sizeof(value)));
}
NT_EXPORT(SetThreadPriorityBoost, 0, "hb");

/* Whether a thread's priority boosts are switched off. */
WINBOOL WINAPI GetThreadPriorityBoost(HANDLE thread, PBOOL disabled)
{
    ULONG value = 0;

    if (!base_result(
            NtQueryInformationThread(thread, ThreadPriorityBoost, &value, sizeof(value), NULL)))
        return FALSE;
    *disabled = value != 0;
    return TRUE;
}
NT_EXPORT(GetThreadPriorityBoost, 0, "hp");

/* Restricts a thread to processors. Returns: the previous mask; 0 on failure. */
DWORD_PTR WINAPI SetThreadAffinityMask(HANDLE thread, DWORD_PTR mask)
{
    THREAD_BASIC_INFORMATION information;

    if (!query_basic(thread, &information) ||
        !base_result(NtSetInformationThread(thread, ThreadAffinityMask, &mask, sizeof(mask))))
        return 0;
    return information.AffinityMask;
}
NT_EXPORT(SetThreadAffinityMask, 0, "hq");

/* A hint that has no effect here. Returns: 0, the previous ideal processor. */
DWORD WINAPI SetThreadIdealProcessor(HANDLE thread, DWORD processor)
{
    (void)thread;
    if (processor > MAXIMUM_PROCESSORS) {
        base_error(ERROR_INVALID_PARAMETER);
        return (DWORD)-1;
    }
    return 0;
}
NT_EXPORT(SetThreadIdealProcessor, 0, "hu");

/* Times of a thread. */
WINBOOL WINAPI GetThreadTimes(HANDLE thread, LPFILETIME creation, LPFILETIME exit,
                              LPFILETIME kernel, LPFILETIME user)
{
    KERNEL_USER_TIMES times;

    if (!base_result(NtQueryInformationThread(thread, ThreadTimes, &times, sizeof(times), NULL)))
        return FALSE;
    memcpy(creation, &times.CreateTime, sizeof(*creation));
    memcpy(exit, &times.ExitTime, sizeof(*exit));
    memcpy(kernel, &times.KernelTime, sizeof(*kernel));
    memcpy(user, &times.UserTime, sizeof(*user));
    return TRUE;
}
NT_EXPORT(GetThreadTimes, 0, "hpppp");

/* The registers of a suspended thread. */
WINBOOL WINAPI GetThreadContext(HANDLE thread, LPCONTEXT context)
{
    return base_result(NtGetContextThread(thread, context));
}
NT_EXPORT(GetThreadContext, 0, "hp");

/* Sets the registers of a suspended thread. */
WINBOOL WINAPI SetThreadContext(HANDLE thread, const CONTEXT *context)
{
    return base_result(NtSetContextThread(thread, context));
}
NT_EXPORT(SetThreadContext, 0, "hp");

/* The kernel's APC routine of QueueUserAPC. */
static void WINAPI call_user_apc(PVOID routine, PVOID argument, PVOID unused)
{
    (void)unused;
    ((PAPCFUNC)routine)((ULONG_PTR)argument);
}

/* Queues a routine that a thread runs when it next waits alertably. */
DWORD WINAPI QueueUserAPC(PAPCFUNC routine, HANDLE thread, ULONG_PTR argument)
{
    return (DWORD)base_result(
        NtQueueApcThread(thread, (PVOID)call_user_apc, (PVOID)routine, (PVOID)argument, NULL));
}
NT_EXPORT(QueueUserAPC, 0, "phq");

/*
 * The same, as a truth value. Differs from Windows: special APCs (flag 1), which need no alertable
 * wait, fail with ERROR_NOT_SUPPORTED.
 */
BOOL WINAPI QueueUserAPC2(PAPCFUNC routine, HANDLE thread, ULONG_PTR argument, DWORD flags)
{
    if (flags != 0)
        return base_error(flags == 1 ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER);
    return QueueUserAPC(routine, thread, argument) != 0;
}
NT_EXPORT(QueueUserAPC2, 0, "phqu");

/* Gives a thread a name that debuggers show. */
HRESULT WINAPI SetThreadDescription(HANDLE thread, PCWSTR description)
{
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, description);
    NTSTATUS status = NtSetInformationThread(thread, USER_THREAD_NAME, &name, sizeof(name));

    return NT_SUCCESS(status) ? S_OK : (HRESULT)((ULONG)status | 0x10000000u);
}
NT_EXPORT(SetThreadDescription, 0, "hw");

/* The name of a thread, in memory that LocalFree frees. */
HRESULT WINAPI GetThreadDescription(HANDLE thread, PWSTR *description)
{
    struct {
        UNICODE_STRING name;
        WCHAR text[256];
    } information;

    *description = NULL;
    NTSTATUS status =
        NtQueryInformationThread(thread, USER_THREAD_NAME, &information, sizeof(information), NULL);

    if (!NT_SUCCESS(status))
        return (HRESULT)((ULONG)status | 0x10000000u);
    USHORT bytes = information.name.Length;

    *description = LocalAlloc(LMEM_ZEROINIT, bytes + sizeof(WCHAR));
    if (*description == NULL)
        return E_OUTOFMEMORY;
    memcpy(*description, information.name.Buffer, bytes);
    return S_OK;
}
NT_EXPORT(GetThreadDescription, 0, "hp");

/* The processor that the calling thread runs on. */
DWORD WINAPI GetCurrentProcessorNumber(VOID)
{
    return NtGetCurrentProcessorNumber();
}
NT_EXPORT(GetCurrentProcessorNumber, 0, "");

/* The limits of the calling thread's stack. */
VOID WINAPI GetCurrentThreadStackLimits(PULONG_PTR low, PULONG_PTR high)
{
    const struct user_teb *teb = user_teb();

    *low = (ULONG_PTR)teb->DeallocationStack;
    *high = (ULONG_PTR)teb->NtTib.StackBase;
}
NT_EXPORT(GetCurrentThreadStackLimits, 0, "pp");

/* Keeps the machine from sleeping; this one never does. Returns: the previous state. */
EXECUTION_STATE WINAPI SetThreadExecutionState(EXECUTION_STATE flags)
{
    static EXECUTION_STATE state = ES_CONTINUOUS;
    EXECUTION_STATE previous = state;

    if (flags & ES_CONTINUOUS)
        state = flags;
    return previous;
}
NT_EXPORT(SetThreadExecutionState, 0, "u");
