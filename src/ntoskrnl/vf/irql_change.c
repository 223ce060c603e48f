/*
 * The driver's own changes of the IRQL.
 */
#include "vf/irql.h"
#include "vf/paged.h"
#include "vf/thunk.h"

VF_RULE(wrong_way) = {
    .id = "RS-IRQL-004",
    .title = "IRQL raised to a lower or lowered to a higher level",
    .severity = VF_ERROR,
    .bug_check = "0x9 IRQL_NOT_GREATER_OR_EQUAL",
    .advice = "raise only to a level above the current one, and lower to the level that the "
              "matching raise returned",
    .rationale = "The IRQL is what protects the code that runs above this one on the same "
                 "processor: changed the wrong way, it no longer does.",
    .reference = "Windows driver documentation, KeRaiseIrql; KeLowerIrql",
};

VF_RULE(irql_too_low) = {
    .id = "RS-IRQL-006",
    .title = "routine for DISPATCH_LEVEL called below it",
    .severity = VF_ERROR,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "call it only where the IRQL is DISPATCH_LEVEL for certain, else the routine without "
              "AtDpcLevel (FromDpcLevel), which raises the IRQL itself",
    .rationale = "The holder of a spin lock below DISPATCH_LEVEL can be interrupted by a DPC or "
                 "another thread that wants the same lock, and spins for ever.",
    .reference = "Windows driver documentation, KeAcquireSpinLockAtDpcLevel",
};

void vf_irql_check_dispatch(const char *routine)
{
    if (ke_irql() < DISPATCH_LEVEL)
        vf_report(&irql_too_low, "%s is called at IRQL %u", routine, (ULONG)ke_irql());
}

/* Exports of ke/irql.c. */
KIRQL vf_raise_irql(KIRQL) VF_EXPORT(KfRaiseIrql);
void vf_lower_irql(KIRQL) VF_EXPORT(KeLowerIrql);

static void check_raise(KIRQL irql)
{
    if (irql < ke_irql())
        vf_report(&wrong_way, "the IRQL is raised from %u to %u", (ULONG)ke_irql(), (ULONG)irql);
}

static KIRQL raise(KIRQL irql)
{
    KIRQL old;

    check_raise(irql);
    old = vf_raise_irql(irql);
    if (irql >= DISPATCH_LEVEL)
        vf_paged_raised();
    return old;
}
VF_THUNK(KfRaiseIrql, raise);

static KIRQL raise_to_dpc(void)
{
    return raise(DISPATCH_LEVEL);
}
VF_THUNK(KeRaiseIrqlToDpcLevel, raise_to_dpc);

static void lower(KIRQL irql)
{
    if (irql > ke_irql())
        vf_report(&wrong_way, "the IRQL is lowered from %u to %u", (ULONG)ke_irql(), (ULONG)irql);
    vf_lower_irql(irql);
}
VF_THUNK(KeLowerIrql, lower);
VF_THUNK(KfLowerIrql, lower);
