/*
 * Frees an IRP of its own twice.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    PIRP own = IoAllocateIrp(1, FALSE);

    (void)irp;
    IoFreeIrp(own);
    IoFreeIrp(own); /* fault */
    DbgPrint("Hostile: freed\n");
}
