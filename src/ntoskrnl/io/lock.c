/*
 * NtLockFile and NtUnlockFile: byte ranges of files, kept by the file system.
 */
#include "ex/ex.h"
#include "io/io_internal.h"

/* The driver gets a pointer to the length: it is the IRP's auxiliary buffer. */
static NTSTATUS capture_length(PLARGE_INTEGER given, KPROCESSOR_MODE mode, PLARGE_INTEGER *made)
{
    NTSTATUS status;

    *made = ExAllocatePoolWithTag(NonPagedPool, sizeof(**made), IO_TAG_BUFFER);
    if (!*made)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = ex_read_input(*made, given, sizeof(**made), sizeof(ULONG), mode);
    if (!NT_SUCCESS(status))
        ExFreePoolWithTag(*made, IO_TAG_BUFFER);
    return status;
}

/* Both services need read or write access, whichever the handle has. */
static NTSTATUS open_request(struct io_request *request, HANDLE handle, HANDLE event,
                             PIO_APC_ROUTINE routine, PVOID context, PIO_STATUS_BLOCK iosb)
{
    NTSTATUS status = io_request_open(request, handle, 0, event, routine, context, iosb);

    if (!NT_SUCCESS(status))
        return status;
    if (request->mode == UserMode && !(request->granted & (FILE_READ_DATA | FILE_WRITE_DATA))) {
        io_request_abandon(request);
        return STATUS_ACCESS_DENIED;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS make_irp(struct io_request *request, UCHAR minor, PLARGE_INTEGER offset,
                         PLARGE_INTEGER length, ULONG key, PIRP *made)
{
    LARGE_INTEGER captured_offset;
    PLARGE_INTEGER captured_length;
    PIO_STACK_LOCATION location;
    NTSTATUS status = ex_read_input(&captured_offset, offset, sizeof(captured_offset),
                                    sizeof(ULONG), request->mode);

    if (NT_SUCCESS(status))
        status = capture_length(length, request->mode, &captured_length);
    if (!NT_SUCCESS(status)) {
        io_request_abandon(request);
        return status;
    }
    *made = io_request_irp(request, IRP_MJ_LOCK_CONTROL);
    if (!*made) {
        ExFreePoolWithTag(captured_length, IO_TAG_BUFFER);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    (*made)->Tail.Overlay.AuxiliaryBuffer = (PCHAR)captured_length;
    location = IoGetNextIrpStackLocation(*made);
    location->MinorFunction = minor;
    location->Parameters.LockControl.Length = captured_length;
    location->Parameters.LockControl.Key = key;
    location->Parameters.LockControl.ByteOffset = captured_offset;
    return STATUS_SUCCESS;
}

/*
 * Lock a range of a file.
 * @param key               the owner's choice, must be given again to unlock
 * @param fail_immediately  FALSE = wait until the range is free
 * Returns STATUS_LOCK_NOT_GRANTED, STATUS_PENDING. IRQL: PASSIVE_LEVEL.
 * Source: Windows driver documentation, ZwLockFile.
 */
NTSTATUS NTAPI NtLockFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE routine, PVOID context,
                          PIO_STATUS_BLOCK iosb, PLARGE_INTEGER offset, PLARGE_INTEGER length,
                          ULONG key, BOOLEAN fail_immediately, BOOLEAN exclusive)
{
    struct io_request request;
    NTSTATUS status = open_request(&request, handle, event, routine, context, iosb);
    PIRP irp;

    if (NT_SUCCESS(status))
        status = make_irp(&request, IRP_MN_LOCK, offset, length, key, &irp);
    if (!NT_SUCCESS(status))
        return status;
    IoGetNextIrpStackLocation(irp)->Flags =
        (fail_immediately ? SL_FAIL_IMMEDIATELY : 0) | (exclusive ? SL_EXCLUSIVE_LOCK : 0);
    request.file->LockOperation = TRUE;
    return io_request_send(&request, irp);
}
NT_SERVICE(LockFile, 10, PASSIVE_LEVEL, "hhppppppub");

/*
 * Unlock a range exactly as it was locked.
 * Returns STATUS_RANGE_NOT_LOCKED. IRQL: PASSIVE_LEVEL.
 * Source: Windows driver documentation, ZwUnlockFile.
 */
NTSTATUS NTAPI NtUnlockFile(HANDLE handle, PIO_STATUS_BLOCK iosb, PLARGE_INTEGER offset,
                            PLARGE_INTEGER length, ULONG key)
{
    IO_STATUS_BLOCK results;
    struct io_request request;
    KPROCESSOR_MODE mode = ke_previous_mode();
    NTSTATUS status = open_request(&request, handle, NULL, NULL, NULL, iosb);
    PIRP irp;

    if (!NT_SUCCESS(status))
        return status;
    io_request_results(&request, &results);
    status = make_irp(&request, IRP_MN_UNLOCK_SINGLE, offset, length, key, &irp);
    if (!NT_SUCCESS(status))
        return status;
    status = io_request_send_and_wait(&request, irp);
    if (NT_ERROR(status))
        return status;
    return ex_write_output(iosb, &results, sizeof(results), mode);
}
NT_SERVICE(UnlockFile, 5, PASSIVE_LEVEL, "hpppu");
