// rule: RS-MEM-006
/* Frees a buffer that is on the stack when the name is short. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    __declspec(align(16)) UCHAR small[64];
    ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.InputBufferLength;
    PVOID buffer = small;

    UNREFERENCED_PARAMETER(device);
    if (length > sizeof(small))
        buffer = ExAllocatePoolWithTag(PagedPool, length, VERIFY_TAG);
    if (buffer == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    RtlZeroMemory(buffer, 16);
#ifdef REPAIRED
    if (buffer != small)
#endif
        ExFreePoolWithTag(buffer, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, 0);
}
