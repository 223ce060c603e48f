/*
 * Power IRPs. Only the power manager makes them: for a driver that asks with PoRequestPowerIrp, for
 * a device that has been idle, and for the system's own transitions (system.c).
 *
 *   PoRequestPowerIrp ─▶ waiting ── no other of its kind ─▶ sent ── completed ─▶ called back ─▶
 * freed
 *
 * A stack has one system and one device IRP (QUERY_POWER or SET_POWER) at a time; others wait for
 * their turn in the order of the requests. So do the IRPs that switch on devices with
 * DO_POWER_INRUSH, of which the whole system has one at a time. WAIT_WAKE waits for nothing.
 *
 * An IRP that takes power away or asks about it arrives at PASSIVE_LEVEL. One that gives power
 * arrives at DISPATCH_LEVEL, because the disk with the driver's pageable code may not be on yet;
 * at PASSIVE_LEVEL if the device says DO_POWER_PAGABLE.
 */
#include "po/po_internal.h"
#include "ps/ps.h"
#include "vf/irp.h"
#include "vf/vf.h"

struct po_state po;

static BOOLEAN is_transition(const struct po_irp *request)
{
    return request->minor != IRP_MN_WAIT_WAKE;
}

/* Two that must not be under way together. */
static BOOLEAN exclude(const struct po_irp *one, const struct po_irp *other)
{
    if (one->inrush && other->inrush)
        return TRUE;
    return one->bottom == other->bottom && one->type == other->type && is_transition(one) &&
           is_transition(other);
}

/* Does an earlier request stand in its way? Under the lock. */
static BOOLEAN must_wait(const struct po_irp *request)
{
    for (LIST_ENTRY *link = po.irps.Flink; link != &request->link; link = link->Flink)
        if (exclude(CONTAINING_RECORD(link, struct po_irp, link), request))
            return TRUE;
    return FALSE;
}

/* The next that may be sent, marked as sent; NULL = none. */
static struct po_irp *take_waiting(void)
{
    struct po_irp *found = NULL;
    KIRQL irql;

    KeAcquireSpinLock(&po.lock, &irql);
    for (LIST_ENTRY *link = po.irps.Flink; link != &po.irps && !found; link = link->Flink) {
        struct po_irp *request = CONTAINING_RECORD(link, struct po_irp, link);

        if (!request->sent && !must_wait(request))
            found = request;
    }
    if (found)
        found->sent = TRUE;
    KeReleaseSpinLock(&po.lock, irql);
    return found;
}

static BOOLEAN gives_power(const struct po_irp *request)
{
    if (request->minor != IRP_MN_SET_POWER)
        return FALSE;
    return request->type == DevicePowerState ? request->state.DeviceState == PowerDeviceD0
                                             : request->state.SystemState == PowerSystemWorking;
}

static BOOLEAN needs_passive_level(const struct po_irp *request)
{
    return !gives_power(request) || request->next->Flags & DO_POWER_PAGABLE;
}

/* The IRP, and `request` with it, may be gone when the driver returns. */
static void call_driver(struct po_irp *request)
{
    KIRQL irql;

    if (needs_passive_level(request)) {
        IofCallDriver(request->next, request->irp);
        return;
    }
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IofCallDriver(request->next, request->irp);
    KeLowerIrql(irql);
}

static VOID NTAPI call_driver_on_worker(PVOID request)
{
    call_driver(request);
}

static void queue_to_worker(struct po_irp *request)
{
    ExInitializeWorkItem(&request->item, call_driver_on_worker, request);
    ExQueueWorkItem(&request->item, CriticalWorkQueue);
}

/* Those whose turn has come go out from worker threads: a long queue must not eat up the stack. */
static void send_waiting(void)
{
    struct po_irp *request;

    while ((request = take_waiting()) != NULL) {
        po_watchdog_start(request);
        queue_to_worker(request);
    }
}

static void release(struct po_irp *request)
{
    if (request->irp)
        IoFreeIrp(request->irp);
    ObDereferenceObject(request->device);
    ObDereferenceObject(request->bottom);
    ObDereferenceObject(request->top);
    ExFreePoolWithTag(request, PO_TAG_IRP);
}

static NTSTATUS NTAPI completed(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    struct po_irp *request = context;
    KIRQL irql;

    (void)device;
    po_watchdog_stop(request);
    if (request->completed)
        request->completed(request->device, request->minor, request->state, request->context,
                           &irp->IoStatus);
    KeAcquireSpinLock(&po.lock, &irql);
    RemoveEntryList(&request->link);
    KeReleaseSpinLock(&po.lock, irql);
    release(request);
    send_waiting();
    return STATUS_MORE_PROCESSING_REQUIRED; /* the IRP is freed */
}

static void fill_location(struct po_irp *request)
{
    PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(request->irp);
    SYSTEM_POWER_STATE target =
        request->type == SystemPowerState ? request->state.SystemState : po.system;

    location->MajorFunction = IRP_MJ_POWER;
    location->MinorFunction = request->minor;
    if (request->minor == IRP_MN_WAIT_WAKE) {
        location->Parameters.WaitWake.PowerState = request->state.SystemState;
    } else {
        location->Parameters.Power.SystemPowerStateContext.TargetSystemState = target & 15;
        location->Parameters.Power.SystemPowerStateContext.EffectiveSystemState = target & 15;
        location->Parameters.Power.SystemPowerStateContext.CurrentSystemState = po.system & 15;
        location->Parameters.Power.Type = request->type;
        location->Parameters.Power.State = request->state;
        location->Parameters.Power.ShutdownType = po.action;
    }
    IoSetCompletionRoutine(request->irp, completed, request, TRUE, TRUE, TRUE);
}

static struct po_irp *make_request(PDEVICE_OBJECT device)
{
    struct po_irp *request = ExAllocatePoolWithTag(NonPagedPool, sizeof(*request), PO_TAG_IRP);

    if (!request)
        return NULL;
    RtlZeroMemory(request, sizeof(*request));
    ObReferenceObject(device);
    request->device = device;
    request->bottom = IoGetDeviceAttachmentBaseRef(device);
    request->top = request->next = IoGetAttachedDeviceReference(device);
    request->irp = IoAllocateIrp(request->top->StackSize, FALSE);
    if (!request->irp) {
        release(request);
        return NULL;
    }
    request->irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    request->irp->RequestorMode = KernelMode;
    request->irp->Tail.Overlay.Thread = ps_current_thread();
    return request;
}

/* Enter it into the list; TRUE when it need not wait. */
static BOOLEAN enter(struct po_irp *request)
{
    KIRQL irql;

    KeAcquireSpinLock(&po.lock, &irql);
    InsertTailList(&po.irps, &request->link);
    request->sent = !must_wait(request);
    KeReleaseSpinLock(&po.lock, irql);
    return request->sent;
}

NTSTATUS po_irp_request(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE_TYPE type,
                        POWER_STATE state, PREQUEST_POWER_COMPLETE routine, PVOID context,
                        PIRP *sent)
{
    struct po_irp *request = make_request(device);

    if (!request)
        return STATUS_INSUFFICIENT_RESOURCES;
    request->minor = minor;
    request->type = type;
    request->state = state;
    request->completed = routine;
    request->context = context;
    request->inrush =
        type == DevicePowerState && gives_power(request) && request->top->Flags & DO_POWER_INRUSH;
    fill_location(request);
    if (sent)
        *sent = request->irp;
    if (!enter(request))
        return STATUS_PENDING;
    po_watchdog_start(request);
    if (needs_passive_level(request) && ke_irql() > PASSIVE_LEVEL)
        queue_to_worker(request);
    else
        call_driver(request);
    return STATUS_PENDING;
}

/*
 * Send a power IRP to the top of a device's stack.
 * @param minor      IRP_MN_SET_POWER, IRP_MN_QUERY_POWER or IRP_MN_WAIT_WAKE
 * @param state      a device power state; for WAIT_WAKE the lowest system state to wake from
 * @param completed  called when all drivers are done with the IRP, at PASSIVE_LEVEL or
 *                   DISPATCH_LEVEL, or NULL; the power manager frees the IRP
 * @param irp        for WAIT_WAKE: receives the IRP, which the caller may cancel; else NULL
 * IRQL: <= DISPATCH_LEVEL. Returns STATUS_PENDING when it was sent, even if it has completed;
 * STATUS_INVALID_PARAMETER_2 for another minor code, STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, PoRequestPowerIrp.
 */
NTSTATUS NTAPI PoRequestPowerIrp(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state,
                                 PREQUEST_POWER_COMPLETE routine, PVOID context, PIRP *irp)
{
    if (minor != IRP_MN_SET_POWER && minor != IRP_MN_QUERY_POWER && minor != IRP_MN_WAIT_WAKE)
        return STATUS_INVALID_PARAMETER_2;
    return po_irp_request(device, minor,
                          minor == IRP_MN_WAIT_WAKE ? SystemPowerState : DevicePowerState, state,
                          routine, context, irp);
}
NT_EXPORT(PoRequestPowerIrp, DISPATCH_LEVEL, "Duqppp");

static struct po_irp *request_of(PIRP irp)
{
    struct po_irp *found = NULL;
    KIRQL irql;

    KeAcquireSpinLock(&po.lock, &irql);
    for (LIST_ENTRY *link = po.irps.Flink; link != &po.irps && !found; link = link->Flink)
        if (CONTAINING_RECORD(link, struct po_irp, link)->irp == irp)
            found = CONTAINING_RECORD(link, struct po_irp, link);
    KeReleaseSpinLock(&po.lock, irql);
    return found;
}

/*
 * Pass a power IRP to the next-lower driver.
 * A driver with DO_POWER_PAGABLE is called at PASSIVE_LEVEL: if the caller runs above it, a worker
 * thread does that later, the IRP is marked pending, and the result is STATUS_PENDING. Otherwise it
 * is IoCallDriver.
 * IRQL: <= DISPATCH_LEVEL. Returns what the driver returns.
 * Differs from NT: IoCallDriver itself does not change the IRQL of power IRPs.
 * Source: Windows driver documentation, PoCallDriver.
 */
NTSTATUS NTAPI PoCallDriver(PDEVICE_OBJECT device, PIRP irp)
{
    struct po_irp *request = NULL;

    if (device->Flags & DO_POWER_PAGABLE && ke_irql() > PASSIVE_LEVEL)
        request = request_of(irp);
    if (!request)
        return IofCallDriver(device, irp);
    IoGetNextIrpStackLocation(irp)->Control |= SL_PENDING_RETURNED;
    request->next = device;
    VF(irp_passed_on(irp));
    queue_to_worker(request);
    return STATUS_PENDING;
}
NT_EXPORT(PoCallDriver, DISPATCH_LEVEL, "DI");

/*
 * The driver is ready for the next power IRP. Drivers for Windows 2000 to Server 2003 must say so;
 * since Windows Vista the end of the IRP says it, and the call does nothing.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, PoStartNextPowerIrp.
 */
VOID NTAPI PoStartNextPowerIrp(PIRP irp)
{
    (void)irp;
}
NT_EXPORT(PoStartNextPowerIrp, DISPATCH_LEVEL, "I");

/*
 * Mark a power IRP as one that has to do with waking up the system.
 * @param irp  as a rule a WAIT_WAKE that the driver completes; of the power manager
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, PoSetSystemWake.
 */
VOID NTAPI PoSetSystemWake(PIRP irp)
{
    struct po_irp *request = request_of(irp);

    if (request)
        request->woke = TRUE;
}
NT_EXPORT(PoSetSystemWake, DISPATCH_LEVEL, "I");

/*
 * Has a driver marked it so?
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, PoGetSystemWake.
 */
BOOLEAN NTAPI PoGetSystemWake(PIRP irp)
{
    struct po_irp *request = request_of(irp);

    return request && request->woke;
}
NT_EXPORT(PoGetSystemWake, DISPATCH_LEVEL, "I");
