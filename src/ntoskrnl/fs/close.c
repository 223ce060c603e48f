/*
 * The end of an open. CLEANUP, when the last handle goes: locks and share access are given back
 * and a file that was marked is deleted. CLOSE, when the last reference goes: memory and host
 * handle.
 */
#include "fs/fs_internal.h"

void fs_open_free(struct fs_open *open)
{
    if (open->host != FS_NO_FILE)
        ke_machine->file_close(open->host);
    fs_listing_free(open->listing);
    ExFreePoolWithTag(open, FS_TAG);
}

/* Failures have nobody to be told to: the file stays, as on NT when the disk refuses. */
static void remove_file(struct fs_node *node)
{
    char path[FS_PATH_BYTES];

    fs_path_to_host(&node->path, path);
    if (ke_machine->file_remove(path, node->directory ? MACHINE_FILE_DIRECTORY : 0) < 0)
        return;
    RemoveEntryList(&node->links); /* a new file of this name is not this one */
    InitializeListHead(&node->links);
    fs_notify(&node->path,
              node->directory ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME,
              FILE_ACTION_REMOVED);
}

NTSTATUS NTAPI fs_cleanup(PDEVICE_OBJECT device, PIRP irp)
{
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
    struct fs_node *node = fs_node_of(file);
    struct fs_open *open = fs_open_of(file);

    (void)device;
    if (!node)
        return fs_complete(irp, STATUS_SUCCESS, 0);
    fs_lock_release_all(node, file);
    fs_notify_cleanup(node, file);
    if (open->delete_on_close)
        node->delete_pending = TRUE;
    IoRemoveShareAccess(file, &node->share);
    if (--node->handles == 0 && node->delete_pending && node->kind == FS_HOST)
        remove_file(node);
    return fs_complete(irp, STATUS_SUCCESS, 0);
}

NTSTATUS NTAPI fs_close(PDEVICE_OBJECT device, PIRP irp)
{
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
    struct fs_node *node = fs_node_of(file);

    (void)device;
    if (node) {
        fs_open_free(fs_open_of(file));
        file->FsContext = file->FsContext2 = NULL;
        file->SectionObjectPointer = NULL;
        node->opens--;
        fs_node_release(node);
    }
    return fs_complete(irp, STATUS_SUCCESS, 0);
}
