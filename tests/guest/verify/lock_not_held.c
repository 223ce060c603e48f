// rule: RS-LOCK-003
/* The path of a bad request releases a lock that it did not acquire. */
#include "verify.h"

static KSPIN_LOCK lock;

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;

    UNREFERENCED_PARAMETER(device);
    KeAcquireSpinLock(&lock, &irql);
    KeReleaseSpinLock(&lock, irql);
#ifndef REPAIRED
    KeReleaseSpinLock(&lock, irql);
#endif
    return finish(irp, STATUS_SUCCESS, 0);
}
