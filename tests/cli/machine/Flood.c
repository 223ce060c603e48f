/* A driver that prints as fast as it can while it starts. */
#include <ntddk.h>

#define LINES 200000

DRIVER_INITIALIZE DriverEntry;

static VOID unload(PDRIVER_OBJECT driver)
{
    (void)driver;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    (void)registry_path;
    driver->DriverUnload = unload;
    for (ULONG i = 0; i < LINES; i++)
        DbgPrint(
            "flood %06lu: a line that is long enough to fill what is between driver and reader "
            "sooner or later, whatever that holds\n",
            i);
    return STATUS_SUCCESS;
}
