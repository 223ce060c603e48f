// rule: RS-ACC-006
// do: open \\.\Verify; ioctl 0x222000 in=hex:820000c0 out=8; close
// options: --verify=RS-ACC-006
/* Everybody may open the device that reads registers: it was created without security. */
#ifndef REPAIRED
#define ACCESS_NO_SECURITY
#endif
#include "access.h"
#include <intrin.h>

static NTSTATUS request(void *buffer, ULONG size, ULONG_PTR *returned)
{
    if (size < sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
    *(ULONG64 *)buffer = __readmsr(*(ULONG *)buffer);
    *returned = sizeof(ULONG64);
    return STATUS_SUCCESS;
}
