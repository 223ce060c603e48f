/* What the files of hive share: texts, buffers, the tree of keys, the store. */
#ifndef RINGSIDE_HIVE_INTERNAL_H
#define RINGSIDE_HIVE_INTERNAL_H

#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>

#include "hive/hive.h"
#include "machine/registry_record.h"

/* UTF-16, counted. */
struct hive_text {
    const uint16_t *units;
    size_t count;
};

struct hive_value {
    struct hive_text name; /* malloc; empty = the default value */
    uint32_t type;
    uint32_t size; /* bytes */
    uint8_t *data; /* malloc; NULL when size is 0 */
};

struct hive_key {
    struct hive_key *parent; /* NULL: the root of a hive */
    struct hive_text name;   /* malloc; empty for a root */
    struct hive_text class_name;
    uint64_t time; /* last change, 100 ns since 1601 */
    bool link;
    size_t depth;               /* 0: the root */
    struct hive_key **children; /* in the order in which Windows searches them */
    size_t child_count, child_room;
    struct hive_value *values; /* in order of creation */
    size_t value_count, value_room;
};

/* Bytes that grow at the end. After a failure `failed` is set and nothing is added any more. */
struct hive_buffer {
    uint8_t *bytes; /* malloc */
    size_t size, room;
    bool failed; /* no memory */
};

#define HIVE_DEPTH_LIMIT (REGISTRY_DEPTH_LIMIT - 3) /* below the root of a hive */
#define HIVE_NAME_SIZE 192                          /* a user's SID has at most 184 characters */

struct hive_file {
    char name[HIVE_NAME_SIZE];
    struct hive_key *root;
    uint32_t sequence; /* of the file, counted up with each commit */
    bool changed;
};

struct hive_store {
    char *path;          /* of the folder, for messages */
    int folder, journal; /* descriptors */
    off_t journal_size;
    bool broken; /* a commit stopped half way: hive_store_recover comes first */
    bool behind; /* some changes are in memory only */
    struct hive_file *files;
    size_t count;
};

/* Writes the line; returns false. */
__attribute__((format(printf, 3, 4))) bool hive_fail(char *why, size_t why_size, const char *format,
                                                     ...);

/* tree.c */
uint8_t *hive_buffer_add(struct hive_buffer *buffer, size_t size); /* zeroed; NULL = no memory */
/* Names are compared without regard to case: negative, 0, positive. */
int hive_text_compare(struct hive_text first, struct hive_text second);
bool hive_key_name_valid(struct hive_text name);
struct hive_key *hive_key_new_root(void);
struct hive_key *hive_key_child(const struct hive_key *key, struct hive_text name);
/* A new child; NULL when there is one of that name, or no memory. */
struct hive_key *hive_key_add(struct hive_key *parent, struct hive_text name);
bool hive_key_set_class(struct hive_key *key, struct hive_text class_name);
/* A name that is taken, or no memory: false. */
bool hive_key_rename(struct hive_key *key, struct hive_text name);
void hive_key_delete(struct hive_key *key); /* with all below it */
struct hive_value *hive_key_value(const struct hive_key *key, struct hive_text name);
/* NULL = no memory. */
struct hive_value *hive_key_set_value(struct hive_key *key, struct hive_text name, uint32_t type,
                                      const void *data, uint32_t size);
void hive_key_delete_value(struct hive_key *key, struct hive_value *value);

/* record.c. Is that the name of a hive's file? */
bool hive_record_is_file(const char *name);
/* The file that a record is of, and the path of its key below the file's root. */
bool hive_record_place(const struct registry_record *record, char name[HIVE_NAME_SIZE],
                       struct hive_text *rest);
/* Is the record one that the kernel may have written? */
bool hive_record_valid(const struct registry_record *record, struct hive_text rest);
/* Change a tree. False: no memory. */
bool hive_record_apply(struct hive_key *root, const struct registry_record *record,
                       struct hive_text rest);
void hive_record_list(struct hive_buffer *buffer, const struct hive_file *file);

/* regf_read.c, regf_write.c */
struct hive_key *hive_regf_read(const void *bytes, size_t size, uint32_t *sequence, char *why,
                                size_t why_size);
bool hive_regf_write(struct hive_buffer *buffer, const struct hive_file *file, char *why,
                     size_t why_size);

/* journal.c */
enum hive_entry {
    HIVE_ENTRY_RECORDS = 1, /* registry records */
    HIVE_ENTRY_COMMIT,      /* the NAME.new of these hives count; each name ends with NUL */
};
bool hive_journal_append(struct hive_store *store, enum hive_entry kind, const void *bytes,
                         size_t size, char *why, size_t why_size);
bool hive_journal_clear(struct hive_store *store, char *why, size_t why_size);

/* What hive_journal_read calls for each entry; false ends it. */
typedef bool hive_entry_visit(struct hive_store *store, enum hive_entry kind, const void *bytes,
                              size_t size, char *why, size_t why_size);
/* Visit the entries of the given kind. Half an entry at the end is cut off. */
bool hive_journal_read(struct hive_store *store, hive_entry_visit *visit, char *why,
                       size_t why_size);

/* store.c */
/* Finish a commit that was interrupted, before the hives are read or written again. */
bool hive_store_recover(struct hive_store *store, char *why, size_t why_size);
bool hive_folder_read(const struct hive_store *store, const char *name, uint8_t **bytes,
                      size_t *size, bool *missing, char *why, size_t why_size);

/* commit.c: put the new files named in a HIVE_ENTRY_COMMIT in place. */
bool hive_commit_finish(struct hive_store *store, const char *names, size_t size, char *why,
                        size_t why_size);
/* Remove the new files of a commit that did not come to count. */
void hive_commit_discard(const struct hive_store *store);

#endif
