// rule: RS-STR-001
// do: open \\.\Verify; ioctl 0x222000 in="100 percent"; close
/* Prints a copy of what the program sent, as the format. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.InputBufferLength;
    CHAR text[64] = {0};

    UNREFERENCED_PARAMETER(device);
    if (length >= sizeof(text))
        return finish(irp, STATUS_INVALID_PARAMETER, 0);
    RtlCopyMemory(text, irp->AssociatedIrp.SystemBuffer, length);
#ifdef REPAIRED
    DbgPrint("%s", text);
#else
    DbgPrint(text); /* what about a %s in it? */
#endif
    return finish(irp, STATUS_SUCCESS, 0);
}
