/*
 * NtQueryDirectoryFile and NtNotifyChangeDirectoryFile.
 */
#include "ex/ex.h"
#include "io/io_internal.h"

#define MAXIMUM_PATTERN 1024 /* bytes */
#define QUERY_FLAGS (SL_RESTART_SCAN | SL_RETURN_SINGLE_ENTRY | SL_INDEX_SPECIFIED)

NTSTATUS NTAPI NtQueryDirectoryFileEx(HANDLE handle, HANDLE event, PIO_APC_ROUTINE routine,
                                      PVOID context, PIO_STATUS_BLOCK iosb, PVOID buffer,
                                      ULONG length, FILE_INFORMATION_CLASS class, ULONG flags,
                                      PUNICODE_STRING pattern);
NTSTATUS NTAPI NtNotifyChangeDirectoryFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE routine,
                                           PVOID context, PIO_STATUS_BLOCK iosb, PVOID buffer,
                                           ULONG length, ULONG filter, BOOLEAN watch_tree);

/* The pattern travels as the IRP's auxiliary buffer, which is freed with the request. */
static NTSTATUS capture_pattern(PUNICODE_STRING given, KPROCESSOR_MODE mode, PUNICODE_STRING *made)
{
    UNICODE_STRING name, *copy;
    NTSTATUS status;

    *made = NULL;
    if (!given)
        return STATUS_SUCCESS;
    status = ex_read_input(&name, given, sizeof(name), sizeof(ULONG), mode);
    if (!NT_SUCCESS(status) || name.Length == 0)
        return status;
    if (name.Length > MAXIMUM_PATTERN || name.Length & 1)
        return STATUS_INVALID_PARAMETER;
    copy = ExAllocatePoolWithTag(PagedPool, sizeof(*copy) + name.Length, IO_TAG_NAME);
    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    copy->Buffer = (PWCH)(copy + 1);
    copy->Length = copy->MaximumLength = name.Length;
    status = ex_read_input(copy->Buffer, name.Buffer, name.Length, sizeof(WCHAR), mode);
    if (NT_SUCCESS(status))
        *made = copy;
    else
        ExFreePoolWithTag(copy, IO_TAG_NAME);
    return status;
}

/* A directory request with its data buffer; on failure nothing is held. */
static NTSTATUS make_irp(struct io_request *request, UCHAR minor, PVOID buffer, ULONG length,
                         PIRP *made)
{
    PIRP irp = io_request_irp(request, IRP_MJ_DIRECTORY_CONTROL);
    NTSTATUS status;

    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    IoGetNextIrpStackLocation(irp)->MinorFunction = minor;
    status = io_prepare_buffer(irp, request->device->Flags, buffer, length, FALSE, request->mode);
    if (!NT_SUCCESS(status)) {
        io_request_discard_irp(irp);
        io_request_abandon(request);
        return status;
    }
    *made = irp;
    return STATUS_SUCCESS;
}

/*
 * List a directory.
 * @param class    FileDirectoryInformation … which structure the buffer gets
 * @param flags    SL_RESTART_SCAN, SL_RETURN_SINGLE_ENTRY
 * @param pattern  NULL, or a name with wild cards; only that of the first call counts
 * Returns STATUS_NO_SUCH_FILE when nothing matches, STATUS_NO_MORE_FILES at the end,
 * STATUS_BUFFER_OVERFLOW when not even the first entry fits, or STATUS_PENDING.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, NtQueryDirectoryFileEx.
 */
NTSTATUS NTAPI NtQueryDirectoryFileEx(HANDLE handle, HANDLE event, PIO_APC_ROUTINE routine,
                                      PVOID context, PIO_STATUS_BLOCK iosb, PVOID buffer,
                                      ULONG length, FILE_INFORMATION_CLASS class, ULONG flags,
                                      PUNICODE_STRING pattern)
{
    struct io_request request;
    PUNICODE_STRING captured;
    PIO_STACK_LOCATION location;
    NTSTATUS status;
    PIRP irp;

    if (flags & ~(ULONG)QUERY_FLAGS)
        return STATUS_INVALID_PARAMETER;
    status = capture_pattern(pattern, ke_previous_mode(), &captured);
    if (!NT_SUCCESS(status))
        return status;
    status = io_request_open(&request, handle, FILE_LIST_DIRECTORY, event, routine, context, iosb);
    if (NT_SUCCESS(status))
        status = make_irp(&request, IRP_MN_QUERY_DIRECTORY, buffer, length, &irp);
    if (!NT_SUCCESS(status)) {
        if (captured)
            ExFreePoolWithTag(captured, IO_TAG_NAME);
        return status;
    }
    irp->Tail.Overlay.AuxiliaryBuffer = (PCHAR)captured;
    location = IoGetNextIrpStackLocation(irp);
    location->Flags = (UCHAR)flags;
    location->Parameters.QueryDirectory.Length = length;
    location->Parameters.QueryDirectory.FileName = (PVOID)captured;
    location->Parameters.QueryDirectory.FileInformationClass = class;
    return io_request_send(&request, irp);
}
NT_SERVICE(QueryDirectoryFileEx, 10, PASSIVE_LEVEL, "hhppppuuuU");

/* The same, as it was before flags. Source: Windows driver documentation, ZwQueryDirectoryFile. */
NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE routine,
                                    PVOID context, PIO_STATUS_BLOCK iosb, PVOID buffer,
                                    ULONG length, FILE_INFORMATION_CLASS class, BOOLEAN single,
                                    PUNICODE_STRING pattern, BOOLEAN restart)
{
    return NtQueryDirectoryFileEx(
        handle, event, routine, context, iosb, buffer, length, class,
        (single ? SL_RETURN_SINGLE_ENTRY : 0) | (restart ? SL_RESTART_SCAN : 0), pattern);
}
NT_SERVICE(QueryDirectoryFile, 11, PASSIVE_LEVEL, "hhppppuubUb");

/*
 * Ask to be told of the next change in a directory.
 * @param filter     FILE_NOTIFY_CHANGE_…
 * @param watch_tree  TRUE = below it too
 * Returns STATUS_PENDING; the request ends with STATUS_SUCCESS and the change,
 * STATUS_NOTIFY_ENUM_DIR when that does not fit, STATUS_NOTIFY_CLEANUP when the handle is closed,
 * or STATUS_CANCELLED.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, IRP_MJ_DIRECTORY_CONTROL.
 */
NTSTATUS NTAPI NtNotifyChangeDirectoryFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE routine,
                                           PVOID context, PIO_STATUS_BLOCK iosb, PVOID buffer,
                                           ULONG length, ULONG filter, BOOLEAN watch_tree)
{
    struct io_request request;
    PIO_STACK_LOCATION location;
    NTSTATUS status;
    PIRP irp;

    if (filter == 0 || filter & ~(ULONG)FILE_NOTIFY_VALID_MASK)
        return STATUS_INVALID_PARAMETER;
    status = io_request_open(&request, handle, FILE_LIST_DIRECTORY, event, routine, context, iosb);
    if (NT_SUCCESS(status))
        status = make_irp(&request, IRP_MN_NOTIFY_CHANGE_DIRECTORY, buffer, length, &irp);
    if (!NT_SUCCESS(status))
        return status;
    location = IoGetNextIrpStackLocation(irp);
    location->Flags = watch_tree ? SL_WATCH_TREE : 0;
    location->Parameters.NotifyDirectory.Length = length;
    location->Parameters.NotifyDirectory.CompletionFilter = filter;
    return io_request_send(&request, irp);
}
NT_SERVICE(NotifyChangeDirectoryFile, 9, PASSIVE_LEVEL, "hhppppuub");
