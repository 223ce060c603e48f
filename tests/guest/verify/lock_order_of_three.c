// rule: RS-LOCK-001
/* Three locks in a ring: a before b, b before c, c before a. Repaired, a fourth lock guards all. */
#include "verify.h"

#define LOCKS 3

static FAST_MUTEX gate, locks[LOCKS];

static void nested(ULONG outer, ULONG inner)
{
#ifdef REPAIRED
    ExAcquireFastMutex(&gate);
#endif
    ExAcquireFastMutex(&locks[outer]);
    ExAcquireFastMutex(&locks[inner]);
    ExReleaseFastMutex(&locks[inner]);
    ExReleaseFastMutex(&locks[outer]);
#ifdef REPAIRED
    ExReleaseFastMutex(&gate);
#endif
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    ExInitializeFastMutex(&gate);
    for (ULONG i = 0; i < LOCKS; i++)
        ExInitializeFastMutex(&locks[i]);
    for (ULONG i = 0; i < LOCKS; i++)
        nested(i, (i + 1) % LOCKS);
    return finish(irp, STATUS_SUCCESS, 0);
}
