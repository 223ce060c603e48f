// rule: RS-USER-003
// do: open \\.\Verify; ioctl 0x222003 out=64; close
/* Answers from a work item, through the program's address. */
#include "verify.h"

static PIO_WORKITEM item;

static VOID NTAPI answer(PDEVICE_OBJECT device, PVOID context)
{
    PIRP irp = context;
    volatile ULONG *output = irp->UserBuffer;

    UNREFERENCED_PARAMETER(device);
    IoFreeWorkItem(item);
#ifdef REPAIRED
    output = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
#endif
    if (output)
        *output = 1; /* in the System process the program's address means nothing */
    finish(irp, STATUS_SUCCESS, sizeof(ULONG));
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
#ifdef REPAIRED
    PMDL mdl = IoAllocateMdl(irp->UserBuffer, 64, FALSE, FALSE, irp);

    if (!mdl)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        irp->MdlAddress = NULL;
        return finish(irp, GetExceptionCode(), 0);
    }
#endif
    item = IoAllocateWorkItem(device);
    if (!item)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    IoMarkIrpPending(irp);
    IoQueueWorkItem(item, answer, DelayedWorkQueue, irp);
    return STATUS_PENDING;
}
