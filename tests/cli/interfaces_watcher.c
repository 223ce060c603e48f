/*
 * A driver that watches interfaces of a class come and go. It opens each one; the first time that
 * it is asked whether the device may be removed, it refuses.
 */
#include <ntddk.h>

#include <initguid.h>
#include <wdmguid.h>
DEFINE_GUID(class_guid, 0x5eed3000, 0x1234, 0x5678, 1, 2, 3, 4, 5, 6, 7, 8);

static struct {
    PDRIVER_OBJECT driver;
    PVOID interfaces; /* registrations */
    PVOID target;
    PFILE_OBJECT file; /* of the device; NULL = not open */
    BOOLEAN has_refused;
} watcher;

static void close_file(void)
{
    if (watcher.file != NULL)
        ObDereferenceObject(watcher.file);
    watcher.file = NULL;
}

/* The file is closed in both cases: only the refusal keeps the device. */
static NTSTATUS query_remove(void)
{
    close_file();
    if (!watcher.has_refused) {
        watcher.has_refused = TRUE;
        DbgPrint("watcher: refuses the removal\n");
        return STATUS_UNSUCCESSFUL;
    }
    DbgPrint("watcher: allows the removal\n");
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI on_target(PVOID notification, PVOID context)
{
    PTARGET_DEVICE_REMOVAL_NOTIFICATION removal = notification;

    UNREFERENCED_PARAMETER(context);
    if (IsEqualGUID(&removal->Event, &GUID_TARGET_DEVICE_QUERY_REMOVE))
        return query_remove();
    if (IsEqualGUID(&removal->Event, &GUID_TARGET_DEVICE_REMOVE_CANCELLED)) {
        DbgPrint("watcher: removal cancelled\n");
    } else if (IsEqualGUID(&removal->Event, &GUID_TARGET_DEVICE_REMOVE_COMPLETE)) {
        DbgPrint("watcher: removal complete\n");
        close_file();
        IoUnregisterPlugPlayNotification(watcher.target);
        watcher.target = NULL;
    }
    return STATUS_SUCCESS;
}

static void open_device(PUNICODE_STRING link)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = IoGetDeviceObjectPointer(link, FILE_READ_DATA, &watcher.file, &device);

    DbgPrint("watcher: opened, 0x%08x\n", status);
    if (!NT_SUCCESS(status))
        return;
    status = IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, watcher.file,
                                            watcher.driver, on_target, NULL, &watcher.target);
    DbgPrint("watcher: registered for the device, 0x%08x\n", status);
}

static NTSTATUS NTAPI on_interface(PVOID notification, PVOID context)
{
    PDEVICE_INTERFACE_CHANGE_NOTIFICATION change = notification;

    UNREFERENCED_PARAMETER(context);
    if (IsEqualGUID(&change->Event, &GUID_DEVICE_INTERFACE_ARRIVAL)) {
        DbgPrint("watcher: arrival of %wZ\n", change->SymbolicLinkName);
        open_device(change->SymbolicLinkName);
    } else {
        DbgPrint("watcher: removal of %wZ\n", change->SymbolicLinkName);
    }
    return STATUS_SUCCESS;
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    if (watcher.target != NULL)
        IoUnregisterPlugPlayNotificationEx(watcher.target);
    close_file();
    IoUnregisterPlugPlayNotificationEx(watcher.interfaces);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNREFERENCED_PARAMETER(registry_path);
    watcher.driver = driver;
    driver->DriverUnload = unload;
    return IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange,
                                          PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES,
                                          (PVOID)&class_guid, driver, on_interface, NULL,
                                          &watcher.interfaces);
}
