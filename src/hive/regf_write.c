/*
 * A tree becomes a hive file of format version 1.5. It is always built anew, cell behind cell, so
 * that nothing deleted stays in it; every cell is used once, and only the end of a bin is free.
 *
 * Windows finds a subkey by binary search over upper-cased names, then by its hash: both must be
 * exact, or it misses keys that are there.
 */
#include <string.h>

#include "hive/hive_internal.h"
#include "hive/regf.h"
#include "machine/upcase.h"

#define MAJOR 1u
#define MINOR 5u
#define SEGMENT_SLACK 4 /* bytes */

/*
 * The security descriptor of all keys, self-relative: owner and group Administrators and SYSTEM;
 * full control for both, read access for Users, inherited by subkeys.
 */
static const uint8_t security_descriptor[] = {
    0x01, 0x00, 0x04, 0x80, 0x60, 0x00, 0x00, 0x00, 0x70, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x14, 0x00, 0x00, 0x00,
    /* access list: 76 bytes, three entries */
    0x02, 0x00, 0x4C, 0x00, 0x03, 0x00, 0x00, 0x00,
    /* allow SYSTEM (S-1-5-18) KEY_ALL_ACCESS */
    0x00, 0x02, 0x14, 0x00, 0x3F, 0x00, 0x0F, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05,
    0x12, 0x00, 0x00, 0x00,
    /* allow Administrators (S-1-5-32-544) KEY_ALL_ACCESS */
    0x00, 0x02, 0x18, 0x00, 0x3F, 0x00, 0x0F, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05,
    0x20, 0x00, 0x00, 0x00, 0x20, 0x02, 0x00, 0x00,
    /* allow Users (S-1-5-32-545) KEY_READ */
    0x00, 0x02, 0x18, 0x00, 0x19, 0x00, 0x02, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05,
    0x20, 0x00, 0x00, 0x00, 0x21, 0x02, 0x00, 0x00,
    /* owner Administrators, group SYSTEM */
    0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x20, 0x00, 0x00, 0x00, 0x20, 0x02, 0x00, 0x00,
    0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00};

struct writer {
    struct hive_buffer *buffer;
    uint32_t used, end; /* offsets: the next free byte, and the end of the current bin */
    uint32_t security;  /* cell */
    uint32_t keys;
    uint64_t time; /* the newest of all keys */
    bool too_large;
};

static void *at(const struct writer *writer, uint32_t offset)
{
    return writer->buffer->bytes + REGF_BASE_SIZE + offset;
}

/* The rest of the current bin becomes a free cell. */
static void close_bin(struct writer *writer)
{
    if (writer->used < writer->end)
        *(int32_t *)at(writer, writer->used) = (int32_t)(writer->end - writer->used);
    writer->used = writer->end;
}

static bool open_bin(struct writer *writer, size_t cell_size)
{
    size_t size =
        (sizeof(struct regf_bin) + cell_size + REGF_BIN_UNIT - 1) & ~(size_t)(REGF_BIN_UNIT - 1);
    struct regf_bin *bin;

    close_bin(writer);
    if (size > REGF_SIZE_LIMIT - writer->end) {
        writer->too_large = true;
        return false;
    }
    bin = (struct regf_bin *)hive_buffer_add(writer->buffer, size);
    if (!bin)
        return false;
    memcpy(bin->magic, "hbin", 4);
    bin->offset = writer->end;
    bin->size = (uint32_t)size;
    writer->used = writer->end + (uint32_t)sizeof *bin;
    writer->end += (uint32_t)size;
    return true;
}

/* A cell with zeroed contents; NULL when there is no memory. A later one may move it. */
static void *new_cell(struct writer *writer, size_t contents, uint32_t *offset)
{
    size_t size = (sizeof(int32_t) + contents + REGF_CELL_UNIT - 1) & ~(size_t)(REGF_CELL_UNIT - 1);

    *offset = REGF_NONE;
    if (size > writer->end - writer->used && !open_bin(writer, size))
        return NULL;
    *offset = writer->used;
    *(int32_t *)at(writer, writer->used) = -(int32_t)size;
    writer->used += (uint32_t)size;
    return (uint8_t *)at(writer, *offset) + sizeof(int32_t);
}

static void *contents_of(const struct writer *writer, uint32_t cell)
{
    return (uint8_t *)at(writer, cell) + sizeof(int32_t);
}

static bool write_bytes(struct writer *writer, const void *bytes, size_t size, uint32_t *cell)
{
    void *contents = new_cell(writer, size, cell);

    if (!contents)
        return false;
    memcpy(contents, bytes, size);
    return true;
}

/* Names without characters above U+00FF are stored with one byte each. */
static bool is_latin(struct hive_text name)
{
    for (size_t i = 0; i < name.count; i++)
        if (name.units[i] > 0xFF)
            return false;
    return true;
}

static size_t name_size(struct hive_text name)
{
    return is_latin(name) ? name.count : name.count * 2;
}

static void put_name(uint8_t *to, struct hive_text name)
{
    if (is_latin(name))
        for (size_t i = 0; i < name.count; i++)
            to[i] = (uint8_t)name.units[i];
    else
        memcpy(to, name.units, name.count * 2);
}

static uint32_t name_hash(struct hive_text name)
{
    uint32_t hash = 0;

    for (size_t i = 0; i < name.count; i++)
        hash = hash * 37 + upcase_character(name.units[i]);
    return hash;
}

/*
 * The data of a long value: cells of 16344 bytes, an array of them, and a header. The cells have
 * four bytes more, as those of Windows happen to have: hivex takes them for granted.
 */
static bool write_segments(struct writer *writer, const struct hive_value *value, uint32_t *cell)
{
    uint32_t count = (value->size + REGF_SEGMENT_SIZE - 1) / REGF_SEGMENT_SIZE;
    struct regf_segments *segments;
    uint32_t list;
    void *to;

    if (!new_cell(writer, count * sizeof(uint32_t), &list))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t start = i * REGF_SEGMENT_SIZE, segment;
        uint32_t size =
            value->size - start < REGF_SEGMENT_SIZE ? value->size - start : REGF_SEGMENT_SIZE;

        to = new_cell(writer, size + SEGMENT_SLACK, &segment);
        if (!to)
            return false;
        memcpy(to, value->data + start, size);
        ((uint32_t *)contents_of(writer, list))[i] = segment;
    }
    segments = new_cell(writer, sizeof *segments, cell);
    if (!segments)
        return false;
    *segments = (struct regf_segments){REGF_SEGMENTS_ID, (uint16_t)count, list};
    return true;
}

static bool write_value(struct writer *writer, const struct hive_value *value, uint32_t *cell)
{
    struct regf_value *to;
    uint32_t size = value->size, data = 0;

    if (size > UINT16_MAX * REGF_SEGMENT_SIZE) {
        writer->too_large = true;
        return false;
    }
    if (size <= sizeof data) {
        memcpy(&data, value->data ? (const void *)value->data : "", size);
        size |= REGF_INLINE;
    } else if (size > REGF_SEGMENT_SIZE) {
        if (!write_segments(writer, value, &data))
            return false;
    } else if (!write_bytes(writer, value->data, size, &data)) {
        return false;
    }
    to = new_cell(writer, sizeof *to + name_size(value->name), cell);
    if (!to)
        return false;
    *to = (struct regf_value){.id = REGF_VALUE_ID,
                              .name_size = (uint16_t)name_size(value->name),
                              .data_size = size,
                              .data_cell = data,
                              .type = value->type,
                              .flags = is_latin(value->name) ? REGF_VALUE_LATIN_NAME : 0};
    put_name((uint8_t *)(to + 1), value->name);
    return true;
}

static bool write_values(struct writer *writer, const struct hive_key *key, struct regf_key *to)
{
    if (!key->value_count)
        return true;
    if (!new_cell(writer, key->value_count * sizeof(uint32_t), &to->values))
        return false;
    for (size_t i = 0; i < key->value_count; i++) {
        const struct hive_value *value = &key->values[i];
        uint32_t cell;

        if (!write_value(writer, value, &cell))
            return false;
        ((uint32_t *)contents_of(writer, to->values))[i] = cell;
        if (to->longest_value < value->name.count * 2)
            to->longest_value = (uint32_t)value->name.count * 2;
        if (to->longest_data < value->size)
            to->longest_data = value->size;
    }
    to->value_count = (uint32_t)key->value_count;
    return true;
}

static bool write_leaf(struct writer *writer, const struct hive_key *key, const uint32_t *cells,
                       size_t first, uint32_t *leaf)
{
    size_t count = key->child_count - first;
    struct regf_hash_entry *entries;
    struct regf_list *list;

    if (count > REGF_LEAF_LIMIT)
        count = REGF_LEAF_LIMIT;
    list = new_cell(writer, sizeof *list + count * sizeof *entries, leaf);
    if (!list)
        return false;
    *list = (struct regf_list){REGF_HASH_LEAF_ID, (uint16_t)count};
    entries = (struct regf_hash_entry *)(list + 1);
    for (size_t i = 0; i < count; i++)
        entries[i] =
            (struct regf_hash_entry){cells[first + i], name_hash(key->children[first + i]->name)};
    return true;
}

/* A leaf, or an index root with as many of them as it takes. */
static bool write_index(struct writer *writer, const struct hive_key *key, const uint32_t *cells,
                        uint32_t *index)
{
    size_t leaves = (key->child_count + REGF_LEAF_LIMIT - 1) / REGF_LEAF_LIMIT;
    struct regf_list *root;

    if (leaves == 1)
        return write_leaf(writer, key, cells, 0, index);
    if (leaves > REGF_ROOT_LIMIT) {
        writer->too_large = true;
        return false;
    }
    root = new_cell(writer, sizeof *root + leaves * sizeof(uint32_t), index);
    if (!root)
        return false;
    *root = (struct regf_list){REGF_ROOT_ID, (uint16_t)leaves};
    for (size_t i = 0; i < leaves; i++) {
        uint32_t leaf;

        if (!write_leaf(writer, key, cells, i * REGF_LEAF_LIMIT, &leaf))
            return false;
        root = contents_of(writer, *index);
        ((uint32_t *)(root + 1))[i] = leaf;
    }
    return true;
}

static bool write_key(struct writer *writer, const struct hive_key *key, uint32_t parent,
                      uint32_t *cell);

static bool write_children(struct writer *writer, const struct hive_key *key, uint32_t cell,
                           struct regf_key *to)
{
    uint32_t *cells = NULL;
    bool done = true;

    if (!key->child_count)
        return true;
    cells = calloc(key->child_count, sizeof *cells);
    if (!cells) {
        writer->buffer->failed = true;
        return false;
    }
    for (size_t i = 0; i < key->child_count && done; i++) {
        const struct hive_key *child = key->children[i];

        done = write_key(writer, child, cell, &cells[i]);
        if (to->longest_child < child->name.count * 2)
            to->longest_child = (uint32_t)child->name.count * 2;
        if (to->longest_class < child->class_name.count * 2)
            to->longest_class = (uint32_t)child->class_name.count * 2;
    }
    done = done && write_index(writer, key, cells, &to->children);
    free(cells);
    to->child_count = (uint32_t)key->child_count;
    return done;
}

static struct hive_text key_name(const struct hive_key *key)
{
    static const uint16_t root[] = {'R', 'O', 'O', 'T'};

    return key->parent ? key->name : (struct hive_text){root, sizeof root / sizeof root[0]};
}

static bool write_key(struct writer *writer, const struct hive_key *key, uint32_t parent,
                      uint32_t *cell)
{
    struct hive_text name = key_name(key);
    struct regf_key to = {.id = REGF_KEY_ID,
                          .flags = (key->link ? REGF_KEY_LINK : 0) |
                                   (key->parent ? 0 : REGF_KEY_ROOT) |
                                   (is_latin(name) ? REGF_KEY_LATIN_NAME : 0),
                          .time = {(uint32_t)key->time, (uint32_t)(key->time >> 32)},
                          .parent = parent,
                          .children = REGF_NONE,
                          .volatile_children = REGF_NONE,
                          .values = REGF_NONE,
                          .class_name = REGF_NONE,
                          .name_size = (uint16_t)name_size(name),
                          .class_size = (uint16_t)(key->class_name.count * 2)};

    if (!new_cell(writer, sizeof to + to.name_size, cell) || !write_values(writer, key, &to) ||
        (to.class_size &&
         !write_bytes(writer, key->class_name.units, to.class_size, &to.class_name)))
        return false;
    if (!key->parent && !new_cell(writer, sizeof(struct regf_security) + sizeof security_descriptor,
                                  &writer->security))
        return false;
    to.security = writer->security;
    if (!write_children(writer, key, *cell, &to))
        return false;
    memcpy(contents_of(writer, *cell), &to, sizeof to);
    put_name((uint8_t *)contents_of(writer, *cell) + sizeof to, name);
    writer->keys++;
    if (writer->time < key->time)
        writer->time = key->time;
    return true;
}

static void fill_security(struct writer *writer)
{
    struct regf_security *security = contents_of(writer, writer->security);

    *security = (struct regf_security){.id = REGF_SECURITY_ID,
                                       .next = writer->security,
                                       .previous = writer->security,
                                       .references = writer->keys,
                                       .size = sizeof security_descriptor};
    memcpy(security + 1, security_descriptor, sizeof security_descriptor);
}

static void fill_base(struct writer *writer, const struct hive_file *file, uint32_t root)
{
    struct regf_base *base = (struct regf_base *)writer->buffer->bytes;
    struct regf_bin *bin = at(writer, 0);
    const uint32_t *words = (const uint32_t *)base;
    uint32_t sum = 0;

    *base = (struct regf_base){.sequence = file->sequence + 1,
                               .sequence2 = file->sequence + 1,
                               .time = {(uint32_t)writer->time, (uint32_t)(writer->time >> 32)},
                               .major = MAJOR,
                               .minor = MINOR,
                               .format = 1,
                               .root_cell = root,
                               .bins_size = writer->end,
                               .cluster = 1};
    memcpy(base->magic, "regf", 4);
    memcpy(bin->time, base->time, sizeof bin->time);
    for (size_t i = 0; file->name[i] && i + 1 < sizeof base->name / sizeof base->name[0]; i++)
        base->name[i] = (uint16_t)file->name[i];
    for (size_t i = 0; i < offsetof(struct regf_base, checksum) / sizeof *words; i++)
        sum ^= words[i];
    base->checksum = sum == 0 ? 1 : sum == UINT32_MAX ? UINT32_MAX - 1 : sum;
}

bool hive_regf_write(struct hive_buffer *buffer, const struct hive_file *file, char *why,
                     size_t why_size)
{
    struct writer writer = {.buffer = buffer};
    uint32_t root;

    hive_buffer_add(buffer, REGF_BASE_SIZE);
    if (!write_key(&writer, file->root, REGF_NONE, &root))
        return hive_fail(why, why_size, "%s",
                         writer.too_large ? "its contents exceed what a hive file can hold"
                                          : "out of memory");
    close_bin(&writer);
    fill_security(&writer);
    fill_base(&writer, file, root);
    return true;
}
