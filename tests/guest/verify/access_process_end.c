// rule: RS-ACC-004
// client: access_process_client.c
/* Ends the process that a request names, which may be any; repaired, with the sender's rights. */
#include "access.h"

static NTSTATUS request(void *buffer, ULONG size, ULONG_PTR *returned)
{
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID client = {0};
    HANDLE handle;
    NTSTATUS status;
    ULONG flags = OBJ_KERNEL_HANDLE;

    UNREFERENCED_PARAMETER(returned);
    if (size < sizeof(ULONG64))
        return STATUS_BUFFER_TOO_SMALL;
#ifdef REPAIRED
    flags |= OBJ_FORCE_ACCESS_CHECK;
#endif
    client.UniqueProcess = ULongToHandle(*(ULONG *)buffer);
    InitializeObjectAttributes(&attributes, NULL, flags, NULL, NULL);
    status = ZwOpenProcess(&handle, PROCESS_ALL_ACCESS, &attributes, &client);
    if (!NT_SUCCESS(status))
        return status;
    status = ZwTerminateProcess(handle, STATUS_SUCCESS);
    ZwClose(handle);
    return status;
}
