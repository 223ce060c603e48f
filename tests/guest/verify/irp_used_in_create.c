// rule: RS-IRP-002
// exit: 102
// do: open \\.\Verify; close
/* Looks at a request that opens the device after it was completed. */
#define OWN_ENTRY
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

static NTSTATUS NTAPI create(PDEVICE_OBJECT device, PIRP irp)
{
    BOOLEAN from_user = irp->RequestorMode == UserMode;

    UNREFERENCED_PARAMETER(device);
    finish(irp, STATUS_SUCCESS, 0);
#ifndef REPAIRED
    from_user = irp->RequestorMode == UserMode;
#endif
    if (from_user)
        DbgPrint("opened from user mode\n");
    return STATUS_SUCCESS;
}

static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->MajorFunction[IRP_MJ_CREATE] = create;
    return STATUS_SUCCESS;
}
