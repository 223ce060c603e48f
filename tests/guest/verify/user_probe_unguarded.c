// rule: RS-USER-008
// do: open \\.\Verify; ioctl 0x222003 in=hex:0800000000000000 out=64; close
/* Probes outside a __try block. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    volatile ULONG *output = irp->UserBuffer;

    UNREFERENCED_PARAMETER(device);
#ifndef REPAIRED
    ProbeForWrite((PVOID)output, sizeof(*output), sizeof(*output)); /* raises, and nobody catches */
#endif
    __try {
#ifdef REPAIRED
        ProbeForWrite((PVOID)output, sizeof(*output), sizeof(*output));
#endif
        *output = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return finish(irp, GetExceptionCode(), 0);
    }
    return finish(irp, STATUS_SUCCESS, sizeof(*output));
}
