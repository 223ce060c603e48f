/*
 * fs: the drivers that are built into the kernel: the console, the null device and the file system
 * of the C: drive. They are real drivers, reached by IRPs, so filters attach to them and handles,
 * events and completion ports work as with any other.
 *
 *   initialize.c  boot: drivers, devices, links   console.c   \Device\ConDrv, \Device\Null
 *   console_input.c  reads of consoles
 *   volume.c      the volume's device, dispatch   path.c      names → paths, host errors
 *   node.c        open files by path              overlay.c   files that are not on the C: folder
 *   create.c      IRP_MJ_CREATE                   close.c     CLEANUP, CLOSE, deletion
 *   transfer.c    READ, WRITE, FLUSH              lock.c      byte-range locks
 *   query.c       QUERY_INFORMATION               set.c       SET_INFORMATION
 *   rename.c      FileRenameInformation           listing.c   what a directory contains
 *   directory.c   DIRECTORY_CONTROL               notify.c    watching directories
 *   query_volume.c  QUERY_VOLUME_INFORMATION      pipe*.c     named pipes; pipe.h has their story
 */
#ifndef RINGSIDE_FS_H
#define RINGSIDE_FS_H

#include "io/io.h"

/* Boot, after io and cm: \Device\ConDrv, \Device\Null, \Device\HarddiskVolume1 and their links. */
void fs_initialize(void);

/*
 * Open the console as standard input, output and error of a process that has not run yet; the
 * handles are those of that process. Entries that are not NULL stay.
 */
NTSTATUS fs_open_standard_handles(PEPROCESS process, HANDLE handles[3]);

/* The host has input for a console, or its end: serve the reads that wait. */
void fs_console_input_ready(ULONG console);

#endif
