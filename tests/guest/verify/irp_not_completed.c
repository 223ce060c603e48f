// rule: RS-IRP-003
// do: open \\.\Verify; write "text"; close
/* Takes the text, reports success, and forgets the IRP. The next request completes the lost one, so
 * that the thread that sent it can end. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
#ifdef REPAIRED
    UNREFERENCED_PARAMETER(device);
    return finish(irp, STATUS_SUCCESS, 4);
#else
    UNREFERENCED_PARAMETER(device);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 4;
    return STATUS_SUCCESS;
#endif
}
