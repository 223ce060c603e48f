/*
 * Example with the two faults that a first version of such a driver often has. Keep them: a checker
 * must find both, each where its comment says. Read ../Example.c for the driver as it should be.
 */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Example_Unload;
DRIVER_DISPATCH Example_Success;
DRIVER_DISPATCH Example_Write;
DRIVER_DISPATCH Example_Unsupported;

#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, Example_Unload)
#pragma alloc_text(PAGE, Example_Success)
#pragma alloc_text(PAGE, Example_Write)
#pragma alloc_text(PAGE, Example_Unsupported)

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING deviceName, linkName;
    PDEVICE_OBJECT deviceObject;
    NTSTATUS status;
    ULONG index;

    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("DriverEntry Called\n");

    RtlInitUnicodeString(&deviceName, L"\\Device\\Example");
    RtlInitUnicodeString(&linkName, L"\\DosDevices\\Example");

    status = IoCreateDevice(DriverObject, 0, &deviceName, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &deviceObject);
    if (!NT_SUCCESS(status))
        return status;

    for (index = 0; index <= IRP_MJ_MAXIMUM_FUNCTION; index++)
        DriverObject->MajorFunction[index] = Example_Unsupported;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Example_Success;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Example_Success;
    DriverObject->MajorFunction[IRP_MJ_READ] = Example_Success;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = Example_Write;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Example_Success;
    DriverObject->DriverUnload = Example_Unload;

    deviceObject->Flags |= DO_BUFFERED_IO;
    deviceObject->Flags &= ~DO_DEVICE_INITIALIZING;

    status = IoCreateSymbolicLink(&linkName, &deviceName);
    if (!NT_SUCCESS(status))
        IoDeleteDevice(deviceObject);
    return status;
}

VOID Example_Unload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING linkName;

    PAGED_CODE();
    RtlInitUnicodeString(&linkName, L"\\DosDevices\\Example");
    IoDeleteSymbolicLink(&linkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS Example_Success(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    PAGED_CODE();

    /* FAULT 1: success is returned, but the request was never completed. */
    return STATUS_SUCCESS;
}

NTSTATUS Example_Unsupported(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    PAGED_CODE();
    return STATUS_NOT_SUPPORTED; /* FAULT 1 again */
}

static BOOLEAN IsTerminated(PCHAR Text, ULONG Length)
{
    ULONG index;

    for (index = 0; index < Length; index++) {
        if (Text[index] == '\0')
            return TRUE;
    }
    return FALSE;
}

NTSTATUS Example_Write(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    PCHAR text = (PCHAR)Irp->AssociatedIrp.SystemBuffer;

    UNREFERENCED_PARAMETER(DeviceObject);
    PAGED_CODE();

    /* FAULT 2: the caller's text is the format, so a %s in it makes the kernel read anywhere. */
    if (text != NULL && IsTerminated(text, stack->Parameters.Write.Length))
        DbgPrint(text);
    return STATUS_SUCCESS; /* FAULT 1 again */
}
