/* Devices that differ in who may open them. */
#include <ntddk.h>
#include <wdmsec.h>

DRIVER_INITIALIZE DriverEntry;

#define NAME(name)                                                                                 \
    RTL_CONSTANT_STRING(L"\\Device\\Secure" name), RTL_CONSTANT_STRING(L"\\??\\Secure" name)

static struct {
    UNICODE_STRING name, link, security;
    ULONG characteristics;
} rows[] = {
    {NAME(L"Kernel"), RTL_CONSTANT_STRING(L"D:P"), FILE_DEVICE_SECURE_OPEN},
    {NAME(L"System"), RTL_CONSTANT_STRING(L"D:P(A;;GA;;;SY)"), FILE_DEVICE_SECURE_OPEN},
    {NAME(L"Admins"), RTL_CONSTANT_STRING(L"D:P(A;;GA;;;BA)"), FILE_DEVICE_SECURE_OPEN},
    {NAME(L"Reader"), RTL_CONSTANT_STRING(L"D:P(A;;GR;;;BA)"), FILE_DEVICE_SECURE_OPEN},
    {NAME(L"Denied"), RTL_CONSTANT_STRING(L"D:P(D;;0x2;;;IU)(A;;GA;;;WD)"), FILE_DEVICE_SECURE_OPEN},
    {NAME(L"Hole"), RTL_CONSTANT_STRING(L"D:P(A;;GA;;;SY)"), 0},
};

static NTSTATUS NTAPI open_close(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    for (ULONG i = 0; i < RTL_NUMBER_OF(rows); i++)
        IoDeleteSymbolicLink(&rows[i].link);
    while (driver->DeviceObject)
        IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    NTSTATUS status = STATUS_SUCCESS;
    PDEVICE_OBJECT device;

    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_CREATE] = open_close;
    driver->MajorFunction[IRP_MJ_CLOSE] = open_close;
    for (ULONG i = 0; NT_SUCCESS(status) && i < RTL_NUMBER_OF(rows); i++) {
        status =
            IoCreateDeviceSecure(driver, 0, &rows[i].name, FILE_DEVICE_UNKNOWN,
                                 rows[i].characteristics, FALSE, &rows[i].security, NULL, &device);
        if (NT_SUCCESS(status))
            status = IoCreateSymbolicLink(&rows[i].link, &rows[i].name);
    }
    if (!NT_SUCCESS(status))
        unload(driver);
    return status;
}
