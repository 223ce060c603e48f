/*
 * IRP_MJ_QUERY_INFORMATION. The I/O manager answers what it knows itself (position, mode …) and
 * has checked that the buffer holds at least the fixed part of the class.
 */
#include "fs/fs_internal.h"

static void fill_basic(const struct machine_file_info *info, FILE_BASIC_INFORMATION *basic)
{
    basic->CreationTime.QuadPart = info->created;
    basic->LastAccessTime.QuadPart = info->accessed;
    basic->LastWriteTime.QuadPart = info->written;
    basic->ChangeTime.QuadPart = info->changed;
    basic->FileAttributes = fs_attributes(info);
}

static void fill_standard(const struct fs_node *node, const struct machine_file_info *info,
                          FILE_STANDARD_INFORMATION *standard)
{
    standard->AllocationSize.QuadPart = (LONGLONG)info->allocation;
    standard->EndOfFile.QuadPart = (LONGLONG)info->size;
    standard->NumberOfLinks = node->delete_pending ? 0 : 1;
    standard->DeletePending = node->delete_pending;
    standard->Directory = node->directory;
}

static void fill_network_open(const struct machine_file_info *info,
                              FILE_NETWORK_OPEN_INFORMATION *open)
{
    open->CreationTime.QuadPart = info->created;
    open->LastAccessTime.QuadPart = info->accessed;
    open->LastWriteTime.QuadPart = info->written;
    open->ChangeTime.QuadPart = info->changed;
    open->AllocationSize.QuadPart = (LONGLONG)info->allocation;
    open->EndOfFile.QuadPart = (LONGLONG)info->size;
    open->FileAttributes = fs_attributes(info);
}

/* The name, as much of it as fits. Returns STATUS_BUFFER_OVERFLOW when that is not all. */
static NTSTATUS fill_name(const struct fs_node *node, FILE_NAME_INFORMATION *name, ULONG length,
                          ULONG *used)
{
    ULONG room = length - FIELD_OFFSET(FILE_NAME_INFORMATION, FileName);
    ULONG copied = min(room & ~1u, node->path.Length);

    name->FileNameLength = node->path.Length;
    RtlCopyMemory(name->FileName, node->path.Buffer, copied);
    *used += FIELD_OFFSET(FILE_NAME_INFORMATION, FileName) + copied;
    return copied < node->path.Length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS fill_all(const struct fs_open *open, const struct machine_file_info *info,
                         FILE_ALL_INFORMATION *all, ULONG length, ULONG *used)
{
    fill_basic(info, &all->BasicInformation);
    fill_standard(open->node, info, &all->StandardInformation);
    all->InternalInformation.IndexNumber.QuadPart = (LONGLONG)info->index;
    all->EaInformation.EaSize = 0;
    *used = FIELD_OFFSET(FILE_ALL_INFORMATION, NameInformation);
    return fill_name(open->node, &all->NameInformation, length - *used, used);
}

/* The one data stream, which has no name of its own. */
static NTSTATUS fill_stream(const struct machine_file_info *info, FILE_STREAM_INFORMATION *stream,
                            ULONG length, ULONG *used)
{
    static const WCHAR name[] = L"::$DATA";
    ULONG bytes = sizeof(name) - sizeof(WCHAR);

    *used = 0;
    if (info->directory)
        return STATUS_SUCCESS;
    if (length < FIELD_OFFSET(FILE_STREAM_INFORMATION, StreamName) + bytes)
        return STATUS_BUFFER_OVERFLOW;
    stream->NextEntryOffset = 0;
    stream->StreamNameLength = bytes;
    stream->StreamSize.QuadPart = (LONGLONG)info->size;
    stream->StreamAllocationSize.QuadPart = (LONGLONG)info->allocation;
    RtlCopyMemory(stream->StreamName, name, bytes);
    *used = FIELD_OFFSET(FILE_STREAM_INFORMATION, StreamName) + bytes;
    return STATUS_SUCCESS;
}

static NTSTATUS answer(const struct fs_open *open, const struct machine_file_info *info,
                       FILE_INFORMATION_CLASS class, PVOID buffer, ULONG length, ULONG *used)
{
    switch ((ULONG) class) {
    case FileBasicInformation:
        fill_basic(info, buffer);
        *used = sizeof(FILE_BASIC_INFORMATION);
        return STATUS_SUCCESS;
    case FileStandardInformation:
        fill_standard(open->node, info, buffer);
        *used = sizeof(FILE_STANDARD_INFORMATION);
        return STATUS_SUCCESS;
    case FileInternalInformation:
        ((FILE_INTERNAL_INFORMATION *)buffer)->IndexNumber.QuadPart = (LONGLONG)info->index;
        *used = sizeof(FILE_INTERNAL_INFORMATION);
        return STATUS_SUCCESS;
    case FileEaInformation:
        ((FILE_EA_INFORMATION *)buffer)->EaSize = 0;
        *used = sizeof(FILE_EA_INFORMATION);
        return STATUS_SUCCESS;
    case FileNetworkOpenInformation:
        fill_network_open(info, buffer);
        *used = sizeof(FILE_NETWORK_OPEN_INFORMATION);
        return STATUS_SUCCESS;
    case FileAttributeTagInformation:
        ((FILE_ATTRIBUTE_TAG_INFORMATION *)buffer)->FileAttributes = fs_attributes(info);
        ((FILE_ATTRIBUTE_TAG_INFORMATION *)buffer)->ReparseTag = 0;
        *used = sizeof(FILE_ATTRIBUTE_TAG_INFORMATION);
        return STATUS_SUCCESS;
    case FileNameInformation:
    case FileNormalizedNameInformation:
        return fill_name(open->node, buffer, length, used);
    case FileAllInformation:
        return fill_all(open, info, buffer, length, used);
    case FileStreamInformation:
        return fill_stream(info, buffer, length, used);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

NTSTATUS NTAPI fs_query(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    struct fs_open *open = fs_open_of(location->FileObject);
    PVOID buffer = irp->AssociatedIrp.SystemBuffer;
    ULONG length = location->Parameters.QueryFile.Length, used = 0;
    FILE_INFORMATION_CLASS class = location->Parameters.QueryFile.FileInformationClass;
    struct machine_file_info info;
    NTSTATUS status;

    (void)device;
    if (open->node->kind == FS_VOLUME)
        return fs_complete(irp, STATUS_INVALID_PARAMETER, 0);
    status = fs_open_query(open, &info);
    if (NT_SUCCESS(status))
        status = answer(open, &info, class, buffer, length, &used);
    return fs_complete(irp, status, used);
}
