// rule: RS-MEM-007
// also: RS-IRQL-001
/* Allocates paged pool while it holds a spin lock. */
#include "verify.h"

#ifdef REPAIRED
#define POOL NonPagedPoolNx
#else
#define POOL PagedPool
#endif

static KSPIN_LOCK lock; /* zero = free */

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PVOID block;
    KIRQL irql;

    UNREFERENCED_PARAMETER(device);
    KeAcquireSpinLock(&lock, &irql);
    block = ExAllocatePoolWithTag(POOL, 32, VERIFY_TAG);
    KeReleaseSpinLock(&lock, irql);
    if (block == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    ExFreePoolWithTag(block, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, 0);
}
