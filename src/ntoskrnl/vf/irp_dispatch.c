/*
 * What a dispatch routine does with its IRP: it completes it, passes it on, or marks it pending,
 * and what it returns says which.
 *
 * The IRP may be gone when the routine returns, so what was seen of it meanwhile is kept in a frame
 * on the kernel's stack, one for each call in progress, linked per machine: a request that another
 * processor or thread completes is found there too.
 */
#include "io/io.h"
#include "ps/ps.h"
#include "vf/access.h"
#include "vf/callback.h"
#include "vf/irp.h"
#include "vf/vf.h"

VF_RULE(not_completed) = {
    .id = "RS-IRP-003",
    .title = "dispatch routine returns without completing the IRP",
    .severity = VF_ERROR,
    .bug_check = "0xC9 DRIVER_VERIFIER_IOMANAGER_VIOLATION",
    .advice = "call IoCompleteRequest before returning, or IoMarkIrpPending and return "
              "STATUS_PENDING when the request is completed later",
    .rationale =
        "The sender waits for an IRP until it is completed. One that is neither completed, "
        "passed on nor pending is lost, and the thread that sent it can never end.",
    .reference = "Windows driver documentation, Completing IRPs",
};

VF_RULE(pending_not_marked) = {
    .id = "RS-IRP-004",
    .title = "STATUS_PENDING returned without IoMarkIrpPending",
    .severity = VF_ERROR,
    .bug_check = "0xC9 DRIVER_VERIFIER_IOMANAGER_VIOLATION",
    .advice = "call IoMarkIrpPending before the IRP is queued, then return STATUS_PENDING",
    .rationale = "The I/O manager completes a request that is not marked in the thread that "
                 "completes it, while the sender waits for the one that is.",
    .reference = "Windows driver documentation, IoMarkIrpPending",
};

VF_RULE(marked_not_pending) = {
    .id = "RS-IRP-005",
    .title = "IRP marked pending, but another status returned",
    .severity = VF_ERROR,
    .bug_check = "0xC9 DRIVER_VERIFIER_IOMANAGER_VIOLATION",
    .advice = "return STATUS_PENDING from every dispatch routine that calls IoMarkIrpPending",
    .rationale = "A sender that is not told of STATUS_PENDING takes the request for finished and "
                 "frees what belongs to it, while its completion is still to come.",
    .reference = "Windows driver documentation, IoMarkIrpPending",
};

VF_RULE(status_differs) = {
    .id = "RS-IRP-006",
    .title = "status returned differs from the status in the IRP",
    .severity = VF_ERROR,
    .bug_check = "0xC9 DRIVER_VERIFIER_IOMANAGER_VIOLATION",
    .advice = "keep the status in a variable, store it in Irp->IoStatus.Status, complete the IRP, "
              "and return the variable",
    .rationale =
        "Sender and driver stack act on the returned status, the program on the one in the "
        "IRP: they must be the same.",
    .reference = "Windows driver documentation, Completing IRPs in Dispatch Routines",
};

/* Calls of dispatch routines in progress, the latest first. */
static struct vf_dispatch *in_progress;

static BOOLEAN is_marked(const IO_STACK_LOCATION *location)
{
    return (location->Control & SL_PENDING_RETURNED) != 0;
}

void vf_irp_completed(PIRP irp)
{
    vf_access_completed(irp);
    for (struct vf_dispatch *dispatch = in_progress; dispatch; dispatch = dispatch->outer)
        if (dispatch->irp == irp) {
            dispatch->completions++;
            dispatch->completed = irp->IoStatus.Status;
            dispatch->marked = is_marked(dispatch->location);
        }
}

void vf_irp_dispatch_forget(PIRP irp)
{
    for (struct vf_dispatch *dispatch = in_progress; dispatch; dispatch = dispatch->outer)
        if (dispatch->irp == irp)
            dispatch->irp = NULL;
}

const void *vf_irp_dispatch_routine(PIRP irp)
{
    for (struct vf_dispatch *dispatch = in_progress; dispatch; dispatch = dispatch->outer)
        if (dispatch->irp == irp && dispatch->thread == ps_current_thread() &&
            dispatch->irql == ke_irql())
            return dispatch->routine;
    return NULL;
}

void vf_irp_passed_on(PIRP irp)
{
    for (struct vf_dispatch *outer = in_progress; outer; outer = outer->outer)
        if (outer->irp == irp)
            outer->passed_on = TRUE;
}

static void enter(struct vf_dispatch *dispatch)
{
    vf_irp_passed_on(dispatch->irp);
    dispatch->outer = in_progress;
    in_progress = dispatch;
}

static void leave(struct vf_dispatch *dispatch)
{
    struct vf_dispatch **link = &in_progress;

    while (*link != dispatch)
        link = &(*link)->outer;
    *link = dispatch->outer;
}

static void check_result(const struct vf_dispatch *dispatch, NTSTATUS status)
{
    struct vf_place place;

    vf_place_of_routine(&place, dispatch->routine);
    if (status == STATUS_PENDING && !dispatch->marked)
        vf_report_irp(&pending_not_marked, dispatch->irp, &place, NULL, NULL,
                      "it returned STATUS_PENDING, but did not mark the IRP");
    else if (status != STATUS_PENDING && dispatch->marked)
        vf_report_irp(&marked_not_pending, dispatch->irp, &place, NULL, NULL,
                      "it marked the IRP pending, but returned 0x%08x", status);
    else if (status != STATUS_PENDING && !dispatch->completions) {
        vf_irp_lost(dispatch->irp);
        vf_report_irp(&not_completed, dispatch->irp, &place, NULL, NULL,
                      "it returned 0x%08x, and the IRP was neither completed, passed on nor marked "
                      "pending",
                      status);
    } else if (status != STATUS_PENDING && status != dispatch->completed)
        vf_report_irp(&status_differs, dispatch->irp, &place, NULL, NULL,
                      "it returned 0x%08x, but completed the IRP with 0x%08x", status,
                      dispatch->completed);
}

NTSTATUS vf_irp_dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    struct vf_dispatch dispatch = {.device = device,
                                   .thread = ps_current_thread(),
                                   .irp = irp,
                                   .location = location,
                                   .major = location->MajorFunction,
                                   .minor = location->MinorFunction,
                                   .irql = ke_irql(),
                                   .passed_on = is_marked(location)};
    PDRIVER_DISPATCH routine = device->DriverObject->MajorFunction[location->MajorFunction];
    struct vf_callback callback;
    NTSTATUS status;

    dispatch.routine = (const void *)routine;
    enter(&dispatch);
    vf_access_dispatch(device, irp);
    vf_irp_received(irp, device, dispatch.routine);
    vf_irp_mark_next(irp);
    vf_callback_enter(&callback, dispatch.routine, "dispatch routine");
    status = routine(device, irp);
    vf_callback_leave(&callback);
    vf_access_dispatched(irp);
    if (dispatch.irp)
        vf_irp_returned(irp, dispatch.routine, status);
    leave(&dispatch);
    if (dispatch.passed_on)
        return status; /* what it is depends on the driver below */
    if (!dispatch.irp && !dispatch.completions)
        return status; /* the driver freed it: irp_life.c has said what is to be said */
    if (!dispatch.completions)
        dispatch.marked = is_marked(vf_irp_usable(location));
    check_result(&dispatch, status);
    return status;
}
