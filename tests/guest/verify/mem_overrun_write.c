// rule: RS-MEM-001
// exit: 102
// do: open \\.\Verify; write "a name of sixteen bytes, or a few more than that"; close
/* Copies what the program sends into a block of fixed size: a routine of the kernel writes. */
#include "verify.h"

#define ROOM 16

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Write.Length;
    PVOID name;

    UNREFERENCED_PARAMETER(device);
#ifdef REPAIRED
    if (length > ROOM)
        length = ROOM;
#endif
    name = ExAllocatePoolWithTag(NonPagedPoolNx, ROOM, VERIFY_TAG);
    if (name == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    RtlMoveMemory(name, irp->AssociatedIrp.SystemBuffer, length);
    ExFreePoolWithTag(name, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, length);
}
