// rule: RS-MEM-008
// exit: 101
// repaired-exit: 101
/* DriverEntry fails, and leaves its block behind. */
#define OWN_ENTRY
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    PVOID block = ExAllocatePoolWithTag(NonPagedPoolNx, 256, VERIFY_TAG);

    UNREFERENCED_PARAMETER(path);
#ifdef REPAIRED
    if (block != NULL)
        ExFreePoolWithTag(block, VERIFY_TAG);
#else
    UNREFERENCED_PARAMETER(block);
#endif
    IoDeleteSymbolicLink(&link_name);
    IoDeleteDevice(driver->DeviceObject);
    return STATUS_DEVICE_CONFIGURATION_ERROR;
}
