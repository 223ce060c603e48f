// rule: RS-IRP-007
// do: open \\.\Verify; ioctl 0x222000 out=8; close
/* Has sixteen bytes to tell, and says so whatever the caller has room for. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    static const UCHAR answer[16] = "fifteen letters";
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG room = stack->Parameters.DeviceIoControl.OutputBufferLength;

    UNREFERENCED_PARAMETER(device);
    if (room > sizeof(answer))
        room = sizeof(answer);
    RtlCopyMemory(irp->AssociatedIrp.SystemBuffer, answer, room);
#ifdef REPAIRED
    return finish(irp, STATUS_SUCCESS, room);
#else
    return finish(irp, STATUS_SUCCESS, sizeof(answer));
#endif
}
