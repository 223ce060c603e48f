// rule: RS-OBJ-002
/* Releases the current process, which PsGetCurrentProcess did not reference. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PEPROCESS process = PsGetCurrentProcess();

    UNREFERENCED_PARAMETER(device);
#ifdef REPAIRED
    ObReferenceObject(process);
#endif
    ObDereferenceObject(process);
    return finish(irp, STATUS_SUCCESS, 0);
}
