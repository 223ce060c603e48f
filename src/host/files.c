/*
 * Files below the C: folder, for the kernel's file system.
 *
 * A handle is an index into `table`. It keeps the resolved path besides the descriptor, because the
 * sandbox lets paths start only at the C: folder itself; a rename updates the paths of what is
 * open below it.
 *
 * What a run can see of a file must not differ between two copies of the same folder. So a file's
 * index is a hash of its path (not the inode), its allocation is its size in whole pages, and its
 * creation and access time are its last write: Linux cannot set a birth time, and whether it
 * keeps access times depends on the mount. After a rename the index changes, which it does not on
 * NTFS.
 *
 * Sharing modes, delete-on-close and security are the kernel's. "Read-only" is the owner's write
 * permission, and holds for root too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/file_lookup.h"
#include "host/host.h"

#define MAXIMUM_OPEN 4096
#define NT_EPOCH_SECONDS 11644473600ll /* 1601 to 1970 */

struct open_file {
    int fd; /* -1 = free; O_PATH without read and write access */
    bool directory;
    char *path; /* resolved */
    struct host_listing listing;
};

static struct {
    int folder; /* -1 = no drive */
    struct open_file *table;
    size_t count;
} files = {.folder = -1};

int host_files_folder(void)
{
    return files.folder;
}

bool host_files_open_drive(const char *folder, char *why, size_t why_size)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int probe;

    if (fd < 0) {
        snprintf(why, why_size, "%s: %s", folder, strerror(errno));
        return false;
    }
    probe = host_open_beneath(fd, ".", O_PATH, 0);
    if (probe < 0) {
        snprintf(why, why_size, "%s: openat2: %s (Linux 5.6 or later is needed)", folder,
                 strerror(errno));
        close(fd);
        return false;
    }
    close(probe);
    host_files_close_drive();
    files.folder = fd;
    return true;
}

static void release(struct open_file *file)
{
    close(file->fd);
    free(file->path);
    host_listing_free(&file->listing);
    *file = (struct open_file){.fd = -1};
}

void host_files_close_drive(void)
{
    for (size_t i = 0; i < files.count; i++) {
        if (files.table[i].fd >= 0)
            release(&files.table[i]);
    }
    free(files.table);
    files.table = NULL;
    files.count = 0;
    if (files.folder >= 0)
        close(files.folder);
    files.folder = -1;
}

static struct open_file *file_of(int64_t handle)
{
    if (handle < 0 || (uint64_t)handle >= files.count || files.table[handle].fd < 0)
        return NULL;
    return &files.table[handle];
}

/* The lowest free handle, which makes handle values repeatable; -1 when there is none. */
static int64_t free_handle(void)
{
    size_t count = files.count ? 2 * files.count : 64;
    struct open_file *table;

    for (size_t i = 0; i < files.count; i++) {
        if (files.table[i].fd < 0)
            return (int64_t)i;
    }
    table = count <= MAXIMUM_OPEN ? realloc(files.table, count * sizeof *table) : NULL;
    if (!table)
        return -1;
    for (size_t i = files.count; i < count; i++)
        table[i] = (struct open_file){.fd = -1};
    files.table = table;
    files.count = count;
    return (int64_t)(count / 2 < 64 ? 0 : count / 2);
}

/* Owns `fd` from here on. Returns: the handle or an error. */
static int64_t add_handle(int fd, bool directory, const char *path)
{
    int64_t handle = free_handle();
    char *copy = strdup(path);

    if (handle < 0 || !copy) {
        close(fd);
        free(copy);
        return MACHINE_FILE_IO_ERROR;
    }
    files.table[handle] = (struct open_file){.fd = fd, .directory = directory, .path = copy};
    return handle;
}

static int64_t open_resolved(const char *path, bool directory, uint32_t flags)
{
    int mode = O_PATH;
    int fd;

    if (directory)
        mode = O_RDONLY | O_DIRECTORY;
    else if (flags & MACHINE_FILE_WRITE)
        mode = flags & MACHINE_FILE_READ ? O_RDWR : O_WRONLY;
    else if (flags & MACHINE_FILE_READ)
        mode = O_RDONLY;
    if (!directory && (flags & MACHINE_FILE_TRUNCATE))
        mode = mode == O_PATH ? O_WRONLY | O_TRUNC : mode | O_TRUNC;
    fd = host_open_beneath(files.folder, path, mode, 0);
    return fd < 0 ? host_file_error(errno) : add_handle(fd, directory, path);
}

static int64_t create_resolved(const char *path, uint32_t flags)
{
    int fd;

    if (flags & MACHINE_FILE_DIRECTORY) {
        if (mkdirat(files.folder, path, 0777) != 0)
            return host_file_error(errno);
        return open_resolved(path, true, flags);
    }
    fd = host_open_beneath(files.folder, path, O_RDWR | O_CREAT | O_EXCL, 0666);
    if (fd < 0)
        return host_file_error(errno);
    close(fd);
    return open_resolved(path, false, flags & ~(uint32_t)MACHINE_FILE_TRUNCATE);
}

/*
 * Open or create. Without MACHINE_FILE_DIRECTORY only a file, with it only a folder; with neither
 * READ nor WRITE for its metadata alone. Returns: a handle, or enum machine_file_error.
 */
int64_t host_file_open(const char *path, uint32_t flags)
{
    char resolved[PATH_MAX];
    struct stat status;
    int64_t result;
    bool directory;

    if (files.folder < 0)
        return MACHINE_FILE_NO_DRIVE;
    result = host_file_lookup(files.folder, path, resolved, &status);
    if (result == MACHINE_FILE_NOT_FOUND && (flags & MACHINE_FILE_CREATE))
        return create_resolved(resolved, flags);
    if (result < 0)
        return result;
    if ((flags & MACHINE_FILE_CREATE) && (flags & MACHINE_FILE_EXCLUSIVE))
        return MACHINE_FILE_EXISTS;
    directory = S_ISDIR(status.st_mode);
    if (directory && !(flags & MACHINE_FILE_DIRECTORY))
        return MACHINE_FILE_IS_DIRECTORY;
    if (!directory && (flags & MACHINE_FILE_DIRECTORY))
        return MACHINE_FILE_NOT_DIRECTORY;
    if (!directory && !(status.st_mode & S_IWUSR) &&
        (flags & (MACHINE_FILE_WRITE | MACHINE_FILE_TRUNCATE)))
        return MACHINE_FILE_DENIED;
    return open_resolved(resolved, directory, flags);
}

/* Returns: bytes read, fewer only at the end of the file. */
int64_t host_file_read(int64_t handle, uint64_t offset, void *buffer, uint64_t size)
{
    struct open_file *file = file_of(handle);
    uint64_t done = 0;

    if (!file)
        return MACHINE_FILE_IO_ERROR;
    while (done < size) {
        ssize_t count = pread(file->fd, (char *)buffer + done, size - done, (off_t)(offset + done));

        if (count == 0)
            break;
        if (count > 0)
            done += (uint64_t)count;
        else if (errno != EINTR)
            return host_file_error(errno == EBADF ? EACCES : errno);
    }
    return (int64_t)done;
}

/* Returns: `size`; bytes written before an error stay. */
int64_t host_file_write(int64_t handle, uint64_t offset, const void *buffer, uint64_t size)
{
    struct open_file *file = file_of(handle);
    uint64_t done = 0;

    if (!file)
        return MACHINE_FILE_IO_ERROR;
    while (done < size) {
        ssize_t count =
            pwrite(file->fd, (const char *)buffer + done, size - done, (off_t)(offset + done));

        if (count >= 0)
            done += (uint64_t)count;
        else if (errno != EINTR)
            return host_file_error(errno == EBADF ? EACCES : errno);
    }
    return (int64_t)done;
}

int64_t host_file_resize(int64_t handle, uint64_t size)
{
    struct open_file *file = file_of(handle);

    if (!file)
        return MACHINE_FILE_IO_ERROR;
    return ftruncate(file->fd, (off_t)size) == 0 ? 0
                                                 : host_file_error(errno == EBADF ? EACCES : errno);
}

/* FNV-1a of the upper-case path: the same in every copy of the folder. */
static uint64_t path_index(const char *path)
{
    char folded[PATH_MAX];
    uint64_t hash = 0xCBF29CE484222325ull;

    host_name_fold(path, folded);
    for (const char *at = folded; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 0x100000001B3ull;
    return hash;
}

static int64_t nt_time(const struct timespec *time)
{
    return (time->tv_sec + NT_EPOCH_SECONDS) * 10000000 + time->tv_nsec / 100;
}

static void fill_info(const char *path, const struct stat *status, struct machine_file_info *info)
{
    bool directory = S_ISDIR(status->st_mode);
    uint64_t size = directory ? 0 : (uint64_t)status->st_size;
    int64_t written = nt_time(&status->st_mtim);

    *info = (struct machine_file_info){
        .size = size,
        .allocation = (size + MACHINE_PAGE_SIZE - 1) & ~(MACHINE_PAGE_SIZE - 1),
        .index = path_index(path),
        .created = written,
        .accessed = written,
        .written = written,
        .changed = written,
        .directory = directory,
        .read_only = !directory && !(status->st_mode & S_IWUSR),
    };
}

int64_t host_file_info(int64_t handle, struct machine_file_info *info)
{
    struct open_file *file = file_of(handle);
    struct stat status;

    if (!file)
        return MACHINE_FILE_IO_ERROR;
    if (fstat(file->fd, &status) != 0)
        return host_file_error(errno);
    fill_info(file->path, &status, info);
    return 0;
}

/* Path of a name in a folder. Returns: false when it is too long. */
static bool join(char path[PATH_MAX], const char *directory, const char *name)
{
    int length = strcmp(directory, ".") ? snprintf(path, PATH_MAX, "%s/%s", directory, name)
                                        : snprintf(path, PATH_MAX, "%s", name);

    return length < PATH_MAX;
}

/* Forget a name that has disappeared since the listing was read. */
static void drop_name(struct host_listing *listing, uint64_t index)
{
    free(listing->names[index]);
    listing->count--;
    memmove(&listing->names[index], &listing->names[index + 1],
            (listing->count - index) * sizeof *listing->names);
}

/*
 * The entry number `index` of a folder, sorted by name, without "." and "..". The names are read
 * at index 0 and kept until the next index 0, so that files may come and go meanwhile.
 * Returns: 1, 0 after the last entry, or an error.
 */
int64_t host_file_next(int64_t handle, uint64_t index, struct machine_directory_entry *entry)
{
    struct open_file *file = file_of(handle);
    char path[PATH_MAX];
    struct stat status;
    int64_t result;

    if (!file)
        return MACHINE_FILE_IO_ERROR;
    if (!file->directory)
        return MACHINE_FILE_NOT_DIRECTORY;
    if (index == 0 || !file->listing.names) {
        host_listing_free(&file->listing);
        result = host_listing_read(files.folder, file->path, &file->listing);
        if (result < 0)
            return result;
    }
    for (; index < file->listing.count; drop_name(&file->listing, index)) {
        const char *name = file->listing.names[index];

        if (!join(path, file->path, name) || host_file_status(files.folder, path, &status) != 0)
            continue;
        *entry = (struct machine_directory_entry){0};
        snprintf(entry->name, sizeof entry->name, "%s", name);
        fill_info(path, &status, &entry->info);
        return 1;
    }
    return 0;
}

/*
 * Remove a file, or with MACHINE_FILE_DIRECTORY an empty folder. What is open stays usable until
 * it is closed. A symbolic link is removed itself, not what it leads to.
 */
int64_t host_file_remove(const char *path, uint32_t flags)
{
    char resolved[PATH_MAX];
    struct stat status;
    int64_t result;
    bool directory;

    if (files.folder < 0)
        return MACHINE_FILE_NO_DRIVE;
    result = host_file_lookup(files.folder, path, resolved, &status);
    if (result < 0)
        return result;
    directory = S_ISDIR(status.st_mode);
    if (!strcmp(resolved, ".") || (!directory && !(status.st_mode & S_IWUSR)))
        return MACHINE_FILE_DENIED;
    if (directory != !!(flags & MACHINE_FILE_DIRECTORY))
        return directory ? MACHINE_FILE_IS_DIRECTORY : MACHINE_FILE_NOT_DIRECTORY;
    if (unlinkat(files.folder, resolved, directory ? AT_REMOVEDIR : 0) == 0)
        return 0;
    if (directory && errno == ENOTDIR && unlinkat(files.folder, resolved, 0) == 0)
        return 0; /* a link to a folder */
    return host_file_error(errno);
}

/* What is open at or below `from` is at or below `to` now. */
static void move_open_paths(const char *from, const char *to)
{
    size_t length = strlen(from);

    for (size_t i = 0; i < files.count; i++) {
        struct open_file *file = &files.table[i];
        char path[2 * PATH_MAX];

        if (file->fd < 0 || strncmp(file->path, from, length) != 0 ||
            (file->path[length] != 0 && file->path[length] != '/'))
            continue;
        snprintf(path, sizeof path, "%s%s", to, file->path + length);
        char *copy = strdup(path);
        if (!copy)
            host_fatal("no memory for the path of an open file");
        free(file->path);
        file->path = copy;
    }
}

/* Give the last part of `path` the spelling that was asked for in `wanted`. */
static void respell(char *path, const char *wanted)
{
    size_t end = strlen(wanted);
    size_t start;

    while (end && strchr("\\/", wanted[end - 1]))
        end--;
    for (start = end; start && !strchr("\\/", wanted[start - 1]);)
        start--;
    char *last = strrchr(path, '/');
    last = last ? last + 1 : path;
    size_t room = PATH_MAX - (size_t)(last - path);
    snprintf(last, room, "%.*s", (int)(end - start), wanted + start);
}

static int64_t move(const char *from, const char *to)
{
    if (!strcmp(from, to))
        return 0;
    /* glibc's renameat2 turns into renameat without flags, which the sandbox refuses. */
    if (syscall(SYS_renameat2, files.folder, from, files.folder, to, 0) != 0)
        return errno == EINVAL ? MACHINE_FILE_DENIED : host_file_error(errno);
    move_open_paths(from, to);
    return 0;
}

/*
 * Rename or move. An existing file at `to` is replaced, unless MACHINE_FILE_EXCLUSIVE is given or
 * it is read-only; a folder is never replaced. The new name gets the case that `to` has, also when
 * only the case changes.
 */
int64_t host_file_rename(const char *from, const char *to, uint32_t flags)
{
    char old[PATH_MAX], existing[PATH_MAX], wanted[PATH_MAX];
    struct stat old_status, new_status;
    int64_t result;
    bool exists;

    if (files.folder < 0)
        return MACHINE_FILE_NO_DRIVE;
    result = host_file_lookup(files.folder, from, old, &old_status);
    if (result < 0)
        return result;
    result = host_file_lookup(files.folder, to, existing, &new_status);
    if (result < 0 && result != MACHINE_FILE_NOT_FOUND)
        return result;
    exists = result == 0;
    if (!strcmp(old, ".") || !strcmp(existing, "."))
        return MACHINE_FILE_DENIED;
    strcpy(wanted, existing);
    respell(wanted, to);
    if (!exists || !strcmp(old, existing))
        return move(old, wanted);
    if (flags & MACHINE_FILE_EXCLUSIVE)
        return MACHINE_FILE_EXISTS;
    if (S_ISDIR(new_status.st_mode) || S_ISDIR(old_status.st_mode) ||
        !(new_status.st_mode & S_IWUSR))
        return MACHINE_FILE_DENIED;
    result = move(old, existing);
    return result < 0 ? result : move(existing, wanted);
}

void host_file_close(int64_t handle)
{
    struct open_file *file = file_of(handle);

    if (file)
        release(file);
}
