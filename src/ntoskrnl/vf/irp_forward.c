/*
 * Passing IRPs on: the stack location of the next driver, and completion routines on the way back.
 *
 * The next driver's location is not told apart from one that nobody wrote by looking at it, as
 * zeros mean IRP_MJ_CREATE. So a driver gets its IRP with a mark in the next location, which
 * IoCopyCurrentIrpStackLocationToNext and everybody who sets up the location overwrite. In a new
 * IRP zeros are documented; there only a request without any parameter counts as not set up.
 */
#include "io/io.h"
#include "mm/mm.h"
#include "vf/irp_record.h"

#define NOT_WRITTEN 0xF7 /* no major function */

VF_RULE(no_location) = {
    .id = "RS-IRP-010",
    .title = "IRP passed on without a stack location for the next driver",
    .severity = VF_ERROR,
    .bug_check = "0x35 NO_MORE_IRP_STACK_LOCATIONS",
    .advice = "call IoSkipCurrentIrpStackLocation, or IoCopyCurrentIrpStackLocationToNext when a "
              "completion routine is set, before IoCallDriver; allocate IRPs with the StackSize of "
              "the device that they are sent to",
    .rationale = "The next driver finds its request in its own stack location. What is there when "
                 "nobody wrote it looks like IRP_MJ_CREATE.",
    .reference = "Windows driver documentation, Passing IRPs down the Driver Stack",
};

VF_RULE(pending_not_passed_up) = {
    .id = "RS-IRP-011",
    .title = "completion routine does not pass the pending mark on",
    .severity = VF_ERROR,
    .bug_check = "0xC9 DRIVER_VERIFIER_IOMANAGER_VIOLATION",
    .advice = "in a completion routine that does not return STATUS_MORE_PROCESSING_REQUIRED: "
              "if (Irp->PendingReturned) IoMarkIrpPending(Irp);",
    .rationale =
        "The dispatch routine returned STATUS_PENDING, as the driver below did. Without the "
        "mark the I/O manager takes the request for finished in the dispatch routine, and "
        "its sender waits forever.",
    .reference = "Windows driver documentation, Implementing an IoCompletion Routine",
};

void vf_irp_mark_next(PIRP irp)
{
    if (irp->CurrentLocation > 1)
        IoGetNextIrpStackLocation(irp)->MajorFunction = NOT_WRITTEN;
}

static BOOLEAN is_empty(const IO_STACK_LOCATION *location)
{
    return !location->MajorFunction && !location->MinorFunction && !location->Flags &&
           !location->FileObject && !location->Parameters.Others.Argument1 &&
           !location->Parameters.Others.Argument2 && !location->Parameters.Others.Argument3 &&
           !location->Parameters.Others.Argument4;
}

/* Goes on with what would be there without the mark. */
static void check_next(PIRP irp)
{
    IO_STACK_LOCATION *next = IoGetNextIrpStackLocation(irp);

    if (next->MajorFunction == NOT_WRITTEN) {
        next->MajorFunction = 0;
        vf_report_irp(&no_location, irp, NULL, NULL, NULL,
                      "the next stack location was neither copied nor skipped nor set up");
    } else if (irp->CurrentLocation == irp->StackCount + 1 && is_empty(next)) {
        vf_report_irp(&no_location, irp, NULL, NULL, NULL,
                      "a new IRP was sent whose first stack location is empty");
    }
}

void vf_irp_calling(PDEVICE_OBJECT device, PIRP irp, const void *caller)
{
    struct vf_irp_record *record = vf_irp_record(irp);
    BOOLEAN by_driver = vf_irp_is_driver_call((const void *)IofCallDriver);

    if (irp->CurrentLocation <= 1)
        vf_report_irp(&no_location, irp, NULL, NULL, NULL,
                      "the IRP has %u stack locations, and all are in use", irp->StackCount);
    else
        check_next(irp);
    vf_irp_sent(irp, device, caller);
    if (!record || record->sender)
        return;
    record->sender = irp->CurrentLocation;
    record->completed.count = 0;
    if (by_driver)
        vf_irp_remember(&record->sent, TRUE, caller);
}

/*
 * PendingReturned says that the driver below marked the IRP and returned STATUS_PENDING, so this
 * one returned STATUS_PENDING too, or waits in its dispatch routine and keeps the IRP.
 */
void vf_irp_routine_returned(PIRP irp, const void *routine, BOOLEAN pending, NTSTATUS status)
{
    struct vf_place place;

    vf_irp_routine_result(irp, routine, status);
    if (status == STATUS_MORE_PROCESSING_REQUIRED || !pending ||
        mm_is_kernel_code((ULONG64)routine) || irp->CurrentLocation > irp->StackCount ||
        IoGetCurrentIrpStackLocation(irp)->Control & SL_PENDING_RETURNED)
        return;
    vf_place_of_routine(&place, routine);
    vf_report_irp(&pending_not_passed_up, irp, &place, NULL, NULL,
                  "it saw Irp->PendingReturned, and neither marked nor kept the IRP");
}
