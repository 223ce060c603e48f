/*
 * Renaming and moving. The I/O manager has opened the target's directory when the new name has
 * one; otherwise the file stays in its own.
 */
#include "fs/fs_internal.h"

static NTSTATUS new_path(const struct fs_node *node, const FILE_RENAME_INFORMATION *rename,
                         PFILE_OBJECT target, PUNICODE_STRING path)
{
    UNICODE_STRING given = {.Buffer = (PWCH)rename->FileName,
                            .Length = (USHORT)rename->FileNameLength,
                            .MaximumLength = (USHORT)rename->FileNameLength};
    UNICODE_STRING parent, name, unused;
    struct fs_node directory = {.links = {NULL, NULL}};
    BOOLEAN trailing;
    NTSTATUS status;

    fs_path_split(&given, &unused, &name);
    if (name.Length == 0)
        return STATUS_OBJECT_NAME_INVALID;
    if (target)
        parent = fs_node_of(target)->path;
    else
        fs_path_split(&node->path, &parent, &unused);
    directory.path = parent;
    status = fs_path_make(&directory, &name, path->Buffer, path, &trailing);
    return NT_SUCCESS(status) && trailing ? STATUS_OBJECT_NAME_INVALID : status;
}

static NTSTATUS check_target(const struct fs_node *node, PCUNICODE_STRING path, BOOLEAN replace)
{
    struct fs_node *other = fs_node_find(path);

    if (fs_overlay_is_directory(path))
        return STATUS_OBJECT_NAME_COLLISION;
    if (!other || other == node)
        return STATUS_SUCCESS;
    return replace ? STATUS_ACCESS_DENIED : STATUS_OBJECT_NAME_COLLISION;
}

static void tell(const struct fs_node *node, PCUNICODE_STRING path, ULONG action)
{
    fs_notify(path, node->directory ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME,
              action);
}

NTSTATUS fs_rename(struct fs_open *open, const FILE_RENAME_INFORMATION *rename, PFILE_OBJECT target,
                   BOOLEAN replace)
{
    struct fs_node *node = open->node;
    WCHAR buffer[FS_PATH_CHARACTERS];
    UNICODE_STRING path = {.Buffer = buffer}, copy;
    char from[FS_PATH_BYTES], to[FS_PATH_BYTES];
    LONGLONG result;
    NTSTATUS status;

    if (node->kind != FS_HOST || node->path.Length <= sizeof(WCHAR))
        return STATUS_ACCESS_DENIED;
    status = new_path(node, rename, target, &path);
    if (NT_SUCCESS(status))
        status = check_target(node, &path, replace);
    if (NT_SUCCESS(status) && node->directory && fs_node_has_open_children(node))
        status = STATUS_ACCESS_DENIED;
    if (NT_SUCCESS(status))
        status = fs_path_copy(&path, &copy); /* nothing may fail after the host has renamed */
    if (!NT_SUCCESS(status))
        return status;
    fs_path_to_host(&node->path, from);
    fs_path_to_host(&path, to);
    result = ke_machine->file_rename(from, to, replace ? 0 : MACHINE_FILE_EXCLUSIVE);
    if (result < 0) {
        ExFreePoolWithTag(copy.Buffer, FS_TAG);
        return fs_status_of(result);
    }
    tell(node, &node->path, FILE_ACTION_RENAMED_OLD_NAME);
    ExFreePoolWithTag(node->path.Buffer, FS_TAG);
    node->path = copy;
    tell(node, &node->path, FILE_ACTION_RENAMED_NEW_NAME);
    return STATUS_SUCCESS;
}
