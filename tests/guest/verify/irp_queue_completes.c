// rule: RS-IRP-013
// exit: 102
/* The queue's insert routine completes what it has no room for, under the queue's lock. */
#define OWN_ENTRY
#include "verify.h"

#ifndef REPAIRED
#define OWN_INSERT
static VOID NTAPI queue_insert(PIO_CSQ queue, PIRP irp)
{
    UNREFERENCED_PARAMETER(queue);
    finish(irp, STATUS_DEVICE_BUSY, 0);
}
#endif
#include "irp_queue.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    IoCsqInsertIrp(&csq, irp, NULL);
    irp = IoCsqRemoveNextIrp(&csq, NULL);
    if (irp != NULL)
        finish(irp, STATUS_SUCCESS, 0);
    return STATUS_PENDING;
}
