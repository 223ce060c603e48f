// rule: RS-STR-004
/* Prints a UNICODE_STRING at DISPATCH_LEVEL. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"name");
    KIRQL irql;

    UNREFERENCED_PARAMETER(device);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
#ifdef REPAIRED
    DbgPrint("%u bytes\n", name.Length);
#else
    DbgPrint("%wZ\n", &name);
#endif
    KeLowerIrql(irql);
#ifdef REPAIRED
    DbgPrint("%wZ\n", &name);
#endif
    return finish(irp, STATUS_SUCCESS, 0);
}
