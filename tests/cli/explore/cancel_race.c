/*
 * One request waits; the second kind of request completes it. Whoever takes the cancel routine off
 * owns the request; a driver that does not look completes it while its cancel routine does so too.
 */
#include "race.h"

static PIRP volatile waiting;

void race_initialize(void)
{
    waiting = NULL;
}

static VOID NTAPI cancel(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    InterlockedCompareExchangePointer((PVOID volatile *)&waiting, NULL, irp);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    complete(irp, STATUS_CANCELLED);
}

/* Completes the waiting request if there is one. */
static void complete_waiting(void)
{
    KIRQL irql;
    PIRP irp;

    IoAcquireCancelSpinLock(&irql);
    irp = waiting;
#ifdef REPAIRED
    if (irp != NULL && IoSetCancelRoutine(irp, NULL) == NULL)
        irp = NULL; /* its cancel routine runs, and completes it */
    if (irp != NULL)
        waiting = NULL;
    IoReleaseCancelSpinLock(irql);
#else
    IoReleaseCancelSpinLock(irql);
    if (irp != NULL) {
        waiting = NULL;
        IoSetCancelRoutine(irp, NULL);
    }
#endif
    if (irp != NULL)
        complete(irp, STATUS_SUCCESS);
}

NTSTATUS control(PIRP irp, ULONG code)
{
    KIRQL irql;

    if (code == IOCTL_SECOND) {
        complete_waiting();
        return complete(irp, STATUS_SUCCESS);
    }
    IoAcquireCancelSpinLock(&irql);
    if (waiting != NULL || irp->Cancel) {
        IoReleaseCancelSpinLock(irql);
        return complete(irp, STATUS_DEVICE_BUSY);
    }
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, cancel);
    waiting = irp;
    IoReleaseCancelSpinLock(irql);
    return STATUS_PENDING;
}
