// rule: RS-LOAD-011
// do: open \Device\VerifySecond\anything; close
/* A device without FILE_DEVICE_SECURE_OPEN opens whatever name follows its own. */
#define OWN_ENTRY
#define OWN_UNLOAD
#include "verify.h"

#ifdef REPAIRED
#define CHARACTERISTICS FILE_DEVICE_SECURE_OPEN
#else
#define CHARACTERISTICS 0
#endif

static UNICODE_STRING second_name = RTL_CONSTANT_STRING(L"\\Device\\VerifySecond");
static PDEVICE_OBJECT second;

static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    return IoCreateDevice(driver, 0, &second_name, FILE_DEVICE_UNKNOWN, CHARACTERISTICS, FALSE,
                          &second);
}

static void own_unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    IoDeleteDevice(second);
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return finish(irp, STATUS_SUCCESS, 0);
}
