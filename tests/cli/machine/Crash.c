/* A driver that stops the system when it is started. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    (void)driver;
    (void)registry_path;
    DbgPrint("Crash: going down\n");
    *(volatile int *)0x10 = 1;
    return STATUS_SUCCESS;
}
