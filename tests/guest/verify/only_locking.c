// rule: RS-ONLY-002
/* Does not expect that MmProbeAndLockPages raises an exception. */
#include "verify.h"

#define BYTES 512

static NTSTATUS lock(PMDL mdl)
{
#ifdef REPAIRED
    __try {
        MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
#else
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
#endif
    return STATUS_SUCCESS;
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PVOID block = ExAllocatePoolWithTag(PagedPool, BYTES, VERIFY_TAG);
    PMDL mdl = block == NULL ? NULL : IoAllocateMdl(block, BYTES, FALSE, FALSE, NULL);
    NTSTATUS status = mdl == NULL ? STATUS_INSUFFICIENT_RESOURCES : lock(mdl);

    UNREFERENCED_PARAMETER(device);
    if (NT_SUCCESS(status))
        MmUnlockPages(mdl);
    if (mdl != NULL)
        IoFreeMdl(mdl);
    if (block != NULL)
        ExFreePoolWithTag(block, VERIFY_TAG);
    return finish(irp, status, 0);
}
