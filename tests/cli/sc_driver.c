/*
 * A driver to be started and stopped. ENTRY is what DriverEntry returns; NO_UNLOAD leaves out
 * DriverUnload. It says who it is by the name of its service, and makes a device of that name.
 */
#include <ntddk.h>

#ifndef ENTRY
#define ENTRY STATUS_SUCCESS
#endif

static WCHAR device_name[80], link_name[80];

static UNICODE_STRING service_of(PUNICODE_STRING registry_path)
{
    UNICODE_STRING name = *registry_path;
    USHORT start = name.Length / sizeof(WCHAR);

    while (start > 0 && name.Buffer[start - 1] != L'\\')
        start--;
    name.Buffer += start;
    name.Length -= start * sizeof(WCHAR);
    return name;
}

static UNICODE_STRING full_name(WCHAR *buffer, PCWSTR prefix, PUNICODE_STRING name)
{
    UNICODE_STRING full = {0, sizeof(device_name), buffer};

    RtlAppendUnicodeToString(&full, prefix);
    RtlAppendUnicodeStringToString(&full, name);
    return full;
}

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

#ifndef NO_UNLOAD
static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNICODE_STRING link;

    RtlInitUnicodeString(&link, link_name);
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(driver->DeviceObject);
    DbgPrint("%wZ: unloaded\n", &driver->DriverName);
}
#endif

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNICODE_STRING service = service_of(registry_path), name, link;
    PDEVICE_OBJECT device;
    NTSTATUS status = ENTRY;

    DbgPrint("%wZ: entry\n", &driver->DriverName);
    if (!NT_SUCCESS(status))
        return status;
    name = full_name(device_name, L"\\Device\\", &service);
    link = full_name(link_name, L"\\DosDevices\\", &service);
    status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = dispatch;
#ifndef NO_UNLOAD
    driver->DriverUnload = unload;
#endif
    return IoCreateSymbolicLink(&link, &name);
}
