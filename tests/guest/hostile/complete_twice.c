/*
 * Completes an IRP twice.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    IoCompleteRequest(irp, IO_NO_INCREMENT); /* fault */
    DbgPrint("Hostile: completed\n");
}
