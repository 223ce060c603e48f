// rule: RS-IRP-004
// exit: 102
/* Hands the request to a work item and returns STATUS_PENDING, but does not mark it: nobody
 * wakes the sender. */
#include "verify.h"

struct work {
    PIO_WORKITEM item;
    PIRP irp;
};

static VOID NTAPI complete_later(PDEVICE_OBJECT device, PVOID context)
{
    struct work *work = context;

    UNREFERENCED_PARAMETER(device);
    finish(work->irp, STATUS_SUCCESS, 0);
    IoFreeWorkItem(work->item);
    ExFreePoolWithTag(work, VERIFY_TAG);
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    struct work *work = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*work), VERIFY_TAG);

    if (work == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    work->irp = irp;
    work->item = IoAllocateWorkItem(device);
    if (work->item == NULL) {
        ExFreePoolWithTag(work, VERIFY_TAG);
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
#ifdef REPAIRED
    IoMarkIrpPending(irp);
#endif
    IoQueueWorkItem(work->item, complete_later, DelayedWorkQueue, work);
    return STATUS_PENDING;
}
