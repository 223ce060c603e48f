// rule: RS-ONLY-002
/* Reads a string that the kernel had no memory for. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    ANSI_STRING narrow = RTL_CONSTANT_STRING("text");
    UNICODE_STRING wide = {0};
    WCHAR first;
    NTSTATUS status = RtlAnsiStringToUnicodeString(&wide, &narrow, TRUE);

    UNREFERENCED_PARAMETER(device);
#ifdef REPAIRED
    if (!NT_SUCCESS(status))
        return finish(irp, status, 0);
#endif
    first = wide.Buffer[0];
    RtlFreeUnicodeString(&wide);
    return finish(irp, first == L't' ? status : STATUS_UNSUCCESSFUL, 0);
}
