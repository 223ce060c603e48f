/*
 * From a path to a node. Names are compared without regard to case, repeated and trailing
 * backslashes are skipped, and link keys on the way are followed through their value
 * SymbolicLinkValue, which holds a full path.
 */
#include "cm/cm_internal.h"

BOOLEAN cm_next_component(PUNICODE_STRING path, PUNICODE_STRING component)
{
    USHORT length = 0;

    while (path->Length && path->Buffer[0] == L'\\') {
        path->Buffer++;
        path->Length -= sizeof(WCHAR);
    }
    while (length < path->Length && path->Buffer[length / sizeof(WCHAR)] != L'\\')
        length += sizeof(WCHAR);
    component->Buffer = path->Buffer;
    component->Length = component->MaximumLength = length;
    path->Buffer += length / sizeof(WCHAR);
    path->Length -= length;
    path->MaximumLength = path->Length;
    return length != 0;
}

BOOLEAN cm_strip_root(PUNICODE_STRING path)
{
    static const UNICODE_STRING root = RTL_CONSTANT_STRING(L"REGISTRY");
    UNICODE_STRING rest = *path, component;

    if (path->Length == 0 || path->Buffer[0] != L'\\' || !cm_next_component(&rest, &component) ||
        !RtlEqualUnicodeString(&component, &root, TRUE))
        return FALSE;
    *path = rest;
    return TRUE;
}

/* Go on at the target of a link key. Its value may lack. */
static NTSTATUS follow(const struct cm_node *link, struct cm_node **target, ULONG *links);

static NTSTATUS descend(struct cm_walk *walk, ULONG *links)
{
    UNICODE_STRING component, rest;
    NTSTATUS status;

    for (;;) {
        struct cm_node *child;

        rest = walk->remaining;
        if (!cm_next_component(&rest, &component))
            return STATUS_SUCCESS;
        if (component.Length > CM_KEY_NAME_BYTES)
            return STATUS_INVALID_PARAMETER;
        child = cm_node_child(walk->node, &component);
        if (!child)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        walk->remaining = rest;
        if (child->is_link && !(walk->open_link && !cm_next_component(&rest, &component))) {
            status = follow(child, &child, links);
            if (!NT_SUCCESS(status))
                return status;
        }
        walk->node = child;
    }
}

static NTSTATUS follow(const struct cm_node *link, struct cm_node **target, ULONG *links)
{
    static const UNICODE_STRING name = RTL_CONSTANT_STRING(L"SymbolicLinkValue");
    const struct cm_value *value = cm_node_value(link, &name);
    struct cm_walk walk = {.node = cm.root};
    NTSTATUS status;

    if (!value || value->type != REG_LINK || value->size > UNICODE_STRING_MAX_BYTES)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (++*links > CM_MAXIMUM_LINKS)
        return STATUS_NAME_TOO_LONG;
    walk.remaining.Buffer = (WCHAR *)value->data;
    walk.remaining.Length = walk.remaining.MaximumLength = (USHORT)(value->size & ~1u);
    if (!cm_strip_root(&walk.remaining))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    status = descend(&walk, links);
    if (!NT_SUCCESS(status))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    *target = walk.node;
    return STATUS_SUCCESS;
}

NTSTATUS cm_walk(struct cm_walk *walk)
{
    ULONG links = 0;

    return descend(walk, &links);
}
