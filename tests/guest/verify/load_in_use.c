// rule: RS-LOAD-008
// client: load_in_use_client.c
/* The program stops the service while it has a handle open; repaired, the driver tells it to close
 * the handle first. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
#ifdef REPAIRED
    return finish(irp, STATUS_SUCCESS, 0);
#else
    return finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
#endif
}
