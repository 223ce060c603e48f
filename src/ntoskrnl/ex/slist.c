/*
 * Sequenced singly linked lists. The header has the layout that x64 code knows: depth and sequence
 * in the first eight bytes, the address of the first entry in the second, whose low four bits are
 * flags and stay as they are.
 *
 * Nothing can interrupt these routines, so plain loads and stores are atomic here.
 */
#include "ex/ex_internal.h"

#define ENTRY_FLAGS 0xFull

static PSLIST_ENTRY first_of(const SLIST_HEADER *list)
{
    return (PSLIST_ENTRY)(list->Region & ~ENTRY_FLAGS);
}

static void set_first(PSLIST_HEADER list, PSLIST_ENTRY entry)
{
    list->Region = (ULONGLONG)entry | (list->Region & ENTRY_FLAGS);
    list->HeaderX64.Sequence++;
}

/*
 * Initialise a list.
 * @param list  16-byte aligned, else STATUS_DATATYPE_MISALIGNMENT is raised
 * IRQL: any. Source: Windows driver documentation, ExInitializeSListHead.
 */
static void initialize(PSLIST_HEADER list)
{
    if ((ULONG_PTR)list & ENTRY_FLAGS)
        ExRaiseDatatypeMisalignment();
    RtlZeroMemory(list, sizeof(*list));
}
NT_EXPORT_AS(InitializeSListHead, initialize, HIGH_LEVEL, "p");
NT_EXPORT_AS(RtlInitializeSListHead, initialize, HIGH_LEVEL, "p");

/*
 * Take the first entry. Returns NULL from an empty list.
 * IRQL: any. Source: Windows driver documentation, ExInterlockedPopEntrySList.
 */
PSLIST_ENTRY ExpInterlockedPopEntrySList(PSLIST_HEADER list)
{
    PSLIST_ENTRY entry = first_of(list);

    if (entry) {
        set_first(list, entry->Next);
        list->HeaderX64.Depth--;
    }
    return entry;
}
NT_EXPORT(ExpInterlockedPopEntrySList, HIGH_LEVEL, "p");
NT_EXPORT_AS(RtlInterlockedPopEntrySList, ExpInterlockedPopEntrySList, HIGH_LEVEL, "p");

/*
 * Put an entry in front.
 * @param entry  16-byte aligned
 * IRQL: any. Returns the entry that was first, NULL when there was none.
 * Source: Windows driver documentation, ExInterlockedPushEntrySList.
 */
PSLIST_ENTRY ExpInterlockedPushEntrySList(PSLIST_HEADER list, PSLIST_ENTRY entry)
{
    PSLIST_ENTRY old = first_of(list);

    entry->Next = old;
    set_first(list, entry);
    list->HeaderX64.Depth++;
    return old;
}
NT_EXPORT(ExpInterlockedPushEntrySList, HIGH_LEVEL, "pp");
NT_EXPORT_AS(RtlInterlockedPushEntrySList, ExpInterlockedPushEntrySList, HIGH_LEVEL, "pp");

/* Take all entries; returns the first. IRQL: any. */
PSLIST_ENTRY ExpInterlockedFlushSList(PSLIST_HEADER list)
{
    PSLIST_ENTRY first = first_of(list);

    set_first(list, NULL);
    list->HeaderX64.Depth = 0;
    return first;
}
NT_EXPORT(ExpInterlockedFlushSList, HIGH_LEVEL, "p");
NT_EXPORT_AS(RtlInterlockedFlushSList, ExpInterlockedFlushSList, HIGH_LEVEL, "p");

/* Number of entries, modulo 65536. IRQL: any. */
static USHORT query_depth(PSLIST_HEADER list)
{
    return (USHORT)list->HeaderX64.Depth;
}
NT_EXPORT_AS(ExQueryDepthSList, query_depth, HIGH_LEVEL, "p");
NT_EXPORT_AS(RtlQueryDepthSList, query_depth, HIGH_LEVEL, "p");

/* The first entry, which stays in the list. IRQL: any. */
static PSLIST_ENTRY first_entry(const SLIST_HEADER *list)
{
    return first_of(list);
}
NT_EXPORT_AS(RtlFirstEntrySList, first_entry, HIGH_LEVEL, "p");
