/* Nodes: what all opens of one path share. See fs_internal.h. */
#include "fs/fs_internal.h"

struct fs_node *fs_node_find(PCUNICODE_STRING path)
{
    for (LIST_ENTRY *link = fs.nodes.Flink; link != &fs.nodes; link = link->Flink) {
        struct fs_node *node = CONTAINING_RECORD(link, struct fs_node, links);

        if (RtlEqualUnicodeString(&node->path, path, TRUE))
            return node;
    }
    return NULL;
}

NTSTATUS fs_path_copy(PCUNICODE_STRING path, PUNICODE_STRING copy)
{
    PWCH buffer = ExAllocatePoolWithTag(PagedPool, path->Length + sizeof(WCHAR), FS_TAG);

    if (!buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(buffer, path->Buffer, path->Length);
    buffer[path->Length / sizeof(WCHAR)] = 0;
    *copy = (UNICODE_STRING){.Buffer = buffer,
                             .Length = path->Length,
                             .MaximumLength = (USHORT)(path->Length + sizeof(WCHAR))};
    return STATUS_SUCCESS;
}

struct fs_node *fs_node_get(PCUNICODE_STRING path, enum fs_kind kind, BOOLEAN directory)
{
    struct fs_node *node = fs_node_find(path);

    if (node)
        return node;
    node = ExAllocatePoolWithTag(NonPagedPool, sizeof(*node), FS_TAG);
    if (!node)
        return NULL;
    RtlZeroMemory(node, sizeof(*node));
    if (!NT_SUCCESS(fs_path_copy(path, &node->path))) {
        ExFreePoolWithTag(node, FS_TAG);
        return NULL;
    }
    node->header.NodeTypeCode = (CSHORT)FS_TAG;
    node->header.NodeByteSize = sizeof(*node);
    node->kind = kind;
    node->directory = directory;
    InitializeListHead(&node->locks);
    InitializeListHead(&node->watches);
    InsertTailList(&fs.nodes, &node->links);
    return node;
}

/* An open of it is gone; the last one frees it. */
void fs_node_release(struct fs_node *node)
{
    if (node->opens)
        return;
    kassert(IsListEmpty(&node->locks) && IsListEmpty(&node->watches));
    RemoveEntryList(&node->links);
    ExFreePoolWithTag(node->path.Buffer, FS_TAG);
    ExFreePoolWithTag(node, FS_TAG);
}

BOOLEAN fs_node_has_open_children(const struct fs_node *node)
{
    for (LIST_ENTRY *link = fs.nodes.Flink; link != &fs.nodes; link = link->Flink) {
        struct fs_node *other = CONTAINING_RECORD(link, struct fs_node, links);

        if (other != node && other->path.Length > node->path.Length &&
            RtlPrefixUnicodeString(&node->path, &other->path, TRUE) &&
            other->path.Buffer[node->path.Length / sizeof(WCHAR)] == L'\\')
            return TRUE;
    }
    return FALSE;
}

NTSTATUS fs_open_query(const struct fs_open *open, struct machine_file_info *info)
{
    const struct fs_node *node = open->node;

    if (node->kind == FS_HOST)
        return fs_status_of(ke_machine->file_info(open->host, info));
    fs_overlay_info(&node->path, node->directory, node->size, info);
    return STATUS_SUCCESS;
}

ULONG fs_attributes(const struct machine_file_info *info)
{
    ULONG attributes = info->directory ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_ARCHIVE;

    return info->read_only ? attributes | FILE_ATTRIBUTE_READONLY : attributes;
}
