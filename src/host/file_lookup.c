/*
 * Looking up names below the C: folder as NT does: without regard to case, which is kept. A part
 * that exists exactly as asked for wins; else the first match in byte order, so that the result
 * does not depend on the order in which Linux lists a folder.
 *
 * Only calls that the sandbox allows are used: paths always start at the C: folder's descriptor.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/file_lookup.h"
#include "machine/machine.h"

#define LISTING_BUFFER (32u << 10)

int host_open_beneath(int folder, const char *path, int flags, unsigned mode)
{
    struct open_how how = {
        .flags = (uint64_t)(flags | O_CLOEXEC),
        .mode = flags & O_CREAT ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };

    return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

int64_t host_file_error(int error)
{
    switch (error) {
    case ENOENT:
        return MACHINE_FILE_NOT_FOUND;
    case ENOTDIR:
        return MACHINE_FILE_NOT_DIRECTORY;
    case ENAMETOOLONG:
        return MACHINE_FILE_PATH_NOT_FOUND;
    case EEXIST:
        return MACHINE_FILE_EXISTS;
    case EISDIR:
        return MACHINE_FILE_IS_DIRECTORY;
    case ENOTEMPTY:
        return MACHINE_FILE_NOT_EMPTY;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return MACHINE_FILE_NO_SPACE;
    case EACCES:
    case EPERM:
    case EROFS:
    case EXDEV: /* RESOLVE_BENEATH: the path leaves the folder */
    case ELOOP:
    case ETXTBSY:
    case EBUSY:
        return MACHINE_FILE_DENIED;
    default:
        return MACHINE_FILE_IO_ERROR;
    }
}

/* Upper-case form of a two-byte UTF-8 character; all of these stay within two bytes. */
static unsigned fold_character(unsigned c)
{
    if ((c >= 0xE0 && c <= 0xFE && c != 0xF7) || (c >= 0x3B1 && c <= 0x3CB && c != 0x3C2) ||
        (c >= 0x430 && c <= 0x44F))
        return c - 0x20;
    if (c >= 0x450 && c <= 0x45F)
        return c - 0x50;
    if (c == 0xFF)
        return 0x178;
    if (c == 0x3C2) /* final sigma */
        return 0x3A3;
    if ((c >= 0x100 && c <= 0x137 && c != 0x131) || (c >= 0x14A && c <= 0x177) ||
        (c >= 0x460 && c <= 0x481) || (c >= 0x48A && c <= 0x4BF) || (c >= 0x4D0 && c <= 0x52F))
        return c & ~1u;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E))
        return c % 2 ? c : c - 1;
    return c;
}

void host_name_fold(const char *name, char *folded)
{
    const unsigned char *from = (const unsigned char *)name;
    unsigned char *to = (unsigned char *)folded;

    while (*from) {
        if (*from >= 'a' && *from <= 'z') {
            *to++ = (unsigned char)(*from++ - 'a' + 'A');
        } else if (*from >= 0xC2 && *from <= 0xDF && (from[1] & 0xC0) == 0x80) {
            unsigned upper = fold_character((*from & 0x1Fu) << 6 | (from[1] & 0x3Fu));

            *to++ = (unsigned char)(0xC0 | upper >> 6);
            *to++ = (unsigned char)(0x80 | (upper & 0x3F));
            from += 2;
        } else {
            *to++ = *from++;
        }
    }
    *to = 0;
}

/* Bytes of the UTF-8 character at `text`, 0 when it is none that UTF-16 can hold. */
static unsigned character_length(const unsigned char *text)
{
    unsigned lead = text[0];
    unsigned length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

    if (lead > 0xF4 || (lead == 0xE0 && text[1] < 0xA0) || (lead == 0xED && text[1] > 0x9F) ||
        (lead == 0xF0 && text[1] < 0x90) || (lead == 0xF4 && text[1] > 0x8F))
        return 0;
    for (unsigned i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    }
    return length;
}

/* A name that an NT file system takes for one part of a path. */
static bool is_valid_name(const char *name)
{
    const unsigned char *text = (const unsigned char *)name;

    if (!*name || strlen(name) > NAME_MAX || !strcmp(name, ".") || !strcmp(name, ".."))
        return false;
    while (*text) {
        unsigned length = character_length(text);

        if (length == 0 || *text < 0x20 || strchr("\"*/:<>?\\|", *text))
            return false;
        text += length;
    }
    return true;
}

int host_file_status(int folder, const char *path, struct stat *status)
{
    int fd = host_open_beneath(folder, path, O_PATH, 0);
    int error = 0;

    if (fd < 0)
        return errno;
    if (fstat(fd, status) != 0)
        error = errno;
    else if (!S_ISREG(status->st_mode) && !S_ISDIR(status->st_mode))
        error = EACCES;
    close(fd);
    return error;
}

/* Calls `visit` for each raw name of a folder until it returns false. Returns: 0 or an errno. */
static int for_each_name(int folder, const char *path, bool (*visit)(const char *name, void *to),
                         void *to)
{
    int fd = host_open_beneath(folder, path, O_RDONLY | O_DIRECTORY, 0);
    char *buffer = malloc(LISTING_BUFFER);
    int error = fd < 0 ? errno : buffer ? 0 : ENOMEM;
    ssize_t size = 0;

    while (!error && (size = getdents64(fd, buffer, LISTING_BUFFER)) > 0) {
        for (ssize_t at = 0; at < size && !error;) {
            const struct dirent64 *entry = (const struct dirent64 *)(buffer + at);

            at += entry->d_reclen;
            if (!visit(entry->d_name, to))
                error = ENOMEM;
        }
    }
    if (!error && size < 0)
        error = errno;
    free(buffer);
    if (fd >= 0)
        close(fd);
    return error;
}

struct search {
    char wanted[NAME_MAX + 1]; /* folded */
    char best[NAME_MAX + 1];   /* "" = none yet */
};

static bool match(const char *name, void *to)
{
    struct search *search = to;
    char folded[NAME_MAX + 1];

    host_name_fold(name, folded);
    if (!strcmp(folded, search->wanted) && (!*search->best || strcmp(name, search->best) < 0))
        strcpy(search->best, name);
    return true;
}

/* Put "directory/name" at `path`; "." is the folder itself. Returns: false when it is too long. */
static bool join(char path[PATH_MAX], const char *name)
{
    size_t length = strcmp(path, ".") ? strlen(path) : 0;
    size_t added = strlen(name);

    if (length + added + 2 > PATH_MAX)
        return false;
    if (length)
        path[length++] = '/';
    memcpy(path + length, name, added + 1);
    return true;
}

/* Go one part further: exactly as asked for, or in another case. Returns: 0 or an errno. */
static int enter(int folder, char resolved[PATH_MAX], const char *name, struct stat *status)
{
    size_t length = strlen(resolved);
    bool at_root = !strcmp(resolved, ".");
    struct search search = {.best = ""};
    int error;

    if (!join(resolved, name))
        return ENAMETOOLONG;
    error = host_file_status(folder, resolved, status);
    if (error != ENOENT)
        return error;
    host_name_fold(name, search.wanted);
    resolved[at_root ? 0 : length] = 0;
    error = for_each_name(folder, at_root ? "." : resolved, match, &search);
    if (at_root)
        strcpy(resolved, ".");
    if (error)
        return error;
    if (!*search.best) {
        join(resolved, name);
        return ENOENT;
    }
    join(resolved, search.best);
    return host_file_status(folder, resolved, status);
}

/* Take the next part off `*path`; false when there is none left. */
static bool next_part(const char **path, char part[NAME_MAX + 2])
{
    size_t length;

    *path += strspn(*path, "\\/");
    length = strcspn(*path, "\\/");
    if (length == 0)
        return false;
    part[0] = 0;
    if (length <= NAME_MAX) {
        memcpy(part, *path, length);
        part[length] = 0;
    }
    *path += length;
    return true;
}

int64_t host_file_lookup(int folder, const char *path, char resolved[PATH_MAX], struct stat *status)
{
    char part[NAME_MAX + 2];
    int error = host_file_status(folder, ".", status);

    strcpy(resolved, ".");
    while (next_part(&path, part)) {
        if (error == ENOENT || !S_ISDIR(status->st_mode) || !is_valid_name(part))
            return MACHINE_FILE_PATH_NOT_FOUND;
        error = enter(folder, resolved, part, status);
        if (error && error != ENOENT)
            break;
    }
    return error ? host_file_error(error) : 0;
}

struct gathering {
    int folder;
    const char *directory;
    struct host_listing *listing;
    size_t capacity;
};

/* Keep a name when NT code could open it. Returns: false when memory is short. */
static bool gather(const char *name, void *to)
{
    struct gathering *gathering = to;
    struct host_listing *listing = gathering->listing;
    char path[PATH_MAX];
    struct stat status;

    strcpy(path, gathering->directory);
    if (!is_valid_name(name) || !join(path, name) ||
        host_file_status(gathering->folder, path, &status) != 0)
        return true;
    if (listing->count == gathering->capacity) {
        size_t capacity = gathering->capacity ? 2 * gathering->capacity : 32;
        char **names = realloc(listing->names, capacity * sizeof *names);

        if (!names)
            return false;
        listing->names = names;
        gathering->capacity = capacity;
    }
    listing->names[listing->count] = strdup(name);
    return listing->names[listing->count] && ++listing->count;
}

static int compare_names(const void *left, const void *right)
{
    const char *a = *(char *const *)left, *b = *(char *const *)right;
    char folded_a[NAME_MAX + 1], folded_b[NAME_MAX + 1];
    int order;

    host_name_fold(a, folded_a);
    host_name_fold(b, folded_b);
    order = strcmp(folded_a, folded_b);
    return order ? order : strcmp(a, b);
}

int64_t host_listing_read(int folder, const char *resolved, struct host_listing *listing)
{
    struct gathering gathering = {.folder = folder, .directory = resolved, .listing = listing};
    int error;

    *listing = (struct host_listing){0};
    error = for_each_name(folder, resolved, gather, &gathering);
    if (error) {
        host_listing_free(listing);
        return host_file_error(error);
    }
    if (listing->count)
        qsort(listing->names, listing->count, sizeof *listing->names, compare_names);
    return 0;
}

void host_listing_free(struct host_listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        free(listing->names[i]);
    free(listing->names);
    *listing = (struct host_listing){0};
}
