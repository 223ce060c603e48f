/* Prints what a terminal must not be given as it is, and more lines than a pane has. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD unload;

static void unload(PDRIVER_OBJECT driver)
{
    IoDeleteDevice(driver->DeviceObject);
    DbgPrint("TopDriver: unloaded\n");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\TopDevice");
    PDEVICE_OBJECT device;

    (void)registry_path;
    DbgPrint("TopDriver: bell \a escape \x1b[2J\x1b]0;title\x07 end\n");
    DbgPrint("TopDriver: gr\xC3\xBC\xC3\x9F \xE4\xB8\x96\xE7\x95\x8C wide\n");
    DbgPrint("TopDriver: no UTF-8 \xFF\xC3( c1 \xC2\x9B turn \xE2\x80\xAE end\n");
    for (int line = 1; line <= 40; line++)
        DbgPrint("TopDriver: line %02d of 40\n", line);
    driver->DriverUnload = unload;
    return IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
}
