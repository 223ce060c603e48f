// rule: RS-MEM-015
// also: RS-ONLY-001
// do: open \\.\Verify; read 64; close
/* Returns a structure from the pool, of which it filled in a part. */
#include "verify.h"

struct answer {
    ULONG version;
    ULONG size;
    ULONG64 reserved[4];
};

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG room = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length;
    struct answer *answer = ExAllocatePoolWithTag(PagedPool, sizeof(*answer), VERIFY_TAG);

    UNREFERENCED_PARAMETER(device);
    if (answer == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
#ifdef REPAIRED
    RtlZeroMemory(answer, sizeof(*answer));
#endif
    answer->version = 1;
    answer->size = sizeof(*answer);
    if (room > sizeof(*answer))
        room = sizeof(*answer);
    RtlCopyMemory(irp->AssociatedIrp.SystemBuffer, answer, room);
    ExFreePoolWithTag(answer, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, room);
}
