/*
 * IoCompleteRequest: who may call it, when, and what must be in the IRP then.
 */
#include "io/io.h"
#include "include/nt_export.h"
#include "vf/irp_record.h"

VF_RULE(completed_twice) = {
    .id = "RS-IRP-001",
    .title = "IRP completed twice",
    .severity = VF_ERROR,
    .bug_check = "0x44 MULTIPLE_IRP_COMPLETE_REQUESTS",
    .advice = "complete each IRP in one place only: after IoCompleteRequest return at once, and "
              "when another routine may complete it too, decide by IoSetCancelRoutine or a "
              "cancel-safe queue who does",
    .rationale = "The first completion gave the IRP back. The second one works on memory that may "
                 "belong to another request by then.",
    .reference = "Windows driver documentation, Bug Check 0x44: MULTIPLE_IRP_COMPLETE_REQUESTS",
};

VF_RULE(information_too_large) = {
    .id = "RS-IRP-007",
    .title = "IoStatus.Information is larger than the buffer of the request",
    .severity = VF_ERROR,
    .bug_check = NULL,
    .advice =
        "set IoStatus.Information to the number of bytes transferred, which is never more than "
        "the length in the stack location",
    .rationale = "The I/O manager copies that many bytes of the system buffer to the caller: what "
                 "lies behind the buffer in the pool goes to user mode, and the caller's memory is "
                 "overwritten. For other methods the caller is told of data that it did not get.",
    .reference = "Windows driver documentation, IO_STATUS_BLOCK; Failure to Check the Size of "
                 "Buffers",
};

VF_RULE(completed_at_high_irql) = {
    .id = "RS-IRP-008",
    .title = "IRP completed above DISPATCH_LEVEL",
    .severity = VF_ERROR,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "complete the IRP in a DPC that the interrupt service routine queues",
    .rationale = "Completion runs the completion routines of other drivers and takes locks of "
                 "DISPATCH_LEVEL, which code above that level may have interrupted.",
    .reference = "Windows driver documentation, IoCompleteRequest",
};

VF_RULE(completed_cancelable) = {
    .id = "RS-IRP-009",
    .title = "IRP completed while its cancel routine is set",
    .severity = VF_ERROR,
    .bug_check = "0xC9 DRIVER_VERIFIER_IOMANAGER_VIOLATION",
    .advice = "call IoSetCancelRoutine(Irp, NULL) before completing, and leave the IRP alone when "
              "that returns NULL: the cancel routine has it then",
    .rationale = "A cancel that comes after the completion calls the routine with an IRP that is "
                 "gone.",
    .reference = "Windows driver documentation, Canceling IRPs; Bug Check 0xC9",
};

VF_RULE(completed_as_pending) = {
    .id = "RS-IRP-018",
    .title = "IRP completed with STATUS_PENDING",
    .severity = VF_ERROR,
    .bug_check = "0xC9 DRIVER_VERIFIER_IOMANAGER_VIOLATION",
    .advice = "store the final status in Irp->IoStatus.Status before IoCompleteRequest; "
              "STATUS_PENDING is only returned from a dispatch routine",
    .rationale = "STATUS_PENDING says that the request is not finished: its sender goes on waiting "
                 "for an end that has been.",
    .reference = "Windows driver documentation, Completing IRPs; Bug Check 0xC9",
};

VF_RULE(completed_under_queue_lock) = {
    .id = "RS-IRP-013",
    .title = "IRP completed by a routine of a cancel-safe queue",
    .severity = VF_ERROR,
    .bug_check = NULL,
    .advice = "let the queue's insert, remove and peek routines do nothing but that, and complete "
              "the IRP after IoCsqRemoveIrp or IoCsqRemoveNextIrp has returned it",
    .rationale = "These routines run under the queue's lock. Completion may send the next request "
                 "to the driver, which waits for that lock forever; and the queue goes on with an "
                 "IRP that is gone.",
    .reference = "Windows driver documentation, Cancel-Safe IRP Queues",
};

static void check_twice(PIRP irp)
{
    struct vf_irp_record *record = vf_irp_record(irp);

    if (!record || record->sender || !record->completed.count || record->freed.count)
        return;
    vf_report_irp(&completed_twice, irp, NULL, "first completed by", &record->completed,
                  "IRP 0x%llx was completed already", (ULONG64)irp);
    record->told = TRUE;
    ke_bugcheck(MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)irp, 0, 0, 0);
}

/* How many bytes the request may transfer; FALSE = that depends on the request's own meaning. */
static BOOLEAN transfer_limit(const IO_STACK_LOCATION *location, ULONG *limit)
{
    switch (location->MajorFunction) {
    case IRP_MJ_READ:
        *limit = location->Parameters.Read.Length;
        return TRUE;
    case IRP_MJ_WRITE:
        *limit = location->Parameters.Write.Length;
        return TRUE;
    case IRP_MJ_DEVICE_CONTROL:
        *limit = location->Parameters.DeviceIoControl.OutputBufferLength;
        return TRUE;
    default:
        return FALSE;
    }
}

/*
 * Where the driver is. A call at the end of a DPC routine leaves no frame of the driver: then the
 * dispatch routine stands for it.
 */
static void find_place(PIRP irp, struct vf_place *place)
{
    const IO_STACK_LOCATION *location;

    vf_place_capture(place);
    if (place->count || irp->CurrentLocation > irp->StackCount)
        return;
    location = IoGetCurrentIrpStackLocation(irp);
    vf_place_of_routine(
        place,
        (const void *)location->DeviceObject->DriverObject->MajorFunction[location->MajorFunction]);
}

/* An error's Information is not a count of data: drivers tell with it how much they would need. */
static void check_information(PIRP irp)
{
    const IO_STACK_LOCATION *location;
    struct vf_place place;
    ULONG limit;

    if (irp->CurrentLocation > irp->StackCount || NT_ERROR(irp->IoStatus.Status))
        return;
    location = IoGetCurrentIrpStackLocation(irp);
    if (!transfer_limit(location, &limit) || irp->IoStatus.Information <= limit)
        return;
    find_place(irp, &place);
    vf_report_irp(&information_too_large, irp, &place, NULL, NULL,
                  "it says %llu bytes were transferred; %s %u", (ULONG64)irp->IoStatus.Information,
                  location->MajorFunction == IRP_MJ_DEVICE_CONTROL ? "the output buffer has"
                                                                   : "the request was for",
                  limit);
}

/* IoCsq… goes on with the IRP and faults: that is the same mistake. */
static void check_queue(PIRP irp, struct vf_irp_record *record)
{
    vf_report_irp(&completed_under_queue_lock, irp, NULL, NULL, NULL,
                  "IRP 0x%llx was completed under the queue's lock", (ULONG64)irp);
    if (record)
        record->told = TRUE;
}

/* What is a bug check without the rules, too, follows in IofCompleteRequest. */
static void check_state(PIRP irp)
{
    struct vf_place place, cancel;

    find_place(irp, &place);
    if (irp->CancelRoutine) {
        vf_place_of_routine(&cancel, (const void *)irp->CancelRoutine);
        vf_report_irp(&completed_cancelable, irp, &place, "the cancel routine", &cancel,
                      "IRP 0x%llx still has a cancel routine", (ULONG64)irp);
    }
    if (irp->IoStatus.Status == STATUS_PENDING)
        vf_report_irp(&completed_as_pending, irp, &place, NULL, NULL,
                      "IRP 0x%llx has the status STATUS_PENDING", (ULONG64)irp);
}

void vf_irp_completing(PIRP irp, const void *caller)
{
    struct vf_irp_record *record = vf_irp_record(irp);

    vf_irp_happens(irp, MACHINE_IRP_COMPLETED, caller, NULL);
    if (!vf_irp_is_driver_call((const void *)IofCompleteRequest))
        return;
    check_twice(irp);
    if (ke_irql() > DISPATCH_LEVEL)
        vf_report_irp(&completed_at_high_irql, irp, NULL, NULL, NULL,
                      "IoCompleteRequest was called at IRQL %u", ke_irql());
    if (vf_irp_queue_is_locked())
        check_queue(irp, record);
    check_information(irp);
    if (irp->CancelRoutine || irp->IoStatus.Status == STATUS_PENDING)
        check_state(irp);
    if (!record)
        return;
    record->watched = vf_irp_is_watched_at(caller);
    vf_irp_remember(&record->completed, record->watched, caller);
}

BOOLEAN vf_irp_is_completion(const struct nt_export *export)
{
    return completed_at_high_irql.enabled && export->address == (const void *)IofCompleteRequest;
}
