// rule: RS-LOCK-008
/* A fast mutex in paged pool, beside a push lock, which may lie there. */
#include "verify.h"

#ifdef REPAIRED
#define POOL NonPagedPoolNx
#else
#define POOL PagedPool
#endif

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PFAST_MUTEX mutex = ExAllocatePoolWithTag(POOL, sizeof(*mutex), VERIFY_TAG);
    PEX_PUSH_LOCK push = ExAllocatePoolWithTag(PagedPool, sizeof(*push), VERIFY_TAG);

    UNREFERENCED_PARAMETER(device);
    if (mutex != NULL && push != NULL) {
        ExInitializeFastMutex(mutex);
        ExInitializePushLock(push);
        ExAcquireFastMutex(mutex);
        ExReleaseFastMutex(mutex);
        KeEnterCriticalRegion();
        ExAcquirePushLockExclusive(push);
        ExReleasePushLockExclusive(push);
        KeLeaveCriticalRegion();
    }
    if (mutex != NULL)
        ExFreePoolWithTag(mutex, VERIFY_TAG);
    if (push != NULL)
        ExFreePoolWithTag(push, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, 0);
}
