// rule: RS-IRQL-003
// exit: 102
/* A work item returns at the IRQL to which it raised. */
#include "verify.h"

static KEVENT done;

static VOID NTAPI work(PDEVICE_OBJECT device, PVOID context)
{
    KIRQL irql;

    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(context);
    KeRaiseIrql(APC_LEVEL, &irql);
    KeSetEvent(&done, IO_NO_INCREMENT, FALSE);
#ifdef REPAIRED
    KeLowerIrql(irql);
#endif
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_WORKITEM item = IoAllocateWorkItem(device);

    if (item == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    IoQueueWorkItem(item, work, DelayedWorkQueue, NULL);
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    IoFreeWorkItem(item);
    return finish(irp, STATUS_SUCCESS, 0);
}
