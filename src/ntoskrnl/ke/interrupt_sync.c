/*
 * Synchronisation with service routines: whoever holds an object's lock at its synchronisation IRQL
 * excludes its routine. A routine that runs at PASSIVE_LEVEL has an event in place of the lock.
 */
#include "ke/interrupt.h"
#include "ke/ke_internal.h"

/* KeAcquireSpinLockAtDpcLevel and its opposite, which change no IRQL. */
void acquire_lock(PKSPIN_LOCK lock) __asm__("nt_as_KeAcquireSpinLockAtDpcLevel");
void release_lock(PKSPIN_LOCK lock) __asm__("nt_as_KeReleaseSpinLockFromDpcLevel");

/* Returns the IRQL to go back to. */
static KIRQL enter(PKINTERRUPT interrupt)
{
    KIRQL old = ke_irql();

    if (old > interrupt->SynchronizeIrql)
        ke_bugcheck(IRQL_NOT_GREATER_OR_EQUAL, interrupt->SynchronizeIrql, old, 0,
                    (ULONG_PTR)interrupt);
    if (interrupt->PassiveEvent) {
        KeWaitForSingleObject(interrupt->PassiveEvent, Executive, KernelMode, FALSE, NULL);
        return old;
    }
    ke_raise_irql(interrupt->SynchronizeIrql);
    acquire_lock(interrupt->ActualLock);
    return old;
}

static void leave(PKINTERRUPT interrupt, KIRQL irql)
{
    if (interrupt->PassiveEvent) {
        KeSetEvent(interrupt->PassiveEvent, IO_NO_INCREMENT, FALSE);
        return;
    }
    release_lock(interrupt->ActualLock);
    ke_lower_irql(irql);
}

BOOLEAN ki_interrupt_service(PKINTERRUPT interrupt)
{
    KIRQL old = enter(interrupt);
    BOOLEAN claimed;

    interrupt->DispatchCount++;
    if (interrupt->MessageServiceRoutine)
        claimed = interrupt->MessageServiceRoutine(interrupt, interrupt->ServiceContext,
                                                   interrupt->MessageIndex);
    else
        claimed = interrupt->ServiceRoutine(interrupt, interrupt->ServiceContext);
    if (ke_irql() != interrupt->SynchronizeIrql)
        ke_bugcheck(IRQL_UNEXPECTED_VALUE, ke_irql(), interrupt->SynchronizeIrql,
                    interrupt->MessageServiceRoutine ? (ULONG_PTR)interrupt->MessageServiceRoutine
                                                     : (ULONG_PTR)interrupt->ServiceRoutine,
                    0);
    interrupt->ServiceCount += claimed != FALSE;
    leave(interrupt, old);
    return claimed;
}

/*
 * Call a routine while the interrupt's service routine cannot run.
 * @param routine  called with `context` at the interrupt's synchronisation IRQL, its lock held
 * IRQL: <= the synchronisation IRQL; at a higher one bug check 0x09. PASSIVE_LEVEL for an interrupt
 * that is served at PASSIVE_LEVEL. Returns what the routine returned.
 * Source: Windows driver documentation, KeSynchronizeExecution.
 */
BOOLEAN NTAPI KeSynchronizeExecution(PKINTERRUPT interrupt, PKSYNCHRONIZE_ROUTINE routine,
                                     PVOID context)
{
    KIRQL old = enter(interrupt);
    BOOLEAN result = routine(context);

    leave(interrupt, old);
    return result;
}
NT_EXPORT(KeSynchronizeExecution, HIGH_LEVEL, "ppp");

/*
 * Acquire the lock of an interrupt and raise to its synchronisation IRQL.
 * IRQL: <= the synchronisation IRQL. Returns the IRQL before.
 * Source: Windows driver documentation, KeAcquireInterruptSpinLock.
 */
KIRQL NTAPI KeAcquireInterruptSpinLock(PKINTERRUPT interrupt)
{
    return enter(interrupt);
}
NT_EXPORT(KeAcquireInterruptSpinLock, HIGH_LEVEL, "p");

/*
 * Release the lock of an interrupt.
 * @param irql  what KeAcquireInterruptSpinLock returned
 * IRQL: the synchronisation IRQL.
 * Source: Windows driver documentation, KeReleaseInterruptSpinLock.
 */
VOID NTAPI KeReleaseInterruptSpinLock(PKINTERRUPT interrupt, KIRQL irql)
{
    leave(interrupt, irql);
}
NT_EXPORT(KeReleaseInterruptSpinLock, HIGH_LEVEL, "pi");
