/*
 * A WDM driver that prints every PnP request it gets, for pnp_test.sh. It is a filter or a function
 * driver, whatever it is added as, and is built with:
 *
 *   NAME            what it calls itself, and the first part of its devices' names: NAME0, NAME1 …
 *   FAIL_ADD        AddDevice fails
 *   FAIL_START      IRP_MN_START_DEVICE fails, after the devices below have started
 *   VETO            IRP_MN_QUERY_REMOVE_DEVICE fails
 *   FAIL_STATE      IRP_MN_QUERY_PNP_DEVICE_STATE says PNP_DEVICE_FAILED
 *   UPPER, LOWER    DriverEntry installs this service as a filter of its first device
 *   NO_DEVICE_NAME  its devices have no names
 */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
DRIVER_ADD_DEVICE AddDevice;
DRIVER_UNLOAD Unload;
DRIVER_DISPATCH DispatchPnp, PassOn, Complete;

struct extension {
    PDEVICE_OBJECT lower;
    ULONG number;
    BOOLEAN gone;
};

static ULONG added;

static const char *minor_name(UCHAR minor)
{
    static const char *const names[] = {
        "START_DEVICE",
        "QUERY_REMOVE_DEVICE",
        "REMOVE_DEVICE",
        "CANCEL_REMOVE_DEVICE",
        "STOP_DEVICE",
        "QUERY_STOP_DEVICE",
        "CANCEL_STOP_DEVICE",
        "QUERY_DEVICE_RELATIONS",
        "QUERY_INTERFACE",
        "QUERY_CAPABILITIES",
        "QUERY_RESOURCES",
        "QUERY_RESOURCE_REQUIREMENTS",
        "QUERY_DEVICE_TEXT",
        "FILTER_RESOURCE_REQUIREMENTS",
        [IRP_MN_QUERY_PNP_DEVICE_STATE] = "QUERY_PNP_DEVICE_STATE",
        [IRP_MN_SURPRISE_REMOVAL] = "SURPRISE_REMOVAL",
    };

    return minor < ARRAYSIZE(names) && names[minor] ? names[minor] : "another minor code";
}

static void device_names(ULONG number, PUNICODE_STRING device, PUNICODE_STRING link)
{
    UNICODE_STRING digit = {sizeof(WCHAR), sizeof(WCHAR), &(WCHAR){(WCHAR)(L'0' + number)}};

    device->Length = link->Length = 0;
    RtlAppendUnicodeToString(device, L"\\Device\\" NAME);
    RtlAppendUnicodeStringToString(device, &digit);
    RtlAppendUnicodeToString(link, L"\\DosDevices\\" NAME);
    RtlAppendUnicodeStringToString(link, &digit);
}

NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical)
{
    PDEVICE_OBJECT device;
    NTSTATUS status;
    struct extension *extension;
#ifndef NO_DEVICE_NAME
    WCHAR buffers[2][64];
    UNICODE_STRING name = {0, sizeof(buffers[0]), buffers[0]};
    UNICODE_STRING link = {0, sizeof(buffers[1]), buffers[1]};
#endif

    DbgPrint("%ws: AddDevice at IRQL %d in %s\n", NAME, KeGetCurrentIrql(),
             PsGetCurrentProcess() == PsInitialSystemProcess ? "System" : "another process");
    if (!(physical->Flags & DO_BUS_ENUMERATED_DEVICE))
        DbgPrint("%ws: that is no PDO\n", NAME);
#ifdef FAIL_ADD
    return STATUS_DEVICE_CONFIGURATION_ERROR;
#endif
#ifdef NO_DEVICE_NAME
    status =
        IoCreateDevice(driver, sizeof(*extension), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
#else
    device_names(added, &name, &link);
    status =
        IoCreateDevice(driver, sizeof(*extension), &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (NT_SUCCESS(status))
        IoCreateSymbolicLink(&link, &name);
#endif
    if (!NT_SUCCESS(status))
        return status;
    extension = device->DeviceExtension;
    extension->number = added++;
    extension->lower = IoAttachDeviceToDeviceStack(device, physical);
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static NTSTATUS complete(PIRP irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static void delete_device(PDEVICE_OBJECT device)
{
    struct extension *extension = device->DeviceExtension;
#ifndef NO_DEVICE_NAME
    WCHAR buffers[2][64];
    UNICODE_STRING name = {0, sizeof(buffers[0]), buffers[0]};
    UNICODE_STRING link = {0, sizeof(buffers[1]), buffers[1]};

    device_names(extension->number, &name, &link);
    IoDeleteSymbolicLink(&link);
#endif
    IoDetachDevice(extension->lower);
    IoDeleteDevice(device);
}

static NTSTATUS NTAPI on_completion(PDEVICE_OBJECT device, PIRP irp, PVOID event)
{
    UNREFERENCED_PARAMETER(device);
    if (irp->PendingReturned)
        KeSetEvent(event, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Wait for the devices below, then fail or say something else. */
static NTSTATUS pass_and_change(struct extension *extension, PIRP irp, NTSTATUS status,
                                ULONG_PTR information)
{
    KEVENT event;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, on_completion, &event, TRUE, TRUE, TRUE);
    if (IoCallDriver(extension->lower, irp) == STATUS_PENDING)
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    if (!NT_SUCCESS(irp->IoStatus.Status))
        DbgPrint("%ws%lu: refused below\n", NAME, extension->number);
    irp->IoStatus.Information |= information;
    return complete(irp, status);
}

NTSTATUS NTAPI DispatchPnp(PDEVICE_OBJECT device, PIRP irp)
{
    struct extension *extension = device->DeviceExtension;
    UCHAR minor = IoGetCurrentIrpStackLocation(irp)->MinorFunction;
    NTSTATUS status;

    DbgPrint("%ws%lu: %s\n", NAME, extension->number, minor_name(minor));
    if (minor != IRP_MN_QUERY_DEVICE_RELATIONS && irp->IoStatus.Status != STATUS_NOT_SUPPORTED)
        DbgPrint("%ws%lu: it came with status 0x%08lX\n", NAME, extension->number,
                 irp->IoStatus.Status);
#ifdef FAIL_START
    if (minor == IRP_MN_START_DEVICE)
        return pass_and_change(extension, irp, STATUS_DEVICE_NOT_READY, 0);
#endif
#ifdef VETO
    if (minor == IRP_MN_QUERY_REMOVE_DEVICE)
        return complete(irp, STATUS_DEVICE_BUSY);
#endif
#ifdef FAIL_STATE
    if (minor == IRP_MN_QUERY_PNP_DEVICE_STATE)
        return pass_and_change(extension, irp, STATUS_SUCCESS, PNP_DEVICE_FAILED);
#endif
    if (minor == IRP_MN_SURPRISE_REMOVAL)
        extension->gone = TRUE;
    IoSkipCurrentIrpStackLocation(irp);
    status = IoCallDriver(extension->lower, irp);
    if (minor == IRP_MN_REMOVE_DEVICE)
        delete_device(device);
    return status;
}

NTSTATUS NTAPI PassOn(PDEVICE_OBJECT device, PIRP irp)
{
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(((struct extension *)device->DeviceExtension)->lower, irp);
}

NTSTATUS NTAPI Complete(PDEVICE_OBJECT device, PIRP irp)
{
    struct extension *extension = device->DeviceExtension;
    UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;

    if (major != IRP_MJ_READ)
        DbgPrint("%ws%lu: %s\n", NAME, extension->number,
                 major == IRP_MJ_CREATE    ? "CREATE"
                 : major == IRP_MJ_CLEANUP ? "CLEANUP"
                                           : "CLOSE");
    else if (extension->gone)
        return complete(irp, STATUS_NO_SUCH_DEVICE);
    return complete(irp, STATUS_SUCCESS);
}

#define KEY L"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\ROOT\\" NAME

/* What the installation of a filter does; such a key does not go when the device goes. */
static inline void install_filter(PCWSTR value, PCWSTR list, ULONG size)
{
    RtlCreateRegistryKey(RTL_REGISTRY_ABSOLUTE, KEY);
    RtlCreateRegistryKey(RTL_REGISTRY_ABSOLUTE, KEY L"\\0000");
    RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, KEY L"\\0000", value, REG_MULTI_SZ, (PVOID)list,
                          size);
}

static void delete_key(PCWSTR path)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwOpenKey(&key, DELETE, &attributes)))
        return;
    DbgPrint("%ws: the device has left %ws\n", NAME, path);
    ZwDeleteKey(key);
    ZwClose(key);
}

VOID NTAPI Unload(PDRIVER_OBJECT driver)
{
    DbgPrint("%ws: Unload%s\n", NAME, driver->DeviceObject ? " with a device left" : "");
    delete_key(KEY L"\\0000");
    delete_key(KEY);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNREFERENCED_PARAMETER(registry_path);
    DbgPrint("%ws: DriverEntry\n", NAME);
    driver->DriverExtension->AddDevice = AddDevice;
    driver->DriverUnload = Unload;
    driver->MajorFunction[IRP_MJ_PNP] = DispatchPnp;
    driver->MajorFunction[IRP_MJ_POWER] = driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = PassOn;
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLEANUP] =
        driver->MajorFunction[IRP_MJ_CLOSE] = driver->MajorFunction[IRP_MJ_READ] = Complete;
#ifdef UPPER
    install_filter(L"UpperFilters", UPPER L"\0", sizeof(UPPER L"\0"));
#endif
#ifdef LOWER
    install_filter(L"LowerFilters", LOWER L"\0", sizeof(LOWER L"\0"));
#endif
    return STATUS_SUCCESS;
}
