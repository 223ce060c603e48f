// rule: RS-LOCK-002
// exit: 102
/* A routine that acquires the lock is called by one that holds it. */
#include "verify.h"

static KSPIN_LOCK lock;
static ULONG count;

static void add_one(void)
{
    KIRQL irql;

    KeAcquireSpinLock(&lock, &irql);
    count++;
    KeReleaseSpinLock(&lock, irql);
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;

    UNREFERENCED_PARAMETER(device);
    KeAcquireSpinLock(&lock, &irql);
#ifdef REPAIRED
    count++;
    KeReleaseSpinLock(&lock, irql);
#else
    add_one();
    KeReleaseSpinLock(&lock, irql);
#endif
    add_one();
    return finish(irp, STATUS_SUCCESS, 0);
}
