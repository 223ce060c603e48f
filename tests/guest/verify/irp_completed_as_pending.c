// rule: RS-IRP-018
// exit: 102
/* Stores the status that it returns, which is not the one of the request, in the IRP. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
#ifdef REPAIRED
    finish(irp, STATUS_SUCCESS, 0);
#else
    finish(irp, STATUS_PENDING, 0);
#endif
    return STATUS_PENDING;
}
