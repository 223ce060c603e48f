// rule: RS-LOCK-005
/* One place acquires the lock as a queued one, the other as an ordinary one. */
#include "verify.h"

static KSPIN_LOCK lock;

static void queued(void)
{
    KLOCK_QUEUE_HANDLE handle;

    KeAcquireInStackQueuedSpinLock(&lock, &handle);
    KeReleaseInStackQueuedSpinLock(&handle);
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
#ifndef REPAIRED
    KIRQL irql;

    KeAcquireSpinLock(&lock, &irql);
    KeReleaseSpinLock(&lock, irql);
#endif
    queued();
    return finish(irp, STATUS_SUCCESS, 0);
}
