// rule: RS-IRP-005
/* Marks every request pending to be on the safe side, and returns the status it completed it with. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
#ifndef REPAIRED
    IoMarkIrpPending(irp);
#endif
    return finish(irp, STATUS_SUCCESS, 0);
}
