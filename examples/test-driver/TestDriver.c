/*
 * TestDriver: the standard routines of a WDM function driver.
 *
 * DriverEntry sets up the driver and creates no device: the PnP manager calls AddDevice for each
 * device that the INF claims. A power or PnP request is for the whole device stack, so the driver
 * looks at it and passes it down.
 */
#include <ntddk.h>
#include "TestDriverCommon.h"

typedef struct _TEST_EXTENSION {
    PDEVICE_OBJECT LowerDevice;
    DEVICE_POWER_STATE PowerState;
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
    extension->PowerState = PowerDeviceD0;
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

NTSTATUS TestPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PTEST_EXTENSION extension = (PTEST_EXTENSION)DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);

    switch (stack->MinorFunction) {
    case IRP_MN_SET_POWER:
        KdPrint(("TestDriver: SET_POWER\n"));
        if (stack->Parameters.Power.Type == DevicePowerState)
            extension->PowerState = stack->Parameters.Power.State.DeviceState;
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

NTSTATUS TestPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PTEST_EXTENSION extension = (PTEST_EXTENSION)DeviceObject->DeviceExtension;
    PDEVICE_OBJECT lowerDevice = extension->LowerDevice;
    UCHAR minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    NTSTATUS status;

    KdPrint(("TestDriver: Pnp 0x%02X\n", minor));
    if (minor == IRP_MN_START_DEVICE || minor == IRP_MN_REMOVE_DEVICE)
        Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    status = IoCallDriver(lowerDevice, Irp);

    if (minor == IRP_MN_REMOVE_DEVICE) {
        IoDetachDevice(lowerDevice);
        IoDeleteSymbolicLink(&LinkName);
        IoDeleteDevice(DeviceObject);
    }
    return status;
}

NTSTATUS TestSystemControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PTEST_EXTENSION extension = (PTEST_EXTENSION)DeviceObject->DeviceExtension;

    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(extension->LowerDevice, Irp);
}
