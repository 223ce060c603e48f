// rule: RS-LOCK-007
/* Frees the structure before the mutex in it is released. */
#include "verify.h"

struct state {
    ULONG count;
    FAST_MUTEX mutex;
};

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    struct state *state = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*state), VERIFY_TAG);

    UNREFERENCED_PARAMETER(device);
    if (state == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    ExInitializeFastMutex(&state->mutex);
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(&state->mutex);
#ifdef REPAIRED
    ExReleaseFastMutexUnsafe(&state->mutex);
#endif
    ExFreePoolWithTag(state, VERIFY_TAG);
    KeLeaveCriticalRegion();
    return finish(irp, STATUS_SUCCESS, 0);
}
