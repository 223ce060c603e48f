// rule: RS-LOAD-006
// do: sleep 1
// exit: 101
/* DriverEntry fails after it has registered an image notify routine. */
#include <ntifs.h>

DRIVER_INITIALIZE DriverEntry;

static VOID NTAPI loaded(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO info)
{
    UNREFERENCED_PARAMETER(name);
    UNREFERENCED_PARAMETER(process);
    UNREFERENCED_PARAMETER(info);
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    PsRemoveLoadImageNotifyRoutine(loaded);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    NTSTATUS status = PsSetLoadImageNotifyRoutine(loaded);

    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    if (!NT_SUCCESS(status))
        return status;
#ifdef REPAIRED
    return STATUS_SUCCESS;
#else
    return STATUS_DEVICE_CONFIGURATION_ERROR;
#endif
}
