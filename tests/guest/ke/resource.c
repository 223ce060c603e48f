/*
 * ERESOURCE: owners, recursion, waiters and the order in which they get it.
 */
#include "thread.h"

static ERESOURCE resource;
static KEVENT may_go;
static ULONG log_entries[8];
static volatile LONG logged;

static void write_log(ULONG entry)
{
    log_entries[(InterlockedIncrement(&logged) - 1) % 8] = entry;
}

struct plan {
    BOOLEAN (*acquire)(PERESOURCE resource, BOOLEAN wait);
    ULONG name;
    BOOLEAN hold; /* until may_go */
};

static BOOLEAN exclusive(PERESOURCE target, BOOLEAN wait)
{
    return ExAcquireResourceExclusiveLite(target, wait);
}

static BOOLEAN shared(PERESOURCE target, BOOLEAN wait)
{
    return ExAcquireResourceSharedLite(target, wait);
}

static BOOLEAN starve(PERESOURCE target, BOOLEAN wait)
{
    return ExAcquireSharedStarveExclusive(target, wait);
}

static VOID NTAPI use(PVOID context)
{
    const struct plan *plan = context;

    KeEnterCriticalRegion();
    plan->acquire(&resource, TRUE);
    write_log(plan->name);
    if (plan->hold)
        KeWaitForSingleObject(&may_go, Executive, KernelMode, FALSE, NULL);
    ExReleaseResourceLite(&resource);
    KeLeaveCriticalRegion();
}

static BOOLEAN try_result;

static VOID NTAPI try_shared(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    KeEnterCriticalRegion();
    try_result = ExAcquireResourceSharedLite(&resource, FALSE);
    if (try_result)
        ExReleaseResourceLite(&resource);
    KeLeaveCriticalRegion();
}

static BOOLEAN others_may_share(void)
{
    join_thread(start_thread(try_shared, NULL));
    return try_result;
}

static void begin(void)
{
    logged = 0;
    KeInitializeEvent(&may_go, NotificationEvent, FALSE);
    ok_eq_status(ExInitializeResourceLite(&resource), STATUS_SUCCESS);
    KeEnterCriticalRegion();
}

static void end(void)
{
    KeLeaveCriticalRegion();
    ok_eq_status(ExDeleteResourceLite(&resource), STATUS_SUCCESS);
}

GUEST_TEST(recursion)
{
    begin();
    ok(ExAcquireResourceExclusiveLite(&resource, FALSE), "free");
    ok(ExAcquireResourceExclusiveLite(&resource, FALSE), "again");
    ok(ExAcquireResourceSharedLite(&resource, FALSE), "an exclusive owner may share");
    ok(ExIsResourceAcquiredExclusiveLite(&resource), "exclusive");
    ok_eq_int(ExIsResourceAcquiredSharedLite(&resource), 3);
    ok(!others_may_share(), "others may not");
    ExReleaseResourceLite(&resource);
    ExReleaseResourceLite(&resource);
    ok(ExIsResourceAcquiredExclusiveLite(&resource), "still exclusive");
    ExReleaseResourceLite(&resource);
    ok(!ExIsResourceAcquiredExclusiveLite(&resource), "released");
    ok_eq_int(ExIsResourceAcquiredSharedLite(&resource), 0);
    end();
}

GUEST_TEST(sharing)
{
    begin();
    ok(ExAcquireResourceSharedLite(&resource, FALSE), "free");
    ok(others_may_share(), "others, too");
    ok(!ExIsResourceAcquiredExclusiveLite(&resource), "not exclusive");
    ExReleaseResourceLite(&resource);
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    ExConvertExclusiveToSharedLite(&resource);
    ok(others_may_share(), "converted");
    ExReleaseResourceLite(&resource);
    end();
}

/* A reader that comes after a waiting writer waits behind it, unless it starves writers. */
GUEST_TEST(order_of_waiters)
{
    static const struct plan writer = {exclusive, 1, FALSE}, reader = {shared, 2, FALSE};
    static const struct plan greedy = {starve, 3, FALSE};
    PETHREAD threads[3];

    begin();
    ExAcquireResourceSharedLite(&resource, TRUE);
    threads[0] = start_thread(use, (PVOID)&writer);
    sleep_milliseconds(5);
    ok_eq_int(ExGetExclusiveWaiterCount(&resource), 1);
    threads[1] = start_thread(use, (PVOID)&reader);
    sleep_milliseconds(5);
    ok_eq_int(ExGetSharedWaiterCount(&resource), 1);
    threads[2] = start_thread(use, (PVOID)&greedy);
    sleep_milliseconds(5);
    ok(ExAcquireResourceSharedLite(&resource, FALSE), "an owner may share again");
    ExReleaseResourceLite(&resource);
    ExReleaseResourceLite(&resource);
    for (ULONG i = 0; i < 3; i++)
        join_thread(threads[i]);
    ok_eq_int(log_entries[0], 3);
    ok_eq_int(log_entries[1], 1);
    ok_eq_int(log_entries[2], 2);
    end();
}

/* After a writer all waiting readers come in together, before the next writer. */
GUEST_TEST(readers_after_writer)
{
    static const struct plan readers[2] = {{shared, 2, TRUE}, {shared, 2, TRUE}};
    static const struct plan writer = {exclusive, 1, FALSE};
    PETHREAD threads[3];

    begin();
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    threads[0] = start_thread(use, (PVOID)&writer);
    threads[1] = start_thread(use, (PVOID)&readers[0]);
    threads[2] = start_thread(use, (PVOID)&readers[1]);
    sleep_milliseconds(5);
    ExReleaseResourceLite(&resource);
    sleep_milliseconds(5);
    ok_eq_int(logged, 2);
    ok_eq_int(log_entries[0], 2);
    ok_eq_int(log_entries[1], 2);
    KeSetEvent(&may_go, 0, FALSE);
    for (ULONG i = 0; i < 3; i++)
        join_thread(threads[i]);
    ok_eq_int(log_entries[2], 1);
    end();
}

/* More shared owners than the structure has room for. */
GUEST_TEST(many_owners)
{
    static const struct plan reader = {shared, 2, TRUE};
    PETHREAD threads[7];

    begin();
    for (ULONG i = 0; i < 7; i++)
        threads[i] = start_thread(use, (PVOID)&reader);
    sleep_milliseconds(5);
    ok_eq_int(logged, 7);
    ok(!ExAcquireResourceExclusiveLite(&resource, FALSE), "shared");
    KeSetEvent(&may_go, 0, FALSE);
    for (ULONG i = 0; i < 7; i++)
        join_thread(threads[i]);
    ok(ExAcquireResourceExclusiveLite(&resource, FALSE), "free");
    ExReleaseResourceLite(&resource);
    end();
}

GUEST_TEST(owner_pointer)
{
    ULONG_PTR owner = (ULONG_PTR)&resource | 3;

    begin();
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    ExSetResourceOwnerPointer(&resource, (PVOID)owner);
    ok(!ExIsResourceAcquiredExclusiveLite(&resource), "owned by the pointer");
    ok(!others_may_share(), "and by nobody else");
    ExReleaseResourceForThreadLite(&resource, owner);
    ok(others_may_share(), "free");
    end();
}

GUEST_TEST_FILE(resource, GUEST_ROW(recursion), GUEST_ROW(sharing), GUEST_ROW(order_of_waiters),
                GUEST_ROW(readers_after_writer), GUEST_ROW(many_owners), GUEST_ROW(owner_pointer));
