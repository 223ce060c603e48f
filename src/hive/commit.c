/*
 * Writing the changed hives. Each step is durable before the next begins:
 *
 *   1  NAME.new for each changed hive           a kill here: the old hives and the journal count
 *   2  an entry at the end of the journal       from here on the new files count
 *   3  NAME.new takes the place of NAME         a kill here: opening the store does the rest
 *   4  the journal becomes empty
 *
 * When step 3 or 4 fails, the store is of no use any more until it is opened again: a change behind
 * the entry of step 2 could not be told from one before it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hive/hive_internal.h"

#define NEW ".new"

static void new_name(char text[HIVE_NAME_SIZE + sizeof NEW], const char *name)
{
    snprintf(text, HIVE_NAME_SIZE + sizeof NEW, "%s" NEW, name);
}

static bool write_all(int descriptor, const uint8_t *bytes, size_t size)
{
    while (size) {
        ssize_t part = write(descriptor, bytes, size);

        if (part < 0 && errno != EINTR)
            return false;
        bytes += part > 0 ? part : 0;
        size -= part > 0 ? (size_t)part : 0;
    }
    return true;
}

static bool write_new(const struct hive_store *store, const struct hive_file *file, char *why,
                      size_t why_size)
{
    struct hive_buffer buffer = {0};
    char name[HIVE_NAME_SIZE + sizeof NEW], reason[128];
    int descriptor;
    bool done;

    if (!hive_regf_write(&buffer, file, reason, sizeof reason)) {
        free(buffer.bytes);
        return hive_fail(why, why_size, "%s/%s: %s", store->path, file->name, reason);
    }
    new_name(name, file->name);
    descriptor =
        openat(store->folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    done = descriptor >= 0 && write_all(descriptor, buffer.bytes, buffer.size) &&
           fsync(descriptor) == 0;
    if (!done)
        hive_fail(why, why_size, "%s/%s: cannot be written: %s", store->path, name,
                  strerror(errno));
    if (descriptor >= 0)
        close(descriptor);
    free(buffer.bytes);
    return done;
}

void hive_commit_discard(const struct hive_store *store)
{
    for (size_t i = 0; i < store->count; i++) {
        char name[HIVE_NAME_SIZE + sizeof NEW];

        new_name(name, store->files[i].name);
        unlinkat(store->folder, name, 0);
    }
}

/* Step 1; `names` receives the hives, each ending with NUL. */
static bool write_changed(const struct hive_store *store, struct hive_buffer *names, char *why,
                          size_t why_size)
{
    for (size_t i = 0; i < store->count; i++) {
        const struct hive_file *file = &store->files[i];
        size_t length = strlen(file->name) + 1;
        uint8_t *name;

        if (!file->changed)
            continue;
        if (!write_new(store, file, why, why_size))
            return false;
        name = hive_buffer_add(names, length);
        if (!name)
            return hive_fail(why, why_size, "%s: out of memory", store->path);
        memcpy(name, file->name, length);
    }
    if (fsync(store->folder) != 0)
        return hive_fail(why, why_size, "%s: cannot be written: %s", store->path, strerror(errno));
    return true;
}

bool hive_commit_finish(struct hive_store *store, const char *names, size_t size, char *why,
                        size_t why_size)
{
    size_t at = 0;

    while (at < size) {
        size_t length = strnlen(names + at, size - at);
        char from[HIVE_NAME_SIZE + sizeof NEW];

        if (at + length == size || !hive_record_is_file(names + at))
            return hive_fail(why, why_size, "%s/journal: damaged: no hive's name", store->path);
        new_name(from, names + at);
        /* When it is missing, it was put in place before the process died. */
        if (renameat(store->folder, from, store->folder, names + at) != 0 && errno != ENOENT)
            return hive_fail(why, why_size, "%s/%s: cannot take the place of the old one: %s",
                             store->path, from, strerror(errno));
        at += length + 1;
    }
    if (fsync(store->folder) != 0)
        return hive_fail(why, why_size, "%s: cannot be written: %s", store->path, strerror(errno));
    return true;
}

static bool commit(struct hive_store *store, struct hive_buffer *names, char *why, size_t why_size)
{
    if (!write_changed(store, names, why, why_size) ||
        !hive_journal_append(store, HIVE_ENTRY_COMMIT, names->bytes, names->size, why, why_size)) {
        hive_commit_discard(store);
        return false;
    }
    store->broken = true;
    if (fsync(store->journal) != 0)
        return hive_fail(why, why_size, "%s/journal: cannot be written: %s", store->path,
                         strerror(errno));
    if (!hive_commit_finish(store, (const char *)names->bytes, names->size, why, why_size) ||
        !hive_journal_clear(store, why, why_size))
        return false;
    store->broken = false;
    for (size_t i = 0; i < store->count; i++) {
        store->files[i].sequence += store->files[i].changed;
        store->files[i].changed = false;
    }
    return true;
}

bool hive_store_commit(struct hive_store *store, char *why, size_t why_size)
{
    struct hive_buffer names = {0};
    bool done;

    if (store->broken && !hive_store_recover(store, why, why_size)) {
        store->broken = true;
        return false;
    }
    if (store->journal_size == 0 && !store->behind)
        return true;
    done = commit(store, &names, why, why_size);
    store->behind = store->behind && !done;
    free(names.bytes);
    return done;
}
