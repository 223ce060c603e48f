/*
 * IRP_MJ_DIRECTORY_CONTROL: queries of a directory's content. Watches are in notify.c.
 *
 * All classes begin as FILE_DIRECTORY_INFORMATION does, except FileNamesInformation; they differ
 * in what stands before the name.
 */
#include "fs/listing.h"

struct directory_class {
    FILE_INFORMATION_CLASS class;
    ULONG name_offset;
    ULONG name_length_offset;
    ULONG id_offset; /* of the 64-bit file id; 0 = none */
    BOOLEAN has_information;
};

static const struct directory_class classes[] = {
    {FileDirectoryInformation, FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileName),
     FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileNameLength), 0, TRUE},
    {FileFullDirectoryInformation, FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, FileName),
     FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, FileNameLength), 0, TRUE},
    {FileBothDirectoryInformation, FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, FileName),
     FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, FileNameLength), 0, TRUE},
    {FileIdFullDirectoryInformation, FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, FileName),
     FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, FileNameLength),
     FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, FileId), TRUE},
    {FileIdBothDirectoryInformation, FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, FileName),
     FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, FileNameLength),
     FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, FileId), TRUE},
    {FileNamesInformation, FIELD_OFFSET(FILE_NAMES_INFORMATION, FileName),
     FIELD_OFFSET(FILE_NAMES_INFORMATION, FileNameLength), 0, FALSE},
};

static const struct directory_class *find_class(FILE_INFORMATION_CLASS class)
{
    for (ULONG i = 0; i < ARRAY_COUNT(classes); i++) {
        if (classes[i].class == class)
            return &classes[i];
    }
    return NULL;
}

static void fill_information(FILE_DIRECTORY_INFORMATION *to, const struct machine_file_info *info)
{
    to->CreationTime.QuadPart = info->created;
    to->LastAccessTime.QuadPart = info->accessed;
    to->LastWriteTime.QuadPart = info->written;
    to->ChangeTime.QuadPart = info->changed;
    to->EndOfFile.QuadPart = (LONGLONG)info->size;
    to->AllocationSize.QuadPart = (LONGLONG)info->allocation;
    to->FileAttributes = fs_attributes(info);
}

/* Write one entry; `copied` bytes of its name fit. There are no short names and no EAs. */
static void put_entry(const struct directory_class *class, UCHAR *at, const struct fs_entry *entry,
                      ULONG copied)
{
    RtlZeroMemory(at, class->name_offset);
    if (class->has_information)
        fill_information((FILE_DIRECTORY_INFORMATION *)at, &entry->info);
    *(ULONG *)(at + class->name_length_offset) = entry->name.Length;
    if (class->id_offset)
        RtlCopyMemory(at + class->id_offset, &entry->info.index, sizeof(entry->info.index));
    RtlCopyMemory(at + class->name_offset, entry->text, copied);
}

/* As many entries as fit. Returns STATUS_BUFFER_OVERFLOW when not even one did. */
static NTSTATUS put_entries(const struct directory_class *class, struct fs_listing *listing,
                            UCHAR *buffer, ULONG length, BOOLEAN single, ULONG *used)
{
    ULONG previous = 0, at = 0;
    struct fs_entry *entry;

    *used = 0;
    while ((entry = fs_listing_peek(listing)) != NULL) {
        ULONG room = length > at + class->name_offset ? length - at - class->name_offset : 0;
        BOOLEAN fits = entry->name.Length <= room;

        if (!fits && *used)
            break;
        put_entry(class, buffer + at, entry, fits ? entry->name.Length : room & ~1u);
        if (*used)
            *(ULONG *)(buffer + previous) = at - previous;
        *used = at + class->name_offset + (fits ? entry->name.Length : room & ~1u);
        if (!fits)
            return STATUS_BUFFER_OVERFLOW;
        fs_listing_advance(listing);
        if (single)
            break;
        previous = at;
        at = (*used + 7) & ~7u;
        if (at >= length)
            break;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS query(PIRP irp, PIO_STACK_LOCATION location, ULONG *used)
{
    struct fs_open *open = fs_open_of(location->FileObject);
    ULONG length = location->Parameters.QueryDirectory.Length;
    const struct directory_class *class =
        find_class(location->Parameters.QueryDirectory.FileInformationClass);
    UCHAR *buffer = irp->MdlAddress
                        ? MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority)
                        : irp->UserBuffer;
    BOOLEAN first;
    NTSTATUS status;

    if (!open->node->directory)
        return STATUS_INVALID_PARAMETER;
    if (!class)
        return STATUS_INVALID_INFO_CLASS;
    if (length < class->name_offset)
        return STATUS_INFO_LENGTH_MISMATCH;
    status = fs_listing_prepare(open, (PUNICODE_STRING)location->Parameters.QueryDirectory.FileName,
                                (location->Flags & SL_RESTART_SCAN) != 0, &first);
    if (!NT_SUCCESS(status))
        return status;
    if (!fs_listing_peek(open->listing))
        return first ? STATUS_NO_SUCH_FILE : STATUS_NO_MORE_FILES;
    __try {
        if (irp->RequestorMode == UserMode && !irp->MdlAddress)
            ProbeForWrite(buffer, length, 1);
        return put_entries(class, open->listing, buffer, length,
                           (location->Flags & SL_RETURN_SINGLE_ENTRY) != 0, used);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
}

NTSTATUS NTAPI fs_directory_control(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    ULONG used = 0;
    NTSTATUS status;

    (void)device;
    if (location->MinorFunction == IRP_MN_NOTIFY_CHANGE_DIRECTORY)
        return fs_notify_watch(irp, location);
    if (location->MinorFunction != IRP_MN_QUERY_DIRECTORY)
        return fs_complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    status = query(irp, location, &used);
    return fs_complete(irp, status, used);
}
