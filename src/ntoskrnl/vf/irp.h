/*
 * Requests under the verifier: what io tells it. All events are called through VF(…), those with a
 * result only while vf_on is set.
 *
 *   irp_memory.c    IRPs in pages of their own, which close when the IRP is gone
 *   irp_complete.c  IoCompleteRequest               irp_dispatch.c  dispatch routines
 *   irp_forward.c   passing on, completion routines irp_life.c      who owns an IRP, and how long
 *   irp_queue.c     cancel-safe queues              irp_probe.c     unknown control codes
 *   irp_history.c   what happened to an IRP, for findings about it
 *   irp_list.c      all of them
 */
#ifndef RINGSIDE_VF_IRP_H
#define RINGSIDE_VF_IRP_H

#include "ke/ke.h"

struct nt_export;
struct machine_trap;

/* The routine that a driver has called last, until that routine looks (vf_irp_is_driver_call). */
extern const void *vf_irp_driver_call;

/* ---- irp_memory.c ---- */

/* Once, when rules are turned on. */
void vf_irp_initialize(void);
/* The address at which drivers see an IRP of `size` bytes whose memory is `block`. IoAllocateIrp
 * was called from `caller`. */
PIRP vf_irp_open(PVOID block, ULONG size, const void *caller);
/*
 * The way of an IRP through its drivers is over: they must not touch it any more. Returns the
 * address at which the kernel goes on with it.
 */
PIRP vf_irp_ended(PIRP irp);
/* The address at which the kernel can go on with an IRP, or a place in one, that may be gone. */
PVOID vf_irp_usable(PVOID address);
/* The sender that gets a completed IRP back uses it again: io_call_and_wait's callers. */
void vf_irp_reopen(PIRP irp);
/* IoFreeIrp begins, called from `caller`. Does not return when the IRP is gone already. */
void vf_irp_freeing(PIRP irp, const void *caller);
/* IoFreeIrp has found nothing wrong. Returns the block that vf_irp_open was given. */
PIRP vf_irp_freed(PIRP irp);
/* Code of the kernel or a driver touched memory that cannot be accessed. */
void vf_irp_fault(const struct machine_trap *trap);

/* ---- irp_list.c ---- */

/* The IRPs in those pages that are not freed, each by an address at which the kernel can read it.
 */
void vf_irp_visit(void (*visit)(PVOID context, PVOID irp), PVOID context);

/* ---- irp_complete.c ---- */

/* IoCompleteRequest begins, called from `caller`. */
void vf_irp_completing(PIRP irp, const void *caller);
/* Whether this is IoCompleteRequest, whose IRQL has a rule of its own. */
BOOLEAN vf_irp_is_completion(const struct nt_export *export);

/* ---- irp_dispatch.c ---- */

/* The dispatch routine that has the IRP passes it on by other means than IoCallDriver. */
void vf_irp_passed_on(PIRP irp);
/* The IRP is freed: dispatch routines in progress had another one when its address comes again. */
void vf_irp_dispatch_forget(PIRP irp);

/* The routine of the latest call in progress that has the IRP; NULL = none. */
const void *vf_irp_dispatch_routine(PIRP irp);

/* ---- irp_forward.c ---- */

/* IoCallDriver begins, called from `caller`. */
void vf_irp_calling(PDEVICE_OBJECT device, PIRP irp, const void *caller);
/* A driver is about to get the IRP: mark its next stack location. */
void vf_irp_mark_next(PIRP irp);
/*
 * A completion routine has returned. After STATUS_MORE_PROCESSING_REQUIRED the IRP may be gone.
 * @param pending  Irp->PendingReturned as it saw it
 */
void vf_irp_routine_returned(PIRP irp, const void *routine, BOOLEAN pending, NTSTATUS status);

/* ---- irp_life.c ---- */

/* The IRP comes back up to CurrentLocation. */
void vf_irp_came_up(PIRP irp);
/* A dispatch routine got it. */
void vf_irp_received(PIRP irp, PDEVICE_OBJECT device, const void *routine);
/* A dispatch routine has returned and forgot the IRP. */
void vf_irp_lost(PIRP irp);
/* IoReuseIrp begins, called from `caller`. */
void vf_irp_reusing(PIRP irp, const void *caller);
/* DriverUnload has returned. */
void vf_irp_driver_unloaded(PDRIVER_OBJECT driver);
/* A thread has ended, and its request was not completed for minutes after it was cancelled. */
void vf_irp_orphaned(PIRP irp);

/* ---- irp_queue.c ---- */

/* IoCsq… holds the queue's lock and calls the driver's routines, or does not any more. */
void vf_irp_queue_locked(const void *csq);
void vf_irp_queue_unlocked(const void *csq);
/* The driver's CsqPeekNextIrp returned an IRP, or NULL. */
void vf_irp_queue_peeked(PIRP irp);
/* Whether the current thread is inside such a routine. */
BOOLEAN vf_irp_queue_is_locked(void);

/* ---- irp_history.c ---- */

/*
 * Something happens to an IRP.
 * @param caller   return address of the routine that does it
 * @param routine  NULL, or the driver's routine that is set or about to be called
 */
void vf_irp_happens(PIRP irp, enum machine_irp_event_kind kind, const void *caller,
                    const void *routine);
void vf_irp_sent(PIRP irp, PDEVICE_OBJECT device, const void *caller);
void vf_irp_returned(PIRP irp, const void *routine, NTSTATUS status);
/* The completion routine whose call was the last event has returned. */
void vf_irp_routine_result(PIRP irp, const void *routine, NTSTATUS status);
/*
 * For a finding: what is known of the IRP at any address; FALSE = nothing. The result is valid
 * until the next call.
 */
BOOLEAN vf_irp_history(PVOID irp, struct machine_irp_history *history,
                       const struct machine_asked **asked);

/* ---- irp_probe.c ---- */

/* The driver is about to be unloaded. PASSIVE_LEVEL, on a thread that may wait. */
void vf_irp_probe_driver(PDRIVER_OBJECT driver);

#endif
