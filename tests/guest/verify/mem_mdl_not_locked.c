// rule: RS-MEM-012
/* Locks a buffer only if it has to, and unlocks it always. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PVOID block = ExAllocatePoolWithTag(NonPagedPoolNx, 512, VERIFY_TAG);
    PMDL mdl;

    UNREFERENCED_PARAMETER(device);
    if (block == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    mdl = IoAllocateMdl(block, 512, FALSE, FALSE, NULL);
    if (mdl != NULL) {
        MmBuildMdlForNonPagedPool(mdl);
#ifndef REPAIRED
        MmUnlockPages(mdl);
#endif
        IoFreeMdl(mdl);
    }
    ExFreePoolWithTag(block, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, 0);
}
