/*
 * Sends an IRP that it has freed.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    PIRP own = IoAllocateIrp(2, FALSE);

    IoFreeIrp(own);
    IoCallDriver(IoGetCurrentIrpStackLocation(irp)->DeviceObject, own); /* fault */
    DbgPrint("Hostile: called\n");
}
