// rule: RS-IRP-010
// exit: 102
/* Copies the stack location for a driver below that its device's StackSize does not count. */
#define OWN_ENTRY
#define OWN_UNLOAD
#include "verify.h"
#include "lower.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    if (device == lower)
        return finish(irp, STATUS_SUCCESS, 0);
#ifdef REPAIRED
    IoCopyCurrentIrpStackLocationToNext(irp);
#endif
    return IoCallDriver(lower, irp);
}

static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    NTSTATUS status = create_lower(driver);

    UNREFERENCED_PARAMETER(path);
#ifndef REPAIRED
    if (NT_SUCCESS(status))
        driver->DeviceObject->NextDevice->StackSize = 1;
#endif
    return status;
}
