// rule: RS-IRQL-003
/* The routine of a thread returns at APC_LEVEL. */
#include "verify.h"

static VOID NTAPI work(PVOID context)
{
    KIRQL irql;

    UNREFERENCED_PARAMETER(context);
    KeRaiseIrql(APC_LEVEL, &irql);
#ifdef REPAIRED
    KeLowerIrql(irql);
#endif
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE thread;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(device);
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, &attributes, NULL, NULL, work, NULL);
    if (!NT_SUCCESS(status))
        return finish(irp, status, 0);
    ZwWaitForSingleObject(thread, FALSE, NULL);
    ZwClose(thread);
    return finish(irp, STATUS_SUCCESS, 0);
}
