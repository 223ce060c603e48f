/*
 * ERESOURCE: a lock with one exclusive or many shared owners, which may acquire it again.
 *
 *   idle        ActiveEntries = 0
 *   exclusive   ResourceOwnedExclusive, OwnerEntry = the owner and how often
 *   shared      an entry per owner: OwnerEntry first, the others in OwnerTable (from index 1; entry
 *               0 keeps the table's size)
 *
 * A release that leaves the resource idle hands it on: after an exclusive owner to all threads that
 * wait for shared access, else to one that waits for exclusive access. The releaser counts the new
 * owners in ActiveEntries; each enters itself when it runs.
 *
 * Waiters sleep on a semaphore and an event that are allocated when first needed.
 */
#include "ex/ex_internal.h"
#include "ex/resource.h"

#define TABLE_STEP 4
#define CANNOT_ALLOCATE_DELAY_100NS 100000

static ERESOURCE_THREAD current_owner(void)
{
    return (ERESOURCE_THREAD)ke_current_thread();
}

POWNER_ENTRY ex_resource_owner(PERESOURCE resource, ERESOURCE_THREAD thread)
{
    if (resource->OwnerEntry.OwnerThread == thread && resource->OwnerEntry.OwnerCount)
        return &resource->OwnerEntry;
    for (ULONG i = 1; resource->OwnerTable && i < resource->OwnerTable->TableSize; i++)
        if (resource->OwnerTable[i].OwnerThread == thread && resource->OwnerTable[i].OwnerCount)
            return &resource->OwnerTable[i];
    return NULL;
}

static void set_active(PERESOURCE resource, ULONG entries)
{
    resource->ActiveEntries = entries;
    resource->ActiveCount = (SHORT)min(entries, (ULONG)MAXSHORT);
}

static void own_exclusive(PERESOURCE resource)
{
    resource->Flag |= ResourceOwnedExclusive;
    set_active(resource, 1);
    resource->OwnerEntry.OwnerThread = current_owner();
    resource->OwnerEntry.OwnerCount = 1;
}

/* A pool block that must be had: a lock cannot fail. */
static PVOID allocate(SIZE_T size)
{
    LARGE_INTEGER delay = {.QuadPart = -CANNOT_ALLOCATE_DELAY_100NS};
    PVOID block;

    while (!(block = ExAllocatePoolWithTag(NonPagedPoolNx, size, EX_TAG_RESOURCE)))
        KeDelayExecutionThread(KernelMode, FALSE, &delay);
    RtlZeroMemory(block, size);
    return block;
}

static void grow_table(PERESOURCE resource)
{
    ULONG old = resource->OwnerTable ? resource->OwnerTable->TableSize : 0;
    POWNER_ENTRY table = allocate((old + TABLE_STEP) * sizeof(*table));

    if (old) {
        RtlCopyMemory(table, resource->OwnerTable, old * sizeof(*table));
        ExFreePoolWithTag(resource->OwnerTable, EX_TAG_RESOURCE);
    }
    table->TableSize = old + TABLE_STEP;
    resource->OwnerTable = table;
}

/* An unused entry for a shared owner. */
static POWNER_ENTRY free_entry(PERESOURCE resource)
{
    if (resource->OwnerEntry.OwnerCount == 0)
        return &resource->OwnerEntry;
    for (;;) {
        for (ULONG i = 1; resource->OwnerTable && i < resource->OwnerTable->TableSize; i++)
            if (resource->OwnerTable[i].OwnerCount == 0)
                return &resource->OwnerTable[i];
        grow_table(resource);
    }
}

static void enter_shared(PERESOURCE resource)
{
    POWNER_ENTRY entry = free_entry(resource);

    entry->OwnerThread = current_owner();
    entry->OwnerCount = 1;
}

static BOOLEAN wait_exclusive(PERESOURCE resource)
{
    if (!resource->ExclusiveWaiters) {
        resource->ExclusiveWaiters = allocate(sizeof(KEVENT));
        KeInitializeEvent((PKEVENT)resource->ExclusiveWaiters, SynchronizationEvent, FALSE);
    }
    resource->NumberOfExclusiveWaiters++;
    resource->ContentionCount++;
    KeWaitForSingleObject((PVOID)resource->ExclusiveWaiters, WrResource, KernelMode, FALSE, NULL);
    own_exclusive(resource);
    return TRUE;
}

static BOOLEAN wait_shared(PERESOURCE resource)
{
    POWNER_ENTRY mine;

    if (!resource->SharedWaiters) {
        resource->SharedWaiters = allocate(sizeof(KSEMAPHORE));
        KeInitializeSemaphore((PKSEMAPHORE)resource->SharedWaiters, 0, MAXLONG);
    }
    resource->NumberOfSharedWaiters++;
    resource->ContentionCount++;
    KeWaitForSingleObject((PVOID)resource->SharedWaiters, WrResource, KernelMode, FALSE, NULL);
    mine = ex_resource_owner(resource, current_owner());
    if (mine) { /* it had shared access and waited behind an exclusive waiter */
        mine->OwnerCount++;
        set_active(resource, resource->ActiveEntries - 1);
    } else {
        enter_shared(resource);
    }
    return TRUE;
}

/* Let all threads in that wait for shared access. */
static void grant_shared(PERESOURCE resource, ULONG already_active)
{
    ULONG waiters = resource->NumberOfSharedWaiters;

    set_active(resource, already_active + waiters);
    resource->NumberOfSharedWaiters = 0;
    if (waiters)
        KeReleaseSemaphore((PKSEMAPHORE)resource->SharedWaiters, 0, (LONG)waiters, FALSE);
}

/* Nobody owns it any more. */
static void hand_on(PERESOURCE resource, BOOLEAN was_exclusive)
{
    resource->Flag &= (USHORT)~ResourceOwnedExclusive;
    resource->OwnerEntry.OwnerThread = 0;
    if (resource->NumberOfSharedWaiters &&
        (was_exclusive || resource->NumberOfExclusiveWaiters == 0)) {
        grant_shared(resource, 0);
    } else if (resource->NumberOfExclusiveWaiters) {
        resource->NumberOfExclusiveWaiters--;
        resource->Flag |= ResourceOwnedExclusive; /* for the thread that wakes */
        set_active(resource, 1);
        KeSetEvent((PKEVENT)resource->ExclusiveWaiters, IO_NO_INCREMENT, FALSE);
    } else {
        set_active(resource, 0);
    }
}

/*
 * Initialise a resource.
 * @param resource  non-paged, 8-byte aligned
 * IRQL: <= DISPATCH_LEVEL. Returns STATUS_SUCCESS.
 * Source: Windows driver documentation, ExInitializeResourceLite.
 */
NTSTATUS NTAPI ExInitializeResourceLite(PERESOURCE resource)
{
    RtlZeroMemory(resource, sizeof(*resource));
    InitializeListHead(&resource->SystemResourcesList);
    return STATUS_SUCCESS;
}
NT_EXPORT(ExInitializeResourceLite, DISPATCH_LEVEL, "p");

/* Make a used resource as new; nobody may own it. IRQL: <= DISPATCH_LEVEL. */
NTSTATUS NTAPI ExReinitializeResourceLite(PERESOURCE resource)
{
    NTSTATUS status = ExDeleteResourceLite(resource);

    return NT_SUCCESS(status) ? ExInitializeResourceLite(resource) : status;
}
NT_EXPORT(ExReinitializeResourceLite, DISPATCH_LEVEL, "p");

/* Free what belongs to a resource; nobody may own it. IRQL: <= DISPATCH_LEVEL. */
NTSTATUS NTAPI ExDeleteResourceLite(PERESOURCE resource)
{
    if (resource->OwnerTable)
        ExFreePoolWithTag(resource->OwnerTable, EX_TAG_RESOURCE);
    if (resource->SharedWaiters)
        ExFreePoolWithTag((PVOID)resource->SharedWaiters, EX_TAG_RESOURCE);
    if (resource->ExclusiveWaiters)
        ExFreePoolWithTag((PVOID)resource->ExclusiveWaiters, EX_TAG_RESOURCE);
    resource->OwnerTable = NULL;
    resource->SharedWaiters = NULL;
    resource->ExclusiveWaiters = NULL;
    return STATUS_SUCCESS;
}
NT_EXPORT(ExDeleteResourceLite, DISPATCH_LEVEL, "p");

/*
 * Acquire for exclusive access.
 * @param wait  FALSE = return at once when it is not free
 * IRQL: <= APC_LEVEL, normal kernel APCs disabled. Returns whether the thread owns it now.
 * Source: Windows driver documentation, ExAcquireResourceExclusiveLite.
 */
BOOLEAN NTAPI ExAcquireResourceExclusiveLite(PERESOURCE resource, BOOLEAN wait)
{
    if (resource->ActiveEntries == 0) {
        own_exclusive(resource);
        return TRUE;
    }
    if (resource->Flag & ResourceOwnedExclusive &&
        resource->OwnerEntry.OwnerThread == current_owner()) {
        resource->OwnerEntry.OwnerCount++;
        return TRUE;
    }
    return wait ? wait_exclusive(resource) : FALSE;
}
NT_EXPORT(ExAcquireResourceExclusiveLite, APC_LEVEL, "pb");

enum shared_policy {
    AFTER_EXCLUSIVE_WAITERS, /* except for a thread that has access already */
    BEFORE_EXCLUSIVE_WAITERS,
    ALWAYS_AFTER_EXCLUSIVE_WAITERS,
};

static BOOLEAN acquire_shared(PERESOURCE resource, BOOLEAN wait, enum shared_policy policy)
{
    POWNER_ENTRY mine;

    if (resource->ActiveEntries == 0) {
        set_active(resource, 1);
        enter_shared(resource);
        return TRUE;
    }
    mine = ex_resource_owner(resource, current_owner());
    if (mine &&
        (resource->Flag & ResourceOwnedExclusive || policy != ALWAYS_AFTER_EXCLUSIVE_WAITERS ||
         resource->NumberOfExclusiveWaiters == 0)) {
        mine->OwnerCount++;
        return TRUE;
    }
    if (!(resource->Flag & ResourceOwnedExclusive) && !mine &&
        (policy == BEFORE_EXCLUSIVE_WAITERS || resource->NumberOfExclusiveWaiters == 0)) {
        set_active(resource, resource->ActiveEntries + 1);
        enter_shared(resource);
        return TRUE;
    }
    return wait ? wait_shared(resource) : FALSE;
}

/*
 * Acquire for shared access. A thread that has the resource in any way gets it again at once;
 * others wait behind threads that wait for exclusive access.
 * IRQL: <= APC_LEVEL, normal kernel APCs disabled. Returns whether the thread owns it now.
 * Source: Windows driver documentation, ExAcquireResourceSharedLite.
 */
BOOLEAN NTAPI ExAcquireResourceSharedLite(PERESOURCE resource, BOOLEAN wait)
{
    return acquire_shared(resource, wait, AFTER_EXCLUSIVE_WAITERS);
}
NT_EXPORT(ExAcquireResourceSharedLite, APC_LEVEL, "pb");

/* As ExAcquireResourceSharedLite, past threads that wait for exclusive access. */
BOOLEAN NTAPI ExAcquireSharedStarveExclusive(PERESOURCE resource, BOOLEAN wait)
{
    return acquire_shared(resource, wait, BEFORE_EXCLUSIVE_WAITERS);
}
NT_EXPORT(ExAcquireSharedStarveExclusive, APC_LEVEL, "pb");

/* As ExAcquireResourceSharedLite, behind them even for a thread that has shared access. */
BOOLEAN NTAPI ExAcquireSharedWaitForExclusive(PERESOURCE resource, BOOLEAN wait)
{
    return acquire_shared(resource, wait, ALWAYS_AFTER_EXCLUSIVE_WAITERS);
}
NT_EXPORT(ExAcquireSharedWaitForExclusive, APC_LEVEL, "pb");

/*
 * Release for an owner that is not the current thread, or whose name ExSetResourceOwnerPointer set.
 * IRQL: <= DISPATCH_LEVEL. An owner that does not own it is bug check 0xE3 (RESOURCE_NOT_OWNED).
 * Source: Windows driver documentation, ExReleaseResourceForThreadLite.
 */
VOID NTAPI ExReleaseResourceForThreadLite(PERESOURCE resource, ERESOURCE_THREAD thread)
{
    POWNER_ENTRY entry = ex_resource_owner(resource, thread);
    BOOLEAN was_exclusive = (resource->Flag & ResourceOwnedExclusive) != 0;

    if (!entry)
        ke_bugcheck(RESOURCE_NOT_OWNED, (ULONG_PTR)resource, thread,
                    (ULONG_PTR)resource->OwnerTable, 2);
    if (--entry->OwnerCount)
        return;
    entry->OwnerThread = 0;
    if (resource->ActiveEntries > 1)
        set_active(resource, resource->ActiveEntries - 1);
    else
        hand_on(resource, was_exclusive);
}
NT_EXPORT(ExReleaseResourceForThreadLite, DISPATCH_LEVEL, "pp");

/*
 * Release once. IRQL: <= DISPATCH_LEVEL.
 * Source: Windows driver documentation, ExReleaseResourceLite.
 */
VOID ExReleaseResourceLite(PERESOURCE resource)
{
    ExReleaseResourceForThreadLite(resource, current_owner());
}
NT_EXPORT(ExReleaseResourceLite, DISPATCH_LEVEL, "p");

/* Turn exclusive into shared access and let waiting sharers in. IRQL: <= DISPATCH_LEVEL. */
VOID NTAPI ExConvertExclusiveToSharedLite(PERESOURCE resource)
{
    if (!(resource->Flag & ResourceOwnedExclusive) ||
        resource->OwnerEntry.OwnerThread != current_owner())
        ke_bugcheck(RESOURCE_NOT_OWNED, (ULONG_PTR)resource, current_owner(),
                    (ULONG_PTR)resource->OwnerTable, 1);
    resource->Flag &= (USHORT)~ResourceOwnedExclusive;
    grant_shared(resource, 1);
}
NT_EXPORT(ExConvertExclusiveToSharedLite, DISPATCH_LEVEL, "p");

/*
 * Give the current thread's access another name, so that another thread may release it.
 * @param owner  an address with its two low bits set
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, ExSetResourceOwnerPointer.
 */
VOID NTAPI ExSetResourceOwnerPointer(PERESOURCE resource, PVOID owner)
{
    POWNER_ENTRY mine = ex_resource_owner(resource, current_owner());
    POWNER_ENTRY other = ex_resource_owner(resource, (ERESOURCE_THREAD)owner);

    if (!mine)
        ke_bugcheck(RESOURCE_NOT_OWNED, (ULONG_PTR)resource, current_owner(),
                    (ULONG_PTR)resource->OwnerTable, 3);
    if (!other) {
        mine->OwnerThread = (ERESOURCE_THREAD)owner;
        return;
    }
    other->OwnerCount += mine->OwnerCount;
    mine->OwnerThread = 0;
    mine->OwnerCount = 0;
    set_active(resource, resource->ActiveEntries - 1);
}
NT_EXPORT(ExSetResourceOwnerPointer, DISPATCH_LEVEL, "pp");

/* As ExSetResourceOwnerPointer; a flag may say that the owner is a thread. */
VOID NTAPI ExSetResourceOwnerPointerEx(PERESOURCE resource, PVOID owner, ULONG flags)
{
    (void)flags;
    ExSetResourceOwnerPointer(resource, owner);
}
NT_EXPORT(ExSetResourceOwnerPointerEx, DISPATCH_LEVEL, "ppu");
