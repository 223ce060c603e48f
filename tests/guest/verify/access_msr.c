// rule: RS-ACC-002
// do: open \\.\Verify; ioctl 0x222000 in=hex:820000c0 out=8; close
/* Reads the model-specific register that a request names: here LSTAR, where system calls go. */
#include "access.h"
#include <intrin.h>

#define IA32_APIC_BASE 0x1B

static NTSTATUS request(void *buffer, ULONG size, ULONG_PTR *returned)
{
    ULONG number = IA32_APIC_BASE;

    if (size < sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
#ifndef REPAIRED
    number = *(ULONG *)buffer;
#endif
    *(ULONG64 *)buffer = __readmsr(number);
    *returned = sizeof(ULONG64);
    return STATUS_SUCCESS;
}
