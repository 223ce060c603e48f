// rule: RS-OBJ-004
/* Opens a registry key while it serves a program, and leaves the handle in that program's table. */
#include "verify.h"

#ifdef REPAIRED
#define ATTRIBUTES (OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE)
#else
#define ATTRIBUTES OBJ_CASE_INSENSITIVE
#endif

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Registry\\Machine");
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(device);
    InitializeObjectAttributes(&attributes, &name, ATTRIBUTES, NULL, NULL);
    status = ZwOpenKey(&key, KEY_READ, &attributes);
    if (NT_SUCCESS(status))
        ZwClose(key);
    return finish(irp, status, 0);
}
