/* Registry records for tests. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "registry_changes.h"

#define BIG 16344u /* bytes of a value that need no list of segments */

struct hive_text changes_text(const char16_t *text)
{
    struct hive_text result = {(const uint16_t *)text, 0};

    while (text[result.count])
        result.count++;
    return result;
}

void changes_clear(struct changes *changes)
{
    free(changes->buffer.bytes);
    changes->buffer = (struct hive_buffer){0};
}

void changes_add(struct changes *changes, enum registry_operation operation, const char16_t *path,
                 struct hive_text name, uint32_t type, const void *data, size_t size)
{
    struct hive_text text = changes_text(path);
    uint64_t whole = registry_record_size(text.count * 2, name.count * 2, size);
    uint8_t *bytes = hive_buffer_add(&changes->buffer, whole);
    struct registry_record *record = (struct registry_record *)bytes;

    assert(bytes);
    *record = (struct registry_record){.size = (uint32_t)whole,
                                       .operation = (uint16_t)operation,
                                       .time = CHANGES_TIME + changes->count++ * 10000000,
                                       .type = type,
                                       .path_size = (uint32_t)text.count * 2,
                                       .name_size = (uint32_t)name.count * 2,
                                       .data_size = (uint32_t)size};
    bytes += sizeof *record;
    memcpy(bytes, text.units, text.count * 2);
    bytes += text.count * 2;
    if (name.count)
        memcpy(bytes, name.units, name.count * 2);
    if (size)
        memcpy(bytes + name.count * 2, data, size);
}

void change_create(struct changes *changes, const char16_t *path)
{
    changes_add(changes, REGISTRY_CREATE_KEY, path, (struct hive_text){0}, 0, NULL, 0);
}

void change_delete(struct changes *changes, const char16_t *path)
{
    changes_add(changes, REGISTRY_DELETE_KEY, path, (struct hive_text){0}, 0, NULL, 0);
}

void change_rename(struct changes *changes, const char16_t *path, const char16_t *name)
{
    changes_add(changes, REGISTRY_RENAME_KEY, path, changes_text(name), 0, NULL, 0);
}

void change_set(struct changes *changes, const char16_t *path, const char16_t *name, uint32_t type,
                const void *data, size_t size)
{
    changes_add(changes, REGISTRY_SET_VALUE, path, changes_text(name), type, data, size);
}

void change_unset(struct changes *changes, const char16_t *path, const char16_t *name)
{
    changes_add(changes, REGISTRY_DELETE_VALUE, path, changes_text(name), 0, NULL, 0);
}

static void sample_types(struct changes *changes)
{
    static const char16_t path[] = SYSTEM u"\\Types", name[] = {'t', 'y', 'p', 'e', 0, 0};
    char16_t type_name[6];

    change_create(changes, path);
    for (uint32_t type = 0; type < 12; type++) {
        memcpy(type_name, name, sizeof name);
        type_name[4] = (char16_t)('a' + type);
        change_set(changes, path, type_name, type, u"1234567", 16);
    }
    change_set(changes, path, u"unknown", 0xFFFF0012, "12345", 5);
    change_set(changes, path, u"", 1, u"the default value", 36);
    change_set(changes, path, u"empty", 1, NULL, 0);
    for (uint32_t size = 1; size < 9; size++) {
        type_name[4] = (char16_t)('0' + size);
        change_set(changes, path, type_name, 3, "12345678", size);
    }
}

static void sample_sizes(struct changes *changes)
{
    static const uint32_t sizes[] = {BIG - 1, BIG, BIG + 1, 2 * BIG, 2 * BIG + 1, 1u << 20};
    static const char16_t path[] = SOFTWARE u"\\Sizes";
    uint8_t *data = malloc(1u << 20);

    assert(data);
    for (uint32_t i = 0; i < 1u << 20; i++)
        data[i] = (uint8_t)(i * 7 + i / 251);
    change_create(changes, path);
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        change_set(changes, path, (char16_t[]){(char16_t)('a' + i), 0}, 3, data, sizes[i]);
    free(data);
}

static void sample_names(struct changes *changes, bool odd_names)
{
    static const char16_t *const names[] = {
        SYSTEM u"\\Names",         SYSTEM u"\\Names\\a/b",        SYSTEM u"\\Names\\A_B",
        SYSTEM u"\\Names\\AAB",    SYSTEM u"\\Names\\A[B",        SYSTEM u"\\Names\\Zoë",
        SYSTEM u"\\Names\\ÉCOLE",  SYSTEM u"\\Names\\éclair",     SYSTEM u"\\Names\\Ωmega",
        SYSTEM u"\\Names\\日本語", SYSTEM u"\\Names\\\U0001F600", SYSTEM u"\\Names\\ a b ",
    };
    static const char16_t surrogate[] = {0xD800, 'x', 0}, zero[] = {'a', 0, 'b'};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        change_create(changes, names[i]);
    change_set(changes, SYSTEM u"\\Names", u"größe", 4, "\1\0\0\0", 4);
    change_set(changes, SYSTEM u"\\Names", u"名前", 1, u"値", 4);
    if (!odd_names)
        return;
    change_set(changes, SYSTEM u"\\Names", surrogate, 3, "x", 1);
    changes_add(changes, REGISTRY_SET_VALUE, SYSTEM u"\\Names",
                (struct hive_text){(const uint16_t *)zero, 3}, 3, "NUL", 3);
}

/* More subkeys than a leaf holds, and one path as deep as there can be. */
static void sample_shape(struct changes *changes)
{
    char16_t path[2048] = SOFTWARE u"\\Many";
    size_t start = changes_text(path).count;

    change_create(changes, path);
    for (unsigned i = 0; i < 1200; i++) {
        char16_t name[] = {'\\', (char16_t)('a' + i / 100), (char16_t)('0' + i / 10 % 10),
                           (char16_t)('0' + i % 10), 0};

        memcpy(path + start, name, sizeof name);
        change_create(changes, path);
    }
    memcpy(path, SOFTWARE, sizeof SOFTWARE);
    start = changes_text(path).count;
    for (unsigned i = 0; i < HIVE_DEPTH_LIMIT; i++, start += 2) {
        memcpy(path + start, u"\\d", sizeof u"\\d");
        change_create(changes, path);
    }
}

void changes_sample(struct changes *changes, bool odd_names)
{
    sample_types(changes);
    sample_sizes(changes);
    sample_names(changes, odd_names);
    sample_shape(changes);
    changes_add(changes, REGISTRY_CREATE_KEY, SYSTEM u"\\Class", (struct hive_text){0}, 0,
                u"Shell class", 22);
    changes_add(changes, REGISTRY_CREATE_KEY, SYSTEM u"\\Link", (struct hive_text){0}, 0, NULL, 0);
    change_set(changes, SYSTEM u"\\Link", u"SymbolicLinkValue", 6, SYSTEM u"\\Types",
               sizeof(SYSTEM u"\\Types") - 2);
    change_create(changes, u"\\REGISTRY\\MACHINE\\SAM\\SAM");
    change_create(changes, u"\\REGISTRY\\MACHINE\\SECURITY\\Policy");
    change_create(changes, u"\\Registry\\User\\.Default\\Software");
    change_create(changes, USER u"\\Software");
    change_set(changes, USER u"\\Software", u"Name", 1, u"me", 6);
}
