/*
 * Threads seen from outside: suspended, resumed, ended, their registers and information.
 */
#include "check.h"

#include <winternl.h>

#define FEW_MS 20

static volatile LONG steps;
static volatile LONG stop_spinning;

static DWORD WINAPI count_and_sleep(LPVOID argument)
{
    for (;;) {
        InterlockedIncrement(&steps);
        Sleep((DWORD)(ULONG_PTR)argument);
    }
}

static DWORD WINAPI wait_for_ever(LPVOID argument)
{
    WaitForSingleObject(argument, INFINITE);
    return 1;
}

static DWORD WINAPI spin(LPVOID argument)
{
    (void)argument;
    while (!stop_spinning)
        steps++;
    return 3;
}

static DWORD WINAPI return_argument(LPVOID argument)
{
    return (DWORD)(ULONG_PTR)argument;
}

static DWORD exit_code_of(HANDLE thread)
{
    DWORD code = 0;

    CHECK(WaitForSingleObject(thread, 30000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code));
    CloseHandle(thread);
    return code;
}

static void test_created_suspended(void)
{
    DWORD id, code;
    HANDLE thread = CreateThread(NULL, 0, return_argument, (LPVOID)77, CREATE_SUSPENDED, &id);

    CHECK(thread != NULL && id != 0 && id == GetThreadId(thread));
    CHECK(WaitForSingleObject(thread, FEW_MS) == WAIT_TIMEOUT);
    CHECK(GetExitCodeThread(thread, &code) && code == STILL_ACTIVE);
    CHECK(SuspendThread(thread) == 1);
    CHECK(ResumeThread(thread) == 2);
    CHECK(WaitForSingleObject(thread, FEW_MS) == WAIT_TIMEOUT);
    CHECK(ResumeThread(thread) == 1);
    CHECK(exit_code_of(thread) == 77);
}

static void test_suspended_waiter_stops(void)
{
    HANDLE thread = CreateThread(NULL, 0, count_and_sleep, (LPVOID)1, 0, NULL);
    LONG before;

    Sleep(FEW_MS);
    CHECK(steps > 0);
    CHECK(SuspendThread(thread) == 0);
    Sleep(2);
    before = steps;
    Sleep(FEW_MS);
    CHECK(steps == before);
    CHECK(ResumeThread(thread) == 1);
    CHECK(ResumeThread(thread) == 0);
    Sleep(FEW_MS);
    CHECK(steps > before);
    CHECK(SuspendThread(thread) == 0);
    CHECK(TerminateThread(thread, 5)); /* also a suspended one */
    CHECK(exit_code_of(thread) == 5);
}

static void test_suspend_limit(void)
{
    HANDLE thread = CreateThread(NULL, 0, return_argument, (LPVOID)2, CREATE_SUSPENDED, NULL);

    for (DWORD i = 1; i < 127; i++)
        if (SuspendThread(thread) != i)
            CHECK(!"counts up");
    CHECK(SuspendThread(thread) == (DWORD)-1);
    CHECK(GetLastError() == ERROR_SIGNAL_REFUSED);
    while (ResumeThread(thread) > 1)
        ;
    CHECK(exit_code_of(thread) == 2);
    thread = CreateThread(NULL, 0, return_argument, NULL, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    CHECK(SuspendThread(thread) == (DWORD)-1);
    CloseHandle(thread);
}

static void test_terminate(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE waiter = CreateThread(NULL, 0, wait_for_ever, event, 0, NULL);
    HANDLE spinner = CreateThread(NULL, 0, spin, NULL, 0, NULL);

    Sleep(FEW_MS);
    CHECK(TerminateThread(waiter, 11));
    CHECK(TerminateThread(spinner, 12));
    CHECK(exit_code_of(waiter) == 11);
    CHECK(exit_code_of(spinner) == 12);
    CloseHandle(event);
}

static volatile ULONG_PTR apc_sum;

static void CALLBACK add_apc(ULONG_PTR argument)
{
    apc_sum += argument;
}

static DWORD WINAPI sleep_alertable(LPVOID argument)
{
    (void)argument;
    return SleepEx(30000, TRUE);
}

static void test_apcs(void)
{
    HANDLE thread = CreateThread(NULL, 0, sleep_alertable, NULL, 0, NULL);
    double kept = 1.5, other = (double)GetCurrentThreadId();

    Sleep(FEW_MS);
    CHECK(QueueUserAPC(add_apc, thread, 40));
    CHECK(exit_code_of(thread) == WAIT_IO_COMPLETION);
    CHECK(apc_sum == 40);
    CHECK(QueueUserAPC(add_apc, GetCurrentThread(), 2));
    CHECK(SleepEx(0, FALSE) == 0 && apc_sum == 40);
    CHECK(SleepEx(10, TRUE) == WAIT_IO_COMPLETION && apc_sum == 42);
    CHECK(kept * other == 1.5 * (double)GetCurrentThreadId()); /* preserved over the APC */
    CHECK(SleepEx(1, TRUE) == 0);
}

static void test_context_of_spinner(void)
{
    HANDLE thread = CreateThread(NULL, 0, spin, NULL, 0, NULL);
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    LONG before;

    Sleep(FEW_MS);
    CHECK(SuspendThread(thread) == 0);
    CHECK(GetThreadContext(thread, &context));
    CHECK(context.Rip >= (DWORD64)spin && context.Rip < (DWORD64)spin + 0x100);
    CHECK(context.Rsp > 0x10000 && context.SegCs == 0x33);
    before = steps;
    Sleep(FEW_MS);
    CHECK(steps == before);
    stop_spinning = 1;
    CHECK(ResumeThread(thread) == 1);
    CHECK(exit_code_of(thread) == 3);
    stop_spinning = 0;
}

static DWORD WINAPI diverted(LPVOID argument)
{
    ExitThread((DWORD)(ULONG_PTR)argument);
    return 0;
}

static void test_set_context(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE waiter = CreateThread(NULL, 0, wait_for_ever, event, 0, NULL);
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};

    Sleep(FEW_MS);
    CHECK(SuspendThread(waiter) == 0);
    CHECK(GetThreadContext(waiter, &context));
    CHECK(context.Rsp != 0 && context.Rip != 0);
    context.Rip = (DWORD64)diverted;
    context.Rcx = 21;
    context.Rsp = (context.Rsp & ~15ull) - 0x48;
    CHECK(SetThreadContext(waiter, &context));
    context.Rip = 0;
    CHECK(GetThreadContext(waiter, &context) && context.Rip == (DWORD64)diverted);
    CHECK(ResumeThread(waiter) == 1);
    CHECK(WaitForSingleObject(waiter, FEW_MS) == WAIT_TIMEOUT); /* the wait goes on */
    SetEvent(event);
    CHECK(exit_code_of(waiter) == 21);
    CloseHandle(event);
}

static void test_set_context_before_start(void)
{
    HANDLE thread = CreateThread(NULL, 0, return_argument, (LPVOID)9, CREATE_SUSPENDED, NULL);
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};

    CHECK(GetThreadContext(thread, &context));
    CHECK(context.Rcx == (DWORD64)return_argument && context.Rdx == 9);
    context.Rdx = 10;
    CHECK(SetThreadContext(thread, &context));
    ResumeThread(thread);
    CHECK(exit_code_of(thread) == 10);
}

static void test_priorities(void)
{
    HANDLE thread = GetCurrentThread();
    DWORD_PTR mask, system_mask;

    CHECK(GetThreadPriority(thread) == THREAD_PRIORITY_NORMAL);
    CHECK(SetThreadPriority(thread, THREAD_PRIORITY_HIGHEST));
    CHECK(GetThreadPriority(thread) == THREAD_PRIORITY_HIGHEST);
    CHECK(SetThreadPriority(thread, THREAD_PRIORITY_TIME_CRITICAL));
    CHECK(GetThreadPriority(thread) == THREAD_PRIORITY_TIME_CRITICAL);
    CHECK(!SetThreadPriority(thread, 4));
    CHECK(SetPriorityClass(GetCurrentProcess(), IDLE_PRIORITY_CLASS));
    CHECK(GetPriorityClass(GetCurrentProcess()) == IDLE_PRIORITY_CLASS);
    CHECK(GetThreadPriority(thread) == THREAD_PRIORITY_TIME_CRITICAL);
    CHECK(SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS));
    CHECK(SetThreadPriority(thread, THREAD_PRIORITY_NORMAL));
    CHECK(GetProcessAffinityMask(GetCurrentProcess(), &mask, &system_mask) && mask & 1);
    CHECK(SetThreadAffinityMask(thread, 1) == mask);
    CHECK(SetThreadAffinityMask(thread, mask) == 1);
    CHECK(!SetThreadAffinityMask(thread, 1ull << 63));
}

static NTSTATUS(NTAPI *query_thread)(HANDLE, ULONG, PVOID, ULONG, PULONG);
static NTSTATUS(NTAPI *next_thread)(HANDLE, HANDLE, ACCESS_MASK, ULONG, ULONG, PHANDLE);

static void find_services(void)
{
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");

    query_thread = (void *)GetProcAddress(ntdll, "NtQueryInformationThread");
    next_thread = (void *)GetProcAddress(ntdll, "NtGetNextThread");
}

static void test_information(void)
{
    ULONG value = 7, length = 0;
    UCHAR large[64];

    CHECK(query_thread(GetCurrentThread(), 12, &value, sizeof(value), &length) == 0);
    CHECK(value == 1 && length == sizeof(value)); /* the last thread */
    CHECK(query_thread(GetCurrentThread(), 35, &value, sizeof(value), NULL) == 0 && value == 0);
    CHECK(query_thread(GetCurrentThread(), 0, large, 47, NULL) == (NTSTATUS)0xC0000004);
    CHECK(query_thread(GetCurrentThread(), 9999, large, 4, NULL) == (NTSTATUS)0xC0000003);
    CHECK(query_thread((HANDLE)0x7770, 0, large, 48, NULL) == (NTSTATUS)0xC0000008);
    CHECK(query_thread(GetCurrentThread(), 0, (PVOID)0x10, 48, NULL) == (NTSTATUS)0xC0000005);
}

static void test_enumeration(void)
{
    HANDLE other = CreateThread(NULL, 0, return_argument, NULL, CREATE_SUSPENDED, NULL);
    HANDLE first = NULL, second = NULL, third = NULL;

    CHECK(next_thread(GetCurrentProcess(), NULL, THREAD_ALL_ACCESS, 0, 0, &first) == 0);
    CHECK(GetThreadId(first) == GetCurrentThreadId());
    CHECK(next_thread(GetCurrentProcess(), first, THREAD_ALL_ACCESS, 0, 0, &second) == 0);
    CHECK(GetThreadId(second) == GetThreadId(other));
    CHECK(next_thread(GetCurrentProcess(), second, THREAD_ALL_ACCESS, 0, 0, &third) ==
          (NTSTATUS)0x8000001A);
    CloseHandle(first);
    CloseHandle(second);
    ResumeThread(other);
    exit_code_of(other);
}

static void test_open(void)
{
    HANDLE thread = OpenThread(THREAD_ALL_ACCESS, FALSE, GetCurrentThreadId());

    CHECK(thread != NULL && GetThreadId(thread) == GetCurrentThreadId());
    CloseHandle(thread);
    CHECK_ERROR(OpenThread(THREAD_ALL_ACCESS, FALSE, 0x7FFFFFFC), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(OpenThread(THREAD_ALL_ACCESS, FALSE, GetCurrentProcessId()),
                ERROR_INVALID_PARAMETER);
    thread = OpenThread(THREAD_QUERY_LIMITED_INFORMATION, FALSE, GetCurrentThreadId());
    CHECK(GetThreadId(thread) == GetCurrentThreadId());
    CHECK(SuspendThread(thread) == (DWORD)-1 && GetLastError() == ERROR_ACCESS_DENIED);
    CloseHandle(thread);
}

static ULONGLONG processor_time_of(HANDLE thread)
{
    ULARGE_INTEGER kernel, user;
    FILETIME creation, exit, kernel_time, user_time;

    CHECK(GetThreadTimes(thread, &creation, &exit, &kernel_time, &user_time));
    kernel.LowPart = kernel_time.dwLowDateTime;
    kernel.HighPart = kernel_time.dwHighDateTime;
    user.LowPart = user_time.dwLowDateTime;
    user.HighPart = user_time.dwHighDateTime;
    return kernel.QuadPart + user.QuadPart;
}

/*
 * Processor time is counted in ticks of the clock: a thread that computes gets them, one that waits
 * does not. The two counts that cross a tick make one tick more or less.
 */
static void test_times(void)
{
    HANDLE waiter =
        CreateThread(NULL, 0, wait_for_ever, CreateEventW(NULL, TRUE, FALSE, NULL), 0, NULL);
    ULONGLONG start = GetTickCount64(), passed, before, used;
    DWORD adjustment, tick;
    BOOL disabled;

    CHECK(GetSystemTimeAdjustment(&adjustment, &tick, &disabled));
    before = processor_time_of(GetCurrentThread());
    while (GetTickCount64() - start < 4 * tick / 10000)
        steps++;
    passed = (GetTickCount64() - start) * 10000;
    used = processor_time_of(GetCurrentThread()) - before;
    CHECK(used % tick == 0);
    CHECK(used >= tick && used <= passed + 2 * tick);
    CHECK(processor_time_of(waiter) <= tick);
    before = processor_time_of(GetCurrentThread());
    Sleep(10 * tick / 10000);
    CHECK(processor_time_of(GetCurrentThread()) - before <= 2 * tick);
    TerminateThread(waiter, 0);
    WaitForSingleObject(waiter, INFINITE);
    CHECK(processor_time_of(waiter) <= tick);
    CloseHandle(waiter);
}

int main(void)
{
    find_services();
    test_information();
    test_created_suspended();
    test_suspended_waiter_stops();
    test_suspend_limit();
    test_terminate();
    test_apcs();
    test_context_of_spinner();
    test_set_context();
    test_set_context_before_start();
    test_priorities();
    test_enumeration();
    test_open();
    test_times();
    return check_summary();
}
