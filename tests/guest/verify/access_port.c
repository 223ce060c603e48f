// rule: RS-ACC-003
// do: open \\.\Verify; ioctl 0x222000 in=hex:0100f803 out=1; close
/* Reads the port that a request names, in its second field. */
#include "access.h"
#include <intrin.h>

#define STATUS_PORT 0x61

static NTSTATUS request(void *buffer, ULONG size, ULONG_PTR *returned)
{
    USHORT port = STATUS_PORT;

    if (size < sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
#ifndef REPAIRED
    port = *(USHORT *)((UCHAR *)buffer + 2);
#endif
    *(UCHAR *)buffer = __inbyte(port);
    *returned = sizeof(UCHAR);
    return STATUS_SUCCESS;
}
