/*
 * What travels through a pipe. A write becomes a chunk in the queue of the other end. It ends at
 * once if that leaves the queue within its quota; else it waits until enough was read. See pipe.h.
 */
#include "fs/pipe.h"

void pipe_queue_initialize(struct pipe_queue *queue, ULONG quota)
{
    InitializeListHead(&queue->chunks);
    InitializeListHead(&queue->readers);
    InitializeListHead(&queue->flushers);
    queue->bytes = 0;
    queue->quota = quota;
}

static struct pipe_chunk *chunk_at(LIST_ENTRY *link)
{
    return CONTAINING_RECORD(link, struct pipe_chunk, links);
}

/* The write of a chunk ends, if it still waits. It is in no list, only its chunk knows it. */
static void finish_write(struct pipe_chunk *chunk, NTSTATUS status, LIST_ENTRY *done)
{
    if (chunk->irp)
        pipe_finish(chunk->irp, status, NT_SUCCESS(status) ? chunk->size : 0, done);
    chunk->irp = NULL;
}

static void drop_chunk(struct pipe_queue *queue, struct pipe_chunk *chunk)
{
    queue->bytes -= chunk->size - chunk->taken;
    RemoveEntryList(&chunk->links);
    ExFreePoolWithTag(chunk, PIPE_TAG);
}

void pipe_queue_fail(struct pipe_queue *queue, NTSTATUS status, BOOLEAN drop, LIST_ENTRY *done)
{
    pipe_finish_all(&queue->readers, status, done);
    pipe_finish_all(&queue->flushers, status, done);
    for (LIST_ENTRY *link = queue->chunks.Flink, *next; link != &queue->chunks; link = next) {
        struct pipe_chunk *chunk = chunk_at(link);

        next = link->Flink;
        finish_write(chunk, status, done);
        if (drop)
            drop_chunk(queue, chunk);
    }
}

ULONG pipe_queue_peek(const struct pipe_queue *queue, BOOLEAN message, UCHAR *to, ULONG length)
{
    ULONG copied = 0;

    for (const LIST_ENTRY *link = queue->chunks.Flink; link != &queue->chunks; link = link->Flink) {
        const struct pipe_chunk *chunk = CONTAINING_RECORD(link, struct pipe_chunk, links);
        ULONG part = chunk->size - chunk->taken;

        if (part > length - copied)
            part = length - copied;
        RtlCopyMemory(to + copied, chunk->data + chunk->taken, part);
        copied += part;
        if (message || copied == length)
            break;
    }
    return copied;
}

/* Copy from the front and take it out: one message, or as many bytes as there are. */
static NTSTATUS take_data(struct pipe_queue *queue, BOOLEAN message, UCHAR *to, ULONG length,
                          ULONG *copied, LIST_ENTRY *done)
{
    ULONG left = *copied = pipe_queue_peek(queue, message, to, length);

    while (!IsListEmpty(&queue->chunks)) {
        struct pipe_chunk *chunk = chunk_at(queue->chunks.Flink);
        ULONG part = chunk->size - chunk->taken;

        if (part > left) {
            chunk->taken += left;
            queue->bytes -= left;
            return message ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
        }
        left -= part;
        finish_write(chunk, STATUS_SUCCESS, done);
        drop_chunk(queue, chunk);
        if (message || left == 0)
            break;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS serve(struct pipe_end *end, PIRP irp, ULONG *copied, LIST_ENTRY *done)
{
    return take_data(&end->incoming, end->read_mode == FILE_PIPE_MESSAGE_MODE,
                     irp->AssociatedIrp.SystemBuffer,
                     IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length, copied, done);
}

/* Data came: whoever waits for it gets it. */
static void serve_readers(struct pipe_end *end, LIST_ENTRY *done)
{
    struct pipe_queue *queue = &end->incoming;

    while (!IsListEmpty(&queue->readers) && !IsListEmpty(&queue->chunks)) {
        PIRP irp = CONTAINING_RECORD(queue->readers.Flink, IRP, Tail.Overlay.ListEntry);
        ULONG copied;

        if (!pipe_finish(irp, STATUS_SUCCESS, 0, done))
            continue; /* its cancel routine has it */
        irp->IoStatus.Status = serve(end, irp, &copied, done);
        irp->IoStatus.Information = copied;
    }
}

/* Data went: writes that fit now have ended, and flushes when nothing is left. */
static void serve_writers(struct pipe_queue *queue, LIST_ENTRY *done)
{
    ULONG bytes = 0;

    for (LIST_ENTRY *link = queue->chunks.Flink; link != &queue->chunks; link = link->Flink) {
        struct pipe_chunk *chunk = chunk_at(link);

        bytes += chunk->size - chunk->taken;
        if (bytes > queue->quota)
            return;
        finish_write(chunk, STATUS_SUCCESS, done);
    }
    if (IsListEmpty(&queue->chunks))
        pipe_finish_all(&queue->flushers, STATUS_SUCCESS, done);
}

void pipe_queue_forget(struct pipe_queue *queue, PIRP irp, LIST_ENTRY *done)
{
    for (LIST_ENTRY *link = queue->chunks.Flink; link != &queue->chunks; link = link->Flink) {
        struct pipe_chunk *chunk = chunk_at(link);

        if (chunk->irp == irp) {
            drop_chunk(queue, chunk);
            serve_writers(queue, done); /* those behind it may fit now */
            return;
        }
    }
}

static NTSTATUS read(struct pipe_end *end, PIRP irp, ULONG *copied, LIST_ENTRY *done)
{
    struct pipe_queue *queue = &end->incoming;
    NTSTATUS status;

    if (!IsListEmpty(&queue->chunks)) {
        status = serve(end, irp, copied, done);
        serve_writers(queue, done);
        return status;
    }
    status = pipe_state_status(end, FALSE);
    if (!NT_SUCCESS(status))
        return status;
    if (end->completion_mode == FILE_PIPE_COMPLETE_OPERATION)
        return STATUS_PIPE_EMPTY;
    return pipe_wait(irp, &queue->readers, done);
}

NTSTATUS NTAPI pipe_read(PDEVICE_OBJECT device, PIRP irp)
{
    struct pipe_end *end = pipe_end_of(irp);
    ULONG copied = 0;
    LIST_ENTRY done;
    NTSTATUS status;
    KIRQL irql;

    (void)device;
    if (!end)
        return fs_complete(irp, STATUS_INVALID_PARAMETER, 0);
    InitializeListHead(&done);
    irql = KeAcquireSpinLockRaiseToDpc(&pipes.lock);
    status = read(end, irp, &copied, &done);
    KeReleaseSpinLock(&pipes.lock, irql);
    pipe_complete(&done);
    return status == STATUS_PENDING ? status : fs_complete(irp, status, copied);
}

/* A pipe that does not wait takes a whole message or none, and of a stream what fits. */
static ULONG limit_write(const struct pipe_end *end, const struct pipe_queue *queue, ULONG size)
{
    ULONG space = queue->quota > queue->bytes ? queue->quota - queue->bytes : 0;

    if (end->completion_mode == FILE_PIPE_QUEUE_OPERATION || size <= space ||
        !IsListEmpty(&queue->readers))
        return size;
    return end->name->type == FILE_PIPE_MESSAGE_TYPE ? 0 : space;
}

/* The request is in no list: its chunk, the last one, knows it. */
static void wait_for_space(struct pipe_queue *queue, struct pipe_chunk *chunk, PIRP irp,
                           LIST_ENTRY *done)
{
    IoMarkIrpPending(irp);
    InitializeListHead(&irp->Tail.Overlay.ListEntry);
    chunk->irp = irp;
    (void)IoSetCancelRoutine(irp, pipe_cancel_routine);
    if (irp->Cancel && pipe_finish(irp, STATUS_CANCELLED, 0, done))
        drop_chunk(queue, chunk);
}

/* *chunk becomes NULL when the queue has taken it over. */
static NTSTATUS write(struct pipe_end *end, PIRP irp, struct pipe_chunk **chunk, ULONG *written,
                      LIST_ENTRY *done)
{
    NTSTATUS status = pipe_state_status(end, TRUE);
    struct pipe_queue *queue;
    ULONG size;

    if (!NT_SUCCESS(status))
        return status;
    queue = &end->peer->incoming;
    size = limit_write(end, queue, (*chunk)->size);
    *written = size;
    if (size == 0 && ((*chunk)->size != 0 || end->name->type != FILE_PIPE_MESSAGE_TYPE))
        return STATUS_SUCCESS;
    (*chunk)->size = size;
    queue->bytes += size;
    InsertTailList(&queue->chunks, &(*chunk)->links);
    serve_readers(end->peer, done);
    if (!IsListEmpty(&queue->chunks) && queue->bytes > queue->quota &&
        end->completion_mode == FILE_PIPE_QUEUE_OPERATION) {
        wait_for_space(queue, *chunk, irp, done);
        status = STATUS_PENDING;
    }
    *chunk = NULL;
    return status;
}

static struct pipe_chunk *make_chunk(PIRP irp, ULONG size)
{
    struct pipe_chunk *chunk =
        ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*chunk) + size, PIPE_TAG);

    if (!chunk)
        return NULL;
    chunk->irp = NULL;
    chunk->size = size;
    chunk->taken = 0;
    RtlCopyMemory(chunk->data, irp->AssociatedIrp.SystemBuffer, size);
    return chunk;
}

NTSTATUS NTAPI pipe_write(PDEVICE_OBJECT device, PIRP irp)
{
    struct pipe_end *end = pipe_end_of(irp);
    struct pipe_chunk *chunk;
    ULONG written = 0;
    LIST_ENTRY done;
    NTSTATUS status;
    KIRQL irql;

    (void)device;
    if (!end)
        return fs_complete(irp, STATUS_INVALID_PARAMETER, 0);
    chunk = make_chunk(irp, IoGetCurrentIrpStackLocation(irp)->Parameters.Write.Length);
    if (!chunk)
        return fs_complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    InitializeListHead(&done);
    irql = KeAcquireSpinLockRaiseToDpc(&pipes.lock);
    status = write(end, irp, &chunk, &written, &done);
    KeReleaseSpinLock(&pipes.lock, irql);
    if (chunk)
        ExFreePoolWithTag(chunk, PIPE_TAG);
    pipe_complete(&done);
    return status == STATUS_PENDING ? status : fs_complete(irp, status, written);
}

/* Wait until the other end has read everything. */
NTSTATUS NTAPI pipe_flush(PDEVICE_OBJECT device, PIRP irp)
{
    struct pipe_end *end = pipe_end_of(irp);
    NTSTATUS status = STATUS_SUCCESS;
    LIST_ENTRY done;
    KIRQL irql;

    (void)device;
    if (!end)
        return fs_complete(irp, STATUS_INVALID_PARAMETER, 0);
    InitializeListHead(&done);
    irql = KeAcquireSpinLockRaiseToDpc(&pipes.lock);
    if (end->peer && !IsListEmpty(&end->peer->incoming.chunks))
        status = pipe_wait(irp, &end->peer->incoming.flushers, &done);
    KeReleaseSpinLock(&pipes.lock, irql);
    pipe_complete(&done);
    return status == STATUS_PENDING ? status : fs_complete(irp, status, 0);
}
