// rule: RS-LOAD-007
// exit: 0
// options: --no-unload
/* Has no unload routine. */
#define OWN_ENTRY
#include "verify.h"

static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
#ifdef REPAIRED
    UNREFERENCED_PARAMETER(driver);
#else
    driver->DriverUnload = NULL;
#endif
    return STATUS_SUCCESS;
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return finish(irp, STATUS_SUCCESS, 0);
}
