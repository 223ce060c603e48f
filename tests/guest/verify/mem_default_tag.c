// rule: RS-MEM-011
// exit: 0
/* Allocates without a tag. */
#include "verify.h"

#ifdef REPAIRED
#define TAG VERIFY_TAG
#else
#define TAG 'enoN'
#endif

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PVOID block = ExAllocatePoolWithTag(NonPagedPoolNx, 32, TAG);

    UNREFERENCED_PARAMETER(device);
    if (block == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    ExFreePool(block);
    return finish(irp, STATUS_SUCCESS, 0);
}
