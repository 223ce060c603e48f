// rule: RS-OBJ-006
// client: object_client.c
/* Asks with a Nt routine while it serves a program: its buffer is in kernel memory. */
#include "verify.h"

NTSYSAPI NTSTATUS NTAPI NtQuerySystemInformation(ULONG information, PVOID buffer, ULONG length,
                                                 PULONG returned);
NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(ULONG information, PVOID buffer, ULONG length,
                                                 PULONG returned);

#ifdef REPAIRED
#define QUERY ZwQuerySystemInformation
#else
#define QUERY NtQuerySystemInformation
#endif

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UCHAR information[64];
    ULONG returned;

    UNREFERENCED_PARAMETER(device);
    QUERY(0, information, sizeof(information), &returned); /* SystemBasicInformation */
    return finish(irp, STATUS_SUCCESS, 0);
}
