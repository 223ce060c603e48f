// rule: RS-LOCK-008
/* The spin lock lies in the pageable data section, beside what it guards. */
#include "verify.h"

#ifdef REPAIRED
static KSPIN_LOCK lock;
#else
__attribute__((section("PAGEDATA"))) static KSPIN_LOCK lock = 0;
#endif

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;

    UNREFERENCED_PARAMETER(device);
    KeAcquireSpinLock(&lock, &irql);
    KeReleaseSpinLock(&lock, irql);
    return finish(irp, STATUS_SUCCESS, 0);
}
