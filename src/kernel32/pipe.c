/* Pipes. See kernel32.h. */
#include "kernel32.h"

#define PIPE_QUOTA 4096
#define FSCTL_PIPE_LISTEN 0x110008
#define FSCTL_PIPE_DISCONNECT 0x110004
#define FSCTL_PIPE_PEEK 0x11400C

/* What FSCTL_PIPE_PEEK returns before the data. */
struct pipe_peek {
    ULONG state;
    ULONG available;
    ULONG messages;
    ULONG message_length;
    UCHAR data[1];
};

/* Creates an anonymous pipe: a named one with a name of its own, and a client end. */
WINBOOL WINAPI CreatePipe(PHANDLE read, PHANDLE write, LPSECURITY_ATTRIBUTES security, DWORD size)
{
    static LONG counter;
    LARGE_INTEGER timeout = {.QuadPart = -1200000000ll};
    ULONG quota = size != 0 ? size : PIPE_QUOTA;
    IO_STATUS_BLOCK io;
    WCHAR text[64];
    UNICODE_STRING name;

    _snwprintf(text, ARRAY_COUNT(text), L"\\Device\\NamedPipe\\Win32Pipes.%08x.%08x",
               GetCurrentProcessId(), InterlockedIncrement(&counter));
    RtlInitUnicodeString(&name, text);
    OBJECT_ATTRIBUTES attributes = user_attributes(&name, NULL, OBJ_CASE_INSENSITIVE);

    if (security != NULL && security->bInheritHandle)
        attributes.Attributes |= OBJ_INHERIT;
    NTSTATUS status =
        NtCreateNamedPipeFile(read, GENERIC_READ | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE, &attributes,
                              &io, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_CREATE,
                              FILE_SYNCHRONOUS_IO_NONALERT, 0, 0, 0, 1, quota, quota, &timeout);

    if (!base_result(status))
        return FALSE;
    status = NtOpenFile(write, GENERIC_WRITE | FILE_READ_ATTRIBUTES | SYNCHRONIZE, &attributes, &io,
                        FILE_SHARE_READ, FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    if (!NT_SUCCESS(status))
        NtClose(*read);
    return base_result(status);
}
NT_EXPORT(CreatePipe, 0, "pppu");

/* Creates an instance of a named pipe. */
HANDLE WINAPI CreateNamedPipeW(LPCWSTR name, DWORD open_mode, DWORD pipe_mode, DWORD instances,
                               DWORD out_size, DWORD in_size, DWORD timeout_ms,
                               LPSECURITY_ATTRIBUTES security)
{
    LARGE_INTEGER timeout = {.QuadPart = -10000ll * (timeout_ms != 0 ? timeout_ms : 50)};
    UNICODE_STRING nt_name;
    IO_STATUS_BLOCK io;
    HANDLE pipe;
    ULONG share = (open_mode & PIPE_ACCESS_INBOUND ? FILE_SHARE_WRITE : 0) |
                  (open_mode & PIPE_ACCESS_OUTBOUND ? FILE_SHARE_READ : 0);
    ACCESS_MASK access = (open_mode & PIPE_ACCESS_INBOUND ? GENERIC_READ : 0) |
                         (open_mode & PIPE_ACCESS_OUTBOUND ? GENERIC_WRITE : 0);

    if (!base_nt_name(name, &nt_name))
        return INVALID_HANDLE_VALUE;
    OBJECT_ATTRIBUTES attributes = user_attributes(&nt_name, NULL, OBJ_CASE_INSENSITIVE);

    if (security != NULL) {
        attributes.SecurityDescriptor = security->lpSecurityDescriptor;
        attributes.Attributes |= security->bInheritHandle ? OBJ_INHERIT : 0;
    }
    NTSTATUS status = NtCreateNamedPipeFile(
        &pipe, access | SYNCHRONIZE, &attributes, &io, share,
        open_mode & FILE_FLAG_FIRST_PIPE_INSTANCE ? FILE_CREATE : FILE_OPEN_IF,
        open_mode & FILE_FLAG_OVERLAPPED ? 0 : FILE_SYNCHRONOUS_IO_NONALERT,
        (pipe_mode & PIPE_TYPE_MESSAGE) != 0, (pipe_mode & PIPE_READMODE_MESSAGE) != 0,
        (pipe_mode & PIPE_NOWAIT) != 0, instances == PIPE_UNLIMITED_INSTANCES ? ~0u : instances,
        in_size, out_size, &timeout);

    base_free_name(&nt_name);
    return base_result(status) ? pipe : INVALID_HANDLE_VALUE;
}
NT_EXPORT(CreateNamedPipeW, 0, "wuuuuuup");

/* Creates an instance of a named pipe. */
HANDLE WINAPI CreateNamedPipeA(LPCSTR name, DWORD open_mode, DWORD pipe_mode, DWORD instances,
                               DWORD out_size, DWORD in_size, DWORD timeout_ms,
                               LPSECURITY_ATTRIBUTES security)
{
    struct base_wide wide;
    HANDLE pipe = INVALID_HANDLE_VALUE;

    if (base_widen(&wide, name))
        pipe = CreateNamedPipeW(wide.text, open_mode, pipe_mode, instances, out_size, in_size,
                                timeout_ms, security);
    base_widen_free(&wide);
    return pipe;
}
NT_EXPORT(CreateNamedPipeA, 0, "suuuuuup");

static NTSTATUS pipe_control(HANDLE pipe, ULONG code, PVOID output, ULONG size, IO_STATUS_BLOCK *io)
{
    NTSTATUS status = NtFsControlFile(pipe, NULL, NULL, NULL, io, code, NULL, 0, output, size);

    if (status == STATUS_PENDING) {
        NtWaitForSingleObject(pipe, FALSE, NULL);
        status = io->Status;
    }
    return status;
}

/* Waits for a client of a named pipe. */
WINBOOL WINAPI ConnectNamedPipe(HANDLE pipe, LPOVERLAPPED overlapped)
{
    IO_STATUS_BLOCK io;

    if (overlapped == NULL)
        return base_result(pipe_control(pipe, FSCTL_PIPE_LISTEN, NULL, 0, &io));
    overlapped->Internal = STATUS_PENDING;
    NTSTATUS status = NtFsControlFile(
        pipe, overlapped->hEvent, NULL, (ULONG_PTR)overlapped->hEvent & 1 ? NULL : overlapped,
        (IO_STATUS_BLOCK *)overlapped, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0);

    return status == STATUS_PENDING ? base_error(ERROR_IO_PENDING) : base_result(status);
}
NT_EXPORT(ConnectNamedPipe, 0, "hp");

/* Ends the connection of a named pipe. */
WINBOOL WINAPI DisconnectNamedPipe(HANDLE pipe)
{
    IO_STATUS_BLOCK io;

    return base_result(pipe_control(pipe, FSCTL_PIPE_DISCONNECT, NULL, 0, &io));
}
NT_EXPORT(DisconnectNamedPipe, 0, "h");

/* Looks at what a pipe holds without taking it. */
WINBOOL WINAPI PeekNamedPipe(HANDLE pipe, LPVOID buffer, DWORD size, LPDWORD read,
                             LPDWORD available, LPDWORD left)
{
    ULONG header = __builtin_offsetof(struct pipe_peek, data);
    struct pipe_peek *peek = base_allocate(header + size);
    IO_STATUS_BLOCK io;

    if (peek == NULL)
        return FALSE;
    NTSTATUS status = pipe_control(pipe, FSCTL_PIPE_PEEK, peek, header + size, &io);

    if (NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW) {
        DWORD count = (DWORD)io.Information - header;

        status = STATUS_SUCCESS;
        if (buffer != NULL)
            memcpy(buffer, peek->data, count);
        if (read != NULL)
            *read = count;
        if (available != NULL)
            *available = peek->available;
        if (left != NULL)
            *left = peek->message_length > count ? peek->message_length - count : 0;
    }
    base_free(peek);
    return base_result(status);
}
NT_EXPORT(PeekNamedPipe, 0, "hpuppp");
