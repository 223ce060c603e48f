/*
 * Names below the C: folder: from a path as NT writes it to one that Linux opens, and folder
 * listings. Everything starts at the folder's descriptor and stays beneath it.
 */
#ifndef RINGSIDE_HOST_FILE_LOOKUP_H
#define RINGSIDE_HOST_FILE_LOOKUP_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* openat2 that neither leaves the folder nor passes through /proc links. Returns: -1 and errno. */
int host_open_beneath(int folder, const char *path, int flags, unsigned mode);

/* What the resolved path leads to, when that is a regular file or folder. Returns: 0 or an errno.
 */
int host_file_status(int folder, const char *resolved, struct stat *status);

/* enum machine_file_error for an errno of a file call. */
int64_t host_file_error(int error);

/*
 * Find a file by its NT path.
 * @param path     relative to the folder, '\' or '/' between parts; "" is the folder itself
 * @param resolved receives the path as Linux has it. When only the last part is missing, that
 *                 part is appended as it was asked for.
 * @param status   receives what the path leads to; only regular files and folders are found
 * Returns: 0; MACHINE_FILE_NOT_FOUND when only the last part is missing; PATH_NOT_FOUND when a
 * folder of the path is missing or a part is no valid NT name; DENIED when a symbolic link leaves
 * the folder.
 */
int64_t host_file_lookup(int folder, const char *path, char resolved[PATH_MAX],
                         struct stat *status);

/* Names in a folder that NT code can open, sorted by their upper-case form. */
struct host_listing {
    char **names;
    size_t count;
};
int64_t host_listing_read(int folder, const char *resolved, struct host_listing *listing);
void host_listing_free(struct host_listing *listing);

/*
 * Upper-case form of a UTF-8 name: ASCII, Latin-1, Latin Extended-A, Greek and Cyrillic letters;
 * other characters stay as they are.
 * @param folded receives the terminated result, which has at most as many bytes as the name
 */
void host_name_fold(const char *name, char *folded);

#endif
