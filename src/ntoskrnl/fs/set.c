/*
 * IRP_MJ_SET_INFORMATION, except renaming (rename.c).
 *
 * Differs from NT: the host keeps neither NT's times nor its attributes, so setting them to
 * anything else than what they are is STATUS_NOT_SUPPORTED.
 */
#include "fs/fs_internal.h"

/* 0 and -1 mean "leave it", -2 "let it change again". */
static BOOLEAN is_change(LARGE_INTEGER time, LONGLONG now)
{
    return time.QuadPart != 0 && time.QuadPart != -1 && time.QuadPart != -2 && time.QuadPart != now;
}

static NTSTATUS set_basic(const struct fs_open *open, const FILE_BASIC_INFORMATION *basic)
{
    ULONG attributes = basic->FileAttributes & FILE_ATTRIBUTE_READONLY;
    struct machine_file_info info;
    NTSTATUS status = fs_open_query(open, &info);

    if (!NT_SUCCESS(status))
        return status;
    if (basic->FileAttributes & FILE_ATTRIBUTE_DIRECTORY && !info.directory)
        return STATUS_INVALID_PARAMETER;
    if (basic->FileAttributes && !info.directory &&
        attributes != (fs_attributes(&info) & FILE_ATTRIBUTE_READONLY))
        return STATUS_NOT_SUPPORTED;
    if (is_change(basic->CreationTime, info.created) ||
        is_change(basic->LastAccessTime, info.accessed) ||
        is_change(basic->LastWriteTime, info.written) || is_change(basic->ChangeTime, info.changed))
        return STATUS_NOT_SUPPORTED;
    return STATUS_SUCCESS;
}

static BOOLEAN is_empty_directory(const struct fs_open *open)
{
    return ke_machine->file_next(open->host, 0, &fs.entry) <= 0;
}

static NTSTATUS set_disposition(const struct fs_open *open, const FILE_DISPOSITION_INFORMATION *set)
{
    struct fs_node *node = open->node;
    struct machine_file_info info;

    if (!set->DeleteFile) {
        node->delete_pending = FALSE;
        return STATUS_SUCCESS;
    }
    if (node->kind != FS_HOST || node->path.Length <= sizeof(WCHAR))
        return STATUS_CANNOT_DELETE;
    if (!NT_SUCCESS(fs_open_query(open, &info)) || info.read_only)
        return STATUS_CANNOT_DELETE;
    if (node->directory && !is_empty_directory(open))
        return STATUS_DIRECTORY_NOT_EMPTY;
    if (node->sections.ImageSectionObject)
        return STATUS_CANNOT_DELETE;
    node->delete_pending = TRUE;
    return STATUS_SUCCESS;
}

static NTSTATUS resize(const struct fs_open *open, LONGLONG size)
{
    LONGLONG result;

    if (size < 0 || open->node->directory)
        return STATUS_INVALID_PARAMETER;
    if (open->node->kind != FS_HOST)
        return STATUS_ACCESS_DENIED;
    if (!MmCanFileBeTruncated(&open->node->sections, (PLARGE_INTEGER)&size))
        return STATUS_USER_MAPPED_FILE;
    result = ke_machine->file_resize(open->host, (ULONG64)size);
    if (result < 0)
        return fs_status_of(result);
    fs_notify(&open->node->path, FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED);
    return STATUS_SUCCESS;
}

/* More room than the content needs is not a thing here; less cuts the content. */
static NTSTATUS set_allocation(const struct fs_open *open, LONGLONG allocation)
{
    struct machine_file_info info;
    NTSTATUS status = fs_open_query(open, &info);

    if (!NT_SUCCESS(status) || allocation >= (LONGLONG)info.size)
        return status;
    return resize(open, allocation);
}

NTSTATUS NTAPI fs_set(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    PFILE_OBJECT file = location->FileObject;
    struct fs_open *open = fs_open_of(file);
    PVOID buffer = irp->AssociatedIrp.SystemBuffer;
    NTSTATUS status;

    (void)device;
    if (open->node->kind == FS_VOLUME)
        return fs_complete(irp, STATUS_INVALID_PARAMETER, 0);
    switch (location->Parameters.SetFile.FileInformationClass) {
    case FileBasicInformation:
        status = set_basic(open, buffer);
        break;
    case FileDispositionInformation:
        status = set_disposition(open, buffer);
        file->DeletePending = open->node->delete_pending;
        break;
    case FileEndOfFileInformation:
        status = resize(open, ((FILE_END_OF_FILE_INFORMATION *)buffer)->EndOfFile.QuadPart);
        break;
    case FileAllocationInformation:
        status =
            set_allocation(open, ((FILE_ALLOCATION_INFORMATION *)buffer)->AllocationSize.QuadPart);
        break;
    case FileRenameInformation:
        status = fs_rename(open, buffer, location->Parameters.SetFile.FileObject,
                           location->Parameters.SetFile.ReplaceIfExists);
        break;
    case FileLinkInformation:
        status = STATUS_NOT_SUPPORTED;
        break;
    default:
        status = STATUS_INVALID_INFO_CLASS;
    }
    return fs_complete(irp, status, 0);
}
