/* Between NtQueryInformationFile / NtSetInformationFile and what the I/O manager itself sets. */
#ifndef RINGSIDE_IO_INFORMATION_H
#define RINGSIDE_IO_INFORMATION_H

#include "io/io_internal.h"

union io_information {
    FILE_ACCESS_INFORMATION access;
    FILE_POSITION_INFORMATION position;
    FILE_MODE_INFORMATION mode;
    FILE_ALIGNMENT_INFORMATION alignment;
    FILE_COMPLETION_INFORMATION completion;
    FILE_IO_COMPLETION_NOTIFICATION_INFORMATION notification;
};

/* FILE_… create options that the file object stands for. */
ULONG io_file_mode(PFILE_OBJECT file);

/* set_file.c: classes that no driver sees. */
BOOLEAN io_is_own_setting(ULONG class);
NTSTATUS io_apply_setting(const struct io_request *request, ULONG class,
                          const union io_information *information);

/*
 * Before a rename or link reaches the driver: check the system buffer, and open the directory of
 * the new name if that is not the file's own. The handle is to be closed after the request.
 */
NTSTATUS io_open_rename_target(PIRP irp, const struct io_request *request, PHANDLE target);

#endif
