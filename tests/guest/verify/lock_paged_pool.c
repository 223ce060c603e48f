// rule: RS-LOCK-008
/* The spin lock lies in a structure that is allocated from paged pool. */
#include "verify.h"

#ifdef REPAIRED
#define POOL NonPagedPoolNx
#else
#define POOL PagedPool
#endif

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PKSPIN_LOCK lock = ExAllocatePoolWithTag(POOL, sizeof(*lock), VERIFY_TAG);
    KIRQL irql;

    UNREFERENCED_PARAMETER(device);
    if (lock == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    KeInitializeSpinLock(lock);
    for (ULONG i = 0; i < 3; i++) {
        KeAcquireSpinLock(lock, &irql);
        KeReleaseSpinLock(lock, irql);
    }
    ExFreePoolWithTag(lock, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, 0);
}
