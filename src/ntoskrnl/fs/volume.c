/*
 * The volume's device and the file system's dispatch table.
 *
 * Differs from NT: file system and volume are one device, so FILE_OBJECT.Vpb is NULL and there is
 * no fast I/O, no cache manager and no IRP_MJ_FILE_SYSTEM_CONTROL.
 */
#include "fs/fs_internal.h"

NTSTATUS NTAPI fs_volume_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\HarddiskVolume1");
    static const struct {
        UCHAR major;
        PDRIVER_DISPATCH routine;
    } table[] = {
        {IRP_MJ_CREATE, fs_create},
        {IRP_MJ_CLEANUP, fs_cleanup},
        {IRP_MJ_CLOSE, fs_close},
        {IRP_MJ_READ, fs_read},
        {IRP_MJ_WRITE, fs_write},
        {IRP_MJ_FLUSH_BUFFERS, fs_flush},
        {IRP_MJ_QUERY_INFORMATION, fs_query},
        {IRP_MJ_SET_INFORMATION, fs_set},
        {IRP_MJ_QUERY_VOLUME_INFORMATION, fs_query_volume},
        {IRP_MJ_DIRECTORY_CONTROL, fs_directory_control},
        {IRP_MJ_LOCK_CONTROL, fs_lock_control},
    };
    NTSTATUS status;

    (void)registry_path;
    for (ULONG i = 0; i < ARRAY_COUNT(table); i++)
        driver->MajorFunction[table[i].major] = table[i].routine;
    status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_DISK, FILE_DEVICE_IS_MOUNTED, FALSE,
                            &fs.volume);
    if (NT_SUCCESS(status))
        fs.volume->SectorSize = FS_SECTOR_BYTES;
    return status;
}
