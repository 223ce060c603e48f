// rule: RS-IRP-010
/* Passes its requests on, and forgets to give the lower driver its stack location. */
#define OWN_ENTRY
#define OWN_UNLOAD
#include "verify.h"
#include "lower.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    if (device == lower)
        return finish(irp, STATUS_SUCCESS, 0);
#ifdef REPAIRED
    IoSkipCurrentIrpStackLocation(irp);
#endif
    return IoCallDriver(lower, irp);
}

static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    return create_lower(driver);
}
