// rule: RS-MEM-008
// do: open \\.\Verify; ioctl 0x222000; ioctl 0x222000; close
/* Keeps a record of each request in a list, and forgets the list when it is unloaded. */
#define OWN_UNLOAD
#include "verify.h"

struct record {
    struct record *next;
    ULONG code;
};

static struct record *records;

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    struct record *record = ExAllocatePoolWithTag(PagedPool, sizeof(*record), VERIFY_TAG);

    UNREFERENCED_PARAMETER(device);
    if (record == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    record->code = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode;
    record->next = records;
    records = record;
    return finish(irp, STATUS_SUCCESS, 0);
}

static void own_unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
#ifdef REPAIRED
    while (records != NULL) {
        struct record *record = records;

        records = record->next;
        ExFreePoolWithTag(record, VERIFY_TAG);
    }
#endif
}
