// rule: RS-IRQL-006
/* A dispatch routine acquires the spin lock as only a DPC may. */
#include "verify.h"

static KSPIN_LOCK lock;

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
#ifdef REPAIRED
    KIRQL irql;

    KeAcquireSpinLock(&lock, &irql);
    KeReleaseSpinLock(&lock, irql);
#else
    KeAcquireSpinLockAtDpcLevel(&lock);
    KeReleaseSpinLockFromDpcLevel(&lock);
#endif
    return finish(irp, STATUS_SUCCESS, 0);
}
