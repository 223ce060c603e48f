// rule: RS-ONLY-001
// do: open \\.\Verify; ioctl 0x222006 out=16; close
/* Gives the program a structure with padding, straight into its locked pages. */
#include "verify.h"

#define CODE_DIRECT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)

struct answer {
    UCHAR kind; /* seven bytes of padding follow */
    ULONG64 value;
};

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    struct answer *answer, *output;

    UNREFERENCED_PARAMETER(device);
    if (location->Parameters.DeviceIoControl.IoControlCode != CODE_DIRECT)
        return finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (location->Parameters.DeviceIoControl.OutputBufferLength < sizeof(*answer))
        return finish(irp, STATUS_BUFFER_TOO_SMALL, 0);
    answer = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*answer), VERIFY_TAG);
    if (answer == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
#ifdef REPAIRED
    RtlZeroMemory(answer, sizeof(*answer));
#endif
    answer->kind = 1;
    answer->value = 2;
    output = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    if (output != NULL)
        RtlCopyMemory(output, answer, sizeof(*answer));
    ExFreePoolWithTag(answer, VERIFY_TAG);
    return output != NULL ? finish(irp, STATUS_SUCCESS, sizeof(*answer))
                          : finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
}
