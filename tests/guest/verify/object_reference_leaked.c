// rule: RS-OBJ-001
/* Changes the priority of a thread by its id, and forgets the thread object. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PETHREAD thread;
    NTSTATUS status = PsLookupThreadByThreadId(PsGetCurrentThreadId(), &thread);

    UNREFERENCED_PARAMETER(device);
    if (!NT_SUCCESS(status))
        return finish(irp, status, 0);
    KeSetPriorityThread((PKTHREAD)thread, 9);
#ifdef REPAIRED
    ObDereferenceObject(thread);
#endif
    return finish(irp, STATUS_SUCCESS, 0);
}
