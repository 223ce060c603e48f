/*
 * Completes an IRP with STATUS_PENDING.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    irp->IoStatus.Status = STATUS_PENDING;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT); /* fault */
    DbgPrint("Hostile: completed\n");
}
