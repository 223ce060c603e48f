/* A list that two threads change without a lock: an item is taken off twice, and freed twice. */
#include "race.h"

struct item {
    LIST_ENTRY link;
};

static LIST_ENTRY items;
static KSPIN_LOCK lock;

void race_initialize(void)
{
    InitializeListHead(&items);
    KeInitializeSpinLock(&lock);
}

static void enter(KIRQL *irql)
{
#ifdef REPAIRED
    KeAcquireSpinLock(&lock, irql);
#else
    *irql = PASSIVE_LEVEL;
#endif
}

static void leave(KIRQL irql)
{
#ifdef REPAIRED
    KeReleaseSpinLock(&lock, irql);
#else
    UNREFERENCED_PARAMETER(irql);
#endif
}

NTSTATUS control(PIRP irp, ULONG code)
{
    struct item *item = ExAllocatePoolWithTag(NonPagedPool, sizeof(*item), RACE_TAG);
    LIST_ENTRY *first = NULL;
    KIRQL irql;

    UNREFERENCED_PARAMETER(code);
    if (item == NULL)
        return complete(irp, STATUS_INSUFFICIENT_RESOURCES);
    enter(&irql);
    InsertTailList(&items, &item->link);
    leave(irql);
    enter(&irql);
    if (!IsListEmpty(&items))
        first = RemoveHeadList(&items);
    leave(irql);
    if (first != NULL)
        ExFreePoolWithTag(CONTAINING_RECORD(first, struct item, link), RACE_TAG);
    return complete(irp, STATUS_SUCCESS);
}
