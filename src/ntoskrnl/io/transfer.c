/*
 * Reading, writing and flushing files and devices.
 */
#include "ex/ex.h"
#include "io/io_internal.h"

#define USE_FILE_POSITION (-2) /* FILE_USE_FILE_POINTER_POSITION in LowPart, HighPart -1 */
#define WRITE_TO_END (-1)

static NTSTATUS capture_offset(PLARGE_INTEGER from, LARGE_INTEGER *to, KPROCESSOR_MODE mode)
{
    __try {
        if (mode == UserMode)
            ProbeForRead(from, sizeof(*from), sizeof(ULONG));
        *to = *from;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/* A file may be open for appending only; the access that a write then asks for. */
static ACCESS_MASK write_access(HANDLE handle)
{
    ACCESS_MASK granted = 0;
    PFILE_OBJECT file =
        ob_handle_peek(handle, 0, IoFileObjectTypeObject, ke_previous_mode(), &granted);
    BOOLEAN appends = file && granted & FILE_APPEND_DATA && !(granted & FILE_WRITE_DATA);

    /* For a pipe the same bit is FILE_CREATE_PIPE_INSTANCE. */
    return appends && !(file->Flags & FO_NAMED_PIPE) ? FILE_APPEND_DATA : FILE_WRITE_DATA;
}

/*
 * A synchronous file has a position; an asynchronous one must be told the offset; a pipe has none.
 * A file that is
 * open for appending only is written at its end.
 */
static NTSTATUS choose_offset(const struct io_request *request, PLARGE_INTEGER given,
                              LARGE_INTEGER *offset)
{
    NTSTATUS status;

    if (given) {
        status = capture_offset(given, offset, request->mode);
        if (!NT_SUCCESS(status))
            return status;
        if (offset->HighPart != -1 || offset->LowPart != (ULONG)USE_FILE_POSITION)
            return offset->QuadPart < WRITE_TO_END ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    }
    if (request->file->Flags & FO_NAMED_PIPE) {
        offset->QuadPart = 0;
        return STATUS_SUCCESS;
    }
    if (!request->synchronous)
        return STATUS_INVALID_PARAMETER;
    *offset = request->file->CurrentByteOffset;
    return STATUS_SUCCESS;
}

static NTSTATUS transfer(UCHAR major, HANDLE handle, HANDLE event, PIO_APC_ROUTINE routine,
                         PVOID context, PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG length,
                         PLARGE_INTEGER given_offset, PULONG key)
{
    BOOLEAN write = major == IRP_MJ_WRITE;
    ACCESS_MASK access;
    struct io_request request;
    PIO_STACK_LOCATION location;
    LARGE_INTEGER offset;
    NTSTATUS status;
    PIRP irp;

    access = write ? write_access(handle) : FILE_READ_DATA;
    status = io_request_open(&request, handle, access, event, routine, context, iosb);
    if (!NT_SUCCESS(status))
        return status;
    if (access == FILE_APPEND_DATA)
        offset.QuadPart = WRITE_TO_END;
    else
        status = choose_offset(&request, given_offset, &offset);
    if (!NT_SUCCESS(status)) {
        io_request_abandon(&request);
        return status;
    }
    if (io_fast_transfer(&request, write, buffer, length, &offset, key ? *key : 0, &status))
        return status;
    irp = io_request_irp(&request, major);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    location = IoGetNextIrpStackLocation(irp);
    location->Parameters.Read.Length = length;
    location->Parameters.Read.ByteOffset = offset;
    location->Parameters.Read.Key = key ? *key : 0;
    irp->Flags |= write ? IRP_WRITE_OPERATION : IRP_READ_OPERATION;
    status = io_prepare_buffer(irp, request.device->Flags, buffer, length, write, request.mode);
    if (!NT_SUCCESS(status)) {
        io_request_discard_irp(irp);
        io_request_abandon(&request);
        return status;
    }
    return io_request_send(&request, irp);
}

/*
 * Read from a file or device.
 * @param offset  byte offset, or NULL for the current position of a synchronous file
 * Returns STATUS_PENDING for an asynchronous file whose driver has not completed it yet.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, ZwReadFile.
 */
NTSTATUS NTAPI NtReadFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE routine, PVOID context,
                          PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG length, PLARGE_INTEGER offset,
                          PULONG key)
{
    return transfer(IRP_MJ_READ, handle, event, routine, context, iosb, buffer, length, offset,
                    key);
}
NT_SERVICE(ReadFile, 9, PASSIVE_LEVEL, "hhppppupp");

/* Write to a file or device. Source: Windows driver documentation, ZwWriteFile. */
NTSTATUS NTAPI NtWriteFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE routine, PVOID context,
                           PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG length, PLARGE_INTEGER offset,
                           PULONG key)
{
    return transfer(IRP_MJ_WRITE, handle, event, routine, context, iosb, buffer, length, offset,
                    key);
}
NT_SERVICE(WriteFile, 9, PASSIVE_LEVEL, "hhppppupp");

/*
 * Ask the driver to write out what it holds back; waits for it.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_ACCESS_DENIED for a file that is open for reading only, or
 * what the driver returns. Source: Windows driver documentation, ZwFlushBuffersFile.
 */
NTSTATUS NTAPI NtFlushBuffersFile(HANDLE handle, PIO_STATUS_BLOCK iosb)
{
    IO_STATUS_BLOCK results;
    struct io_request request;
    NTSTATUS status =
        io_request_open(&request, handle, write_access(handle), NULL, NULL, NULL, iosb);
    PIRP irp;

    if (!NT_SUCCESS(status))
        return status;
    io_request_results(&request, &results);
    irp = io_request_irp(&request, IRP_MJ_FLUSH_BUFFERS);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = io_request_send_and_wait(&request, irp);
    if (!NT_ERROR(status) &&
        !NT_SUCCESS(ex_write_output(iosb, &results, sizeof(results), ke_previous_mode())))
        return STATUS_ACCESS_VIOLATION;
    return status;
}
NT_SERVICE(FlushBuffersFile, 2, PASSIVE_LEVEL, "hp");
