/* Threads and what they meet at: critical sections, slim locks, conditions, one-time, TLS. */
#include "check.h"

#define THREADS 4
#define ROUNDS 200

static CRITICAL_SECTION section;
static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE condition = CONDITION_VARIABLE_INIT;
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static int counter, initialised, waiting, go;
static DWORD tls_index, fls_index;
static LONG fls_calls;

static BOOL CALLBACK initialise(PINIT_ONCE word, PVOID parameter, PVOID *context)
{
    (void)word;
    Sleep(1); /* lets the others come */
    initialised++;
    *context = parameter;
    return TRUE;
}

static VOID WINAPI fls_callback(PVOID value)
{
    if (value != NULL)
        InterlockedIncrement(&fls_calls);
}

static DWORD WINAPI worker(LPVOID argument)
{
    PVOID context = NULL;

    if (!InitOnceExecuteOnce(&once, initialise, (PVOID)0x40, &context) || context != (PVOID)0x40)
        return 1;
    TlsSetValue(tls_index, argument);
    FlsSetValue(fls_index, (PVOID)1);
    for (int i = 0; i < ROUNDS; i++) {
        EnterCriticalSection(&section);
        int before = counter;

        if (i % 50 == 0)
            Sleep(0);
        counter = before + 1;
        LeaveCriticalSection(&section);
    }
    AcquireSRWLockExclusive(&lock);
    waiting++;
    while (!go)
        SleepConditionVariableSRW(&condition, &lock, INFINITE, 0);
    ReleaseSRWLockExclusive(&lock);
    return TlsGetValue(tls_index) == argument ? 0 : 2;
}

static void test_threads(void)
{
    HANDLE threads[THREADS];
    DWORD code, id, ready = 0;

    InitializeCriticalSection(&section);
    tls_index = TlsAlloc();
    fls_index = FlsAlloc(fls_callback);
    CHECK(tls_index != TLS_OUT_OF_INDEXES && fls_index != FLS_OUT_OF_INDEXES);
    for (int i = 0; i < THREADS; i++) {
        threads[i] = CreateThread(NULL, 0, worker, &threads[i], 0, &id);
        CHECK(threads[i] != NULL && GetThreadId(threads[i]) == id);
    }
    while (ready < THREADS) {
        Sleep(1);
        AcquireSRWLockShared(&lock);
        ready = (DWORD)waiting;
        ReleaseSRWLockShared(&lock);
    }
    CHECK(GetExitCodeThread(threads[0], &code) && code == STILL_ACTIVE);
    AcquireSRWLockExclusive(&lock);
    go = 1;
    ReleaseSRWLockExclusive(&lock);
    WakeAllConditionVariable(&condition);
    CHECK(WaitForMultipleObjects(THREADS, threads, TRUE, 10000) == WAIT_OBJECT_0);
    for (int i = 0; i < THREADS; i++) {
        CHECK(GetExitCodeThread(threads[i], &code) && code == 0);
        CloseHandle(threads[i]);
    }
    CHECK(counter == THREADS * ROUNDS && initialised == 1 && fls_calls == THREADS);
    CHECK(TlsFree(tls_index) && !TlsFree(tls_index));
    DeleteCriticalSection(&section);
}

static void test_slim_lock(void)
{
    SRWLOCK own = SRWLOCK_INIT;

    AcquireSRWLockShared(&own);
    CHECK(TryAcquireSRWLockShared(&own) && !TryAcquireSRWLockExclusive(&own));
    ReleaseSRWLockShared(&own);
    ReleaseSRWLockShared(&own);
    CHECK(TryAcquireSRWLockExclusive(&own) && !TryAcquireSRWLockShared(&own));
    CONDITION_VARIABLE nobody = CONDITION_VARIABLE_INIT;

    CHECK_ERROR(SleepConditionVariableSRW(&nobody, &own, 5, 0), ERROR_TIMEOUT);
    ReleaseSRWLockExclusive(&own);
    CHECK(WaitForSingleObject(GetCurrentThread(), 0) == WAIT_TIMEOUT);
}

static void CALLBACK count_apc(ULONG_PTR argument)
{
    *(int *)argument += 1;
}

static void test_apc(void)
{
    int calls = 0;

    CHECK(QueueUserAPC(count_apc, GetCurrentThread(), (ULONG_PTR)&calls));
    CHECK(QueueUserAPC(count_apc, GetCurrentThread(), (ULONG_PTR)&calls));
    Sleep(1);
    CHECK(calls == 0);
    CHECK(SleepEx(1000, TRUE) == WAIT_IO_COMPLETION && calls == 2);
    CHECK(SleepEx(1, TRUE) == 0);
}

static void test_list(void)
{
    static SLIST_HEADER head __attribute__((aligned(16)));
    static SLIST_ENTRY entries[3] __attribute__((aligned(16)));

    InitializeSListHead(&head);
    CHECK(InterlockedPopEntrySList(&head) == NULL);
    CHECK(InterlockedPushEntrySList(&head, &entries[0]) == NULL);
    CHECK(InterlockedPushEntrySList(&head, &entries[1]) == &entries[0]);
    CHECK(QueryDepthSList(&head) == 2);
    CHECK(InterlockedPopEntrySList(&head) == &entries[1]);
    CHECK(InterlockedPushEntrySList(&head, &entries[2]) == &entries[0]);
    CHECK(InterlockedFlushSList(&head) == &entries[2] && QueryDepthSList(&head) == 0);
}

int main(void)
{
    test_threads();
    test_slim_lock();
    test_apc();
    test_list();
    return check_summary();
}
