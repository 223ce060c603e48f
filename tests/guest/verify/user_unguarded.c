// rule: RS-USER-001
// do: open \\.\Verify; ioctl 0x222003 in=hex:0800000000000000 out=64; close
/* Probes in a __try block, and reads after it. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    const ULONG *input =
        IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.Type3InputBuffer;
    ULONG value;

    UNREFERENCED_PARAMETER(device);
    __try {
        ProbeForRead(input, sizeof(*input), sizeof(*input));
#ifdef REPAIRED
        value = *(volatile const ULONG *)input;
#endif
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return finish(irp, GetExceptionCode(), 0);
    }
#ifndef REPAIRED
    value = *(volatile const ULONG *)input; /* the program may have unmapped it */
#endif
    return finish(irp, value == 8 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER, 0);
}
