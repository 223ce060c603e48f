/*
 * What drivers ask about Driver Verifier. There is none yet that a driver could be under.
 */
#include "mm/mm.h"

/*
 * Is the driver verified?
 * IRQL: <= DISPATCH_LEVEL. Returns FALSE.
 * Source: Windows driver documentation, MmIsDriverVerifying.
 */
LOGICAL NTAPI MmIsDriverVerifying(PDRIVER_OBJECT driver)
{
    (void)driver;
    return FALSE;
}
NT_EXPORT(MmIsDriverVerifying, DISPATCH_LEVEL, "O");

/* Is the driver whose code lies at `address` verified? IRQL: <= DISPATCH_LEVEL. Returns FALSE. */
LOGICAL NTAPI MmIsDriverVerifyingByAddress(PVOID address)
{
    (void)address;
    return FALSE;
}
NT_EXPORT(MmIsDriverVerifyingByAddress, DISPATCH_LEVEL, "p");

/*
 * The options of Driver Verifier.
 * @param flags  receives 0
 * IRQL: <= DISPATCH_LEVEL. Returns STATUS_NOT_SUPPORTED: it is not enabled.
 */
static NTSTATUS is_verifier_enabled(PULONG flags)
{
    *flags = 0;
    return STATUS_NOT_SUPPORTED;
}
NT_EXPORT_AS(MmIsVerifierEnabled, is_verifier_enabled, DISPATCH_LEVEL, "p");
