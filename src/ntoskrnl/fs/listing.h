/* The content of a directory, for directory.c. */
#ifndef RINGSIDE_FS_LISTING_H
#define RINGSIDE_FS_LISTING_H

#include "fs/fs_internal.h"

struct fs_entry {
    LIST_ENTRY links;
    struct machine_file_info info;
    BOOLEAN sorted; /* not "." and ".." */
    UNICODE_STRING name;
    WCHAR text[];
};

struct fs_listing {
    LIST_ENTRY entries;
    LIST_ENTRY *next;       /* what the next query begins with; `entries` = the end */
    UNICODE_STRING pattern; /* upper case; empty = everything */
};

/*
 * Read the directory at the first query and at a restart.
 * @param pattern  the names that are wanted; only the first query's counts
 * @param first    receives whether the scan begins
 */
NTSTATUS fs_listing_prepare(struct fs_open *open, PUNICODE_STRING pattern, BOOLEAN restart,
                            BOOLEAN *first);
/* The next entry, NULL at the end. */
struct fs_entry *fs_listing_peek(const struct fs_listing *listing);
void fs_listing_advance(struct fs_listing *listing);

#endif
