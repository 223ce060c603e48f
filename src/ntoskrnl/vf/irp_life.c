/*
 * Who has an IRP, and for how long: none is freed while a driver below has it, and none stays
 * behind when its driver or its thread goes.
 */
#include "io/io.h"
#include "mm/mm.h"
#include "vf/irp_record.h"

VF_RULE(freed_while_active) = {
    .id = "RS-IRP-012",
    .title = "IRP freed or reused while a driver below has it",
    .severity = VF_ERROR,
    .bug_check = "0xC9 DRIVER_VERIFIER_IOMANAGER_VIOLATION",
    .advice = "free or reuse an IRP in its completion routine, which returns "
              "STATUS_MORE_PROCESSING_REQUIRED, or after that has run; IRPs of the I/O manager and "
              "of IoBuildSynchronousFsdRequest or IoBuildDeviceIoControlRequest are freed by it",
    .rationale = "The driver that has the IRP, or the I/O manager, completes it later: in memory "
                 "that belongs to somebody else.",
    .reference = "Windows driver documentation, IoFreeIrp; Bug Check 0xC9",
};

VF_RULE(left_pending) = {
    .id = "RS-IRP-014",
    .title = "IRP left pending",
    .severity = VF_ERROR,
    .bug_check = "0xCE DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS",
    .advice = "give every IRP that is kept a cancel routine, best by a cancel-safe queue, and "
              "complete all of them in IRP_MJ_CLEANUP and before the driver is unloaded",
    .rationale =
        "A program whose request is not completed cannot end: it hangs for minutes, and its "
        "process stays. After the driver is gone the IRP leads to code that is not there.",
    .reference = "Windows driver documentation, Canceling IRPs; DispatchCleanup Routines",
};

void vf_irp_came_up(PIRP irp)
{
    struct vf_irp_record *record = vf_irp_record(irp);
    PDEVICE_OBJECT device;

    if (!record)
        return;
    if (irp->CurrentLocation >= record->sender)
        record->sender = 0;
    if (irp->CurrentLocation > irp->StackCount)
        return;
    device = IoGetCurrentIrpStackLocation(irp)->DeviceObject;
    record->driver = device ? device->DriverObject : NULL;
    record->routine = NULL;
}

void vf_irp_received(PIRP irp, PDEVICE_OBJECT device, const void *routine)
{
    struct vf_irp_record *record = vf_irp_record(irp);

    if (!record)
        return;
    record->driver = device->DriverObject;
    record->routine = routine;
}

void vf_irp_lost(PIRP irp)
{
    struct vf_irp_record *record = vf_irp_record(irp);

    if (record)
        record->lost = TRUE;
}

static BOOLEAN is_active(PIRP irp)
{
    const struct vf_irp_record *record = vf_irp_record(irp);

    return record && record->state == VF_IRP_OPEN && record->sender;
}

static void say_active(PIRP irp, const char *what)
{
    struct vf_irp_record *record = vf_irp_record(irp);

    vf_report_irp(&freed_while_active, irp, NULL, "sent by", &record->sent,
                  "IRP 0x%llx was %s before it was completed", (ULONG64)irp, what);
}

void vf_irp_check_free(PIRP irp)
{
    if (is_active(irp))
        say_active(irp, "freed");
}

void vf_irp_reusing(PIRP irp, const void *caller)
{
    struct vf_irp_record *record = vf_irp_record(irp);

    if (is_active(irp))
        say_active(irp, "reused");
    vf_irp_happens(irp, MACHINE_IRP_REUSED, caller, NULL);
    if (record)
        record->sender = 0;
}

void vf_irp_driver_unloaded(PDRIVER_OBJECT driver)
{
    struct vf_irp_record *records;
    struct vf_place unload, dispatch;
    ULONG count;

    vf_place_of_routine(&unload, (const void *)driver->DriverUnload);
    records = vf_irp_records(&count);
    for (ULONG i = 0; i < count; i++) {
        struct vf_irp_record *record = &records[i];

        if (record->state != VF_IRP_OPEN || !record->sender || record->driver != driver ||
            record->lost)
            continue;
        dispatch.count = 0;
        if (record->routine)
            vf_place_of_routine(&dispatch, record->routine);
        vf_report_irp(&left_pending, vf_irp_of_record(record), &unload,
                      "the dispatch routine that kept it", &dispatch,
                      "the driver is unloaded and has not completed IRP 0x%llx",
                      (ULONG64)vf_irp_of_record(record));
    }
}

void vf_irp_orphaned(PIRP irp)
{
    const struct vf_irp_record *record = vf_irp_record(irp);
    struct vf_place dispatch;

    if (!record || !record->routine || record->lost)
        return;
    vf_place_of_routine(&dispatch, record->routine);
    vf_report_irp(&left_pending, irp, &dispatch, NULL, NULL,
                  "its thread ended and cancelled the request, which was not completed within five "
                  "minutes");
}
