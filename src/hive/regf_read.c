/*
 * A hive file becomes a tree. The file is not trusted: all bins and cells are checked first, then
 * every reference must lead to the start of a cell in use which nothing else refers to, and what is
 * there must fit into its cell. So there are no cycles, and a tree is not larger than its file.
 * Security descriptors are shared, and skipped.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hive/hive_internal.h"
#include "hive/regf.h"

struct reader {
    const uint8_t *bins;
    uint32_t size;  /* bytes of all bins */
    uint8_t *cells; /* a bit for each 8 bytes: a cell in use that nothing refers to yet */
    char *why;
    size_t why_size;
};

__attribute__((format(printf, 3, 4))) static bool damaged(const struct reader *reader,
                                                          uint32_t offset, const char *format, ...)
{
    char text[160];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return hive_fail(reader->why, reader->why_size, "damaged at 0x%x: %s", REGF_BASE_SIZE + offset,
                     text);
}

static bool no_memory(const struct reader *reader)
{
    return hive_fail(reader->why, reader->why_size, "out of memory");
}

static uint32_t word_at(const uint8_t *bytes)
{
    uint32_t word;

    memcpy(&word, bytes, sizeof word);
    return word;
}

/* The contents of a cell, of which at least `minimum` bytes are there; *size receives them all. */
static const uint8_t *take_cell(struct reader *reader, uint32_t offset, uint64_t minimum,
                                uint32_t *size, const char *what)
{
    uint32_t bit = offset / REGF_CELL_UNIT;

    if (offset % REGF_CELL_UNIT || offset >= reader->size ||
        !(reader->cells[bit / 8] & 1u << bit % 8)) {
        damaged(reader, offset, "no cell for %s, or one that is used twice", what);
        return NULL;
    }
    reader->cells[bit / 8] &= (uint8_t)~(1u << bit % 8);
    *size = (uint32_t)-(int32_t)word_at(reader->bins + offset) - (uint32_t)sizeof(int32_t);
    if (*size < minimum) {
        damaged(reader, offset, "%s is longer than its cell", what);
        return NULL;
    }
    return reader->bins + offset + sizeof(int32_t);
}

static bool scan_bin(struct reader *reader, uint32_t start, uint32_t size)
{
    uint32_t offset = start + (uint32_t)sizeof(struct regf_bin);

    while (offset < start + size) {
        int32_t cell = (int32_t)word_at(reader->bins + offset);
        uint32_t length = cell < 0 ? 0u - (uint32_t)cell : (uint32_t)cell;
        uint32_t bit = offset / REGF_CELL_UNIT;

        if (length == 0 || length % REGF_CELL_UNIT || length > start + size - offset)
            return damaged(reader, offset, "a cell of %u bytes", length);
        if (cell < 0)
            reader->cells[bit / 8] |= (uint8_t)(1u << bit % 8);
        offset += length;
    }
    return true;
}

static bool scan(struct reader *reader)
{
    uint32_t offset = 0;

    while (offset < reader->size) {
        struct regf_bin bin;

        memcpy(&bin, reader->bins + offset, sizeof bin);
        if (memcmp(bin.magic, "hbin", 4) != 0 || bin.offset != offset)
            return damaged(reader, offset, "no bin starts here");
        if (bin.size == 0 || bin.size % REGF_BIN_UNIT || bin.size > reader->size - offset)
            return damaged(reader, offset, "a bin of %u bytes", bin.size);
        if (!scan_bin(reader, offset, bin.size))
            return false;
        offset += bin.size;
    }
    return true;
}

/* A name of `size` bytes as UTF-16; the caller frees its units. */
static bool read_name(const struct reader *reader, const uint8_t *bytes, uint32_t size, bool latin,
                      struct hive_text *name)
{
    uint16_t *units = malloc(size ? size * sizeof *units : 1);

    *name = (struct hive_text){units, latin ? size : size / 2};
    if (!units)
        return no_memory(reader);
    if (latin)
        for (uint32_t i = 0; i < size; i++)
            units[i] = bytes[i];
    else
        memcpy(units, bytes, size & ~1u);
    return true;
}

static bool read_segments(struct reader *reader, const uint8_t *header, uint8_t *data,
                          uint32_t data_size)
{
    struct regf_segments segments;
    const uint8_t *list;
    uint32_t size, done = 0;

    memcpy(&segments, header, sizeof segments);
    list = take_cell(reader, segments.cells, segments.count * sizeof(uint32_t), &size,
                     "a list of segments");
    if (!list)
        return false;
    for (uint32_t i = 0; i < segments.count && done < data_size; i++) {
        const uint8_t *segment =
            take_cell(reader, word_at(list + i * sizeof(uint32_t)), 0, &size, "a segment");

        if (!segment)
            return false;
        if (size > REGF_SEGMENT_SIZE)
            size = REGF_SEGMENT_SIZE;
        if (size > data_size - done)
            size = data_size - done;
        memcpy(data + done, segment, size);
        done += size;
    }
    return done == data_size || damaged(reader, segments.cells,
                                        "a value of %u bytes has segments of %u", data_size, done);
}

/* The data of a value, malloc; NULL with size 0. */
static bool read_data(struct reader *reader, const struct regf_value *value, uint8_t **data,
                      uint32_t *data_size)
{
    const uint8_t *cell;
    uint32_t size;

    *data = NULL;
    *data_size = value->data_size & ~REGF_INLINE;
    if (*data_size == 0)
        return true;
    if (value->data_size & REGF_INLINE && *data_size > sizeof value->data_cell)
        return damaged(reader, value->data_cell, "%u bytes in four", *data_size);
    if (!(value->data_size & REGF_INLINE) && *data_size > reader->size)
        return damaged(reader, value->data_cell, "a value of %u bytes", *data_size);
    *data = malloc(*data_size);
    if (!*data)
        return no_memory(reader);
    if (value->data_size & REGF_INLINE) {
        memcpy(*data, &value->data_cell, *data_size);
        return true;
    }
    cell = take_cell(reader, value->data_cell, 0, &size, "the data of a value");
    if (!cell)
        return false;
    if (size >= *data_size) {
        memcpy(*data, cell, *data_size);
        return true;
    }
    if (size < sizeof(struct regf_segments) || (cell[0] | cell[1] << 8) != REGF_SEGMENTS_ID)
        return damaged(reader, value->data_cell, "the data of a value are longer than their cell");
    return read_segments(reader, cell, *data, *data_size);
}

static bool read_value(struct reader *reader, uint32_t offset, struct hive_key *key)
{
    struct regf_value value;
    struct hive_text name;
    uint8_t *data = NULL;
    uint32_t size, data_size = 0;
    const uint8_t *cell = take_cell(reader, offset, sizeof value, &size, "a value");
    bool done;

    if (!cell)
        return false;
    memcpy(&value, cell, sizeof value);
    if (value.id != REGF_VALUE_ID || value.name_size > size - sizeof value)
        return damaged(reader, offset, "no value, or its name is too long");
    if (!read_name(reader, cell + sizeof value, value.name_size,
                   value.flags & REGF_VALUE_LATIN_NAME, &name))
        return false;
    done = name.count > REGISTRY_VALUE_NAME_LIMIT || hive_key_value(key, name)
               ? damaged(reader, offset, "a value's name is too long, or there twice")
               : read_data(reader, &value, &data, &data_size);
    if (done && !hive_key_set_value(key, name, value.type, data, data_size))
        done = no_memory(reader);
    free((void *)name.units);
    free(data);
    return done;
}

static bool read_values(struct reader *reader, const struct regf_key *from, struct hive_key *key)
{
    const uint8_t *list;
    uint32_t size;

    if (from->value_count == 0)
        return true;
    list = take_cell(reader, from->values, (uint64_t)from->value_count * sizeof(uint32_t), &size,
                     "a list of values");
    if (!list)
        return false;
    for (uint32_t i = 0; i < from->value_count; i++)
        if (!read_value(reader, word_at(list + i * sizeof(uint32_t)), key))
            return false;
    return true;
}

static bool read_key(struct reader *reader, uint32_t offset, struct hive_key *parent,
                     struct hive_key *root);

/* A leaf of any kind, or an index root, below which there are leaves only. */
static bool read_index(struct reader *reader, uint32_t offset, struct hive_key *key, bool is_leaf)
{
    struct regf_list list;
    uint32_t size, stride;
    const uint8_t *cell = take_cell(reader, offset, sizeof list, &size, "a list of subkeys");

    if (!cell)
        return false;
    memcpy(&list, cell, sizeof list);
    stride = list.id == REGF_HASH_LEAF_ID || list.id == REGF_FAST_LEAF_ID
                 ? (uint32_t)sizeof(struct regf_hash_entry)
                 : (uint32_t)sizeof(uint32_t);
    if (stride == sizeof(uint32_t) && list.id != REGF_LEAF_ID &&
        (list.id != REGF_ROOT_ID || is_leaf))
        return damaged(reader, offset, "no list of subkeys");
    if (list.count * stride > size - sizeof list)
        return damaged(reader, offset, "a list of subkeys is longer than its cell");
    for (uint32_t i = 0; i < list.count; i++) {
        uint32_t entry = word_at(cell + sizeof list + i * stride);

        if (list.id == REGF_ROOT_ID ? !read_index(reader, entry, key, true)
                                    : !read_key(reader, entry, key, NULL))
            return false;
    }
    return true;
}

static bool read_class(struct reader *reader, const struct regf_key *from, struct hive_key *key)
{
    struct hive_text class_name;
    const uint8_t *cell;
    uint32_t size;
    bool done;

    if (from->class_size < 2 || from->class_name == REGF_NONE)
        return true;
    cell = take_cell(reader, from->class_name, from->class_size, &size, "a class name");
    if (!cell || !read_name(reader, cell, from->class_size, false, &class_name))
        return false;
    done = hive_key_set_class(key, class_name) || no_memory(reader);
    free((void *)class_name.units);
    return done;
}

/* The new child of `parent` that a key of the file is; the name of a root is not kept. */
static struct hive_key *add_key(struct reader *reader, const struct regf_key *from,
                                const uint8_t *name_bytes, uint32_t offset, struct hive_key *parent)
{
    struct hive_key *key = NULL;
    struct hive_text name;

    if (!read_name(reader, name_bytes, from->name_size, from->flags & REGF_KEY_LATIN_NAME, &name))
        return NULL;
    if (!hive_key_name_valid(name) || hive_key_child(parent, name))
        damaged(reader, offset, "a key's name is malformed, or there twice");
    else if (parent->depth == HIVE_DEPTH_LIMIT)
        damaged(reader, offset, "keys are nested too deep");
    else if (!(key = hive_key_add(parent, name)))
        no_memory(reader);
    free((void *)name.units);
    return key;
}

/* `root` is what the root of the file becomes; other keys become children of `parent`. */
static bool read_key(struct reader *reader, uint32_t offset, struct hive_key *parent,
                     struct hive_key *root)
{
    struct regf_key from;
    uint32_t size;
    const uint8_t *cell = take_cell(reader, offset, sizeof from, &size, "a key");
    struct hive_key *key;

    if (!cell)
        return false;
    memcpy(&from, cell, sizeof from);
    if (from.id != REGF_KEY_ID || from.name_size > size - sizeof from)
        return damaged(reader, offset, "no key, or its name is too long");
    key = root ? root : add_key(reader, &from, cell + sizeof from, offset, parent);
    if (!key)
        return false;
    key->time = from.time[0] | (uint64_t)from.time[1] << 32;
    key->link = (from.flags & REGF_KEY_LINK) != 0;
    if (!read_class(reader, &from, key) || !read_values(reader, &from, key))
        return false;
    if (from.child_count && !read_index(reader, from.children, key, false))
        return false;
    return key->child_count == from.child_count ||
           damaged(reader, offset, "a key with %u subkeys has a list of %zu", from.child_count,
                   key->child_count);
}

static bool check_base(const struct regf_base *base, size_t size, char *why, size_t why_size)
{
    const uint32_t *words = (const uint32_t *)base;
    uint32_t sum = 0;

    for (size_t i = 0; i < offsetof(struct regf_base, checksum) / sizeof *words; i++)
        sum ^= words[i];
    sum = sum == 0 ? 1 : sum == UINT32_MAX ? UINT32_MAX - 1 : sum;
    if (memcmp(base->magic, "regf", 4) != 0)
        return hive_fail(why, why_size, "not a registry hive");
    if (base->checksum != sum)
        return hive_fail(why, why_size, "damaged: the checksum of its header is wrong");
    if (base->major != 1 || base->minor < 3 || base->minor > 6 || base->type != 0 ||
        base->format != 1)
        return hive_fail(why, why_size, "a hive of the unknown format %u.%u, type %u", base->major,
                         base->minor, base->type);
    if (base->sequence != base->sequence2)
        return hive_fail(why, why_size,
                         "Windows was writing it when it stopped: its log files are not read");
    if (base->bins_size == 0 || base->bins_size % REGF_BIN_UNIT ||
        base->bins_size > REGF_SIZE_LIMIT || base->bins_size > size - REGF_BASE_SIZE)
        return hive_fail(why, why_size, "damaged: it is shorter than its header says");
    return true;
}

struct hive_key *hive_regf_read(const void *bytes, size_t size, uint32_t *sequence, char *why,
                                size_t why_size)
{
    struct reader reader = {.why = why, .why_size = why_size};
    struct hive_key *root;
    struct regf_base base;

    if (size < REGF_BASE_SIZE + REGF_BIN_UNIT) {
        hive_fail(why, why_size, "too short for a registry hive");
        return NULL;
    }
    memcpy(&base, bytes, sizeof base);
    if (!check_base(&base, size, why, why_size))
        return NULL;
    *sequence = base.sequence;
    reader.bins = (const uint8_t *)bytes + REGF_BASE_SIZE;
    reader.size = base.bins_size;
    reader.cells = calloc(1, reader.size / REGF_CELL_UNIT / 8);
    root = hive_key_new_root();
    if (!reader.cells || !root)
        no_memory(&reader);
    if (!reader.cells || !root || !scan(&reader) ||
        !read_key(&reader, base.root_cell, NULL, root)) {
        if (root)
            hive_key_delete(root);
        root = NULL;
    }
    free(reader.cells);
    return root;
}
