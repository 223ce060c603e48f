/*
 * A driver that keeps requests until it is told to end them. Its device is that of the example
 * driver-stack, whose layers can be put on it. See keep.h.
 */
#include <ntddk.h>

#include "keep.h"

static UNICODE_STRING device_name = RTL_CONSTANT_STRING(L"\\Device\\DriverStack");
static UNICODE_STRING link_name = RTL_CONSTANT_STRING(L"\\DosDevices\\DriverStack");
static LIST_ENTRY kept = {&kept, &kept};
static KSPIN_LOCK lock;

static NTSTATUS complete(PIRP irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static VOID NTAPI keep_cancelled(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;

    UNREFERENCED_PARAMETER(device);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    KeAcquireSpinLock(&lock, &irql);
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&lock, irql);
    complete(irp, STATUS_CANCELLED);
}

static NTSTATUS keep(PIRP irp)
{
    BOOLEAN cancelled;
    KIRQL irql;

    KeAcquireSpinLock(&lock, &irql);
    IoMarkIrpPending(irp);
    InsertTailList(&kept, &irp->Tail.Overlay.ListEntry);
    IoSetCancelRoutine(irp, keep_cancelled);
    cancelled = irp->Cancel && IoSetCancelRoutine(irp, NULL);
    if (cancelled)
        RemoveEntryList(&irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&lock, irql);
    if (cancelled)
        complete(irp, STATUS_CANCELLED);
    return STATUS_PENDING;
}

/* End those that are kept; one whose cancel routine runs already is ended by that. */
static void release(void)
{
    LIST_ENTRY *entry;
    PIRP irp;
    KIRQL irql;

    for (;;) {
        irp = NULL;
        KeAcquireSpinLock(&lock, &irql);
        for (entry = kept.Flink; !irp && entry != &kept; entry = entry->Flink) {
            irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
            if (!IoSetCancelRoutine(irp, NULL))
                irp = NULL;
        }
        if (irp)
            RemoveEntryList(&irp->Tail.Overlay.ListEntry);
        KeReleaseSpinLock(&lock, irql);
        if (!irp)
            return;
        complete(irp, STATUS_SUCCESS);
    }
}

static NTSTATUS NTAPI own_ended(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(context);
    IoFreeIrp(irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* A request of the driver's own, to its own device. */
static NTSTATUS send_own(PDEVICE_OBJECT device)
{
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    PIO_STACK_LOCATION next;

    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    next = IoGetNextIrpStackLocation(irp);
    next->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
    next->Parameters.DeviceIoControl.IoControlCode = IOCTL_KEEP;
    IoSetCompletionRoutine(irp, own_ended, NULL, TRUE, TRUE, TRUE);
    IoCallDriver(device, irp);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI control(PDEVICE_OBJECT device, PIRP irp)
{
    switch (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_KEEP:
        return keep(irp);
    case IOCTL_KEEP_OWN:
        return complete(irp, send_own(device));
    case IOCTL_KEEP_RELEASE:
        release();
        return complete(irp, STATUS_SUCCESS);
    case IOCTL_KEEP_CRASH:
        KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 2, 3, 4);
    default:
        return complete(irp, STATUS_INVALID_DEVICE_REQUEST);
    }
}

static NTSTATUS NTAPI open_close(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return complete(irp, STATUS_SUCCESS);
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    IoDeleteSymbolicLink(&link_name);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    PDEVICE_OBJECT device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_CREATE] = open_close;
    driver->MajorFunction[IRP_MJ_CLOSE] = open_close;
    driver->MajorFunction[IRP_MJ_CLEANUP] = open_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    driver->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = control;
    KeInitializeSpinLock(&lock);
    status = IoCreateDevice(driver, 0, &device_name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                            FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&link_name, &device_name);
    if (!NT_SUCCESS(status))
        IoDeleteDevice(device);
    return status;
}
