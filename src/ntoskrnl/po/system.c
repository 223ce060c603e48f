/*
 * Transitions of the whole system. Each runs on a thread of the System process and sends one power
 * IRP after the other, so the order is the same in every run: children before their parents on the
 * way down, the newest first, and the reverse on the way up.
 * Differs from NT: threads and timers are not stopped while the system sleeps. What runs then sees
 * devices that are powered down.
 */
#include "pnp/pnp.h"
#include "po/po_internal.h"

#define SLEEP_100NS PO_SECOND /* the least time that the system sleeps */

/* Second argument of the callback object \Callback\PowerState. */
#define LEAVING_WORKING_STATE ((PVOID)0)
#define BACK_IN_WORKING_STATE ((PVOID)1)

/* The devices that take part in a transition, parents before children. */
struct stacks {
    ULONG count;
    PDEVICE_OBJECT devices[]; /* physical device objects, referenced */
};

void po_initialize(void)
{
    KeInitializeSpinLock(&po.lock);
    InitializeListHead(&po.irps);
    InitializeListHead(&po.system_states);
    InitializeListHead(&po.settings);
    InitializeListHead(&po.shutdown_items);
    po_idle_initialize();
    po.display = PowerMonitorOn;
    po.system = PowerSystemWorking;
    po.action = PowerActionNone;
}

void po_device_deleted(PDEVICE_OBJECT device)
{
    po_idle_remove(device);
}

/* ---- the devices ---- */

static BOOLEAN takes_part(const struct pnp_node *node)
{
    return node->state == PNP_NODE_STARTED;
}

/* NULL = no memory. The drivers may make and remove devices meanwhile: so a copy, with references.
 */
static struct stacks *collect_stacks(void)
{
    struct pnp_node *node = NULL;
    struct stacks *stacks;
    ULONG count = 0;

    while ((node = pnp_next_node(node)) != NULL)
        count += takes_part(node);
    stacks = ExAllocatePoolWithTag(
        NonPagedPool, sizeof(*stacks) + count * sizeof(stacks->devices[0]), PO_TAG_STATE);
    if (!stacks)
        return NULL;
    stacks->count = 0;
    while ((node = pnp_next_node(node)) != NULL) {
        if (!takes_part(node))
            continue;
        ObReferenceObject(node->physical);
        stacks->devices[stacks->count++] = node->physical;
    }
    return stacks;
}

static void free_stacks(struct stacks *stacks)
{
    for (ULONG i = 0; i < stacks->count; i++)
        ObDereferenceObject(stacks->devices[i]);
    ExFreePoolWithTag(stacks, PO_TAG_STATE);
}

struct wait {
    KEVENT done;
    NTSTATUS status;
};

static VOID NTAPI wake_waiter(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID context,
                              PIO_STATUS_BLOCK result)
{
    struct wait *wait = context;

    (void)device, (void)minor, (void)state;
    wait->status = result->Status;
    KeSetEvent(&wait->done, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS send(PDEVICE_OBJECT device, UCHAR minor, SYSTEM_POWER_STATE target)
{
    POWER_STATE state = {.SystemState = target};
    struct wait wait;
    NTSTATUS status;

    KeInitializeEvent(&wait.done, NotificationEvent, FALSE);
    status = po_irp_request(device, minor, SystemPowerState, state, wake_waiter, &wait, NULL);
    if (status != STATUS_PENDING)
        return status;
    KeWaitForSingleObject(&wait.done, Executive, KernelMode, FALSE, NULL);
    return wait.status;
}

/* A driver cannot refuse SET_POWER, so nobody looks at the status. */
static void set_down(struct stacks *stacks, SYSTEM_POWER_STATE target)
{
    for (ULONG i = stacks->count; i-- > 0;)
        send(stacks->devices[i], IRP_MN_SET_POWER, target);
}

static void set_working(struct stacks *stacks, ULONG first)
{
    for (ULONG i = first; i < stacks->count; i++)
        send(stacks->devices[i], IRP_MN_SET_POWER, PowerSystemWorking);
}

/* Ask all; those that were asked before one refused hear that nothing comes of it. */
static NTSTATUS query(struct stacks *stacks, SYSTEM_POWER_STATE target)
{
    for (ULONG i = stacks->count; i-- > 0;) {
        NTSTATUS status = send(stacks->devices[i], IRP_MN_QUERY_POWER, target);

        if (!NT_SUCCESS(status)) {
            set_working(stacks, i);
            return status;
        }
    }
    return STATUS_SUCCESS;
}

/* ---- the system ---- */

static void notify(PVOID what)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Callback\\PowerState");
    OBJECT_ATTRIBUTES attributes;
    PCALLBACK_OBJECT object;

    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!NT_SUCCESS(ExCreateCallback(&object, &attributes, FALSE, TRUE)))
        return;
    ExNotifyCallback(object, (PVOID)PO_CB_SYSTEM_STATE_LOCK, what);
    ObDereferenceObject(object);
}

static NTSTATUS sleep(PVOID context)
{
    struct stacks *stacks = collect_stacks();
    NTSTATUS status;

    (void)context;
    if (!stacks)
        return STATUS_INSUFFICIENT_RESOURCES;
    notify(LEAVING_WORKING_STATE);
    status = query(stacks, PowerSystemSleeping3);
    if (NT_SUCCESS(status)) {
        po_setting_display(PowerMonitorOff);
        set_down(stacks, PowerSystemSleeping3);
        po.system = PowerSystemSleeping3;
        po.last_sleep_time = ke_interrupt_time();
    } else {
        notify(BACK_IN_WORKING_STATE);
    }
    free_stacks(stacks);
    return status;
}

NTSTATUS po_sleep(void)
{
    NTSTATUS status;

    if (po.system != PowerSystemWorking || po.action != PowerActionNone)
        return STATUS_INVALID_DEVICE_STATE;
    po.action = PowerActionSleep;
    status = io_run_on_system_thread(sleep, NULL);
    if (!NT_SUCCESS(status))
        po.action = PowerActionNone;
    return status;
}

static NTSTATUS wake(PVOID context)
{
    struct stacks *stacks = collect_stacks();

    (void)context;
    if (!stacks)
        return STATUS_INSUFFICIENT_RESOURCES;
    ke_advance_time(SLEEP_100NS);
    po.last_wake_time = ke_interrupt_time();
    set_working(stacks, 0);
    free_stacks(stacks);
    po.system = PowerSystemWorking;
    po.action = PowerActionNone;
    po_setting_display(PowerMonitorOn);
    notify(BACK_IN_WORKING_STATE);
    return STATUS_SUCCESS;
}

NTSTATUS po_wake(void)
{
    if (po.system == PowerSystemWorking)
        return STATUS_INVALID_DEVICE_STATE;
    return io_run_on_system_thread(wake, NULL);
}

/*
 * Have a routine called when the system shuts down, before the drivers hear of it.
 * @param item  initialised by ExInitializeWorkItem
 * IRQL: <= APC_LEVEL. Returns STATUS_SYSTEM_SHUTDOWN when that has begun.
 * Source: Windows driver documentation, PoQueueShutdownWorkItem.
 */
NTSTATUS NTAPI PoQueueShutdownWorkItem(PWORK_QUEUE_ITEM item)
{
    if (po.action >= PowerActionShutdown)
        return STATUS_SYSTEM_SHUTDOWN;
    InsertTailList(&po.shutdown_items, &item->List);
    return STATUS_SUCCESS;
}
NT_EXPORT(PoQueueShutdownWorkItem, APC_LEVEL, "p");

static void run_shutdown_items(void)
{
    while (!IsListEmpty(&po.shutdown_items)) {
        PWORK_QUEUE_ITEM item =
            CONTAINING_RECORD(RemoveHeadList(&po.shutdown_items), WORK_QUEUE_ITEM, List);

        item->WorkerRoutine(item->Parameter);
    }
}

static NTSTATUS shut_down(PVOID context)
{
    struct stacks *stacks = collect_stacks();

    (void)context;
    if (!stacks)
        return STATUS_INSUFFICIENT_RESOURCES;
    notify(LEAVING_WORKING_STATE);
    run_shutdown_items();
    io_shutdown();
    set_down(stacks, PowerSystemShutdown);
    ke_shutdown(po.action == PowerActionShutdownReset ? "the system is ready to restart"
                                                      : "the system has shut down");
}

NTSTATUS po_shutdown(POWER_ACTION action)
{
    NTSTATUS status;

    if (po.system != PowerSystemWorking || po.action != PowerActionNone)
        return STATUS_INVALID_DEVICE_STATE;
    po.action = action;
    status = io_run_on_system_thread(shut_down, NULL);
    po.action = PowerActionNone;
    return status;
}
