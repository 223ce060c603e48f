// rule: RS-MEM-012
// also: RS-ONLY-002
/* Locks the same MDL again, and unlocks it once; when locking it again fails, it is freed locked. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PVOID block = ExAllocatePoolWithTag(PagedPool, 512, VERIFY_TAG);
    PMDL mdl;

    UNREFERENCED_PARAMETER(device);
    if (block == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    mdl = IoAllocateMdl(block, 512, FALSE, FALSE, NULL);
    if (mdl != NULL) {
        __try {
            MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
#ifndef REPAIRED
            MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
#endif
            MmUnlockPages(mdl);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
        }
        IoFreeMdl(mdl);
    }
    ExFreePoolWithTag(block, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, 0);
}
