// rule: RS-ACC-002
// do: open \\.\Verify; ioctl 0x222000 in=hex:820000c0 out=8; close
/* A fast I/O routine reads the register that the request names. */
#define ACCESS_FAST
#include "access.h"
#include <intrin.h>

#define IA32_APIC_BASE 0x1B

static NTSTATUS request(void *buffer, ULONG size, ULONG_PTR *returned)
{
    UNREFERENCED_PARAMETER(buffer);
    UNREFERENCED_PARAMETER(size);
    UNREFERENCED_PARAMETER(returned);
    return STATUS_INVALID_DEVICE_REQUEST;
}

static ULONG64 read_register(ULONG number)
{
    return __readmsr(number);
}

static BOOLEAN NTAPI fast_control(PFILE_OBJECT file, BOOLEAN wait, PVOID input, ULONG input_length,
                                  PVOID output, ULONG output_length, ULONG code,
                                  PIO_STATUS_BLOCK status, PDEVICE_OBJECT device)
{
    ULONG number = IA32_APIC_BASE;

    UNREFERENCED_PARAMETER(file);
    UNREFERENCED_PARAMETER(wait);
    UNREFERENCED_PARAMETER(device);
    if (code != 0x222000 || input_length < sizeof(ULONG) || output_length < sizeof(ULONG64))
        return FALSE;
    __try {
        ProbeForRead(input, sizeof(ULONG), 1);
        ProbeForWrite(output, sizeof(ULONG64), 1);
#ifndef REPAIRED
        number = *(ULONG *)input;
#endif
        *(ULONG64 *)output = read_register(number);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
    status->Status = STATUS_SUCCESS;
    status->Information = sizeof(ULONG64);
    return TRUE;
}
