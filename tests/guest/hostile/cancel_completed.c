/*
 * Gives an IRP that is complete a cancel routine, and cancels it.
 */
#include "hostile.h"

static VOID NTAPI on_cancel(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    IoReleaseCancelSpinLock(irp->CancelIrql);
}

static void misbehave(PIRP irp)
{
    PDEVICE_OBJECT device = IoGetCurrentIrpStackLocation(irp)->DeviceObject;
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    KIRQL irql;
    PIRP own;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    own = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, device, NULL, 0, NULL, &event, &iosb);
    KeRaiseIrql(APC_LEVEL, &irql); /* it is freed by an APC, later */
    IoCallDriver(device, own);
    (void)IoSetCancelRoutine(own, on_cancel);
    IoCancelIrp(own); /* fault */
    DbgPrint("Hostile: cancelled\n");
}
