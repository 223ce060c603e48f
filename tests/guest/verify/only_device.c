// rule: RS-ONLY-002
/* When a name for its second device cannot be made, DriverEntry fails and leaves the device. */
#define OWN_ENTRY
#define OWN_UNLOAD
#include "verify.h"

static UNICODE_STRING second_link = RTL_CONSTANT_STRING(L"\\??\\VerifySecond");
static UNICODE_STRING second_name = RTL_CONSTANT_STRING(L"\\Device\\VerifySecond");
static PDEVICE_OBJECT second;

static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    NTSTATUS status = IoCreateDevice(driver, 0, &second_name, FILE_DEVICE_UNKNOWN,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &second);

    UNREFERENCED_PARAMETER(path);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&second_link, &second_name);
#ifdef REPAIRED
    if (!NT_SUCCESS(status))
        IoDeleteDevice(second);
#endif
    return status;
}

static void own_unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    IoDeleteSymbolicLink(&second_link);
    IoDeleteDevice(second);
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return finish(irp, STATUS_SUCCESS, 0);
}
