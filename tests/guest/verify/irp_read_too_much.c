// rule: RS-IRP-007
// do: open \\.\Verify; read 4; close
/* A read that reports more bytes than were asked for. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length;

    UNREFERENCED_PARAMETER(device);
    RtlZeroMemory(irp->AssociatedIrp.SystemBuffer, length);
#ifdef REPAIRED
    return finish(irp, STATUS_SUCCESS, length);
#else
    return finish(irp, STATUS_SUCCESS, length + 1);
#endif
}
