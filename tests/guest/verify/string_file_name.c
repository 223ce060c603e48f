// rule: RS-STR-005
// also: RS-MEM-001
// exit: 102
// do: open \\.\Verify\channel
/* Takes the name behind the device's for a text that ends with a zero. */
#define OWN_ENTRY
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

static NTSTATUS NTAPI create(PDEVICE_OBJECT device, PIRP irp)
{
    PUNICODE_STRING name = &IoGetCurrentIrpStackLocation(irp)->FileObject->FileName;

    UNREFERENCED_PARAMETER(device);
    if (name->Length == 0)
        return finish(irp, STATUS_SUCCESS, 0);
#ifdef REPAIRED
    DbgPrint("%wZ is opened\n", name);
#else
    DbgPrint("%ws is opened\n", name->Buffer);
#endif
    return finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->MajorFunction[IRP_MJ_CREATE] = create;
    return STATUS_SUCCESS;
}
