/*
 * Watching directories: requests wait at the directory's node until something below it changes.
 *
 *     fs_notify_watch ─▶ waiting ─┬─ fs_notify ─▶ completed with what changed
 *                                 ├─ IoCancelIrp ─▶ STATUS_CANCELLED
 *                                 └─ fs_notify_cleanup ─▶ STATUS_NOTIFY_CLEANUP
 *
 * Differs from NT: changes that happen between two requests are not kept for the next one.
 */
#include "fs/fs_internal.h"

static VOID NTAPI cancel(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    fs_complete(irp, STATUS_CANCELLED, 0);
}

/* Take a waiting request out of its list; FALSE when its cancel routine has it already. */
static BOOLEAN take(PIRP irp)
{
    if (!IoSetCancelRoutine(irp, NULL))
        return FALSE;
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
    return TRUE;
}

/* The answer comes in another context: the pages must be there then. FALSE = bad address. */
static BOOLEAN lock_buffer(PIRP irp, ULONG length)
{
    PMDL mdl;

    if (irp->MdlAddress || length == 0)
        return TRUE;
    mdl = IoAllocateMdl(irp->UserBuffer, length, FALSE, FALSE, NULL);
    if (!mdl)
        return TRUE; /* the answer will be that the caller has to look itself */
    __try {
        MmProbeAndLockPages(mdl, irp->RequestorMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        return FALSE;
    }
    irp->MdlAddress = mdl; /* the I/O manager unlocks it */
    return TRUE;
}

NTSTATUS fs_notify_watch(PIRP irp, PIO_STACK_LOCATION location)
{
    struct fs_node *node = fs_node_of(location->FileObject);
    KIRQL irql;

    if (!node->directory)
        return fs_complete(irp, STATUS_INVALID_PARAMETER, 0);
    if (node->delete_pending)
        return fs_complete(irp, STATUS_DELETE_PENDING, 0);
    if (!lock_buffer(irp, location->Parameters.NotifyDirectory.Length))
        return fs_complete(irp, STATUS_ACCESS_VIOLATION, 0);
    IoMarkIrpPending(irp);
    IoAcquireCancelSpinLock(&irql);
    InsertTailList(&node->watches, &irp->Tail.Overlay.ListEntry);
    (void)IoSetCancelRoutine(irp, cancel);
    if (irp->Cancel && take(irp)) {
        IoReleaseCancelSpinLock(irql);
        fs_complete(irp, STATUS_CANCELLED, 0);
        return STATUS_PENDING;
    }
    IoReleaseCancelSpinLock(irql);
    return STATUS_PENDING;
}

/*
 * The answer: one FILE_NOTIFY_INFORMATION with the name relative to the directory. When it does
 * not fit the caller is told to look itself.
 */
static void answer(PIRP irp, PCUNICODE_STRING name, ULONG action)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    ULONG needed = FIELD_OFFSET(FILE_NOTIFY_INFORMATION, FileName) + name->Length;
    FILE_NOTIFY_INFORMATION *to =
        irp->MdlAddress ? MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority) : NULL;

    if (!to || location->Parameters.NotifyDirectory.Length < needed) {
        fs_complete(irp, STATUS_NOTIFY_ENUM_DIR, 0);
        return;
    }
    to->NextEntryOffset = 0;
    to->Action = action;
    to->FileNameLength = name->Length;
    RtlCopyMemory(to->FileName, name->Buffer, name->Length);
    fs_complete(irp, STATUS_SUCCESS, needed);
}

/* The part of `path` below the directory; FALSE when it is not below it. */
static BOOLEAN relative_to(const struct fs_node *directory, PCUNICODE_STRING path,
                           PUNICODE_STRING name)
{
    USHORT skip = directory->path.Length > sizeof(WCHAR) ? directory->path.Length + sizeof(WCHAR)
                                                         : sizeof(WCHAR);

    if (path->Length <= skip || !RtlPrefixUnicodeString(&directory->path, path, TRUE) ||
        path->Buffer[skip / sizeof(WCHAR) - 1] != L'\\')
        return FALSE;
    name->Buffer = path->Buffer + skip / sizeof(WCHAR);
    name->Length = name->MaximumLength = (USHORT)(path->Length - skip);
    return TRUE;
}

static BOOLEAN is_direct(PCUNICODE_STRING name)
{
    for (ULONG i = 0; i < name->Length / sizeof(WCHAR); i++) {
        if (name->Buffer[i] == L'\\')
            return FALSE;
    }
    return TRUE;
}

static void notify_node(struct fs_node *node, PCUNICODE_STRING name, ULONG filter, ULONG action)
{
    for (LIST_ENTRY *link = node->watches.Flink, *next; link != &node->watches; link = next) {
        PIRP irp = CONTAINING_RECORD(link, IRP, Tail.Overlay.ListEntry);
        PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);

        next = link->Flink;
        if (!(location->Parameters.NotifyDirectory.CompletionFilter & filter) ||
            (!(location->Flags & SL_WATCH_TREE) && !is_direct(name)) || !take(irp))
            continue;
        answer(irp, name, action);
    }
}

void fs_notify(PCUNICODE_STRING path, ULONG filter, ULONG action)
{
    for (LIST_ENTRY *link = fs.nodes.Flink; link != &fs.nodes; link = link->Flink) {
        struct fs_node *node = CONTAINING_RECORD(link, struct fs_node, links);
        UNICODE_STRING name;

        if (!IsListEmpty(&node->watches) && relative_to(node, path, &name))
            notify_node(node, &name, filter, action);
    }
}

void fs_notify_cleanup(struct fs_node *node, PFILE_OBJECT file)
{
    for (LIST_ENTRY *link = node->watches.Flink, *next; link != &node->watches; link = next) {
        PIRP irp = CONTAINING_RECORD(link, IRP, Tail.Overlay.ListEntry);

        next = link->Flink;
        if (IoGetCurrentIrpStackLocation(irp)->FileObject == file && take(irp))
            fs_complete(irp, STATUS_NOTIFY_CLEANUP, 0);
    }
}
