// rule: RS-ACC-004
// client: access_process_client.c
/* Looks a process up and makes a handle for the sender, as the kernel; repaired, as the sender. */
#include "access.h"

static NTSTATUS request(void *buffer, ULONG size, ULONG_PTR *returned)
{
    KPROCESSOR_MODE mode = KernelMode;
    PEPROCESS process;
    HANDLE handle;
    NTSTATUS status;

    if (size < sizeof(ULONG64))
        return STATUS_BUFFER_TOO_SMALL;
    status = PsLookupProcessByProcessId(ULongToHandle(*(ULONG *)buffer), &process);
    if (!NT_SUCCESS(status))
        return status;
#ifdef REPAIRED
    mode = UserMode;
#endif
    status =
        ObOpenObjectByPointer(process, 0, NULL, PROCESS_ALL_ACCESS, *PsProcessType, mode, &handle);
    ObDereferenceObject(process);
    if (!NT_SUCCESS(status))
        return status;
    *(HANDLE *)buffer = handle;
    *returned = sizeof(HANDLE);
    return STATUS_SUCCESS;
}
