/*
 * The registry's tree: nodes with sorted children and values in order of creation.
 *
 * A node lives while it is referenced: once by its parent and once by each Key object. Unlinking
 * takes it from its parent, marks it deleted and drops the parent's reference; its values stay
 * until the last reference goes, though nobody can read them any more.
 */
#include "cm/cm_internal.h"

static NTSTATUS copy_string(PUNICODE_STRING to, PCUNICODE_STRING from)
{
    to->Length = to->MaximumLength = 0;
    to->Buffer = NULL;
    if (!from || from->Length == 0)
        return STATUS_SUCCESS;
    to->Buffer = ExAllocatePoolWithTag(PagedPool, from->Length, CM_TAG_NAME);
    if (!to->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(to->Buffer, from->Buffer, from->Length);
    to->Length = to->MaximumLength = from->Length;
    return STATUS_SUCCESS;
}

static void free_string(PUNICODE_STRING string)
{
    if (string->Buffer)
        ExFreePoolWithTag(string->Buffer, CM_TAG_NAME);
    string->Buffer = NULL;
}

static void touch(struct cm_node *node)
{
    node->last_write.QuadPart = (LONGLONG)ke_system_time();
}

static void link_sorted(struct cm_node *parent, struct cm_node *node)
{
    LIST_ENTRY *at = parent->children.Flink;

    while (at != &parent->children &&
           RtlCompareUnicodeString(&CONTAINING_RECORD(at, struct cm_node, siblings)->name,
                                   &node->name, TRUE) < 0)
        at = at->Flink;
    InsertTailList(at, &node->siblings);
    parent->child_count++;
}

/*
 * A new node below `parent` (NULL = the root). Its name must be free.
 * @param options  REG_OPTION_VOLATILE, REG_OPTION_CREATE_LINK
 * Returns NULL when there is no memory. The parent holds the only reference.
 */
struct cm_node *cm_node_create(struct cm_node *parent, PCUNICODE_STRING name,
                               PCUNICODE_STRING class_name, ULONG options)
{
    struct cm_node *node = ExAllocatePoolWithTag(PagedPool, sizeof(*node), CM_TAG_NODE);

    if (!node)
        return NULL;
    RtlZeroMemory(node, sizeof(*node));
    if (!NT_SUCCESS(copy_string(&node->name, name)) ||
        !NT_SUCCESS(copy_string(&node->class_name, class_name))) {
        free_string(&node->name);
        ExFreePoolWithTag(node, CM_TAG_NODE);
        return NULL;
    }
    node->references = 1;
    node->parent = parent;
    InitializeListHead(&node->children);
    InitializeListHead(&node->values);
    node->is_volatile = (options & REG_OPTION_VOLATILE) != 0;
    node->is_link = (options & REG_OPTION_CREATE_LINK) != 0;
    node->depth = parent ? parent->depth + 1 : 1;
    touch(node);
    if (parent) {
        link_sorted(parent, node);
        touch(parent);
    }
    cm_persist_create(node);
    return node;
}

struct cm_node *cm_node_child(const struct cm_node *parent, PCUNICODE_STRING name)
{
    for (LIST_ENTRY *at = parent->children.Flink; at != &parent->children; at = at->Flink) {
        struct cm_node *node = CONTAINING_RECORD(at, struct cm_node, siblings);

        if (RtlEqualUnicodeString(&node->name, name, TRUE))
            return node;
    }
    return NULL;
}

/* The child with a number, in the order of names; NULL beyond the last. */
struct cm_node *cm_node_child_at(const struct cm_node *parent, ULONG index)
{
    LIST_ENTRY *at = parent->children.Flink;

    if (index >= parent->child_count)
        return NULL;
    while (index--)
        at = at->Flink;
    return CONTAINING_RECORD(at, struct cm_node, siblings);
}

static void free_value(struct cm_value *value)
{
    if (value->data)
        ExFreePoolWithTag(value->data, CM_TAG_VALUE);
    ExFreePoolWithTag(value, CM_TAG_VALUE);
}

void cm_node_release(struct cm_node *node)
{
    kassert(node->references > 0);
    if (--node->references)
        return;
    kassert(node->is_deleted && IsListEmpty(&node->children));
    while (!IsListEmpty(&node->values))
        free_value(CONTAINING_RECORD(RemoveHeadList(&node->values), struct cm_value, links));
    free_string(&node->name);
    free_string(&node->class_name);
    ExFreePoolWithTag(node, CM_TAG_NODE);
}

void cm_node_unlink(struct cm_node *node)
{
    kassert(node->parent && IsListEmpty(&node->children));
    touch(node);
    cm_persist_delete(node);
    RemoveEntryList(&node->siblings);
    node->parent->child_count--;
    touch(node->parent);
    node->parent = NULL;
    node->is_deleted = TRUE;
    cm_node_release(node);
}

NTSTATUS cm_node_rename(struct cm_node *node, PCUNICODE_STRING name)
{
    UNICODE_STRING copy;
    NTSTATUS status = copy_string(&copy, name);

    if (!NT_SUCCESS(status))
        return status;
    touch(node);
    cm_persist_rename(node, name);
    free_string(&node->name);
    node->name = copy;
    RemoveEntryList(&node->siblings);
    node->parent->child_count--;
    link_sorted(node->parent, node);
    return STATUS_SUCCESS;
}

struct cm_value *cm_node_value(const struct cm_node *node, PCUNICODE_STRING name)
{
    for (LIST_ENTRY *at = node->values.Flink; at != &node->values; at = at->Flink) {
        struct cm_value *value = CONTAINING_RECORD(at, struct cm_value, links);

        if (RtlEqualUnicodeString(&value->name, name, TRUE))
            return value;
    }
    return NULL;
}

struct cm_value *cm_node_value_at(const struct cm_node *node, ULONG index)
{
    LIST_ENTRY *at = node->values.Flink;

    if (index >= node->value_count)
        return NULL;
    while (index--)
        at = at->Flink;
    return CONTAINING_RECORD(at, struct cm_value, links);
}

/* A value without data, not in the node yet. */
static struct cm_value *new_value(PCUNICODE_STRING name)
{
    struct cm_value *value =
        ExAllocatePoolWithTag(PagedPool, sizeof(*value) + name->Length, CM_TAG_VALUE);

    if (!value)
        return NULL;
    RtlZeroMemory(value, sizeof(*value));
    value->name.Buffer = (WCHAR *)(value + 1);
    value->name.Length = value->name.MaximumLength = name->Length;
    RtlCopyMemory(value->name.Buffer, name->Buffer, name->Length);
    return value;
}

static BOOLEAN is_same(const struct cm_value *value, ULONG type, const void *data, ULONG size)
{
    return value->type == type && value->size == size &&
           RtlCompareMemory(value->data, data, size) == size;
}

NTSTATUS cm_node_set_value(struct cm_node *node, PCUNICODE_STRING name, ULONG type,
                           const void *data, ULONG size)
{
    struct cm_value *value = cm_node_value(node, name), *added = NULL;
    UCHAR *copy = NULL;
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

    touch(node);
    if (value && is_same(value, type, data, size))
        return STATUS_SUCCESS;
    if (size) {
        copy = ExAllocatePoolWithTag(PagedPool, size, CM_TAG_VALUE);
        if (!copy)
            goto out;
        RtlCopyMemory(copy, data, size);
    }
    if (!value) {
        value = added = new_value(name);
        if (!value)
            goto out;
    }
    status = cm_persist_set_value(node, &value->name, type, data, size);
    if (!NT_SUCCESS(status))
        goto out;
    if (added) {
        InsertTailList(&node->values, &value->links);
        node->value_count++;
        added = NULL;
    }
    if (value->data)
        ExFreePoolWithTag(value->data, CM_TAG_VALUE);
    value->data = copy;
    value->size = size;
    value->type = type;
    return STATUS_SUCCESS;
out:
    if (added)
        free_value(added);
    if (copy)
        ExFreePoolWithTag(copy, CM_TAG_VALUE);
    return status;
}

void cm_node_delete_value(struct cm_node *node, struct cm_value *value)
{
    touch(node);
    cm_persist_delete_value(node, &value->name);
    RemoveEntryList(&value->links);
    node->value_count--;
    free_value(value);
}

NTSTATUS cm_node_path(const struct cm_node *node, PUNICODE_STRING path)
{
    SIZE_T bytes = 0;
    WCHAR *end;

    for (const struct cm_node *at = node; at; at = at->parent)
        bytes += sizeof(WCHAR) + at->name.Length;
    if (bytes > UNICODE_STRING_MAX_BYTES - sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    path->Buffer = ExAllocatePoolWithTag(PagedPool, bytes + sizeof(WCHAR), CM_TAG_NAME);
    if (!path->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    path->Length = (USHORT)bytes;
    path->MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
    end = path->Buffer + bytes / sizeof(WCHAR);
    *end = 0;
    for (const struct cm_node *at = node; at; at = at->parent) {
        end -= at->name.Length / sizeof(WCHAR);
        RtlCopyMemory(end, at->name.Buffer, at->name.Length);
        *--end = L'\\';
    }
    return STATUS_SUCCESS;
}
