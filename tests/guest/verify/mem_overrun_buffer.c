// rule: RS-MEM-001
// exit: 102
// do: open \\.\Verify; ioctl 0x222000 in=hex:01020304 out=8; close
/* Answers with more than the program has room for, without a look at the length. */
#include "verify.h"

static const ULONG64 answer[4] = {1, 2, 3, 4};

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
