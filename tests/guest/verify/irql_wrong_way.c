// rule: RS-IRQL-004
// exit: 102
/* "Lowers" to the level that it wants to raise to. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql = DISPATCH_LEVEL;

    UNREFERENCED_PARAMETER(device);
#ifdef REPAIRED
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
#endif
    KeLowerIrql(irql);
    return finish(irp, STATUS_SUCCESS, 0);
}
