/*
 * What a request asks for, in numbers: for reports, where anything may be broken. So memory is only
 * looked at through the direct map, and what is not credible is left out.
 */
#include "io/io_internal.h"
#include "kd/trace.h"

ULONG64 io_request_input(const IRP *irp, const IO_STACK_LOCATION *location, ULONG *length)
{
    ULONG64 buffer = (ULONG64)irp->AssociatedIrp.SystemBuffer;

    if (location->MajorFunction == IRP_MJ_WRITE) {
        *length = location->Parameters.Write.Length;
        return buffer ? buffer : irp->MdlAddress ? 0 : (ULONG64)irp->UserBuffer;
    }
    if (location->MajorFunction != IRP_MJ_DEVICE_CONTROL)
        return 0;
    *length = location->Parameters.DeviceIoControl.InputBufferLength;
    if (METHOD_FROM_CTL_CODE(location->Parameters.DeviceIoControl.IoControlCode) == METHOD_NEITHER)
        return (ULONG64)location->Parameters.DeviceIoControl.Type3InputBuffer;
    return buffer;
}

void io_asked_at(const IRP *irp, const IO_STACK_LOCATION *location, struct machine_asked *asked)
{
    ULONG length = 0;
    ULONG64 input = io_request_input(irp, location, &length);

    asked->major = location->MajorFunction;
    asked->minor = location->MinorFunction;
    asked->code = asked->output_length = asked->input_kept = 0;
    asked->offset = 0;
    asked->input_length = length;
    switch (location->MajorFunction) {
    case IRP_MJ_INTERNAL_DEVICE_CONTROL: /* what its other parameters are depends on the code */
        asked->code = location->Parameters.DeviceIoControl.IoControlCode;
        break;
    case IRP_MJ_DEVICE_CONTROL:
        asked->code = location->Parameters.DeviceIoControl.IoControlCode;
        asked->output_length = location->Parameters.DeviceIoControl.OutputBufferLength;
        break;
    case IRP_MJ_READ:
        asked->output_length = location->Parameters.Read.Length;
        asked->offset = (ULONG64)location->Parameters.Read.ByteOffset.QuadPart;
        break;
    case IRP_MJ_WRITE:
        asked->offset = (ULONG64)location->Parameters.Write.ByteOffset.QuadPart;
        break;
    }
    if (input && length)
        asked->input_kept =
            kd_trace_peek(input, asked->input, min(length, (ULONG)MACHINE_INPUT_KEPT));
}

BOOLEAN io_asked(ULONG64 address, struct machine_asked *asked)
{
    IO_STACK_LOCATION location;
    IRP irp;

    if (!address || kd_trace_peek(address, &irp, sizeof(irp)) != sizeof(irp) ||
        irp.Type != IO_TYPE_IRP || irp.CurrentLocation <= 0 ||
        irp.CurrentLocation > irp.StackCount ||
        kd_trace_peek((ULONG64)irp.Tail.Overlay.CurrentStackLocation, &location,
                      sizeof(location)) != sizeof(location))
        return FALSE;
    io_asked_at(&irp, &location, asked);
    return TRUE;
}
