/*
 * Completion routines that the I/O manager sets for a driver: one that keeps the driver loaded, and
 * one that lets it wait for the drivers below.
 */
#include "io/io_internal.h"
#include "vf/irp.h"
#include "vf/vf.h"

/* The name of the second is a macro for the first in the headers; both are exported. */
#undef IoForwardAndCatchIrp

/* What IoSetCompletionRoutineEx puts between the IRP and the driver's routine. */
struct kept_completion {
    PDEVICE_OBJECT device; /* referenced: the driver cannot go before its routine has returned */
    PIO_COMPLETION_ROUTINE routine;
    PVOID context;
    UCHAR when; /* SL_INVOKE_… that the driver asked for */
};

static BOOLEAN is_wanted(PIRP irp, UCHAR when)
{
    if (irp->Cancel && when & SL_INVOKE_ON_CANCEL)
        return TRUE;
    return (when &
            (NT_SUCCESS(irp->IoStatus.Status) ? SL_INVOKE_ON_SUCCESS : SL_INVOKE_ON_ERROR)) != 0;
}

static NTSTATUS NTAPI call_kept(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    struct kept_completion kept = *(struct kept_completion *)context;
    NTSTATUS status = STATUS_SUCCESS;
    BOOLEAN pending = irp->PendingReturned;

    ExFreePoolWithTag(context, IO_TAG_BUFFER);
    if (is_wanted(irp, kept.when)) {
        VF(irp_happens(irp, MACHINE_IRP_ROUTINE, NULL, (const void *)kept.routine));
        status = kept.routine(device, irp, kept.context);
    } else if (irp->PendingReturned && irp->CurrentLocation <= irp->StackCount) {
        IoMarkIrpPending(irp);
    }
    VF(irp_routine_returned(irp, (const void *)kept.routine, pending, status));
    ObDereferenceObject(kept.device);
    return status;
}

/*
 * Set a completion routine that keeps the driver loaded until it has returned.
 * @param device   a device of the driver
 * @param success  TRUE = call it for success; `error` and `cancel` likewise
 * IRQL: <= DISPATCH_LEVEL. Returns STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, IoSetCompletionRoutineEx.
 */
NTSTATUS NTAPI IoSetCompletionRoutineEx(PDEVICE_OBJECT device, PIRP irp,
                                        PIO_COMPLETION_ROUTINE routine, PVOID context,
                                        BOOLEAN success, BOOLEAN error, BOOLEAN cancel)
{
    struct kept_completion *kept =
        ExAllocatePoolWithTag(NonPagedPool, sizeof(*kept), IO_TAG_BUFFER);

    if (!kept)
        return STATUS_INSUFFICIENT_RESOURCES;
    *kept = (struct kept_completion){.device = device,
                                     .routine = routine,
                                     .context = context,
                                     .when = (UCHAR)((success ? SL_INVOKE_ON_SUCCESS : 0) |
                                                     (error ? SL_INVOKE_ON_ERROR : 0) |
                                                     (cancel ? SL_INVOKE_ON_CANCEL : 0))};
    ObReferenceObject(device);
    IoSetCompletionRoutine(irp, call_kept, kept, TRUE, TRUE, TRUE);
    return STATUS_SUCCESS;
}
NT_EXPORT(IoSetCompletionRoutineEx, DISPATCH_LEVEL, "DIppbbb");

/*
 * Pass an IRP to the device below with the parameters of the own stack location, and wait until it
 * comes back. The caller owns it again then, with the result in IoStatus, and completes it.
 * @param device  the device below
 * IRQL: PASSIVE_LEVEL. Returns FALSE, without sending it, when the IRP has no stack location left.
 * Source: Windows driver documentation, IoForwardIrpSynchronously.
 */
BOOLEAN NTAPI IoForwardIrpSynchronously(PDEVICE_OBJECT device, PIRP irp)
{
    if (irp->CurrentLocation <= 1)
        return FALSE;
    IoCopyCurrentIrpStackLocationToNext(irp);
    io_call_and_wait(device, irp);
    return TRUE;
}
NT_EXPORT(IoForwardIrpSynchronously, PASSIVE_LEVEL, "DI");
NT_EXPORT_AS(IoForwardAndCatchIrp, IoForwardIrpSynchronously, PASSIVE_LEVEL, "DI");
