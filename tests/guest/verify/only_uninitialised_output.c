// rule: RS-ONLY-001
// do: open \\.\Verify; ioctl 0x222000 out=16; close
/* Returns 16 bytes of a structure of which it wrote four. */
#include "verify.h"

struct answer {
    ULONG version;
    UCHAR rest[12];
};

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    struct answer *answer;

    UNREFERENCED_PARAMETER(device);
    if (location->Parameters.DeviceIoControl.OutputBufferLength < sizeof(*answer))
        return finish(irp, STATUS_BUFFER_TOO_SMALL, 0);
    answer = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*answer), VERIFY_TAG);
    if (answer == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
#ifdef REPAIRED
    RtlZeroMemory(answer, sizeof(*answer));
#endif
    answer->version = 1;
    RtlCopyMemory(irp->AssociatedIrp.SystemBuffer, answer, sizeof(*answer));
    ExFreePoolWithTag(answer, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, sizeof(*answer));
}
