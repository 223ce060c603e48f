// rule: RS-IRQL-005
/* Waits for an event while it holds a spin lock. The event is signaled, so nothing is seen. */
#include "verify.h"

static KSPIN_LOCK lock;

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    LARGE_INTEGER timeout = {.QuadPart = 0};
    KEVENT event;
    KIRQL irql;

    UNREFERENCED_PARAMETER(device);
    KeInitializeEvent(&event, NotificationEvent, TRUE);
#ifndef REPAIRED
    timeout.QuadPart = -10000;
#endif
    KeAcquireSpinLock(&lock, &irql);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &timeout);
    KeReleaseSpinLock(&lock, irql);
    return finish(irp, STATUS_SUCCESS, 0);
}
