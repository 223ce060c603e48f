/*
 * The verifier's view of locks.
 *
 *   lock_….c thunks ──▶ vf_lock_before ─▶ (the routine waits) ─▶ vf_lock_acquired ─▶
 * vf_lock_release │ lock_order.c: held → wanted          │ lock_held.c
 *
 * Locks are known by their address from their first acquisition until their memory goes away
 * (vf_lock_memory_gone) or is initialised anew. A lock's holder is a thread, or, for what a DPC or
 * an interrupt acquires, the processor that runs it.
 */
#ifndef RINGSIDE_VF_LOCK_H
#define RINGSIDE_VF_LOCK_H

#include "vf/vf.h"

enum vf_lock_kind {
    VF_LOCK_SPIN,
    VF_LOCK_SHARED_SPIN, /* EX_SPIN_LOCK */
    VF_LOCK_FAST_MUTEX,
    VF_LOCK_GUARDED_MUTEX,
    VF_LOCK_PUSH,
    VF_LOCK_RESOURCE,
    VF_LOCK_MUTEX,
};

enum {
    VF_LOCK_SHARED = 1, /* others may hold it, too */
    VF_LOCK_TRY = 2,    /* the caller does not wait for ever: no deadlock comes of it */
};

struct vf_lock_call {
    const void *lock;
    enum vf_lock_kind kind;
    ULONG flags;
    ULONG64 caller; /* the driver's return address */
};

/* A driver is about to acquire a lock. */
void vf_lock_before(const struct vf_lock_call *call);
/* It has it. */
void vf_lock_acquired(const struct vf_lock_call *call);
/* It is about to release it. `is_free`: the lock's memory says that nobody holds it. */
void vf_lock_release(const struct vf_lock_call *call, BOOLEAN is_free);
/* The same in the name of another thread. */
void vf_lock_release_for(const void *lock, const void *holder);
/* Normal (or with `special` all) kernel APCs must be disabled where a lock of this kind is
 * acquired. */
void vf_lock_check_apcs(const struct vf_lock_call *call, BOOLEAN special);
/* The current holder hands a lock over to somebody else, who will release it. */
void vf_lock_disown(const void *lock);

/* Memory is freed, or a lock in it is initialised: what was known of locks in there is void. */
void vf_lock_memory_gone(ULONG64 address, ULONG64 bytes);
/* A lock is initialised in memory that may have held another one. */
void vf_lock_initialized(const void *lock);
/* The current thread ends. */
void vf_lock_thread_exit(void);

/* For callback.c: a mark in time, and what the current holder acquired since, which is reported. */
ULONG64 vf_lock_mark(void);
void vf_lock_check_since(ULONG64 mark, const void *routine, const char *what);

/* ---- between the files of the group ---- */

#define VF_LOCK_NODES 1024
#define VF_LOCK_NONE 0xFFFF /* not a node or an edge */

/* Ways to use a spin lock that do not mix. */
enum vf_spin_use { VF_SPIN_PLAIN, VF_SPIN_QUEUED, VF_SPIN_USES };

struct vf_lock_node {
    const void *lock;
    USHORT next;       /* in its bucket, or in the list of free nodes */
    USHORT first_edge; /* lock_order.c */
    UCHAR kind;
    ULONG64 used_at[VF_SPIN_USES]; /* first use of either kind: the driver's return address */
};

extern struct vf_lock_node vf_lock_nodes[VF_LOCK_NODES];

/* The node of a lock, made when there is none; VF_LOCK_NONE when there are too many locks. */
USHORT vf_lock_node(const void *lock, enum vf_lock_kind kind);
/* Forget the locks in a range of memory. */
void vf_lock_nodes_forget(ULONG64 address, ULONG64 bytes);
/* lock_pageable.c: a lock is seen for the first time. */
void vf_lock_check_memory(const void *lock, enum vf_lock_kind kind);
/* lock_order.c: a node goes away. */
void vf_lock_order_forget(USHORT node);

struct vf_lock_held {
    const void *lock;
    const void *holder;
    ULONG64 acquired_at; /* the driver's return address */
    ULONG64 mark;        /* see vf_lock_mark */
    ULONG depth;         /* of a lock that its holder may acquire again */
    USHORT node;
    UCHAR kind;
    BOOLEAN shared;
    BOOLEAN reported; /* that it is still held */
};

/* lock_order.c: the holder of these locks waits for another one. */
void vf_lock_order(const struct vf_lock_held *const *held, ULONG count, USHORT wanted);

const char *vf_lock_name(enum vf_lock_kind kind);
/* One return address as a place. */
struct vf_place vf_lock_place(ULONG64 address);

#endif
