// rule: RS-USER-004
// client: user_kernel_pointer_client.c
/* Copies from the address that the program sent, which is one of the kernel. */
#include "verify.h"

#define LIMIT 64

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    const IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
    const void *input = location->Parameters.DeviceIoControl.Type3InputBuffer;
    ULONG length = location->Parameters.DeviceIoControl.InputBufferLength;
    UCHAR copy[LIMIT] = {0};

    UNREFERENCED_PARAMETER(device);
    if (length > sizeof(copy))
        return finish(irp, STATUS_INVALID_PARAMETER, 0);
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
