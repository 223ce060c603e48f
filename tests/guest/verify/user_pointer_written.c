// rule: RS-USER-002
// client: user_pointer_written_client.c
/* The address is the last field of a structure that is written to the device. */
#include "verify.h"

#define FIELDS 64

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Write.Length;
    ULONG *target;

    UNREFERENCED_PARAMETER(device);
    if (length != FIELDS * sizeof(PVOID))
        return finish(irp, STATUS_INVALID_PARAMETER, 0);
    target = ((ULONG **)irp->AssociatedIrp.SystemBuffer)[FIELDS - 1];
    __try {
#ifdef REPAIRED
        ProbeForWrite(target, sizeof(*target), sizeof(*target));
#endif
        *(volatile ULONG *)target = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return finish(irp, GetExceptionCode(), 0);
    }
    return finish(irp, STATUS_SUCCESS, length);
}
