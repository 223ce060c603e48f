// rule: RS-IRQL-001
/* Opens a registry key while it holds a spin lock. */
#include "verify.h"

static KSPIN_LOCK lock;

static void open_key(void)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Registry\\Machine");
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;

    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    if (NT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes)))
        ZwClose(key);
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;

    UNREFERENCED_PARAMETER(device);
    KeAcquireSpinLock(&lock, &irql);
#ifdef REPAIRED
    KeReleaseSpinLock(&lock, irql);
    open_key();
#else
    open_key();
    KeReleaseSpinLock(&lock, irql);
#endif
    return finish(irp, STATUS_SUCCESS, 0);
}
