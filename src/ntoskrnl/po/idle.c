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
    BOOLEAN due; /* the time-out is reached, and the IRP not requested yet */
    LIST_ENTRY link;
    PDEVICE_OBJECT device;
    ULONG timeout; /* seconds; 0 = not under the present power policy */
    DEVICE_POWER_STATE state;
};

/* Another second without use? */
static void count_second(struct po_idle *idle)
{
    if (idle->timeout && idle->busy <= 0 && ++idle->count == idle->timeout)
        idle->due = TRUE;
}

/* A device whose time is up, referenced; NULL = none. */
static PDEVICE_OBJECT take_due(POWER_STATE *state)
{
    PDEVICE_OBJECT device = NULL;
    KIRQL irql;

    KeAcquireSpinLock(&po.lock, &irql);
    for (LIST_ENTRY *link = po.idle.Flink; link != &po.idle && !device; link = link->Flink) {
        struct po_idle *idle = CONTAINING_RECORD(link, struct po_idle, link);

        if (!idle->due)
            continue;
        idle->due = FALSE;
        state->DeviceState = idle->state;
        device = idle->device;
        ObReferenceObject(device);
    }
    KeReleaseSpinLock(&po.lock, irql);
    return device;
}

/* Drivers are called without the lock: they may change the list. */
static VOID NTAPI scan(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    PDEVICE_OBJECT device;
    POWER_STATE state;
    KIRQL irql;

    (void)dpc, (void)context, (void)argument1, (void)argument2;
    KeAcquireSpinLock(&po.lock, &irql);
    for (LIST_ENTRY *link = po.idle.Flink; link != &po.idle; link = link->Flink)
        count_second(CONTAINING_RECORD(link, struct po_idle, link));
    KeReleaseSpinLock(&po.lock, irql);
    while ((device = take_due(&state)) != NULL) {
        po_irp_request(device, IRP_MN_SET_POWER, DevicePowerState, state, NULL, NULL, NULL);
        ObDereferenceObject(device);
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
    KIRQL irql;

    KeAcquireSpinLock(&po.lock, &irql);
    if (IsListEmpty(&po.idle))
        KeSetTimerEx(&po.idle_timer, due, SCAN_MS, &po.idle_dpc);
    InsertTailList(&po.idle, &idle->link);
    KeReleaseSpinLock(&po.lock, irql);
}

void po_idle_remove(PDEVICE_OBJECT device)
{
    struct po_idle *idle;
    KIRQL irql;

    KeAcquireSpinLock(&po.lock, &irql);
    idle = find(device);
    if (idle) {
        RemoveEntryList(&idle->link);
        if (IsListEmpty(&po.idle))
            KeCancelTimer(&po.idle_timer);
    }
    KeReleaseSpinLock(&po.lock, irql);
    if (idle)
        ExFreePoolWithTag(idle, PO_TAG_IDLE);
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
