/* Named pipes: names, ends, how they begin and end; and requests that wait. See pipe.h. */
#include "fs/pipe.h"

struct pipe_state pipes;

/* ---- requests that wait ---- */

void pipe_cancel_routine(PDEVICE_OBJECT device, PIRP irp)
{
    struct pipe_end *end = pipe_end_of(irp);
    LIST_ENTRY done;
    KIRQL irql;

    (void)device;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    InitializeListHead(&done);
    irql = KeAcquireSpinLockRaiseToDpc(&pipes.lock);
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
    if (end->peer)
        pipe_queue_forget(&end->peer->incoming, irp, &done);
    KeReleaseSpinLock(&pipes.lock, irql);
    pipe_complete(&done);
    fs_complete(irp, STATUS_CANCELLED, 0);
}

BOOLEAN pipe_finish(PIRP irp, NTSTATUS status, ULONG_PTR information, LIST_ENTRY *done)
{
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
    InitializeListHead(&irp->Tail.Overlay.ListEntry); /* the cancel routine removes it once more */
    if (!IoSetCancelRoutine(irp, NULL))
        return FALSE;
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    InsertTailList(done, &irp->Tail.Overlay.ListEntry);
    return TRUE;
}

NTSTATUS pipe_wait(PIRP irp, LIST_ENTRY *list, LIST_ENTRY *done)
{
    IoMarkIrpPending(irp);
    InsertTailList(list, &irp->Tail.Overlay.ListEntry);
    (void)IoSetCancelRoutine(irp, pipe_cancel_routine);
    if (irp->Cancel)
        pipe_finish(irp, STATUS_CANCELLED, 0, done);
    return STATUS_PENDING;
}

void pipe_finish_all(LIST_ENTRY *list, NTSTATUS status, LIST_ENTRY *done)
{
    while (!IsListEmpty(list))
        pipe_finish(CONTAINING_RECORD(list->Flink, IRP, Tail.Overlay.ListEntry), status, 0, done);
}

void pipe_complete(LIST_ENTRY *done)
{
    while (!IsListEmpty(done)) {
        PIRP irp = CONTAINING_RECORD(RemoveHeadList(done), IRP, Tail.Overlay.ListEntry);

        IofCompleteRequest(irp, IO_NAMED_PIPE_INCREMENT);
    }
}

/* ---- names and states ---- */

struct pipe_name *pipe_name_find(PCUNICODE_STRING name)
{
    for (LIST_ENTRY *link = pipes.names.Flink; link != &pipes.names; link = link->Flink) {
        struct pipe_name *found = CONTAINING_RECORD(link, struct pipe_name, links);

        if (RtlEqualUnicodeString(&found->name, name, TRUE))
            return found;
    }
    return NULL;
}

void pipe_name_release(struct pipe_name *name)
{
    if (--name->references == 0)
        ExFreePoolWithTag(name, PIPE_TAG);
}

struct pipe_end *pipe_name_listening(const struct pipe_name *name)
{
    for (LIST_ENTRY *link = name->instances.Flink; link != &name->instances; link = link->Flink) {
        struct pipe_end *server = CONTAINING_RECORD(link, struct pipe_end, links);

        if (server->state == FILE_PIPE_LISTENING_STATE)
            return server;
    }
    return NULL;
}

static void update_available(struct pipe_name *name)
{
    if (name->count == 0 || pipe_name_listening(name))
        KeSetEvent(&name->available, IO_NO_INCREMENT, FALSE);
    else
        KeClearEvent(&name->available);
}

void pipe_set_state(struct pipe_end *end, ULONG state)
{
    end->state = state;
    update_available(end->name);
}

NTSTATUS pipe_state_status(const struct pipe_end *end, BOOLEAN write)
{
    switch (end->state) {
    case FILE_PIPE_CONNECTED_STATE:
        return STATUS_SUCCESS;
    case FILE_PIPE_LISTENING_STATE:
        return STATUS_PIPE_LISTENING;
    case FILE_PIPE_DISCONNECTED_STATE:
        return STATUS_PIPE_DISCONNECTED;
    default:
        return write ? STATUS_PIPE_CLOSING : STATUS_PIPE_BROKEN;
    }
}

void pipe_disconnect(struct pipe_end *end, ULONG state, ULONG peer_state, LIST_ENTRY *done)
{
    struct pipe_end *peer = end->peer;
    BOOLEAN hard = peer_state == FILE_PIPE_DISCONNECTED_STATE;

    pipe_queue_fail(&end->incoming, STATUS_PIPE_BROKEN, TRUE, done);
    if (peer) { /* it may still read what it has, unless it was thrown out */
        pipe_queue_fail(&peer->incoming, hard ? STATUS_PIPE_DISCONNECTED : STATUS_PIPE_BROKEN, hard,
                        done);
        peer->peer = end->peer = NULL;
        pipe_set_state(peer, peer_state);
    }
    pipe_set_state(end, state);
}

/* ---- opening ---- */

static struct pipe_end *make_end(ULONG which, ULONG quota)
{
    struct pipe_end *end = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*end), PIPE_TAG);

    if (!end)
        return NULL;
    RtlZeroMemory(end, sizeof(*end));
    end->which = which;
    InitializeListHead(&end->listeners);
    pipe_queue_initialize(&end->incoming, quota);
    return end;
}

static struct pipe_name *make_name(PCUNICODE_STRING text, const NAMED_PIPE_CREATE_PARAMETERS *from,
                                   ULONG share)
{
    struct pipe_name *name =
        ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*name) + text->Length, PIPE_TAG);

    if (!name)
        return NULL;
    RtlZeroMemory(name, sizeof(*name));
    name->name = (UNICODE_STRING){text->Length, text->Length, (PWSTR)(name + 1)};
    RtlCopyUnicodeString(&name->name, text);
    InitializeListHead(&name->instances);
    name->maximum = from->MaximumInstances;
    name->type = from->NamedPipeType & FILE_PIPE_MESSAGE_TYPE;
    name->configuration = share == FILE_SHARE_WRITE  ? FILE_PIPE_INBOUND
                          : share == FILE_SHARE_READ ? FILE_PIPE_OUTBOUND
                                                     : FILE_PIPE_FULL_DUPLEX;
    name->timeout = from->DefaultTimeout;
    KeInitializeEvent(&name->available, NotificationEvent, FALSE);
    return name;
}

/* May there be one more instance of an existing name? */
static NTSTATUS check_instance(const struct pipe_name *name, const struct pipe_name *wanted,
                               ULONG disposition)
{
    if (disposition == FILE_CREATE || name->type != wanted->type ||
        name->configuration != wanted->configuration)
        return STATUS_ACCESS_DENIED;
    return name->count < name->maximum ? STATUS_SUCCESS : STATUS_INSTANCE_NOT_AVAILABLE;
}

/* The server joins the name that exists, or makes `fresh` exist. The lock is held. */
static NTSTATUS join(struct pipe_end *server, PCUNICODE_STRING text, struct pipe_name *fresh,
                     ULONG disposition, ULONG_PTR *information)
{
    struct pipe_name *name = pipe_name_find(text);
    NTSTATUS status = STATUS_SUCCESS;

    *information = FILE_OPENED;
    if (name)
        status = check_instance(name, fresh, disposition);
    else if (disposition == FILE_OPEN)
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    if (!NT_SUCCESS(status))
        return status;
    if (!name) {
        name = fresh;
        *information = FILE_CREATED;
        InsertTailList(&pipes.names, &name->links);
    }
    name->references++;
    name->count++;
    server->name = name;
    InsertTailList(&name->instances, &server->links);
    pipe_set_state(server, FILE_PIPE_LISTENING_STATE);
    return STATUS_SUCCESS;
}

static BOOLEAN are_valid(const NAMED_PIPE_CREATE_PARAMETERS *parameters, PCUNICODE_STRING name,
                         ULONG share)
{
    return name->Length > sizeof(WCHAR) && parameters->MaximumInstances != 0 &&
           (parameters->ReadMode == FILE_PIPE_BYTE_STREAM_MODE ||
            parameters->NamedPipeType & FILE_PIPE_MESSAGE_TYPE) &&
           share != 0 && !(share & ~(ULONG)(FILE_SHARE_READ | FILE_SHARE_WRITE));
}

static NTSTATUS NTAPI create_server(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    const NAMED_PIPE_CREATE_PARAMETERS *parameters = location->Parameters.CreatePipe.Parameters;
    ULONG share = location->Parameters.CreatePipe.ShareAccess;
    PFILE_OBJECT file = location->FileObject;
    struct pipe_end *server;
    struct pipe_name *fresh;
    ULONG_PTR information = 0;
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
    KIRQL irql;

    (void)device;
    if (!are_valid(parameters, &file->FileName, share))
        return fs_complete(irp, STATUS_INVALID_PARAMETER, 0);
    server = make_end(FILE_PIPE_SERVER_END, parameters->InboundQuota);
    fresh = make_name(&file->FileName, parameters, share);
    if (server && fresh) {
        server->outbound_quota = parameters->OutboundQuota;
        server->read_mode = parameters->ReadMode;
        server->completion_mode = parameters->CompletionMode;
        irql = KeAcquireSpinLockRaiseToDpc(&pipes.lock);
        status = join(server, &file->FileName, fresh, location->Parameters.CreatePipe.Options >> 24,
                      &information);
        KeReleaseSpinLock(&pipes.lock, irql);
    }
    if (fresh && (!NT_SUCCESS(status) || server->name != fresh))
        ExFreePoolWithTag(fresh, PIPE_TAG);
    if (NT_SUCCESS(status)) {
        file->FsContext = server;
        file->Flags |= FO_NAMED_PIPE;
    } else if (server) {
        ExFreePoolWithTag(server, PIPE_TAG);
    }
    return fs_complete(irp, status, information);
}

/* A client reads what is outbound and writes what is inbound. */
static BOOLEAN is_allowed(const struct pipe_name *name, ACCESS_MASK access)
{
    return !(name->configuration == FILE_PIPE_INBOUND && access & FILE_READ_DATA) &&
           !(name->configuration == FILE_PIPE_OUTBOUND && access & FILE_WRITE_DATA);
}

static NTSTATUS connect(struct pipe_end *client, PCUNICODE_STRING text, ACCESS_MASK access,
                        LIST_ENTRY *done)
{
    struct pipe_name *name = pipe_name_find(text);
    struct pipe_end *server;

    if (!name)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (!is_allowed(name, access))
        return STATUS_ACCESS_DENIED;
    server = pipe_name_listening(name);
    if (!server)
        return STATUS_PIPE_NOT_AVAILABLE;
    client->name = name;
    name->references++;
    client->peer = server;
    server->peer = client;
    client->state = FILE_PIPE_CONNECTED_STATE;
    client->incoming.quota = server->outbound_quota;
    pipe_set_state(server, FILE_PIPE_CONNECTED_STATE);
    pipe_finish_all(&server->listeners, STATUS_SUCCESS, done);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI create_client(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    PFILE_OBJECT file = location->FileObject;
    struct pipe_end *client;
    LIST_ENTRY done;
    NTSTATUS status;
    KIRQL irql;

    (void)device;
    if (file->FileName.Length <= sizeof(WCHAR))
        return fs_complete(irp, STATUS_SUCCESS, FILE_OPENED); /* the root */
    client = make_end(FILE_PIPE_CLIENT_END, 0);
    if (!client)
        return fs_complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    InitializeListHead(&done);
    irql = KeAcquireSpinLockRaiseToDpc(&pipes.lock);
    status = connect(client, &file->FileName,
                     location->Parameters.Create.SecurityContext->DesiredAccess, &done);
    KeReleaseSpinLock(&pipes.lock, irql);
    pipe_complete(&done);
    if (NT_SUCCESS(status)) {
        file->FsContext = client;
        file->Flags |= FO_NAMED_PIPE;
    } else {
        ExFreePoolWithTag(client, PIPE_TAG);
    }
    return fs_complete(irp, status, NT_SUCCESS(status) ? FILE_OPENED : 0);
}

/* ---- closing ---- */

static void leave_name(struct pipe_end *server)
{
    struct pipe_name *name = server->name;

    RemoveEntryList(&server->links);
    if (--name->count == 0)
        RemoveEntryList(&name->links);
    update_available(name);
}

static NTSTATUS NTAPI cleanup(PDEVICE_OBJECT device, PIRP irp)
{
    struct pipe_end *end = pipe_end_of(irp);
    LIST_ENTRY done;
    KIRQL irql;

    (void)device;
    if (!end)
        return fs_complete(irp, STATUS_SUCCESS, 0);
    InitializeListHead(&done);
    irql = KeAcquireSpinLockRaiseToDpc(&pipes.lock);
    pipe_finish_all(&end->listeners, STATUS_PIPE_BROKEN, &done);
    pipe_disconnect(end, FILE_PIPE_CLOSING_STATE, FILE_PIPE_CLOSING_STATE, &done);
    if (end->which == FILE_PIPE_SERVER_END)
        leave_name(end);
    KeReleaseSpinLock(&pipes.lock, irql);
    pipe_complete(&done);
    return fs_complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI close(PDEVICE_OBJECT device, PIRP irp)
{
    struct pipe_end *end = pipe_end_of(irp);
    KIRQL irql;

    (void)device;
    if (end) {
        irql = KeAcquireSpinLockRaiseToDpc(&pipes.lock);
        pipe_name_release(end->name);
        KeReleaseSpinLock(&pipes.lock, irql);
        ExFreePoolWithTag(end, PIPE_TAG);
    }
    return fs_complete(irp, STATUS_SUCCESS, 0);
}

NTSTATUS NTAPI fs_pipe_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\NamedPipe");
    PDEVICE_OBJECT device;
    NTSTATUS status;

    (void)registry_path;
    KeInitializeSpinLock(&pipes.lock);
    InitializeListHead(&pipes.names);
    driver->MajorFunction[IRP_MJ_CREATE] = create_client;
    driver->MajorFunction[IRP_MJ_CREATE_NAMED_PIPE] = create_server;
    driver->MajorFunction[IRP_MJ_CLEANUP] = cleanup;
    driver->MajorFunction[IRP_MJ_CLOSE] = close;
    driver->MajorFunction[IRP_MJ_READ] = pipe_read;
    driver->MajorFunction[IRP_MJ_WRITE] = pipe_write;
    driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = pipe_flush;
    driver->MajorFunction[IRP_MJ_FILE_SYSTEM_CONTROL] = pipe_fs_control;
    driver->MajorFunction[IRP_MJ_QUERY_INFORMATION] = pipe_query;
    driver->MajorFunction[IRP_MJ_SET_INFORMATION] = pipe_set;
    status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_NAMED_PIPE, 0, FALSE, &device);
    if (NT_SUCCESS(status))
        device->Flags |= DO_BUFFERED_IO;
    return status;
}
