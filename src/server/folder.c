/* See folder.h. */
#define _GNU_SOURCE
#include "server/folder.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_NAME "control"
#define WAITING_COMMANDS 16
#define NAMES_MAX 256 /* bytes of the names of files below the folder */

bool folder_home(char *path, size_t size)
{
    const char *home = getenv("RINGSIDE_HOME"), *data = getenv("XDG_DATA_HOME"),
               *user = getenv("HOME");
    int length;

    if (home && *home)
        length = snprintf(path, size, "%s", home);
    else if (data && *data)
        length = snprintf(path, size, "%s/ringside", data);
    else if (user && *user)
        length = snprintf(path, size, "%s/.local/share/ringside", user);
    else
        return false;
    return length > 0 && (size_t)length < size;
}

static bool is_name(const char *name)
{
    if (!isalnum((unsigned char)*name))
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && !strchr("-_.", *name))
            return false;
    return true;
}

/* A name for the folder of a path: its last part, whatever slashes are behind that. */
static void name_of_path(const char *path, char *name, size_t size)
{
    size_t end = strlen(path), start;

    while (end > 1 && path[end - 1] == '/')
        end--;
    for (start = end; start > 0 && path[start - 1] != '/'; start--)
        ;
    snprintf(name, size, "%.*s", (int)(end - start), path + start);
}

/* So that the names of its files fit, too. */
static bool fits(int length, char *why, size_t why_size)
{
    if (length < PATH_MAX - NAMES_MAX)
        return true;
    snprintf(why, why_size, "the path of the machine is too long");
    return false;
}

bool folder_locate(struct folder *folder, const char *name, char *why, size_t why_size)
{
    char home[PATH_MAX];
    int length;

    if (!name)
        name = getenv("RINGSIDE_MACHINE");
    if (!name || !*name)
        name = FOLDER_DEFAULT_NAME;
    if (strchr(name, '/')) {
        name_of_path(name, folder->name, sizeof folder->name);
        length = snprintf(folder->path, sizeof folder->path, "%s", name);
        return fits(length, why, why_size);
    }
    if (!is_name(name) || strlen(name) >= sizeof folder->name) {
        snprintf(why, why_size,
                 "%s is no name of a machine: letters, digits, '-', '_' and '.', or a path", name);
        return false;
    }
    if (!folder_home(home, sizeof home)) {
        snprintf(why, why_size, "no place for machines: set HOME or RINGSIDE_HOME");
        return false;
    }
    snprintf(folder->name, sizeof folder->name, "%s", name);
    length = snprintf(folder->path, sizeof folder->path, "%s/%s", home, name);
    return fits(length, why, why_size);
}

const char *folder_file(const struct folder *folder, const char *name)
{
    static char path[PATH_MAX + 64];

    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    return path;
}

bool folder_exists(const struct folder *folder)
{
    struct stat info;

    return stat(folder_file(folder, "registry"), &info) == 0 && S_ISDIR(info.st_mode);
}

/* As mkdir -p. */
static bool make_path(const char *path)
{
    char part[PATH_MAX + 64];
    struct stat info;

    snprintf(part, sizeof part, "%s", path);
    for (char *at = part + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = 0;
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return false;
        *at = '/';
    }
    if (mkdir(part, 0700) == 0)
        return true;
    if (errno == EEXIST && stat(part, &info) == 0 && !S_ISDIR(info.st_mode))
        errno = ENOTDIR;
    return errno == EEXIST;
}

bool folder_create(const struct folder *folder, char *why, size_t why_size)
{
    static const char *const parts[] = {"C", "registry", "logs"};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!make_path(folder_file(folder, parts[i]))) {
            snprintf(why, why_size, "%s: %m", folder_file(folder, parts[i]));
            return false;
        }
    return true;
}

static int read_owner(int lock)
{
    char text[32] = "";
    ssize_t length = pread(lock, text, sizeof text - 1, 0);

    return length > 0 ? atoi(text) : 0;
}

bool folder_lock_sign(int lock)
{
    char text[32];
    int length = snprintf(text, sizeof text, "%d\n", getpid());

    return ftruncate(lock, 0) == 0 && pwrite(lock, text, (size_t)length, 0) == length;
}

int folder_lock(const struct folder *folder, bool *taken, char *why, size_t why_size)
{
    int lock = open(folder_file(folder, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600), owner;

    *taken = false;
    if (lock < 0) {
        snprintf(why, why_size, "%s: %m", folder_file(folder, "lock"));
        return -1;
    }
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        owner = read_owner(lock);
        if (owner)
            snprintf(why, why_size, "%s is running already (process %d)", folder->name, owner);
        else
            snprintf(why, why_size, "%s is just being started by another command", folder->name);
        *taken = true;
        close(lock);
        return -1;
    }
    if (folder_lock_sign(lock))
        return lock;
    snprintf(why, why_size, "%s: %m", folder_file(folder, "lock"));
    close(lock);
    return -1;
}

/* A socket's address holds 107 bytes: a longer path is reached through a descriptor. */
static bool address_of(const struct folder *folder, struct sockaddr_un *address, int *directory)
{
    const char *path = folder_file(folder, SOCKET_NAME);

    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    *directory = -1;
    if (strlen(path) < sizeof address->sun_path) {
        memcpy(address->sun_path, path, strlen(path));
        return true;
    }
    *directory = open(folder->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*directory < 0)
        return false;
    snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/" SOCKET_NAME,
             *directory);
    return true;
}

static int socket_for(const struct folder *folder,
                      bool (*use)(int, const struct sockaddr_un *, const struct folder *))
{
    struct sockaddr_un address;
    int directory, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

    if (fd < 0 || !address_of(folder, &address, &directory)) {
        error = errno;
        if (fd >= 0)
            close(fd);
        errno = error;
        return -1;
    }
    if (!use(fd, &address, folder)) {
        error = errno;
        close(fd);
        fd = -1;
        errno = error;
    }
    if (directory >= 0)
        close(directory);
    return fd;
}

/* Only the owner of the files may talk to the machine. */
static bool start_listening(int fd, const struct sockaddr_un *address, const struct folder *folder)
{
    mode_t mask;
    int result;

    unlink(folder_file(folder, SOCKET_NAME)); /* the lock is ours: whose it was is dead */
    mask = umask(0177);
    result = bind(fd, (const struct sockaddr *)address, sizeof *address);
    umask(mask);
    return result == 0 && listen(fd, WAITING_COMMANDS) == 0;
}

static bool start_talking(int fd, const struct sockaddr_un *address, const struct folder *folder)
{
    (void)folder;
    return connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
}

int folder_listen(const struct folder *folder, char *why, size_t why_size)
{
    int fd = socket_for(folder, start_listening);

    if (fd < 0)
        snprintf(why, why_size, "%s: %m", folder_file(folder, SOCKET_NAME));
    return fd;
}

int folder_connect(const struct folder *folder)
{
    return socket_for(folder, start_talking);
}
