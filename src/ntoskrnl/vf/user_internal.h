/*
 * What the files of the rules about user memory share.
 *
 *   user_watch.c    requests whose user memory is hidden, and when
 *   user_fault.c    accesses to hidden memory: they trap, are told to the rules and let through
 *   user_access.c   the rules about an access
 *   user_call.c     the rules about calls of exports: probes, and routines that copy
 *
 * While a driver runs in a dispatch routine of a request of user mode, the pages which that request
 * names are without access for the host (the page tables still say what they allow): its buffers
 * of METHOD_NEITHER, and the pages into which fields of its input or written data point. What a
 * pointer in those points to is not watched, nor what lies on the pages behind. They are open
 *
 *   for everybody else    user mode, and the kernel on behalf of other threads of that process
 *   for one instruction   of the driver, after its access was told to the rules (trap flag)
 *   for the kernel        from its first access on, until it returns to the driver: a breakpoint
 *                         stands there, and the driver's next call of an export closes as well
 *
 * A request that is pending stays watched: its pages are hidden from other processes' threads, in
 * which a driver must not touch them.
 */
#ifndef RINGSIDE_VF_USER_INTERNAL_H
#define RINGSIDE_VF_USER_INTERNAL_H

#include "vf/user.h"

#define USER_WATCHES 16        /* requests at a time; others are not watched */
#define USER_RANGES 34         /* of a request: its buffers, and pages that its input points into */
#define USER_RANGE_PAGES 256   /* of a range: what lies behind is not hidden */
#define USER_PROBES 16         /* remembered of a request, the latest */
#define USER_FETCHES 32        /* the first of a request are remembered */
#define USER_TOLD 16           /* remembered of a request; more are told again */
#define USER_POINTER_FIELDS 64 /* of an input that are taken for pointers: the first */

/* Bytes that a request names. */
struct user_range {
    ULONG64 start, end;
    const char *name; /* "Type3InputBuffer" */
};

struct user_probe {
    ULONG64 start, end; /* equal: a probe of no bytes */
};

/* Bytes that the driver has read. */
struct user_fetch {
    ULONG64 start, end;
    BOOLEAN told; /* that they were read again */
    struct vf_place place;
};

/* What a function does wrong with a buffer is said once, not for each of its accesses. */
struct user_told {
    const struct vf_rule *rule;
    const struct user_range *range;
    const void *function;
};

struct user_watch {
    PIRP irp; /* NULL = this entry is free; a name only, it may be freed memory */
    PEPROCESS process;
    PKTHREAD thread; /* in the dispatch routine; NULL = it returned */
    BOOLEAN closed;  /* the pages are hidden now */
    BOOLEAN neither; /* the request has no buffers of the system */
    ULONG64 system_buffer;
    ULONG range_count, probe_count, fetch_count, told_count;
    struct user_range ranges[USER_RANGES];
    struct user_probe probes[USER_PROBES];
    struct user_fetch fetches[USER_FETCHES];
    struct user_told told[USER_TOLD];
};

struct user_state {
    struct user_watch watches[USER_WATCHES];
    ULONG count;          /* of watches in use */
    PKTHREAD open_thread; /* for this thread all is open at present */
    PKTHREAD stepping;    /* and this is because it performs one instruction, at: */
    ULONG64 step_rip;
    UCHAR *breakpoint; /* where the kernel returns to the driver; NULL = none */
    ULONG64 breakpoint_address;
    UCHAR breakpoint_byte;
    struct user_request *requests; /* in dispatch routines, the latest first */
};
extern struct user_state vf_user;

/* A call of a dispatch routine in progress; on its stack. */
struct user_request {
    PKTHREAD thread;
    PIRP irp; /* NULL = completed */
    struct user_request *outer;
};
/* The IRP that the current thread's driver serves; NULL = none, or it is completed. */
PIRP vf_user_current_irp(void);

/* Whose hidden pages hold an address; NULL = it is not hidden. */
struct user_watch *vf_user_hidden(ULONG64 address);
/* The watch of the innermost request that the current thread serves, or NULL. */
struct user_watch *vf_user_current(void);
const struct user_range *vf_user_range(const struct user_watch *watch, ULONG64 address);

/* Open all for the current thread, until it returns to the driver at this address (0 = unknown). */
void vf_user_open(ULONG64 return_address);
/* The current thread is in the driver's code: hide what it must not touch. */
void vf_user_close(void);
/* Is this the breakpoint? Then it is gone. */
BOOLEAN vf_user_take_breakpoint(ULONG64 address);

/* user_access.c */
struct user_access {
    ULONG64 address, size;
    BOOLEAN read, write;
    const CONTEXT *context; /* of the access or call */
};
void vf_user_accessed(struct user_watch *watch, const struct user_access *access);
/* A fault at an address that is no hidden memory. */
void vf_user_bad_pointer(const struct machine_trap *trap);
/* A driver's pointer to kernel memory; rule RS-USER-004. */
void vf_user_check_kernel_pointer(ULONG64 address, ULONG64 size, const struct vf_place *place);
BOOLEAN vf_user_is_probed(const struct user_watch *watch, ULONG64 address, ULONG64 size);
bool vf_user_is_driver_code(ULONG64 address);

/* user_call.c: the export that the current thread called last, and where it returns to. */
const struct nt_export *vf_user_last_call(ULONG64 *return_address);
/* Does an export touch memory for its caller without a check, as the caller's own code would? */
BOOLEAN vf_user_is_plain(const struct nt_export *export);

#endif
