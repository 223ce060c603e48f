// rule: RS-OBJ-009
// client: object_client.c
/* Opens the key that the program names, with the program's own attributes. */
#include "verify.h"
#include "object_client.h"

static NTSTATUS open_key(POBJECT_ATTRIBUTES attributes)
{
    HANDLE key;
    NTSTATUS status = ZwOpenKey(&key, KEY_READ, attributes);

    if (NT_SUCCESS(status))
        ZwClose(key);
    return status;
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    struct object_request *request = irp->AssociatedIrp.SystemBuffer;
    POBJECT_ATTRIBUTES attributes = request->attributes;
#ifdef REPAIRED
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Registry\\Machine");
    OBJECT_ATTRIBUTES own;

    InitializeObjectAttributes(&own, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    attributes = &own;
#endif
    UNREFERENCED_PARAMETER(device);
    return finish(irp, open_key(attributes), 0);
}
