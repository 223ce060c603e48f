/*
 * Named pipes: what pipe.c, pipe_data.c and pipe_control.c share.
 *
 * A pipe is a name with instances. An instance is a server's end and, while it is connected, a
 * client's end; an end belongs to one file object, as its FsContext. An end has the queue of what
 * it will read, and its own view of the connection:
 *
 *   server:  LISTENING ── a client opens ─▶ CONNECTED ── the client closes ─▶ CLOSING
 *                ▲                             └──── FSCTL_PIPE_DISCONNECT ────┤
 *                └── FSCTL_PIPE_LISTEN ── DISCONNECTED ◀───────────────────────┘
 *   client:  CONNECTED ── the server closes ─▶ CLOSING, or disconnects ─▶ DISCONNECTED
 *
 * All of it is guarded by pipes.lock. A request that waits has a cancel routine; who takes that
 * away owns the request. Requests are completed after the lock was released: routines that hold it
 * gather them in a list.
 */
#ifndef RINGSIDE_FS_PIPE_H
#define RINGSIDE_FS_PIPE_H

#include "fs/fs_internal.h"

#define PIPE_TAG MM_POOL_TAG('N', 'p', 'f', 's')

/* Written and not read yet: a message, or a piece of a stream. */
struct pipe_chunk {
    LIST_ENTRY links;
    PIRP irp; /* the write, when it waits until this fits the quota; or NULL */
    ULONG size;
    ULONG taken;
    UCHAR data[];
};

struct pipe_queue {
    LIST_ENTRY chunks;
    LIST_ENTRY readers;  /* IRPs: there is nothing to read, then */
    LIST_ENTRY flushers; /* IRPs of the writer that wait until all was read */
    ULONG bytes;         /* in all chunks */
    ULONG quota;
};

struct pipe_name {
    LIST_ENTRY links;     /* in pipes.names while there are instances */
    LIST_ENTRY instances; /* server ends */
    UNICODE_STRING name;
    ULONG references; /* instances, and threads that wait for one */
    ULONG count, maximum;
    ULONG type;          /* FILE_PIPE_…_TYPE */
    ULONG configuration; /* FILE_PIPE_INBOUND … */
    LARGE_INTEGER timeout;
    KEVENT available; /* an instance listens, or there are no more */
};

struct pipe_end {
    ULONG which; /* FILE_PIPE_CLIENT_END or FILE_PIPE_SERVER_END */
    ULONG state; /* FILE_PIPE_…_STATE */
    ULONG read_mode, completion_mode;
    ULONG outbound_quota;  /* of a server: what its client's queue gets */
    struct pipe_end *peer; /* NULL unless CONNECTED */
    struct pipe_name *name;
    LIST_ENTRY links;     /* of a server: in name->instances */
    LIST_ENTRY listeners; /* IRPs */
    struct pipe_queue incoming;
};

struct pipe_state {
    KSPIN_LOCK lock;
    LIST_ENTRY names;
};
extern struct pipe_state pipes;

/* NULL: the root, which is only good for FSCTL_PIPE_WAIT. */
static inline struct pipe_end *pipe_end_of(PIRP irp)
{
    return IoGetCurrentIrpStackLocation(irp)->FileObject->FsContext;
}

/* pipe.c. The lock is held unless said otherwise. */
/* Queue a request, which may be cancelled from now on; returns STATUS_PENDING. */
NTSTATUS pipe_wait(PIRP irp, LIST_ENTRY *list, LIST_ENTRY *done);
/* Make a request, taken out of its list, ready to be completed; FALSE when it is cancelled. */
BOOLEAN pipe_finish(PIRP irp, NTSTATUS status, ULONG_PTR information, LIST_ENTRY *done);
void pipe_finish_all(LIST_ENTRY *list, NTSTATUS status, LIST_ENTRY *done);
void pipe_cancel_routine(PDEVICE_OBJECT device, PIRP irp);
/* Without the lock: complete what was gathered. */
void pipe_complete(LIST_ENTRY *done);
/* What a request fails with in a state in which there is no data; STATUS_SUCCESS in CONNECTED. */
NTSTATUS pipe_state_status(const struct pipe_end *end, BOOLEAN write);
void pipe_set_state(struct pipe_end *end, ULONG state);
struct pipe_end *pipe_name_listening(const struct pipe_name *name);
struct pipe_name *pipe_name_find(PCUNICODE_STRING name);
void pipe_name_release(struct pipe_name *name);
/* The connection ends: both queues fail, the ends see these states afterwards. */
void pipe_disconnect(struct pipe_end *end, ULONG state, ULONG peer_state, LIST_ENTRY *done);

/* pipe_data.c */
void pipe_queue_initialize(struct pipe_queue *queue, ULONG quota);
/* Nothing more will be written (or read, `drop`) here. The lock is held. */
void pipe_queue_fail(struct pipe_queue *queue, NTSTATUS status, BOOLEAN drop, LIST_ENTRY *done);
/* Copy from the front. Returns the bytes. The lock is held. */
ULONG pipe_queue_peek(const struct pipe_queue *queue, BOOLEAN message, UCHAR *to, ULONG length);
/* The write whose chunk waits is cancelled. The lock is held. */
void pipe_queue_forget(struct pipe_queue *queue, PIRP irp, LIST_ENTRY *done);
DRIVER_DISPATCH pipe_read, pipe_write, pipe_flush;

/* pipe_control.c */
DRIVER_DISPATCH pipe_fs_control, pipe_query, pipe_set;

#endif
