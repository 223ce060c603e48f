// rule: RS-ACC-002
// do: open \\.\Verify; ioctl 0x222000 in=hex:0010000000620000; close
/* Writes what a request says to a register of the driver's choice: TSC_AUX. */
#include "access.h"
#include <intrin.h>

#define IA32_TSC_AUX 0xC0000103

static NTSTATUS request(void *buffer, ULONG size, ULONG_PTR *returned)
{
    ULONG64 value = 0;

    UNREFERENCED_PARAMETER(returned);
    if (size < sizeof(ULONG64))
        return STATUS_BUFFER_TOO_SMALL;
#ifndef REPAIRED
    value = *(ULONG64 *)buffer;
#endif
    __writemsr(IA32_TSC_AUX, value);
    return STATUS_SUCCESS;
}
