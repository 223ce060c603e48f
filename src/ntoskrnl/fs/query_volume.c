/*
 * IRP_MJ_QUERY_VOLUME_INFORMATION: an NTFS-like volume. The C: folder's free space is not a fact
 * that may differ between runs, so the volume always has the same size.
 */
#include "fs/fs_internal.h"

#define VOLUME_CLUSTERS 0x1000000ll /* 64 GiB */
#define FREE_CLUSTERS 0x800000ll

static const WCHAR label[] = L"Ringside";
static const WCHAR file_system[] = L"NTFS";

static NTSTATUS copy_text(PVOID to, ULONG offset, ULONG length, const WCHAR *text, ULONG bytes,
                          ULONG *used)
{
    ULONG copied = min((length - offset) & ~1u, bytes);

    RtlCopyMemory((UCHAR *)to + offset, text, copied);
    *used = offset + copied;
    return copied < bytes ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS fill_volume(FILE_FS_VOLUME_INFORMATION *volume, ULONG length, ULONG *used)
{
    volume->VolumeCreationTime.QuadPart = (LONGLONG)ke_parameters.start_time;
    volume->VolumeSerialNumber = FS_VOLUME_SERIAL;
    volume->VolumeLabelLength = sizeof(label) - sizeof(WCHAR);
    volume->SupportsObjects = TRUE;
    return copy_text(volume, FIELD_OFFSET(FILE_FS_VOLUME_INFORMATION, VolumeLabel), length, label,
                     volume->VolumeLabelLength, used);
}

static NTSTATUS fill_attributes(FILE_FS_ATTRIBUTE_INFORMATION *attribute, ULONG length, ULONG *used)
{
    attribute->FileSystemAttributes = FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK;
    attribute->MaximumComponentNameLength = 255;
    attribute->FileSystemNameLength = sizeof(file_system) - sizeof(WCHAR);
    return copy_text(attribute, FIELD_OFFSET(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName), length,
                     file_system, attribute->FileSystemNameLength, used);
}

static void fill_size(FILE_FS_SIZE_INFORMATION *size)
{
    size->TotalAllocationUnits.QuadPart = VOLUME_CLUSTERS;
    size->AvailableAllocationUnits.QuadPart = FREE_CLUSTERS;
    size->SectorsPerAllocationUnit = FS_CLUSTER_SECTORS;
    size->BytesPerSector = FS_SECTOR_BYTES;
}

static void fill_full_size(FILE_FS_FULL_SIZE_INFORMATION *size)
{
    size->TotalAllocationUnits.QuadPart = VOLUME_CLUSTERS;
    size->CallerAvailableAllocationUnits.QuadPart = FREE_CLUSTERS;
    size->ActualAvailableAllocationUnits.QuadPart = FREE_CLUSTERS;
    size->SectorsPerAllocationUnit = FS_CLUSTER_SECTORS;
    size->BytesPerSector = FS_SECTOR_BYTES;
}

NTSTATUS NTAPI fs_query_volume(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    PVOID buffer = irp->AssociatedIrp.SystemBuffer;
    ULONG length = location->Parameters.QueryVolume.Length, used = 0;
    NTSTATUS status = STATUS_SUCCESS;

    (void)device;
    switch (location->Parameters.QueryVolume.FsInformationClass) {
    case FileFsVolumeInformation:
        status = fill_volume(buffer, length, &used);
        break;
    case FileFsAttributeInformation:
        status = fill_attributes(buffer, length, &used);
        break;
    case FileFsSizeInformation:
        fill_size(buffer);
        used = sizeof(FILE_FS_SIZE_INFORMATION);
        break;
    case FileFsFullSizeInformation:
        fill_full_size(buffer);
        used = sizeof(FILE_FS_FULL_SIZE_INFORMATION);
        break;
    default:
        status = STATUS_INVALID_INFO_CLASS;
    }
    return fs_complete(irp, status, used);
}
