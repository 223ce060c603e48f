/* Processes: this one and others. See kernel32.h. */
#include "kernel32.h"

/* A handle that means the calling process. */
HANDLE WINAPI GetCurrentProcess(VOID)
{
    return NtCurrentProcess();
}
NT_EXPORT(GetCurrentProcess, 0, "");

/* The id of the calling process. */
DWORD WINAPI GetCurrentProcessId(VOID)
{
    return (DWORD)(ULONG_PTR)user_teb()->ClientId.UniqueProcess;
}
NT_EXPORT(GetCurrentProcessId, 0, "");

/* Ends the process. */
DECLSPEC_NORETURN VOID WINAPI ExitProcess(UINT code)
{
    RtlExitUserProcess((NTSTATUS)code);
}
NT_EXPORT(ExitProcess, 0, "u");

/* Ends a process from outside. */
WINBOOL WINAPI TerminateProcess(HANDLE process, UINT code)
{
    if (process == NULL)
        return base_error(ERROR_INVALID_HANDLE);
    return base_result(NtTerminateProcess(process, (NTSTATUS)code));
}
NT_EXPORT(TerminateProcess, 0, "hu");

/* Opens a process by its id. */
HANDLE WINAPI OpenProcess(DWORD access, BOOL inherit, DWORD process_id)
{
    OBJECT_ATTRIBUTES attributes = user_attributes(NULL, NULL, inherit ? OBJ_INHERIT : 0);
    CLIENT_ID id = {(HANDLE)(ULONG_PTR)process_id, NULL};
    HANDLE process;

    return base_result(NtOpenProcess(&process, access, &attributes, &id)) ? process : NULL;
}
NT_EXPORT(OpenProcess, 0, "ubu");

static BOOL query_basic(HANDLE process, struct user_process_basic_information *information)
{
    return base_result(NtQueryInformationProcess(process, ProcessBasicInformation, information,
                                                 sizeof(*information), NULL));
}

/* The exit code of a process; STILL_ACTIVE while it runs. */
WINBOOL WINAPI GetExitCodeProcess(HANDLE process, LPDWORD code)
{
    struct user_process_basic_information information;

    if (!query_basic(process, &information))
        return FALSE;
    *code = (DWORD)information.ExitStatus;
    return TRUE;
}
NT_EXPORT(GetExitCodeProcess, 0, "hp");

/* The id of a process. */
DWORD WINAPI GetProcessId(HANDLE process)
{
    struct user_process_basic_information information;

    return query_basic(process, &information) ? (DWORD)information.UniqueProcessId : 0;
}
NT_EXPORT(GetProcessId, 0, "h");

/* Windows' priority classes in the numbers of the kernel. */
static const struct {
    DWORD win32;
    UCHAR nt;
} priority_classes[] = {
    {IDLE_PRIORITY_CLASS, 1},         {NORMAL_PRIORITY_CLASS, 2},
    {HIGH_PRIORITY_CLASS, 3},         {REALTIME_PRIORITY_CLASS, 4},
    {BELOW_NORMAL_PRIORITY_CLASS, 5}, {ABOVE_NORMAL_PRIORITY_CLASS, 6},
};

/* Sets a process's priority class. */
WINBOOL WINAPI SetPriorityClass(HANDLE process, DWORD priority_class)
{
    PROCESS_PRIORITY_CLASS information = {FALSE, 0};

    for (size_t i = 0; i < ARRAY_COUNT(priority_classes); i++) {
        if (priority_classes[i].win32 == priority_class)
            information.PriorityClass = priority_classes[i].nt;
    }
    if (information.PriorityClass == 0)
        return base_error(ERROR_INVALID_PARAMETER);
    return base_result(
        NtSetInformationProcess(process, ProcessPriorityClass, &information, sizeof(information)));
}
NT_EXPORT(SetPriorityClass, 0, "hu");

/* A process's priority class; 0 on failure. */
DWORD WINAPI GetPriorityClass(HANDLE process)
{
    PROCESS_PRIORITY_CLASS information;

    if (!base_result(NtQueryInformationProcess(process, ProcessPriorityClass, &information,
                                               sizeof(information), NULL)))
        return 0;
    for (size_t i = 0; i < ARRAY_COUNT(priority_classes); i++) {
        if (priority_classes[i].nt == information.PriorityClass)
            return priority_classes[i].win32;
    }
    return NORMAL_PRIORITY_CLASS;
}
NT_EXPORT(GetPriorityClass, 0, "h");

/* The processors that a process may use, and those that there are. */
WINBOOL WINAPI GetProcessAffinityMask(HANDLE process, PDWORD_PTR process_mask,
                                      PDWORD_PTR system_mask)
{
    struct user_process_basic_information information;
    ULONG processors = user_peb()->NumberOfProcessors;

    if (!query_basic(process, &information))
        return FALSE;
    *process_mask = information.AffinityMask;
    *system_mask = processors >= 64 ? ~(DWORD_PTR)0 : ((DWORD_PTR)1 << processors) - 1;
    return TRUE;
}
NT_EXPORT(GetProcessAffinityMask, 0, "hpp");

/* Restricts a process to processors. */
WINBOOL WINAPI SetProcessAffinityMask(HANDLE process, DWORD_PTR mask)
{
    return base_result(NtSetInformationProcess(process, ProcessAffinityMask, &mask, sizeof(mask)));
}
NT_EXPORT(SetProcessAffinityMask, 0, "hq");

/* Times of a process. */
WINBOOL WINAPI GetProcessTimes(HANDLE process, LPFILETIME creation, LPFILETIME exit,
                               LPFILETIME kernel, LPFILETIME user)
{
    KERNEL_USER_TIMES times;

    if (!base_result(NtQueryInformationProcess(process, ProcessTimes, &times, sizeof(times), NULL)))
        return FALSE;
    memcpy(creation, &times.CreateTime, sizeof(*creation));
    memcpy(exit, &times.ExitTime, sizeof(*exit));
    memcpy(kernel, &times.KernelTime, sizeof(*kernel));
    memcpy(user, &times.UserTime, sizeof(*user));
    return TRUE;
}
NT_EXPORT(GetProcessTimes, 0, "hpppp");

/* How many handles a process has open. */
WINBOOL WINAPI GetProcessHandleCount(HANDLE process, PDWORD count)
{
    return base_result(
        NtQueryInformationProcess(process, ProcessHandleCount, count, sizeof(*count), NULL));
}
NT_EXPORT(GetProcessHandleCount, 0, "hp");

/* The Win32 path (or with PROCESS_NAME_NATIVE the NT path) of a process's program. */
WINBOOL WINAPI QueryFullProcessImageNameW(HANDLE process, DWORD flags, LPWSTR buffer, PDWORD size)
{
    struct {
        UNICODE_STRING name;
        WCHAR text[512];
    } information;
    PROCESSINFOCLASS information_class =
        flags & PROCESS_NAME_NATIVE ? ProcessImageFileName : USER_PROCESS_IMAGE_FILE_NAME_WIN32;

    if (!base_result(NtQueryInformationProcess(process, information_class, &information,
                                               sizeof(information), NULL)))
        return FALSE;
    DWORD length = information.name.Length / sizeof(WCHAR);

    if (length >= *size)
        return base_error(ERROR_INSUFFICIENT_BUFFER);
    memcpy(buffer, information.name.Buffer, information.name.Length);
    buffer[length] = 0;
    *size = length;
    return TRUE;
}
NT_EXPORT(QueryFullProcessImageNameW, 0, "hupp");

/* As QueryFullProcessImageNameW. */
WINBOOL WINAPI QueryFullProcessImageNameA(HANDLE process, DWORD flags, LPSTR buffer, PDWORD size)
{
    WCHAR wide[512];
    DWORD length = ARRAY_COUNT(wide);

    if (!QueryFullProcessImageNameW(process, flags, wide, &length))
        return FALSE;
    DWORD narrow = base_narrow(wide, length, buffer, *size);

    if (narrow >= *size)
        return base_error(ERROR_INSUFFICIENT_BUFFER);
    *size = narrow;
    return TRUE;
}
NT_EXPORT(QueryFullProcessImageNameA, 0, "hupp");

/* There are only 64-bit processes. */
WINBOOL WINAPI IsWow64Process(HANDLE process, PBOOL wow64)
{
    ULONG_PTR information = 0;

    if (!base_result(NtQueryInformationProcess(process, ProcessWow64Information, &information,
                                               sizeof(information), NULL)))
        return FALSE;
    *wow64 = information != 0;
    return TRUE;
}
NT_EXPORT(IsWow64Process, 0, "hp");

/* The session of a process: all are in the console's. */
WINBOOL WINAPI ProcessIdToSessionId(DWORD process_id, DWORD *session_id)
{
    (void)process_id;
    *session_id = user_peb()->SessionId;
    return TRUE;
}
NT_EXPORT(ProcessIdToSessionId, 0, "up");
