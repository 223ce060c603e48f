/*
 * The journal: changes that the hive files lack, one entry behind the other. An entry is written by
 * one system call, and what follows it was written later. So when a process dies at most the end of
 * the last entry is missing, or after a power failure is zeros: such an end was never acknowledged
 * and is cut off. Anything else that does not fit is damage, and is not guessed about.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zlib.h>

#include "hive/hive_internal.h"

#define MAGIC 0x314A5352u /* RSJ1 */

/* 32 bytes, so that the records behind it are aligned. */
struct entry {
    uint32_t magic;
    uint32_t kind; /* enum hive_entry */
    uint64_t size; /* bytes behind the header; entries start at multiples of eight */
    uint32_t data_crc;
    uint32_t reserved[2];
    uint32_t header_crc; /* of the fields before it */
};

static uint32_t checksum(const void *bytes, size_t size)
{
    return (uint32_t)crc32_z(0, bytes, size);
}

bool hive_journal_append(struct hive_store *store, enum hive_entry kind, const void *bytes,
                         size_t size, char *why, size_t why_size)
{
    static const char zeros[8];
    struct entry entry = {.magic = MAGIC, .kind = kind, .size = size};
    struct iovec parts[] = {
        {&entry, sizeof entry}, {(void *)bytes, size}, {(void *)zeros, -size % sizeof zeros}};
    ssize_t total = (ssize_t)(sizeof entry + size + parts[2].iov_len), written;
    int problem;

    entry.data_crc = checksum(bytes, size);
    entry.header_crc = checksum(&entry, offsetof(struct entry, header_crc));
    do
        written = pwritev(store->journal, parts, 3, store->journal_size);
    while (written < 0 && errno == EINTR);
    if (written == total) {
        store->journal_size += total;
        return true;
    }
    problem = written < 0 ? errno : ENOSPC;
    if (ftruncate(store->journal, store->journal_size) != 0)
        problem = errno;
    return hive_fail(why, why_size, "%s/journal: cannot be written: %s", store->path,
                     strerror(problem));
}

bool hive_journal_clear(struct hive_store *store, char *why, size_t why_size)
{
    if (ftruncate(store->journal, 0) != 0 || fsync(store->journal) != 0)
        return hive_fail(why, why_size, "%s/journal: cannot be emptied: %s", store->path,
                         strerror(errno));
    store->journal_size = 0;
    return true;
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i])
            return false;
    return true;
}

enum found { WHOLE, TORN, DAMAGED };

static enum found look(const uint8_t *bytes, size_t available, struct entry *entry)
{
    size_t length;

    if (available < sizeof *entry)
        return TORN;
    memcpy(entry, bytes, sizeof *entry);
    if (entry->magic != MAGIC ||
        entry->header_crc != checksum(entry, offsetof(struct entry, header_crc)))
        return all_zero(bytes, available) ? TORN : DAMAGED;
    if (entry->size > available - sizeof *entry)
        return TORN;
    length = sizeof *entry + ((entry->size + 7) & ~7ull);
    if (length > available)
        return TORN;
    if (entry->data_crc == checksum(bytes + sizeof *entry, entry->size))
        return WHOLE;
    return length == available ? TORN : DAMAGED;
}

bool hive_journal_read(struct hive_store *store, hive_entry_visit *visit, char *why,
                       size_t why_size)
{
    uint8_t *bytes;
    size_t size, at = 0;
    bool missing, done;

    if (!hive_folder_read(store, "journal", &bytes, &size, &missing, why, why_size))
        return false;
    done = true;
    while (at < size && done) {
        struct entry entry;
        enum found found = look(bytes + at, size - at, &entry);

        if (found == TORN)
            break;
        done = found == WHOLE
                   ? visit(store, entry.kind, bytes + at + sizeof entry, entry.size, why, why_size)
                   : hive_fail(why, why_size, "%s/journal: damaged at 0x%zx", store->path, at);
        at += sizeof entry + ((entry.size + 7) & ~7ull);
    }
    free(bytes);
    if (!done)
        return false;
    store->journal_size = (off_t)at;
    if (at < size && ftruncate(store->journal, (off_t)at) != 0)
        return hive_fail(why, why_size, "%s/journal: cannot be written: %s", store->path,
                         strerror(errno));
    return true;
}
