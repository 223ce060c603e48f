// rule: RS-IRQL-002
/* A counter in paged pool is changed while a spin lock is held; repaired, its page is locked. */
#include "verify.h"

static KSPIN_LOCK lock;

static void count_up(ULONG *counter)
{
    KIRQL irql;

    KeAcquireSpinLock(&lock, &irql);
    *(volatile ULONG *)counter += 1;
    KeReleaseSpinLock(&lock, irql);
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG *counter = ExAllocatePoolWithTag(PagedPool, sizeof(*counter), VERIFY_TAG);
    NTSTATUS status = STATUS_SUCCESS;
    PMDL mdl;

    UNREFERENCED_PARAMETER(device);
    if (counter == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    mdl = IoAllocateMdl(counter, sizeof(*counter), FALSE, FALSE, NULL);
    if (mdl == NULL) {
        ExFreePoolWithTag(counter, VERIFY_TAG);
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    *counter = 1;
#ifdef REPAIRED
    __try {
        MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
        count_up(counter);
        count_up(counter);
        MmUnlockPages(mdl);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
#else
    count_up(counter);
    count_up(counter);
#endif
    if (NT_SUCCESS(status) && *counter != 3)
        status = STATUS_UNSUCCESSFUL;
    IoFreeMdl(mdl);
    ExFreePoolWithTag(counter, VERIFY_TAG);
    return finish(irp, status, 0);
}
