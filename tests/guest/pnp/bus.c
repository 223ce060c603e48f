/*
 * A bus driver and the driver of its children, both inside the test driver: what the PnP manager
 * asks a bus, how children come and go, and what drivers report about their devices.
 *
 * The child's driver is found through the critical device database.
 */
#include "../guest.h"

NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING name, PDRIVER_INITIALIZE initialize);
VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT driver);
NTSTATUS NTAPI IoReportRootDevice(PDRIVER_OBJECT driver);
NTSTATUS NTAPI IoSynchronousInvalidateDeviceRelations(PDEVICE_OBJECT device,
                                                      DEVICE_RELATION_TYPE type);

#define CONTROL_SET L"\\Registry\\Machine\\System\\CurrentControlSet\\"
#define DATABASE CONTROL_SET L"Control\\CriticalDeviceDatabase\\GUESTBUS#CHILD"
#define POLL_100NS (-100000ll) /* 10 ms */
#define POLLS 200

enum role { ROLE_BUS, ROLE_CHILD_PDO, ROLE_CHILD };

struct extension {
    enum role role;
    PDEVICE_OBJECT lower;
    ULONG number; /* of a child's PDO */
};

#define CHILDREN 2
#define LOG_BYTES 64

static PDRIVER_OBJECT bus_driver, child_driver;
static PDEVICE_OBJECT bus_physical, bus_device;
static PDEVICE_OBJECT children[CHILDREN];
static BOOLEAN plugged[CHILDREN]; /* the bus reports it */
#define OF_BUS 0x80               /* marks a removal request that the bus device got */
static UCHAR log[LOG_BYTES];      /* minor codes that the child's drivers got */
static ULONG logged;
static ULONG child_ids, ejects; /* answered queries for ids; IRP_MN_EJECT at a PDO */
static ULONG_PTR child_state;

static NTSTATUS complete(PIRP irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS answer(PIRP irp, const void *data, SIZE_T size)
{
    PVOID copy = ExAllocatePoolWithTag(PagedPool, size, 'tseT');

    if (copy == NULL)
        return complete(irp, STATUS_INSUFFICIENT_RESOURCES);
    RtlCopyMemory(copy, data, size);
    irp->IoStatus.Information = (ULONG_PTR)copy;
    return complete(irp, STATUS_SUCCESS);
}

static NTSTATUS answer_id(PIRP irp, BUS_QUERY_ID_TYPE type, ULONG number)
{
    WCHAR text[] = L"0\0";

    child_ids++;
    switch (type) {
    case BusQueryDeviceID:
        return answer(irp, L"GUESTBUS\\Child", sizeof(L"GUESTBUS\\Child"));
    case BusQueryHardwareIDs:
        return answer(irp, L"GUESTBUS\\Child\0", sizeof(L"GUESTBUS\\Child\0"));
    case BusQueryInstanceID:
        text[0] = (WCHAR)(L'0' + number);
        return answer(irp, text, sizeof(text));
    default:
        return complete(irp, irp->IoStatus.Status);
    }
}

static NTSTATUS physical_pnp(PDEVICE_OBJECT device, PIRP irp)
{
    struct extension *extension = device->DeviceExtension;
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);

    switch (location->MinorFunction) {
    case IRP_MN_QUERY_ID:
        return answer_id(irp, location->Parameters.QueryId.IdType, extension->number);
    case IRP_MN_QUERY_DEVICE_TEXT:
        if (location->Parameters.QueryDeviceText.DeviceTextType == DeviceTextDescription)
            return answer(irp, L"A child", sizeof(L"A child"));
        return complete(irp, irp->IoStatus.Status);
    case IRP_MN_QUERY_CAPABILITIES:
        ok_eq_int(location->Parameters.DeviceCapabilities.Capabilities->Version, 1);
        ok_eq_int(location->Parameters.DeviceCapabilities.Capabilities->Size,
                  sizeof(DEVICE_CAPABILITIES));
        ok_eq_int(location->Parameters.DeviceCapabilities.Capabilities->UINumber, MAXULONG);
        location->Parameters.DeviceCapabilities.Capabilities->UniqueID = extension->number == 1;
        location->Parameters.DeviceCapabilities.Capabilities->EjectSupported = TRUE;
        return complete(irp, STATUS_SUCCESS);
    case IRP_MN_REMOVE_DEVICE:
        complete(irp, STATUS_SUCCESS);
        if (!plugged[extension->number]) {
            children[extension->number] = NULL;
            IoDeleteDevice(device);
        }
        return STATUS_SUCCESS;
    case IRP_MN_EJECT:
        ejects++;
        plugged[extension->number] = FALSE;
        return complete(irp, STATUS_SUCCESS);
    case IRP_MN_START_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
        return complete(irp, STATUS_SUCCESS);
    default:
        return complete(irp, irp->IoStatus.Status);
    }
}

/* All children that are plugged in, each with a reference. */
static NTSTATUS report_children(PIRP irp)
{
    PDEVICE_RELATIONS relations = ExAllocatePoolWithTag(
        PagedPool, sizeof(*relations) + CHILDREN * sizeof(PDEVICE_OBJECT), 'tseT');

    if (relations == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    relations->Count = 0;
    for (ULONG i = 0; i < CHILDREN; i++) {
        if (!plugged[i])
            continue;
        ObReferenceObject(children[i]);
        relations->Objects[relations->Count++] = children[i];
    }
    irp->IoStatus.Information = (ULONG_PTR)relations;
    return STATUS_SUCCESS;
}

static NTSTATUS bus_pnp(PDEVICE_OBJECT device, PIRP irp)
{
    struct extension *extension = device->DeviceExtension;
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    UCHAR minor = location->MinorFunction;
    NTSTATUS status;

    if ((minor == IRP_MN_QUERY_REMOVE_DEVICE || minor == IRP_MN_REMOVE_DEVICE) &&
        logged < LOG_BYTES)
        log[logged++] = minor | OF_BUS;
    if (minor == IRP_MN_QUERY_DEVICE_RELATIONS &&
        location->Parameters.QueryDeviceRelations.Type == BusRelations)
        irp->IoStatus.Status = report_children(irp);
    IoSkipCurrentIrpStackLocation(irp);
    status = IoCallDriver(extension->lower, irp);
    if (minor == IRP_MN_REMOVE_DEVICE) {
        for (ULONG i = 0; i < CHILDREN; i++)
            if (children[i] != NULL)
                IoDeleteDevice(children[i]);
        RtlZeroMemory(children, sizeof(children));
        RtlZeroMemory(plugged, sizeof(plugged));
        IoDetachDevice(extension->lower);
        IoDeleteDevice(device);
        bus_device = bus_physical = NULL;
    }
    return status;
}

static NTSTATUS child_pnp(PDEVICE_OBJECT device, PIRP irp)
{
    struct extension *extension = device->DeviceExtension;
    UCHAR minor = IoGetCurrentIrpStackLocation(irp)->MinorFunction;
    NTSTATUS status;

    if (logged < LOG_BYTES)
        log[logged++] = minor;
    if (minor == IRP_MN_QUERY_PNP_DEVICE_STATE) {
        irp->IoStatus.Information |= child_state;
        irp->IoStatus.Status = STATUS_SUCCESS;
    }
    IoSkipCurrentIrpStackLocation(irp);
    status = IoCallDriver(extension->lower, irp);
    if (minor == IRP_MN_REMOVE_DEVICE) {
        IoDetachDevice(extension->lower);
        IoDeleteDevice(device);
    }
    return status;
}

static NTSTATUS NTAPI dispatch_pnp(PDEVICE_OBJECT device, PIRP irp)
{
    enum role role = ((struct extension *)device->DeviceExtension)->role;

    ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
    return role == ROLE_BUS         ? bus_pnp(device, irp)
           : role == ROLE_CHILD_PDO ? physical_pnp(device, irp)
                                    : child_pnp(device, irp);
}

static PDEVICE_OBJECT add(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical, enum role role)
{
    PDEVICE_OBJECT device;
    struct extension *extension;

    if (!ok_eq_status(IoCreateDevice(driver, sizeof(*extension), NULL, FILE_DEVICE_UNKNOWN,
                                     role == ROLE_CHILD_PDO ? FILE_AUTOGENERATED_DEVICE_NAME
                                     : role == ROLE_BUS     ? FILE_DEVICE_SECURE_OPEN
                                                            : 0,
                                     FALSE, &device),
                      STATUS_SUCCESS))
        return NULL;
    extension = device->DeviceExtension;
    extension->role = role;
    if (physical != NULL)
        extension->lower = IoAttachDeviceToDeviceStack(device, physical);
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return device;
}

static NTSTATUS NTAPI add_bus(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical)
{
    ok(driver == bus_driver, "the bus driver's AddDevice");
    ok((physical->Flags & DO_BUS_ENUMERATED_DEVICE) != 0, "a PDO");
    bus_physical = physical;
    bus_device = add(driver, physical, ROLE_BUS);
    return bus_device ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS NTAPI add_child(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical)
{
    ok(driver == child_driver, "the child driver's AddDevice");
    ok(physical == children[0] || physical == children[1], "the PDO that the bus reported");
    ok((physical->Flags & DO_BUS_ENUMERATED_DEVICE) != 0, "marked as a PDO");
    return add(driver, physical, ROLE_CHILD) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS NTAPI initialize_bus(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNREFERENCED_PARAMETER(registry_path);
    driver->MajorFunction[IRP_MJ_PNP] = dispatch_pnp;
    bus_driver = driver;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI initialize_child(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNREFERENCED_PARAMETER(registry_path);
    driver->DriverExtension->AddDevice = add_child;
    driver->MajorFunction[IRP_MJ_PNP] = dispatch_pnp;
    child_driver = driver;
    return STATUS_SUCCESS;
}

/* Wait for another thread's work: until *what is no longer `from`. */
static BOOLEAN wait_change(PVOID volatile *what, PVOID from)
{
    LARGE_INTEGER interval = {.QuadPart = POLL_100NS};

    for (ULONG i = 0; i < POLLS && *what == from; i++)
        KeDelayExecutionThread(KernelMode, FALSE, &interval);
    return *what != from;
}

static void rest(void)
{
    LARGE_INTEGER interval = {.QuadPart = 10 * POLL_100NS};

    KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

/* The bus, without children. */
static void begin(void)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Driver\\GuestBus");
    UNICODE_STRING child_name = RTL_CONSTANT_STRING(L"\\Driver\\GuestChild");
    static const WCHAR service[] = L"GuestChild";

    logged = child_ids = ejects = 0;
    child_state = 0;
    ok_eq_status(IoCreateDriver(&name, initialize_bus), STATUS_SUCCESS);
    ok_eq_status(IoCreateDriver(&child_name, initialize_child), STATUS_SUCCESS);
    RtlCreateRegistryKey(RTL_REGISTRY_ABSOLUTE, CONTROL_SET L"Control\\CriticalDeviceDatabase");
    RtlCreateRegistryKey(RTL_REGISTRY_ABSOLUTE, DATABASE);
    RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, DATABASE, L"Service", REG_SZ, (PVOID)service,
                          sizeof(service));
    ok_eq_status(IoReportRootDevice(bus_driver), STATUS_INVALID_DEVICE_REQUEST);
    bus_driver->DriverExtension->AddDevice = add_bus;
    ok_eq_status(IoReportRootDevice(bus_driver), STATUS_SUCCESS);
    ok(wait_change((PVOID *)&bus_device, NULL), "the bus device is added");
    rest();
    ok_eq_int(logged, 0);
}

/* The bus is ejected: QUERY_REMOVE_DEVICE and REMOVE_DEVICE for the children, too. */
static void end(void)
{
    if (bus_physical != NULL) {
        PVOID physical = bus_physical;

        IoRequestDeviceEject(bus_physical);
        ok(wait_change((PVOID *)&bus_physical, physical), "the bus is removed");
        rest();
    }
    ok(bus_driver->DeviceObject == NULL, "no device of the bus driver is left");
    ok(child_driver->DeviceObject == NULL, "no device of the child's driver is left");
    RtlDeleteRegistryValue(RTL_REGISTRY_ABSOLUTE, DATABASE, L"Service");
    IoDeleteDriver(bus_driver);
    IoDeleteDriver(child_driver);
}

static void plug(ULONG number)
{
    children[number] = add(bus_driver, NULL, ROLE_CHILD_PDO);
    ((struct extension *)children[number]->DeviceExtension)->number = number;
    plugged[number] = TRUE;
    logged = 0;
    ok_eq_status(IoSynchronousInvalidateDeviceRelations(bus_physical, BusRelations),
                 STATUS_SUCCESS);
}

static void ok_log(int line, const UCHAR *expected, ULONG count)
{
    guest_check(__FILE__, line, logged == count, "%lu requests instead of %lu", logged, count);
    for (ULONG i = 0; i < count && i < logged; i++)
        guest_check(__FILE__, line, log[i] == expected[i], "request %lu is 0x%02X, not 0x%02X", i,
                    log[i], expected[i]);
    logged = 0;
}
#define ok_requests(...)                                                                           \
    ok_log(__LINE__, (const UCHAR[]){__VA_ARGS__}, sizeof((const UCHAR[]){__VA_ARGS__}))

#define STARTED                                                                                    \
    IRP_MN_FILTER_RESOURCE_REQUIREMENTS, IRP_MN_START_DEVICE, IRP_MN_QUERY_CAPABILITIES,           \
        IRP_MN_QUERY_PNP_DEVICE_STATE, IRP_MN_QUERY_DEVICE_RELATIONS

GUEST_TEST(a_child_comes_and_goes)
{
    PVOID child;

    begin();
    plug(1);
    ok(child_ids >= 3, "it was asked for its ids");
    ok_requests(STARTED);
    ok_eq_status(IoSynchronousInvalidateDeviceRelations(bus_physical, BusRelations),
                 STATUS_SUCCESS);
    ok_eq_int(logged, 0); /* nothing new */
    plugged[1] = FALSE;
    child = children[1];
    IoInvalidateDeviceRelations(bus_physical, BusRelations);
    ok(wait_change((PVOID *)&children[1], child), "its PDO is deleted");
    rest();
    ok_requests(IRP_MN_SURPRISE_REMOVAL, IRP_MN_REMOVE_DEVICE);
    end();
}

GUEST_TEST(the_key_of_a_child)
{
    static const WCHAR key[] = CONTROL_SET L"Enum\\GUESTBUS\\Child\\1";
    WCHAR buffer[64];
    UNICODE_STRING text = {0, sizeof(buffer), buffer};
    RTL_QUERY_REGISTRY_TABLE table[2] = {
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = L"Service", .EntryContext = &text}};

    begin();
    plug(1); /* says that its id is unique */
    ok_eq_status(RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, (PWSTR)key), STATUS_SUCCESS);
    ok_eq_status(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, key, table, NULL, NULL),
                 STATUS_SUCCESS);
    ok_eq_wstr(text.Buffer, L"GuestChild");
    table[0].Name = L"DeviceDesc";
    ok_eq_status(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, key, table, NULL, NULL),
                 STATUS_SUCCESS);
    ok_eq_wstr(text.Buffer, L"A child");
    plug(0); /* does not: its instance has a prefix of the parent's */
    ok_eq_status(
        RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, CONTROL_SET L"Enum\\GUESTBUS\\Child\\0"),
        STATUS_OBJECT_NAME_NOT_FOUND);
    end();
}

GUEST_TEST(children_go_before_their_bus)
{
    begin();
    plug(0);
    plug(1);
    logged = 0;
    end();
    ok_requests(IRP_MN_QUERY_DEVICE_RELATIONS, IRP_MN_QUERY_DEVICE_RELATIONS,
                IRP_MN_QUERY_REMOVE_DEVICE, IRP_MN_QUERY_REMOVE_DEVICE,
                IRP_MN_QUERY_REMOVE_DEVICE | OF_BUS, IRP_MN_REMOVE_DEVICE, IRP_MN_REMOVE_DEVICE,
                IRP_MN_REMOVE_DEVICE | OF_BUS);
}

GUEST_TEST(a_child_is_ejected)
{
    begin();
    plug(1);
    logged = 0;
    IoRequestDeviceEject(children[1]);
    rest();
    ok_requests(IRP_MN_QUERY_DEVICE_RELATIONS, IRP_MN_QUERY_REMOVE_DEVICE, IRP_MN_REMOVE_DEVICE);
    ok_eq_int(ejects, 1);
    end();
}

GUEST_TEST(a_child_fails)
{
    begin();
    plug(1);
    logged = 0;
    IoInvalidateDeviceState(children[1]);
    rest();
    ok_requests(IRP_MN_QUERY_PNP_DEVICE_STATE);
    child_state = PNP_DEVICE_FAILED;
    IoInvalidateDeviceState(children[1]);
    rest();
    ok_requests(IRP_MN_QUERY_PNP_DEVICE_STATE, IRP_MN_SURPRISE_REMOVAL, IRP_MN_REMOVE_DEVICE);
    end();
}

/* FILE_DEVICE_SECURE_OPEN of the bus driver's device is the whole stack's, its PDO's too. */
GUEST_TEST(shared_characteristics)
{
    begin();
    plug(0);
    ok_eq_int(bus_physical->Characteristics & FILE_DEVICE_SECURE_OPEN, FILE_DEVICE_SECURE_OPEN);
    ok_eq_int(children[0]->Characteristics & FILE_DEVICE_SECURE_OPEN, 0);
    end();
}

GUEST_TEST(relations_of_what_is_no_bus)
{
    begin();
    ok_eq_status(IoSynchronousInvalidateDeviceRelations(bus_device, BusRelations),
                 STATUS_NO_SUCH_DEVICE);
    ok_eq_status(IoSynchronousInvalidateDeviceRelations(bus_physical, TargetDeviceRelation),
                 STATUS_NOT_SUPPORTED);
    end();
}

GUEST_TEST(a_detected_device)
{
    PDEVICE_OBJECT physical = NULL, device;

    begin();
    ok_eq_status(IoReportDetectedDevice(child_driver, InterfaceTypeUndefined, 0, 0, NULL, NULL,
                                        FALSE, &physical),
                 STATUS_SUCCESS);
    if (ok(physical != NULL, "a PDO")) {
        ok((physical->Flags & DO_BUS_ENUMERATED_DEVICE) != 0, "marked as one");
        device = add(child_driver, physical, ROLE_CHILD);
        ok(device != NULL && IoGetAttachedDevice(physical) == device, "attached");
        IoRequestDeviceEject(physical);
        rest();
        ok_requests(IRP_MN_QUERY_DEVICE_RELATIONS, IRP_MN_QUERY_REMOVE_DEVICE,
                    IRP_MN_REMOVE_DEVICE);
    }
    end();
}

GUEST_TEST_FILE(bus, GUEST_ROW(a_child_comes_and_goes), GUEST_ROW(the_key_of_a_child),
                GUEST_ROW(children_go_before_their_bus), GUEST_ROW(a_child_is_ejected),
                GUEST_ROW(a_child_fails), GUEST_ROW(shared_characteristics),
                GUEST_ROW(relations_of_what_is_no_bus), GUEST_ROW(a_detected_device));
