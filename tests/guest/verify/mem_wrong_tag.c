// rule: RS-MEM-005
/* Allocates with one tag and frees with another. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PVOID block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, VERIFY_TAG);

    UNREFERENCED_PARAMETER(device);
    if (block == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
#ifdef REPAIRED
    ExFreePoolWithTag(block, VERIFY_TAG);
#else
    ExFreePoolWithTag(block, 'rhtO');
#endif
    return finish(irp, STATUS_SUCCESS, 0);
}
