// rule: RS-USER-007
// exit: 1
// do: open \\.\Verify; ioctl 0x222003 in=hex:0800000000000000 out=64; close
/* Looks for the input of a METHOD_NEITHER request in the system buffer. */
#include "verify.h"

#define LIMIT 64

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    const IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
    ULONG length = location->Parameters.DeviceIoControl.InputBufferLength;
    const void *input = irp->AssociatedIrp.SystemBuffer; /* there is none */
    UCHAR copy[LIMIT] = {0};

    UNREFERENCED_PARAMETER(device);
    if (length > sizeof(copy))
        return finish(irp, STATUS_INVALID_PARAMETER, 0);
#ifdef REPAIRED
    input = location->Parameters.DeviceIoControl.Type3InputBuffer;
#endif
    __try {
#ifdef REPAIRED
        ProbeForRead(input, length, 1);
#endif
        RtlCopyMemory(copy, input, length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return finish(irp, GetExceptionCode(), 0);
    }
    return finish(irp, copy[0] ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL, 0);
}
