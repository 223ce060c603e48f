/*
 * The folder of hives: opening it, taking changes in, giving the contents out.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hive/hive_internal.h"

#define FILE_LIMIT 0x7FFFFFFF /* bytes of a file that is read */

static bool read_all(int descriptor, uint8_t *bytes, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t part = read(descriptor, bytes + done, size - done);

        if (part == 0)
            errno = EIO; /* it became shorter meanwhile */
        if (part == 0 || (part < 0 && errno != EINTR))
            return false;
        done += part > 0 ? (size_t)part : 0;
    }
    return true;
}

bool hive_folder_read(const struct hive_store *store, const char *name, uint8_t **bytes,
                      size_t *size, bool *missing, char *why, size_t why_size)
{
    int descriptor = openat(store->folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const char *problem = NULL;
    struct stat status;

    *bytes = NULL;
    *size = 0;
    *missing = descriptor < 0 && errno == ENOENT;
    if (*missing)
        return true;
    if (descriptor < 0 || fstat(descriptor, &status) != 0) {
        problem = strerror(errno);
    } else if (!S_ISREG(status.st_mode) || status.st_size > FILE_LIMIT) {
        problem = S_ISREG(status.st_mode) ? "it is too large" : "it is no file";
    } else {
        *size = (size_t)status.st_size;
        *bytes = malloc(*size ? *size : 1);
        if (!*bytes || !read_all(descriptor, *bytes, *size))
            problem = strerror(errno);
    }
    if (descriptor >= 0)
        close(descriptor);
    if (!problem)
        return true;
    free(*bytes);
    *bytes = NULL;
    return hive_fail(why, why_size, "%s/%s: cannot be read: %s", store->path, name, problem);
}

static struct hive_file *add_file(struct hive_store *store, const char *name, struct hive_key *root)
{
    struct hive_file *files = reallocarray(store->files, store->count + 1, sizeof *files);

    if (!files || !root)
        return NULL;
    store->files = files;
    files += store->count++;
    *files = (struct hive_file){.root = root};
    snprintf(files->name, sizeof files->name, "%s", name);
    return files;
}

/* The hive of that name, empty when it is new; NULL = no memory. */
static struct hive_file *file_named(struct hive_store *store, const char *name)
{
    struct hive_key *root;
    struct hive_file *file;

    for (size_t i = 0; i < store->count; i++)
        if (strcmp(store->files[i].name, name) == 0)
            return &store->files[i];
    root = hive_key_new_root();
    file = add_file(store, name, root);
    if (!file)
        free(root);
    return file;
}

static bool no_memory(const struct hive_store *store, char *why, size_t why_size)
{
    return hive_fail(why, why_size, "%s: out of memory", store->path);
}

/* Change the trees. */
static bool apply(struct hive_store *store, const void *records, size_t size, char *why,
                  size_t why_size)
{
    const struct registry_record *record;

    for (size_t at = 0; at < size; at += record->size) {
        char name[HIVE_NAME_SIZE];
        struct hive_text rest;
        struct hive_file *file;

        record = (const struct registry_record *)((const uint8_t *)records + at);
        if (!hive_record_place(record, name, &rest))
            continue; /* checked before */
        file = file_named(store, name);
        if (!file || !hive_record_apply(file->root, record, rest))
            return no_memory(store, why, why_size);
        file->changed = true;
    }
    return true;
}

static bool check(const struct hive_store *store, const void *records, size_t size, char *why,
                  size_t why_size)
{
    const struct registry_record *record;

    for (size_t at = 0; at < size; at += record->size) {
        char name[HIVE_NAME_SIZE];
        struct hive_text rest;

        record = registry_record_at((const uint8_t *)records + at, size - at);
        if (!record || !hive_record_place(record, name, &rest) || !hive_record_valid(record, rest))
            return hive_fail(why, why_size, "%s: a malformed change, at byte %zu", store->path, at);
    }
    return true;
}

bool hive_store_append(struct hive_store *store, const void *records, size_t size, char *why,
                       size_t why_size)
{
    bool kept = false;

    if (size == 0)
        return true;
    if (!check(store, records, size, why, why_size))
        return false;
    if (store->broken || store->behind)
        hive_fail(why, why_size, "%s: a commit must come first", store->path);
    else
        kept = hive_journal_append(store, HIVE_ENTRY_RECORDS, records, size, why, why_size);
    store->behind = !kept;
    return apply(store, records, size, why, why_size) && kept;
}

bool hive_store_is_behind(const struct hive_store *store)
{
    return store->broken || store->behind;
}

size_t hive_store_journal_size(const struct hive_store *store)
{
    return (size_t)store->journal_size;
}

void *hive_store_records(const struct hive_store *store, size_t *size)
{
    struct hive_buffer buffer = {0};

    hive_buffer_add(&buffer, 0);
    for (size_t i = 0; i < store->count; i++)
        hive_record_list(&buffer, &store->files[i]);
    *size = buffer.size;
    if (!buffer.failed)
        return buffer.bytes;
    free(buffer.bytes);
    return NULL;
}

static bool load_hive(struct hive_store *store, const char *name, char *why, size_t why_size)
{
    char reason[256];
    uint8_t *bytes;
    size_t size;
    bool missing;
    struct hive_key *root;
    struct hive_file *file;
    uint32_t sequence;

    if (!hive_folder_read(store, name, &bytes, &size, &missing, why, why_size))
        return false;
    if (missing)
        return true;
    root = hive_regf_read(bytes, size, &sequence, reason, sizeof reason);
    free(bytes);
    if (!root)
        return hive_fail(why, why_size, "%s/%s: %s", store->path, name, reason);
    file = add_file(store, name, root);
    if (!file) {
        hive_key_delete(root);
        return no_memory(store, why, why_size);
    }
    file->sequence = sequence;
    return true;
}

/* The hives of the machine by name, those of users as they lie in the folder. */
static bool load_hives(struct hive_store *store, char *why, size_t why_size)
{
    int descriptor = openat(store->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = descriptor < 0 ? NULL : fdopendir(descriptor);
    struct dirent *entry;
    bool done = true;

    if (!folder) {
        if (descriptor >= 0)
            close(descriptor);
        return hive_fail(why, why_size, "%s: cannot be read: %s", store->path, strerror(errno));
    }
    while (done && (entry = readdir(folder)))
        if (hive_record_is_file(entry->d_name))
            done = load_hive(store, entry->d_name, why, why_size);
    closedir(folder);
    return done;
}

static bool visit_commit(struct hive_store *store, enum hive_entry kind, const void *bytes,
                         size_t size, char *why, size_t why_size)
{
    if (store->broken)
        return hive_fail(why, why_size, "%s/journal: damaged: it goes on behind its end",
                         store->path);
    if (kind != HIVE_ENTRY_COMMIT)
        return true;
    store->broken = true; /* until the new files are in place and the journal is empty */
    return hive_commit_finish(store, bytes, size, why, why_size);
}

static bool visit_records(struct hive_store *store, enum hive_entry kind, const void *bytes,
                          size_t size, char *why, size_t why_size)
{
    char reason[256];

    if (kind == HIVE_ENTRY_RECORDS && check(store, bytes, size, reason, sizeof reason))
        return apply(store, bytes, size, why, why_size);
    return hive_fail(why, why_size, "%s/journal: damaged: a malformed change", store->path);
}

bool hive_store_recover(struct hive_store *store, char *why, size_t why_size)
{
    store->broken = false;
    if (!hive_journal_read(store, visit_commit, why, why_size))
        return false;
    if (store->broken && !hive_journal_clear(store, why, why_size))
        return false;
    store->broken = false;
    return true;
}

static bool load(struct hive_store *store, char *why, size_t why_size)
{
    if (!hive_store_recover(store, why, why_size) || !load_hives(store, why, why_size) ||
        !hive_journal_read(store, visit_records, why, why_size))
        return false;
    hive_commit_discard(store);
    return true;
}

static bool open_folder(struct hive_store *store, char *why, size_t why_size)
{
    if (mkdir(store->path, 0777) != 0 && errno != EEXIST)
        return hive_fail(why, why_size, "%s: cannot be made: %s", store->path, strerror(errno));
    store->folder = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->folder < 0)
        return hive_fail(why, why_size, "%s: cannot be opened: %s", store->path, strerror(errno));
    if (flock(store->folder, LOCK_EX | LOCK_NB) != 0)
        return hive_fail(why, why_size, "%s: %s", store->path,
                         errno == EWOULDBLOCK ? "another process uses this registry"
                                              : strerror(errno));
    store->journal =
        openat(store->folder, "journal", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (store->journal < 0)
        return hive_fail(why, why_size, "%s/journal: cannot be written: %s", store->path,
                         strerror(errno));
    return true;
}

struct hive_store *hive_store_open(const char *folder, char *why, size_t why_size)
{
    struct hive_store *store = calloc(1, sizeof *store);

    if (!store) {
        hive_fail(why, why_size, "%s: out of memory", folder);
        return NULL;
    }
    store->folder = store->journal = -1;
    store->path = strdup(folder);
    if (store->path && open_folder(store, why, why_size) && load(store, why, why_size))
        return store;
    if (!store->path)
        hive_fail(why, why_size, "%s: out of memory", folder);
    hive_store_close(store);
    return NULL;
}

void hive_store_close(struct hive_store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < store->count; i++)
        hive_key_delete(store->files[i].root);
    free(store->files);
    if (store->journal >= 0)
        close(store->journal);
    if (store->folder >= 0)
        close(store->folder);
    free(store->path);
    free(store);
}
