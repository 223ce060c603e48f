// rule: RS-IRQL-001
// also: RS-MEM-007
/* Allocates paged pool while it holds a spin lock. */
#include "verify.h"

static KSPIN_LOCK lock;

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PVOID block;
    KIRQL irql;

    UNREFERENCED_PARAMETER(device);
    KeAcquireSpinLock(&lock, &irql);
#ifdef REPAIRED
    block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, VERIFY_TAG);
#else
    block = ExAllocatePoolWithTag(PagedPool, 64, VERIFY_TAG);
#endif
    KeReleaseSpinLock(&lock, irql);
    if (block != NULL)
        ExFreePoolWithTag(block, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, 0);
}
