/*
 * The device stack of the power tests; see stack.h. And the device's own state. One driver object
 * serves both devices: the filter's extension points to the device below, the device's is empty.
 */
#include "stack.h"

struct stack stack;

static NTSTATUS pass_on(PDEVICE_OBJECT below, PIRP irp)
{
    stack.filter_irql = KeGetCurrentIrql();
    IoCopyCurrentIrpStackLocationToNext(irp);
    PoStartNextPowerIrp(irp);
    return stack.use_io_call_driver ? IoCallDriver(below, irp) : PoCallDriver(below, irp);
}

static NTSTATUS NTAPI power(PDEVICE_OBJECT device, PIRP irp)
{
    PDEVICE_OBJECT below = *(PDEVICE_OBJECT *)device->DeviceExtension;
    struct stack_arrival *arrival = &stack.arrivals[stack.count];

    if (below)
        return pass_on(below, irp);
    arrival->minor = IoGetCurrentIrpStackLocation(irp)->MinorFunction;
    arrival->irql = KeGetCurrentIrql();
    arrival->filter_irql = stack.filter_irql;
    arrival->location = *IoGetCurrentIrpStackLocation(irp);
    arrival->status = irp->IoStatus.Status;
    stack.count++;
    if (stack.keep) {
        IoMarkIrpPending(irp);
        stack.kept[stack.kept_count++] = irp;
        return STATUS_PENDING;
    }
    irp->IoStatus.Status = stack.result;
    irp->IoStatus.Information = 7;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return stack.result;
}

static NTSTATUS NTAPI initialize(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNREFERENCED_PARAMETER(registry_path);
    driver->MajorFunction[IRP_MJ_POWER] = power;
    stack.driver = driver;
    return STATUS_SUCCESS;
}

static PDEVICE_OBJECT make_device(ULONG flags)
{
    PDEVICE_OBJECT device = NULL;

    ok_eq_status(
        IoCreateDevice(stack.driver, sizeof(PVOID), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device),
        STATUS_SUCCESS);
    device->Flags |= flags;
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return device;
}

void stack_begin(ULONG filter_flags, ULONG device_flags)
{
    RtlZeroMemory(&stack, sizeof(stack));
    ok_eq_status(IoCreateDriver(NULL, initialize), STATUS_SUCCESS);
    stack.device = make_device(device_flags);
    stack.filter = make_device(filter_flags);
    *(PDEVICE_OBJECT *)stack.filter->DeviceExtension = stack.device;
    IoAttachDeviceToDeviceStack(stack.filter, stack.device);
}

void stack_end(void)
{
    IoDetachDevice(stack.device);
    IoDeleteDevice(stack.filter);
    IoDeleteDevice(stack.device);
    ok(stack.driver->DeviceObject == NULL, "no power IRP holds a device");
    IoDeleteDriver(stack.driver);
}

void stack_complete(NTSTATUS status)
{
    PIRP irp = stack.kept[0];

    for (LONG i = 1; i < stack.kept_count; i++)
        stack.kept[i - 1] = stack.kept[i];
    stack.kept_count--;
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
}

void stack_wait(LONG milliseconds)
{
    LARGE_INTEGER interval = {.QuadPart = -10000ll * milliseconds};

    KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

GUEST_TEST(device_state_is_kept)
{
    POWER_STATE d3 = {.DeviceState = PowerDeviceD3}, d0 = {.DeviceState = PowerDeviceD0};
    POWER_STATE s3 = {.SystemState = PowerSystemSleeping3};

    stack_begin(DO_POWER_PAGABLE, DO_POWER_PAGABLE);
    PoSetPowerState(stack.device, DevicePowerState, d3);
    ok_eq_int(PoSetPowerState(stack.device, DevicePowerState, d0).DeviceState, PowerDeviceD3);
    PoSetPowerState(stack.device, SystemPowerState, s3);
    ok_eq_int(PoSetPowerState(stack.device, DevicePowerState, d3).DeviceState, PowerDeviceD0);
    ok_eq_int(PoSetPowerState(stack.device, SystemPowerState, s3).SystemState,
              PowerSystemSleeping3);
    stack_end();
}

GUEST_TEST_FILE(power_state, GUEST_ROW(device_state_is_kept));
