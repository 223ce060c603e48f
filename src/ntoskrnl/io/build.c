/*
 * IRPs that drivers make to send requests of their own.
 *
 * IoBuildSynchronousFsdRequest and IoBuildDeviceIoControlRequest make "threaded" IRPs: they hang
 * in the thread's list, and the I/O manager frees them and writes the status block and the event
 * when they complete. The others belong to the driver, which frees them.
 */
#include "io/io_internal.h"

static PIRP make_irp(ULONG major, PDEVICE_OBJECT device, PIO_STATUS_BLOCK iosb)
{
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);

    if (!irp)
        return NULL;
    irp->Tail.Overlay.Thread = ps_current_thread();
    irp->RequestorMode = KernelMode;
    irp->UserIosb = iosb;
    IoGetNextIrpStackLocation(irp)->MajorFunction = (UCHAR)major;
    return irp;
}

/* Read and write have a buffer and an offset, the others nothing. */
static NTSTATUS set_transfer(PIRP irp, ULONG major, PDEVICE_OBJECT device, PVOID buffer,
                             ULONG length, PLARGE_INTEGER offset)
{
    PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);

    if (major != IRP_MJ_READ && major != IRP_MJ_WRITE)
        return STATUS_SUCCESS;
    location->Parameters.Read.Length = length;
    if (offset)
        location->Parameters.Read.ByteOffset = *offset;
    return io_prepare_buffer(irp, device->Flags, buffer, length, major == IRP_MJ_WRITE, KernelMode);
}

/*
 * Build an IRP for an asynchronous request.
 * @param major   IRP_MJ_READ, _WRITE, _FLUSH_BUFFERS, _SHUTDOWN or _PNP
 * @param length  of the buffer, bytes
 * @param offset  byte offset, or NULL
 * @param iosb    receives the result unless the driver's completion routine keeps the IRP
 * Returns NULL when there is no memory or the buffer cannot be locked. The driver sets a
 * completion routine and frees the IRP there.
 * IRQL: <= APC_LEVEL. Source: Windows driver documentation, IoBuildAsynchronousFsdRequest.
 */
PIRP NTAPI IoBuildAsynchronousFsdRequest(ULONG major, PDEVICE_OBJECT device, PVOID buffer,
                                         ULONG length, PLARGE_INTEGER offset, PIO_STATUS_BLOCK iosb)
{
    PIRP irp = make_irp(major, device, iosb);

    if (irp && !NT_SUCCESS(set_transfer(irp, major, device, buffer, length, offset))) {
        io_request_discard_irp(irp);
        return NULL;
    }
    return irp;
}
NT_EXPORT(IoBuildAsynchronousFsdRequest, APC_LEVEL, "uDpupp");

static void hand_to_thread(PIRP irp, PKEVENT event)
{
    irp->UserEvent = event;
    InsertTailList(&ps_current_thread()->IrpList, &irp->ThreadListEntry);
}

/*
 * Build an IRP for a synchronous request: the driver sends it and, after STATUS_PENDING, waits
 * for the event. It must not free it.
 * @param event  set when the request completes; see IoBuildAsynchronousFsdRequest for the others
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, IoBuildSynchronousFsdRequest.
 */
PIRP NTAPI IoBuildSynchronousFsdRequest(ULONG major, PDEVICE_OBJECT device, PVOID buffer,
                                        ULONG length, PLARGE_INTEGER offset, PKEVENT event,
                                        PIO_STATUS_BLOCK iosb)
{
    PIRP irp = IoBuildAsynchronousFsdRequest(major, device, buffer, length, offset, iosb);

    if (irp)
        hand_to_thread(irp, event);
    return irp;
}
NT_EXPORT(IoBuildSynchronousFsdRequest, PASSIVE_LEVEL, "uDpuppp");

/*
 * Build an IRP for a device control request, synchronous as above.
 * @param code      control code; its method decides how the buffers travel
 * @param internal  TRUE = IRP_MJ_INTERNAL_DEVICE_CONTROL
 * Returns NULL when there is no memory or a buffer cannot be locked.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, IoBuildDeviceIoControlRequest.
 */
PIRP NTAPI IoBuildDeviceIoControlRequest(ULONG code, PDEVICE_OBJECT device, PVOID input,
                                         ULONG input_length, PVOID output, ULONG output_length,
                                         BOOLEAN internal, PKEVENT event, PIO_STATUS_BLOCK iosb)
{
    PIRP irp =
        make_irp(internal ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL, device, iosb);
    PIO_STACK_LOCATION location;

    if (!irp)
        return NULL;
    location = IoGetNextIrpStackLocation(irp);
    location->Parameters.DeviceIoControl.IoControlCode = code;
    location->Parameters.DeviceIoControl.InputBufferLength = input_length;
    location->Parameters.DeviceIoControl.OutputBufferLength = output_length;
    if (!NT_SUCCESS(io_prepare_control(irp, code, input, input_length, output, output_length,
                                       KernelMode))) {
        io_request_discard_irp(irp);
        return NULL;
    }
    hand_to_thread(irp, event);
    return irp;
}
NT_EXPORT(IoBuildDeviceIoControlRequest, PASSIVE_LEVEL, "uDpupubpp");

/*
 * Make an IRP for a part of another one. The master completes when all its parts have; the driver
 * sets Master->AssociatedIrp.IrpCount before it sends the first.
 * IRQL: <= DISPATCH_LEVEL. Returns NULL when there is no memory.
 * Source: Windows driver documentation, IoMakeAssociatedIrp.
 */
PIRP NTAPI IoMakeAssociatedIrp(PIRP master, CCHAR stack_count)
{
    PIRP irp = IoAllocateIrp(stack_count, FALSE);

    if (!irp)
        return NULL;
    irp->Flags |= IRP_ASSOCIATED_IRP;
    irp->AssociatedIrp.MasterIrp = master;
    irp->Tail.Overlay.Thread = master->Tail.Overlay.Thread;
    return irp;
}
NT_EXPORT(IoMakeAssociatedIrp, DISPATCH_LEVEL, "Iu");

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

    ExFreePoolWithTag(context, IO_TAG_BUFFER);
    if (is_wanted(irp, kept.when))
        status = kept.routine(device, irp, kept.context);
    else if (irp->PendingReturned && irp->CurrentLocation <= irp->StackCount)
        IoMarkIrpPending(irp);
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
