/*
 * What drivers may ask about Driver Verifier. The machine has no verifier that replaces a driver's
 * imports, so no driver is being verified in that sense.
 */
#include "mm/mm_internal.h"

/*
 * Is a driver being verified?
 * IRQL: <= DISPATCH_LEVEL. Returns 0: no.
 * Source: Windows driver documentation, MmIsDriverVerifying.
 */
LOGICAL NTAPI MmIsDriverVerifying(PDRIVER_OBJECT driver)
{
    (void)driver;
    return FALSE;
}
NT_EXPORT(MmIsDriverVerifying, DISPATCH_LEVEL, "O");

/*
 * Is the driver at this address being verified?
 * IRQL: <= DISPATCH_LEVEL. Returns 0: no.
 * Source: Windows driver documentation, MmIsDriverVerifyingByAddress.
 */
LOGICAL NTAPI MmIsDriverVerifyingByAddress(PVOID address)
{
    (void)address;
    return FALSE;
}
NT_EXPORT(MmIsDriverVerifyingByAddress, DISPATCH_LEVEL, "p");

/*
 * The options of Driver Verifier.
 * @param flags  receives 0
 * IRQL: PASSIVE_LEVEL. Returns STATUS_NOT_SUPPORTED: it does not run.
 * Source: declared in ntddk.h.
 */
NTSTATUS NTAPI MmIsVerifierEnabled(PULONG flags)
{
    *flags = 0;
    return STATUS_NOT_SUPPORTED;
}
NT_EXPORT(MmIsVerifierEnabled, PASSIVE_LEVEL, "p");
