// rule: RS-MEM-015
// also: RS-ONLY-001
// do: open \\.\Verify; ioctl 0x222000 in=hex:01020304 out=64; close
/* Returns as many bytes as the program has room for, but writes only the first ones. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG room = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG *answer = irp->AssociatedIrp.SystemBuffer;

    UNREFERENCED_PARAMETER(device);
    if (room < 2 * sizeof(*answer))
        return finish(irp, STATUS_BUFFER_TOO_SMALL, 0);
    answer[0] = 1;
    answer[1] = 2;
#ifdef REPAIRED
    return finish(irp, STATUS_SUCCESS, 2 * sizeof(*answer));
#else
    return finish(irp, STATUS_SUCCESS, room);
#endif
}
