/*
 * Sequenced lists, interlocked lists and lookaside lists.
 */
#include "../guest.h"

struct DECLSPEC_ALIGN(16) item {
    SLIST_ENTRY entry;
    ULONG number;
};

GUEST_TEST(sequenced_list)
{
    DECLSPEC_ALIGN(16) SLIST_HEADER list;
    struct item items[3];
    PSLIST_ENTRY entry;

    ExInitializeSListHead(&list);
    ok(ExInterlockedPopEntrySList(&list, NULL) == NULL, "empty");
    ok(ExInterlockedPushEntrySList(&list, &items[0].entry, NULL) == NULL, "was empty");
    ok(ExInterlockedPushEntrySList(&list, &items[1].entry, NULL) == &items[0].entry, "old first");
    ExInterlockedPushEntrySList(&list, &items[2].entry, NULL);
    ok_eq_int(ExQueryDepthSList(&list), 3);
    ok_eq_int(list.Region & ~15ull, (ULONG_PTR)&items[2].entry);
    ok(ExInterlockedPopEntrySList(&list, NULL) == &items[2].entry, "last in, first out");
    entry = ExInterlockedFlushSList(&list);
    ok(entry == &items[1].entry && entry->Next == &items[0].entry, "the chain");
    ok_eq_int(ExQueryDepthSList(&list), 0);
    ok(ExInterlockedFlushSList(&list) == NULL, "empty again");
}

GUEST_TEST(interlocked_list)
{
    LIST_ENTRY head, entries[3];
    KSPIN_LOCK lock;

    KeInitializeSpinLock(&lock);
    InitializeListHead(&head);
    ok(ExInterlockedRemoveHeadList(&head, &lock) == NULL, "empty");
    ok(ExInterlockedInsertTailList(&head, &entries[0], &lock) == NULL, "was empty");
    ok(ExInterlockedInsertTailList(&head, &entries[1], &lock) == &entries[0], "old last");
    ok(ExInterlockedInsertHeadList(&head, &entries[2], &lock) == &entries[0], "old first");
    ok(ExInterlockedRemoveHeadList(&head, &lock) == &entries[2], "first");
    ok(ExInterlockedRemoveHeadList(&head, &lock) == &entries[0], "second");
    ok(ExInterlockedRemoveHeadList(&head, &lock) == &entries[1], "third");
    ok(IsListEmpty(&head), "empty");
    ok_eq_int(lock, 0);
}

GUEST_TEST(single_list_and_sums)
{
    SINGLE_LIST_ENTRY head = {NULL}, entries[2];
    KSPIN_LOCK lock;
    LARGE_INTEGER sum = {.QuadPart = 5}, increment = {.QuadPart = -7};
    ULONG number = 3;

    KeInitializeSpinLock(&lock);
    ok(ExInterlockedPushEntryList(&head, &entries[0], &lock) == NULL, "was empty");
    ok(ExInterlockedPushEntryList(&head, &entries[1], &lock) == &entries[0], "old first");
    ok(ExInterlockedPopEntryList(&head, &lock) == &entries[1], "last in, first out");
    ok(ExInterlockedPopEntryList(&head, &lock) == &entries[0], "the other");
    ok(ExInterlockedPopEntryList(&head, &lock) == NULL, "empty");
    ok_eq_int(ExInterlockedAddLargeInteger(&sum, increment, &lock).QuadPart, 5);
    ok_eq_int(sum.QuadPart, -2);
    ok_eq_int(ExInterlockedAddUlong(&number, 4, &lock), 3);
    ok_eq_int(number, 7);
}

static ULONG allocated, freed;

static PVOID NTAPI count_allocate(POOL_TYPE type, SIZE_T size, ULONG tag)
{
    allocated++;
    return ExAllocatePoolWithTag(type, size, tag);
}

static VOID NTAPI count_free(PVOID block)
{
    freed++;
    ExFreePoolWithTag(block, 'tseT');
}

GUEST_TEST(lookaside)
{
    NPAGED_LOOKASIDE_LIST list;
    PVOID first, second;

    allocated = freed = 0;
    ExInitializeNPagedLookasideList(&list, count_allocate, count_free, 0, 100, 'tseT', 0);
    first = ExAllocateFromNPagedLookasideList(&list);
    ok_eq_int(allocated, 1);
    ok_eq_int(list.L.AllocateMisses, 1);
    ExFreeToNPagedLookasideList(&list, first);
    ok_eq_int(freed, 0);
    second = ExAllocateFromNPagedLookasideList(&list);
    ok(second == first, "the kept block");
    ok_eq_int(allocated, 1);
    ok_eq_int(list.L.TotalAllocates, 2);
    ExFreeToNPagedLookasideList(&list, second);
    ExDeleteNPagedLookasideList(&list);
    ok_eq_int(freed, 1);
}

GUEST_TEST(lookaside_keeps_few)
{
    PAGED_LOOKASIDE_LIST list;
    PVOID blocks[300];

    allocated = freed = 0;
    ExInitializePagedLookasideList(&list, count_allocate, count_free, 0, 16, 'tseT', 0);
    for (ULONG i = 0; i < 300; i++)
        blocks[i] = ExAllocateFromPagedLookasideList(&list);
    for (ULONG i = 0; i < 300; i++)
        ExFreeToPagedLookasideList(&list, blocks[i]);
    ok(freed >= 300 - 256, "at most 256 are kept");
    ExDeletePagedLookasideList(&list);
    ok_eq_int(allocated, 300);
    ok_eq_int(freed, 300);
}

GUEST_TEST(lookaside_ex)
{
    LOOKASIDE_LIST_EX list;
    PVOID block;

    ok_eq_status(ExInitializeLookasideListEx(&list, NULL, NULL, NonPagedPool, 0, 64, 'tseT', 0),
                 STATUS_SUCCESS);
    block = ExAllocateFromLookasideListEx(&list);
    ok(block != NULL, "allocated");
    ExFreeToLookasideListEx(&list, block);
    ok(ExAllocateFromLookasideListEx(&list) == block, "kept");
    ExFreeToLookasideListEx(&list, block);
    ExFlushLookasideListEx(&list);
    ok_eq_int(ExQueryDepthSList(&list.L.ListHead), 0);
    ExDeleteLookasideListEx(&list);
    ok_eq_status(ExInitializeLookasideListEx(&list, NULL, NULL, NonPagedPool, 0xFF, 64, 'tseT', 0),
                 STATUS_INVALID_PARAMETER_5);
}

GUEST_TEST_FILE(ex_list, GUEST_ROW(sequenced_list), GUEST_ROW(interlocked_list),
                GUEST_ROW(single_list_and_sums), GUEST_ROW(lookaside),
                GUEST_ROW(lookaside_keeps_few), GUEST_ROW(lookaside_ex));
