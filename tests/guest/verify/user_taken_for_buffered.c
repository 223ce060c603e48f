// rule: RS-USER-007
// exit: 1
// do: open \\.\Verify; ioctl 0x222003 in=hex:0800000000000000 out=64; close
/* Looks for the input of a METHOD_NEITHER request in the system buffer. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    const ULONG *input = irp->AssociatedIrp.SystemBuffer; /* there is none */
    ULONG value;

    UNREFERENCED_PARAMETER(device);
#ifdef REPAIRED
    input = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.Type3InputBuffer;
#endif
    __try {
#ifdef REPAIRED
        ProbeForRead(input, sizeof(*input), sizeof(*input));
#endif
        value = *(volatile const ULONG *)input;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return finish(irp, GetExceptionCode(), 0);
    }
    return finish(irp, value == 8 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER, 0);
}
