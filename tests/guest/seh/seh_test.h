/*
 * What the exception tests share: memory accesses that fault, in every position that a compiler
 * treats differently, and a log of the order in which things happen.
 */
#ifndef SEH_TEST_H
#define SEH_TEST_H

#include "../guest.h"
#include <stdbool.h>
#include <stddef.h>

#define NO_INLINE __attribute__((noinline))

/* An address in the first page, which is never mapped. Volatile: the compiler must not know it. */
static volatile ULONG_PTR bad_address = 0x10;

static inline volatile int *bad_pointer(void)
{
    return (volatile int *)bad_address;
}

static NO_INLINE __attribute__((unused)) int read_in_leaf(volatile int *address)
{
    return *address;
}

static NO_INLINE __attribute__((unused)) void write_in_leaf(volatile int *address)
{
    *address = 1;
}

/* ExRaiseStatus, but the compiler cannot know that it does not return: it drops the guarded ranges
 * around code that it takes for unreachable. */
static __attribute__((unused)) VOID(NTAPI *volatile raise_status)(NTSTATUS) = ExRaiseStatus;

/* Letters in the order of events: "ab" means a happened, then b. */
struct event_log {
    char text[32];
    int length;
};

static inline void log_event(struct event_log *log, char event)
{
    if (log->length < (int)sizeof(log->text) - 1)
        log->text[log->length++] = event;
}

#define ok_log(log, expected) ok_eq_str((log)->text, expected)

#endif
