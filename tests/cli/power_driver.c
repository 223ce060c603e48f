/*
 * A Plug and Play driver that prints the POWER and SHUTDOWN IRPs of its devices, with the name of
 * its service before each line. It owns the power policy of its device: it answers a system IRP
 * with a device IRP, as function drivers do. Control codes: 0x800 it refuses the next sleep; 0x801
 * it keeps the next SET_POWER of the system.
 */
#include <ntddk.h>

#define CODE(function) CTL_CODE(FILE_DEVICE_UNKNOWN, function, METHOD_BUFFERED, FILE_ANY_ACCESS)

struct extension {
    PDEVICE_OBJECT below, physical; /* NULL in the control devices */
};

DRIVER_INITIALIZE DriverEntry;

static WCHAR device_name[64], link_name[64];
static PCWSTR service;
static PDEVICE_OBJECT control_device, last_chance_device;
static PVOID state_callback, display_callback;
static PCALLBACK_OBJECT state_object;
static BOOLEAN refuses, keeps;

static const GUID display_setting = {
    0x6FE69556, 0x704A, 0x47A0, {0x8F, 0x24, 0xC2, 0x8D, 0x93, 0x6F, 0xDA, 0x47}};

static NTSTATUS complete(PIRP irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

/* ---- power ---- */

static NTSTATUS pass_on(struct extension *extension, PIRP irp)
{
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(extension->below, irp);
}

/* The device has reached the state that goes with the system's: on with the system's IRP. */
static VOID NTAPI device_is_there(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state,
                                  PVOID context, PIO_STATUS_BLOCK result)
{
    PIRP irp = context;

    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(minor);
    UNREFERENCED_PARAMETER(state);
    UNREFERENCED_PARAMETER(result);
    pass_on(IoGetCurrentIrpStackLocation(irp)->DeviceObject->DeviceExtension, irp);
}

static NTSTATUS set_system(struct extension *extension, PIRP irp, PIO_STACK_LOCATION location)
{
    SYSTEM_POWER_STATE system = location->Parameters.Power.State.SystemState;
    POWER_STATE state = {.DeviceState =
                             system == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3};

    DbgPrint("%ws: SET_POWER S%d, action %d, IRQL %d\n", service, system - 1,
             location->Parameters.Power.ShutdownType, KeGetCurrentIrql());
    IoMarkIrpPending(irp);
    if (!keeps)
        PoRequestPowerIrp(extension->physical, IRP_MN_SET_POWER, state, device_is_there, irp, NULL);
    return STATUS_PENDING;
}

static NTSTATUS NTAPI power(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    struct extension *extension = device->DeviceExtension;
    POWER_STATE state = location->Parameters.Power.State;

    if (location->MinorFunction == IRP_MN_QUERY_POWER) {
        DbgPrint("%ws: QUERY_POWER S%d, %s\n", service, state.SystemState - 1,
                 refuses ? "no" : "yes");
        if (refuses) {
            refuses = FALSE;
            return complete(irp, STATUS_DEVICE_BUSY);
        }
    } else if (location->MinorFunction == IRP_MN_SET_POWER) {
        if (location->Parameters.Power.Type == SystemPowerState)
            return set_system(extension, irp, location);
        DbgPrint("%ws: SET_POWER D%d, was D%d\n", service, state.DeviceState - 1,
                 PoSetPowerState(device, DevicePowerState, state).DeviceState - 1);
    }
    return pass_on(extension, irp);
}

static NTSTATUS NTAPI shut_down(PDEVICE_OBJECT device, PIRP irp)
{
    DbgPrint("%ws: SHUTDOWN%s\n", service, device == last_chance_device ? ", last chance" : "");
    if (device == control_device) /* as drivers do that clean up here */
        IoUnregisterShutdownNotification(device);
    return complete(irp, STATUS_SUCCESS);
}

static VOID NTAPI on_state(PVOID context, PVOID what, PVOID value)
{
    UNREFERENCED_PARAMETER(context);
    if ((ULONG_PTR)what == PO_CB_SYSTEM_STATE_LOCK)
        DbgPrint("%ws: the system %s\n", service, value ? "is back" : "leaves S0");
}

static NTSTATUS NTAPI on_display(LPCGUID setting, PVOID value, ULONG length, PVOID context)
{
    UNREFERENCED_PARAMETER(setting);
    UNREFERENCED_PARAMETER(length);
    UNREFERENCED_PARAMETER(context);
    DbgPrint("%ws: the display is %s\n", service, *(PULONG)value ? "on" : "off");
    return STATUS_SUCCESS;
}

/* ---- the rest of a driver ---- */

static NTSTATUS NTAPI create_close(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return complete(irp, STATUS_SUCCESS);
}

static NTSTATUS NTAPI control(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG code = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode;

    UNREFERENCED_PARAMETER(device);
    refuses = code == CODE(0x800);
    keeps = code == CODE(0x801);
    return complete(irp, STATUS_SUCCESS);
}

static NTSTATUS NTAPI plug_and_play(PDEVICE_OBJECT device, PIRP irp)
{
    BOOLEAN removed = IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_REMOVE_DEVICE;
    struct extension *extension = device->DeviceExtension;
    NTSTATUS status;

    if (removed)
        irp->IoStatus.Status = STATUS_SUCCESS;
    status = pass_on(extension, irp);
    if (removed) {
        IoDetachDevice(extension->below);
        IoDeleteDevice(device);
    }
    return status;
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical)
{
    struct extension *extension;
    PDEVICE_OBJECT device;
    NTSTATUS status =
        IoCreateDevice(driver, sizeof(*extension), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    POWER_STATE on = {.DeviceState = PowerDeviceD0};

    if (!NT_SUCCESS(status))
        return status;
    extension = device->DeviceExtension;
    extension->physical = physical;
    extension->below = IoAttachDeviceToDeviceStack(device, physical);
    device->Flags |= DO_POWER_PAGABLE;
    PoSetPowerState(device, DevicePowerState, on);
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNICODE_STRING link;

    UNREFERENCED_PARAMETER(driver);
    DbgPrint("%ws: unload\n", service);
    RtlInitUnicodeString(&link, link_name);
    IoDeleteSymbolicLink(&link);
    PoUnregisterPowerSettingCallback(display_callback);
    ExUnregisterCallback(state_callback);
    ObDereferenceObject(state_object);
    IoUnregisterShutdownNotification(control_device);
    IoUnregisterShutdownNotification(last_chance_device);
    IoDeleteDevice(control_device);
    IoDeleteDevice(last_chance_device);
}

static void listen(void)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Callback\\PowerState");
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (NT_SUCCESS(ExCreateCallback(&state_object, &attributes, FALSE, TRUE)))
        state_callback = ExRegisterCallback(state_object, on_state, NULL);
    PoRegisterPowerSettingCallback(NULL, &display_setting, on_display, NULL, &display_callback);
}

static void make_names(PUNICODE_STRING registry_path)
{
    USHORT start = registry_path->Length / sizeof(WCHAR);

    while (registry_path->Buffer[start - 1] != '\\')
        start--;
    wcscpy(device_name, L"\\Device\\");
    wcsncat(device_name, registry_path->Buffer + start,
            registry_path->Length / sizeof(WCHAR) - start);
    service = device_name + wcslen(L"\\Device\\");
    wcscpy(link_name, L"\\??\\");
    wcscat(link_name, service);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNICODE_STRING device, link;

    make_names(registry_path);
    RtlInitUnicodeString(&device, device_name);
    RtlInitUnicodeString(&link, link_name);
    driver->DriverExtension->AddDevice = add_device;
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = create_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    driver->MajorFunction[IRP_MJ_SHUTDOWN] = shut_down;
    driver->MajorFunction[IRP_MJ_POWER] = power;
    driver->MajorFunction[IRP_MJ_PNP] = plug_and_play;
    IoCreateDevice(driver, 0, &device, FILE_DEVICE_UNKNOWN, 0, FALSE, &control_device);
    IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &last_chance_device);
    IoCreateSymbolicLink(&link, &device);
    IoRegisterLastChanceShutdownNotification(last_chance_device);
    IoRegisterShutdownNotification(control_device);
    listen();
    return STATUS_SUCCESS;
}
