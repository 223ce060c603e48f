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

/*
 * Put an IRP into the list of its thread, which IoAllocateIrp's caller has set: it is cancelled
 * when the thread ends, and the I/O manager frees it when it completes. IRQL: <= APC_LEVEL. Source:
 * Windows driver documentation, IoQueueThreadIrp (ntifs.h).
 */
VOID NTAPI IoQueueThreadIrp(PIRP irp)
{
    irp->AllocationFlags |= IO_IRP_THREADED;
    InsertHeadList(&irp->Tail.Overlay.Thread->IrpList, &irp->ThreadListEntry);
}
NT_EXPORT(IoQueueThreadIrp, APC_LEVEL, "I");
NT_EXPORT_AS(IoEnqueueIrp, IoQueueThreadIrp, APC_LEVEL, "I"); /* its name before Windows XP */

static void hand_to_thread(PIRP irp, PKEVENT event)
{
    irp->UserEvent = event;
    IoQueueThreadIrp(irp);
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
    if (!NT_SUCCESS(io_prepare_control(irp, input, output))) {
        io_request_discard_irp(irp);
        return NULL;
    }
    hand_to_thread(irp, event);
    return irp;
}
NT_EXPORT(IoBuildDeviceIoControlRequest, PASSIVE_LEVEL, "uDpupubpp");

/*
 * Make an IRP for a part of another one. The master completes when all its parts have, with the
 * status that the driver gave it; the driver sets Master->AssociatedIrp.IrpCount before it sends
 * the first. A completed part is freed with its MDLs.
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
