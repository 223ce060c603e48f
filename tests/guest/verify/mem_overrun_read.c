// rule: RS-MEM-001
// exit: 102
/* Reads one element too many. */
#include "verify.h"

#define COUNT 8

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG *values = ExAllocatePoolWithTag(NonPagedPoolNx, COUNT * sizeof(ULONG), VERIFY_TAG);
    volatile ULONG sum = 0;

    UNREFERENCED_PARAMETER(device);
    if (values == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    for (ULONG i = 0; i < COUNT; i++)
        values[i] = i;
#ifdef REPAIRED
    for (ULONG i = 0; i < COUNT; i++)
#else
    for (ULONG i = 0; i <= COUNT; i++)
#endif
        sum += values[i];
    ExFreePoolWithTag(values, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, 0);
}
