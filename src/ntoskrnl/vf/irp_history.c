/*
 * What happened to an IRP, from its allocation on, for findings about it: who sent it where, which
 * routines ran for it, how it ended. The record of an IRP keeps the first events and the last ones.
 *
 * IoMarkIrpPending and IoSetCancelRoutine are no calls: drivers have them inline. What they change
 * in the IRP is looked at when the next event comes, so they stand in front of it.
 */
#include "io/io.h"
#include "mm/mm.h"
#include "ps/ps.h"
#include "vf/irp_record.h"
#include "vf/owned.h"

#define RING (VF_IRP_EVENTS - VF_IRP_FIRST_EVENTS)
#define DEVICES 8 /* that a finding names */

static struct {
    struct machine_irp_event events[VF_IRP_EVENTS];
    struct machine_stack_device devices[DEVICES];
} shown; /* what vf_irp_history hands out */

void vf_irp_history_clear(struct vf_irp_record *record)
{
    record->history.count = 0;
    record->history.marked_at = 0;
    record->history.cancel_routine = NULL;
    record->history.was_sent = FALSE;
}

/* ---- events ---- */

static ULONG slot_of(ULONG number)
{
    return number < VF_IRP_EVENTS ? number
                                  : VF_IRP_FIRST_EVENTS + (number - VF_IRP_FIRST_EVENTS) % RING;
}

static struct machine_irp_event *add(struct vf_irp_record *record, enum machine_irp_event_kind kind,
                                     ULONG64 caller, const void *routine)
{
    struct machine_irp_event *event = &record->history.events[slot_of(record->history.count++)];

    *event = (struct machine_irp_event){.kind = (UCHAR)kind,
                                        .caller = caller,
                                        .routine = (ULONG64)routine,
                                        .thread =
                                            (ULONG)(ULONG_PTR)ps_current_thread()->Cid.UniqueThread,
                                        .irql = ke_irql()};
    return event;
}

/*
 * Who called a routine that returns to `caller`. When that is in the kernel, and the last call of a
 * driver in this thread goes back there, too, then the driver's routine ended with a jump to it.
 */
static ULONG64 who(PIRP irp, const void *caller)
{
    const void *routine;

    if (!mm_is_kernel_code((ULONG64)caller))
        return (ULONG64)caller;
    if (vf_call_of_thread()->caller != (ULONG64)caller)
        return MACHINE_IRP_BY_KERNEL;
    routine = vf_irp_dispatch_routine(irp);
    return routine ? (ULONG64)routine + 1 : MACHINE_IRP_BY_DRIVER;
}

/* What the driver that has the IRP did to it without a call. */
static void look(struct vf_irp_record *record, PIRP irp)
{
    struct vf_irp_history *history = &record->history;
    const void *routine = vf_irp_dispatch_routine(irp);
    ULONG64 by = routine ? (ULONG64)routine + 1 : MACHINE_IRP_BY_DRIVER;

    if (irp->CurrentLocation > 0 && irp->CurrentLocation <= irp->StackCount &&
        history->marked_at != irp->CurrentLocation &&
        IoGetCurrentIrpStackLocation(irp)->Control & SL_PENDING_RETURNED) {
        history->marked_at = irp->CurrentLocation;
        add(record, MACHINE_IRP_MARKED, by, NULL);
    }
    if ((const void *)irp->CancelRoutine == history->cancel_routine)
        return;
    routine = (const void *)irp->CancelRoutine;
    if (routine ? !mm_is_kernel_code((ULONG64)routine)
                : !mm_is_kernel_code((ULONG64)history->cancel_routine))
        add(record, routine ? MACHINE_IRP_CANCEL_SET : MACHINE_IRP_CANCEL_CLEARED, by, routine);
    history->cancel_routine = routine;
}

void vf_irp_happens(PIRP irp, enum machine_irp_event_kind kind, const void *caller,
                    const void *routine)
{
    struct vf_irp_record *record = vf_irp_record(irp);
    struct machine_irp_event *event;

    if (!record)
        return;
    if (record->state == VF_IRP_OPEN && kind != MACHINE_IRP_ALLOCATED)
        look(record, irp);
    if (kind == MACHINE_IRP_CANCELLED)
        record->history.cancel_routine = NULL; /* IoCancelIrp takes it off */
    event = add(record, kind, who(irp, caller), routine);
    if (kind == MACHINE_IRP_ROUTINE)
        event->caller = (ULONG64)routine + 1;
    if (kind != MACHINE_IRP_COMPLETED)
        return;
    irp = vf_irp_usable(irp);
    event->has_status = TRUE;
    event->status = (ULONG)irp->IoStatus.Status;
    event->information = irp->IoStatus.Information;
}

void vf_irp_sent(PIRP irp, PDEVICE_OBJECT device, const void *caller)
{
    struct vf_irp_record *record = vf_irp_record(irp);
    const IO_STACK_LOCATION *next = IoGetNextIrpStackLocation(irp);
    struct machine_irp_event *event;

    if (!record || irp->CurrentLocation <= 1)
        return;
    look(record, irp);
    event = add(record, MACHINE_IRP_SENT, who(irp, caller), NULL);
    event->device = (ULONG64)device;
    event->major = next->MajorFunction;
    event->minor = next->MinorFunction;
    if (next->MajorFunction <= IRP_MJ_MAXIMUM_FUNCTION)
        event->routine = (ULONG64)device->DriverObject->MajorFunction[next->MajorFunction];
    if (record->sender)
        return;
    io_asked_at(irp, next, &record->history.asked);
    record->history.was_sent = TRUE;
}

void vf_irp_returned(PIRP irp, const void *routine, NTSTATUS status)
{
    struct vf_irp_record *record = vf_irp_record(irp);
    struct machine_irp_event *event;

    if (!record)
        return;
    if (record->state == VF_IRP_OPEN)
        look(record, irp);
    event = add(record, MACHINE_IRP_RETURNED, (ULONG64)routine + 1, routine);
    event->has_status = TRUE;
    event->status = (ULONG)status;
}

/* The IRP may be another one meanwhile, whose history has no such call that is not finished. */
void vf_irp_routine_result(PIRP irp, const void *routine, NTSTATUS status)
{
    struct vf_irp_record *record = vf_irp_record(irp);

    for (ULONG i = 0; record && i < VF_IRP_EVENTS && i < record->history.count; i++) {
        struct machine_irp_event *event =
            &record->history.events[slot_of(record->history.count - 1 - i)];

        if (event->kind != MACHINE_IRP_ROUTINE || event->routine != (ULONG64)routine ||
            event->has_status)
            continue;
        event->has_status = TRUE;
        event->status = (ULONG)status;
        return;
    }
}

/* ---- for findings ---- */

static ULONG name_devices(ULONG events)
{
    ULONG count = 0;

    for (ULONG i = 0; i < events && count < DEVICES; i++) {
        ULONG64 device = shown.events[i].device;
        BOOLEAN known = !device;

        for (ULONG j = 0; j < count; j++)
            known = known || shown.devices[j].address == device;
        if (!known && io_describe_device(device, &shown.devices[count]))
            count++;
    }
    return count;
}

BOOLEAN vf_irp_history(PVOID irp, struct machine_irp_history *history,
                       const struct machine_asked **asked)
{
    struct vf_irp_record *record = vf_irp_record(irp);
    ULONG count, skipped;

    if (!record || record->state == VF_IRP_UNUSED)
        return FALSE;
    if (record->state == VF_IRP_OPEN)
        look(record, vf_irp_of_record(record));
    count = record->history.count;
    skipped = count > VF_IRP_EVENTS ? count - VF_IRP_EVENTS : 0;
    for (ULONG i = 0; i < VF_IRP_EVENTS && i < count; i++)
        shown.events[i] =
            record->history.events[slot_of(i < VF_IRP_FIRST_EVENTS ? i : i + skipped)];
    *history = (struct machine_irp_history){.irp = (ULONG64)vf_irp_of_record(record),
                                            .events = shown.events,
                                            .devices = shown.devices,
                                            .event_count = min(count, VF_IRP_EVENTS),
                                            .gap = VF_IRP_FIRST_EVENTS,
                                            .left_out = skipped};
    history->device_count = name_devices(history->event_count);
    *asked = record->history.was_sent ? &record->history.asked : NULL;
    return TRUE;
}
