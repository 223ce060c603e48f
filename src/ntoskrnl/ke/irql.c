/*
 * IRQL: one byte in the KPCR. Raising stores it. Lowering below DISPATCH_LEVEL first delivers what
 * has become possible: expired timers and DPCs (at DISPATCH_LEVEL), then a better thread, then
 * kernel APCs (below APC_LEVEL).
 */
#include "ke/interrupt.h"
#include "ke/ke_internal.h"
#include "kd/trace.h"

/* In one instruction: a thread may go on at another processor at any call. */
static inline void set_irql(KIRQL irql)
{
    __writegsbyte(FIELD_OFFSET(struct ke_pcr, Irql), irql);
}

KIRQL ke_raise_irql(KIRQL irql)
{
    KIRQL old = ke_irql();

    set_irql(irql);
    return old;
}

void ki_deliver_pending(KIRQL irql)
{
    struct ke_prcb *prcb = ke_prcb();

    if (prcb->Delivering)
        return;
    ki_pending = 0;
    set_irql(DISPATCH_LEVEL);
    if (ki_clock_now >= ki_clock_due)
        ki_expire_timers();
    if (prcb->DpcInterruptRequested)
        ki_drain_dpcs();
    set_irql(irql);
    if (prcb->ReadySummary >> (*ke_priority_of(prcb->CurrentThread) + 1) || prcb->QuantumEnd)
        ke_reschedule(); /* and perhaps go on elsewhere */
    if (!(ke_current_thread()->Affinity >> ke_prcb()->Number & 1))
        ki_leave_processor();
    if (!ke_current_thread()->ApcState.KernelApcPending)
        return;
    if (irql < APC_LEVEL)
        ki_deliver_kernel_apcs();
    else
        ki_pending = 1; /* they wait for a fall below APC_LEVEL */
}

void ke_lower_irql(KIRQL irql)
{
    if (__builtin_expect(ki_interrupt_pending > irql, 0))
        ke_deliver_interrupts(irql);
    if (irql < DISPATCH_LEVEL && (ki_pending || ki_clock_now >= ki_clock_due))
        ki_deliver_pending(irql);
    set_irql(irql);
}

/*
 * Current IRQL of this processor.
 * IRQL: any. Source: Windows driver documentation, KeGetCurrentIrql.
 */
static KIRQL get_current_irql(void)
{
    return ke_irql();
}
NT_EXPORT_AS(KeGetCurrentIrql, get_current_irql, HIGH_LEVEL, "");

/*
 * Raise the IRQL.
 * @param irql  the new level, not below the current one
 * Returns the previous level. Raising to a lower level is bug check 0x09
 * (IRQL_NOT_GREATER_OR_EQUAL).
 * IRQL: any. Source: Windows driver documentation, KeRaiseIrql.
 */
static KIRQL raise_irql(KIRQL irql)
{
    KIRQL old = ke_irql();

    if (__builtin_expect(irql < old, 0))
        ke_bugcheck(IRQL_NOT_GREATER_OR_EQUAL, irql, old, 0, (ULONG_PTR)_ReturnAddress());
    KD_TRACE(irql_raise(old, irql));
    set_irql(irql);
    return old;
}
NT_EXPORT_AS(KfRaiseIrql, raise_irql, HIGH_LEVEL, "i");

/*
 * Lower the IRQL; delivers pending DPCs, APCs and thread switches.
 * @param irql  the new level, not above the current one
 * A higher level is bug check 0x0A (IRQL_NOT_LESS_OR_EQUAL).
 * IRQL: any. Source: Windows driver documentation, KeLowerIrql.
 */
static void lower_irql(KIRQL irql)
{
    if (__builtin_expect(irql > ke_irql(), 0))
        ke_bugcheck(IRQL_NOT_LESS_OR_EQUAL, irql, ke_irql(), 0, (ULONG_PTR)_ReturnAddress());
    KD_TRACE(irql_lower(ke_irql(), irql));
    ke_lower_irql(irql);
}
NT_EXPORT_AS(KeLowerIrql, lower_irql, HIGH_LEVEL, "i");
NT_EXPORT_AS(KfLowerIrql, lower_irql, HIGH_LEVEL, "i");

static KIRQL raise_to_dpc_level(void)
{
    return raise_irql(DISPATCH_LEVEL);
}
NT_EXPORT_AS(KeRaiseIrqlToDpcLevel, raise_to_dpc_level, DISPATCH_LEVEL, "");

/* SYNCH_LEVEL is IPI_LEVEL - 2 on x64. */
static KIRQL raise_to_synch_level(void)
{
    return raise_irql(IPI_LEVEL - 2);
}
NT_EXPORT_AS(KeRaiseIrqlToSynchLevel, raise_to_synch_level, HIGH_LEVEL, "");

/*
 * KeEnterCriticalRegion and KeEnterGuardedRegion count in the thread how often normal kernel APCs
 * (or all of them) are disabled; the count is negative inside a region, as on NT.
 */
VOID NTAPI KeEnterCriticalRegion(VOID)
{
    ke_current_thread()->KernelApcDisable--;
}
NT_EXPORT(KeEnterCriticalRegion, APC_LEVEL, "");

VOID NTAPI KeLeaveCriticalRegion(VOID)
{
    PKTHREAD thread = ke_current_thread();

    if (++thread->KernelApcDisable == 0 && thread->ApcState.KernelApcPending && ke_irql() == 0)
        ki_deliver_kernel_apcs();
}
NT_EXPORT(KeLeaveCriticalRegion, APC_LEVEL, "");

VOID NTAPI KeEnterGuardedRegion(VOID)
{
    ke_current_thread()->SpecialApcDisable--;
}
NT_EXPORT(KeEnterGuardedRegion, APC_LEVEL, "");

VOID NTAPI KeLeaveGuardedRegion(VOID)
{
    PKTHREAD thread = ke_current_thread();

    if (++thread->SpecialApcDisable == 0 && thread->ApcState.KernelApcPending && ke_irql() == 0)
        ki_deliver_kernel_apcs();
}
NT_EXPORT(KeLeaveGuardedRegion, APC_LEVEL, "");

/* TRUE when normal kernel APCs cannot run now. */
BOOLEAN NTAPI KeAreApcsDisabled(VOID)
{
    return ke_current_thread()->CombinedApcDisable != 0;
}
NT_EXPORT(KeAreApcsDisabled, DISPATCH_LEVEL, "");

BOOLEAN NTAPI KeAreAllApcsDisabled(VOID)
{
    return ke_current_thread()->SpecialApcDisable != 0 || ke_irql() >= APC_LEVEL;
}
NT_EXPORT(KeAreAllApcsDisabled, DISPATCH_LEVEL, "");
