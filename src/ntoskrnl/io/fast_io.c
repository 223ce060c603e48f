/*
 * Fast I/O: calls of the driver's FAST_IO_DISPATCH in place of an IRP, in the sender's thread. A
 * routine that returns FALSE has done nothing, and the request goes on as an IRP.
 *
 * Reads and writes are fast only for a synchronous file that the file system caches: one with a
 * PrivateCacheMap. Device control is offered to every driver that has the routine; its buffers are
 * the caller's own, unchecked, whatever the METHOD says.
 */
#include "ex/ex.h"
#include "io/io_internal.h"
#include "vf/access.h"

static PFAST_IO_DISPATCH dispatch_of(const struct io_request *request)
{
    return request->device->DriverObject->FastIoDispatch;
}

/* Status block, event, completion port; then what the request holds goes back. */
static NTSTATUS finish(struct io_request *request, const IO_STATUS_BLOCK *result)
{
    PIO_COMPLETION_CONTEXT port = request->file->CompletionContext;
    NTSTATUS status = ex_write_output(request->iosb, (PVOID)result, sizeof(*result), request->mode);

    if (!NT_SUCCESS(status))
        return status;
    if (request->event && !(request->file->Flags & FO_SKIP_SET_FAST_IO))
        KeSetEvent(request->event, IO_NO_INCREMENT, FALSE);
    if (port && request->apc_context && !(request->file->Flags & FO_SKIP_COMPLETION_PORT))
        IoSetIoCompletion(port->Port, port->Key, request->apc_context, result->Status,
                          result->Information, FALSE);
    return result->Status;
}

static BOOLEAN end(struct io_request *request, const IO_STATUS_BLOCK *result, NTSTATUS *status)
{
    *status = finish(request, result);
    io_request_abandon(request);
    return TRUE;
}

BOOLEAN io_fast_control(struct io_request *request, ULONG code, PVOID input, ULONG input_length,
                        PVOID output, ULONG output_length, NTSTATUS *status)
{
    PFAST_IO_DISPATCH dispatch = dispatch_of(request);
    IO_STATUS_BLOCK result = {.Status = STATUS_SUCCESS};
    BOOLEAN answered;

    if (!dispatch->FastIoDeviceControl)
        return FALSE;
    VF(access_fast_control(request->file, code, input, input_length));
    answered = dispatch->FastIoDeviceControl(request->file, TRUE, input, input_length, output,
                                             output_length, code, &result, request->device);
    VF(access_fast_controlled(request->file, answered));
    if (!answered)
        return FALSE;
    return end(request, &result, status);
}

/* What NtReadFile takes as the answer; anything else is asked again with an IRP. */
static BOOLEAN is_answer(NTSTATUS status, BOOLEAN write)
{
    return status == STATUS_SUCCESS ||
           (!write && (status == STATUS_BUFFER_OVERFLOW || status == STATUS_END_OF_FILE));
}

BOOLEAN io_fast_transfer(struct io_request *request, BOOLEAN write, PVOID buffer, ULONG length,
                         PLARGE_INTEGER offset, ULONG key, NTSTATUS *status)
{
    PFAST_IO_DISPATCH dispatch = dispatch_of(request);
    IO_STATUS_BLOCK result = {.Status = STATUS_SUCCESS};
    PFAST_IO_READ routine;

    if (!request->synchronous || !request->file->PrivateCacheMap || !dispatch)
        return FALSE;
    routine = write ? (PFAST_IO_READ)dispatch->FastIoWrite : dispatch->FastIoRead;
    if (!routine ||
        !routine(request->file, offset, length, TRUE, key, buffer, &result, request->device))
        return FALSE;
    return is_answer(result.Status, write) && end(request, &result, status);
}
