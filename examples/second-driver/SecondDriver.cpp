// SecondDriver: sets the priority of any thread, also to values that SetThreadPriority refuses.
//
// The request is METHOD_NEITHER, so the driver reads the caller's buffer at the caller's address.
// It does so without probing it and outside __try: a client that passes a bad pointer stops the
// system. A checker must report that; the README shows the repair.
#include <ntifs.h>
#include "SecondDriverCommon.h"

DRIVER_UNLOAD SecondDriverUnload;
DRIVER_DISPATCH SecondDriverCreateClose;
DRIVER_DISPATCH SecondDriverDeviceControl;

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);

    DriverObject->DriverUnload = SecondDriverUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = SecondDriverCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = SecondDriverCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = SecondDriverDeviceControl;

    UNICODE_STRING deviceName = RTL_CONSTANT_STRING(L"\\Device\\SecondDriver");
    UNICODE_STRING linkName = RTL_CONSTANT_STRING(L"\\??\\SecondDriver");
    PDEVICE_OBJECT deviceObject = nullptr;

    auto status =
        IoCreateDevice(DriverObject, 0, &deviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &deviceObject);
    if (!NT_SUCCESS(status)) {
        KdPrint(("SecondDriver: failed to create device (0x%08X)\n", status));
        return status;
    }

    status = IoCreateSymbolicLink(&linkName, &deviceName);
    if (!NT_SUCCESS(status)) {
        KdPrint(("SecondDriver: failed to create symbolic link (0x%08X)\n", status));
        IoDeleteDevice(deviceObject);
        return status;
    }
    KdPrint(("SecondDriver: initialized\n"));
    return STATUS_SUCCESS;
}

void SecondDriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING linkName = RTL_CONSTANT_STRING(L"\\??\\SecondDriver");

    IoDeleteSymbolicLink(&linkName);
    IoDeleteDevice(DriverObject->DeviceObject);
    KdPrint(("SecondDriver: unloaded\n"));
}

NTSTATUS SecondDriverCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);

    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

NTSTATUS SecondDriverDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);

    auto stack = IoGetCurrentIrpStackLocation(Irp);
    auto status = STATUS_SUCCESS;

    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_SECOND_DRIVER_SET_PRIORITY: {
        if (stack->Parameters.DeviceIoControl.InputBufferLength < sizeof(ThreadData)) {
            status = STATUS_BUFFER_TOO_SMALL;
            break;
        }

        auto data = static_cast<ThreadData *>(stack->Parameters.DeviceIoControl.Type3InputBuffer);
        if (data == nullptr) {
            status = STATUS_INVALID_PARAMETER;
            break;
        }
        if (data->Priority < 1 || data->Priority > 31) {
            status = STATUS_INVALID_PARAMETER;
            break;
        }

        PETHREAD thread;
        status = PsLookupThreadByThreadId(ULongToHandle(data->ThreadId), &thread);
        if (!NT_SUCCESS(status))
            break;

        KeSetPriorityThread(reinterpret_cast<PKTHREAD>(thread), data->Priority);
        ObDereferenceObject(thread);
        KdPrint(
            ("SecondDriver: priority of thread %lu is now %d\n", data->ThreadId, data->Priority));
        break;
    }

    default:
        status = STATUS_INVALID_DEVICE_REQUEST;
        break;
    }

    Irp->IoStatus.Status = status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
}
