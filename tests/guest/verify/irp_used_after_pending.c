// rule: RS-IRP-002
// exit: 102
/* A DPC completes a request that was pending, and then writes into it: its sender's thread has not
 * run yet, so the memory is still there, mostly. */
#include "verify.h"

static KDPC dpc;

static VOID NTAPI complete_later(PKDPC object, PVOID context, PVOID first, PVOID second)
{
    PIRP irp = first;

    UNREFERENCED_PARAMETER(object);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(second);
#ifdef REPAIRED
    irp->Tail.Overlay.DriverContext[0] = NULL;
#endif
    finish(irp, STATUS_SUCCESS, 0);
#ifndef REPAIRED
    irp->Tail.Overlay.DriverContext[0] = NULL;
#endif
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    KeInitializeDpc(&dpc, complete_later, NULL);
    KeInsertQueueDpc(&dpc, irp, NULL);
    return STATUS_PENDING;
}
