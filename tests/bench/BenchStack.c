/*
 * Two device stacks that the bench measures, four devices each. The lowest completes every request
 * at once; the three above it pass requests down: in \Device\BenchSkip with the stack location that
 * they have, in \Device\BenchCopy with a copy and a completion routine.
 */
#include <ntddk.h>

#define LAYERS 4

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD BenchStackUnload;
DRIVER_DISPATCH BenchStackDispatch;
IO_COMPLETION_ROUTINE BenchStackCompleted;

struct layer {
    PDEVICE_OBJECT lower; /* NULL: the lowest */
    BOOLEAN copies;
};

static const UNICODE_STRING skip_name = RTL_CONSTANT_STRING(L"\\Device\\BenchSkip");
static const UNICODE_STRING skip_link = RTL_CONSTANT_STRING(L"\\??\\BenchSkip");
static const UNICODE_STRING copy_name = RTL_CONSTANT_STRING(L"\\Device\\BenchCopy");
static const UNICODE_STRING copy_link = RTL_CONSTANT_STRING(L"\\??\\BenchCopy");

NTSTATUS BenchStackCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Context);
    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp);
    return STATUS_CONTINUE_COMPLETION;
}

NTSTATUS BenchStackDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    struct layer *layer = DeviceObject->DeviceExtension;

    if (!layer->lower) {
        Irp->IoStatus.Status = STATUS_SUCCESS;
        Irp->IoStatus.Information = 0;
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        return STATUS_SUCCESS;
    }
    if (layer->copies) {
        IoCopyCurrentIrpStackLocationToNext(Irp);
        IoSetCompletionRoutine(Irp, BenchStackCompleted, NULL, TRUE, TRUE, TRUE);
    } else {
        IoSkipCurrentIrpStackLocation(Irp);
    }
    return IoCallDriver(layer->lower, Irp);
}

/* One more layer; only the lowest has a name. */
static NTSTATUS add_layer(PDRIVER_OBJECT driver, const UNICODE_STRING *name, BOOLEAN copies,
                          PDEVICE_OBJECT below)
{
    PDEVICE_OBJECT device;
    struct layer *layer;
    NTSTATUS status = IoCreateDevice(driver, sizeof(*layer), (PUNICODE_STRING)name,
                                     FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);

    if (!NT_SUCCESS(status))
        return status;
    layer = device->DeviceExtension;
    layer->copies = copies;
    layer->lower = below ? IoAttachDeviceToDeviceStack(device, below) : NULL;
    device->Flags |= DO_BUFFERED_IO;
    device->Flags &= ~DO_DEVICE_INITIALIZING; /* nothing attaches to one that still is */
    if (below && !layer->lower)
        return STATUS_NO_SUCH_DEVICE;
    return STATUS_SUCCESS;
}

static NTSTATUS build(PDRIVER_OBJECT driver, const UNICODE_STRING *name, const UNICODE_STRING *link,
                      BOOLEAN copies)
{
    NTSTATUS status = add_layer(driver, name, copies, NULL);
    PDEVICE_OBJECT lowest = driver->DeviceObject;

    for (int i = 1; i < LAYERS && NT_SUCCESS(status); i++)
        status = add_layer(driver, NULL, copies, lowest);
    if (NT_SUCCESS(status))
        status = IoCreateSymbolicLink((PUNICODE_STRING)link, (PUNICODE_STRING)name);
    return status;
}

/* A driver's newest device is the first of its list, so each stack goes from the top. */
VOID BenchStackUnload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteSymbolicLink((PUNICODE_STRING)&skip_link);
    IoDeleteSymbolicLink((PUNICODE_STRING)&copy_link);
    while (DriverObject->DeviceObject) {
        PDEVICE_OBJECT device = DriverObject->DeviceObject;
        struct layer *layer = device->DeviceExtension;

        if (layer->lower)
            IoDetachDevice(layer->lower);
        IoDeleteDevice(device);
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = BenchStackUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = BenchStackDispatch;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = BenchStackDispatch;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = BenchStackDispatch;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = BenchStackDispatch;
    status = build(DriverObject, &skip_name, &skip_link, FALSE);
    if (NT_SUCCESS(status))
        status = build(DriverObject, &copy_name, &copy_link, TRUE);
    if (!NT_SUCCESS(status))
        BenchStackUnload(DriverObject);
    return status;
}
