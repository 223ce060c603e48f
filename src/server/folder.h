/*
 * The folder of a machine:
 *
 *     C/          its drive                     registry/   its hives
 *     logs/       machine.log, debug.log, trace.jsonl; the two logs begin anew after 32 MiB, and
 *                 what was there is NAME.old; MEMORY.DMP of the last stop
 *     lock        held by the server while it lives; its text is the server's process id
 *     control     the server's Unix socket
 *
 * A name is a folder of that name in $RINGSIDE_HOME, or else in $XDG_DATA_HOME/ringside, or else in
 * ~/.local/share/ringside. A name with a slash in it is a path.
 */
#ifndef RINGSIDE_SERVER_FOLDER_H
#define RINGSIDE_SERVER_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define FOLDER_DEFAULT_NAME "default"
#define FOLDER_DUMP "logs/MEMORY.DMP"

struct folder {
    char name[256];
    char path[PATH_MAX];
};

/* Where the machine of that name is; NULL = $RINGSIDE_MACHINE, or FOLDER_DEFAULT_NAME. */
bool folder_locate(struct folder *folder, const char *name, char *why, size_t why_size);
/* The folder that holds the machines that are given by name. */
bool folder_home(char *path, size_t size);
bool folder_exists(const struct folder *folder);
/* Make what is missing of it. */
bool folder_create(const struct folder *folder, char *why, size_t why_size);
/* Take the lock. Returns its descriptor, or -1 and `why`; *taken: another process has it. */
int folder_lock(const struct folder *folder, bool *taken, char *why, size_t why_size);
/* Write the calling process into a lock that it inherited. */
bool folder_lock_sign(int lock);
/* A path below the folder, in a buffer that the next call overwrites. */
const char *folder_file(const struct folder *folder, const char *name);
/* The server's socket: listening, or connected to it. -1: see `why`. */
int folder_listen(const struct folder *folder, char *why, size_t why_size);
int folder_connect(const struct folder *folder);

#endif
