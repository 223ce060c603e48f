// rule: RS-ACC-004
// client: access_process_client.c
/* Looks the process up that a request names, and returns its address; repaired, its id. */
#include "access.h"

static NTSTATUS request(void *buffer, ULONG size, ULONG_PTR *returned)
{
    PEPROCESS process;
    NTSTATUS status;

    if (size < sizeof(ULONG64))
        return STATUS_BUFFER_TOO_SMALL;
    status = PsLookupProcessByProcessId(ULongToHandle(*(ULONG *)buffer), &process);
    if (!NT_SUCCESS(status))
        return status;
#ifdef REPAIRED
    *(ULONG64 *)buffer = (ULONG64)PsGetProcessId(process);
#else
    *(PEPROCESS *)buffer = process;
#endif
    ObDereferenceObject(process);
    *returned = sizeof(ULONG64);
    return STATUS_SUCCESS;
}
