/*
 * Image files by name, and the images that are loaded now.
 *
 * The kernel asks for a whole file by its NT path. Three places are looked at in turn: files that
 * the user added, the system modules embedded in this library (under any system folder), and the
 * C: folder.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/gdb.h"
#include "host/host.h"
#include "host/symbols.h"
#include "host/trace.h"

#define MAXIMUM_FILE (512u << 20)

struct embedded_file {
    const char *name;
    const void *bytes;
    size_t size;
};
extern const struct embedded_file host_embedded_files[];

/* A file that the user added, or one that was read from the C: folder. */
struct image_file {
    struct image_file *next;
    char *path; /* NULL: read from C: for one use */
    void *bytes;
    size_t size;
};

struct loaded_image {
    struct loaded_image *next;
    struct machine_image info; /* strings are ours */
    struct host_symbols *symbols;
};

static struct {
    struct image_file *files;
    struct loaded_image *loaded;
} images;

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '\\');

    return slash ? slash + 1 : path;
}

static struct image_file *keep(const char *path, void *bytes, size_t size)
{
    struct image_file *file = calloc(1, sizeof *file);

    if (!file)
        host_fatal("out of memory");
    file->path = path ? strdup(path) : NULL;
    file->bytes = bytes;
    file->size = size;
    file->next = images.files;
    images.files = file;
    return file;
}

/* The file that was added last under a path; NULL = none was. */
static const struct image_file *find_added(const char *nt_path)
{
    for (const struct image_file *file = images.files; file; file = file->next)
        if (file->path && strcasecmp(file->path, nt_path) == 0)
            return file;
    return NULL;
}

bool host_image_add(const char *nt_path, const void *bytes, size_t size)
{
    const struct image_file *added = find_added(nt_path);
    void *copy;

    /* The same again, as when a program is run twice: an image may still use the first. */
    if (added && added->size == size && memcmp(added->bytes, bytes, size) == 0)
        return true;
    copy = malloc(size ? size : 1);
    if (!copy)
        return false;
    memcpy(copy, bytes, size);
    keep(nt_path, copy, size);
    return true;
}

bool host_read_file(const char *path, void **bytes, size_t *size, char *why, size_t why_size)
{
    FILE *file = fopen(path, "rbe");
    long length;

    if (!file) {
        snprintf(why, why_size, "%s: %m", path);
        return false;
    }
    *bytes = NULL;
    if (fseek(file, 0, SEEK_END) != 0 || (length = ftell(file)) < 0 || length > MAXIMUM_FILE) {
        snprintf(why, why_size, "%s: not a regular file of at most 512 MiB", path);
        goto fail;
    }
    rewind(file);
    *size = (size_t)length;
    *bytes = malloc(*size ? *size : 1);
    if (!*bytes || fread(*bytes, 1, *size, file) != *size) {
        snprintf(why, why_size, "%s: cannot be read", path);
        goto fail;
    }
    fclose(file);
    return true;
fail:
    free(*bytes);
    fclose(file);
    return false;
}

bool host_image_add_file(const char *nt_path, const char *host_path, char *why, size_t why_size)
{
    void *bytes;
    size_t size;

    if (!host_read_file(host_path, &bytes, &size, why, why_size))
        return false;
    keep(nt_path, bytes, size);
    return true;
}

bool host_image_is_added(const char *nt_path)
{
    return find_added(nt_path) != NULL;
}

static int use(const void *found, size_t found_size, const void **bytes, uint64_t *size)
{
    *bytes = found;
    *size = found_size;
    return 1;
}

static bool in_system_folder(const char *path)
{
    return strcasestr(path, "\\system32\\") != NULL || !strchr(path, '\\');
}

/* \SystemRoot\x, \??\C:\x or C:\x: the part below the C: folder; NULL when the path is elsewhere.
 */
static const char *below_c_drive(const char *path, char *buffer, size_t size)
{
    if (strncasecmp(path, "\\SystemRoot\\", 12) == 0) {
        snprintf(buffer, size, "\\Windows%s", path + 11);
        return buffer;
    }
    if (strncmp(path, "\\??\\", 4) == 0)
        path += 4;
    return (path[0] == 'C' || path[0] == 'c') && path[1] == ':' ? path + 2 : NULL;
}

static int open_on_drive(const char *path, const void **bytes, uint64_t *size)
{
    struct machine_file_info info;
    int64_t file = host_file_open(path, MACHINE_FILE_READ);
    void *copy;

    if (file < 0)
        return 0;
    if (host_file_info(file, &info) < 0 || info.directory || info.size > MAXIMUM_FILE ||
        !(copy = malloc(info.size ? info.size : 1))) {
        host_file_close(file);
        return 0;
    }
    if (host_file_read(file, 0, copy, info.size) != (int64_t)info.size) {
        free(copy);
        copy = NULL;
    }
    host_file_close(file);
    if (!copy)
        return 0;
    keep(NULL, copy, info.size);
    return use(copy, info.size, bytes, size);
}

int host_image_open(const char *path, const void **bytes, uint64_t *size)
{
    char buffer[600];
    const char *on_drive = below_c_drive(path, buffer, sizeof buffer);
    const struct image_file *added = find_added(path);
    const void *embedded;
    size_t embedded_size;

    if (added)
        return use(added->bytes, added->size, bytes, size);
    embedded = in_system_folder(path) ? host_embedded_file(base_name(path), &embedded_size) : NULL;
    if (embedded)
        return use(embedded, embedded_size, bytes, size);
    return on_drive ? open_on_drive(on_drive, bytes, size) : 0;
}

const void *host_embedded_file(const char *name, size_t *size)
{
    for (const struct embedded_file *file = host_embedded_files; file->name; file++) {
        if (strcasecmp(file->name, name) == 0) {
            *size = file->size;
            return file->bytes;
        }
    }
    return NULL;
}

static void free_file(struct image_file *file)
{
    free(file->path);
    free(file->bytes);
    free(file);
}

void host_image_release(const void *bytes)
{
    for (struct image_file **link = &images.files; *link; link = &(*link)->next) {
        struct image_file *file = *link;

        if (file->bytes != bytes || file->path)
            continue;
        *link = file->next;
        free_file(file);
        return;
    }
}

/* A system module is embedded without its debug sections; its symbols are in another file. */
static void use_debug_file(struct machine_image *image)
{
    char name[80];
    size_t size, debug_size;
    const void *debug;

    if (image->file != host_embedded_file(image->name, &size))
        return;
    snprintf(name, sizeof name, "%s.debug", image->name);
    debug = host_embedded_file(name, &debug_size);
    if (!debug)
        return;
    image->file = debug;
    image->file_size = debug_size;
}

void host_image_loaded(const struct machine_image *image)
{
    struct loaded_image *loaded = calloc(1, sizeof *loaded);

    if (!loaded)
        host_fatal("out of memory");
    loaded->info = *image;
    use_debug_file(&loaded->info);
    loaded->info.name = strdup(image->name);
    loaded->info.path = strdup(image->path);
    loaded->next = images.loaded;
    images.loaded = loaded;
    if (loaded->info.file)
        host_gdb_register(image->base, loaded->info.file, loaded->info.file_size, image->name);
}

static void free_loaded(struct loaded_image *loaded)
{
    if (loaded->info.file)
        host_gdb_unregister(loaded->info.base);
    if (loaded->symbols)
        host_symbols_close(loaded->symbols);
    free((char *)loaded->info.name);
    free((char *)loaded->info.path);
    free(loaded);
}

void host_image_unloaded(uint64_t base)
{
    for (struct loaded_image **link = &images.loaded; *link; link = &(*link)->next) {
        struct loaded_image *loaded = *link;

        if (loaded->info.base != base)
            continue;
        host_trace_decode_last();
        *link = loaded->next;
        free_loaded(loaded);
        return;
    }
}

void host_images_reset(void)
{
    while (images.loaded)
        host_image_unloaded(images.loaded->info.base);
    while (images.files) {
        struct image_file *file = images.files;

        images.files = file->next;
        free_file(file);
    }
}

static struct loaded_image *loaded_at(uint64_t address)
{
    for (struct loaded_image *loaded = images.loaded; loaded; loaded = loaded->next)
        if (address - loaded->info.base < loaded->info.size)
            return loaded;
    return NULL;
}

const struct machine_image *host_image_at(uint64_t address)
{
    struct loaded_image *loaded = loaded_at(address);

    return loaded ? &loaded->info : NULL;
}

const struct machine_image *host_image_number(unsigned number)
{
    struct loaded_image *loaded = images.loaded;
    unsigned behind = 0;

    for (struct loaded_image *each = loaded; each; each = each->next)
        behind++;
    if (number >= behind)
        return NULL;
    while (--behind > number) /* the newest stands first */
        loaded = loaded->next;
    return &loaded->info;
}

bool host_source_of(uint64_t address, struct host_source_line *line)
{
    struct loaded_image *loaded = loaded_at(address);

    if (!loaded || !loaded->info.file)
        return false;
    if (!loaded->symbols)
        loaded->symbols = host_symbols_open(loaded->info.file, loaded->info.file_size);
    return loaded->symbols &&
           host_symbols_lookup(loaded->symbols, (uint32_t)(address - loaded->info.base), line);
}
