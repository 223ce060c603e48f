/*
 * Device control: the code says how the data travels (METHOD_…) and which access the handle needs.
 */
#include "io/io_internal.h"

#define METHOD_OF(code) ((code) & 3u)
#define ACCESS_OF(code) ((code) >> 14 & 3u)

/* METHOD_BUFFERED: one system buffer for both directions, with the input in it. */
static DECLSPEC_NOINLINE NTSTATUS make_buffer(PIRP irp, PVOID input, ULONG input_length,
                                              ULONG output_length)
{
    irp->AssociatedIrp.SystemBuffer =
        mm_pool_allocate_buffer(max(input_length, output_length), IO_TAG_BUFFER);
    if (!irp->AssociatedIrp.SystemBuffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    if (output_length)
        irp->Flags |= IRP_INPUT_OPERATION;
    __try {
        if (irp->RequestorMode == UserMode && input_length)
            ProbeForRead(input, input_length, 1);
        if (irp->RequestorMode == UserMode && output_length)
            ProbeForWrite(irp->UserBuffer, output_length, 1);
        RtlCopyMemory(irp->AssociatedIrp.SystemBuffer, input, input_length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/* METHOD_IN_DIRECT, METHOD_OUT_DIRECT: input in a system buffer, output pages locked. */
static NTSTATUS prepare_direct(PIRP irp, PVOID input, ULONG input_length, PVOID output,
                               ULONG output_length, BOOLEAN device_reads)
{
    NTSTATUS status =
        io_prepare_buffer(irp, DO_BUFFERED_IO, input, input_length, TRUE, irp->RequestorMode);

    if (NT_SUCCESS(status))
        status = io_prepare_buffer(irp, DO_DIRECT_IO, output, output_length, device_reads,
                                   irp->RequestorMode);
    irp->UserBuffer = output;
    return status;
}

NTSTATUS io_prepare_control(PIRP irp, PVOID input, PVOID output)
{
    PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
    ULONG input_length = location->Parameters.DeviceIoControl.InputBufferLength;
    ULONG output_length = location->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG method = METHOD_OF(location->Parameters.DeviceIoControl.IoControlCode);

    switch (method) {
    case METHOD_BUFFERED:
        irp->UserBuffer = output;
        return input_length || output_length ? make_buffer(irp, input, input_length, output_length)
                                             : STATUS_SUCCESS;
    case METHOD_NEITHER:
        location->Parameters.DeviceIoControl.Type3InputBuffer = input;
        irp->UserBuffer = output;
        return STATUS_SUCCESS;
    default:
        return prepare_direct(irp, input, input_length, output, output_length,
                              method == METHOD_IN_DIRECT);
    }
}

/* Give back what a request holds that never reached the driver. */
static NTSTATUS fail(struct io_request *request, PIRP irp, NTSTATUS status)
{
    io_request_discard_irp(irp);
    io_request_abandon(request);
    return status;
}

/*
 * Part of both services: as a routine of its own it would copy their stack arguments once more,
 * which costs a null request 3 ns.
 */
FORCEINLINE NTSTATUS device_control(UCHAR major, HANDLE handle, HANDLE event,
                                    PIO_APC_ROUTINE routine, PVOID context, PIO_STATUS_BLOCK iosb,
                                    ULONG code, PVOID input, ULONG input_length, PVOID output,
                                    ULONG output_length)
{
    struct io_request request;
    PIO_STACK_LOCATION location;
    NTSTATUS status;
    PIRP irp;

    /* FILE_READ_DATA is 1 and FILE_WRITE_DATA is 2: the two access bits of the code as they are. */
    status = io_request_open(&request, handle, ACCESS_OF(code), event, routine, context, iosb);
    if (!NT_SUCCESS(status))
        return status;
    if (major == IRP_MJ_DEVICE_CONTROL && request.device->DriverObject->FastIoDispatch &&
        io_fast_control(&request, code, input, input_length, output, output_length, &status))
        return status;
    irp = io_request_irp(&request, major);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    location = IoGetNextIrpStackLocation(irp);
    location->Parameters.DeviceIoControl.IoControlCode = code;
    location->Parameters.DeviceIoControl.InputBufferLength = input_length;
    location->Parameters.DeviceIoControl.OutputBufferLength = output_length;
    status = io_prepare_control(irp, input, output);
    if (!NT_SUCCESS(status))
        return fail(&request, irp, status);
    return io_request_send(&request, irp);
}

/*
 * Send a control code to a device.
 * @param code  CTL_CODE(type, function, method, access)
 * Returns STATUS_ACCESS_DENIED when the handle lacks the access that the code requires, otherwise
 * the driver's status. IRQL: PASSIVE_LEVEL.
 * Source: Windows driver documentation, ZwDeviceIoControlFile.
 */
NTSTATUS NTAPI NtDeviceIoControlFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE routine,
                                     PVOID context, PIO_STATUS_BLOCK iosb, ULONG code, PVOID input,
                                     ULONG input_length, PVOID output, ULONG output_length)
{
    return device_control(IRP_MJ_DEVICE_CONTROL, handle, event, routine, context, iosb, code, input,
                          input_length, output, output_length);
}
NT_SERVICE(DeviceIoControlFile, 10, PASSIVE_LEVEL, "hhpppupupu");

/* The same for file systems. Source: Windows driver documentation, ZwFsControlFile. */
NTSTATUS NTAPI NtFsControlFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE routine, PVOID context,
                               PIO_STATUS_BLOCK iosb, ULONG code, PVOID input, ULONG input_length,
                               PVOID output, ULONG output_length)
{
    return device_control(IRP_MJ_FILE_SYSTEM_CONTROL, handle, event, routine, context, iosb, code,
                          input, input_length, output, output_length);
}
NT_SERVICE(FsControlFile, 10, PASSIVE_LEVEL, "hhpppupupu");
