/*
 * Example: the three ways in which the I/O manager hands a caller's buffer to a driver.
 *
 * One source, three drivers. Define one of:
 *   IO_DIRECT    the pages are locked and described by an MDL (DO_DIRECT_IO)
 *   IO_BUFFERED  the data is copied through a buffer of the system (DO_BUFFERED_IO)
 *   IO_NEITHER   the driver gets the caller's address as it is, and must check it
 *
 * A write takes a terminated text and prints it. A read returns the text that was written last.
 */
#include <ntddk.h>
#include "ExampleCommon.h"

#if defined(IO_DIRECT)
#define IO_FLAG DO_DIRECT_IO
#define IO_NAME "direct"
#elif defined(IO_BUFFERED)
#define IO_FLAG DO_BUFFERED_IO
#define IO_NAME "buffered"
#elif defined(IO_NEITHER)
#define IO_FLAG 0
#define IO_NAME "neither"
#else
#error Define IO_DIRECT, IO_BUFFERED or IO_NEITHER.
#endif

#define TEXT_SIZE 128

typedef struct _EXAMPLE_EXTENSION {
    FAST_MUTEX Mutex; /* guards what follows */
    ULONG WriteCount;
    CHAR LastText[TEXT_SIZE]; /* terminated */
} EXAMPLE_EXTENSION, *PEXAMPLE_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Example_Unload;
DRIVER_DISPATCH Example_Create;
DRIVER_DISPATCH Example_Close;
DRIVER_DISPATCH Example_Read;
DRIVER_DISPATCH Example_Write;
DRIVER_DISPATCH Example_IoControl;
DRIVER_DISPATCH Example_Unsupported;

#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, Example_Unload)
#pragma alloc_text(PAGE, Example_Create)
#pragma alloc_text(PAGE, Example_Close)
#pragma alloc_text(PAGE, Example_Read)
#pragma alloc_text(PAGE, Example_Write)
#pragma alloc_text(PAGE, Example_IoControl)
#pragma alloc_text(PAGE, Example_Unsupported)

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING deviceName, linkName;
    PDEVICE_OBJECT deviceObject;
    PEXAMPLE_EXTENSION extension;
    NTSTATUS status;
    ULONG index;

    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("Example: DriverEntry (" IO_NAME " I/O)\n");

    RtlInitUnicodeString(&deviceName, L"\\Device\\Example");
    RtlInitUnicodeString(&linkName, L"\\DosDevices\\Example");

    status = IoCreateDevice(DriverObject, sizeof(EXAMPLE_EXTENSION), &deviceName,
                            FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &deviceObject);
    if (!NT_SUCCESS(status))
        return status;

    extension = (PEXAMPLE_EXTENSION)deviceObject->DeviceExtension;
    ExInitializeFastMutex(&extension->Mutex);

    for (index = 0; index <= IRP_MJ_MAXIMUM_FUNCTION; index++)
        DriverObject->MajorFunction[index] = Example_Unsupported;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Example_Create;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Example_Close;
    DriverObject->MajorFunction[IRP_MJ_READ] = Example_Read;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = Example_Write;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Example_IoControl;
    DriverObject->DriverUnload = Example_Unload;

    deviceObject->Flags |= IO_FLAG;
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
    DbgPrint("Example: unloaded\n");
}

/* Every dispatch routine ends here: complete the request and return its status. */
static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS Example_Create(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    PAGED_CODE();
    DbgPrint("Example: create\n");
    return Complete(Irp, STATUS_SUCCESS, 0);
}

NTSTATUS Example_Close(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    PAGED_CODE();
    DbgPrint("Example: close\n");
    return Complete(Irp, STATUS_SUCCESS, 0);
}

NTSTATUS Example_Unsupported(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    PAGED_CODE();
    return Complete(Irp, STATUS_NOT_SUPPORTED, 0);
}

/*
 * Copy between the caller's buffer and ours. The three drivers differ only in this routine.
 */
static NTSTATUS CopyUserData(PIRP Irp, PCHAR Text, ULONG Length, BOOLEAN ToUser)
{
#if defined(IO_NEITHER)
    /* The address is the caller's: it may be wrong, and may become wrong while we look. */
    __try {
        if (ToUser) {
            ProbeForWrite(Irp->UserBuffer, Length, sizeof(CHAR));
            RtlCopyMemory(Irp->UserBuffer, Text, Length);
        } else {
            ProbeForRead(Irp->UserBuffer, Length, sizeof(CHAR));
            RtlCopyMemory(Text, Irp->UserBuffer, Length);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        NTSTATUS status = GetExceptionCode();

        DbgPrint("Example: bad buffer %p (0x%08X)\n", Irp->UserBuffer, status);
        return status;
    }
#else
    PVOID buffer;

#if defined(IO_DIRECT)
    buffer = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    if (buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
#else
    buffer = Irp->AssociatedIrp.SystemBuffer;
#endif
    if (ToUser)
        RtlCopyMemory(buffer, Text, Length);
    else
        RtlCopyMemory(Text, buffer, Length);
#endif
    return STATUS_SUCCESS;
}

/* Is there a terminating zero within the first `Length` bytes? */
static BOOLEAN IsTerminated(const CHAR *Text, ULONG Length)
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
    PEXAMPLE_EXTENSION extension = (PEXAMPLE_EXTENSION)DeviceObject->DeviceExtension;
    ULONG length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    CHAR text[TEXT_SIZE];
    NTSTATUS status;

    PAGED_CODE();
    if (length == 0 || length > sizeof(text))
        return Complete(Irp, STATUS_INVALID_BUFFER_SIZE, 0);

    /* Check our copy: the caller could change his text between the check and the use. */
    status = CopyUserData(Irp, text, length, FALSE);
    if (!NT_SUCCESS(status))
        return Complete(Irp, status, 0);
    if (!IsTerminated(text, length))
        return Complete(Irp, STATUS_INVALID_PARAMETER, 0);

    DbgPrint("Example: %s\n", text);
    ExAcquireFastMutex(&extension->Mutex);
    RtlCopyMemory(extension->LastText, text, length);
    extension->WriteCount++;
    ExReleaseFastMutex(&extension->Mutex);
    return Complete(Irp, STATUS_SUCCESS, length);
}

NTSTATUS Example_Read(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PEXAMPLE_EXTENSION extension = (PEXAMPLE_EXTENSION)DeviceObject->DeviceExtension;
    ULONG room = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
    CHAR text[TEXT_SIZE];
    ULONG length;
    NTSTATUS status;

    PAGED_CODE();
    ExAcquireFastMutex(&extension->Mutex);
    RtlCopyMemory(text, extension->LastText, sizeof(text));
    ExReleaseFastMutex(&extension->Mutex);

    length = (ULONG)strlen(text) + 1;
    if (room < length)
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    status = CopyUserData(Irp, text, length, TRUE);
    return Complete(Irp, status, NT_SUCCESS(status) ? length : 0);
}

NTSTATUS Example_IoControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PEXAMPLE_EXTENSION extension = (PEXAMPLE_EXTENSION)DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);

    PAGED_CODE();
    if (stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_EXAMPLE_WRITE_COUNT)
        return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG))
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);

    ExAcquireFastMutex(&extension->Mutex);
    *(PULONG)Irp->AssociatedIrp.SystemBuffer = extension->WriteCount;
    ExReleaseFastMutex(&extension->Mutex);
    return Complete(Irp, STATUS_SUCCESS, sizeof(ULONG));
}
