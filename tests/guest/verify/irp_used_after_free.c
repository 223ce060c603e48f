// rule: RS-IRP-002
// exit: 102
/* Frees an IRP of its own and reads from it. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PIRP own = IoAllocateIrp(device->StackSize, FALSE);
    NTSTATUS status;

    if (own == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    own->IoStatus.Status = STATUS_NO_MORE_ENTRIES;
#ifdef REPAIRED
    status = own->IoStatus.Status;
    IoFreeIrp(own);
#else
    IoFreeIrp(own);
    status = own->IoStatus.Status;
#endif
    return finish(irp, status == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : status, 0);
}
