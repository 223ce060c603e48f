/*
 * IRP_MJ_CREATE: open or create a file, a directory or the volume.
 *
 * The order of the checks is that of NT file systems: name, deletion, sharing, then the file
 * itself; nothing is truncated before all of them passed.
 */
#include "fs/fs_internal.h"

#define WRITE_ACCESS (FILE_WRITE_DATA | FILE_APPEND_DATA)
#define CHANGE_ACCESS (WRITE_ACCESS | FILE_WRITE_ATTRIBUTES | FILE_WRITE_EA | DELETE)

/* What is asked for, and what was found. */
struct create {
    PFILE_OBJECT file;
    ULONG disposition;
    ULONG options;
    ULONG share;
    ACCESS_MASK access;
    UNICODE_STRING path;
    BOOLEAN want_directory;
    BOOLEAN target_directory; /* SL_OPEN_TARGET_DIRECTORY: of a rename */
    enum fs_kind kind;
    BOOLEAN directory;
    LONGLONG host;
    const void *bytes;
    ULONG64 size;
    ULONG_PTR result; /* FILE_OPENED … */
};

static BOOLEAN replaces(const struct create *create)
{
    return create->disposition == FILE_OVERWRITE || create->disposition == FILE_OVERWRITE_IF ||
           create->disposition == FILE_SUPERSEDE;
}

static BOOLEAN may_create(const struct create *create)
{
    return create->disposition != FILE_OPEN && create->disposition != FILE_OVERWRITE;
}

static ULONG host_flags(const struct create *create)
{
    ULONG flags = 0;

    if (create->access & (FILE_READ_DATA | FILE_EXECUTE))
        flags |= MACHINE_FILE_READ;
    if (create->access & WRITE_ACCESS || replaces(create))
        flags |= MACHINE_FILE_WRITE;
    return flags;
}

/* Open what exists on the C: folder, whatever it is. Returns the host's handle or error. */
static LONGLONG open_host(struct create *create)
{
    char path[FS_PATH_BYTES];
    LONGLONG host;

    fs_path_to_host(&create->path, path);
    host = ke_machine->file_open(path, host_flags(create));
    if (host == MACHINE_FILE_IS_DIRECTORY)
        host = ke_machine->file_open(path, MACHINE_FILE_READ | MACHINE_FILE_DIRECTORY);
    return host;
}

static NTSTATUS find_overlay(struct create *create)
{
    if (fs_overlay_is_directory(&create->path)) {
        create->kind = FS_VIRTUAL;
        create->directory = TRUE;
        return STATUS_SUCCESS;
    }
    if (!fs_overlay_find(&create->path, &create->bytes, &create->size))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    create->kind = FS_OVERLAY;
    return STATUS_SUCCESS;
}

/* STATUS_OBJECT_NAME_NOT_FOUND when only the last part is missing. */
static NTSTATUS find_existing(struct create *create)
{
    struct machine_file_info info;
    UNICODE_STRING parent, name;
    LONGLONG host;

    if (create->path.Length == 0) {
        create->kind = FS_VOLUME;
        return STATUS_SUCCESS;
    }
    host = open_host(create);
    if (host >= 0) {
        create->kind = FS_HOST;
        create->host = host;
        if (ke_machine->file_info(host, &info) < 0)
            return STATUS_IO_DEVICE_ERROR;
        create->directory = info.directory != 0;
        return STATUS_SUCCESS;
    }
    if (host != MACHINE_FILE_NOT_FOUND && host != MACHINE_FILE_PATH_NOT_FOUND &&
        host != MACHINE_FILE_NO_DRIVE)
        return fs_status_of(host);
    if (NT_SUCCESS(find_overlay(create)))
        return STATUS_SUCCESS;
    fs_path_split(&create->path, &parent, &name);
    return host == MACHINE_FILE_NOT_FOUND || fs_overlay_is_directory(&parent)
               ? STATUS_OBJECT_NAME_NOT_FOUND
               : STATUS_OBJECT_PATH_NOT_FOUND;
}

static NTSTATUS check_existing(const struct create *create)
{
    if (create->disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (create->options & FILE_DIRECTORY_FILE && !create->directory)
        return STATUS_NOT_A_DIRECTORY;
    if (create->want_directory && !create->directory)
        return STATUS_OBJECT_NAME_INVALID;
    if (create->options & FILE_NON_DIRECTORY_FILE && create->directory)
        return STATUS_FILE_IS_A_DIRECTORY;
    if (create->directory && replaces(create))
        return STATUS_OBJECT_NAME_COLLISION;
    if (create->kind == FS_OVERLAY && (create->access & CHANGE_ACCESS || replaces(create)))
        return STATUS_ACCESS_DENIED;
    if (create->kind != FS_HOST && create->options & FILE_DELETE_ON_CLOSE)
        return STATUS_CANNOT_DELETE;
    return STATUS_SUCCESS;
}

static NTSTATUS create_new(struct create *create)
{
    BOOLEAN directory = (create->options & FILE_DIRECTORY_FILE) != 0;
    ULONG flags = host_flags(create) | MACHINE_FILE_CREATE | MACHINE_FILE_EXCLUSIVE;
    UNICODE_STRING parent, name;
    char path[FS_PATH_BYTES];

    if (create->want_directory && !directory)
        return STATUS_OBJECT_NAME_INVALID;
    fs_path_to_host(&create->path, path);
    create->host = ke_machine->file_open(path, flags | (directory ? MACHINE_FILE_DIRECTORY : 0));
    if (create->host == MACHINE_FILE_PATH_NOT_FOUND) { /* its directory is the overlay's */
        fs_path_split(&create->path, &parent, &name);
        fs_overlay_make_real(&parent);
        create->host =
            ke_machine->file_open(path, flags | (directory ? MACHINE_FILE_DIRECTORY : 0));
    }
    if (create->host < 0)
        return fs_status_of(create->host);
    create->kind = FS_HOST;
    create->directory = directory;
    create->result = FILE_CREATED;
    fs_notify(&create->path, directory ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME,
              FILE_ACTION_ADDED);
    return STATUS_SUCCESS;
}

/* Deletion and sharing, where the file is open already. */
static NTSTATUS check_node(const struct create *create)
{
    struct fs_node *node = fs_node_find(&create->path);
    ACCESS_MASK access = create->access | (replaces(create) ? FILE_WRITE_DATA : 0);

    if (!node)
        return STATUS_SUCCESS;
    if (node->delete_pending)
        return STATUS_DELETE_PENDING;
    if (node->handles == 0)
        return STATUS_SUCCESS;
    return IoCheckShareAccess(access, create->share, create->file, &node->share, FALSE);
}

/* After a relative open the file object has the whole name, as NTFS gives it. */
static void name_in_full(PFILE_OBJECT file, const struct fs_node *node)
{
    PWCH buffer;

    if (!file->RelatedFileObject)
        return;
    buffer = ExAllocatePoolWithTag(PagedPool, node->path.MaximumLength, IO_TAG_NAME);
    if (!buffer)
        return;
    RtlCopyMemory(buffer, node->path.Buffer, node->path.MaximumLength);
    if (file->FileName.Buffer)
        ExFreePoolWithTag(file->FileName.Buffer, IO_TAG_NAME);
    file->FileName = node->path;
    file->FileName.Buffer = buffer;
}

static NTSTATUS attach(struct create *create)
{
    struct fs_node *node = fs_node_get(&create->path, create->kind, create->directory);
    struct fs_open *open = node ? ExAllocatePoolWithTag(NonPagedPool, sizeof(*open), FS_TAG) : NULL;

    if (!open) {
        if (node)
            fs_node_release(node);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *open = (struct fs_open){.node = node,
                             .host = create->kind == FS_HOST ? create->host : FS_NO_FILE,
                             .delete_on_close = (create->options & FILE_DELETE_ON_CLOSE) != 0,
                             .appends_only = !(create->access & FILE_WRITE_DATA),
                             .access = create->access};
    node->bytes = create->bytes;
    node->size = create->size;
    if (node->handles++ == 0)
        IoSetShareAccess(create->access, create->share, create->file, &node->share);
    else
        IoUpdateShareAccess(create->file, &node->share);
    node->opens++;
    name_in_full(create->file, node);
    create->file->FsContext = node;
    create->file->FsContext2 = open;
    create->file->SectionObjectPointer = &node->sections;
    return STATUS_SUCCESS;
}

static NTSTATUS truncate_existing(struct create *create)
{
    struct fs_node *node = fs_node_find(&create->path);
    LONGLONG result;

    if (node && !MmCanFileBeTruncated(&node->sections, NULL))
        return STATUS_USER_MAPPED_FILE;
    result = ke_machine->file_resize(create->host, 0);
    if (result < 0)
        return fs_status_of(result);
    create->result = create->disposition == FILE_SUPERSEDE ? FILE_SUPERSEDED : FILE_OVERWRITTEN;
    fs_notify(&create->path, FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE,
              FILE_ACTION_MODIFIED);
    return STATUS_SUCCESS;
}

/* The target of a rename: open its directory, and tell whether the name exists in it. */
static NTSTATUS to_target_directory(struct create *create)
{
    UNICODE_STRING parent, name;
    NTSTATUS status = find_existing(create);

    if (create->host >= 0)
        ke_machine->file_close(create->host);
    if (!NT_SUCCESS(status) && status != STATUS_OBJECT_NAME_NOT_FOUND)
        return status;
    fs_path_split(&create->path, &parent, &name);
    if (name.Length == 0)
        return STATUS_OBJECT_NAME_INVALID;
    create->result = NT_SUCCESS(status) ? FILE_EXISTS : FILE_DOES_NOT_EXIST;
    create->path = parent;
    create->disposition = FILE_OPEN;
    create->options = FILE_DIRECTORY_FILE;
    create->directory = FALSE;
    create->host = FS_NO_FILE;
    return STATUS_SUCCESS;
}

static NTSTATUS do_create(struct create *create)
{
    NTSTATUS status = STATUS_SUCCESS;

    create->host = FS_NO_FILE;
    create->result = FILE_OPENED;
    if (create->target_directory)
        status = to_target_directory(create);
    if (NT_SUCCESS(status))
        status = check_node(create);
    if (NT_SUCCESS(status))
        status = find_existing(create);
    if (NT_SUCCESS(status)) {
        status = check_existing(create);
        if (NT_SUCCESS(status) && replaces(create))
            status = truncate_existing(create);
    } else if (status == STATUS_OBJECT_NAME_NOT_FOUND && may_create(create)) {
        status = create_new(create);
    }
    if (NT_SUCCESS(status))
        status = attach(create);
    if (!NT_SUCCESS(status) && create->host >= 0)
        ke_machine->file_close(create->host);
    return status;
}

NTSTATUS NTAPI fs_create(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    PFILE_OBJECT file = location->FileObject, related = file->RelatedFileObject;
    ULONG options = location->Parameters.Create.Options;
    struct create create = {.file = file,
                            .disposition = options >> 24,
                            .options = options & FILE_VALID_OPTION_FLAGS,
                            .share = location->Parameters.Create.ShareAccess,
                            .access = location->Parameters.Create.SecurityContext->DesiredAccess,
                            .target_directory = (location->Flags & SL_OPEN_TARGET_DIRECTORY) != 0};
    WCHAR buffer[FS_PATH_CHARACTERS];
    NTSTATUS status;

    (void)device;
    if (create.access & MAXIMUM_ALLOWED)
        create.access |= FILE_GENERIC_READ | FILE_GENERIC_EXECUTE;
    if (create.options & FILE_OPEN_BY_FILE_ID)
        return fs_complete(irp, STATUS_NOT_SUPPORTED, 0);
    status = fs_path_make(related ? fs_node_of(related) : NULL, &file->FileName, buffer,
                          &create.path, &create.want_directory);
    if (NT_SUCCESS(status))
        status = do_create(&create);
    return fs_complete(irp, status, NT_SUCCESS(status) ? create.result : 0);
}
