// rule: RS-STR-002
/* Takes lengths in characters for lengths in bytes. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNICODE_STRING one = RTL_CONSTANT_STRING(L"one"), other = RTL_CONSTANT_STRING(L"one");

    UNREFERENCED_PARAMETER(device);
#ifndef REPAIRED
    one.Length = other.Length = 3; /* characters, not bytes */
#endif
    return finish(
        irp, RtlEqualUnicodeString(&one, &other, FALSE) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL, 0);
}
