// rule: RS-MEM-012
/* Builds an MDL for paged pool as if it were non-paged. */
#include "verify.h"

#ifdef REPAIRED
#define POOL NonPagedPoolNx
#else
#define POOL PagedPool
#endif

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PVOID block = ExAllocatePoolWithTag(POOL, 512, VERIFY_TAG);
    PMDL mdl;

    UNREFERENCED_PARAMETER(device);
    if (block == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    mdl = IoAllocateMdl(block, 512, FALSE, FALSE, NULL);
    if (mdl != NULL) {
        MmBuildMdlForNonPagedPool(mdl);
        IoFreeMdl(mdl);
    }
    ExFreePoolWithTag(block, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, 0);
}
