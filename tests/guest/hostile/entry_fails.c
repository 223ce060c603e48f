/*
 * Fails in DriverEntry: the system does not call DriverUnload then.
 */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    (void)driver;
    DbgPrint("Hostile: unloaded\n");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    (void)path;
    driver->DriverUnload = unload;
    return STATUS_INSUFFICIENT_RESOURCES;
}
