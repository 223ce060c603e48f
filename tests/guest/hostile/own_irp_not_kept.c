/*
 * Lets an IRP of its own, which no thread waits for, complete to the end: its completion routine
 * does not return STATUS_MORE_PROCESSING_REQUIRED.
 */
#include "hostile.h"

static NTSTATUS NTAPI on_completion(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device, (void)irp, (void)context;
    return STATUS_SUCCESS;
}

static void misbehave(PIRP irp)
{
    PIRP own = IoAllocateIrp(1, FALSE);

    IoGetNextIrpStackLocation(own)->MajorFunction = IRP_MJ_CREATE;
    IoSetCompletionRoutine(own, on_completion, NULL, TRUE, TRUE, TRUE);
    IoCallDriver(IoGetCurrentIrpStackLocation(irp)->DeviceObject, own); /* fault */
    DbgPrint("Hostile: called\n");
}
