/*
 * What the boot needs of files.c beside the calls in host.h.
 */
#ifndef RINGSIDE_HOST_FILES_H
#define RINGSIDE_HOST_FILES_H

/* Descriptor of the C: folder, which the sandbox keeps open; -1 when there is no drive. */
int host_files_folder(void);

#endif
