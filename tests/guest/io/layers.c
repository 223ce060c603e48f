/*
 * The stack of layers.h, and the way of a request through it: dispatch routines downward,
 * completion routines upward.
 */
#include "layers.h"

struct layers layers;

static ULONG level_of(PDEVICE_OBJECT device)
{
    ULONG level = 0;

    while (level < LEVELS && layers.devices[level] != device)
        level++;
    return level;
}

static NTSTATUS NTAPI on_completion(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    struct layer *layer = context;

    layer->completed++;
    layer->order = ++layers.completions;
    layer->irql = KeGetCurrentIrql();
    layer->pending = irp->PendingReturned;
    layer->location = irp->CurrentLocation;
    layer->cancelled = irp->Cancel;
    layer->status = irp->IoStatus.Status;
    layer->device_seen = device;
    layer->below = IoGetNextIrpStackLocation(irp);
    layer->below_cleared =
        layer->below->Parameters.DeviceIoControl.IoControlCode == 0 && layer->below->Flags == 0;
    if (layer->action == LAYER_KEEP)
        return STATUS_MORE_PROCESSING_REQUIRED;
    if (layer->action == LAYER_PASS && irp->PendingReturned)
        IoMarkIrpPending(irp);
    return STATUS_SUCCESS;
}

static VOID NTAPI complete_held(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    PIRP irp = layers.held;

    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    layers.held = NULL;
    test_complete(irp, layers.status, 0);
}

static NTSTATUS hold(PIRP irp, BOOLEAN later)
{
    LARGE_INTEGER due = {.QuadPart = -10000};

    IoMarkIrpPending(irp);
    layers.held = irp;
    if (later) {
        KeInitializeTimer(&layers.timer);
        KeInitializeDpc(&layers.dpc, complete_held, NULL);
        KeSetTimer(&layers.timer, due, &layers.dpc);
    }
    return STATUS_PENDING;
}

static NTSTATUS pass(struct layer *layer, PDEVICE_OBJECT below, PIRP irp)
{
    NTSTATUS status;

    if (layer->action == LAYER_SKIP) {
        IoSkipCurrentIrpStackLocation(irp);
        layer->returned = IoCallDriver(below, irp);
        return layer->returned;
    }
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, on_completion, layer, layer->on_success, layer->on_error,
                           layer->on_cancel);
    status = layer->returned = IoCallDriver(below, irp);
    if (layer->action == LAYER_KEEP && status != STATUS_PENDING) {
        status = irp->IoStatus.Status;
        IoCompleteRequest(irp, IO_NO_INCREMENT);
    }
    return status;
}

static NTSTATUS forward(struct layer *layer, PDEVICE_OBJECT below, PIRP irp)
{
    NTSTATUS status;

    ok_eq_int(IoForwardIrpSynchronously(below, irp), TRUE);
    status = layer->returned = irp->IoStatus.Status;
    layer->location = irp->CurrentLocation;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG number = level_of(device);
    struct layer *layer = &layers.level[number];

    layer->dispatched++;
    layer->major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
    ok(IoGetCurrentIrpStackLocation(irp)->DeviceObject == device, "the location's device");
    switch (layer->action) {
    case LAYER_COMPLETE:
        return test_complete(irp, layers.status, 0);
    case LAYER_COMPLETE_LATER:
    case LAYER_HOLD:
        return hold(irp, layer->action == LAYER_COMPLETE_LATER);
    case LAYER_FORWARD:
        return forward(layer, layers.lower[number], irp);
    default:
        return pass(layer, layers.lower[number], irp);
    }
}

static NTSTATUS NTAPI initialize(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNREFERENCED_PARAMETER(registry_path);
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        driver->MajorFunction[i] = dispatch;
    layers.driver = driver;
    return STATUS_SUCCESS;
}

void layers_begin(BOOLEAN named)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\GuestLayers");

    RtlZeroMemory(&layers, sizeof(layers));
    ok_eq_status(IoCreateDriver(NULL, initialize), STATUS_SUCCESS);
    for (ULONG i = 0; i < LEVELS; i++) {
        ok_eq_status(IoCreateDevice(layers.driver, 0, named && i == 0 ? &name : NULL,
                                    FILE_DEVICE_UNKNOWN, 0, FALSE, &layers.devices[i]),
                     STATUS_SUCCESS);
        if (i > 0)
            ok_eq_status(IoAttachDeviceToDeviceStackSafe(layers.devices[i], layers.devices[0],
                                                         &layers.lower[i]),
                         STATUS_SUCCESS);
        layers.devices[i]->Flags &= ~DO_DEVICE_INITIALIZING;
        layers.level[i].action = i == 0 ? LAYER_COMPLETE : LAYER_PASS;
        layers.level[i].on_success = layers.level[i].on_error = layers.level[i].on_cancel = TRUE;
    }
}

void layers_end(void)
{
    for (ULONG i = LEVELS; i-- > 0;) {
        if (i > 0)
            IoDetachDevice(layers.lower[i]);
        IoDeleteDevice(layers.devices[i]);
    }
    ok(layers.driver->DeviceObject == NULL, "all devices are gone");
    IoDeleteDriver(layers.driver);
}

NTSTATUS layers_send(void)
{
    PDEVICE_OBJECT top = layers.devices[LEVELS - 1];
    IO_STATUS_BLOCK iosb;
    NTSTATUS status;
    KEVENT event;
    PIRP irp;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildDeviceIoControlRequest(TEST_REVERSE, top, NULL, 0, NULL, 0, FALSE, &event, &iosb);
    status = IoCallDriver(top, irp);
    if (status != STATUS_PENDING)
        return status;
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    return iosb.Status;
}

GUEST_TEST(down_and_up)
{
    layers_begin(FALSE);
    layers.status = STATUS_BUFFER_OVERFLOW;
    ok_eq_status(layers_send(), STATUS_BUFFER_OVERFLOW);
    for (ULONG i = 0; i < LEVELS; i++) {
        ok_eq_int(layers.level[i].dispatched, 1);
        ok_eq_int(layers.level[i].major, IRP_MJ_DEVICE_CONTROL);
    }
    ok_eq_int(layers.level[1].order, 1); /* the lower one first */
    ok_eq_int(layers.level[2].order, 2);
    for (CHAR i = 1; i < LEVELS; i++) {
        struct layer *layer = &layers.level[(int)i];

        ok(layer->device_seen == layers.devices[(int)i], "the routine's own device");
        ok_eq_int(layer->location, i + 1);
        ok_eq_int(layer->pending, FALSE);
        ok_eq_int(layer->irql, PASSIVE_LEVEL);
        ok_eq_status(layer->status, STATUS_BUFFER_OVERFLOW);
        ok_eq_int(layer->below_cleared, TRUE);
    }
    layers_end();
}

/* NT_SUCCESS decides: a warning counts as an error. */
GUEST_TEST(invoke_flags)
{
    static const struct {
        NTSTATUS status;
        BOOLEAN on_success, on_error, called;
    } cases[] = {
        {STATUS_SUCCESS, TRUE, FALSE, TRUE},           {STATUS_SUCCESS, FALSE, TRUE, FALSE},
        {STATUS_BUFFER_OVERFLOW, TRUE, FALSE, FALSE},  {STATUS_BUFFER_OVERFLOW, FALSE, TRUE, TRUE},
        {STATUS_DEVICE_NOT_READY, TRUE, FALSE, FALSE}, {STATUS_DEVICE_NOT_READY, FALSE, TRUE, TRUE},
        {STATUS_REPARSE, TRUE, FALSE, TRUE},           {STATUS_SUCCESS, FALSE, FALSE, FALSE},
    };

    for (ULONG i = 0; i < RTL_NUMBER_OF(cases); i++) {
        layers_begin(FALSE);
        layers.status = cases[i].status;
        layers.level[1].on_success = cases[i].on_success;
        layers.level[1].on_error = cases[i].on_error;
        layers.level[1].on_cancel = TRUE;
        layers_send();
        ok(layers.level[1].completed == cases[i].called, "case %lu: %ld calls", i,
           layers.level[1].completed);
        ok_eq_int(layers.level[2].completed, 1);
        layers_end();
    }
}

/* A cancelled IRP: the routine that asked for cancel runs whatever the status. */
GUEST_TEST(invoke_on_cancel)
{
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    PIRP irp;

    layers_begin(FALSE);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    layers.level[0].action = LAYER_HOLD;
    layers.level[1].on_success = layers.level[1].on_error = FALSE;
    layers.level[2].on_cancel = FALSE;
    irp = IoBuildDeviceIoControlRequest(TEST_REVERSE, layers.devices[2], NULL, 0, NULL, 0, FALSE,
                                        &event, &iosb);
    ok_eq_status(IoCallDriver(layers.devices[2], irp), STATUS_PENDING);
    ok_eq_int(IoCancelIrp(irp), FALSE); /* no routine: only marked */
    ok_eq_int(irp->Cancel, TRUE);
    test_complete(layers.held, STATUS_SUCCESS, 0);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    ok_eq_int(layers.level[1].completed, 1);
    ok_eq_int(layers.level[1].cancelled, TRUE);
    ok_eq_int(layers.level[2].completed, 1);
    ok_eq_status(iosb.Status, STATUS_SUCCESS);
    layers_end();
}

GUEST_TEST(pending_travels_upward)
{
    layers_begin(FALSE);
    layers.level[0].action = LAYER_COMPLETE_LATER;
    layers.status = STATUS_DEVICE_NOT_READY;
    ok_eq_status(layers_send(), STATUS_DEVICE_NOT_READY);
    for (ULONG i = 1; i < LEVELS; i++) {
        ok_eq_status(layers.level[i].returned, STATUS_PENDING);
        ok_eq_int(layers.level[i].pending, TRUE);
        ok_eq_int(layers.level[i].irql, DISPATCH_LEVEL); /* that of the DPC */
    }
    layers_end();
}

/* Without a call of its routine the mark goes on by itself; a routine must pass it on. */
GUEST_TEST(pending_without_routines)
{
    layers_begin(FALSE);
    layers.level[0].action = LAYER_COMPLETE_LATER;
    layers.level[1].on_success = FALSE;
    ok_eq_status(layers_send(), STATUS_SUCCESS);
    ok_eq_int(layers.level[1].completed, 0);
    ok_eq_int(layers.level[2].pending, TRUE);
    layers_end();

    layers_begin(FALSE);
    layers.level[0].action = LAYER_COMPLETE_LATER;
    layers.level[1].action = LAYER_PASS_SILENTLY;
    layers.level[2].action = LAYER_PASS;
    layers_send();
    ok_eq_int(layers.level[1].pending, TRUE);
    ok_eq_int(layers.level[2].pending, FALSE); /* lost */
    layers_end();
}

GUEST_TEST(skipped_levels)
{
    layers_begin(FALSE);
    layers.level[0].action = LAYER_COMPLETE_LATER;
    layers.level[1].action = LAYER_SKIP;
    ok_eq_status(layers_send(), STATUS_SUCCESS);
    ok_eq_int(layers.level[1].dispatched, 1);
    ok_eq_int(layers.level[1].completed, 0);
    ok_eq_int(layers.level[2].completed, 1);
    ok_eq_int(layers.level[2].pending, TRUE);
    layers_end();
}

/* The routine keeps the IRP; who completes it again continues above that level. */
GUEST_TEST(more_processing_required)
{
    layers_begin(FALSE);
    layers.level[1].action = LAYER_KEEP;
    layers.status = STATUS_DEVICE_NOT_READY;
    ok_eq_status(layers_send(), STATUS_DEVICE_NOT_READY);
    ok_eq_int(layers.level[1].completed, 1);
    ok_eq_int(layers.level[2].completed, 1);
    ok_eq_int(layers.level[2].order, 2);
    ok_eq_status(layers.level[1].returned, STATUS_DEVICE_NOT_READY);
    layers_end();
}

GUEST_TEST(forward_synchronously)
{
    static const enum layer_action bottoms[] = {LAYER_COMPLETE, LAYER_COMPLETE_LATER};
    PIRP irp;

    for (ULONG i = 0; i < 2; i++) {
        layers_begin(FALSE);
        layers.level[0].action = bottoms[i];
        layers.level[1].action = LAYER_FORWARD;
        layers.status = STATUS_DEVICE_NOT_READY;
        ok_eq_status(layers_send(), STATUS_DEVICE_NOT_READY);
        ok_eq_status(layers.level[1].returned, STATUS_DEVICE_NOT_READY);
        ok_eq_int(layers.level[1].location, 2); /* it owns the IRP again */
        ok_eq_int(layers.level[0].dispatched, 1);
        ok_eq_int(layers.level[2].completed, 1);
        ok_eq_int(layers.level[2].pending, FALSE);
        layers_end();
    }
    layers_begin(FALSE);
    irp = IoAllocateIrp(1, FALSE);
    IoSetNextIrpStackLocation(irp);
    ok_eq_int(IoForwardIrpSynchronously(layers.devices[0], irp), FALSE);
    ok_eq_int(layers.level[0].dispatched, 0);
    ok_eq_int(irp->CurrentLocation, 1);
    IoFreeIrp(irp);
    layers_end();
}

static LONG extended_calls;

static NTSTATUS NTAPI count_extended(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    ok(device == NULL, "the sender has no stack location");
    ok(context == &extended_calls, "the context");
    ok_eq_int(irp->CurrentLocation, irp->StackCount + 1);
    extended_calls++;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Send an IRP of the test's own with IoSetCompletionRoutineEx; returns how often it was called. */
static LONG send_extended(NTSTATUS status, BOOLEAN success, BOOLEAN error)
{
    PIRP irp = IoAllocateIrp(layers.devices[0]->StackSize, FALSE);

    extended_calls = 0;
    layers.status = status;
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_DEVICE_CONTROL;
    ok_eq_status(IoSetCompletionRoutineEx(layers.devices[2], irp, count_extended, &extended_calls,
                                          success, error, TRUE),
                 STATUS_SUCCESS);
    IoCallDriver(layers.devices[0], irp);
    ok_eq_status(irp->IoStatus.Status, status);
    IoFreeIrp(irp);
    return extended_calls;
}

GUEST_TEST(completion_routine_ex)
{
    layers_begin(FALSE);
    ok_eq_int(send_extended(STATUS_SUCCESS, TRUE, FALSE), 1);
    ok_eq_int(send_extended(STATUS_DEVICE_NOT_READY, FALSE, TRUE), 1);
    ok_eq_int(send_extended(STATUS_DEVICE_NOT_READY, TRUE, TRUE), 1);
    layers_end();
}

/* Its routine is not called for what it did not ask for, and the pending mark goes on. */
static NTSTATUS NTAPI extended_dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    IoCopyCurrentIrpStackLocationToNext(irp);
    ok_eq_status(IoSetCompletionRoutineEx(layers.devices[2], irp, count_extended, &extended_calls,
                                          FALSE, TRUE, FALSE),
                 STATUS_SUCCESS);
    return IoCallDriver(layers.lower[2], irp);
}

static ULONG pointer_count(HANDLE device)
{
    OBJECT_BASIC_INFORMATION information = {0};

    ok_eq_status(
        ZwQueryObject(device, ObjectBasicInformation, &information, sizeof(information), NULL),
        STATUS_SUCCESS);
    return information.PointerCount;
}

/* The driver's device is referenced until its routine has returned. */
GUEST_TEST(completion_routine_ex_references)
{
    ULONG before, during;
    HANDLE handle;
    PIRP irp;

    layers_begin(FALSE);
    extended_calls = 0;
    layers.level[0].action = LAYER_HOLD;
    ok_eq_status(ObOpenObjectByPointer(layers.devices[2], OBJ_KERNEL_HANDLE, NULL, FILE_READ_DATA,
                                       NULL, KernelMode, &handle),
                 STATUS_SUCCESS);
    irp = IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_DEVICE_CONTROL;
    before = pointer_count(handle);
    ok_eq_status(IoSetCompletionRoutineEx(layers.devices[2], irp, count_extended, &extended_calls,
                                          TRUE, TRUE, TRUE),
                 STATUS_SUCCESS);
    IoCallDriver(layers.devices[0], irp);
    during = pointer_count(handle);
    ok_eq_int(during, before + 1);
    test_complete(layers.held, STATUS_SUCCESS, 0);
    ok_eq_int(extended_calls, 1);
    ok_eq_int(pointer_count(handle), before);
    IoFreeIrp(irp);
    ZwClose(handle);
    layers_end();
}

GUEST_TEST(completion_routine_ex_not_asked)
{
    IO_STATUS_BLOCK iosb = {.Status = 0x1234};
    PDRIVER_OBJECT other;
    PDEVICE_OBJECT top;
    KEVENT event;
    PIRP irp;

    layers_begin(FALSE);
    extended_calls = 0;
    layers.level[0].action = LAYER_COMPLETE_LATER;
    layers.level[1].action = LAYER_SKIP;
    other = test_driver_create();
    other->MajorFunction[IRP_MJ_DEVICE_CONTROL] = extended_dispatch;
    top = test_device_create(other, NULL, 0, FALSE);
    top->StackSize = (CCHAR)(layers.devices[2]->StackSize + 1);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildDeviceIoControlRequest(TEST_REVERSE, top, NULL, 0, NULL, 0, FALSE, &event, &iosb);
    ok_eq_status(IoCallDriver(top, irp), STATUS_PENDING);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    ok_eq_status(iosb.Status, STATUS_SUCCESS);
    ok_eq_int(extended_calls, 0);
    IoDeleteDevice(top);
    IoDeleteDriver(other);
    layers_end();
}

GUEST_TEST_FILE(layers, GUEST_ROW(down_and_up), GUEST_ROW(invoke_flags),
                GUEST_ROW(invoke_on_cancel), GUEST_ROW(pending_travels_upward),
                GUEST_ROW(pending_without_routines), GUEST_ROW(skipped_levels),
                GUEST_ROW(more_processing_required), GUEST_ROW(forward_synchronously),
                GUEST_ROW(completion_routine_ex), GUEST_ROW(completion_routine_ex_references),
                GUEST_ROW(completion_routine_ex_not_asked));
