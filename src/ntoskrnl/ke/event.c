/*
 * Events, semaphores and mutants (mutexes): dispatcher objects whose state a caller sets.
 */
#include "ke/ke_internal.h"
#include "kd/trace.h"

static void initialize_header(DISPATCHER_HEADER *header, UCHAR type, SIZE_T bytes, LONG state)
{
    RtlZeroMemory(header, sizeof(*header));
    header->Type = type;
    header->Size = (UCHAR)(bytes / sizeof(LONG));
    header->SignalState = state;
    InitializeListHead(&header->WaitListHead);
}

/* After a signal: unless the caller goes on to wait at once, a woken thread may run now. */
static void signal_end(BOOLEAN wait)
{
    if (!wait && ke_irql() < DISPATCH_LEVEL)
        ke_lower_irql(ke_irql());
}

/*
 * Initialise an event.
 * @param type   NotificationEvent stays signaled until reset; SynchronizationEvent frees one waiter
 * @param state  TRUE = signaled
 * IRQL: any. Source: Windows driver documentation, KeInitializeEvent.
 */
VOID NTAPI KeInitializeEvent(PRKEVENT event, EVENT_TYPE type, BOOLEAN state)
{
    initialize_header(&event->Header,
                      type == NotificationEvent ? EventNotificationObject
                                                : EventSynchronizationObject,
                      sizeof(*event), state ? 1 : 0);
}
NT_EXPORT(KeInitializeEvent, HIGH_LEVEL, "Eub");

/*
 * Signal an event.
 * @param increment  priority boost of the woken threads
 * @param wait       TRUE = a KeWaitXxx follows immediately
 * IRQL: <= DISPATCH_LEVEL (PASSIVE or APC with wait = TRUE). Returns the previous state.
 * Source: Windows driver documentation, KeSetEvent.
 */
LONG NTAPI KeSetEvent(PRKEVENT event, KPRIORITY increment, BOOLEAN wait)
{
    LONG old = event->Header.SignalState;

    event->Header.SignalState = 1;
    if (!IsListEmpty(&event->Header.WaitListHead)) {
        ke_wait_test(&event->Header, increment);
        signal_end(wait);
    }
    return old;
}
NT_EXPORT(KeSetEvent, DISPATCH_LEVEL, "Eub");

/* Set to not signaled. Returns the previous state. IRQL: <= DISPATCH_LEVEL. */
LONG NTAPI KeResetEvent(PRKEVENT event)
{
    LONG old = event->Header.SignalState;

    event->Header.SignalState = 0;
    return old;
}
NT_EXPORT(KeResetEvent, DISPATCH_LEVEL, "E");

/* Set to not signaled, faster than KeResetEvent on NT. IRQL: <= DISPATCH_LEVEL. */
VOID NTAPI KeClearEvent(PRKEVENT event)
{
    event->Header.SignalState = 0;
}
NT_EXPORT(KeClearEvent, DISPATCH_LEVEL, "E");

/* Nonzero = signaled. IRQL: <= DISPATCH_LEVEL. */
LONG NTAPI KeReadStateEvent(PRKEVENT event)
{
    return event->Header.SignalState;
}
NT_EXPORT(KeReadStateEvent, DISPATCH_LEVEL, "E");

/* Free the waiters of this moment and leave the event not signaled. Returns the previous state. */
LONG NTAPI KePulseEvent(PRKEVENT event, KPRIORITY increment, BOOLEAN wait)
{
    LONG old = event->Header.SignalState;

    event->Header.SignalState = 1;
    ke_wait_test(&event->Header, increment);
    event->Header.SignalState = 0;
    signal_end(wait);
    return old;
}
NT_EXPORT(KePulseEvent, DISPATCH_LEVEL, "Eub");

/*
 * Initialise a semaphore with `count`, at most `limit`.
 * IRQL: any. Source: Windows driver documentation, KeInitializeSemaphore.
 */
VOID NTAPI KeInitializeSemaphore(PRKSEMAPHORE semaphore, LONG count, LONG limit)
{
    initialize_header(&semaphore->Header, SemaphoreObject, sizeof(*semaphore), count);
    semaphore->Limit = limit;
}
NT_EXPORT(KeInitializeSemaphore, HIGH_LEVEL, "Euu");

/*
 * Add to a semaphore's count; raises STATUS_SEMAPHORE_LIMIT_EXCEEDED above the limit.
 * Returns the previous count. IRQL: <= DISPATCH_LEVEL.
 */
LONG NTAPI KeReleaseSemaphore(PRKSEMAPHORE semaphore, KPRIORITY increment, LONG adjustment,
                              BOOLEAN wait)
{
    LONG old = semaphore->Header.SignalState;

    if (adjustment < 0 || adjustment > (LONG)semaphore->Limit - old)
        ExRaiseStatus(STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    semaphore->Header.SignalState = old + adjustment;
    ke_wait_test(&semaphore->Header, increment);
    signal_end(wait);
    return old;
}
NT_EXPORT(KeReleaseSemaphore, DISPATCH_LEVEL, "Euub");

LONG NTAPI KeReadStateSemaphore(PRKSEMAPHORE semaphore)
{
    return semaphore->Header.SignalState;
}
NT_EXPORT(KeReadStateSemaphore, DISPATCH_LEVEL, "E");

/*
 * Initialise a mutex (a mutant that disables normal kernel APCs in its owner).
 * @param level  obsolete
 * IRQL: any. Source: Windows driver documentation, KeInitializeMutex.
 */
VOID NTAPI KeInitializeMutex(PRKMUTEX mutex, ULONG level)
{
    (void)level;
    initialize_header(&mutex->Header, MutantObject, sizeof(*mutex), 1);
    mutex->MutantListEntry.Flink = mutex->MutantListEntry.Blink = NULL;
    mutex->OwnerThread = NULL;
    mutex->Abandoned = FALSE;
    mutex->ApcDisable = 1;
}
NT_EXPORT(KeInitializeMutex, HIGH_LEVEL, "Eu");

/* A mutant as user mode has it: it may be abandoned, and does not disable APCs. */
void ke_initialize_mutant(PKMUTANT mutant, BOOLEAN owned);
void ke_initialize_mutant(PKMUTANT mutant, BOOLEAN owned)
{
    KeInitializeMutex(mutant, 0);
    mutant->ApcDisable = 0;
    if (owned)
        ki_acquire_mutant(mutant, ke_current_thread());
}

NTSTATUS ki_acquire_mutant(PKMUTANT mutant, PKTHREAD thread)
{
    BOOLEAN abandoned = mutant->Abandoned;

    if (mutant->Header.SignalState == (LONG)MINLONG)
        ExRaiseStatus(STATUS_MUTANT_LIMIT_EXCEEDED);
    if (--mutant->Header.SignalState != 0)
        return STATUS_SUCCESS;
    thread->KernelApcDisable = (SHORT)(thread->KernelApcDisable - mutant->ApcDisable);
    mutant->OwnerThread = thread;
    mutant->Abandoned = FALSE;
    InsertTailList(&thread->MutantListHead, &mutant->MutantListEntry);
    KD_TRACE(lock_acquire(mutant, TRACE_LOCK_MUTANT));
    return abandoned ? STATUS_ABANDONED : STATUS_SUCCESS;
}

/* The last release: nobody owns it, and the next waiter gets it. */
static void give_up(PKMUTANT mutant, KPRIORITY increment)
{
    PKTHREAD owner = mutant->OwnerThread;

    KD_TRACE(lock_release(mutant, TRACE_LOCK_MUTANT));
    RemoveEntryList(&mutant->MutantListEntry);
    owner->KernelApcDisable = (SHORT)(owner->KernelApcDisable + mutant->ApcDisable);
    mutant->OwnerThread = NULL;
    mutant->Header.SignalState = 1;
    ke_wait_test(&mutant->Header, increment);
}

/* The owner ended without releasing: the next owner gets STATUS_ABANDONED. */
void ki_abandon_mutant(PKMUTANT mutant)
{
    mutant->Abandoned = TRUE;
    give_up(mutant, 1);
}

/*
 * Release a mutant that the current thread owns; raises STATUS_MUTANT_NOT_OWNED otherwise.
 * Returns the previous signal state (0 = the last acquisition is being released).
 * IRQL: <= DISPATCH_LEVEL.
 */
LONG NTAPI KeReleaseMutant(PRKMUTANT mutant, KPRIORITY increment, BOOLEAN abandon, BOOLEAN wait)
{
    LONG old = mutant->Header.SignalState;

    if (mutant->OwnerThread != ke_current_thread())
        ExRaiseStatus(mutant->Abandoned ? STATUS_ABANDONED : STATUS_MUTANT_NOT_OWNED);
    if (abandon)
        ki_abandon_mutant(mutant);
    else if (++mutant->Header.SignalState == 1)
        give_up(mutant, increment);
    signal_end(wait);
    return old;
}
NT_EXPORT(KeReleaseMutant, DISPATCH_LEVEL, "Eubb");

/* Release a mutex. Source: Windows driver documentation, KeReleaseMutex. */
LONG NTAPI KeReleaseMutex(PRKMUTEX mutex, BOOLEAN wait)
{
    return KeReleaseMutant(mutex, 1, FALSE, wait);
}
NT_EXPORT(KeReleaseMutex, DISPATCH_LEVEL, "Eb");

LONG NTAPI KeReadStateMutex(PRKMUTEX mutex)
{
    return mutex->Header.SignalState;
}
NT_EXPORT(KeReadStateMutex, DISPATCH_LEVEL, "E");
