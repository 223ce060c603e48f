/* Doubly linked lists with a head, as drivers have them; the Win32 headers only have the links. */
#ifndef RINGSIDE_KERNEL32_LIST_H
#define RINGSIDE_KERNEL32_LIST_H

#include <stdbool.h>
#include <windows.h>

static inline void list_initialize(LIST_ENTRY *head)
{
    head->Flink = head->Blink = head;
}

static inline bool list_is_empty(const LIST_ENTRY *head)
{
    return head->Flink == head;
}

static inline void list_append(LIST_ENTRY *head, LIST_ENTRY *entry)
{
    entry->Flink = head;
    entry->Blink = head->Blink;
    head->Blink->Flink = entry;
    head->Blink = entry;
}

static inline void list_remove(LIST_ENTRY *entry)
{
    entry->Blink->Flink = entry->Flink;
    entry->Flink->Blink = entry->Blink;
}

#endif
