/*
 * Registry records: what the registry contains, and what changed in it. The kernel hands a change
 * to the host as one record and takes the contents at boot as many, one behind the other.
 *
 * A record is a header, a key's full path (\REGISTRY\MACHINE\SYSTEM\…), a name and data, without
 * gaps; `size` is their sum rounded up to eight, and the bytes that round it up are zero. Paths and
 * names are UTF-16 without terminator; they may contain NUL and unpaired surrogates, as in Windows.
 * In a list of contents a key stands behind its parent and before its values. Keys of a path are no
 * links: what is below CurrentControlSet has the path of the control set that it leads to.
 *
 * A record that does not fit what it is applied to (a key that is missing) has no effect.
 */
#ifndef RINGSIDE_REGISTRY_RECORD_H
#define RINGSIDE_REGISTRY_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define REGISTRY_KEY_NAME_LIMIT 255u     /* characters */
#define REGISTRY_VALUE_NAME_LIMIT 16383u /* characters */
#define REGISTRY_DEPTH_LIMIT 512u        /* keys in a path, \REGISTRY included */
#define REGISTRY_PATH_BYTES (REGISTRY_DEPTH_LIMIT * (REGISTRY_KEY_NAME_LIMIT + 1) * 2)

/* In parentheses: what name and data are. */
enum registry_operation {
    REGISTRY_CREATE_KEY = 1, /* (; class name) its parent is there */
    REGISTRY_DELETE_KEY,     /* the key and all below it */
    REGISTRY_RENAME_KEY,     /* (the new last component) */
    REGISTRY_SET_VALUE,      /* (value; data) an empty name is the default value */
    REGISTRY_DELETE_VALUE,   /* (value) */
    REGISTRY_TOUCH_KEY,      /* only the time of the last change */
    REGISTRY_OPERATIONS,
};

#define REGISTRY_LINK 1u /* flag of REGISTRY_CREATE_KEY: SymbolicLinkValue says where it leads */

struct registry_record {
    uint32_t size;      /* bytes of the record, a multiple of eight */
    uint16_t operation; /* enum registry_operation */
    uint16_t flags;     /* REGISTRY_LINK */
    uint64_t time;      /* last change of the key, 100 ns since 1601 */
    uint32_t type;      /* REG_… of REGISTRY_SET_VALUE, otherwise 0 */
    uint32_t path_size; /* bytes */
    uint32_t name_size; /* bytes */
    uint32_t data_size; /* bytes */
};

/* The size of a record with such contents; more than 32 bits hold when it cannot be one. */
static inline uint64_t registry_record_size(uint64_t path_size, uint64_t name_size,
                                            uint64_t data_size)
{
    return (sizeof(struct registry_record) + path_size + name_size + data_size + 7) & ~7ull;
}

static inline const uint16_t *registry_record_path(const struct registry_record *record)
{
    return (const uint16_t *)(record + 1);
}

static inline const uint16_t *registry_record_name(const struct registry_record *record)
{
    return registry_record_path(record) + record->path_size / 2;
}

static inline const void *registry_record_data(const struct registry_record *record)
{
    return (const char *)registry_record_name(record) + record->name_size;
}

/* The record at `bytes`, 8-byte aligned; NULL when none lies whole within `available` bytes. */
static inline const struct registry_record *registry_record_at(const void *bytes,
                                                               uint64_t available)
{
    const struct registry_record *record = (const struct registry_record *)bytes;

    if (available < sizeof(*record) || record->size > available || record->size % 8)
        return NULL;
    if (record->operation == 0 || record->operation >= REGISTRY_OPERATIONS ||
        record->flags & ~REGISTRY_LINK || record->path_size % 2 || record->name_size % 2 ||
        record->path_size > REGISTRY_PATH_BYTES ||
        record->name_size > REGISTRY_VALUE_NAME_LIMIT * 2)
        return NULL;
    return record->size ==
                   registry_record_size(record->path_size, record->name_size, record->data_size)
               ? record
               : NULL;
}

#endif
