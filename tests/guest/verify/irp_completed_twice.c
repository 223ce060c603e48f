// rule: RS-IRP-001
// exit: 102
/* Completes an unknown request in the `default:` and again at the end. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
#ifndef REPAIRED
    IoCompleteRequest(irp, IO_NO_INCREMENT);
#endif
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}
