/*
 * Records and trees: which hive a record is of, what it changes there, and a tree as records.
 */
#include <stdio.h>
#include <string.h>

#include "hive/hive_internal.h"
#include "machine/upcase.h"

#define USER_SID_START "S-1-"

struct hive_place {
    const char *branch, *key; /* \REGISTRY\branch\key */
    const char *file;
};

static const struct hive_place places[] = {
    {"MACHINE", "SYSTEM", "SYSTEM"}, {"MACHINE", "SOFTWARE", "SOFTWARE"},
    {"MACHINE", "SAM", "SAM"},       {"MACHINE", "SECURITY", "SECURITY"},
    {"USER", ".DEFAULT", "DEFAULT"},
};

#define PLACES (sizeof places / sizeof places[0])

static struct hive_text record_path(const struct registry_record *record)
{
    return (struct hive_text){registry_record_path(record), record->path_size / 2};
}

static struct hive_text record_name(const struct registry_record *record)
{
    return (struct hive_text){registry_record_name(record), record->name_size / 2};
}

/* Cuts "\component" off the front; false at the end, and when it does not begin so. */
static bool next_component(struct hive_text *path, struct hive_text *component)
{
    size_t count = 0;

    if (path->count == 0 || path->units[0] != '\\')
        return false;
    path->units++;
    path->count--;
    while (count < path->count && path->units[count] != '\\')
        count++;
    *component = (struct hive_text){path->units, count};
    path->units += count;
    path->count -= count;
    return true;
}

/* An ASCII name, compared as names of keys are. */
static bool is_name(struct hive_text text, const char *name)
{
    uint16_t units[16];
    size_t count = strlen(name);

    if (text.count != count)
        return false;
    for (size_t i = 0; i < count; i++)
        units[i] = (uint16_t)name[i];
    return hive_text_compare(text, (struct hive_text){units, count}) == 0;
}

/* Users' files have only digits and hyphens in their names: they can be no other file. */
bool hive_record_is_file(const char *name)
{
    for (size_t i = 0; i < PLACES; i++)
        if (strcmp(name, places[i].file) == 0)
            return true;
    return strncmp(name, USER_SID_START, strlen(USER_SID_START)) == 0 &&
           strspn(name + 1, "-0123456789") == strlen(name + 1) && strlen(name) < HIVE_NAME_SIZE;
}

/* A user's hive is the file of his SID. */
static bool user_file(struct hive_text key, char name[HIVE_NAME_SIZE])
{
    if (key.count >= HIVE_NAME_SIZE)
        return false;
    for (size_t i = 0; i < key.count; i++)
        name[i] = key.units[i] < 0x80 ? (char)upcase_character(key.units[i]) : '?';
    name[key.count] = 0;
    return strncmp(name, USER_SID_START, strlen(USER_SID_START)) == 0 && hive_record_is_file(name);
}

bool hive_record_place(const struct registry_record *record, char name[HIVE_NAME_SIZE],
                       struct hive_text *rest)
{
    struct hive_text registry, branch, key;

    *rest = record_path(record);
    if (!next_component(rest, &registry) || !is_name(registry, "REGISTRY") ||
        !next_component(rest, &branch) || !next_component(rest, &key))
        return false;
    for (size_t i = 0; i < PLACES; i++)
        if (is_name(branch, places[i].branch) && is_name(key, places[i].key)) {
            snprintf(name, HIVE_NAME_SIZE, "%s", places[i].file);
            return true;
        }
    return is_name(branch, "USER") && user_file(key, name);
}

bool hive_record_valid(const struct registry_record *record, struct hive_text rest)
{
    struct hive_text component;
    size_t depth = 0;
    bool is_root = rest.count == 0;

    while (rest.count) {
        if (!next_component(&rest, &component) || !hive_key_name_valid(component))
            return false;
        depth++;
    }
    switch (record->operation) {
    case REGISTRY_CREATE_KEY:
        return depth <= HIVE_DEPTH_LIMIT && record->data_size % 2 == 0 &&
               record->data_size <= UINT16_MAX;
    case REGISTRY_DELETE_KEY:
        return !is_root;
    case REGISTRY_RENAME_KEY:
        return !is_root && hive_key_name_valid(record_name(record));
    default:
        return true;
    }
}

/* The key that a path leads to, or NULL; `last` and its parent when only the last is missing. */
static struct hive_key *find(struct hive_key *root, struct hive_text path, struct hive_key **parent,
                             struct hive_text *last)
{
    struct hive_key *key = root;

    *parent = NULL;
    while (next_component(&path, last)) {
        *parent = key;
        key = hive_key_child(key, *last);
        if (!key) {
            if (path.count)
                *parent = NULL;
            return NULL;
        }
    }
    return key;
}

static bool create(struct hive_key *key, struct hive_key *parent, struct hive_text name,
                   const struct registry_record *record)
{
    struct hive_text class_name = {registry_record_data(record), record->data_size / 2};

    if (!key) {
        if (!parent)
            return true;
        key = hive_key_add(parent, name);
        if (!key)
            return false;
        parent->time = record->time;
    }
    key->link = (record->flags & REGISTRY_LINK) != 0;
    key->time = record->time;
    return hive_key_set_class(key, class_name);
}

bool hive_record_apply(struct hive_key *root, const struct registry_record *record,
                       struct hive_text rest)
{
    struct hive_text name = record_name(record), last = {0};
    struct hive_key *parent, *other, *key = find(root, rest, &parent, &last);
    struct hive_value *value;

    if (record->operation == REGISTRY_CREATE_KEY)
        return create(key, parent, last, record);
    if (!key)
        return true;
    key->time = record->time;
    switch (record->operation) {
    case REGISTRY_DELETE_KEY:
        parent->time = record->time;
        hive_key_delete(key);
        return true;
    case REGISTRY_RENAME_KEY:
        other = hive_key_child(parent, name);
        return (other && other != key) || hive_key_rename(key, name);
    case REGISTRY_SET_VALUE:
        return hive_key_set_value(key, name, record->type, registry_record_data(record),
                                  record->data_size) != NULL;
    case REGISTRY_DELETE_VALUE:
        value = hive_key_value(key, name);
        if (value)
            hive_key_delete_value(key, value);
        return true;
    default:
        return true;
    }
}

/* The path of the key being listed: \REGISTRY\MACHINE\SYSTEM\… */
struct lister {
    struct hive_buffer *buffer;
    size_t size; /* units of `path` in use */
    uint16_t path[REGISTRY_PATH_BYTES / 2];
};

static void path_add(struct lister *lister, struct hive_text name)
{
    lister->path[lister->size++] = '\\';
    memcpy(lister->path + lister->size, name.units, name.count * sizeof *name.units);
    lister->size += name.count;
}

static void path_add_name(struct lister *lister, const char *name)
{
    lister->path[lister->size++] = '\\';
    while (*name)
        lister->path[lister->size++] = (uint16_t)*name++;
}

static void add_record(struct lister *lister, const struct registry_record *header,
                       struct hive_text name, const void *data)
{
    uint64_t size = registry_record_size(lister->size * 2, header->name_size, header->data_size);
    uint8_t *bytes = hive_buffer_add(lister->buffer, size);
    struct registry_record *record = (struct registry_record *)bytes;

    if (!bytes)
        return;
    *record = *header;
    record->size = (uint32_t)size;
    record->path_size = (uint32_t)lister->size * 2;
    bytes += sizeof *record;
    memcpy(bytes, lister->path, record->path_size);
    bytes += record->path_size;
    if (record->name_size)
        memcpy(bytes, name.units, record->name_size);
    bytes += record->name_size;
    if (record->data_size)
        memcpy(bytes, data, record->data_size);
}

static void list_key(struct lister *lister, const struct hive_key *key)
{
    struct registry_record header = {.operation = REGISTRY_CREATE_KEY,
                                     .flags = key->link ? REGISTRY_LINK : 0,
                                     .time = key->time,
                                     .data_size = (uint32_t)key->class_name.count * 2};
    size_t size = lister->size;

    if (key->parent)
        path_add(lister, key->name);
    add_record(lister, &header, (struct hive_text){0}, key->class_name.units);
    for (size_t i = 0; i < key->value_count; i++) {
        const struct hive_value *value = &key->values[i];

        header = (struct registry_record){.operation = REGISTRY_SET_VALUE,
                                          .time = key->time,
                                          .type = value->type,
                                          .name_size = (uint32_t)value->name.count * 2,
                                          .data_size = value->size};
        add_record(lister, &header, value->name, value->data);
    }
    for (size_t i = 0; i < key->child_count; i++)
        list_key(lister, key->children[i]);
    lister->size = size;
}

void hive_record_list(struct hive_buffer *buffer, const struct hive_file *file)
{
    struct lister *lister = calloc(1, sizeof *lister);
    struct hive_place place = {"USER", file->name, file->name};

    if (!lister) {
        buffer->failed = true;
        return;
    }
    for (size_t i = 0; i < PLACES; i++)
        if (strcmp(places[i].file, file->name) == 0)
            place = places[i];
    lister->buffer = buffer;
    path_add_name(lister, "REGISTRY");
    path_add_name(lister, place.branch);
    path_add_name(lister, place.key);
    list_key(lister, file->root);
    free(lister);
}
