/*
 * Layer: a driver that attaches its device above the others and passes requests on. It is built
 * three times, as FilterBelow, Function and FilterAbove; all three have the same way down and up,
 * and each filter has one request of its own:
 *
 *   -DFILTER_BELOW   keeps IOCTL_STACK_LATER and completes it on a worker thread
 *   -DFUNCTION       has none
 *   -DFILTER_ABOVE   fails IOCTL_STACK_DENY
 */
#include <ntddk.h>
#include "DriverStack.h"

#if defined(FILTER_BELOW)
#define LAYER "FilterBelow"
#elif defined(FUNCTION)
#define LAYER "Function"
#elif defined(FILTER_ABOVE)
#define LAYER "FilterAbove"
#else
#error build it with FILTER_BELOW, FUNCTION or FILTER_ABOVE defined
#endif

typedef struct _LAYER_EXTENSION {
    PDEVICE_OBJECT LowerDevice; /* where requests are passed to */
    PFILE_OBJECT LowerFile;     /* keeps it there */
} LAYER_EXTENSION, *PLAYER_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD LayerUnload;
DRIVER_DISPATCH LayerPass;
DRIVER_DISPATCH LayerDeviceControl;
IO_COMPLETION_ROUTINE LayerCompletion;

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\DriverStack");

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT deviceObject;
    PDEVICE_OBJECT topDevice;
    PLAYER_EXTENSION extension;
    NTSTATUS status;
    ULONG i;

    UNREFERENCED_PARAMETER(RegistryPath);

    /* A driver in a stack passes on what it does not know, so no slot stays empty. */
    for (i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++) {
        DriverObject->MajorFunction[i] = LayerPass;
    }
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = LayerDeviceControl;
    DriverObject->DriverUnload = LayerUnload;

    status = IoCreateDevice(DriverObject, sizeof(LAYER_EXTENSION), NULL, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &deviceObject);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    extension = (PLAYER_EXTENSION)deviceObject->DeviceExtension;

    status =
        IoGetDeviceObjectPointer(&DeviceName, FILE_READ_DATA, &extension->LowerFile, &topDevice);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(deviceObject);
        return status;
    }

    /* LowerDevice is stored before the first request can come. */
    status = IoAttachDeviceToDeviceStackSafe(deviceObject, topDevice, &extension->LowerDevice);
    if (!NT_SUCCESS(status)) {
        ObDereferenceObject(extension->LowerFile);
        IoDeleteDevice(deviceObject);
        return status;
    }
    deviceObject->Flags |= extension->LowerDevice->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO);
    deviceObject->Flags &= ~DO_DEVICE_INITIALIZING;
    DbgPrint(LAYER ": StackSize %d\n", deviceObject->StackSize);
    return STATUS_SUCCESS;
}

VOID LayerUnload(PDRIVER_OBJECT DriverObject)
{
    PLAYER_EXTENSION extension = (PLAYER_EXTENSION)DriverObject->DeviceObject->DeviceExtension;

    IoDetachDevice(extension->LowerDevice);
    ObDereferenceObject(extension->LowerFile);
    IoDeleteDevice(DriverObject->DeviceObject);
}

/* A request that this driver has nothing to do with: the driver below gets this stack location. */
NTSTATUS LayerPass(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PLAYER_EXTENSION extension = (PLAYER_EXTENSION)DeviceObject->DeviceExtension;

    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(extension->LowerDevice, Irp);
}

/* The way up. The IRP may be completed by another thread, at any IRQL up to DISPATCH_LEVEL. */
NTSTATUS LayerCompletion(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Context);

    DbgPrint(LAYER ": up, status 0x%08X%s\n", Irp->IoStatus.Status,
             Irp->PendingReturned ? ", pending" : "");
    if (Irp->PendingReturned) {
        IoMarkIrpPending(Irp); /* the driver above must hear of it too */
    }
    return STATUS_CONTINUE_COMPLETION;
}

/* The way down: an own copy of the parameters for the driver below, and a completion routine. */
static NTSTATUS LayerForward(PLAYER_EXTENSION Extension, PIRP Irp)
{
    NTSTATUS status;

    DbgPrint(LAYER ": down, location %d of %d\n", Irp->CurrentLocation, Irp->StackCount);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, LayerCompletion, NULL, TRUE, TRUE, TRUE);
    status = IoCallDriver(Extension->LowerDevice, Irp);

    /* The IRP is not this driver's any more; it may be gone. */
    DbgPrint(LAYER ": IoCallDriver returned 0x%08X\n", status);
    return status;
}

#if defined(FILTER_BELOW)

typedef struct _LAYER_WORK {
    PIO_WORKITEM Item;
    PIRP Irp;
} LAYER_WORK, *PLAYER_WORK;

IO_WORKITEM_ROUTINE LayerCompleteLater;

VOID LayerCompleteLater(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    PLAYER_WORK work = (PLAYER_WORK)Context;
    PIRP irp = work->Irp;

    UNREFERENCED_PARAMETER(DeviceObject);
    IoFreeWorkItem(work->Item);
    ExFreePoolWithTag(work, 'katS');

    DbgPrint(LAYER ": completes it on a worker thread\n");
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
}

static NTSTATUS LayerFail(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* Who keeps an IRP marks it pending, and then returns STATUS_PENDING whatever happens. */
static NTSTATUS LayerKeep(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PLAYER_WORK work;

    work = (PLAYER_WORK)ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*work), 'katS');
    if (work == NULL) {
        return LayerFail(Irp, STATUS_INSUFFICIENT_RESOURCES);
    }
    work->Irp = Irp;
    work->Item = IoAllocateWorkItem(DeviceObject);
    if (work->Item == NULL) {
        ExFreePoolWithTag(work, 'katS');
        return LayerFail(Irp, STATUS_INSUFFICIENT_RESOURCES);
    }
    DbgPrint(LAYER ": keeps it, location %d of %d\n", Irp->CurrentLocation, Irp->StackCount);
    IoMarkIrpPending(Irp);
    IoQueueWorkItem(work->Item, LayerCompleteLater, DelayedWorkQueue, work);
    return STATUS_PENDING;
}

#endif

NTSTATUS LayerDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PLAYER_EXTENSION extension = (PLAYER_EXTENSION)DeviceObject->DeviceExtension;
    ULONG code = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode;

    switch (code) {
#if defined(FILTER_BELOW)
    case IOCTL_STACK_LATER:
        return LayerKeep(DeviceObject, Irp);
#elif defined(FILTER_ABOVE)
    case IOCTL_STACK_DENY:
        DbgPrint(LAYER ": fails it, location %d of %d\n", Irp->CurrentLocation, Irp->StackCount);
        Irp->IoStatus.Status = STATUS_ACCESS_DENIED;
        Irp->IoStatus.Information = 0;
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        return STATUS_ACCESS_DENIED;
#endif
    default:
        return LayerForward(extension, Irp);
    }
}
