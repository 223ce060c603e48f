/*
 * Bus: the bottom of the stack. It has the device that programs open, and completes every request
 * that comes down to it.
 */
#include <ntddk.h>
#include "DriverStack.h"

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD BusUnload;
DRIVER_DISPATCH BusCreateClose;
DRIVER_DISPATCH BusDeviceControl;

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\DriverStack");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\DriverStack");
static LONG RequestCount;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT deviceObject;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);

    DriverObject->DriverUnload = BusUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = BusCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = BusCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = BusCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = BusDeviceControl;

    status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &deviceObject);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(deviceObject);
        return status;
    }
    DbgPrint("Bus: StackSize %d\n", deviceObject->StackSize);
    return STATUS_SUCCESS;
}

VOID BusUnload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

static NTSTATUS BusComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS BusCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return BusComplete(Irp, STATUS_SUCCESS, 0);
}

NTSTATUS BusDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    PULONG answer = (PULONG)Irp->AssociatedIrp.SystemBuffer;

    UNREFERENCED_PARAMETER(DeviceObject);

    /* CurrentLocation is the I/O manager's; it is printed here, and used nowhere. */
    DbgPrint("Bus: completes it, location %d of %d\n", Irp->CurrentLocation, Irp->StackCount);

    if (stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_STACK_PLAIN) {
        return BusComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    if (stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(*answer)) {
        return BusComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    *answer = (ULONG)InterlockedIncrement(&RequestCount);
    return BusComplete(Irp, STATUS_SUCCESS, sizeof(*answer));
}
