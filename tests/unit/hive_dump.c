/*
 * hive_dump FOLDER HIVE: a line for each key and each value of a hive, for comparison with what
 * other readers find. hive_dump --sample FOLDER: makes a store with whatever a hive can hold.
 *
 *   PATH TIME               seconds since 1970
 *   PATH NAME TYPE DATA     hexadecimal
 *
 * Texts are UTF-8; a tab is before each part of a path, and U+001F between the columns.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry_changes.h"

#define SECONDS_TO_1970 11644473600ull

static void print_text(struct hive_text text)
{
    for (size_t i = 0; i < text.count; i++) {
        uint32_t c = text.units[i];

        if (c >= 0xD800 && c < 0xDC00 && i + 1 < text.count)
            c = 0x10000 + ((c - 0xD800) << 10) + (text.units[++i] - 0xDC00u);
        if (c < 0x80)
            putchar((int)c);
        else if (c < 0x800)
            printf("%c%c", (int)(0xC0 | c >> 6), (int)(0x80 | (c & 0x3F)));
        else if (c < 0x10000)
            printf("%c%c%c", (int)(0xE0 | c >> 12), (int)(0x80 | (c >> 6 & 0x3F)),
                   (int)(0x80 | (c & 0x3F)));
        else
            printf("%c%c%c%c", (int)(0xF0 | c >> 18), (int)(0x80 | (c >> 12 & 0x3F)),
                   (int)(0x80 | (c >> 6 & 0x3F)), (int)(0x80 | (c & 0x3F)));
    }
}

static void print_path(const struct hive_key *key)
{
    if (!key->parent)
        return;
    print_path(key->parent);
    putchar('\t');
    print_text(key->name);
}

static void print_key(const struct hive_key *key)
{
    print_path(key);
    printf("\x1F%llu\n", (unsigned long long)(key->time / 10000000 - SECONDS_TO_1970));
    for (size_t i = 0; i < key->value_count; i++) {
        const struct hive_value *value = &key->values[i];

        print_path(key);
        putchar(0x1F);
        print_text(value->name);
        printf("\x1F%u\x1F", value->type);
        for (uint32_t n = 0; n < value->size; n++)
            printf("%02x", value->data[n]);
        putchar('\n');
    }
    for (size_t i = 0; i < key->child_count; i++)
        print_key(key->children[i]);
}

static int make_sample(const char *folder)
{
    char why[512];
    struct hive_store *store = hive_store_open(folder, why, sizeof why);
    struct changes changes = {0};

    changes_sample(&changes, false);
    if (store &&
        hive_store_append(store, changes.buffer.bytes, changes.buffer.size, why, sizeof why) &&
        hive_store_commit(store, why, sizeof why)) {
        hive_store_close(store);
        return EXIT_SUCCESS;
    }
    fprintf(stderr, "hive_dump: %s\n", why);
    return EXIT_FAILURE;
}

int main(int count, char **arguments)
{
    char why[512];
    struct hive_store *store;

    if (count != 3)
        return EXIT_FAILURE;
    if (strcmp(arguments[1], "--sample") == 0)
        return make_sample(arguments[2]);
    store = hive_store_open(arguments[1], why, sizeof why);
    if (!store) {
        fprintf(stderr, "hive_dump: %s\n", why);
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < store->count; i++)
        if (strcmp(store->files[i].name, arguments[2]) == 0)
            print_key(store->files[i].root);
    hive_store_close(store);
    return EXIT_SUCCESS;
}
