/*
 * Frees the IRP of a program's request.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    IoFreeIrp(irp); /* fault */
    DbgPrint("Hostile: freed\n");
}
