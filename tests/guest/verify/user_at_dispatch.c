// rule: RS-USER-009
// do: open \\.\Verify; ioctl 0x222003 in=hex:0800000000000000 out=64; close
/* Writes to the program's memory while it holds a spin lock. */
#include "verify.h"

static KSPIN_LOCK lock;
static ULONG counter;

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    volatile ULONG *output = irp->UserBuffer;
    ULONG value;
    KIRQL irql;

    UNREFERENCED_PARAMETER(device);
    __try {
        ProbeForWrite((PVOID)output, sizeof(*output), sizeof(*output));
        KeAcquireSpinLock(&lock, &irql);
        value = ++counter;
#ifndef REPAIRED
        *output = value;
#endif
        KeReleaseSpinLock(&lock, irql);
#ifdef REPAIRED
        *output = value;
#endif
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return finish(irp, GetExceptionCode(), 0);
    }
    return finish(irp, STATUS_SUCCESS, sizeof(*output));
}
