// rule: RS-OBJ-001
/* Gets another device by name in DriverEntry and keeps its file object for ever. */
#define OWN_ENTRY
#define OWN_UNLOAD
#include "verify.h"

static PFILE_OBJECT file;

static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Null");
    PDEVICE_OBJECT device;

    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    return IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device);
}

static void own_unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
#ifdef REPAIRED
    ObDereferenceObject(file);
#endif
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return finish(irp, STATUS_SUCCESS, 0);
}
