// rule: RS-IRQL-002
/* A routine in a pageable section is called while a spin lock is held. */
#include "verify.h"

static KSPIN_LOCK lock;
static ULONG count;

#ifdef REPAIRED
__attribute__((noinline))
#else
__attribute__((noinline, section("PAGE")))
#endif
static void add_one(void)
{
    count++;
}

__attribute__((noinline, section("PAGE"))) static void start(void)
{
    count = 0;
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;

    UNREFERENCED_PARAMETER(device);
    for (ULONG i = 0; i < 3; i++) {
        start();
        KeAcquireSpinLock(&lock, &irql);
        add_one();
        KeReleaseSpinLock(&lock, irql);
    }
    return finish(irp, STATUS_SUCCESS, 0);
}
