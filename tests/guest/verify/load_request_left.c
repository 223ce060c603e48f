// rule: RS-LOAD-008
// also: RS-IRP-014
// client: load_request_left_client.c
/* The program closes its handle and stops the service while the driver keeps a request. The driver
 * would complete it in DriverUnload, which waits for the request itself; repaired, it does so when
 * the handle is closed. */
#define OWN_ENTRY
#define OWN_UNLOAD
#include "verify.h"

static PIRP kept;

static void complete_kept(void)
{
    PIRP irp = InterlockedExchangePointer((PVOID *)&kept, NULL);

    if (irp != NULL)
        finish(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS NTAPI cleanup(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
#ifdef REPAIRED
    complete_kept();
#endif
    return finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    kept = irp;
    return STATUS_PENDING;
}

static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->MajorFunction[IRP_MJ_CLEANUP] = cleanup;
    return STATUS_SUCCESS;
}

static void own_unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    complete_kept();
}
