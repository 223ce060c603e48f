/*
 * Idle detection: a device that registered has a counter of idle seconds. The driver writes 0 into
 * it whenever the device is used (PoSetDeviceBusy is a macro that does just that); once a second
 * the power manager counts up, and when the time-out is reached it sends the IRP that powers the
 * device down. It is sent once: the next time-out needs a use of the device in between.
 */
#include "po/po_internal.h"

#define SCAN_MS 1000
#define STANDARD_TIMEOUT ((ULONG) - 1)
/* Of disks, in the balanced power scheme: seconds on battery and on mains power. */
#define DISK_CONSERVATION 600
#define DISK_PERFORMANCE 1200

struct po_idle {
    ULONG count; /* idle seconds: what the driver's pointer points at */
    LONG busy;   /* PoStartDeviceBusy without PoEndDeviceBusy */
    LIST_ENTRY link;
    PDEVICE_OBJECT device;
    ULONG timeout; /* seconds; 0 = not under the present power policy */
    DEVICE_POWER_STATE state;
};

static BOOLEAN has_been_idle(struct po_idle *idle)
{
    if (idle->timeout == 0 || idle->busy > 0)
        return FALSE;
    return ++idle->count == idle->timeout;
}

static VOID NTAPI scan(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)context, (void)argument1, (void)argument2;
    /* The IRPs leave from worker threads, so nobody changes the list during the scan. */
    for (LIST_ENTRY *link = po.idle.Flink; link != &po.idle; link = link->Flink) {
        struct po_idle *idle = CONTAINING_RECORD(link, struct po_idle, link);
        POWER_STATE state = {.DeviceState = idle->state};

        if (has_been_idle(idle))
            po_irp_request(idle->device, IRP_MN_SET_POWER, DevicePowerState, state, NULL, NULL,
                           NULL);
    }
}

void po_idle_initialize(void)
{
    InitializeListHead(&po.idle);
    KeInitializeTimer(&po.idle_timer);
    KeInitializeDpc(&po.idle_dpc, scan, NULL);
}

static struct po_idle *find(PDEVICE_OBJECT device)
{
    for (LIST_ENTRY *link = po.idle.Flink; link != &po.idle; link = link->Flink)
        if (CONTAINING_RECORD(link, struct po_idle, link)->device == device)
            return CONTAINING_RECORD(link, struct po_idle, link);
    return NULL;
}

/* Into the list; the clock runs while there is something to count for. */
static void insert(struct po_idle *idle)
{
    LARGE_INTEGER due = {.QuadPart = -(LONGLONG)PO_SECOND};
    KIRQL irql = ke_raise_irql(DISPATCH_LEVEL);

    if (IsListEmpty(&po.idle))
        KeSetTimerEx(&po.idle_timer, due, SCAN_MS, &po.idle_dpc);
    InsertTailList(&po.idle, &idle->link);
    ke_lower_irql(irql);
}

void po_idle_remove(PDEVICE_OBJECT device)
{
    KIRQL irql = ke_raise_irql(DISPATCH_LEVEL);
    struct po_idle *idle = find(device);

    if (idle) {
        RemoveEntryList(&idle->link);
        ExFreePoolWithTag(idle, PO_TAG_IDLE);
        if (IsListEmpty(&po.idle))
            KeCancelTimer(&po.idle_timer);
    }
    ke_lower_irql(irql);
}

/* Only some classes of devices have a time-out in the power policy. */
static BOOLEAN resolve_standard(PDEVICE_OBJECT device, PULONG timeout, ULONG standard)
{
    if (*timeout != STANDARD_TIMEOUT)
        return TRUE;
    *timeout = standard;
    return device->DeviceType == FILE_DEVICE_DISK || device->DeviceType == FILE_DEVICE_MASS_STORAGE;
}

/*
 * Enable, change or end idle detection for a device.
 * @param conservation  time-out when the system saves energy, seconds; 0 = none, -1 = the power
 *                      policy's for disks
 * @param performance   the same when it does not, which is the case on mains power, as here
 * @param state         the device state to request after that time
 * Returns the idle counter, for PoSetDeviceBusy; NULL when both time-outs are 0, -1 is not defined
 * for the device, or there is no memory.
 * IRQL: < DISPATCH_LEVEL. Source: Windows driver documentation, PoRegisterDeviceForIdleDetection.
 */
PULONG NTAPI PoRegisterDeviceForIdleDetection(PDEVICE_OBJECT device, ULONG conservation,
                                              ULONG performance, DEVICE_POWER_STATE state)
{
    struct po_idle *idle = find(device);

    if (!resolve_standard(device, &conservation, DISK_CONSERVATION) ||
        !resolve_standard(device, &performance, DISK_PERFORMANCE))
        return NULL;
    if (!conservation && !performance) {
        po_idle_remove(device);
        return NULL;
    }
    if (!idle) {
        idle = ExAllocatePoolWithTag(NonPagedPool, sizeof(*idle), PO_TAG_IDLE);
        if (!idle)
            return NULL;
        RtlZeroMemory(idle, sizeof(*idle));
        idle->device = device;
        insert(idle);
    }
    idle->count = 0;
    idle->timeout = performance;
    idle->state = state;
    return &idle->count;
}
NT_EXPORT(PoRegisterDeviceForIdleDetection, APC_LEVEL, "Duuu");

/*
 * The device is used now: its idle time starts again.
 * @param counter  of PoRegisterDeviceForIdleDetection
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, PoSetDeviceBusyEx.
 */
VOID NTAPI PoSetDeviceBusyEx(PULONG counter)
{
    *counter = 0;
}
NT_EXPORT(PoSetDeviceBusyEx, DISPATCH_LEVEL, "p");

/*
 * The device is used from now on, until PoEndDeviceBusy is called as often.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, PoStartDeviceBusy.
 */
VOID NTAPI PoStartDeviceBusy(PULONG counter)
{
    struct po_idle *idle = CONTAINING_RECORD(counter, struct po_idle, count);

    InterlockedIncrement(&idle->busy);
    idle->count = 0;
}
NT_EXPORT(PoStartDeviceBusy, DISPATCH_LEVEL, "p");

/* IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, PoEndDeviceBusy. */
VOID NTAPI PoEndDeviceBusy(PULONG counter)
{
    struct po_idle *idle = CONTAINING_RECORD(counter, struct po_idle, count);

    idle->count = 0;
    InterlockedDecrement(&idle->busy);
}
NT_EXPORT(PoEndDeviceBusy, DISPATCH_LEVEL, "p");
