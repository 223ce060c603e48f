/*
 * Where user mode begins and ends.
 *
 * The kernel starts every thread at LdrInitializeThunk, on the thread's own stack, with the context
 * that the thread shall run in. The first thread of a process builds the process (heap, module
 * lists, imports, DllMain); every thread gets its TLS and the DLLs' attach calls; NtContinue then
 * makes the context real, at RtlUserThreadStart.
 *
 *   LdrInitializeThunk ──NtContinue──► RtlUserThreadStart ──► program ──► RtlExitUserThread
 *                                                                  └────► RtlExitUserProcess
 */
#include "ntdll_internal.h"

struct ntdll_state ntdll;

void NTAPI LdrInitializeThunk(PCONTEXT context, PVOID ntdll_base);

static void initialize_peb(struct user_peb *peb)
{
    peb->Ldr = &ntdll.loader_data;
    peb->LoaderLock = &ntdll.loader_lock;
    peb->FastPebLock = &ntdll.peb_lock;
    peb->OSMajorVersion = 10;
    peb->OSMinorVersion = 0;
    peb->OSBuildNumber = 19041;
    peb->OSPlatformId = VER_PLATFORM_WIN32_NT;
    if (peb->NumberOfProcessors == 0)
        peb->NumberOfProcessors = 1;
}

static NTSTATUS initialize_process(PVOID ntdll_base)
{
    struct user_peb *peb = user_peb();

    RtlInitializeCriticalSection(&ntdll.loader_lock);
    RtlInitializeCriticalSection(&ntdll.peb_lock);
    ntdll.threads.Flink = ntdll.threads.Blink = &ntdll.threads;
    initialize_peb(peb);
    peb->ProcessHeap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    if (peb->ProcessHeap == NULL)
        return STATUS_NO_MEMORY;
    return loader_start_process(ntdll_base);
}

static void start_thread(void)
{
    RtlEnterCriticalSection(&ntdll.loader_lock);
    if (!NT_SUCCESS(loader_tls_add_thread()))
        NtTerminateThread(NtCurrentThread(), STATUS_NO_MEMORY);
    for (LIST_ENTRY *link = ntdll.loader_data.InInitializationOrderModuleList.Flink;
         link != &ntdll.loader_data.InInitializationOrderModuleList; link = link->Flink) {
        struct ntdll_module *module =
            CONTAINING_RECORD(link, struct ntdll_module, entry.InInitializationOrderLinks);
        if (module->attached && !(module->entry.Flags & USER_LOADER_NO_THREAD_CALLS))
            loader_call_module(module, DLL_THREAD_ATTACH, NULL);
    }
    RtlLeaveCriticalSection(&ntdll.loader_lock);
}

/*
 * The first instruction of every user-mode thread; called by the kernel only.
 * @param context     what the thread is to run, at RtlUserThreadStart
 * @param ntdll_base  where this DLL lies
 * IRQL: PASSIVE_LEVEL. Does not return: continues `context`, or ends the process when a DLL that
 * the program imports is missing or refuses to start.
 */
void NTAPI LdrInitializeThunk(PCONTEXT context, PVOID ntdll_base)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (ntdll.process_state == NTDLL_PROCESS_NEW) {
        ntdll.process_state = NTDLL_PROCESS_STARTING;
        status = initialize_process(ntdll_base);
        if (!NT_SUCCESS(status))
            NtTerminateProcess(NtCurrentProcess(), status);
        ntdll.process_state = NTDLL_PROCESS_RUNNING;
    } else {
        start_thread();
    }
    NtContinue(context, TRUE); /* APCs that were queued before the thread began come first */
    NtTerminateThread(NtCurrentThread(), STATUS_INVALID_PARAMETER);
}
NT_EXPORT(LdrInitializeThunk, 0, "pp");

/*
 * Runs a thread's start routine under the last-chance exception filter.
 * @param start     a routine of one argument; its result is the exit status
 * @param argument  that argument
 * IRQL: PASSIVE_LEVEL. Does not return.
 */
void NTAPI RtlUserThreadStart(PVOID start, PVOID argument)
{
    DWORD(WINAPI * routine)(PVOID) = start;

    __try {
        RtlExitUserThread((NTSTATUS)routine(argument));
    } __except (ntdll_unhandled_exception(GetExceptionInformation())) {
        NtTerminateProcess(NtCurrentProcess(), GetExceptionCode());
    }
}
NT_EXPORT(RtlUserThreadStart, 0, "pp");

/*
 * Ends the calling thread; the process with it, if it is the last.
 * @param status  exit status
 * IRQL: PASSIVE_LEVEL. Source: Win32 documentation, ExitThread.
 */
void NTAPI RtlExitUserThread(NTSTATUS status)
{
    ULONG last = 0;

    if (NT_SUCCESS(NtQueryInformationThread(NtCurrentThread(), ThreadAmILastThread, &last,
                                            sizeof(last), NULL)) &&
        last)
        RtlExitUserProcess(status);
    LdrShutdownThread();
    for (;;)
        NtTerminateThread(NtCurrentThread(), status);
}
NT_EXPORT(RtlExitUserThread, 0, "u");

/*
 * Ends the process: stops the other threads, calls the DLLs' DLL_PROCESS_DETACH, terminates.
 * @param status  exit status
 * IRQL: PASSIVE_LEVEL. Source: Win32 documentation, ExitProcess.
 */
void NTAPI RtlExitUserProcess(NTSTATUS status)
{
    NtTerminateProcess(NULL, status);
    LdrShutdownProcess();
    for (;;)
        NtTerminateProcess(NtCurrentProcess(), status);
}
NT_EXPORT(RtlExitUserProcess, 0, "u");

/*
 * Tells the DLLs that the calling thread ends, in the reverse of the order in which they started.
 * IRQL: PASSIVE_LEVEL.
 */
void NTAPI LdrShutdownThread(void)
{
    if (ntdll.shutting_down)
        return;
    ntdll_fls_thread_exit();
    RtlEnterCriticalSection(&ntdll.loader_lock);
    for (LIST_ENTRY *link = ntdll.loader_data.InInitializationOrderModuleList.Blink;
         link != &ntdll.loader_data.InInitializationOrderModuleList; link = link->Blink) {
        struct ntdll_module *module =
            CONTAINING_RECORD(link, struct ntdll_module, entry.InInitializationOrderLinks);
        if (module->attached && !(module->entry.Flags & USER_LOADER_NO_THREAD_CALLS))
            loader_call_module(module, DLL_THREAD_DETACH, NULL);
    }
    loader_tls_remove_thread();
    RtlLeaveCriticalSection(&ntdll.loader_lock);
}
NT_EXPORT(LdrShutdownThread, 0, "");

/*
 * Tells the DLLs that the process ends, once. The other threads are gone: a lock that one of them
 * held is never released, so this takes the loader lock only if it is free.
 * IRQL: PASSIVE_LEVEL.
 */
void NTAPI LdrShutdownProcess(void)
{
    if (ntdll.shutting_down)
        return;
    ntdll.shutting_down = true;
    ntdll.loader_data.ShutdownInProgress = TRUE;
    ntdll.loader_data.ShutdownThreadId = user_thread_id();
    ntdll_fls_thread_exit();
    for (LIST_ENTRY *link = ntdll.loader_data.InInitializationOrderModuleList.Blink;
         link != &ntdll.loader_data.InInitializationOrderModuleList; link = link->Blink) {
        struct ntdll_module *module =
            CONTAINING_RECORD(link, struct ntdll_module, entry.InInitializationOrderLinks);
        if (module->attached)
            loader_call_module(module, DLL_PROCESS_DETACH, (PVOID)1);
    }
}
NT_EXPORT(LdrShutdownProcess, 0, "");
