// rule: RS-IRP-020
/* Has one routine for all functions, which succeeds by default. */
#define OWN_ENTRY
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI any(PDEVICE_OBJECT device, PIRP irp)
{
    switch (IoGetCurrentIrpStackLocation(irp)->MajorFunction) {
    case IRP_MJ_DEVICE_CONTROL:
        return verify_dispatch(device, irp);
#ifdef REPAIRED
    case IRP_MJ_CREATE:
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE:
        return verify_open_or_close(device, irp);
    default:
        return finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
#else
    default:
        return verify_open_or_close(device, irp);
#endif
    }
}

static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        driver->MajorFunction[i] = any;
    return STATUS_SUCCESS;
}
