// rule: RS-ACC-004
// also: RS-OBJ-004
// client: access_process_client.c
/* Opens the process that a request names with all rights, and returns the handle. */
#include "access.h"

static NTSTATUS request(void *buffer, ULONG size, ULONG_PTR *returned)
{
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID client = {0};
    HANDLE handle;
    NTSTATUS status;
    ULONG flags = 0;

    if (size < sizeof(ULONG64))
        return STATUS_BUFFER_TOO_SMALL;
#ifdef REPAIRED
    flags = OBJ_FORCE_ACCESS_CHECK;
#endif
    client.UniqueProcess = ULongToHandle(*(ULONG *)buffer);
    InitializeObjectAttributes(&attributes, NULL, flags, NULL, NULL);
    status = ZwOpenProcess(&handle, PROCESS_ALL_ACCESS, &attributes, &client);
    if (!NT_SUCCESS(status))
        return status;
    *(HANDLE *)buffer = handle;
    *returned = sizeof(HANDLE);
    return STATUS_SUCCESS;
}
