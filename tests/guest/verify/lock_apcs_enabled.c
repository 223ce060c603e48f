// rule: RS-LOCK-006
/* Acquires a resource outside of a critical region. */
#include "verify.h"

static ERESOURCE resource;

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    ExInitializeResourceLite(&resource);
#ifdef REPAIRED
    KeEnterCriticalRegion();
#endif
    ExAcquireResourceSharedLite(&resource, TRUE);
    ExReleaseResourceLite(&resource);
#ifdef REPAIRED
    KeLeaveCriticalRegion();
#endif
    ExDeleteResourceLite(&resource);
    return finish(irp, STATUS_SUCCESS, 0);
}
