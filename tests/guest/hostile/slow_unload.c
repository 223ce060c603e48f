/*
 * Takes two seconds to unload. Started first and so unloaded last, it gives time to what the other
 * driver left behind.
 */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    LARGE_INTEGER two_seconds = {.QuadPart = -20000000};

    (void)driver;
    KeDelayExecutionThread(KernelMode, FALSE, &two_seconds);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    (void)path;
    driver->DriverUnload = unload;
    return STATUS_SUCCESS;
}
