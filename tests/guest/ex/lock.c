/*
 * Fast and guarded mutexes, reader-writer spin locks and rundown protection.
 */
#include "../ke/thread.h"

static FAST_MUTEX mutex;
static ULONG inside, most, total;

static VOID NTAPI use_mutex(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    for (ULONG i = 0; i < 3; i++) {
        ExAcquireFastMutex(&mutex);
        if (++inside > most)
            most = inside;
        total++;
        sleep_milliseconds(2);
        inside--;
        ExReleaseFastMutex(&mutex);
    }
}

GUEST_TEST(fast_mutex)
{
    PETHREAD threads[3];

    ExInitializeFastMutex(&mutex);
    inside = most = total = 0;
    for (ULONG i = 0; i < 3; i++)
        threads[i] = start_thread(use_mutex, NULL);
    for (ULONG i = 0; i < 3; i++)
        join_thread(threads[i]);
    ok_eq_int(most, 1);
    ok_eq_int(total, 9);
    ExAcquireFastMutex(&mutex);
    ok_eq_int(KeGetCurrentIrql(), APC_LEVEL);
    ok(mutex.Owner == KeGetCurrentThread(), "owner");
    ok(!ExTryToAcquireFastMutex(&mutex), "not twice");
    ok_eq_int(KeGetCurrentIrql(), APC_LEVEL);
    ExReleaseFastMutex(&mutex);
    ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
    ok(ExTryToAcquireFastMutex(&mutex), "free");
    ExReleaseFastMutex(&mutex);
}

GUEST_TEST(guarded_mutex)
{
    KGUARDED_MUTEX guarded;

    KeInitializeGuardedMutex(&guarded);
    KeAcquireGuardedMutex(&guarded);
    ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
    ok(KeAreAllApcsDisabled(), "no APCs inside");
    ok(!KeTryToAcquireGuardedMutex(&guarded), "not twice");
    KeReleaseGuardedMutex(&guarded);
    ok(!KeAreAllApcsDisabled(), "APCs outside");
    ok(KeTryToAcquireGuardedMutex(&guarded), "free");
    KeReleaseGuardedMutex(&guarded);
}

static EX_RUNDOWN_REF rundown;
static BOOLEAN released;

static VOID NTAPI take_down(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    ExWaitForRundownProtectionRelease(&rundown);
    released = TRUE;
}

GUEST_TEST(rundown_protection)
{
    PETHREAD thread;

    released = FALSE;
    ExInitializeRundownProtection(&rundown);
    ok(ExAcquireRundownProtection(&rundown), "let in");
    ok(ExAcquireRundownProtection(&rundown), "twice");
    thread = start_thread(take_down, NULL);
    sleep_milliseconds(5);
    ok(!ExAcquireRundownProtection(&rundown), "being taken down");
    ExReleaseRundownProtection(&rundown);
    sleep_milliseconds(5);
    ok(!released, "one user left");
    ExReleaseRundownProtection(&rundown);
    join_thread(thread);
    ok(released, "all out");
    ExRundownCompleted(&rundown);
    ok(!ExAcquireRundownProtection(&rundown), "run down");
    ExReInitializeRundownProtection(&rundown);
    ok(ExAcquireRundownProtection(&rundown), "as new");
    ExReleaseRundownProtection(&rundown);
    ExWaitForRundownProtectionRelease(&rundown);
}

GUEST_TEST(cache_aware_rundown)
{
    PEX_RUNDOWN_REF_CACHE_AWARE reference =
        ExAllocateCacheAwareRundownProtection(NonPagedPool, 'tseT');

    ok(reference != NULL, "allocated");
    ok(ExAcquireRundownProtectionCacheAware(reference), "let in");
    ExReleaseRundownProtectionCacheAware(reference);
    ExWaitForRundownProtectionReleaseCacheAware(reference);
    ok(!ExAcquireRundownProtectionCacheAware(reference), "run down");
    ExFreeCacheAwareRundownProtection(reference);
}

/* <wdm.h> of newer kits. */
NTKERNELAPI VOID FASTCALL ExfAcquirePushLockExclusive(PULONG_PTR lock);
NTKERNELAPI VOID FASTCALL ExfAcquirePushLockShared(PULONG_PTR lock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLock(PULONG_PTR lock);
NTKERNELAPI BOOLEAN FASTCALL ExfTryAcquirePushLockShared(PULONG_PTR lock);

static ULONG_PTR push_lock;
static ULONG order[4], entered;

static VOID NTAPI write_pushed(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    KeEnterCriticalRegion();
    ExfAcquirePushLockExclusive(&push_lock);
    order[entered++ % 4] = 1;
    ExfReleasePushLock(&push_lock);
    KeLeaveCriticalRegion();
}

static VOID NTAPI read_pushed(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    KeEnterCriticalRegion();
    ExfAcquirePushLockShared(&push_lock);
    order[entered++ % 4] = 2;
    ExfReleasePushLock(&push_lock);
    KeLeaveCriticalRegion();
}

GUEST_TEST(push_lock_waiters)
{
    PETHREAD threads[2];

    entered = 0;
    push_lock = 0;
    KeEnterCriticalRegion();
    ExfAcquirePushLockShared(&push_lock);
    ok(ExfTryAcquirePushLockShared(&push_lock), "shared twice");
    ExfReleasePushLock(&push_lock);
    threads[0] = start_thread(write_pushed, NULL);
    sleep_milliseconds(5);
    ok(!ExfTryAcquirePushLockShared(&push_lock), "a writer waits");
    threads[1] = start_thread(read_pushed, NULL);
    sleep_milliseconds(5);
    ok_eq_int(entered, 0);
    ExfReleasePushLock(&push_lock);
    KeLeaveCriticalRegion();
    join_thread(threads[0]);
    join_thread(threads[1]);
    ok_eq_int(order[0], 1);
    ok_eq_int(order[1], 2);
    ok_eq_int(push_lock, 0);
}

GUEST_TEST_FILE(ex_lock, GUEST_ROW(fast_mutex), GUEST_ROW(guarded_mutex),
                GUEST_ROW(rundown_protection), GUEST_ROW(cache_aware_rundown),
                GUEST_ROW(push_lock_waiters));
