// rule: RS-IRP-006
// do: open \\.\Verify; ioctl 0x222000 expect=STATUS_INVALID_DEVICE_REQUEST; close
/* Completes with one status and returns another. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
#ifdef REPAIRED
    return finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
#else
    finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    return STATUS_SUCCESS;
#endif
}
