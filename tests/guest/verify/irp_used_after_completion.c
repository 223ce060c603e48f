// rule: RS-IRP-002
// exit: 102
/* Reads the status back from the IRP that it has just completed. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
#ifdef REPAIRED
    return finish(irp, STATUS_SUCCESS, 0);
#else
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return irp->IoStatus.Status;
#endif
}
