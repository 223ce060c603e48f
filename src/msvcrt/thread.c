/*
 * Per-thread data, the numbered locks, and threads of the C run-time.
 *
 * Every thread has one struct crt_thread, made the first time that thread needs it and freed when
 * the DLL hears of the thread's end. GetLastError is preserved, as callers of errno expect.
 */
#include "crt.h"

static struct {
    DWORD slot;
    CRITICAL_SECTION locks[CRT_LOCK_COUNT];
} threads;

/* What a new thread needs before it can call the user's function. */
struct thread_start {
    void (*plain)(void *argument);
    unsigned (*extended)(void *argument);
    void *argument;
};

bool crt_thread_initialize(void)
{
    threads.slot = TlsAlloc();
    if (threads.slot == TLS_OUT_OF_INDEXES)
        return false;
    for (int i = 0; i < CRT_LOCK_COUNT; i++)
        InitializeCriticalSection(&threads.locks[i]);
    return true;
}

void crt_thread_detach(void)
{
    void *data = TlsGetValue(threads.slot);

    if (data) {
        TlsSetValue(threads.slot, NULL);
        HeapFree(GetProcessHeap(), 0, data);
    }
}

void crt_thread_uninitialize(void)
{
    crt_thread_detach();
    TlsFree(threads.slot);
}

struct crt_thread *crt_thread_current(void)
{
    DWORD saved_error = GetLastError();
    struct crt_thread *thread = TlsGetValue(threads.slot);

    if (!thread) {
        thread = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof *thread);
        if (!thread)
            ExitProcess(255); /* run-time error R6016; to print it takes memory too */
        thread->random = 1;
        TlsSetValue(threads.slot, thread);
    }
    SetLastError(saved_error);
    return thread;
}

/* Enter a numbered lock of the run-time. @param number 0 to 63. */
void __cdecl _lock(int number)
{
    if ((unsigned)number < CRT_LOCK_COUNT)
        EnterCriticalSection(&threads.locks[number]);
}
NT_EXPORT(_lock, 0, "u");

/* Leave a numbered lock of the run-time. @param number 0 to 63. */
void __cdecl _unlock(int number)
{
    if ((unsigned)number < CRT_LOCK_COUNT)
        LeaveCriticalSection(&threads.locks[number]);
}
NT_EXPORT(_unlock, 0, "u");

static DWORD WINAPI run_thread(void *context)
{
    struct thread_start start = *(struct thread_start *)context;

    free(context);
    if (start.extended)
        _endthreadex(start.extended(start.argument));
    start.plain(start.argument);
    _endthread();
    return 0;
}

static HANDLE create_thread(struct thread_start start, void *security, unsigned stack_size,
                            unsigned flags, unsigned *id)
{
    struct thread_start *context = malloc(sizeof *context);
    HANDLE thread;
    DWORD thread_id = 0;

    if (!context)
        return NULL;
    *context = start;
    thread = CreateThread(security, stack_size, run_thread, context, flags, &thread_id);
    if (!thread) {
        crt_error_win32(GetLastError());
        free(context);
    } else if (id) {
        *id = thread_id;
    }
    return thread;
}

/*
 * Start a thread that runs `start`; the caller owns the handle.
 * @param stack_size bytes, 0 = the image's default. @param flags as CreateThread's.
 * Returns: the thread's handle, or 0 with errno set.
 * Source: Microsoft C run-time library reference, _beginthread, _beginthreadex.
 */
uintptr_t __cdecl _beginthreadex(void *security, unsigned stack_size,
                                 unsigned(__stdcall *start)(void *), void *argument, unsigned flags,
                                 unsigned *id)
{
    if (!start) {
        crt_invalid_parameter(EINVAL);
        return 0;
    }
    return (uintptr_t)create_thread((struct thread_start){.extended = start, .argument = argument},
                                    security, stack_size, flags, id);
}
NT_EXPORT(_beginthreadex, 0, "puppup");

/*
 * Start a thread whose handle the run-time closes when `start` returns.
 * @param stack_size bytes, 0 = the image's default.
 * Returns: a handle that must not be closed, or (uintptr_t)-1 with errno set.
 * Differs from Windows: the handle is closed at once after creation, not at the thread's end, so
 * that nothing leaks when the thread ends in ExitThread; it cannot be waited for.
 */
uintptr_t __cdecl _beginthread(void(__cdecl *start)(void *), unsigned stack_size, void *argument)
{
    HANDLE thread;

    if (!start) {
        crt_invalid_parameter(EINVAL);
        return (uintptr_t)-1;
    }
    thread = create_thread((struct thread_start){.plain = start, .argument = argument}, NULL,
                           stack_size, 0, NULL);
    if (!thread)
        return (uintptr_t)-1;
    CloseHandle(thread);
    return (uintptr_t)thread;
}
NT_EXPORT(_beginthread, 0, "pup");

/* End a thread that _beginthreadex started. */
void __cdecl _endthreadex(unsigned code)
{
    ExitThread(code);
}
NT_EXPORT(_endthreadex, 0, "u");

/* End a thread that _beginthread started. */
void __cdecl _endthread(void)
{
    ExitThread(0);
}
NT_EXPORT(_endthread, 0, "");

/* The identifier of the calling process. */
int __cdecl _getpid(void)
{
    return (int)GetCurrentProcessId();
}
NT_EXPORT(_getpid, 0, "");

/* The identifier of the calling thread. */
unsigned long __cdecl __threadid(void)
{
    return GetCurrentThreadId();
}
NT_EXPORT(__threadid, 0, "");

/* Sleep for `milliseconds`; 0 counts as 1, as in the Microsoft library. */
void __cdecl _sleep(unsigned long milliseconds)
{
    Sleep(milliseconds ? milliseconds : 1);
}
NT_EXPORT(_sleep, 0, "u");
