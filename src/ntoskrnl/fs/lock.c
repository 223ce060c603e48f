/*
 * IRP_MJ_LOCK_CONTROL: byte-range locks of files.
 *
 * A lock belongs to a file object, a process and a key. An exclusive one keeps all others from
 * reading and writing its range, a shared one keeps everybody from writing.
 *
 * Differs from NT: a lock request that would have to wait is refused with STATUS_LOCK_NOT_GRANTED.
 */
#include "fs/fs_internal.h"

struct fs_lock {
    LIST_ENTRY links; /* in fs_node.locks */
    PFILE_OBJECT file;
    PEPROCESS process;
    ULONG key;
    BOOLEAN exclusive;
    ULONG64 offset, length;
};

static BOOLEAN overlaps(const struct fs_lock *lock, ULONG64 offset, ULONG64 length)
{
    if (length == 0 || lock->length == 0)
        return FALSE;
    return lock->offset <= offset + length - 1 && offset <= lock->offset + lock->length - 1;
}

static BOOLEAN is_owner(const struct fs_lock *lock, PFILE_OBJECT file, PEPROCESS process, ULONG key)
{
    return lock->file == file && lock->process == process && lock->key == key;
}

BOOLEAN fs_lock_allows(const struct fs_node *node, PIRP irp, PFILE_OBJECT file, ULONG key,
                       ULONG64 offset, ULONG64 length, BOOLEAN write)
{
    PEPROCESS process = IoGetRequestorProcess(irp);

    for (LIST_ENTRY *link = node->locks.Flink; link != &node->locks; link = link->Flink) {
        struct fs_lock *lock = CONTAINING_RECORD(link, struct fs_lock, links);

        if (!overlaps(lock, offset, length))
            continue;
        if (lock->exclusive ? !is_owner(lock, file, process, key) : write)
            return FALSE;
    }
    return TRUE;
}

static NTSTATUS add_lock(struct fs_node *node, const struct fs_lock *wanted)
{
    struct fs_lock *lock;

    for (LIST_ENTRY *link = node->locks.Flink; link != &node->locks; link = link->Flink) {
        lock = CONTAINING_RECORD(link, struct fs_lock, links);
        if (overlaps(lock, wanted->offset, wanted->length) &&
            (lock->exclusive || wanted->exclusive))
            return STATUS_LOCK_NOT_GRANTED;
    }
    lock = ExAllocatePoolWithTag(PagedPool, sizeof(*lock), FS_TAG);
    if (!lock)
        return STATUS_INSUFFICIENT_RESOURCES;
    *lock = *wanted;
    InsertTailList(&node->locks, &lock->links);
    return STATUS_SUCCESS;
}

static void remove_lock(struct fs_lock *lock)
{
    RemoveEntryList(&lock->links);
    ExFreePoolWithTag(lock, FS_TAG);
}

static NTSTATUS unlock_one(struct fs_node *node, const struct fs_lock *wanted)
{
    for (LIST_ENTRY *link = node->locks.Flink; link != &node->locks; link = link->Flink) {
        struct fs_lock *lock = CONTAINING_RECORD(link, struct fs_lock, links);

        if (!is_owner(lock, wanted->file, wanted->process, wanted->key) ||
            lock->offset != wanted->offset || lock->length != wanted->length)
            continue;
        remove_lock(lock);
        return STATUS_SUCCESS;
    }
    return STATUS_RANGE_NOT_LOCKED;
}

/* Of a file and process; with `key`, only those of that key. */
static void unlock_many(struct fs_node *node, PFILE_OBJECT file, PEPROCESS process,
                        const ULONG *key)
{
    for (LIST_ENTRY *link = node->locks.Flink, *next; link != &node->locks; link = next) {
        struct fs_lock *lock = CONTAINING_RECORD(link, struct fs_lock, links);

        next = link->Flink;
        if (lock->file == file && (!process || lock->process == process) &&
            (!key || lock->key == *key))
            remove_lock(lock);
    }
}

void fs_lock_release_all(struct fs_node *node, PFILE_OBJECT file)
{
    unlock_many(node, file, NULL, NULL);
}

NTSTATUS NTAPI fs_lock_control(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    PFILE_OBJECT file = location->FileObject;
    struct fs_node *node = fs_node_of(file);
    struct fs_lock lock = {.file = file, .process = IoGetRequestorProcess(irp)};
    NTSTATUS status = STATUS_SUCCESS;

    (void)device;
    if (node->directory || node->kind == FS_VOLUME)
        return fs_complete(irp, STATUS_INVALID_PARAMETER, 0);
    lock.key = location->Parameters.LockControl.Key;
    lock.offset = (ULONG64)location->Parameters.LockControl.ByteOffset.QuadPart;
    if (location->MinorFunction == IRP_MN_LOCK || location->MinorFunction == IRP_MN_UNLOCK_SINGLE)
        lock.length = (ULONG64)location->Parameters.LockControl.Length->QuadPart;
    lock.exclusive = (location->Flags & SL_EXCLUSIVE_LOCK) != 0;
    switch (location->MinorFunction) {
    case IRP_MN_LOCK:
        status = lock.length && lock.offset + lock.length - 1 < lock.offset
                     ? STATUS_INVALID_LOCK_RANGE
                     : add_lock(node, &lock);
        break;
    case IRP_MN_UNLOCK_SINGLE:
        status = unlock_one(node, &lock);
        break;
    case IRP_MN_UNLOCK_ALL:
        unlock_many(node, file, lock.process, NULL);
        break;
    case IRP_MN_UNLOCK_ALL_BY_KEY:
        unlock_many(node, file, lock.process, &lock.key);
        break;
    default:
        status = STATUS_INVALID_DEVICE_REQUEST;
    }
    return fs_complete(irp, status, 0);
}
