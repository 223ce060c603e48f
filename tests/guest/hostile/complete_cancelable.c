/*
 * Completes an IRP that still has a cancel routine.
 */
#include "hostile.h"

static VOID NTAPI on_cancel(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    IoReleaseCancelSpinLock(irp->CancelIrql);
}

static void misbehave(PIRP irp)
{
    (void)IoSetCancelRoutine(irp, on_cancel);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT); /* fault */
    DbgPrint("Hostile: completed\n");
}
