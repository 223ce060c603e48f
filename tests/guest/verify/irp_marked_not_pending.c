// rule: RS-IRP-005
// exit: 103
/* Marks the request pending, completes it at once, and returns the final status. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
#ifdef REPAIRED
    IoMarkIrpPending(irp);
    finish(irp, STATUS_SUCCESS, 0);
    return STATUS_PENDING;
#else
    IoMarkIrpPending(irp);
    return finish(irp, STATUS_SUCCESS, 0);
#endif
}
