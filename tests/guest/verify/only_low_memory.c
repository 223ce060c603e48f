// rule: RS-ONLY-002
/* Uses the memory without a look at whether there is any. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG *block = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*block), VERIFY_TAG);

    UNREFERENCED_PARAMETER(device);
#ifdef REPAIRED
    if (block == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
#endif
    *block = 1;
    ExFreePoolWithTag(block, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, 0);
}
