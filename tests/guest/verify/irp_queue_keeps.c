// rule: RS-IRP-019
// exit: 102
/* The queue's remove routine leaves the IRP in the list. */
#define OWN_ENTRY
#include "verify.h"

#ifndef REPAIRED
#define OWN_REMOVE
static VOID NTAPI queue_remove(PIO_CSQ queue, PIRP irp)
{
    UNREFERENCED_PARAMETER(queue);
    UNREFERENCED_PARAMETER(irp);
}
#endif
#include "irp_queue.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    IoCsqInsertIrp(&csq, irp, NULL);
    while ((irp = IoCsqRemoveNextIrp(&csq, NULL)) != NULL)
        finish(irp, STATUS_SUCCESS, 0);
    return STATUS_PENDING;
}
