// rule: RS-IRQL-002
/* RtlCopyUnicodeString at DISPATCH_LEVEL, into paged pool: the routine may, the buffer may not. */
#include "verify.h"

#ifdef REPAIRED
#define POOL NonPagedPoolNx
#else
#define POOL PagedPool
#endif

static UNICODE_STRING source = RTL_CONSTANT_STRING(L"the name");
static KSPIN_LOCK lock;

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNICODE_STRING copy = {0, 64, ExAllocatePoolWithTag(POOL, 64, VERIFY_TAG)};
    NTSTATUS status;
    KIRQL irql;

    UNREFERENCED_PARAMETER(device);
    if (copy.Buffer == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    KeAcquireSpinLock(&lock, &irql);
    RtlCopyUnicodeString(&copy, &source);
    KeReleaseSpinLock(&lock, irql);
    status = RtlEqualUnicodeString(&copy, &source, FALSE) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
    ExFreePoolWithTag(copy.Buffer, VERIFY_TAG);
    return finish(irp, status, 0);
}
