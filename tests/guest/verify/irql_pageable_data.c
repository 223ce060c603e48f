// rule: RS-IRQL-002
/* A DPC counts in the pageable data section; repaired, the section is locked meanwhile. */
#include "verify.h"

__attribute__((section("PAGEDATA"))) static ULONG count = 1;
static KEVENT done;

static VOID NTAPI run(PKDPC dpc, PVOID context, PVOID first, PVOID second)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(first);
    UNREFERENCED_PARAMETER(second);
    count++;
    KeSetEvent(&done, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    KDPC dpc;
#ifdef REPAIRED
    PVOID section = MmLockPagableDataSection(&count);
#endif

    UNREFERENCED_PARAMETER(device);
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    KeInitializeDpc(&dpc, run, NULL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    KeFlushQueuedDpcs();
    if (count == 1)
        return finish(irp, STATUS_UNSUCCESSFUL, 0);
#ifdef REPAIRED
    MmUnlockPagableImageSection(section);
#endif
    return finish(irp, STATUS_SUCCESS, 0);
}
