/*
 * Requests in the trace. What is kept of a buffer is what the driver can see of it: the system
 * buffer, the pages of the MDL, or the caller's memory, as the request's method says.
 */
#include "kd/trace_internal.h"
#include "io/io.h"

#define METHOD_OF(code) ((code) & 3u)

/* The location that the current owner of the IRP holds; NULL before the first and after the last.
 */
static PIO_STACK_LOCATION current_location(PIRP irp)
{
    if (irp->CurrentLocation <= 0 || irp->CurrentLocation > irp->StackCount)
        return NULL;
    return IoGetCurrentIrpStackLocation(irp);
}

static BOOLEAN is_control(UCHAR major)
{
    return major == IRP_MJ_DEVICE_CONTROL || major == IRP_MJ_INTERNAL_DEVICE_CONTROL ||
           major == IRP_MJ_FILE_SYSTEM_CONTROL;
}

/* The device's name and the part of the path behind it. */
static void add_device_name(PDEVICE_OBJECT device, PFILE_OBJECT file)
{
    kd_trace_device_name(device);
    if (file && file->FileName.Length)
        kd_trace_text_of(&file->FileName);
}

/* ---- what the caller gives ---- */

static void add_control_input(struct trace_irp *event, PIRP irp, PIO_STACK_LOCATION location)
{
    ULONG method = METHOD_OF(event->code);
    ULONG64 input = method == METHOD_NEITHER
                        ? (ULONG64)location->Parameters.DeviceIoControl.Type3InputBuffer
                        : (ULONG64)irp->AssociatedIrp.SystemBuffer;

    if (input)
        event->input_size = kd_trace_memory(input, event->input_length);
    if (method == METHOD_IN_DIRECT && irp->MdlAddress)
        event->direct_size = kd_trace_mdl(irp->MdlAddress, event->output_length);
}

static void add_written_data(struct trace_irp *event, PIRP irp)
{
    if (irp->MdlAddress)
        event->direct_size = kd_trace_mdl(irp->MdlAddress, event->input_length);
    else if (irp->AssociatedIrp.SystemBuffer)
        event->input_size =
            kd_trace_memory((ULONG64)irp->AssociatedIrp.SystemBuffer, event->input_length);
    else
        event->input_size = kd_trace_memory((ULONG64)irp->UserBuffer, event->input_length);
}

static void fill_request(struct trace_irp *event, PIRP irp, PIO_STACK_LOCATION location)
{
    if (is_control(event->major)) {
        event->code = location->Parameters.DeviceIoControl.IoControlCode;
        event->input_length = location->Parameters.DeviceIoControl.InputBufferLength;
        event->output_length = location->Parameters.DeviceIoControl.OutputBufferLength;
        add_control_input(event, irp, location);
    } else if (event->major == IRP_MJ_READ) {
        event->output_length = location->Parameters.Read.Length;
        event->offset = (ULONG64)location->Parameters.Read.ByteOffset.QuadPart;
    } else if (event->major == IRP_MJ_WRITE) {
        event->input_length = location->Parameters.Write.Length;
        event->offset = (ULONG64)location->Parameters.Write.ByteOffset.QuadPart;
        add_written_data(event, irp);
    }
}

/*
 * IofCallDriver. The request is new if nobody has used the topmost location yet: a driver that
 * skips its location passes on one that holds its device.
 */
void kd_trace_irp_call(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location;
    struct trace_irp *event;
    BOOLEAN is_new;

    if (irp->CurrentLocation <= 1)
        return; /* the bug check that follows is recorded */
    location = IoGetNextIrpStackLocation(irp);
    is_new = irp->CurrentLocation == irp->StackCount + 1 && !location->DeviceObject;
    event = kd_trace_begin(is_new ? TRACE_IRP_SEND : TRACE_IRP_PASS, sizeof(*event));
    event->irp = (ULONG64)irp;
    event->device = (ULONG64)device;
    event->file = (ULONG64)location->FileObject;
    event->major = location->MajorFunction;
    event->minor = location->MinorFunction;
    event->user = irp->RequestorMode == UserMode;
    event->location = (UCHAR)(irp->CurrentLocation - 1);
    if (device->DriverObject && event->major <= IRP_MJ_MAXIMUM_FUNCTION)
        event->routine = (ULONG64)device->DriverObject->MajorFunction[event->major];
    add_device_name(device, location->FileObject);
    fill_request(event, irp, location);
    kd_trace_end();
}

/* ---- results ---- */

/* The IRP may be gone by now, and so may a device that is not pending: addresses will do. */
void kd_trace_irp_returned(PIRP irp, PDEVICE_OBJECT device, UCHAR major, NTSTATUS status)
{
    BOOLEAN pending = status == STATUS_PENDING;
    struct trace_irp_result *event =
        kd_trace_begin(pending ? TRACE_IRP_PEND : TRACE_IRP_RETURN, sizeof(*event));

    event->irp = (ULONG64)irp;
    event->device = (ULONG64)device;
    event->status = (ULONG)status;
    event->major = major;
    if (pending)
        add_device_name(device, NULL);
    kd_trace_end();
}

static struct trace_irp_up *begin_up(enum trace_type type, PIRP irp, PDEVICE_OBJECT device,
                                     const void *routine, NTSTATUS status)
{
    struct trace_irp_up *event = kd_trace_begin(type, sizeof(*event));

    event->irp = (ULONG64)irp;
    event->device = (ULONG64)device;
    event->routine = (ULONG64)routine;
    event->status = (ULONG)status;
    return event;
}

void kd_trace_irp_up(PIRP irp, PDEVICE_OBJECT device, const void *routine)
{
    struct trace_irp_up *event = begin_up(TRACE_IRP_UP, irp, device, routine, irp->IoStatus.Status);

    event->location = (ULONG)irp->CurrentLocation;
    if (device)
        add_device_name(device, NULL);
    kd_trace_end();
}

void kd_trace_irp_up_returned(PIRP irp, PDEVICE_OBJECT device, const void *routine, NTSTATUS status)
{
    begin_up(TRACE_IRP_UP_RETURN, irp, device, routine, status);
    kd_trace_end();
}

void kd_trace_irp_end(PIRP irp)
{
    struct trace_irp_result *event = kd_trace_begin(TRACE_IRP_END, sizeof(*event));

    event->irp = (ULONG64)irp;
    event->status = (ULONG)irp->IoStatus.Status;
    event->information = irp->IoStatus.Information;
    kd_trace_end();
}

void kd_trace_irp_cancel(PIRP irp)
{
    PIO_STACK_LOCATION location = current_location(irp);
    struct trace_irp_cancel *event = kd_trace_begin(TRACE_IRP_CANCEL, sizeof(*event));

    event->irp = (ULONG64)irp;
    event->routine = (ULONG64)irp->CancelRoutine;
    if (location && location->DeviceObject) {
        event->device = (ULONG64)location->DeviceObject;
        add_device_name(location->DeviceObject, location->FileObject);
    }
    kd_trace_end();
}

/* Where the data of a read or control request is that goes back to the caller. */
static ULONG add_output(PIRP irp, PIO_STACK_LOCATION location, ULONG size)
{
    BOOLEAN control = is_control(location->MajorFunction);
    ULONG method = control ? METHOD_OF(location->Parameters.DeviceIoControl.IoControlCode) : 0;

    if (control && method == METHOD_BUFFERED)
        return kd_trace_memory((ULONG64)irp->AssociatedIrp.SystemBuffer, size);
    if (method == METHOD_IN_DIRECT)
        return 0; /* the buffer was the caller's data */
    if (irp->MdlAddress)
        return kd_trace_mdl(irp->MdlAddress, size);
    if (!control && irp->AssociatedIrp.SystemBuffer)
        return kd_trace_memory((ULONG64)irp->AssociatedIrp.SystemBuffer, size);
    return kd_trace_memory((ULONG64)irp->UserBuffer, size);
}

static ULONG output_size(PIRP irp, PIO_STACK_LOCATION location)
{
    ULONG64 length = irp->IoStatus.Information;
    ULONG limit = 0;

    if (NT_ERROR(irp->IoStatus.Status))
        return 0;
    if (is_control(location->MajorFunction))
        limit = location->Parameters.DeviceIoControl.OutputBufferLength;
    else if (location->MajorFunction == IRP_MJ_READ)
        limit = location->Parameters.Read.Length;
    return length < limit ? (ULONG)length : limit;
}

void kd_trace_irp_complete(PIRP irp)
{
    PIO_STACK_LOCATION location = current_location(irp);
    struct trace_irp_result *event = kd_trace_begin(TRACE_IRP_COMPLETE, sizeof(*event));

    event->irp = (ULONG64)irp;
    event->information = irp->IoStatus.Information;
    event->status = (ULONG)irp->IoStatus.Status;
    if (location) {
        ULONG size = output_size(irp, location);

        event->device = (ULONG64)location->DeviceObject;
        event->major = location->MajorFunction;
        event->minor = location->MinorFunction;
        event->location = (UCHAR)irp->CurrentLocation;
        if (is_control(event->major))
            event->code = location->Parameters.DeviceIoControl.IoControlCode;
        if (location->DeviceObject)
            add_device_name(location->DeviceObject, location->FileObject);
        if (size)
            event->output_size = add_output(irp, location, size);
    }
    kd_trace_end();
}
