// rule: RS-MEM-016
// exit: 102
/* Calls a routine that was needed in DriverEntry only, later. */
#include "verify.h"

#ifndef REPAIRED
__attribute__((section("INIT")))
#endif
static __declspec(noinline) ULONG
default_limit(void)
{
    static volatile ULONG limit = 16;

    return limit;
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return finish(irp, STATUS_SUCCESS, default_limit() == 0);
}
