/* Registry records for tests: each call adds one to a list. Paths are UTF-16 literals, u"…". */
#ifndef RINGSIDE_REGISTRY_CHANGES_H
#define RINGSIDE_REGISTRY_CHANGES_H

#include <stdint.h>
#include <uchar.h>

#include "hive/hive_internal.h"

#define SYSTEM u"\\REGISTRY\\MACHINE\\SYSTEM"
#define SOFTWARE u"\\REGISTRY\\MACHINE\\SOFTWARE"
#define USER u"\\REGISTRY\\USER\\S-1-5-21-1-2-3-1000"
#define CHANGES_TIME 133485408000000000ull /* of the first; each one more is a second later */

struct changes {
    struct hive_buffer buffer;
    uint64_t count;
};

void changes_clear(struct changes *changes);
void changes_add(struct changes *changes, enum registry_operation operation, const char16_t *path,
                 struct hive_text name, uint32_t type, const void *data, size_t size);
struct hive_text changes_text(const char16_t *text);

void change_create(struct changes *changes, const char16_t *path);
void change_delete(struct changes *changes, const char16_t *path);
void change_rename(struct changes *changes, const char16_t *path, const char16_t *name);
void change_set(struct changes *changes, const char16_t *path, const char16_t *name, uint32_t type,
                const void *data, size_t size);
void change_unset(struct changes *changes, const char16_t *path, const char16_t *name);

/* A registry with whatever a hive can hold; odd names have NUL or half a surrogate pair in them. */
void changes_sample(struct changes *changes, bool odd_names);

#endif
