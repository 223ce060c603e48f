/*
 * MyDriver: dispatch routine, IRP and device object, and a client that opens the device.
 */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD MyDriverUnload;
DRIVER_DISPATCH MyDriverCreateClose;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING deviceName, linkName;
    PDEVICE_OBJECT deviceObject;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    KdPrint(("MyDriver: DriverEntry\n"));

    DriverObject->DriverUnload = MyDriverUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = MyDriverCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = MyDriverCreateClose;

    RtlInitUnicodeString(&deviceName, L"\\Device\\MyDriver");
    RtlInitUnicodeString(&linkName, L"\\??\\MyDriver");

    status =
        IoCreateDevice(DriverObject, 0, &deviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &deviceObject);
    if (!NT_SUCCESS(status)) {
        KdPrint(("MyDriver: failed to create device object (0x%08X)\n", status));
        return status;
    }

    status = IoCreateSymbolicLink(&linkName, &deviceName);
    if (!NT_SUCCESS(status)) {
        KdPrint(("MyDriver: failed to create symbolic link (0x%08X)\n", status));
        IoDeleteDevice(deviceObject);
    }
    return status;
}

VOID MyDriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING linkName;

    RtlInitUnicodeString(&linkName, L"\\??\\MyDriver");
    IoDeleteSymbolicLink(&linkName);
    IoDeleteDevice(DriverObject->DeviceObject);
    KdPrint(("MyDriver: unloaded\n"));
}

NTSTATUS MyDriverCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    NTSTATUS status = STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(DeviceObject);
    KdPrint(("MyDriver: %s\n", IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CREATE
                                   ? "create"
                                   : "close"));
    Irp->IoStatus.Status = status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);

    /* The IRP may be gone by now: return the variable, not Irp->IoStatus.Status. */
    return status;
}
