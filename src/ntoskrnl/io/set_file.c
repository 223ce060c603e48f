/*
 * What NtSetInformationFile does without a driver, and the target of a rename.
 */
#include "io/completion_port.h"
#include "io/information.h"

#define MODE_CHANGEABLE                                                                            \
    (FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | FILE_SYNCHRONOUS_IO_ALERT |                       \
     FILE_SYNCHRONOUS_IO_NONALERT)
#define NOTIFICATION_FLAGS                                                                         \
    (FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE |                        \
     FILE_SKIP_SET_USER_EVENT_ON_FAST_IO)

BOOLEAN io_is_own_setting(ULONG class)
{
    return class == FilePositionInformation || class == FileModeInformation ||
           class == FileCompletionInformation || class == FileIoCompletionNotificationInformation;
}

static NTSTATUS set_position(const struct io_request *request,
                             const FILE_POSITION_INFORMATION *position)
{
    if (!request->synchronous || position->CurrentByteOffset.QuadPart < 0)
        return STATUS_INVALID_PARAMETER;
    request->file->CurrentByteOffset = position->CurrentByteOffset;
    return STATUS_SUCCESS;
}

static void set_flag(PFILE_OBJECT file, ULONG flag, BOOLEAN on)
{
    file->Flags = on ? file->Flags | flag : file->Flags & ~flag;
}

/* A synchronous file stays one; it may become alertable or not. */
static NTSTATUS set_mode(const struct io_request *request, ULONG mode)
{
    ULONG both = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
    ULONG synchronous = mode & both;

    if (mode & ~(ULONG)MODE_CHANGEABLE || synchronous == both)
        return STATUS_INVALID_PARAMETER;
    if (request->synchronous != (synchronous != 0))
        return STATUS_INVALID_PARAMETER;
    set_flag(request->file, FO_ALERTABLE_IO, (mode & FILE_SYNCHRONOUS_IO_ALERT) != 0);
    set_flag(request->file, FO_WRITE_THROUGH, (mode & FILE_WRITE_THROUGH) != 0);
    set_flag(request->file, FO_SEQUENTIAL_ONLY, (mode & FILE_SEQUENTIAL_ONLY) != 0);
    return STATUS_SUCCESS;
}

/* Tie the file to a completion port, once and for all. */
static NTSTATUS set_completion(const struct io_request *request,
                               const FILE_COMPLETION_INFORMATION *completion)
{
    PFILE_OBJECT file = request->file;
    PIO_COMPLETION_CONTEXT context;
    PVOID port;
    NTSTATUS status;

    if (request->synchronous || file->CompletionContext)
        return STATUS_INVALID_PARAMETER;
    status = io_completion_port_reference(completion->Port, request->mode, &port);
    if (!NT_SUCCESS(status))
        return status;
    context = ExAllocatePoolWithTag(NonPagedPool, sizeof(*context), IO_TAG_BUFFER);
    if (!context) {
        ObDereferenceObject(port);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    context->Port = port;
    context->Key = completion->Key;
    file->CompletionContext = context;
    return STATUS_SUCCESS;
}

/* These can be switched on, not off. */
static NTSTATUS set_notification(const struct io_request *request, ULONG flags)
{
    if (flags & ~(ULONG)NOTIFICATION_FLAGS)
        return STATUS_INVALID_PARAMETER;
    if (flags & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS && request->synchronous)
        return STATUS_INVALID_PARAMETER;
    if (flags & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS)
        request->file->Flags |= FO_SKIP_COMPLETION_PORT;
    if (flags & FILE_SKIP_SET_EVENT_ON_HANDLE)
        request->file->Flags |= FO_SKIP_SET_EVENT;
    if (flags & FILE_SKIP_SET_USER_EVENT_ON_FAST_IO)
        request->file->Flags |= FO_SKIP_SET_FAST_IO;
    return STATUS_SUCCESS;
}

NTSTATUS io_apply_setting(const struct io_request *request, ULONG class,
                          const union io_information *information)
{
    switch (class) {
    case FilePositionInformation:
        return set_position(request, &information->position);
    case FileModeInformation:
        return set_mode(request, information->mode.Mode);
    case FileCompletionInformation:
        return set_completion(request, &information->completion);
    default:
        kassert(class == FileIoCompletionNotificationInformation);
        return set_notification(request, information->notification.Flags);
    }
}

static NTSTATUS check_name(const FILE_RENAME_INFORMATION *rename, ULONG length)
{
    if (rename->FileNameLength == 0 || rename->FileNameLength & 1 ||
        rename->FileNameLength > length - FIELD_OFFSET(FILE_RENAME_INFORMATION, FileName) ||
        rename->FileNameLength > MAXUSHORT - sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

NTSTATUS io_open_rename_target(PIRP irp, const struct io_request *request, PHANDLE target)
{
    PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
    FILE_RENAME_INFORMATION *rename = irp->AssociatedIrp.SystemBuffer;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING name;
    PFILE_OBJECT file;
    NTSTATUS status = check_name(rename, location->Parameters.SetFile.Length);

    if (!NT_SUCCESS(status))
        return status;
    location->Parameters.SetFile.ReplaceIfExists = rename->ReplaceIfExists;
    if (rename->FileName[0] != L'\\' && !rename->RootDirectory)
        return STATUS_SUCCESS;
    name = (UNICODE_STRING){.Buffer = rename->FileName,
                            .Length = (USHORT)rename->FileNameLength,
                            .MaximumLength = (USHORT)rename->FileNameLength};
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               rename->RootDirectory, NULL);
    status = IoCreateFile(target, FILE_WRITE_DATA | SYNCHRONIZE, &attributes, &iosb, NULL, 0,
                          FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN,
                          FILE_OPEN_FOR_BACKUP_INTENT, NULL, 0, CreateFileTypeNone, NULL,
                          IO_NO_PARAMETER_CHECKING | IO_OPEN_TARGET_DIRECTORY);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(*target, 0, IoFileObjectTypeObject, KernelMode,
                                       (PVOID *)&file, NULL);
    if (NT_SUCCESS(status)) {
        if (file->DeviceObject != request->file->DeviceObject)
            status = STATUS_NOT_SAME_DEVICE;
        location->Parameters.SetFile.FileObject = file;
        ObDereferenceObject(file); /* the handle keeps it */
    }
    if (!NT_SUCCESS(status)) {
        ZwClose(*target);
        *target = NULL;
    }
    return status;
}
