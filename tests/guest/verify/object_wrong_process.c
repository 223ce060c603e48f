// rule: RS-OBJ-005
// client: object_client.c
/* Signals the program's event from a work item, by its handle. */
#include "verify.h"
#include "object_client.h"

struct work {
    PIO_WORKITEM item;
    PIRP irp;
    HANDLE handle;
    PKEVENT event;
};

static VOID NTAPI signal_later(PDEVICE_OBJECT device, PVOID context)
{
    struct work *work = context;

    UNREFERENCED_PARAMETER(device);
#ifdef REPAIRED
    KeSetEvent(work->event, IO_NO_INCREMENT, FALSE);
    ObDereferenceObject(work->event);
#else
    ZwSetEvent(work->handle, NULL);
#endif
    finish(work->irp, STATUS_SUCCESS, 0);
    IoFreeWorkItem(work->item);
    ExFreePoolWithTag(work, VERIFY_TAG);
}

static NTSTATUS prepare(struct work *work, PIRP irp)
{
    struct object_request *request = irp->AssociatedIrp.SystemBuffer;

    work->irp = irp;
    work->handle = (HANDLE)(ULONG_PTR)request->event;
    work->event = NULL;
#ifdef REPAIRED
    return ObReferenceObjectByHandle(work->handle, EVENT_MODIFY_STATE, *ExEventObjectType,
                                     irp->RequestorMode, (PVOID *)&work->event, NULL);
#else
    return STATUS_SUCCESS;
#endif
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    struct work *work = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*work), VERIFY_TAG);
    NTSTATUS status;

    if (work == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    status = prepare(work, irp);
    work->item = NT_SUCCESS(status) ? IoAllocateWorkItem(device) : NULL;
    if (work->item == NULL) {
        if (work->event != NULL)
            ObDereferenceObject(work->event);
        ExFreePoolWithTag(work, VERIFY_TAG);
        return finish(irp, NT_SUCCESS(status) ? STATUS_INSUFFICIENT_RESOURCES : status, 0);
    }
    IoMarkIrpPending(irp);
    IoQueueWorkItem(work->item, signal_later, DelayedWorkQueue, work);
    return STATUS_PENDING;
}
