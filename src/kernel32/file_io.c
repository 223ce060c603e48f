/*
 * Reading, writing, device control, and the end of overlapped requests. See kernel32.h.
 *
 * An OVERLAPPED begins with the two words of an IO_STATUS_BLOCK, and that is what the services
 * write into it. A request without OVERLAPPED on a handle that was opened for overlapped I/O is
 * waited for on the file object.
 */
#include "kernel32.h"

_Static_assert(__builtin_offsetof(OVERLAPPED, Internal) == 0 &&
                   __builtin_offsetof(OVERLAPPED, InternalHigh) == 8,
               "OVERLAPPED starts with an IO_STATUS_BLOCK");

static IO_STATUS_BLOCK *io_status_of(OVERLAPPED *overlapped)
{
    return (IO_STATUS_BLOCK *)overlapped;
}

/* Bit 0 of hEvent keeps the completion from the file's completion port. */
static PVOID apc_context_of(OVERLAPPED *overlapped)
{
    return (ULONG_PTR)overlapped->hEvent & 1 ? NULL : overlapped;
}

static LARGE_INTEGER offset_of(const OVERLAPPED *overlapped)
{
    LARGE_INTEGER offset;

    offset.LowPart = overlapped->Offset;
    offset.HighPart = (LONG)overlapped->OffsetHigh;
    return offset;
}

/* What a request of a program without OVERLAPPED comes back with. */
static NTSTATUS wait_for_request(HANDLE file, NTSTATUS status, const IO_STATUS_BLOCK *io)
{
    if (status != STATUS_PENDING)
        return status;
    status = NtWaitForSingleObject(file, FALSE, NULL);
    return NT_SUCCESS(status) ? io->Status : status;
}

/* How an overlapped request was started: pending is "failure" with ERROR_IO_PENDING. */
static BOOL overlapped_result(NTSTATUS status, const OVERLAPPED *overlapped, LPDWORD transferred)
{
    if (!NT_SUCCESS(status) && status != STATUS_BUFFER_OVERFLOW)
        return base_result(status);
    if (status == STATUS_PENDING)
        return base_error(ERROR_IO_PENDING);
    if (transferred != NULL)
        *transferred = (DWORD)overlapped->InternalHigh;
    return base_result(status);
}

/* Reads from a file, pipe, device or the console. */
BOOL WINAPI ReadFile(HANDLE file, LPVOID buffer, DWORD size, LPDWORD read, LPOVERLAPPED overlapped)
{
    IO_STATUS_BLOCK io;

    file = base_standard_handle(file);
    if (read != NULL)
        *read = 0;
    if (overlapped != NULL) {
        LARGE_INTEGER offset = offset_of(overlapped);

        overlapped->Internal = STATUS_PENDING;
        return overlapped_result(NtReadFile(file, overlapped->hEvent, NULL,
                                            apc_context_of(overlapped), io_status_of(overlapped),
                                            buffer, size, &offset, NULL),
                                 overlapped, read);
    }
    io.Information = 0;
    NTSTATUS status = wait_for_request(
        file, NtReadFile(file, NULL, NULL, NULL, &io, buffer, size, NULL, NULL), &io);

    if (read != NULL && (NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW))
        *read = (DWORD)io.Information;
    if (status == STATUS_END_OF_FILE) /* a synchronous read at the end reads nothing */
        return TRUE;
    return base_result(status);
}
NT_EXPORT(ReadFile, 0, "hpupp");

/* Writes to a file, pipe, device or the console. */
BOOL WINAPI WriteFile(HANDLE file, LPCVOID buffer, DWORD size, LPDWORD written,
                      LPOVERLAPPED overlapped)
{
    IO_STATUS_BLOCK io;

    file = base_standard_handle(file);
    if (written != NULL)
        *written = 0;
    if (overlapped != NULL) {
        LARGE_INTEGER offset = offset_of(overlapped);

        overlapped->Internal = STATUS_PENDING;
        return overlapped_result(NtWriteFile(file, overlapped->hEvent, NULL,
                                             apc_context_of(overlapped), io_status_of(overlapped),
                                             buffer, size, &offset, NULL),
                                 overlapped, written);
    }
    io.Information = 0;
    NTSTATUS status = wait_for_request(
        file, NtWriteFile(file, NULL, NULL, NULL, &io, buffer, size, NULL, NULL), &io);

    if (written != NULL && NT_SUCCESS(status))
        *written = (DWORD)io.Information;
    return base_result(status);
}
NT_EXPORT(WriteFile, 0, "hpupp");

/* The APC of ReadFileEx and WriteFileEx: calls the program's completion routine. */
static void WINAPI complete_extended(PVOID routine, PIO_STATUS_BLOCK io, ULONG reserved)
{
    LPOVERLAPPED_COMPLETION_ROUTINE completion = (LPOVERLAPPED_COMPLETION_ROUTINE)routine;
    OVERLAPPED *overlapped = (OVERLAPPED *)io;
    DWORD error = NT_SUCCESS(io->Status) ? 0 : RtlNtStatusToDosError(io->Status);

    (void)reserved;
    completion(error, (DWORD)io->Information, overlapped);
}

/* Reads with a completion routine, which runs in an alertable wait. */
BOOL WINAPI ReadFileEx(HANDLE file, LPVOID buffer, DWORD size, LPOVERLAPPED overlapped,
                       LPOVERLAPPED_COMPLETION_ROUTINE completion)
{
    LARGE_INTEGER offset = offset_of(overlapped);

    overlapped->Internal = STATUS_PENDING;
    return base_result(NtReadFile(file, NULL, complete_extended, (PVOID)completion,
                                  io_status_of(overlapped), buffer, size, &offset, NULL));
}
NT_EXPORT(ReadFileEx, 0, "hpupp");

/* Writes with a completion routine, which runs in an alertable wait. */
BOOL WINAPI WriteFileEx(HANDLE file, LPCVOID buffer, DWORD size, LPOVERLAPPED overlapped,
                        LPOVERLAPPED_COMPLETION_ROUTINE completion)
{
    LARGE_INTEGER offset = offset_of(overlapped);

    overlapped->Internal = STATUS_PENDING;
    return base_result(NtWriteFile(file, NULL, complete_extended, (PVOID)completion,
                                   io_status_of(overlapped), buffer, size, &offset, NULL));
}
NT_EXPORT(WriteFileEx, 0, "hpupp");

static NTSTATUS control(HANDLE file, HANDLE event, PVOID context, IO_STATUS_BLOCK *io, DWORD code,
                        PVOID input, DWORD input_size, PVOID output, DWORD output_size)
{
    if (DEVICE_TYPE_FROM_CTL_CODE(code) == FILE_DEVICE_FILE_SYSTEM)
        return NtFsControlFile(file, event, NULL, context, io, code, input, input_size, output,
                               output_size);
    return NtDeviceIoControlFile(file, event, NULL, context, io, code, input, input_size, output,
                                 output_size);
}

/* Sends a control code to a device or, for file system codes, to its file system. */
BOOL WINAPI DeviceIoControl(HANDLE file, DWORD code, LPVOID input, DWORD input_size, LPVOID output,
                            DWORD output_size, LPDWORD returned, LPOVERLAPPED overlapped)
{
    IO_STATUS_BLOCK io;

    if (overlapped != NULL) {
        overlapped->Internal = STATUS_PENDING;
        NTSTATUS status =
            control(file, overlapped->hEvent, apc_context_of(overlapped), io_status_of(overlapped),
                    code, input, input_size, output, output_size);

        return overlapped_result(status, overlapped, returned);
    }
    io.Information = 0;
    NTSTATUS status = wait_for_request(
        file, control(file, NULL, NULL, &io, code, input, input_size, output, output_size), &io);

    if (returned != NULL)
        *returned = (DWORD)io.Information;
    return base_result(status);
}
NT_EXPORT(DeviceIoControl, 0, "hupupupp");

static BOOL finished_result(const OVERLAPPED *overlapped, LPDWORD transferred)
{
    *transferred = (DWORD)overlapped->InternalHigh;
    return base_result((NTSTATUS)overlapped->Internal);
}

/* The result of an overlapped request, waited for at most `milliseconds`. */
BOOL WINAPI GetOverlappedResultEx(HANDLE file, LPOVERLAPPED overlapped, LPDWORD transferred,
                                  DWORD milliseconds, BOOL alertable)
{
    volatile ULONG_PTR *status = &overlapped->Internal;

    if (*status == (ULONG_PTR)STATUS_PENDING) {
        HANDLE event = (HANDLE)((ULONG_PTR)overlapped->hEvent & ~(ULONG_PTR)1);

        if (milliseconds == 0)
            return base_error(ERROR_IO_INCOMPLETE);
        DWORD wait = WaitForSingleObjectEx(event != NULL ? event : file, milliseconds, alertable);

        if (wait == WAIT_TIMEOUT)
            return base_error(WAIT_TIMEOUT);
        if (wait == WAIT_IO_COMPLETION)
            return base_error(WAIT_IO_COMPLETION);
        if (wait != WAIT_OBJECT_0)
            return FALSE;
    }
    return finished_result(overlapped, transferred);
}
NT_EXPORT(GetOverlappedResultEx, 0, "hppub");

/* The result of an overlapped request. */
BOOL WINAPI GetOverlappedResult(HANDLE file, LPOVERLAPPED overlapped, LPDWORD transferred,
                                BOOL wait)
{
    return GetOverlappedResultEx(file, overlapped, transferred, wait ? INFINITE : 0, FALSE);
}
NT_EXPORT(GetOverlappedResult, 0, "hppb");

/* Cancels what the calling thread has pending on a file. */
BOOL WINAPI CancelIo(HANDLE file)
{
    IO_STATUS_BLOCK io;

    return base_result(NtCancelIoFile(file, &io));
}
NT_EXPORT(CancelIo, 0, "h");

/* Cancels one request, or with NULL all that the process has pending on a file. */
BOOL WINAPI CancelIoEx(HANDLE file, LPOVERLAPPED overlapped)
{
    IO_STATUS_BLOCK io;

    return base_result(NtCancelIoFileEx(file, io_status_of(overlapped), &io));
}
NT_EXPORT(CancelIoEx, 0, "hp");

/* Cancels the synchronous request that a thread waits in. */
BOOL WINAPI CancelSynchronousIo(HANDLE thread)
{
    IO_STATUS_BLOCK io;

    return base_result(NtCancelSynchronousIoFile(thread, NULL, &io));
}
NT_EXPORT(CancelSynchronousIo, 0, "h");

/* Writes what is cached for a file. */
BOOL WINAPI FlushFileBuffers(HANDLE file)
{
    IO_STATUS_BLOCK io;

    return base_result(NtFlushBuffersFile(base_standard_handle(file), &io));
}
NT_EXPORT(FlushFileBuffers, 0, "h");

/* Locks a range of a file. */
BOOL WINAPI LockFileEx(HANDLE file, DWORD flags, DWORD reserved, DWORD low, DWORD high,
                       LPOVERLAPPED overlapped)
{
    LARGE_INTEGER offset = offset_of(overlapped);
    LARGE_INTEGER length = {.LowPart = low, .HighPart = (LONG)high};

    (void)reserved;
    overlapped->Internal = STATUS_PENDING;
    NTSTATUS status = NtLockFile(file, overlapped->hEvent, NULL, apc_context_of(overlapped),
                                 io_status_of(overlapped), &offset, &length, 0,
                                 (flags & LOCKFILE_FAIL_IMMEDIATELY) != 0,
                                 (flags & LOCKFILE_EXCLUSIVE_LOCK) != 0);

    return overlapped_result(status, overlapped, NULL);
}
NT_EXPORT(LockFileEx, 0, "huuuup");

/* Unlocks a range of a file. */
BOOL WINAPI UnlockFileEx(HANDLE file, DWORD reserved, DWORD low, DWORD high,
                         LPOVERLAPPED overlapped)
{
    LARGE_INTEGER offset = offset_of(overlapped);
    LARGE_INTEGER length = {.LowPart = low, .HighPart = (LONG)high};
    IO_STATUS_BLOCK io;

    (void)reserved;
    return base_result(NtUnlockFile(file, &io, &offset, &length, 0));
}
NT_EXPORT(UnlockFileEx, 0, "huuup");

/* Locks a range of a file for this process alone, without waiting. */
BOOL WINAPI LockFile(HANDLE file, DWORD offset_low, DWORD offset_high, DWORD low, DWORD high)
{
    LARGE_INTEGER offset = {.LowPart = offset_low, .HighPart = (LONG)offset_high};
    LARGE_INTEGER length = {.LowPart = low, .HighPart = (LONG)high};
    IO_STATUS_BLOCK io;

    return base_result(wait_for_request(
        file, NtLockFile(file, NULL, NULL, NULL, &io, &offset, &length, 0, TRUE, TRUE), &io));
}
NT_EXPORT(LockFile, 0, "huuuu");

/* Unlocks a range of a file. */
BOOL WINAPI UnlockFile(HANDLE file, DWORD offset_low, DWORD offset_high, DWORD low, DWORD high)
{
    LARGE_INTEGER offset = {.LowPart = offset_low, .HighPart = (LONG)offset_high};
    LARGE_INTEGER length = {.LowPart = low, .HighPart = (LONG)high};
    IO_STATUS_BLOCK io;

    return base_result(NtUnlockFile(file, &io, &offset, &length, 0));
}
NT_EXPORT(UnlockFile, 0, "huuuu");
