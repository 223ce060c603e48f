/*
 * TestDriver: the standard routines of a WDM function driver.
 *
 * DriverEntry sets up the driver and creates no device: the PnP manager calls AddDevice for each
 * device that the INF claims. A power or PnP request is for the whole device stack, so the driver
 * looks at it and passes it down.
 *
 * The driver is the power policy owner of its device: nobody else says in which state the device
 * is. It asks for D0 when the device has started, and for the state that suits when the system
 * goes to sleep or comes back.
 */
#include <ntddk.h>
#include "TestDriverCommon.h"

typedef struct _TEST_EXTENSION {
    PDEVICE_OBJECT LowerDevice;
    DEVICE_POWER_STATE PowerState; /* PowerDeviceD0 is 1 */
} TEST_EXTENSION, *PTEST_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
DRIVER_ADD_DEVICE TestAddDevice;
DRIVER_UNLOAD TestUnload;
DRIVER_DISPATCH TestCreate;
DRIVER_DISPATCH TestClose;
DRIVER_DISPATCH TestRead;
DRIVER_DISPATCH TestWrite;
DRIVER_DISPATCH TestDeviceControl;
DRIVER_DISPATCH TestPower;
DRIVER_DISPATCH TestPnp;
DRIVER_DISPATCH TestSystemControl;

#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, TestAddDevice)
#pragma alloc_text(PAGE, TestUnload)

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\TestDriver");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\TestDriver");

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    /* The service's key, where the driver's parameters are. */
    KdPrint(("TestDriver: DriverEntry, %wZ\n", RegistryPath));

    DriverObject->DriverExtension->AddDevice = TestAddDevice;
    DriverObject->DriverUnload = TestUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = TestCreate;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = TestClose;
    DriverObject->MajorFunction[IRP_MJ_READ] = TestRead;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = TestWrite;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = TestDeviceControl;
    DriverObject->MajorFunction[IRP_MJ_POWER] = TestPower;
    DriverObject->MajorFunction[IRP_MJ_PNP] = TestPnp;
    DriverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = TestSystemControl;
    return STATUS_SUCCESS;
}

NTSTATUS TestAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDeviceObject)
{
    PDEVICE_OBJECT deviceObject;
    PTEST_EXTENSION extension;
    NTSTATUS status;

    PAGED_CODE();
    KdPrint(("TestDriver: AddDevice\n"));

    status = IoCreateDevice(DriverObject, sizeof(TEST_EXTENSION), &DeviceName, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &deviceObject);
    if (!NT_SUCCESS(status))
        return status;

    status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(deviceObject);
        return status;
    }

    extension = (PTEST_EXTENSION)deviceObject->DeviceExtension;
    extension->PowerState = PowerDeviceD3;
    extension->LowerDevice = IoAttachDeviceToDeviceStack(deviceObject, PhysicalDeviceObject);
    if (extension->LowerDevice == NULL) {
        IoDeleteSymbolicLink(&LinkName);
        IoDeleteDevice(deviceObject);
        return STATUS_NO_SUCH_DEVICE;
    }
    deviceObject->Flags |= DO_BUFFERED_IO | DO_POWER_PAGABLE;
    deviceObject->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

VOID TestUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    PAGED_CODE();
    KdPrint(("TestDriver: Unload\n"));
}

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS TestCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    KdPrint(("TestDriver: Create\n"));
    return Complete(Irp, STATUS_SUCCESS, 0);
}

NTSTATUS TestClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    KdPrint(("TestDriver: Close\n"));
    return Complete(Irp, STATUS_SUCCESS, 0);
}

/* Fills the buffer with a pattern. */
NTSTATUS TestRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    ULONG length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;

    UNREFERENCED_PARAMETER(DeviceObject);
    KdPrint(("TestDriver: Read %lu\n", length));
    if (length != 0)
        RtlFillMemory(Irp->AssociatedIrp.SystemBuffer, length, 'T');
    return Complete(Irp, STATUS_SUCCESS, length);
}

/* Takes all that is written. */
NTSTATUS TestWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    ULONG length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;

    UNREFERENCED_PARAMETER(DeviceObject);
    KdPrint(("TestDriver: Write %lu\n", length));
    return Complete(Irp, STATUS_SUCCESS, length);
}

NTSTATUS TestDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PTEST_EXTENSION extension = (PTEST_EXTENSION)DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);

    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_TESTDRIVER_POWER_STATE:
        if (stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG))
            return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        *(PULONG)Irp->AssociatedIrp.SystemBuffer = (ULONG)extension->PowerState;
        return Complete(Irp, STATUS_SUCCESS, sizeof(ULONG));
    default:
        return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static VOID SetPowerState(PDEVICE_OBJECT DeviceObject, POWER_STATE State)
{
    PTEST_EXTENSION extension = (PTEST_EXTENSION)DeviceObject->DeviceExtension;

    KdPrint(("TestDriver: SET_POWER D%d\n", (int)State.DeviceState - 1));
    extension->PowerState = State.DeviceState;
    PoSetPowerState(DeviceObject, DevicePowerState, State);
}

/* The drivers below have powered the device up: now it can be used. */
static NTSTATUS DevicePoweredUp(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp);
    if (NT_SUCCESS(Irp->IoStatus.Status))
        SetPowerState(DeviceObject, IoGetCurrentIrpStackLocation(Irp)->Parameters.Power.State);
    PoStartNextPowerIrp(Irp);
    return STATUS_CONTINUE_COMPLETION;
}

/* The device has followed the system: the request of the system, Context, is done. */
static VOID DeviceFollowed(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, POWER_STATE State,
                           PVOID Context, PIO_STATUS_BLOCK IoStatus)
{
    PIRP systemIrp = (PIRP)Context;

    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(MinorFunction);
    UNREFERENCED_PARAMETER(State);
    systemIrp->IoStatus.Status = IoStatus->Status;
    PoStartNextPowerIrp(systemIrp);
    IoCompleteRequest(systemIrp, IO_NO_INCREMENT);
}

/* The drivers below know that the system's state changes: have the device follow. */
static NTSTATUS SystemPowerSent(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    POWER_STATE state;

    UNREFERENCED_PARAMETER(Context);
    state.DeviceState = stack->Parameters.Power.State.SystemState == PowerSystemWorking
                            ? PowerDeviceD0
                            : PowerDeviceD3;
    if (NT_SUCCESS(Irp->IoStatus.Status) &&
        PoRequestPowerIrp(DeviceObject, IRP_MN_SET_POWER, state, DeviceFollowed, Irp, NULL) ==
            STATUS_PENDING)
        return STATUS_MORE_PROCESSING_REQUIRED;
    PoStartNextPowerIrp(Irp);
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS SendDown(PDEVICE_OBJECT DeviceObject, PIRP Irp, PIO_COMPLETION_ROUTINE Routine)
{
    PTEST_EXTENSION extension = (PTEST_EXTENSION)DeviceObject->DeviceExtension;

    IoMarkIrpPending(Irp);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, Routine, NULL, TRUE, TRUE, TRUE);
    PoCallDriver(extension->LowerDevice, Irp);
    return STATUS_PENDING;
}

NTSTATUS TestPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PTEST_EXTENSION extension = (PTEST_EXTENSION)DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);

    switch (stack->MinorFunction) {
    case IRP_MN_SET_POWER:
        if (stack->Parameters.Power.Type == SystemPowerState) {
            KdPrint(("TestDriver: SET_POWER S%d\n",
                     (int)stack->Parameters.Power.State.SystemState - 1));
            return SendDown(DeviceObject, Irp, SystemPowerSent);
        }
        /* Up: after the drivers below. Down: before them. */
        if (stack->Parameters.Power.State.DeviceState == PowerDeviceD0)
            return SendDown(DeviceObject, Irp, DevicePoweredUp);
        SetPowerState(DeviceObject, stack->Parameters.Power.State);
        break;
    case IRP_MN_QUERY_POWER:
        KdPrint(("TestDriver: QUERY_POWER\n"));
        break;
    case IRP_MN_WAIT_WAKE:
        KdPrint(("TestDriver: WAIT_WAKE\n"));
        break;
    case IRP_MN_POWER_SEQUENCE:
        KdPrint(("TestDriver: POWER_SEQUENCE\n"));
        break;
    }
    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    return PoCallDriver(extension->LowerDevice, Irp);
}

static NTSTATUS StartCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Event)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    if (Irp->PendingReturned)
        KeSetEvent((PKEVENT)Event, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* The drivers below start the device first. Then it is ours, and gets its power. */
static NTSTATUS StartDevice(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PTEST_EXTENSION extension = (PTEST_EXTENSION)DeviceObject->DeviceExtension;
    POWER_STATE state;
    NTSTATUS status;
    KEVENT event;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, StartCompleted, &event, TRUE, TRUE, TRUE);
    status = IoCallDriver(extension->LowerDevice, Irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        status = Irp->IoStatus.Status;
    }
    if (NT_SUCCESS(status)) {
        state.DeviceState = PowerDeviceD0;
        status = PoRequestPowerIrp(DeviceObject, IRP_MN_SET_POWER, state, NULL, NULL, NULL);
    }
    return Complete(Irp, NT_SUCCESS(status) ? STATUS_SUCCESS : status, 0);
}

/* The drivers below let go of the device before its stack is taken down. */
static NTSTATUS RemoveDevice(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PDEVICE_OBJECT lowerDevice = ((PTEST_EXTENSION)DeviceObject->DeviceExtension)->LowerDevice;
    NTSTATUS status;

    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    status = IoCallDriver(lowerDevice, Irp);
    IoDetachDevice(lowerDevice);
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DeviceObject);
    return status;
}

NTSTATUS TestPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PTEST_EXTENSION extension = (PTEST_EXTENSION)DeviceObject->DeviceExtension;
    UCHAR minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;

    KdPrint(("TestDriver: Pnp 0x%02X\n", minor));
    switch (minor) {
    case IRP_MN_START_DEVICE:
        return StartDevice(DeviceObject, Irp);
    case IRP_MN_REMOVE_DEVICE:
        return RemoveDevice(DeviceObject, Irp);
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
        Irp->IoStatus.Status = STATUS_SUCCESS; /* agreed; a driver below may still refuse */
        break;
    }
    /* What it does not know it passes on with the status as it is. */
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(extension->LowerDevice, Irp);
}

NTSTATUS TestSystemControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PTEST_EXTENSION extension = (PTEST_EXTENSION)DeviceObject->DeviceExtension;

    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(extension->LowerDevice, Irp);
}
