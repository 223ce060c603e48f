/*
 * FirstDriver: the smallest driver that a program can open.
 *
 * It has one device and one name for user mode. CREATE and CLOSE share a routine. Without that
 * routine CreateFile would fail, because the system refuses each request that a driver has no
 * routine for.
 */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD FirstDriverUnload;
DRIVER_DISPATCH FirstDriverCreateClose;

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\FirstDriver");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\??\\FirstDriver");

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT deviceObject;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("FirstDriver: DriverEntry\n");

    DriverObject->DriverUnload = FirstDriverUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = FirstDriverCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = FirstDriverCreateClose;

    status =
        IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &deviceObject);
    if (!NT_SUCCESS(status)) {
        DbgPrint("FirstDriver: IoCreateDevice failed (0x%08X)\n", status);
        return status;
    }

    status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(status)) {
        /* DriverUnload is not called after a failure, so the device has to go here. */
        DbgPrint("FirstDriver: IoCreateSymbolicLink failed (0x%08X)\n", status);
        IoDeleteDevice(deviceObject);
    }
    return status;
}

VOID FirstDriverUnload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
    DbgPrint("FirstDriver: unloaded\n");
}

NTSTATUS FirstDriverCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);

    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}
