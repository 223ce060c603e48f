/*
 * A Plug and Play driver whose device registers an interface, which programs find and open. It
 * answers one control code with the reverse of its input.
 */
#include <ntddk.h>

#include "interfaces.h"

#include <initguid.h>
DEFINE_GUID(class_guid, 0x5eed3000, 0x1234, 0x5678, 1, 2, 3, 4, 5, 6, 7, 8);

struct extension {
    PDEVICE_OBJECT below;
    PDEVICE_OBJECT physical;
    UNICODE_STRING link;
};

static NTSTATUS complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS NTAPI open_close(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI control(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    ULONG length = location->Parameters.DeviceIoControl.InputBufferLength;
    UCHAR *data = irp->AssociatedIrp.SystemBuffer;

    UNREFERENCED_PARAMETER(device);
    if (location->Parameters.DeviceIoControl.IoControlCode != IOCTL_REVERSE)
        return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (location->Parameters.DeviceIoControl.OutputBufferLength < length)
        return complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
    for (ULONG i = 0; i < length / 2; i++) {
        UCHAR byte = data[i];

        data[i] = data[length - 1 - i];
        data[length - 1 - i] = byte;
    }
    return complete(irp, STATUS_SUCCESS, length);
}

static NTSTATUS pass_down(struct extension *extension, PIRP irp)
{
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(extension->below, irp);
}

static NTSTATUS NTAPI on_forwarded(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS forward(struct extension *extension, PIRP irp)
{
    KEVENT done;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, on_forwarded, &done, TRUE, TRUE, TRUE);
    IoCallDriver(extension->below, irp);
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    return irp->IoStatus.Status;
}

/* The interface is asked for in the middle of the start: it appears when the start is complete. */
static NTSTATUS start(struct extension *extension, PIRP irp)
{
    UNICODE_STRING link = extension->link;
    NTSTATUS status = forward(extension, irp);
    PDEVICE_OBJECT device;
    PFILE_OBJECT file;

    if (NT_SUCCESS(status))
        status = IoSetDeviceInterfaceState(&extension->link, TRUE);
    DbgPrint("device: interface asked for, 0x%08x\n", status);
    if (NT_SUCCESS(IoGetDeviceObjectPointer(&link, FILE_READ_DATA, &file, &device))) {
        DbgPrint("device: opened before it has started\n");
        ObDereferenceObject(file);
    }
    return complete(irp, status, 0);
}

static NTSTATUS NTAPI plug_and_play(PDEVICE_OBJECT device, PIRP irp)
{
    struct extension *extension = device->DeviceExtension;
    NTSTATUS status;

    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return start(extension, irp);
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        irp->IoStatus.Status = STATUS_SUCCESS;
        return pass_down(extension, irp);
    case IRP_MN_REMOVE_DEVICE:
        irp->IoStatus.Status = STATUS_SUCCESS;
        status = pass_down(extension, irp);
        /* The interface is left enabled: the PnP manager takes it away. */
        RtlFreeUnicodeString(&extension->link);
        IoDetachDevice(extension->below);
        IoDeleteDevice(device);
        return status;
    default:
        return pass_down(extension, irp);
    }
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical)
{
    struct extension *extension;
    PDEVICE_OBJECT device;
    NTSTATUS status =
        IoCreateDevice(driver, sizeof(*extension), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);

    if (!NT_SUCCESS(status))
        return status;
    extension = device->DeviceExtension;
    RtlZeroMemory(extension, sizeof(*extension));
    extension->physical = physical;
    extension->below = IoAttachDeviceToDeviceStack(device, physical);
    status = IoRegisterDeviceInterface(physical, &class_guid, NULL, &extension->link);
    if (!NT_SUCCESS(status)) {
        IoDetachDevice(extension->below);
        IoDeleteDevice(device);
        return status;
    }
    DbgPrint("device: %wZ\n", &extension->link);
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    DbgPrint("device: unloaded\n");
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNREFERENCED_PARAMETER(registry_path);
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] =
        driver->MajorFunction[IRP_MJ_CLEANUP] = open_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    driver->MajorFunction[IRP_MJ_PNP] = plug_and_play;
    driver->DriverExtension->AddDevice = add_device;
    driver->DriverUnload = unload;
    return STATUS_SUCCESS;
}
