/*
 * Waiting until a word in memory changes: what the slim locks, condition variables and one-time
 * initialisation are built on.
 *
 * A waiter puts a record on its stack into the bucket of its address and sleeps in
 * NtWaitForAlertByThreadId; a waker takes records out, marks them and alerts their threads. A
 * record is in a bucket exactly while it is not marked; the bucket's lock guards both.
 * Source: Win32 documentation, WaitOnAddress.
 */
#include "ntdll_internal.h"

#define BUCKETS 64

struct address_waiter {
    LIST_ENTRY link;
    const volatile void *address;
    HANDLE thread_id;
    volatile LONG woken;
};

struct address_bucket {
    volatile LONG locked;
    LIST_ENTRY waiters; /* oldest first; Flink NULL: never used */
};

static struct address_bucket buckets[BUCKETS];

/* The owner may have a lower priority than the caller, so the caller sleeps instead of spinning. */
static void lock_bucket(struct address_bucket *bucket)
{
    LARGE_INTEGER shortest = {.QuadPart = -1};

    while (InterlockedExchange(&bucket->locked, 1) != 0)
        NtDelayExecution(FALSE, &shortest);
    if (bucket->waiters.Flink == NULL)
        bucket->waiters.Flink = bucket->waiters.Blink = &bucket->waiters;
}

static void unlock_bucket(struct address_bucket *bucket)
{
    InterlockedExchange(&bucket->locked, 0);
}

static struct address_bucket *bucket_of(const volatile void *address)
{
    return &buckets[((ULONG64)address >> 4 ^ (ULONG64)address >> 12) % BUCKETS];
}

static bool still_equal(const volatile void *address, const void *compare, SIZE_T size)
{
    switch (size) {
    case 1:
        return *(const volatile UCHAR *)address == *(const UCHAR *)compare;
    case 2:
        return *(const volatile USHORT *)address == *(const USHORT *)compare;
    case 4:
        return *(const volatile ULONG *)address == *(const ULONG *)compare;
    default:
        return *(const volatile ULONG64 *)address == *(const ULONG64 *)compare;
    }
}

static void append_waiter(LIST_ENTRY *list, struct address_waiter *waiter)
{
    waiter->link.Flink = list;
    waiter->link.Blink = list->Blink;
    list->Blink->Flink = &waiter->link;
    list->Blink = &waiter->link;
}

static void remove_waiter(struct address_waiter *waiter)
{
    waiter->link.Flink->Blink = waiter->link.Blink;
    waiter->link.Blink->Flink = waiter->link.Flink;
}

/* Sleeps until the record is marked or the time is up; takes it out of the bucket then. */
static NTSTATUS sleep_until_woken(struct address_bucket *bucket, struct address_waiter *waiter,
                                  PLARGE_INTEGER timeout)
{
    while (!waiter->woken) {
        NTSTATUS status = NtWaitForAlertByThreadId((PVOID)waiter->address, timeout);

        if (status == STATUS_TIMEOUT)
            break;
    }
    lock_bucket(bucket);
    bool woken = waiter->woken != 0;

    if (!woken)
        remove_waiter(waiter);
    unlock_bucket(bucket);
    return woken ? STATUS_SUCCESS : STATUS_TIMEOUT;
}

/*
 * Waits while the value at `address` equals the one at `compare`.
 * @param size     1, 2, 4 or 8 bytes
 * @param timeout  100 ns, negative: relative; NULL: no limit. After a wake-up by another thread's
 *                 alert a relative time starts anew.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS (also without reason: check again); STATUS_TIMEOUT;
 * STATUS_INVALID_PARAMETER.
 */
NTSTATUS NTAPI RtlWaitOnAddress(const volatile void *address, const void *compare, SIZE_T size,
                                PLARGE_INTEGER timeout)
{
    struct address_bucket *bucket = bucket_of(address);
    struct address_waiter waiter = {.address = address, .thread_id = user_thread_id()};

    if (size != 1 && size != 2 && size != 4 && size != 8)
        return STATUS_INVALID_PARAMETER;
    lock_bucket(bucket);
    if (!still_equal(address, compare, size)) {
        unlock_bucket(bucket);
        return STATUS_SUCCESS;
    }
    append_waiter(&bucket->waiters, &waiter);
    unlock_bucket(bucket);
    return sleep_until_woken(bucket, &waiter, timeout);
}
NT_EXPORT(RtlWaitOnAddress, 0, "ppqp");

/* Marks the first waiter of `address` in a list and says which thread it is; NULL = none. */
static HANDLE take_waiter(struct address_bucket *bucket, LIST_ENTRY *list, const void *address)
{
    HANDLE thread_id = NULL;

    lock_bucket(bucket);
    for (LIST_ENTRY *link = list->Flink; link != list; link = link->Flink) {
        struct address_waiter *waiter = CONTAINING_RECORD(link, struct address_waiter, link);

        if (waiter->address == address) {
            remove_waiter(waiter);
            thread_id = waiter->thread_id;
            waiter->woken = 1;
            break;
        }
    }
    unlock_bucket(bucket);
    return thread_id;
}

/* Wakes the thread that has waited longest on `address`. IRQL: PASSIVE_LEVEL. */
void NTAPI RtlWakeAddressSingle(const void *address)
{
    struct address_bucket *bucket = bucket_of(address);
    HANDLE thread_id = take_waiter(bucket, &bucket->waiters, address);

    if (thread_id != NULL)
        NtAlertThreadByThreadId(thread_id);
}
NT_EXPORT(RtlWakeAddressSingle, 0, "p");

/* Moves the waiters of `address` from the bucket to a list of the caller's. */
static void gather_waiters(struct address_bucket *bucket, const void *address, LIST_ENTRY *gathered)
{
    lock_bucket(bucket);
    for (LIST_ENTRY *link = bucket->waiters.Flink, *next; link != &bucket->waiters; link = next) {
        struct address_waiter *waiter = CONTAINING_RECORD(link, struct address_waiter, link);

        next = link->Flink;
        if (waiter->address != address)
            continue;
        remove_waiter(waiter);
        append_waiter(gathered, waiter);
    }
    unlock_bucket(bucket);
}

/*
 * Wakes all threads that wait on `address` now; not those that begin to wait meanwhile, which may
 * be the same again. IRQL: PASSIVE_LEVEL.
 */
void NTAPI RtlWakeAddressAll(const void *address)
{
    struct address_bucket *bucket = bucket_of(address);
    LIST_ENTRY gathered = {&gathered, &gathered};
    HANDLE thread_id;

    gather_waiters(bucket, address, &gathered);
    while ((thread_id = take_waiter(bucket, &gathered, address)) != NULL)
        NtAlertThreadByThreadId(thread_id);
}
NT_EXPORT(RtlWakeAddressAll, 0, "p");
