/*
 * vf: the verifier. Rules about what a driver may do, and findings where it does not.
 *
 *   report.c    findings: what the driver did, where, serving which request
 *   select.c    which rules are on
 *   thunk.c     routines that stand between a driver and an export of the kernel
 *   irql_callback.c   around a driver's routine that the kernel calls
 *   export_kind.c   which exports a rule is about
 *   twin.c, low_memory.c, fallible.c   rules that need more than one run (only.h)
 *   irp_….c, mem_….c, …   one rule, or a few that watch the same thing, per file
 *
 * A rule is a row that stands next to the code that checks it (VF_RULE) and that the linker
 * gathers, like exports; there is no second list. Event sites in the kernel say VF(event(…)), which
 * calls vf_event(…) while any rule is on and costs one predicted branch else. A check tells what it
 * found with vf_report, which does nothing when its rule is off, and goes on: one run shows all
 * findings. Where the kernel itself cannot go on, a bug check follows as on Windows.
 *
 * While a rule is on, a driver's imports lead through the stubs of mm/trace_stub.c, so that
 * vf_export_called sees each call before it is made.
 */
#ifndef RINGSIDE_VF_H
#define RINGSIDE_VF_H

#include "ke/ke.h"

struct nt_export;
struct machine_trap;

enum vf_severity { VF_ERROR, VF_WARNING, VF_NOTE };

/* One rule. Rows are 64 bytes apart, so that the linker's gathering is an array. */
struct vf_rule {
    const char *id;    /* "RS-IRP-003"; never changes its meaning */
    const char *title; /* what is wrong, in a few words */
    const char
        *bug_check;     /* what it would be on Windows: "0xC9 DRIVER_VERIFIER_…"; NULL = nothing */
    const char *advice; /* one sentence: what to change */
    const char *rationale; /* why it matters */
    const char *reference; /* the public page that says so */
    UCHAR severity;        /* enum vf_severity */
    UCHAR enabled;
} __attribute__((aligned(64)));

#define VF_RULE(name)                                                                              \
    __attribute__((section(".vfrul$m"), used)) static struct vf_rule                               \
        __attribute__((aligned(64))) name

extern UCHAR vf_on; /* 1 = at least one rule is on */

#define VF(event)                                                                                  \
    do {                                                                                           \
        if (__builtin_expect(vf_on, 0))                                                            \
            vf_##event;                                                                            \
    } while (0)

/*
 * Turn rules on before the first driver is loaded: "all", or ids and beginnings of ids, separated
 * by commas ("RS-IRP,RS-MEM-002"); those behind a '-' are off again. Returns NULL, or the part of
 * the text that names no rule.
 */
const char *vf_select(const char *rules);
/* Rule number 0, 1, 2 … in the order of ids; NULL behind the last. */
const struct vf_rule *vf_rule(ULONG index);

/* ---- findings ---- */

#define VF_PLACE_FRAMES 16

/* A stack that was remembered, driver frames first: where memory was allocated, a lock taken … */
struct vf_place {
    ULONG64 frames[VF_PLACE_FRAMES]; /* return addresses; [0] is the driver's own */
    ULONG count;                     /* 0 = nothing is known */
};

/* Where the driver is now: the frames from the innermost one on that is not the kernel's. */
void vf_place_capture(struct vf_place *place);
/* The same for interrupted code. */
void vf_place_of_trap(struct vf_place *place, const struct machine_trap *trap);
void vf_place_of_context(struct vf_place *place, const CONTEXT *context);
/* A routine that has returned already, or has not been called yet. */
void vf_place_of_routine(struct vf_place *place, const void *routine);

/* printf-like; one sentence without a full stop. IRQL: any. The place is where the driver is now.
 */
void vf_report(const struct vf_rule *rule, const char *format, ...);
/*
 * The same with a place, and another one that explains it under a title ("allocated by"). Both may
 * be NULL: then the place is where the driver is now, and there is no other.
 */
void vf_report_at(const struct vf_rule *rule, const struct vf_place *place, const char *other_title,
                  const struct vf_place *other, const char *format, ...);

/* The same about an IRP: the finding has its history instead of that of the request in service. */
void vf_report_irp(const struct vf_rule *rule, PVOID irp, const struct vf_place *place,
                   const char *other_title, const struct vf_place *other, const char *format, ...);

/* ---- events: called by other components through VF(…) ---- */

/* A driver calls an export. `arguments` is an array in the caller's home space: see
 * kd/trace_call.c. */
void vf_export_called(const struct nt_export *export, const ULONG64 *arguments);

/* irp_dispatch.c: around a dispatch routine, which returned `status`. */
struct vf_dispatch {
    PDEVICE_OBJECT device;
    const void *thread; /* that called it */
    PIRP irp;           /* NULL = it was freed meanwhile, and its address may be another IRP's */
    const void *routine;
    UCHAR major, minor;
    KIRQL irql;
    ULONG completions;  /* of this IRP so far */
    NTSTATUS completed; /* its status at the last of them */
    BOOLEAN passed_on;  /* IofCallDriver was called for it, or it came marked already */
    BOOLEAN marked;     /* IoMarkIrpPending was called; known when it is completed or still there */
    const IO_STACK_LOCATION *location; /* valid until it is completed */
    struct vf_dispatch *outer;
};
NTSTATUS vf_irp_dispatch(PDEVICE_OBJECT device, PIRP irp);
void vf_irp_completed(PIRP irp);

#endif
