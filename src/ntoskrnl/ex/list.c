/*
 * Interlocked lists and sums: list operations under a spin lock, at any IRQL. The processor is not
 * given up inside, but a lock that its caller holds already is never released: the routine spins,
 * as on NT, and the watchdog reports it.
 */
#include "ex/ex_internal.h"

static void acquire(PKSPIN_LOCK lock)
{
    while (__builtin_expect(*(volatile KSPIN_LOCK *)lock != 0, 0))
        ke_spin();
    *lock = (KSPIN_LOCK)ke_current_thread() | 1;
}

static void release(PKSPIN_LOCK lock)
{
    *lock = 0;
}

/*
 * Insert at the head. Returns the entry that was first, NULL when the list was empty.
 * IRQL: any. Source: Windows driver documentation, ExInterlockedInsertHeadList.
 */
PLIST_ENTRY NTAPI ExInterlockedInsertHeadList(PLIST_ENTRY head, PLIST_ENTRY entry, PKSPIN_LOCK lock)
{
    PLIST_ENTRY first;

    acquire(lock);
    first = IsListEmpty(head) ? NULL : head->Flink;
    InsertHeadList(head, entry);
    release(lock);
    return first;
}
NT_EXPORT(ExInterlockedInsertHeadList, HIGH_LEVEL, "ppp");

/* Insert at the tail. Returns the entry that was last, NULL when the list was empty. */
PLIST_ENTRY NTAPI ExInterlockedInsertTailList(PLIST_ENTRY head, PLIST_ENTRY entry, PKSPIN_LOCK lock)
{
    PLIST_ENTRY last;

    acquire(lock);
    last = IsListEmpty(head) ? NULL : head->Blink;
    InsertTailList(head, entry);
    release(lock);
    return last;
}
NT_EXPORT(ExInterlockedInsertTailList, HIGH_LEVEL, "ppp");

/* Take the first entry. Returns NULL from an empty list. */
PLIST_ENTRY NTAPI ExInterlockedRemoveHeadList(PLIST_ENTRY head, PKSPIN_LOCK lock)
{
    PLIST_ENTRY entry;

    acquire(lock);
    entry = IsListEmpty(head) ? NULL : RemoveHeadList(head);
    release(lock);
    return entry;
}
NT_EXPORT(ExInterlockedRemoveHeadList, HIGH_LEVEL, "pp");

/* Take the first entry of a singly linked list. Returns NULL from an empty list. */
PSINGLE_LIST_ENTRY NTAPI ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY head, PKSPIN_LOCK lock)
{
    PSINGLE_LIST_ENTRY entry;

    acquire(lock);
    entry = head->Next;
    if (entry)
        head->Next = entry->Next;
    release(lock);
    return entry;
}
NT_EXPORT(ExInterlockedPopEntryList, HIGH_LEVEL, "pp");

/* Put an entry in front of a singly linked list. Returns the entry that was first. */
PSINGLE_LIST_ENTRY NTAPI ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY head,
                                                    PSINGLE_LIST_ENTRY entry, PKSPIN_LOCK lock)
{
    PSINGLE_LIST_ENTRY first;

    acquire(lock);
    first = entry->Next = head->Next;
    head->Next = entry;
    release(lock);
    return first;
}
NT_EXPORT(ExInterlockedPushEntryList, HIGH_LEVEL, "ppp");

/* Add to a 64-bit number. Returns what it was. IRQL: any. */
LARGE_INTEGER NTAPI ExInterlockedAddLargeInteger(PLARGE_INTEGER addend, LARGE_INTEGER increment,
                                                 PKSPIN_LOCK lock)
{
    LARGE_INTEGER old;

    acquire(lock);
    old = *addend;
    addend->QuadPart += increment.QuadPart;
    release(lock);
    return old;
}
NT_EXPORT(ExInterlockedAddLargeInteger, HIGH_LEVEL, "pqp");

/* Add to a 32-bit number. Returns what it was. IRQL: any. */
ULONG NTAPI ExInterlockedAddUlong(PULONG addend, ULONG increment, PKSPIN_LOCK lock)
{
    ULONG old;

    acquire(lock);
    old = *addend;
    *addend += increment;
    release(lock);
    return old;
}
NT_EXPORT(ExInterlockedAddUlong, HIGH_LEVEL, "pup");

/*
 * Add memory to a zone of blocks of equal size.
 * @param segment  8-byte aligned memory that begins with a ZONE_SEGMENT_HEADER
 * @param size     of the segment, bytes
 * IRQL: <= DISPATCH_LEVEL. Returns STATUS_SUCCESS, or STATUS_INVALID_PARAMETER for a size that is
 * not the header and whole blocks.
 */
NTSTATUS NTAPI ExExtendZone(PZONE_HEADER zone, PVOID segment, ULONG size)
{
    PZONE_SEGMENT_HEADER header = segment;

    if ((ULONG_PTR)segment & 7 || size & 7 || zone->BlockSize > size)
        return STATUS_INVALID_PARAMETER;
    header->SegmentList.Next = zone->SegmentList.Next;
    zone->SegmentList.Next = &header->SegmentList;
    for (ULONG at = sizeof(*header); at + zone->BlockSize <= size; at += zone->BlockSize) {
        PSINGLE_LIST_ENTRY block = (PSINGLE_LIST_ENTRY)((UCHAR *)segment + at);

        block->Next = zone->FreeList.Next;
        zone->FreeList.Next = block;
        zone->TotalSegmentSize += zone->BlockSize;
    }
    return STATUS_SUCCESS;
}
NT_EXPORT(ExExtendZone, DISPATCH_LEVEL, "ppu");
