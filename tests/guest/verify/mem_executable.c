// rule: RS-MEM-010
// exit: 0
/* Asks for memory as drivers did before Windows 8. */
#include "verify.h"

#ifdef REPAIRED
#define POOL NonPagedPoolNx
#else
#define POOL NonPagedPool
#endif

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PVOID block = ExAllocatePoolWithTag(POOL, 32, VERIFY_TAG);

    UNREFERENCED_PARAMETER(device);
    if (block == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    ExFreePoolWithTag(block, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, 0);
}
