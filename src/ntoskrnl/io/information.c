/*
 * NtQueryInformationFile and NtSetInformationFile. The I/O manager knows some classes itself; the
 * others go to the driver in a system buffer.
 */
#include "ex/ex.h"
#include "io/information.h"

struct information_rule {
    ULONG class;
    ULONG length;       /* bytes that the buffer must have at least */
    ACCESS_MASK access; /* that the handle must have */
};

static const struct information_rule query_rules[] = {
    {FileBasicInformation, sizeof(FILE_BASIC_INFORMATION), FILE_READ_ATTRIBUTES},
    {FileStandardInformation, sizeof(FILE_STANDARD_INFORMATION), 0},
    {FileInternalInformation, sizeof(FILE_INTERNAL_INFORMATION), 0},
    {FileEaInformation, sizeof(FILE_EA_INFORMATION), 0},
    {FileAccessInformation, sizeof(FILE_ACCESS_INFORMATION), 0},
    {FileNameInformation, FIELD_OFFSET(FILE_NAME_INFORMATION, FileName) + sizeof(ULONG), 0},
    {FilePositionInformation, sizeof(FILE_POSITION_INFORMATION), 0},
    {FileModeInformation, sizeof(FILE_MODE_INFORMATION), 0},
    {FileAlignmentInformation, sizeof(FILE_ALIGNMENT_INFORMATION), 0},
    {FileAllInformation, sizeof(FILE_ALL_INFORMATION), FILE_READ_ATTRIBUTES},
    {FileAlternateNameInformation, sizeof(FILE_NAME_INFORMATION), 0},
    {FileStreamInformation, sizeof(FILE_STREAM_INFORMATION), 0},
    {FilePipeInformation, sizeof(FILE_PIPE_INFORMATION), FILE_READ_ATTRIBUTES},
    {FilePipeLocalInformation, sizeof(FILE_PIPE_LOCAL_INFORMATION), FILE_READ_ATTRIBUTES},
    {FileCompressionInformation, sizeof(FILE_COMPRESSION_INFORMATION), 0},
    {FileNetworkOpenInformation, sizeof(FILE_NETWORK_OPEN_INFORMATION), FILE_READ_ATTRIBUTES},
    {FileAttributeTagInformation, sizeof(FILE_ATTRIBUTE_TAG_INFORMATION), FILE_READ_ATTRIBUTES},
    {FileIoCompletionNotificationInformation, sizeof(FILE_IO_COMPLETION_NOTIFICATION_INFORMATION),
     0},
    {FileNormalizedNameInformation, sizeof(FILE_NAME_INFORMATION), 0},
};

static const struct information_rule set_rules[] = {
    {FileBasicInformation, sizeof(FILE_BASIC_INFORMATION), FILE_WRITE_ATTRIBUTES},
    {FileRenameInformation, sizeof(FILE_RENAME_INFORMATION), DELETE},
    {FileLinkInformation, sizeof(FILE_LINK_INFORMATION), 0},
    {FileDispositionInformation, sizeof(FILE_DISPOSITION_INFORMATION), DELETE},
    {FilePositionInformation, sizeof(FILE_POSITION_INFORMATION), 0},
    {FileModeInformation, sizeof(FILE_MODE_INFORMATION), 0},
    {FileAllocationInformation, sizeof(FILE_ALLOCATION_INFORMATION), FILE_WRITE_DATA},
    {FileEndOfFileInformation, sizeof(FILE_END_OF_FILE_INFORMATION), FILE_WRITE_DATA},
    {FilePipeInformation, sizeof(FILE_PIPE_INFORMATION), FILE_WRITE_ATTRIBUTES},
    {FileCompletionInformation, sizeof(FILE_COMPLETION_INFORMATION), 0},
    {FileValidDataLengthInformation, sizeof(FILE_VALID_DATA_LENGTH_INFORMATION), FILE_WRITE_DATA},
    {FileIoCompletionNotificationInformation, sizeof(FILE_IO_COMPLETION_NOTIFICATION_INFORMATION),
     0},
};

static NTSTATUS check(const struct information_rule *rules, ULONG count, ULONG class, ULONG length,
                      const struct information_rule **found)
{
    for (ULONG i = 0; i < count; i++) {
        if (rules[i].class != class)
            continue;
        *found = &rules[i];
        return length >= rules[i].length ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH;
    }
    return STATUS_INVALID_INFO_CLASS;
}

ULONG io_file_mode(PFILE_OBJECT file)
{
    ULONG mode = 0;

    if (file->Flags & FO_WRITE_THROUGH)
        mode |= FILE_WRITE_THROUGH;
    if (file->Flags & FO_SEQUENTIAL_ONLY)
        mode |= FILE_SEQUENTIAL_ONLY;
    if (file->Flags & FO_NO_INTERMEDIATE_BUFFERING)
        mode |= FILE_NO_INTERMEDIATE_BUFFERING;
    if (file->Flags & FO_SYNCHRONOUS_IO)
        mode |= file->Flags & FO_ALERTABLE_IO ? FILE_SYNCHRONOUS_IO_ALERT
                                              : FILE_SYNCHRONOUS_IO_NONALERT;
    return mode;
}

static ULONG notification_flags(PFILE_OBJECT file)
{
    ULONG flags = 0;

    if (file->Flags & FO_SKIP_COMPLETION_PORT)
        flags |= FILE_SKIP_COMPLETION_PORT_ON_SUCCESS;
    if (file->Flags & FO_SKIP_SET_EVENT)
        flags |= FILE_SKIP_SET_EVENT_ON_HANDLE;
    if (file->Flags & FO_SKIP_SET_FAST_IO)
        flags |= FILE_SKIP_SET_USER_EVENT_ON_FAST_IO;
    return flags;
}

/* What the I/O manager knows; 0 = this is the driver's to answer. Returns the bytes. */
static ULONG answer(const struct io_request *request, ULONG class,
                    union io_information *information)
{
    PFILE_OBJECT file = request->file;

    switch (class) {
    case FileAccessInformation:
        information->access.AccessFlags = request->granted;
        return sizeof(information->access);
    case FilePositionInformation:
        if (!request->synchronous)
            return 0;
        information->position.CurrentByteOffset = file->CurrentByteOffset;
        return sizeof(information->position);
    case FileModeInformation:
        information->mode.Mode = io_file_mode(file);
        return sizeof(information->mode);
    case FileAlignmentInformation:
        information->alignment.AlignmentRequirement = request->device->AlignmentRequirement;
        return sizeof(information->alignment);
    case FileIoCompletionNotificationInformation:
        information->notification.Flags = notification_flags(file);
        return sizeof(information->notification);
    default:
        return 0;
    }
}

/* The parts of FileAllInformation that a driver cannot know. */
static void fill_in_all(const struct io_request *request, FILE_ALL_INFORMATION *all)
{
    all->AccessInformation.AccessFlags = request->granted;
    all->PositionInformation.CurrentByteOffset = request->file->CurrentByteOffset;
    all->ModeInformation.Mode = io_file_mode(request->file);
    all->AlignmentInformation.AlignmentRequirement = request->device->AlignmentRequirement;
}

static NTSTATUS ask_driver(struct io_request *request, PVOID buffer, ULONG length, ULONG class,
                           PIO_STATUS_BLOCK results)
{
    PIO_STACK_LOCATION location;
    NTSTATUS status;
    PIRP irp;

    io_request_results(request, results);
    irp = io_request_irp(request, IRP_MJ_QUERY_INFORMATION);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = io_prepare_buffer(irp, DO_BUFFERED_IO, buffer, length, FALSE, request->mode);
    if (!NT_SUCCESS(status)) {
        io_request_discard_irp(irp);
        io_request_abandon(request);
        return status;
    }
    RtlZeroMemory(irp->AssociatedIrp.SystemBuffer, length);
    if (class == FileAllInformation)
        fill_in_all(request, irp->AssociatedIrp.SystemBuffer);
    location = IoGetNextIrpStackLocation(irp);
    location->Parameters.QueryFile.Length = length;
    location->Parameters.QueryFile.FileInformationClass = (FILE_INFORMATION_CLASS) class;
    return io_request_send_and_wait(request, irp);
}

/*
 * Query a file.
 * @param length  of the buffer, bytes
 * Returns STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH, STATUS_BUFFER_OVERFLOW when the
 * variable part was cut, STATUS_INVALID_DEVICE_REQUEST from drivers that answer no queries.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, ZwQueryInformationFile.
 */
NTSTATUS NTAPI NtQueryInformationFile(HANDLE handle, PIO_STATUS_BLOCK iosb, PVOID buffer,
                                      ULONG length, FILE_INFORMATION_CLASS class)
{
    const struct information_rule *rule;
    union io_information information;
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct io_request request;
    IO_STATUS_BLOCK results = {.Status = STATUS_SUCCESS};
    NTSTATUS status = check(query_rules, ARRAY_COUNT(query_rules), class, length, &rule);
    ULONG bytes;

    if (NT_SUCCESS(status))
        status = io_request_open(&request, handle, rule->access, NULL, NULL, NULL, iosb);
    if (!NT_SUCCESS(status))
        return status;
    bytes = answer(&request, class, &information);
    if (bytes) {
        io_request_abandon(&request);
        results.Information = bytes;
        status = ex_write_output(buffer, &information, bytes, mode);
    } else {
        status = ask_driver(&request, buffer, length, class, &results);
    }
    results.Status = status;
    if (!NT_ERROR(status) && !NT_SUCCESS(ex_write_output(iosb, &results, sizeof(results), mode)))
        return STATUS_ACCESS_VIOLATION;
    return status;
}
NT_SERVICE(QueryInformationFile, 5, PASSIVE_LEVEL, "hppuu");

static NTSTATUS tell_driver(struct io_request *request, PVOID buffer, ULONG length, ULONG class,
                            PIO_STATUS_BLOCK results)
{
    HANDLE target = NULL;
    NTSTATUS status;
    PIRP irp;

    io_request_results(request, results);
    irp = io_request_irp(request, IRP_MJ_SET_INFORMATION);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = io_prepare_buffer(irp, DO_BUFFERED_IO, buffer, length, TRUE, request->mode);
    if (NT_SUCCESS(status)) {
        PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);

        location->Parameters.SetFile.Length = length;
        location->Parameters.SetFile.FileInformationClass = (FILE_INFORMATION_CLASS) class;
        if (class == FileRenameInformation || class == FileLinkInformation)
            status = io_open_rename_target(irp, request, &target);
    }
    if (!NT_SUCCESS(status)) {
        io_request_discard_irp(irp);
        io_request_abandon(request);
        return status;
    }
    status = io_request_send_and_wait(request, irp);
    if (target)
        ZwClose(target);
    return status;
}

/*
 * Change a file. Parameters and results as NtQueryInformationFile.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, ZwSetInformationFile.
 */
NTSTATUS NTAPI NtSetInformationFile(HANDLE handle, PIO_STATUS_BLOCK iosb, PVOID buffer,
                                    ULONG length, FILE_INFORMATION_CLASS class)
{
    const struct information_rule *rule;
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct io_request request;
    IO_STATUS_BLOCK results = {.Status = STATUS_SUCCESS};
    union io_information information;
    NTSTATUS status = check(set_rules, ARRAY_COUNT(set_rules), class, length, &rule);

    if (NT_SUCCESS(status))
        status = io_request_open(&request, handle, rule->access, NULL, NULL, NULL, iosb);
    if (!NT_SUCCESS(status))
        return status;
    if (io_is_own_setting(class)) {
        status = ex_read_input(&information, buffer, rule->length, 1, mode);
        if (NT_SUCCESS(status))
            status = io_apply_setting(&request, class, &information);
        io_request_abandon(&request);
    } else {
        status = tell_driver(&request, buffer, length, class, &results);
    }
    results.Status = status;
    if (!NT_ERROR(status) && !NT_SUCCESS(ex_write_output(iosb, &results, sizeof(results), mode)))
        return STATUS_ACCESS_VIOLATION;
    return status;
}
NT_SERVICE(SetInformationFile, 5, PASSIVE_LEVEL, "hppuu");
