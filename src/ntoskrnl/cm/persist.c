/*
 * The registry beyond the life of a machine. The host gives the contents at boot as records
 * (machine/registry_record.h), and is told of each change of a key that is not volatile, before the
 * change is made: when it cannot be told for lack of memory, there is no change.
 *
 * Volatile are \REGISTRY, MACHINE, USER and HARDWARE, and whatever was made so; the tops of the
 * hives are not. A key below a volatile one is volatile, so a key alone says whether it is kept.
 */
#include "cm/cm_internal.h"
#include "machine/registry_record.h"

#define CM_TAG_RECORD MM_POOL_TAG('C', 'M', 'r', 'c')
/* Of a record without data, but with the longest path, value name and class name. */
#define RECORD_ROOM                                                                                \
    (sizeof(struct registry_record) + REGISTRY_PATH_BYTES + CM_VALUE_NAME_BYTES +                  \
     UNICODE_STRING_MAX_BYTES + 8)

C_ASSERT(CM_KEY_NAME_BYTES == REGISTRY_KEY_NAME_LIMIT * sizeof(WCHAR));
C_ASSERT(CM_VALUE_NAME_BYTES == REGISTRY_VALUE_NAME_LIMIT * sizeof(WCHAR));

static ULONG path_bytes(const struct cm_node *node)
{
    ULONG bytes = 0;

    for (; node; node = node->parent)
        bytes += sizeof(WCHAR) + node->name.Length;
    return bytes;
}

static void write_path(const struct cm_node *node, WCHAR *end)
{
    for (; node; node = node->parent) {
        end -= node->name.Length / sizeof(WCHAR);
        RtlCopyMemory(end, node->name.Buffer, node->name.Length);
        *--end = L'\\';
    }
}

/* Tell the host. `header` lacks sizes, path and time; `name` may be NULL. */
static NTSTATUS tell(const struct cm_node *node, const struct registry_record *header,
                     PCUNICODE_STRING name, const void *data, ULONG data_size)
{
    struct registry_record *record = cm.record;
    ULONG path_size, name_size = name ? name->Length : 0;
    ULONGLONG size;
    UCHAR *at;

    if (!cm.is_kept || node->is_volatile)
        return STATUS_SUCCESS;
    path_size = path_bytes(node);
    size = registry_record_size(path_size, name_size, data_size);
    if (size > RECORD_ROOM)
        record = size <= MAXULONG ? ExAllocatePoolWithTag(PagedPool, size, CM_TAG_RECORD) : NULL;
    if (!record)
        return STATUS_INSUFFICIENT_RESOURCES;
    *record = *header;
    record->size = (ULONG)size;
    record->time = (ULONGLONG)node->last_write.QuadPart;
    record->path_size = path_size;
    record->name_size = name_size;
    record->data_size = data_size;
    at = (UCHAR *)(record + 1) + path_size;
    write_path(node, (WCHAR *)at);
    if (name_size)
        RtlCopyMemory(at, name->Buffer, name_size);
    if (data_size)
        RtlCopyMemory(at + name_size, data, data_size);
    at += name_size + data_size;
    RtlZeroMemory(at, (SIZE_T)((UCHAR *)record + size - at));
    ke_machine->registry_change(record, size);
    if (record != cm.record)
        ExFreePoolWithTag(record, CM_TAG_RECORD);
    return STATUS_SUCCESS;
}

/* A record without much data always finds room. */
static void tell_surely(const struct cm_node *node, const struct registry_record *header,
                        PCUNICODE_STRING name, const void *data, ULONG data_size)
{
    if (!NT_SUCCESS(tell(node, header, name, data, data_size)))
        kassert(!"room for a record");
}

void cm_persist_create(const struct cm_node *node)
{
    struct registry_record header = {.operation = REGISTRY_CREATE_KEY,
                                     .flags = node->is_link ? REGISTRY_LINK : 0};

    tell_surely(node, &header, NULL, node->class_name.Buffer, node->class_name.Length);
}

void cm_persist_delete(const struct cm_node *node)
{
    struct registry_record header = {.operation = REGISTRY_DELETE_KEY};

    tell_surely(node, &header, NULL, NULL, 0);
}

void cm_persist_rename(const struct cm_node *node, PCUNICODE_STRING name)
{
    struct registry_record header = {.operation = REGISTRY_RENAME_KEY};

    tell_surely(node, &header, name, NULL, 0);
}

void cm_persist_touch(const struct cm_node *node)
{
    struct registry_record header = {.operation = REGISTRY_TOUCH_KEY};

    tell_surely(node, &header, NULL, NULL, 0);
}

NTSTATUS cm_persist_set_value(const struct cm_node *node, PCUNICODE_STRING name, ULONG type,
                              const void *data, ULONG size)
{
    struct registry_record header = {.operation = REGISTRY_SET_VALUE, .type = type};

    return tell(node, &header, name, data, size);
}

void cm_persist_delete_value(const struct cm_node *node, PCUNICODE_STRING name)
{
    struct registry_record header = {.operation = REGISTRY_DELETE_VALUE};

    tell_surely(node, &header, name, NULL, 0);
}

/* What a record is about, in the tree. */
struct place {
    struct cm_node *node;     /* NULL: there is none */
    struct cm_node *parent;   /* NULL: it is missing too */
    UNICODE_STRING component; /* the last of the path */
};

/* Links are not followed: a path leads through none. A path may be longer than UNICODE_STRING. */
static struct place find(const struct registry_record *record)
{
    const WCHAR *at = registry_record_path(record), *end = at + record->path_size / sizeof(WCHAR);
    struct place place = {0};

    while (at < end) {
        const WCHAR *start = ++at;
        struct cm_node *parent = place.node;

        while (at < end && *at != L'\\')
            at++;
        if (at == start || (SIZE_T)(at - start) * sizeof(WCHAR) > CM_KEY_NAME_BYTES)
            return (struct place){0};
        place.component.Buffer = (WCHAR *)start;
        place.component.Length = place.component.MaximumLength =
            (USHORT)((at - start) * sizeof(WCHAR));
        if (!place.parent && !parent)
            place.node =
                RtlEqualUnicodeString(&cm.root->name, &place.component, TRUE) ? cm.root : NULL;
        else
            place.node = cm_node_child(parent, &place.component);
        place.parent = parent;
        if (!place.node && at < end)
            return (struct place){0};
    }
    return place;
}

/* Only what is below the hives comes back; the hives of users appear with their first record. */
static BOOLEAN may_create(const struct cm_node *parent)
{
    static const UNICODE_STRING user = RTL_CONSTANT_STRING(L"USER");

    return parent->depth < REGISTRY_DEPTH_LIMIT &&
           (!parent->is_volatile || parent == cm_node_child(cm.root, &user));
}

static void replay_create(struct place *place, const struct registry_record *record)
{
    UNICODE_STRING class_name = {.Length = (USHORT)record->data_size,
                                 .Buffer = (WCHAR *)registry_record_data(record)};
    ULONG options = record->flags & REGISTRY_LINK ? REG_OPTION_CREATE_LINK : 0;
    LARGE_INTEGER parent_time;

    if (place->node || !place->parent || !may_create(place->parent))
        return;
    parent_time = place->parent->last_write;
    place->node = cm_node_create(place->parent, &place->component, &class_name, options);
    place->parent->last_write = parent_time;
}

static void delete_tree(struct cm_node *node)
{
    while (node->child_count)
        delete_tree(cm_node_child_at(node, 0));
    cm_node_unlink(node);
}

static void replay_rename(struct cm_node *node, PCUNICODE_STRING name)
{
    if (name->Length && name->Length <= CM_KEY_NAME_BYTES && !cm_node_child(node->parent, name))
        cm_node_rename(node, name);
}

static void replay(const struct registry_record *record)
{
    UNICODE_STRING name = {.Length = (USHORT)record->name_size,
                           .Buffer = (WCHAR *)registry_record_name(record)};
    struct place place = find(record);
    struct cm_value *value;

    if (record->operation == REGISTRY_CREATE_KEY)
        replay_create(&place, record);
    if (!place.node || place.node->is_volatile)
        return;
    switch (record->operation) {
    case REGISTRY_DELETE_KEY:
        if (!place.parent->is_volatile)
            delete_tree(place.node);
        return;
    case REGISTRY_RENAME_KEY:
        if (!place.parent->is_volatile)
            replay_rename(place.node, &name);
        break;
    case REGISTRY_SET_VALUE:
        cm_node_set_value(place.node, &name, record->type, registry_record_data(record),
                          record->data_size);
        break;
    case REGISTRY_DELETE_VALUE:
        value = cm_node_value(place.node, &name);
        if (value)
            cm_node_delete_value(place.node, value);
        break;
    default:
        break;
    }
    place.node->last_write.QuadPart = (LONGLONG)record->time;
}

void cm_persist_replay(void)
{
    const UCHAR *records = ke_parameters.registry;
    const struct registry_record *record;

    for (ULONGLONG at = 0; at < ke_parameters.registry_size; at += record->size) {
        record = (const struct registry_record *)(records + at); /* checked by the host */
        replay(record);
    }
    ke_parameters.registry = NULL; /* it is the host's, and not valid any longer */
    ke_parameters.registry_size = 0;
}

void cm_persist_begin(void)
{
    if (!ke_parameters.registry_kept)
        return;
    cm.record = ExAllocatePoolWithTag(PagedPool, RECORD_ROOM, CM_TAG_RECORD);
    kassert(cm.record);
    cm.is_kept = TRUE;
}
