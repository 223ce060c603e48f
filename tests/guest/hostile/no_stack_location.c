/*
 * Passes its IRP on although it has no stack location left: it was allocated with one, for itself.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    PIRP own = IoAllocateIrp(1, FALSE);

    IoSetNextIrpStackLocation(own);
    IoCallDriver(IoGetCurrentIrpStackLocation(irp)->DeviceObject, own); /* fault */
    DbgPrint("Hostile: called\n");
}
