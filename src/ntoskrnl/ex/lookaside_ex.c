/*
 * LOOKASIDE_LIST_EX: lookaside lists of any pool type, whose routines get the list itself.
 */
#include "ex/ex_internal.h"
#include "vf/owned.h"

#define DEPTH 4
#define MAXIMUM_DEPTH 256

static PVOID NTAPI default_allocate(POOL_TYPE type, SIZE_T size, ULONG tag, PLOOKASIDE_LIST_EX list)
{
    (void)list;
    return ExAllocatePoolWithTag(type, size, tag);
}

static VOID NTAPI default_free(PVOID block, PLOOKASIDE_LIST_EX list)
{
    (void)list;
    ExFreePool(block);
}

/*
 * Initialise a list.
 * @param allocate, free  NULL = the pool
 * @param flags           0, EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL or …_FAIL_NO_RAISE
 * @param size            of a block, bytes
 * @param depth           reserved, 0
 * IRQL: <= DISPATCH_LEVEL. Returns STATUS_SUCCESS, STATUS_INVALID_PARAMETER_4 … _6 for a pool type
 * that is not a plain one, unknown flags, or a size below that of a list entry.
 * Source: Windows driver documentation, ExInitializeLookasideListEx.
 */
NTSTATUS NTAPI ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX list, PALLOCATE_FUNCTION_EX allocate,
                                           PFREE_FUNCTION_EX free, POOL_TYPE type, ULONG flags,
                                           SIZE_T size, ULONG tag, USHORT depth)
{
    (void)depth;
    if (flags & ~(EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL |
                  EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE) ||
        (flags & EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL &&
         flags & EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE))
        return STATUS_INVALID_PARAMETER_5;
    if (size < LOOKASIDE_MINIMUM_BLOCK_SIZE)
        return STATUS_INVALID_PARAMETER_6;
    RtlZeroMemory(list, sizeof(*list));
    list->L.Depth = DEPTH;
    list->L.MaximumDepth = MAXIMUM_DEPTH;
    list->L.Type = type;
    if (flags & EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL)
        list->L.Type |= POOL_RAISE_IF_ALLOCATION_FAILURE;
    if (flags & EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE)
        list->L.Type |= POOL_QUOTA_FAIL_INSTEAD_OF_RAISE;
    list->L.Tag = tag;
    list->L.Size = (ULONG)size;
    list->L.AllocateEx = allocate ? allocate : default_allocate;
    list->L.FreeEx = free ? free : default_free;
    InitializeListHead(&list->L.ListEntry);
    VF(load_kept(VF_STRUCTURE, (ULONG64)list));
    return STATUS_SUCCESS;
}
NT_EXPORT(ExInitializeLookasideListEx, DISPATCH_LEVEL, "pppuuquu");

/* Free the kept blocks; the list stays usable. IRQL: <= DISPATCH_LEVEL. */
static void flush(PLOOKASIDE_LIST_EX list)
{
    PSLIST_ENTRY entry;

    while ((entry = ExpInterlockedPopEntrySList(&list->L.ListHead)) != NULL)
        list->L.FreeEx(entry, list);
}
NT_EXPORT_AS(ExFlushLookasideListEx, flush, DISPATCH_LEVEL, "p");
NT_EXPORT_AS(ExDeleteLookasideListEx, flush, DISPATCH_LEVEL, "p");

/* A block, or NULL. The exported form of what drivers have inline. IRQL: <= DISPATCH_LEVEL. */
static PVOID allocate_entry(PLOOKASIDE_LIST_EX list)
{
    PVOID entry;

    list->L.TotalAllocates++;
    entry = ExpInterlockedPopEntrySList(&list->L.ListHead);
    if (entry)
        return entry;
    list->L.AllocateMisses++;
    return list->L.AllocateEx(list->L.Type, list->L.Size, list->L.Tag, list);
}
NT_EXPORT_AS(ExAllocateFromLookasideListEx, allocate_entry, DISPATCH_LEVEL, "p");

static void free_entry(PLOOKASIDE_LIST_EX list, PVOID entry)
{
    list->L.TotalFrees++;
    if (list->L.ListHead.HeaderX64.Depth < list->L.Depth) {
        ExpInterlockedPushEntrySList(&list->L.ListHead, entry);
        return;
    }
    list->L.FreeMisses++;
    list->L.FreeEx(entry, list);
}
NT_EXPORT_AS(ExFreeToLookasideListEx, free_entry, DISPATCH_LEVEL, "pp");
