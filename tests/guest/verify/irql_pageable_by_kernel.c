// rule: RS-IRQL-002
/* The kernel reads pageable data on behalf of a driver that holds a spin lock. */
#include "verify.h"

static KSPIN_LOCK lock;
__attribute__((section("PAGEDATA"))) static UCHAR table[64] = {1, 2, 3};

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    static const UCHAR wanted[sizeof(table)] = {1, 2, 3};
    SIZE_T equal;
    KIRQL irql;

    UNREFERENCED_PARAMETER(device);
#ifdef REPAIRED
    equal = RtlCompareMemory(table, wanted, sizeof(table));
    KeAcquireSpinLock(&lock, &irql);
#else
    KeAcquireSpinLock(&lock, &irql);
    equal = RtlCompareMemory(table, wanted, sizeof(table));
#endif
    KeReleaseSpinLock(&lock, irql);
    return finish(irp, equal == sizeof(table) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL, 0);
}
