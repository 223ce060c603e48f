/* What the rules of requests know of an IRP. Shared by irp_….c and report.c alone. */
#ifndef RINGSIDE_VF_IRP_RECORD_H
#define RINGSIDE_VF_IRP_RECORD_H

#include "vf/irp.h"
#include "vf/vf.h"

enum vf_irp_state {
    VF_IRP_UNUSED, /* no IRP has been there yet */
    VF_IRP_OPEN,
    VF_IRP_COMPLETED, /* on its way back to the sender, who will free it */
    VF_IRP_FREED
};

#define VF_IRP_FIRST_EVENTS 8 /* kept to the end, as they say where the IRP comes from */
#define VF_IRP_EVENTS 24      /* those, and a ring of the last ones */

/* What happened to the IRP of a record. irp_history.c */
struct vf_irp_history {
    ULONG count;                /* since it was allocated */
    CHAR marked_at;             /* CurrentLocation that was seen marked pending; 0 = none */
    const void *cancel_routine; /* as seen last */
    struct machine_asked asked; /* by its sender */
    BOOLEAN was_sent;           /* `asked` is valid */
    struct machine_irp_event events[VF_IRP_EVENTS];
};

struct vf_irp_record {
    LIST_ENTRY link;       /* of pages that may be used again, the oldest first */
    PVOID block;           /* memory of the IRP without the verifier */
    PDRIVER_OBJECT driver; /* whose dispatch routine got it last; an address, maybe stale */
    const void *routine;   /* that dispatch routine */
    enum vf_irp_state state;
    CHAR sender;     /* CurrentLocation of who sent it, 0 = it is not under way */
    BOOLEAN watched; /* the page is to be closed when it ends */
    BOOLEAN closed;  /* the page is closed */
    BOOLEAN told;    /* that it was touched when it was gone was said */
    BOOLEAN lost;    /* that nobody will complete it was said */
    struct vf_place sent, completed, freed;
    struct vf_irp_history history;
};

/* The record of an IRP at either of its addresses; NULL for one that is not watched. */
struct vf_irp_record *vf_irp_record(PVOID address);
/* All records, for loops. */
struct vf_irp_record *vf_irp_records(ULONG *count);
/* The address that drivers see. */
PIRP vf_irp_of_record(const struct vf_irp_record *record);

/*
 * Whether a driver, and not the kernel, called the routine that now begins. Where it returns to
 * does not tell: a call at the end of a driver's routine is a jump, and returns to the routine's
 * caller.
 */
BOOLEAN vf_irp_is_driver_call(const void *routine);
/* Whether an IRP that ends by a driver's call from `caller` is to be watched. */
BOOLEAN vf_irp_is_watched_at(const void *caller);
/* Remember that call: with its stack if `all`. */
void vf_irp_remember(struct vf_place *place, BOOLEAN all, const void *caller);
/* The page gets another IRP, which has no history. */
void vf_irp_history_clear(struct vf_irp_record *record);
/* IoFreeIrp begins for one that is not gone: may it be freed? (irp_life.c) */
void vf_irp_check_free(PIRP irp);

#endif
