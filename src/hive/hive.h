/*
 * hive: the registry of a machine in files, in the format of Windows (regf, version 1.5), which
 * registry tools read and Windows loads.
 *
 *   store.c      the folder: opening, changes, contents      commit.c   new hive files
 *   journal.c    changes since the hive files were written   regf.h     the file format
 *   regf_read.c  a file becomes a tree                       regf_write.c  and back
 *   tree.c       keys and values in memory                   record.c   records of the kernel
 *
 * A store is a folder with
 *   SYSTEM, SOFTWARE, SAM, SECURITY   \Registry\Machine\…
 *   DEFAULT                           \Registry\User\.DEFAULT
 *   S-1-5-21-…                        \Registry\User\S-1-5-21-…, a user's NTUSER.DAT
 *   journal                           what has changed since those were written
 * and its contents in memory. A hive file appears when it first has contents and is committed.
 *
 * What survives. A change that hive_store_append has accepted is in the journal: it survives the
 * death of the process at any moment, and a power failure once hive_store_commit has returned.
 * hive_store_commit writes every changed hive as a new file beside the old one, then one journal
 * entry that says so: that entry is the moment at which the new files count. Only then do they take
 * the place of the old ones, and the journal becomes empty; hive_store_open finishes what was
 * interrupted. No file is ever changed in place.
 *
 * What a hive keeps: names, classes, types, data, times of keys, links. Security descriptors are
 * not kept by the kernel: all keys of a written file have the usual one of the Machine hives.
 *
 * Files and records are not trusted: whatever is in them, a call fails with one line or works. The
 * component knows neither the kernel nor the host; `why` receives one line without a line feed.
 */
#ifndef RINGSIDE_HIVE_H
#define RINGSIDE_HIVE_H

#include <stdbool.h>
#include <stddef.h>

struct hive_store;

/*
 * Open a store, make its folder if it is missing, and finish an interrupted commit. The folder is
 * locked as long as the store is open. NULL and `why` on failure; nothing is changed then.
 */
struct hive_store *hive_store_open(const char *folder, char *why, size_t why_size);

/*
 * All contents as records (machine/registry_record.h): what the kernel gets at boot.
 * @param size  receives the bytes
 * Returns memory that the caller frees; NULL = none left.
 */
void *hive_store_records(const struct hive_store *store, size_t *size);

/*
 * Keep changes.
 * @param records  8-byte aligned; all of them are kept, or none
 * Returns false when a record is malformed or not of a hive: nothing is kept then; or when the
 * journal cannot be written: the store is behind then, see hive_store_is_behind.
 */
bool hive_store_append(struct hive_store *store, const void *records, size_t size, char *why,
                       size_t why_size);

/*
 * Are there changes in memory that no file has? Appending then fails, but keeps them in memory,
 * until a commit works, which has all of them.
 */
bool hive_store_is_behind(const struct hive_store *store);

/* Bytes of the journal: a measure of when to commit. */
size_t hive_store_journal_size(const struct hive_store *store);

/* Write the changed hives. Returns false when that fails; what was there before is intact. */
bool hive_store_commit(struct hive_store *store, char *why, size_t why_size);

/* Give the store back, without a commit: the journal keeps the rest. NULL is allowed. */
void hive_store_close(struct hive_store *store);

#endif
