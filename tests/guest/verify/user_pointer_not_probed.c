// rule: RS-USER-002
// client: user_pointer_client.c
/* The buffer is one of the system; the address in it is the program's. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG *target;

    UNREFERENCED_PARAMETER(device);
    target = *(ULONG **)irp->AssociatedIrp.SystemBuffer;
    __try {
#ifdef REPAIRED
        ProbeForWrite(target, sizeof(*target), sizeof(*target));
#endif
        *(volatile ULONG *)target = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return finish(irp, GetExceptionCode(), 0);
    }
    return finish(irp, STATUS_SUCCESS, 0);
}
