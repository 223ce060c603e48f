/* Checks that need more than one run of the same workload. */
#ifndef RINGSIDE_VF_ONLY_H
#define RINGSIDE_VF_ONLY_H

#include "vf/vf.h"

/* ---- low_memory.c ---- */

/* Pool is about to be allocated. TRUE = the allocation is to fail. */
BOOLEAN vf_allocation_fails(void);
/*
 * A driver calls an export, whose code is at `target`. Returns it, or what is to run in its place:
 * a routine that fails as the export would.
 */
const void *vf_call_target(const struct nt_export *export, const ULONG64 *arguments,
                           const void *target);
/*
 * How many failure points were reached so far. They are counted as long as one of them matters. The
 * host reads it even when nothing can enter the machine any more.
 */
const ULONG64 *vf_failure_points(void);
/* What another run came to, in which that point failed. The text stays the caller's. */
void vf_failure_came_to(ULONG64 point, const char *what);

/* ---- fallible.c ---- */

/* How an export fails. */
struct vf_failure {
    const char *manner;  /* "returns NULL" */
    const void *routine; /* does it, with the export's arguments */
    UCHAR cleared;       /* number of the argument whose target becomes NULL, from 1; 0 = none */
    /* NULL, or whether a call with these arguments can fail for lack of resources. */
    BOOLEAN (*applies)(const ULONG64 *arguments);
};
/* NULL = this call cannot fail. */
const struct vf_failure *vf_failure_of(const struct nt_export *export, const ULONG64 *arguments);

/* ---- twin.c ---- */

/* A request is about to give its output to its program, or the driver has put it there. */
void vf_request_output(PIRP irp);

#endif
