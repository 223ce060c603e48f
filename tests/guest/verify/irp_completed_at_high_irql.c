// rule: RS-IRP-008
/* Completes at device IRQL, as an interrupt service routine would. */
#include "verify.h"

#define DEVICE_IRQL (DISPATCH_LEVEL + 3)

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;

    UNREFERENCED_PARAMETER(device);
    KeRaiseIrql(DEVICE_IRQL, &irql);
#ifdef REPAIRED
    KeLowerIrql(irql);
    return finish(irp, STATUS_SUCCESS, 0);
#else
    finish(irp, STATUS_SUCCESS, 0);
    KeLowerIrql(irql);
    return STATUS_SUCCESS;
#endif
}
