// rule: RS-USER-006
// client: user_client.c
/* Checks a length in the program's memory, and reads it again to use it. */
#include "verify.h"

#define LIMIT 64

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    const IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
    volatile const ULONG *length;
    UCHAR copy[LIMIT];

    UNREFERENCED_PARAMETER(device);
    if (location->MajorFunction != IRP_MJ_DEVICE_CONTROL)
        return finish(irp, STATUS_SUCCESS, 0);
    length = location->Parameters.DeviceIoControl.Type3InputBuffer;
    __try {
        ULONG size;

        ProbeForRead((PVOID)length, LIMIT, sizeof(ULONG));
        size = *length;
        if (size > LIMIT || size < sizeof(ULONG))
            return finish(irp, STATUS_INVALID_PARAMETER, 0);
#ifndef REPAIRED
        size = *length; /* it may be more than LIMIT by now */
#endif
        RtlCopyMemory(copy, (PUCHAR)length + sizeof(ULONG), size - sizeof(ULONG));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return finish(irp, GetExceptionCode(), 0);
    }
    return finish(irp, copy[8] == 'u' ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL, 0);
}
