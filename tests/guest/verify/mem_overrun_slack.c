// rule: RS-MEM-002
// do: open \\.\Verify; ioctl 0x222000 in=hex:01020304 out=20; close
/* Overruns the buffer of a request by less than its alignment: no fault, found at completion. */
#include "verify.h"

static const ULONG answer[7] = {1, 2, 3, 4, 5, 6, 7};

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG room = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength;
    SIZE_T length = sizeof(answer);

    UNREFERENCED_PARAMETER(device);
#ifdef REPAIRED
    if (length > room)
        length = room;
#endif
    RtlMoveMemory(irp->AssociatedIrp.SystemBuffer, answer, length);
    return finish(irp, STATUS_SUCCESS, room);
}
