/*
 * Slim reader/writer locks, condition variables and one-time initialisation, on waiting for an
 * address.
 *
 * The word of a lock:   0 free;  bit 0 held exclusively;  bit 1 somebody waits;
 *                       bits 4 and up: number of readers.
 * Whoever frees a lock that has bit 1 clears the bit and wakes everybody; who does not get the lock
 * then sets it again. The word of a condition variable counts wake-ups.
 * Source: Win32 documentation, "Slim Reader/Writer Locks", "Condition Variables", "One-Time
 * Initialization".
 */
#include "ntdll_internal.h"

#define SRW_EXCLUSIVE 1ll
#define SRW_WAITERS 2ll
#define SRW_READER 16ll

static volatile LONG64 *word_of(void *lock)
{
    return (volatile LONG64 *)lock;
}

static bool change(volatile LONG64 *word, LONG64 from, LONG64 to)
{
    return InterlockedCompareExchange64(word, to, from) == from;
}

/* Takes the lock when no bit of `blocking` and no reader (if `exclusive`) is in the way. */
static bool try_acquire(volatile LONG64 *word, bool exclusive)
{
    for (;;) {
        LONG64 value = *word;

        if ((value & SRW_EXCLUSIVE) || (exclusive && value >= SRW_READER))
            return false;
        if (change(word, value, exclusive ? value | SRW_EXCLUSIVE : value + SRW_READER))
            return true;
    }
}

static void acquire(volatile LONG64 *word, bool exclusive)
{
    while (!try_acquire(word, exclusive)) {
        LONG64 value = *word;
        LONG64 waiting = value | SRW_WAITERS;

        if ((value & ~SRW_WAITERS) == 0 || !change(word, value, waiting))
            continue;
        RtlWaitOnAddress(word, &waiting, sizeof(waiting), NULL);
    }
}

static void release(volatile LONG64 *word, LONG64 amount)
{
    LONG64 value, left;

    do {
        value = *word;
        left = value - amount;
        if (left < SRW_READER)
            left &= ~SRW_WAITERS;
    } while (!change(word, value, left));
    if ((value & SRW_WAITERS) && !(left & SRW_WAITERS))
        RtlWakeAddressAll((const void *)word);
}

void NTAPI RtlInitializeSRWLock(PRTL_SRWLOCK lock);
/* Makes a lock free. IRQL: PASSIVE_LEVEL. */
void NTAPI RtlInitializeSRWLock(PRTL_SRWLOCK lock)
{
    lock->Ptr = NULL;
}
NT_EXPORT(RtlInitializeSRWLock, 0, "p");

/* Acquires a lock alone; not recursive. IRQL: PASSIVE_LEVEL. */
void NTAPI RtlAcquireSRWLockExclusive(PRTL_SRWLOCK lock)
{
    acquire(word_of(lock), true);
}
NT_EXPORT(RtlAcquireSRWLockExclusive, 0, "p");

/* Acquires a lock together with other readers. IRQL: PASSIVE_LEVEL. */
void NTAPI RtlAcquireSRWLockShared(PRTL_SRWLOCK lock)
{
    acquire(word_of(lock), false);
}
NT_EXPORT(RtlAcquireSRWLockShared, 0, "p");

BOOLEAN NTAPI RtlTryAcquireSRWLockExclusive(PRTL_SRWLOCK lock);
/* Acquires a lock alone if that is possible at once. IRQL: PASSIVE_LEVEL. */
BOOLEAN NTAPI RtlTryAcquireSRWLockExclusive(PRTL_SRWLOCK lock)
{
    return try_acquire(word_of(lock), true);
}
NT_EXPORT(RtlTryAcquireSRWLockExclusive, 0, "p");

BOOLEAN NTAPI RtlTryAcquireSRWLockShared(PRTL_SRWLOCK lock);
/* Acquires a lock as a reader if that is possible at once. IRQL: PASSIVE_LEVEL. */
BOOLEAN NTAPI RtlTryAcquireSRWLockShared(PRTL_SRWLOCK lock)
{
    return try_acquire(word_of(lock), false);
}
NT_EXPORT(RtlTryAcquireSRWLockShared, 0, "p");

/* A release without an acquire: Windows raises the same status. */
static void require_owned(bool owned)
{
    if (!owned) {
        EXCEPTION_RECORD record = {.ExceptionCode = STATUS_RESOURCE_NOT_OWNED};

        RtlRaiseException(&record);
    }
}

/* Releases a lock that is held alone. IRQL: PASSIVE_LEVEL. */
void NTAPI RtlReleaseSRWLockExclusive(PRTL_SRWLOCK lock)
{
    require_owned(*word_of(lock) & SRW_EXCLUSIVE);
    release(word_of(lock), SRW_EXCLUSIVE);
}
NT_EXPORT(RtlReleaseSRWLockExclusive, 0, "p");

/* Releases a reader's hold. IRQL: PASSIVE_LEVEL. */
void NTAPI RtlReleaseSRWLockShared(PRTL_SRWLOCK lock)
{
    require_owned(*word_of(lock) >= SRW_READER);
    release(word_of(lock), SRW_READER);
}
NT_EXPORT(RtlReleaseSRWLockShared, 0, "p");

void NTAPI RtlInitializeConditionVariable(PRTL_CONDITION_VARIABLE variable);
/* Initialises a condition variable. IRQL: PASSIVE_LEVEL. */
void NTAPI RtlInitializeConditionVariable(PRTL_CONDITION_VARIABLE variable)
{
    variable->Ptr = NULL;
}
NT_EXPORT(RtlInitializeConditionVariable, 0, "p");

void NTAPI RtlWakeConditionVariable(PRTL_CONDITION_VARIABLE variable);
/* Wakes one thread that sleeps on a condition variable. IRQL: PASSIVE_LEVEL. */
void NTAPI RtlWakeConditionVariable(PRTL_CONDITION_VARIABLE variable)
{
    InterlockedIncrement64(word_of(variable));
    RtlWakeAddressSingle(variable);
}
NT_EXPORT(RtlWakeConditionVariable, 0, "p");

void NTAPI RtlWakeAllConditionVariable(PRTL_CONDITION_VARIABLE variable);
/* Wakes all threads that sleep on a condition variable. IRQL: PASSIVE_LEVEL. */
void NTAPI RtlWakeAllConditionVariable(PRTL_CONDITION_VARIABLE variable)
{
    InterlockedIncrement64(word_of(variable));
    RtlWakeAddressAll(variable);
}
NT_EXPORT(RtlWakeAllConditionVariable, 0, "p");

/*
 * Leaves a critical section and sleeps until woken; enters it again before it returns.
 * @param timeout  as RtlWaitOnAddress
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS (also without reason); STATUS_TIMEOUT.
 */
NTSTATUS NTAPI RtlSleepConditionVariableCS(PRTL_CONDITION_VARIABLE variable,
                                           PRTL_CRITICAL_SECTION section, PLARGE_INTEGER timeout)
{
    LONG64 count = *word_of(variable);

    RtlLeaveCriticalSection(section);
    NTSTATUS status = RtlWaitOnAddress(variable, &count, sizeof(count), timeout);

    RtlEnterCriticalSection(section);
    return status;
}
NT_EXPORT(RtlSleepConditionVariableCS, 0, "ppp");

/*
 * As RtlSleepConditionVariableCS, with a slim lock.
 * @param flags  CONDITION_VARIABLE_LOCKMODE_SHARED: the lock is held as a reader
 */
NTSTATUS NTAPI RtlSleepConditionVariableSRW(PRTL_CONDITION_VARIABLE variable, PRTL_SRWLOCK lock,
                                            PLARGE_INTEGER timeout, ULONG flags)
{
    bool shared = flags & CONDITION_VARIABLE_LOCKMODE_SHARED;
    LONG64 count = *word_of(variable);

    release(word_of(lock), shared ? SRW_READER : SRW_EXCLUSIVE);
    NTSTATUS status = RtlWaitOnAddress(variable, &count, sizeof(count), timeout);

    acquire(word_of(lock), !shared);
    return status;
}
NT_EXPORT(RtlSleepConditionVariableSRW, 0, "pppu");

/* The low bits of a one-time word; the rest is the context that initialisation produced. */
enum { ONCE_NEW = 0, ONCE_RUNNING = 1, ONCE_DONE = 2, ONCE_ASYNC = 3, ONCE_STATE = 3 };

void NTAPI RtlRunOnceInitialize(PRTL_RUN_ONCE once);
/* Prepares a one-time word. IRQL: PASSIVE_LEVEL. */
void NTAPI RtlRunOnceInitialize(PRTL_RUN_ONCE once)
{
    once->Ptr = NULL;
}
NT_EXPORT(RtlRunOnceInitialize, 0, "p");

/*
 * Begins one-time initialisation.
 * @param flags    RTL_RUN_ONCE_CHECK_ONLY, RTL_RUN_ONCE_ASYNC
 * @param context  receives the context of a finished initialisation; may be NULL
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS: done already; STATUS_PENDING: the caller is to initialise, then call
 * RtlRunOnceComplete; STATUS_UNSUCCESSFUL: not done, and only a check was asked for;
 * STATUS_INVALID_PARAMETER when synchronous and asynchronous use are mixed.
 */
NTSTATUS NTAPI RtlRunOnceBeginInitialize(PRTL_RUN_ONCE once, ULONG flags, PVOID *context)
{
    volatile LONG64 *word = word_of(once);
    LONG64 start = flags & RTL_RUN_ONCE_ASYNC ? ONCE_ASYNC : ONCE_RUNNING;

    for (;;) {
        LONG64 value = *word;

        switch (value & ONCE_STATE) {
        case ONCE_DONE:
            if (context != NULL)
                *context = (PVOID)(value & ~ONCE_STATE);
            return STATUS_SUCCESS;
        case ONCE_NEW:
            if (flags & RTL_RUN_ONCE_CHECK_ONLY)
                return STATUS_UNSUCCESSFUL;
            if (change(word, value, start))
                return STATUS_PENDING;
            break;
        case ONCE_ASYNC:
            if (flags & RTL_RUN_ONCE_CHECK_ONLY)
                return STATUS_UNSUCCESSFUL;
            return start == ONCE_ASYNC ? STATUS_PENDING : STATUS_INVALID_PARAMETER;
        default:
            if (flags & RTL_RUN_ONCE_CHECK_ONLY)
                return STATUS_UNSUCCESSFUL;
            if (start == ONCE_ASYNC)
                return STATUS_INVALID_PARAMETER;
            RtlWaitOnAddress(word, &value, sizeof(value), NULL);
            break;
        }
    }
}
NT_EXPORT(RtlRunOnceBeginInitialize, 0, "pup");

/*
 * Ends one-time initialisation.
 * @param flags    RTL_RUN_ONCE_INIT_FAILED: the next caller tries again; RTL_RUN_ONCE_ASYNC
 * @param context  low two bits zero
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_OBJECT_NAME_COLLISION when another asynchronous initialiser was
 * first; STATUS_INVALID_PARAMETER; STATUS_INVALID_OWNER when none was begun.
 */
NTSTATUS NTAPI RtlRunOnceComplete(PRTL_RUN_ONCE once, ULONG flags, PVOID context)
{
    volatile LONG64 *word = word_of(once);
    bool failed = flags & RTL_RUN_ONCE_INIT_FAILED;
    LONG64 expected = flags & RTL_RUN_ONCE_ASYNC ? ONCE_ASYNC : ONCE_RUNNING;

    if (((ULONG64)context & ONCE_STATE) || (failed && context != NULL))
        return STATUS_INVALID_PARAMETER;
    LONG64 value = *word;

    if ((value & ONCE_STATE) == ONCE_DONE && expected == ONCE_ASYNC)
        return STATUS_OBJECT_NAME_COLLISION;
    if ((value & ONCE_STATE) != expected)
        return STATUS_INVALID_OWNER;
    if (!change(word, value, failed ? ONCE_NEW : ((LONG64)context | ONCE_DONE)))
        return STATUS_OBJECT_NAME_COLLISION;
    RtlWakeAddressAll(once);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlRunOnceComplete, 0, "pup");

/*
 * Runs `function` exactly once, whoever calls first; the others wait for it.
 * @param function   BOOL function(once, parameter, &context)
 * @param parameter  passed to it
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS; STATUS_UNSUCCESSFUL when the function failed.
 */
NTSTATUS NTAPI RtlRunOnceExecuteOnce(PRTL_RUN_ONCE once, PVOID function, PVOID parameter,
                                     PVOID *context)
{
    ULONG(NTAPI * initialize)(PRTL_RUN_ONCE, PVOID, PVOID *) = function;
    PVOID produced = NULL;
    NTSTATUS status = RtlRunOnceBeginInitialize(once, 0, context);

    if (status != STATUS_PENDING)
        return status;
    if (!initialize(once, parameter, &produced)) {
        RtlRunOnceComplete(once, RTL_RUN_ONCE_INIT_FAILED, NULL);
        return STATUS_UNSUCCESSFUL;
    }
    if (context != NULL)
        *context = produced;
    return RtlRunOnceComplete(once, 0, produced);
}
NT_EXPORT(RtlRunOnceExecuteOnce, 0, "pppp");
