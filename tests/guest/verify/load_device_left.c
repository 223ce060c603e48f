// rule: RS-LOAD-001
/* Makes a second device; the unload routine deletes only the first of the driver's list. */
#include "load_owner.h"

static PDEVICE_OBJECT second;

static NTSTATUS make(PDRIVER_OBJECT driver)
{
    return IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE,
                          &second);
}

static void undo(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    IoDeleteDevice(second);
}
