// rule: RS-LOAD-002
/* Makes a second symbolic link and does not delete it. */
#include "load_owner.h"

static UNICODE_STRING second_name = RTL_CONSTANT_STRING(L"\\DosDevices\\VerifySecond");

static NTSTATUS make(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    return IoCreateSymbolicLink(&second_name, &device_name);
}

static void undo(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    IoDeleteSymbolicLink(&second_name);
}
