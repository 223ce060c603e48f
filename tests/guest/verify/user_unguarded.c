// rule: RS-USER-001
// do: open \\.\Verify; ioctl 0x222003 in=hex:0800000000000000 out=64; close
/* Probes in a __try block, and writes after it. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    volatile ULONG *output = irp->UserBuffer;

    UNREFERENCED_PARAMETER(device);
    __try {
        ProbeForWrite((PVOID)output, sizeof(*output), sizeof(*output));
#ifdef REPAIRED
        *output = 1;
#endif
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return finish(irp, GetExceptionCode(), 0);
    }
#ifndef REPAIRED
    *output = 1; /* the program may have unmapped it */
#endif
    return finish(irp, STATUS_SUCCESS, sizeof(*output));
}
