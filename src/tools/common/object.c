/* All objects of the system. See tool.h. */
#include "tool.h"

#include <stdlib.h>

#define OBJECTS 17 /* SystemObjectInformation */

struct object_type {
    ULONG next_offset; /* from the start of the answer */
    ULONG object_count, handle_count, type_index, invalid_attributes;
    GENERIC_MAPPING mapping;
    ULONG valid_access, pool_type;
    BOOLEAN security_required, waitable;
    UNICODE_STRING name;
};

_Static_assert(sizeof(struct object_type) == 0x40, "SYSTEM_OBJECTTYPE_INFORMATION");
_Static_assert(sizeof(struct tool_object) == 0x50, "SYSTEM_OBJECT_INFORMATION");

struct tool_objects {
    void *answer; /* types, each followed by its objects */
};

struct tool_objects *tool_objects_read(void)
{
    struct tool_objects *objects = tool_allocate(sizeof(*objects));

    if (NT_SUCCESS(tool_ask_system(OBJECTS, &objects->answer)))
        return objects;
    free(objects);
    return NULL;
}

void tool_objects_free(struct tool_objects *objects)
{
    if (objects)
        free(objects->answer);
    free(objects);
}

/* NULL `type`: the first one. */
static const struct object_type *next_type(const struct tool_objects *objects,
                                           const struct object_type *type)
{
    if (!type)
        return objects->answer;
    return type->next_offset ? (const void *)((const char *)objects->answer + type->next_offset)
                             : NULL;
}

/* NULL `object`: the first one. The first comes after the type's name, aligned. */
static const struct tool_object *next_object(const struct tool_objects *objects,
                                             const struct object_type *type,
                                             const struct tool_object *object)
{
    ULONG_PTR first = (ULONG_PTR)type->name.Buffer + type->name.MaximumLength;

    if (object)
        return object->next_offset
                   ? (const void *)((const char *)objects->answer + object->next_offset)
                   : NULL;
    first = (first + sizeof(void *) - 1) & ~(ULONG_PTR)(sizeof(void *) - 1);
    return type->object_count ? (const struct tool_object *)first : NULL;
}

static bool is_same(const UNICODE_STRING *first, const UNICODE_STRING *second)
{
    return first->Length == second->Length &&
           _wcsnicmp(first->Buffer, second->Buffer, first->Length / sizeof(wchar_t)) == 0;
}

const struct tool_object *tool_object_by_name(const struct tool_objects *objects,
                                              const UNICODE_STRING *type_name,
                                              const UNICODE_STRING *name)
{
    const struct object_type *type = NULL;
    const struct tool_object *object = NULL;

    while (objects && (type = next_type(objects, type)) != NULL)
        while (is_same(&type->name, type_name) &&
               (object = next_object(objects, type, object)) != NULL)
            if (is_same(&object->name, name))
                return object;
    return NULL;
}

const struct tool_object *tool_object_by_address(const struct tool_objects *objects,
                                                 ULONG_PTR address)
{
    const struct object_type *type = NULL;
    const struct tool_object *object = NULL;

    while (objects && (type = next_type(objects, type)) != NULL)
        while ((object = next_object(objects, type, object)) != NULL)
            if (object->object == address)
                return object;
    return NULL;
}
