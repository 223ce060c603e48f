/* Completion ports. See kernel32.h. */
#include "kernel32.h"

/* Makes a port, or lets the completions of a file go to a port under a key. */
HANDLE WINAPI CreateIoCompletionPort(HANDLE file, HANDLE existing, ULONG_PTR key, DWORD threads)
{
    FILE_COMPLETION_INFORMATION information;
    IO_STATUS_BLOCK io;
    HANDLE port = existing;

    if (file == INVALID_HANDLE_VALUE && existing != NULL) {
        base_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (port == NULL &&
        !base_result(NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, threads)))
        return NULL;
    if (file == INVALID_HANDLE_VALUE)
        return port;
    information = (FILE_COMPLETION_INFORMATION){port, (PVOID)key};
    if (base_result(NtSetInformationFile(file, &io, &information, sizeof(information),
                                         FileCompletionInformation)))
        return port;
    if (existing == NULL)
        NtClose(port);
    return NULL;
}
NT_EXPORT(CreateIoCompletionPort, 0, "hhqu");

/* Takes one completion from a port. */
WINBOOL WINAPI GetQueuedCompletionStatus(HANDLE port, LPDWORD transferred, PULONG_PTR key,
                                         LPOVERLAPPED *overlapped, DWORD milliseconds)
{
    IO_STATUS_BLOCK io;
    LARGE_INTEGER time;
    PVOID key_context, apc_context;
    NTSTATUS status = NtRemoveIoCompletion(port, &key_context, &apc_context, &io,
                                           base_timeout(&time, milliseconds));

    if (status != STATUS_SUCCESS) { /* also success codes: time-out, closed port */
        *overlapped = NULL;
        return base_error(RtlNtStatusToDosError(status));
    }
    *key = (ULONG_PTR)key_context;
    *overlapped = apc_context;
    *transferred = (DWORD)io.Information;
    return base_result(io.Status);
}
NT_EXPORT(GetQueuedCompletionStatus, 0, "hpppu");

/* Takes several completions from a port. */
WINBOOL WINAPI GetQueuedCompletionStatusEx(HANDLE port, LPOVERLAPPED_ENTRY entries, ULONG count,
                                           PULONG removed, DWORD milliseconds, BOOL alertable)
{
    LARGE_INTEGER time;

    _Static_assert(sizeof(OVERLAPPED_ENTRY) == sizeof(FILE_IO_COMPLETION_INFORMATION),
                   "the service fills the caller's entries");
    NTSTATUS status =
        NtRemoveIoCompletionEx(port, (FILE_IO_COMPLETION_INFORMATION *)entries, count, removed,
                               base_timeout(&time, milliseconds), alertable != FALSE);

    if (status == STATUS_SUCCESS)
        return TRUE;
    *removed = 0;
    return base_error(RtlNtStatusToDosError(status));
}
NT_EXPORT(GetQueuedCompletionStatusEx, 0, "hpupub");

/* Puts a completion into a port. */
WINBOOL WINAPI PostQueuedCompletionStatus(HANDLE port, DWORD transferred, ULONG_PTR key,
                                          LPOVERLAPPED overlapped)
{
    return base_result(
        NtSetIoCompletion(port, (PVOID)key, overlapped, STATUS_SUCCESS, transferred));
}
NT_EXPORT(PostQueuedCompletionStatus, 0, "huqp");
