/*
 * Lookaside lists: freed blocks of one size that are kept for the next allocation.
 *
 * The fast path is compiled into drivers (wdm.h): pop or push an entry of L.ListHead, and else
 * call L.Allocate or L.Free. So the structure is used exactly as documented there. Differs from
 * NT: the depth of a list does not follow its use; it is DEPTH.
 */
#include "ex/ex_internal.h"

#define DEPTH 4 /* where NT starts */
#define MAXIMUM_DEPTH 256

static void initialize(PGENERAL_LOOKASIDE list, PALLOCATE_FUNCTION allocate, PFREE_FUNCTION free,
                       POOL_TYPE type, SIZE_T size, ULONG tag)
{
    RtlZeroMemory(list, sizeof(*list));
    list->Depth = DEPTH;
    list->MaximumDepth = MAXIMUM_DEPTH;
    list->Type = type;
    list->Tag = tag;
    list->Size = (ULONG)max(size, sizeof(SLIST_ENTRY));
    list->Allocate = allocate ? allocate : ExAllocatePoolWithTag;
    list->Free = free ? free : ExFreePool;
    InitializeListHead(&list->ListEntry);
}

static void free_all(PGENERAL_LOOKASIDE list)
{
    PSLIST_ENTRY entry;

    while ((entry = ExpInterlockedPopEntrySList(&list->ListHead)) != NULL)
        list->Free(entry);
}

static PVOID allocate_entry(PGENERAL_LOOKASIDE list)
{
    PVOID entry;

    list->TotalAllocates++;
    entry = ExpInterlockedPopEntrySList(&list->ListHead);
    if (entry)
        return entry;
    list->AllocateMisses++;
    return list->Allocate(list->Type, list->Size, list->Tag);
}

static void free_entry(PGENERAL_LOOKASIDE list, PVOID entry)
{
    list->TotalFrees++;
    if (list->ListHead.HeaderX64.Depth < list->Depth) {
        ExpInterlockedPushEntrySList(&list->ListHead, entry);
        return;
    }
    list->FreeMisses++;
    list->Free(entry);
}

/*
 * Initialise a list of non-paged blocks.
 * @param list      16-byte aligned
 * @param allocate  NULL = ExAllocatePoolWithTag
 * @param free      NULL = ExFreePool
 * @param flags     0, POOL_NX_ALLOCATION, POOL_RAISE_IF_ALLOCATION_FAILURE
 * @param size      of a block, bytes
 * @param depth     reserved
 * IRQL: <= DISPATCH_LEVEL.
 * Source: Windows driver documentation, ExInitializeNPagedLookasideList.
 */
VOID NTAPI ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST list, PALLOCATE_FUNCTION allocate,
                                           PFREE_FUNCTION free, ULONG flags, SIZE_T size, ULONG tag,
                                           USHORT depth)
{
    (void)depth;
    initialize(&list->L, allocate, free, NonPagedPool | flags, size, tag);
}
NT_EXPORT(ExInitializeNPagedLookasideList, DISPATCH_LEVEL, "pppuquu");

/* Free the kept blocks. Source: Windows driver documentation, ExDeleteNPagedLookasideList. */
VOID NTAPI ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST list)
{
    free_all(&list->L);
}
NT_EXPORT(ExDeleteNPagedLookasideList, DISPATCH_LEVEL, "p");

/*
 * Initialise a list of paged blocks; parameters as ExInitializeNPagedLookasideList.
 * IRQL: <= APC_LEVEL. Source: Windows driver documentation, ExInitializePagedLookasideList.
 */
VOID NTAPI ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST list, PALLOCATE_FUNCTION allocate,
                                          PFREE_FUNCTION free, ULONG flags, SIZE_T size, ULONG tag,
                                          USHORT depth)
{
    (void)depth;
    initialize(&list->L, allocate, free, PagedPool | flags, size, tag);
}
NT_EXPORT(ExInitializePagedLookasideList, APC_LEVEL, "pppuquu");

/* Free the kept blocks. Source: Windows driver documentation, ExDeletePagedLookasideList. */
VOID NTAPI ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST list)
{
    free_all(&list->L);
}
NT_EXPORT(ExDeletePagedLookasideList, APC_LEVEL, "p");

/* A block, or NULL. The exported forms of what drivers have inline. */
NT_EXPORT_AS(ExAllocateFromNPagedLookasideList, allocate_entry, DISPATCH_LEVEL, "p");
NT_EXPORT_AS(ExAllocateFromPagedLookasideList, allocate_entry, APC_LEVEL, "p");
NT_EXPORT_AS(ExFreeToNPagedLookasideList, free_entry, DISPATCH_LEVEL, "pp");
NT_EXPORT_AS(ExFreeToPagedLookasideList, free_entry, APC_LEVEL, "pp");
