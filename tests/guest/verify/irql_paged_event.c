// rule: RS-IRQL-002
/* The event that a DPC sets lies in paged pool. */
#include "verify.h"

#ifdef REPAIRED
#define POOL NonPagedPoolNx
#else
#define POOL PagedPool
#endif

static VOID NTAPI run(PKDPC dpc, PVOID context, PVOID first, PVOID second)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(first);
    UNREFERENCED_PARAMETER(second);
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PKEVENT done = ExAllocatePoolWithTag(POOL, sizeof(*done), VERIFY_TAG);
    KDPC dpc;

    UNREFERENCED_PARAMETER(device);
    if (done == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    KeInitializeEvent(done, NotificationEvent, FALSE);
    KeInitializeDpc(&dpc, run, done);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    KeWaitForSingleObject(done, Executive, KernelMode, FALSE, NULL);
    KeFlushQueuedDpcs();
    ExFreePoolWithTag(done, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, 0);
}
