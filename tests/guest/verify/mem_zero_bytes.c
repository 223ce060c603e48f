// rule: RS-MEM-009
/* Allocates as many bytes as the program sends: none. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.InputBufferLength;
    PVOID copy;

    UNREFERENCED_PARAMETER(device);
#ifdef REPAIRED
    if (length == 0)
        return finish(irp, STATUS_SUCCESS, 0);
#endif
    copy = ExAllocatePoolWithTag(PagedPool, length, VERIFY_TAG);
    if (copy == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    RtlCopyMemory(copy, irp->AssociatedIrp.SystemBuffer, length);
    ExFreePoolWithTag(copy, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, 0);
}
