// rule: RS-USER-002
// client: user_client.c
/* Clears the output buffer in a __try block, whatever its address is. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    const IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
    ULONG length = location->Parameters.DeviceIoControl.OutputBufferLength;

    UNREFERENCED_PARAMETER(device);
    if (location->MajorFunction != IRP_MJ_DEVICE_CONTROL)
        return finish(irp, STATUS_SUCCESS, 0);
    __try {
#ifdef REPAIRED
        ProbeForWrite(irp->UserBuffer, length, 1);
#endif
        RtlZeroMemory(irp->UserBuffer, length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return finish(irp, GetExceptionCode(), 0);
    }
    return finish(irp, STATUS_SUCCESS, length);
}
