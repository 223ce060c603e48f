// rule: RS-IRP-002
// exit: 102
/* Frees an IRP of its own in two places. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PIRP own = IoAllocateIrp(device->StackSize, FALSE);

    if (own == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    IoFreeIrp(own);
#ifndef REPAIRED
    IoFreeIrp(own);
#endif
    return finish(irp, STATUS_SUCCESS, 0);
}
