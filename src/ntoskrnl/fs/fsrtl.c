/*
 * Routines of the file system library that other drivers call.
 */
#include "fs/fs_internal.h"

NTSTATUS NTAPI FsRtlGetFileSize(PFILE_OBJECT file, PLARGE_INTEGER size);

/*
 * The size of an open file.
 * @param size  receives it, bytes
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS; STATUS_FILE_IS_A_DIRECTORY; the failure of the
 * file's driver.
 * Source: Windows driver documentation (ntifs.h), FsRtlGetFileSize.
 */
NTSTATUS NTAPI FsRtlGetFileSize(PFILE_OBJECT file, PLARGE_INTEGER size)
{
    FILE_STANDARD_INFORMATION information;
    ULONG returned;
    NTSTATUS status = IoQueryFileInformation(file, FileStandardInformation, sizeof(information),
                                             &information, &returned);

    if (!NT_SUCCESS(status))
        return status;
    if (information.Directory)
        return STATUS_FILE_IS_A_DIRECTORY;
    *size = information.EndOfFile;
    return STATUS_SUCCESS;
}
NT_EXPORT(FsRtlGetFileSize, PASSIVE_LEVEL, "Fp");
