/* Volumes: label, serial number, file system, sectors. See kernel32.h. */
#include "kernel32.h"

static BOOL query(HANDLE directory, PVOID buffer, ULONG size,
                  FS_INFORMATION_CLASS information_class)
{
    IO_STATUS_BLOCK io;

    return base_result(
        NtQueryVolumeInformationFile(directory, &io, buffer, size, information_class));
}

static void give_text(LPWSTR target, DWORD size, const WCHAR *text, ULONG bytes)
{
    DWORD length = bytes / sizeof(WCHAR);

    if (target == NULL || size == 0)
        return;
    if (length >= size)
        length = size - 1;
    memcpy(target, text, length * sizeof(WCHAR));
    target[length] = 0;
}

/* Facts about the volume of a root directory; NULL for what is not wanted. */
WINBOOL WINAPI GetVolumeInformationW(LPCWSTR root, LPWSTR label, DWORD label_size, LPDWORD serial,
                                     LPDWORD name_limit, LPDWORD flags, LPWSTR file_system,
                                     DWORD file_system_size)
{
    struct {
        FILE_FS_VOLUME_INFORMATION volume;
        WCHAR label[64];
    } volume;
    struct {
        FILE_FS_ATTRIBUTE_INFORMATION attribute;
        WCHAR name[64];
    } attribute;
    HANDLE directory;

    if (!base_open_name(root != NULL ? root : L"\\", FILE_READ_ATTRIBUTES, FILE_DIRECTORY_FILE,
                        &directory))
        return FALSE;
    BOOL result = query(directory, &volume, sizeof(volume), FileFsVolumeInformation) &&
                  query(directory, &attribute, sizeof(attribute), FileFsAttributeInformation);

    NtClose(directory);
    if (!result)
        return FALSE;
    give_text(label, label_size, volume.volume.VolumeLabel, volume.volume.VolumeLabelLength);
    give_text(file_system, file_system_size, attribute.attribute.FileSystemName,
              attribute.attribute.FileSystemNameLength);
    if (serial != NULL)
        *serial = volume.volume.VolumeSerialNumber;
    if (name_limit != NULL)
        *name_limit = (DWORD)attribute.attribute.MaximumComponentNameLength;
    if (flags != NULL)
        *flags = attribute.attribute.FileSystemAttributes;
    return TRUE;
}
NT_EXPORT(GetVolumeInformationW, 0, "wpuppppu");

/* Facts about the volume of a root directory. */
WINBOOL WINAPI GetVolumeInformationA(LPCSTR root, LPSTR label, DWORD label_size, LPDWORD serial,
                                     LPDWORD name_limit, LPDWORD flags, LPSTR file_system,
                                     DWORD file_system_size)
{
    WCHAR wide_label[64], wide_file_system[64];
    struct base_wide wide;
    BOOL result =
        base_widen(&wide, root) &&
        GetVolumeInformationW(wide.text, wide_label, ARRAY_COUNT(wide_label), serial, name_limit,
                              flags, wide_file_system, ARRAY_COUNT(wide_file_system));

    base_widen_free(&wide);
    if (result && label != NULL)
        base_narrow(wide_label, (DWORD)wcslen(wide_label), label, label_size);
    if (result && file_system != NULL)
        base_narrow(wide_file_system, (DWORD)wcslen(wide_file_system), file_system,
                    file_system_size);
    return result;
}
NT_EXPORT(GetVolumeInformationA, 0, "spuppppu");

/* Room on a drive, in clusters. */
WINBOOL WINAPI GetDiskFreeSpaceW(LPCWSTR root, LPDWORD sectors, LPDWORD bytes,
                                 LPDWORD free_clusters, LPDWORD clusters)
{
    FILE_FS_SIZE_INFORMATION size;
    HANDLE directory;

    if (!base_open_name(root != NULL ? root : L"\\", FILE_READ_ATTRIBUTES, FILE_DIRECTORY_FILE,
                        &directory))
        return FALSE;
    BOOL result = query(directory, &size, sizeof(size), FileFsSizeInformation);

    NtClose(directory);
    if (!result)
        return FALSE;
    *sectors = size.SectorsPerAllocationUnit;
    *bytes = size.BytesPerSector;
    *free_clusters = size.AvailableAllocationUnits.LowPart;
    *clusters = size.TotalAllocationUnits.LowPart;
    return TRUE;
}
NT_EXPORT(GetDiskFreeSpaceW, 0, "wpppp");

/* Room on a drive, in clusters. */
WINBOOL WINAPI GetDiskFreeSpaceA(LPCSTR root, LPDWORD sectors, LPDWORD bytes, LPDWORD free_clusters,
                                 LPDWORD clusters)
{
    struct base_wide wide;
    BOOL result = base_widen(&wide, root) &&
                  GetDiskFreeSpaceW(wide.text, sectors, bytes, free_clusters, clusters);

    base_widen_free(&wide);
    return result;
}
NT_EXPORT(GetDiskFreeSpaceA, 0, "spppp");
