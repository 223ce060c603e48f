/*
 * A driver whose every word tries to leave the page that shows it, and that breaks two rules: it
 * returns another status than it completes with, and leaves memory behind. A request with function
 * 0x801 is pending until a timer completes it.
 */
#include <ntddk.h>

#define KEEP CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)

DRIVER_INITIALIZE DriverEntry;
static KDEFERRED_ROUTINE expired;

static KTIMER timer;
static KDPC dpc;
static PIRP kept;
static UNICODE_STRING link_name = RTL_CONSTANT_STRING(L"\\DosDevices\\Hostile");

static NTSTATUS complete(PIRP irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS open_close(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    return complete(irp, STATUS_SUCCESS);
}

static VOID expired(PKDPC self, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)self, (void)context, (void)argument1, (void)argument2;
    (void)complete(kept, STATUS_SUCCESS);
}

static NTSTATUS keep(PIRP irp)
{
    LARGE_INTEGER due = {.QuadPart = -1000};

    kept = irp;
    IoMarkIrpPending(irp);
    KeSetTimer(&timer, due, &dpc);
    return STATUS_PENDING;
}

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    if (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode == KEEP)
        return keep(irp);
    DbgPrint("</script><script>window.broken = 1</script>\n");
    DbgPrint("<!--<script> <img src=x onerror='window.broken = 2'> &amp; \"quoted\" \xff\x01\n");
    complete(irp, STATUS_SUCCESS);
    return STATUS_UNSUCCESSFUL;
}

static VOID unload(PDRIVER_OBJECT driver)
{
    IoDeleteSymbolicLink(&link_name);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNICODE_STRING name =
        RTL_CONSTANT_STRING(L"\\Device\\<b>bold<script>window.broken = 3</script>");
    PDEVICE_OBJECT device;
    NTSTATUS status;

    (void)path;
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, expired, NULL);
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_CREATE] = open_close;
    driver->MajorFunction[IRP_MJ_CLOSE] = open_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    (void)ExAllocatePoolWithTag(NonPagedPool, 100, 'kaeL');
    return IoCreateSymbolicLink(&link_name, &name);
}
