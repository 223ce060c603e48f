// rule: RS-MEM-014
// exit: 102
/* Writes to a constant through a pointer. */
#include "verify.h"

#ifdef REPAIRED
static ULONG limits[] = {16, 256};
#else
static const ULONG limits[] = {16, 256};
#endif
static const volatile ULONG *const table = limits;

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    *(volatile ULONG *)&table[1] = 512;
    return finish(irp, STATUS_SUCCESS, 0);
}
