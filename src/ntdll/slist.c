/*
 * Interlocked singly linked lists: a head of 16 bytes that is exchanged as a whole, so that depth,
 * a sequence number and the first entry always agree.
 *   word 0: depth in bits 0-15, sequence in bits 16-63     word 1: address of the first entry
 * Source: Win32 documentation, "Interlocked Singly Linked Lists".
 */
#include "ntdll_internal.h"

struct list_words {
    ULONG64 count; /* depth and sequence */
    ULONG64 first;
};

#define SEQUENCE_ONE 0x10000ull
#define DEPTH_MASK 0xFFFFull

static bool exchange(PSLIST_HEADER head, struct list_words *expected, struct list_words desired)
{
    bool done;

    __asm__ volatile("lock cmpxchg16b %1"
                     : "=@ccz"(done), "+m"(*(struct list_words *)head), "+a"(expected->count),
                       "+d"(expected->first)
                     : "b"(desired.count), "c"(desired.first)
                     : "memory");
    return done;
}

static struct list_words read_head(PSLIST_HEADER head)
{
    return *(volatile struct list_words *)head;
}

/* Makes a list empty. IRQL: PASSIVE_LEVEL. */
VOID NTAPI RtlInitializeSListHead(PSLIST_HEADER head)
{
    *(struct list_words *)head = (struct list_words){0, 0};
}
NT_EXPORT(RtlInitializeSListHead, 0, "p");

/* Puts an entry in front. Returns: the entry that was in front. */
PSLIST_ENTRY NTAPI RtlInterlockedPushEntrySList(PSLIST_HEADER head, PSLIST_ENTRY entry)
{
    struct list_words old = read_head(head), new;

    do {
        entry->Next = (PSLIST_ENTRY)old.first;
        new = (struct list_words){old.count + SEQUENCE_ONE + 1, (ULONG64)entry};
    } while (!exchange(head, &old, new));
    return (PSLIST_ENTRY)old.first;
}
NT_EXPORT(RtlInterlockedPushEntrySList, 0, "pp");

/* Takes the entry in front. Returns: it, or NULL. */
PSLIST_ENTRY NTAPI RtlInterlockedPopEntrySList(PSLIST_HEADER head)
{
    struct list_words old = read_head(head), new;

    do {
        if (old.first == 0)
            return NULL;
        new = (struct list_words){old.count + SEQUENCE_ONE - 1,
                                  (ULONG64)((PSLIST_ENTRY)old.first)->Next};
    } while (!exchange(head, &old, new));
    return (PSLIST_ENTRY)old.first;
}
NT_EXPORT(RtlInterlockedPopEntrySList, 0, "p");

/* Takes all entries. Returns: the first of them, or NULL. */
PSLIST_ENTRY NTAPI RtlInterlockedFlushSList(PSLIST_HEADER head)
{
    struct list_words old = read_head(head);

    while (!exchange(head, &old, (struct list_words){(old.count & ~DEPTH_MASK) + SEQUENCE_ONE, 0}))
        ;
    return (PSLIST_ENTRY)old.first;
}
NT_EXPORT(RtlInterlockedFlushSList, 0, "p");

/* How many entries there are, modulo 65,536. */
WORD NTAPI RtlQueryDepthSList(PSLIST_HEADER head)
{
    return (WORD)(read_head(head).count & DEPTH_MASK);
}
NT_EXPORT(RtlQueryDepthSList, 0, "p");
