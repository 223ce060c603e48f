// rule: RS-OBJ-008
// client: object_client.c
/* Signals an event whatever access the program has to it. */
#include "verify.h"
#include "object_client.h"

#ifdef REPAIRED
#define MODE irp->RequestorMode
#else
#define MODE KernelMode
#endif

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    struct object_request *request = irp->AssociatedIrp.SystemBuffer;
    PKEVENT event;
    NTSTATUS status =
        ObReferenceObjectByHandle((HANDLE)(ULONG_PTR)request->event, EVENT_MODIFY_STATE,
                                  *ExEventObjectType, MODE, (PVOID *)&event, NULL);

    UNREFERENCED_PARAMETER(device);
    if (!NT_SUCCESS(status))
        return finish(irp, status, 0);
    KeSetEvent(event, IO_NO_INCREMENT, FALSE);
    ObDereferenceObject(event);
    return finish(irp, STATUS_SUCCESS, 0);
}
