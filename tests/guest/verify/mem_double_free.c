// rule: RS-MEM-004
/* The error path frees what the common end frees again. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PVOID block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, VERIFY_TAG);
    NTSTATUS status = STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(device);
    if (block == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    if (irp->AssociatedIrp.SystemBuffer == NULL) { /* the test sends no data */
        status = STATUS_SUCCESS;
#ifndef REPAIRED
        ExFreePoolWithTag(block, VERIFY_TAG);
#endif
    }
    ExFreePoolWithTag(block, VERIFY_TAG);
    return finish(irp, status, 0);
}
