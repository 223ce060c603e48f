// rule: RS-LOAD-010
// exit: 1
// do: open \\.\Verify; ioctl 0x222000; open \Device\VerifySecond
/* Makes a device while it serves a request, and does not clear DO_DEVICE_INITIALIZING. */
#define OWN_UNLOAD
#include "verify.h"

static UNICODE_STRING second_name = RTL_CONSTANT_STRING(L"\\Device\\VerifySecond");
static PDEVICE_OBJECT second;

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    NTSTATUS status = IoCreateDevice(device->DriverObject, 0, &second_name, FILE_DEVICE_UNKNOWN,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &second);

#ifdef REPAIRED
    if (NT_SUCCESS(status))
        second->Flags &= ~DO_DEVICE_INITIALIZING;
#endif
    return finish(irp, status, 0);
}

static void own_unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    if (second != NULL)
        IoDeleteDevice(second);
}
