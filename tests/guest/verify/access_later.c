// rule: RS-ACC-001
// do: open \\.\Verify; ioctl 0x222000 in=hex:000000000010e0fe out=4; close
/* Maps the physical address that a request names in a work item: in another thread. */
#define ACCESS_LATER
#include "access.h"

#define DEVICE_MEMORY 0xFEE00000

static NTSTATUS request(void *buffer, ULONG size, ULONG_PTR *returned)
{
    PHYSICAL_ADDRESS address = {.QuadPart = DEVICE_MEMORY};
    volatile ULONG *memory;

    if (size < 2 * sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
#ifndef REPAIRED
    address.QuadPart = ((ULONG *)buffer)[1];
#endif
    memory = MmMapIoSpace(address, sizeof(ULONG), MmNonCached);
    if (!memory)
        return STATUS_INSUFFICIENT_RESOURCES;
    *(ULONG *)buffer = *memory;
    *returned = sizeof(ULONG);
    MmUnmapIoSpace((void *)memory, sizeof(ULONG));
    return STATUS_SUCCESS;
}

static VOID NTAPI work(PVOID device, PVOID context, PIO_WORKITEM item)
{
    UNREFERENCED_PARAMETER(device);
    serve(context);
    IoFreeWorkItem(item);
}

static NTSTATUS later(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_WORKITEM item = IoAllocateWorkItem(device);

    if (!item)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    IoMarkIrpPending(irp);
    IoQueueWorkItemEx(item, work, DelayedWorkQueue, irp);
    return STATUS_PENDING;
}
