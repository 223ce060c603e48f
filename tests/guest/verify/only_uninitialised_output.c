// rule: RS-ONLY-001
// do: open \\.\Verify; ioctl 0x222000 out=4; close
/* Returns a number that it makes from a field that it never wrote. */
#include "verify.h"

struct state {
    ULONG version;
    ULONG key;
};

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    struct state *state;

    UNREFERENCED_PARAMETER(device);
    if (location->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG))
        return finish(irp, STATUS_BUFFER_TOO_SMALL, 0);
    state = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*state), VERIFY_TAG);
    if (state == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
#ifdef REPAIRED
    RtlZeroMemory(state, sizeof(*state));
#endif
    state->version = 1;
    *(ULONG *)irp->AssociatedIrp.SystemBuffer = state->version ^ state->key * 3;
    ExFreePoolWithTag(state, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, sizeof(ULONG));
}
