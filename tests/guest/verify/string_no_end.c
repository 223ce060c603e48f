// rule: RS-STR-003
// also: RS-MEM-001
// exit: 102
// do: open \\.\Verify; ioctl 0x222000 in=hex:4141414141414141; close
/* Prints what the program sent up to a zero that need not be there. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.InputBufferLength;
    const CHAR *text = irp->AssociatedIrp.SystemBuffer;

    UNREFERENCED_PARAMETER(device);
#ifdef REPAIRED
    DbgPrint("%.*s\n", (int)length, text);
#else
    UNREFERENCED_PARAMETER(length);
    DbgPrint("%s\n", text);
#endif
    return finish(irp, STATUS_SUCCESS, 0);
}
