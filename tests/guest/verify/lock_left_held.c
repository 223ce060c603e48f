// rule: RS-LOCK-004
/* An error path returns without releasing the mutex; the next request releases it. */
#include "verify.h"

static KMUTEX mutex;
static BOOLEAN initialized;

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    if (!initialized)
        KeInitializeMutex(&mutex, 0);
    initialized = TRUE;
    KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, NULL);
#ifdef REPAIRED
    KeReleaseMutex(&mutex, FALSE);
#endif
    return finish(irp, STATUS_SUCCESS, 0);
}
