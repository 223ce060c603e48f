/*
 * The request that a thread waits for, in one line: for reports, where anything may be broken. So
 * memory is only looked at through the direct map, and what is not credible is left out.
 */
#include "io/io_internal.h"
#include "kd/kd.h"
#include "kd/trace.h"

#define SHOWN_BYTES 16

static const char *major_name(UCHAR major)
{
    static const char *const names[] = {
        "CREATE",
        "CREATE_NAMED_PIPE",
        "CLOSE",
        "READ",
        "WRITE",
        "QUERY_INFORMATION",
        "SET_INFORMATION",
        "QUERY_EA",
        "SET_EA",
        "FLUSH_BUFFERS",
        "QUERY_VOLUME_INFORMATION",
        "SET_VOLUME_INFORMATION",
        "DIRECTORY_CONTROL",
        "FILE_SYSTEM_CONTROL",
        "DEVICE_CONTROL",
        "INTERNAL_DEVICE_CONTROL",
        "SHUTDOWN",
        "LOCK_CONTROL",
        "CLEANUP",
        "CREATE_MAILSLOT",
        "QUERY_SECURITY",
        "SET_SECURITY",
        "POWER",
        "SYSTEM_CONTROL",
        "DEVICE_CHANGE",
        "QUERY_QUOTA",
        "SET_QUOTA",
        "PNP",
    };

    return major < ARRAY_COUNT(names) ? names[major] : "?";
}

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

/* "; in 01 00 00 00 1f …" */
static void add_input(const IRP *irp, const IO_STACK_LOCATION *location, char *text, SIZE_T size)
{
    UCHAR bytes[SHOWN_BYTES];
    ULONG length = 0, shown;
    ULONG64 input = io_request_input(irp, location, &length);
    SIZE_T used = strlen(text);

    shown = input ? kd_trace_peek(input, bytes, length < SHOWN_BYTES ? length : SHOWN_BYTES) : 0;
    for (ULONG i = 0; i < shown; i++)
        used += (SIZE_T)kd_format(text + used, size - used, i ? " %02x" : "; in %02x", bytes[i]);
    if (shown && shown < length)
        kd_format(text + used, size - used, " ...");
}

BOOLEAN io_describe_request(PETHREAD thread, char *text, SIZE_T size)
{
    PIRP irp = (PIRP)io_irp_of_thread(thread);
    PIO_STACK_LOCATION location;

    if (!irp)
        return FALSE;
    if (irp->CurrentLocation <= 0 || irp->CurrentLocation > irp->StackCount)
        return FALSE;
    location = IoGetCurrentIrpStackLocation(irp);
    if (location->MajorFunction == IRP_MJ_DEVICE_CONTROL)
        kd_format(text, size, "IRP_MJ_DEVICE_CONTROL, code 0x%08x, %u bytes in, %u bytes out",
                  location->Parameters.DeviceIoControl.IoControlCode,
                  location->Parameters.DeviceIoControl.InputBufferLength,
                  location->Parameters.DeviceIoControl.OutputBufferLength);
    else
        kd_format(text, size, "IRP_MJ_%s, length %u", major_name(location->MajorFunction),
                  location->Parameters.Read.Length);
    add_input(irp, location, text, size);
    return TRUE;
}
