/* Named pipes: listening, disconnecting, looking ahead, waiting for an instance; settings. */
#include "fs/pipe.h"

#define NAME_CHARACTERS 256

/* ---- control codes ---- */

static NTSTATUS listen(struct pipe_end *server, PIRP irp, LIST_ENTRY *done)
{
    if (server->which != FILE_PIPE_SERVER_END)
        return STATUS_ILLEGAL_FUNCTION;
    switch (server->state) {
    case FILE_PIPE_CONNECTED_STATE:
        return STATUS_PIPE_CONNECTED;
    case FILE_PIPE_CLOSING_STATE:
        return STATUS_PIPE_CLOSING;
    case FILE_PIPE_DISCONNECTED_STATE:
        pipe_set_state(server, FILE_PIPE_LISTENING_STATE);
        break;
    default:
        break;
    }
    if (server->completion_mode == FILE_PIPE_COMPLETE_OPERATION)
        return STATUS_PIPE_LISTENING;
    return pipe_wait(irp, &server->listeners, done);
}

static NTSTATUS disconnect(struct pipe_end *server, LIST_ENTRY *done)
{
    if (server->which != FILE_PIPE_SERVER_END)
        return STATUS_ILLEGAL_FUNCTION;
    if (server->state == FILE_PIPE_DISCONNECTED_STATE)
        return STATUS_PIPE_DISCONNECTED;
    pipe_finish_all(&server->listeners, STATUS_PIPE_DISCONNECTED, done);
    pipe_disconnect(server, FILE_PIPE_DISCONNECTED_STATE, FILE_PIPE_DISCONNECTED_STATE, done);
    return STATUS_SUCCESS;
}

static NTSTATUS peek(const struct pipe_end *end, PIRP irp, ULONG *information)
{
    FILE_PIPE_PEEK_BUFFER *to = irp->AssociatedIrp.SystemBuffer;
    ULONG length =
        IoGetCurrentIrpStackLocation(irp)->Parameters.FileSystemControl.OutputBufferLength;
    const struct pipe_queue *queue = &end->incoming;
    ULONG header = FIELD_OFFSET(FILE_PIPE_PEEK_BUFFER, Data), copied;
    BOOLEAN message = end->name->type == FILE_PIPE_MESSAGE_TYPE;

    if (length < header)
        return STATUS_BUFFER_TOO_SMALL;
    if (IsListEmpty(&queue->chunks) && !NT_SUCCESS(pipe_state_status(end, FALSE)))
        return pipe_state_status(end, FALSE);
    to->NamedPipeState = end->state;
    to->ReadDataAvailable = queue->bytes;
    to->NumberOfMessages = 0;
    to->MessageLength = 0;
    for (LIST_ENTRY *link = queue->chunks.Flink; message && link != &queue->chunks;
         link = link->Flink)
        to->NumberOfMessages++;
    if (to->NumberOfMessages != 0) {
        const struct pipe_chunk *first =
            CONTAINING_RECORD(queue->chunks.Flink, struct pipe_chunk, links);

        to->MessageLength = first->size - first->taken;
    }
    copied = pipe_queue_peek(queue, end->read_mode == FILE_PIPE_MESSAGE_MODE, (UCHAR *)to->Data,
                             length - header);
    *information = header + copied;
    return copied < queue->bytes ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* Without the lock, in the thread of the request: until an instance listens or time is over. */
static NTSTATUS wait_for_instance(PCUNICODE_STRING text, const LARGE_INTEGER *given,
                                  KPROCESSOR_MODE mode)
{
    LARGE_INTEGER deadline = {.QuadPart = 0};

    for (;;) {
        KIRQL irql = KeAcquireSpinLockRaiseToDpc(&pipes.lock);
        struct pipe_name *name = pipe_name_find(text);
        BOOLEAN listening = name && pipe_name_listening(name);
        NTSTATUS status;

        if (name && !listening)
            name->references++;
        KeReleaseSpinLock(&pipes.lock, irql);
        if (!name || listening)
            return name ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
        if (deadline.QuadPart == 0) {
            deadline = given ? *given : name->timeout;
            if (deadline.QuadPart < 0 && deadline.QuadPart != MINLONGLONG)
                deadline.QuadPart = (LONGLONG)ke_system_time() - deadline.QuadPart;
        }
        status = KeWaitForSingleObject(&name->available, Executive, mode, FALSE,
                                       deadline.QuadPart == MINLONGLONG ? NULL : &deadline);
        irql = KeAcquireSpinLockRaiseToDpc(&pipes.lock);
        pipe_name_release(name);
        KeReleaseSpinLock(&pipes.lock, irql);
        if (status != STATUS_SUCCESS)
            return status == STATUS_TIMEOUT ? STATUS_IO_TIMEOUT : STATUS_CANCELLED;
    }
}

static NTSTATUS wait_request(PIRP irp)
{
    const FILE_PIPE_WAIT_FOR_BUFFER *request = irp->AssociatedIrp.SystemBuffer;
    ULONG length =
        IoGetCurrentIrpStackLocation(irp)->Parameters.FileSystemControl.InputBufferLength;
    WCHAR buffer[NAME_CHARACTERS + 1] = L"\\";
    UNICODE_STRING name = {.Buffer = buffer, .MaximumLength = sizeof(buffer)};

    if (length < (ULONG)FIELD_OFFSET(FILE_PIPE_WAIT_FOR_BUFFER, Name) || request->NameLength & 1 ||
        request->NameLength > length - FIELD_OFFSET(FILE_PIPE_WAIT_FOR_BUFFER, Name) ||
        request->NameLength > NAME_CHARACTERS * sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    RtlCopyMemory(buffer + 1, request->Name, request->NameLength);
    name.Length = (USHORT)(request->NameLength + sizeof(WCHAR));
    return wait_for_instance(&name, request->TimeoutSpecified ? &request->Timeout : NULL,
                             irp->RequestorMode);
}

static NTSTATUS control(struct pipe_end *end, PIRP irp, ULONG *information, LIST_ENTRY *done)
{
    switch (IoGetCurrentIrpStackLocation(irp)->Parameters.FileSystemControl.FsControlCode) {
    case FSCTL_PIPE_LISTEN:
        return listen(end, irp, done);
    case FSCTL_PIPE_DISCONNECT:
        return disconnect(end, done);
    case FSCTL_PIPE_PEEK:
        return peek(end, irp, information);
    default:
        return STATUS_NOT_SUPPORTED;
    }
}

/* Differs from NT: FSCTL_PIPE_TRANSCEIVE and those for security are STATUS_NOT_SUPPORTED. */
NTSTATUS NTAPI pipe_fs_control(PDEVICE_OBJECT device, PIRP irp)
{
    struct pipe_end *end = pipe_end_of(irp);
    ULONG information = 0;
    LIST_ENTRY done;
    NTSTATUS status;
    KIRQL irql;

    (void)device;
    if (IoGetCurrentIrpStackLocation(irp)->Parameters.FileSystemControl.FsControlCode ==
        FSCTL_PIPE_WAIT)
        return fs_complete(irp, end ? STATUS_ILLEGAL_FUNCTION : wait_request(irp), 0);
    if (!end)
        return fs_complete(irp, STATUS_INVALID_PARAMETER, 0);
    InitializeListHead(&done);
    irql = KeAcquireSpinLockRaiseToDpc(&pipes.lock);
    status = control(end, irp, &information, &done);
    KeReleaseSpinLock(&pipes.lock, irql);
    pipe_complete(&done);
    return status == STATUS_PENDING ? status : fs_complete(irp, status, information);
}

/* ---- settings ---- */

static ULONG space_of(const struct pipe_queue *queue)
{
    return queue->quota > queue->bytes ? queue->quota - queue->bytes : 0;
}

static FILE_PIPE_LOCAL_INFORMATION describe(const struct pipe_end *end)
{
    const struct pipe_name *name = end->name;

    return (FILE_PIPE_LOCAL_INFORMATION){
        .NamedPipeType = name->type,
        .NamedPipeConfiguration = name->configuration,
        .MaximumInstances = name->maximum,
        .CurrentInstances = name->count,
        .InboundQuota = end->incoming.quota,
        .ReadDataAvailable = end->incoming.bytes,
        .OutboundQuota = end->peer ? end->peer->incoming.quota : end->outbound_quota,
        .WriteQuotaAvailable = end->peer ? space_of(&end->peer->incoming) : end->outbound_quota,
        .NamedPipeState = end->state,
        .NamedPipeEnd = end->which,
    };
}

static NTSTATUS query(const struct pipe_end *end, ULONG class, PVOID to, ULONG *bytes)
{
    switch (class) {
    case FilePipeInformation:
        *(FILE_PIPE_INFORMATION *)to =
            (FILE_PIPE_INFORMATION){end->read_mode, end->completion_mode};
        *bytes = sizeof(FILE_PIPE_INFORMATION);
        return STATUS_SUCCESS;
    case FilePipeLocalInformation:
        *(FILE_PIPE_LOCAL_INFORMATION *)to = describe(end);
        *bytes = sizeof(FILE_PIPE_LOCAL_INFORMATION);
        return STATUS_SUCCESS;
    case FileStandardInformation:
        *(FILE_STANDARD_INFORMATION *)to = (FILE_STANDARD_INFORMATION){
            .AllocationSize.QuadPart = (LONGLONG)end->incoming.quota,
            .EndOfFile.QuadPart = end->incoming.bytes,
            .NumberOfLinks = 1,
            .DeletePending = TRUE, /* a pipe goes with its last handle */
        };
        *bytes = sizeof(FILE_STANDARD_INFORMATION);
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

NTSTATUS NTAPI pipe_query(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG class = IoGetCurrentIrpStackLocation(irp)->Parameters.QueryFile.FileInformationClass;
    const struct pipe_end *end = pipe_end_of(irp);
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    ULONG bytes = 0;
    KIRQL irql;

    (void)device;
    if (end) {
        irql = KeAcquireSpinLockRaiseToDpc(&pipes.lock);
        status = query(end, class, irp->AssociatedIrp.SystemBuffer, &bytes);
        KeReleaseSpinLock(&pipes.lock, irql);
    }
    return fs_complete(irp, status, bytes);
}

/* Read mode and whether requests wait; there are no messages in a stream. */
NTSTATUS NTAPI pipe_set(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG class = IoGetCurrentIrpStackLocation(irp)->Parameters.SetFile.FileInformationClass;
    const FILE_PIPE_INFORMATION *wanted = irp->AssociatedIrp.SystemBuffer;
    struct pipe_end *end = pipe_end_of(irp);

    (void)device;
    if (!end || class != FilePipeInformation || wanted->ReadMode > FILE_PIPE_MESSAGE_MODE ||
        wanted->CompletionMode > FILE_PIPE_COMPLETE_OPERATION ||
        (wanted->ReadMode == FILE_PIPE_MESSAGE_MODE && end->name->type != FILE_PIPE_MESSAGE_TYPE))
        return fs_complete(irp, STATUS_INVALID_PARAMETER, 0);
    end->read_mode = wanted->ReadMode;
    end->completion_mode = wanted->CompletionMode;
    return fs_complete(irp, STATUS_SUCCESS, 0);
}
