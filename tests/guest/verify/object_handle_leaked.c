// rule: RS-OBJ-003
/* Opens a registry key for each request and never closes it. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Registry\\Machine");
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(device);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    status = ZwOpenKey(&key, KEY_READ, &attributes);
#ifdef REPAIRED
    if (NT_SUCCESS(status))
        ZwClose(key);
#endif
    return finish(irp, status, 0);
}
