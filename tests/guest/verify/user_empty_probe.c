// rule: RS-USER-005
// do: open \\.\Verify; ioctl 0x222003 out=64; close
/* Probes the output buffer with the length of the input, which is 0. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    const IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
    volatile ULONG *output = irp->UserBuffer;
    ULONG length = location->Parameters.DeviceIoControl.InputBufferLength; /* the wrong one: 0 */

    UNREFERENCED_PARAMETER(device);
#ifdef REPAIRED
    length = location->Parameters.DeviceIoControl.OutputBufferLength;
    if (length < sizeof(*output))
        return finish(irp, STATUS_BUFFER_TOO_SMALL, 0);
#endif
    __try {
        ProbeForWrite((PVOID)output, length, 1);
        *output = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return finish(irp, GetExceptionCode(), 0);
    }
    return finish(irp, STATUS_SUCCESS, sizeof(*output));
}
