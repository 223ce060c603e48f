/*
 * Keys and values in memory. Children stand in the order in which Windows searches them: by
 * upper-cased UTF-16 units. No two children of a key, and no two values, have the same name.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hive/hive_internal.h"
#include "machine/upcase.h"

#define BUFFER_ROOM 256 /* bytes, at first */

bool hive_fail(char *why, size_t why_size, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(why, why_size, format, arguments);
    va_end(arguments);
    return false;
}

uint8_t *hive_buffer_add(struct hive_buffer *buffer, size_t size)
{
    uint8_t *bytes;

    if (buffer->failed)
        return NULL;
    if (!buffer->bytes || size > buffer->room - buffer->size) {
        size_t room = (buffer->size + size) * 2 + BUFFER_ROOM;

        bytes = realloc(buffer->bytes, room);
        if (!bytes) {
            buffer->failed = true;
            return NULL;
        }
        buffer->bytes = bytes;
        buffer->room = room;
    }
    bytes = buffer->bytes + buffer->size;
    memset(bytes, 0, size);
    buffer->size += size;
    return bytes;
}

int hive_text_compare(struct hive_text first, struct hive_text second)
{
    size_t count = first.count < second.count ? first.count : second.count;

    for (size_t i = 0; i < count; i++) {
        int difference = upcase_character(first.units[i]) - upcase_character(second.units[i]);

        if (difference)
            return difference;
    }
    return (first.count > second.count) - (first.count < second.count);
}

bool hive_key_name_valid(struct hive_text name)
{
    if (name.count == 0 || name.count > REGISTRY_KEY_NAME_LIMIT)
        return false;
    for (size_t i = 0; i < name.count; i++)
        if (name.units[i] == '\\')
            return false;
    return true;
}

/* Replaces *to by a copy. */
static bool copy_text(struct hive_text *to, struct hive_text from)
{
    uint16_t *units = NULL;

    if (from.count) {
        units = malloc(from.count * sizeof *units);
        if (!units)
            return false;
        memcpy(units, from.units, from.count * sizeof *units);
    }
    free((void *)to->units);
    *to = (struct hive_text){units, from.count};
    return true;
}

struct hive_key *hive_key_new_root(void)
{
    return calloc(1, sizeof(struct hive_key));
}

/* Where a child of that name is, or would be. */
static size_t child_index(const struct hive_key *key, struct hive_text name, bool *found)
{
    size_t low = 0, high = key->child_count;

    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = hive_text_compare(name, key->children[middle]->name);

        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

struct hive_key *hive_key_child(const struct hive_key *key, struct hive_text name)
{
    bool found;
    size_t index = child_index(key, name, &found);

    return found ? key->children[index] : NULL;
}

static void insert(struct hive_key *parent, size_t index, struct hive_key *child)
{
    memmove(parent->children + index + 1, parent->children + index,
            (parent->child_count - index) * sizeof(struct hive_key *));
    parent->children[index] = child;
    parent->child_count++;
}

static void take_out(struct hive_key *child)
{
    struct hive_key *parent = child->parent;
    bool found;
    size_t index = child_index(parent, child->name, &found);

    parent->child_count--;
    memmove(parent->children + index, parent->children + index + 1,
            (parent->child_count - index) * sizeof(struct hive_key *));
}

/* Room for one element more in an array of `room` elements. */
static bool make_room(void **array, size_t *room, size_t count, size_t element)
{
    size_t more = *room ? *room * 2 : 4;
    void *larger;

    if (count < *room)
        return true;
    larger = reallocarray(*array, more, element);
    if (!larger)
        return false;
    *array = larger;
    *room = more;
    return true;
}

struct hive_key *hive_key_add(struct hive_key *parent, struct hive_text name)
{
    bool found;
    size_t index = child_index(parent, name, &found);
    struct hive_key *key;

    if (found || !make_room((void **)&parent->children, &parent->child_room, parent->child_count,
                            sizeof(struct hive_key *)))
        return NULL;
    key = calloc(1, sizeof *key);
    if (!key)
        return NULL;
    if (!copy_text(&key->name, name)) {
        free(key);
        return NULL;
    }
    key->parent = parent;
    key->depth = parent->depth + 1;
    insert(parent, index, key);
    return key;
}

bool hive_key_set_class(struct hive_key *key, struct hive_text class_name)
{
    return copy_text(&key->class_name, class_name);
}

bool hive_key_rename(struct hive_key *key, struct hive_text name)
{
    const struct hive_key *other = hive_key_child(key->parent, name);
    struct hive_text copy = {0};
    bool found;

    if ((other && other != key) || !copy_text(&copy, name))
        return false;
    take_out(key);
    free((void *)key->name.units);
    key->name = copy;
    insert(key->parent, child_index(key->parent, name, &found), key);
    return true;
}

static void free_value(struct hive_value *value)
{
    free((void *)value->name.units);
    free(value->data);
}

/* The recursion ends: a tree is no deeper than REGISTRY_DEPTH_LIMIT. */
static void free_key(struct hive_key *key)
{
    for (size_t i = 0; i < key->child_count; i++)
        free_key(key->children[i]);
    for (size_t i = 0; i < key->value_count; i++)
        free_value(&key->values[i]);
    free(key->children);
    free(key->values);
    free((void *)key->name.units);
    free((void *)key->class_name.units);
    free(key);
}

void hive_key_delete(struct hive_key *key)
{
    if (key->parent)
        take_out(key);
    free_key(key);
}

struct hive_value *hive_key_value(const struct hive_key *key, struct hive_text name)
{
    for (size_t i = 0; i < key->value_count; i++)
        if (hive_text_compare(key->values[i].name, name) == 0)
            return &key->values[i];
    return NULL;
}

struct hive_value *hive_key_set_value(struct hive_key *key, struct hive_text name, uint32_t type,
                                      const void *data, uint32_t size)
{
    struct hive_value *value = hive_key_value(key, name);
    uint8_t *copy = NULL;

    if (size) {
        copy = malloc(size);
        if (!copy)
            return NULL;
        memcpy(copy, data, size);
    }
    if (!value) {
        struct hive_text name_copy = {0};

        if (!make_room((void **)&key->values, &key->value_room, key->value_count, sizeof *value) ||
            !copy_text(&name_copy, name)) {
            free(copy);
            return NULL;
        }
        value = &key->values[key->value_count++];
        *value = (struct hive_value){.name = name_copy};
    }
    free(value->data);
    value->data = copy;
    value->size = size;
    value->type = type;
    return value;
}

void hive_key_delete_value(struct hive_key *key, struct hive_value *value)
{
    size_t index = (size_t)(value - key->values);

    free_value(value);
    key->value_count--;
    memmove(value, value + 1, (key->value_count - index) * sizeof *value);
}
