/*
 * Opening, reading, writing and controlling files for the C API.
 *
 * A driver probes the pointers of a request, so the data must lie in user memory: it is copied
 * through ctl.buffer, unless the caller's buffer lies in user memory already (rs_allocate).
 */
#include "ctl/ctl_internal.h"

NTSTATUS ctl_text(const char *utf8, PUNICODE_STRING text)
{
    SIZE_T length;
    ULONG bytes;
    NTSTATUS status;

    RtlInitUnicodeString(text, NULL);
    if (!utf8)
        return STATUS_INVALID_PARAMETER;
    length = strlen(utf8);
    if (length >= MAXUSHORT / sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    text->Buffer = ExAllocatePoolWithTag(PagedPool, (length + 1) * sizeof(WCHAR),
                                         MM_POOL_TAG('C', 't', 'l', ' '));
    if (!text->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    text->MaximumLength = (USHORT)((length + 1) * sizeof(WCHAR));
    status = RtlUTF8ToUnicodeN(text->Buffer, (ULONG)(length * sizeof(WCHAR)), &bytes, utf8,
                               (ULONG)length);
    if (!NT_SUCCESS(status)) {
        RtlFreeUnicodeString(text);
        return status;
    }
    text->Length = (USHORT)bytes;
    text->Buffer[bytes / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

/* \\.\Name and C:\path become \??\…; other names are NT names already. */
static NTSTATUS nt_name(const char *name, PUNICODE_STRING text)
{
    char buffer[512] = "\\??\\";
    SIZE_T length = strlen(name);

    if (length > sizeof(buffer) - 8)
        return STATUS_NAME_TOO_LONG;
    if (strncmp(name, "\\\\.\\", 4) == 0 || strncmp(name, "\\\\?\\", 4) == 0)
        RtlCopyMemory(buffer + 4, name + 4, length - 3);
    else if (length >= 2 && name[1] == ':')
        RtlCopyMemory(buffer + 4, name, length + 1);
    else
        RtlCopyMemory(buffer, name, length + 1);
    return ctl_text(buffer, text);
}

NTSTATUS ctl_open(void *arguments)
{
    struct control_open *request = arguments;
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    NTSTATUS status = nt_name(request->name, &name);

    if (!NT_SUCCESS(status))
        return status;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = IoCreateFile(&handle, request->access | SYNCHRONIZE, &attributes, &iosb, NULL, 0,
                          FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN,
                          request->options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0,
                          CreateFileTypeNone, NULL, IO_NO_PARAMETER_CHECKING);
    RtlFreeUnicodeString(&name);
    request->handle = (uint64_t)handle;
    return status;
}

static inline BOOLEAN is_user(const void *pointer)
{
    return (ULONG64)pointer < MACHINE_USER_END;
}

/* The status block of a request must be user memory too; it lies at the end of the buffer. */
static inline PIO_STATUS_BLOCK status_block(void)
{
    return (PIO_STATUS_BLOCK)(ctl.buffer + CTL_BUFFER_BYTES) - 1;
}

#define DATA_BYTES (CTL_BUFFER_BYTES - sizeof(IO_STATUS_BLOCK))

NTSTATUS ctl_read(void *arguments)
{
    struct control_transfer *request = arguments;
    PVOID data = is_user(request->buffer) ? request->buffer : ctl.buffer;
    LARGE_INTEGER offset = {.QuadPart = (LONGLONG)request->offset};
    NTSTATUS status;

    if (data == ctl.buffer && request->length > DATA_BYTES)
        return STATUS_INVALID_BUFFER_SIZE;
    status_block()->Information = 0;
    ke_current_thread()->PreviousMode = UserMode;
    *(LARGE_INTEGER *)(status_block() - 1) = offset;
    status = NtReadFile(
        (HANDLE)request->handle, NULL, NULL, NULL, status_block(), data, (ULONG)request->length,
        request->offset == ~0ull ? NULL : (PLARGE_INTEGER)(status_block() - 1), NULL);
    request->information = status_block()->Information;
    if (data != request->buffer && !NT_ERROR(status) && request->information <= request->length)
        RtlCopyMemory(request->buffer, data, request->information);
    return status;
}

NTSTATUS ctl_write(void *arguments)
{
    struct control_transfer *request = arguments;
    PVOID data = is_user(request->buffer) ? request->buffer : ctl.buffer;
    LARGE_INTEGER offset = {.QuadPart = (LONGLONG)request->offset};
    NTSTATUS status;

    if (data == ctl.buffer) {
        if (request->length > DATA_BYTES - sizeof(IO_STATUS_BLOCK))
            return STATUS_INVALID_BUFFER_SIZE;
        RtlCopyMemory(data, request->buffer, request->length);
    }
    status_block()->Information = 0;
    *(LARGE_INTEGER *)(status_block() - 1) = offset;
    status = NtWriteFile(
        (HANDLE)request->handle, NULL, NULL, NULL, status_block(), data, (ULONG)request->length,
        request->offset == ~0ull ? NULL : (PLARGE_INTEGER)(status_block() - 1), NULL);
    request->information = status_block()->Information;
    return status;
}

NTSTATUS ctl_ioctl(void *arguments)
{
    struct control_ioctl *request = arguments;
    PVOID input = (PVOID)request->input, output = request->output;
    ULONG64 output_at = (request->input_length + 15) & ~15ull;
    NTSTATUS status;

    if (request->input_length > DATA_BYTES || request->output_length > DATA_BYTES ||
        output_at + request->output_length > DATA_BYTES)
        return STATUS_INVALID_BUFFER_SIZE;
    if (!is_user(input)) {
        input = ctl.buffer;
        RtlCopyMemory(input, request->input, request->input_length);
    }
    if (!is_user(output))
        output = ctl.buffer + output_at;
    status_block()->Information = 0;
    status = NtDeviceIoControlFile((HANDLE)request->handle, NULL, NULL, NULL, status_block(),
                                   request->code, input, (ULONG)request->input_length, output,
                                   (ULONG)request->output_length);
    request->information = status_block()->Information;
    if (output != request->output && !NT_ERROR(status)) {
        ULONG64 bytes = request->information;

        RtlCopyMemory(request->output, output,
                      bytes < request->output_length ? bytes : request->output_length);
    }
    return status;
}
