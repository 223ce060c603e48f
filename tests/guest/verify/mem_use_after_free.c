// rule: RS-MEM-003
// exit: 102
/* Frees its context, and reads the result out of it. */
#include "verify.h"

struct context {
    ULONG requests;
    NTSTATUS result;
};

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    volatile struct context *context =
        ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*context), VERIFY_TAG);
    NTSTATUS status;

    UNREFERENCED_PARAMETER(device);
    if (context == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    context->result = STATUS_SUCCESS;
#ifdef REPAIRED
    status = context->result;
    ExFreePoolWithTag((PVOID)context, VERIFY_TAG);
#else
    ExFreePoolWithTag((PVOID)context, VERIFY_TAG);
    status = context->result;
#endif
    return finish(irp, status, 0);
}
