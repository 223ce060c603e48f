/*
 * Undoes the open of a file that a program has a handle to.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);

    IoCancelFileOpen(location->DeviceObject, location->FileObject); /* fault */
    DbgPrint("Hostile: cancelled\n");
}
