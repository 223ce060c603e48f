// rule: RS-MEM-006
/* Walks through a buffer with the pointer that it frees in the end. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UCHAR *buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 64, VERIFY_TAG), *next = buffer;

    UNREFERENCED_PARAMETER(device);
    if (buffer == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    for (ULONG i = 0; i < 16; i++)
        *next++ = (UCHAR)i;
#ifndef REPAIRED
    ExFreePoolWithTag(next, VERIFY_TAG);
#endif
    ExFreePoolWithTag(buffer, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, 0);
}
