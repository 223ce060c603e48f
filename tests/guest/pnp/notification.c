/* IoRegisterPlugPlayNotification: arrivals and removals of interfaces, custom events. */
#include "physical.h"

#include <initguid.h>
#include <wdmguid.h>

#define ONE_SECOND (-10000000ll)

static const GUID interface_class = {0x5eed1000, 1, 2, {1, 2, 3, 4, 5, 6, 7, 8}};
static const GUID custom_event = {0x5eed2000, 1, 2, {1, 2, 3, 4, 5, 6, 7, 8}};

/* What a callback has seen. */
struct witness {
    ULONG calls;
    KIRQL irql;
    PEPROCESS process;
    USHORT version, size;
    GUID event, class_guid;
    WCHAR link[128];
    PFILE_OBJECT file;
    UCHAR data;
    KEVENT called;
};

static void prepare(struct witness *witness)
{
    RtlZeroMemory(witness, sizeof(*witness));
    KeInitializeEvent(&witness->called, SynchronizationEvent, FALSE);
}

static BOOLEAN is_called(struct witness *witness)
{
    LARGE_INTEGER timeout = {.QuadPart = ONE_SECOND};

    return KeWaitForSingleObject(&witness->called, Executive, KernelMode, FALSE, &timeout) ==
           STATUS_SUCCESS;
}

static void note(struct witness *witness, PPLUGPLAY_NOTIFICATION_HEADER header)
{
    witness->calls++;
    witness->irql = KeGetCurrentIrql();
    witness->process = PsGetCurrentProcess();
    witness->version = header->Version;
    witness->size = header->Size;
    witness->event = header->Event;
}

static NTSTATUS NTAPI on_interface(PVOID notification, PVOID context)
{
    PDEVICE_INTERFACE_CHANGE_NOTIFICATION change = notification;
    struct witness *witness = context;

    note(witness, notification);
    witness->class_guid = change->InterfaceClassGuid;
    wcscpy(witness->link, change->SymbolicLinkName->Buffer);
    KeSetEvent(&witness->called, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI on_target(PVOID notification, PVOID context)
{
    PTARGET_DEVICE_CUSTOM_NOTIFICATION custom = notification;
    struct witness *witness = context;

    note(witness, notification);
    witness->file = custom->FileObject;
    witness->data = custom->CustomDataBuffer[0];
    KeSetEvent(&witness->called, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static VOID NTAPI on_complete(PVOID context)
{
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
}

static UNICODE_STRING enroll(void)
{
    UNICODE_STRING link = {0};

    ok_eq_status(
        IoRegisterDeviceInterface(test_physical()->physical, &interface_class, NULL, &link),
        STATUS_SUCCESS);
    return link;
}

GUEST_TEST(arrival_and_removal)
{
    UNICODE_STRING link = enroll();
    struct witness witness;
    PVOID entry;

    prepare(&witness);
    ok_eq_status(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, 0,
                                                (PVOID)&interface_class, test_physical()->driver,
                                                on_interface, &witness, &entry),
                 STATUS_SUCCESS);
    ok_eq_status(IoSetDeviceInterfaceState(&link, TRUE), STATUS_SUCCESS);
    ok(is_called(&witness), "an arrival is told");
    ok_eq_int(witness.irql, PASSIVE_LEVEL);
    ok(witness.process == PsInitialSystemProcess, "in the System process");
    ok_eq_int(witness.version, 1);
    ok_eq_int(witness.size, sizeof(DEVICE_INTERFACE_CHANGE_NOTIFICATION));
    ok(IsEqualGUID(&witness.event, &GUID_DEVICE_INTERFACE_ARRIVAL), "as an arrival");
    ok(IsEqualGUID(&witness.class_guid, &interface_class), "of the class");
    ok_eq_wstr(witness.link, link.Buffer);
    ok_eq_status(IoSetDeviceInterfaceState(&link, FALSE), STATUS_SUCCESS);
    ok(is_called(&witness), "a removal is told");
    ok(IsEqualGUID(&witness.event, &GUID_DEVICE_INTERFACE_REMOVAL), "as a removal");
    ok_eq_status(IoUnregisterPlugPlayNotificationEx(entry), STATUS_SUCCESS);
    ok_eq_status(IoSetDeviceInterfaceState(&link, TRUE), STATUS_SUCCESS);
    ok(!is_called(&witness), "nothing is told after the end of the registration");
    ok_eq_status(IoSetDeviceInterfaceState(&link, FALSE), STATUS_SUCCESS);
    ok_eq_int(witness.calls, 2);
    RtlFreeUnicodeString(&link);
}

GUEST_TEST(existing_interfaces)
{
    UNICODE_STRING link = enroll();
    struct witness witness;
    PVOID entry;

    ok_eq_status(IoSetDeviceInterfaceState(&link, TRUE), STATUS_SUCCESS);
    prepare(&witness);
    ok(!is_called(&witness), "nobody is registered while the arrival is told");
    ok_eq_status(
        IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange,
                                       PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES,
                                       (PVOID)&interface_class, test_physical()->driver,
                                       on_interface, &witness, &entry),
        STATUS_SUCCESS);
    ok_eq_int(witness.calls, 1);
    ok(IsEqualGUID(&witness.event, &GUID_DEVICE_INTERFACE_ARRIVAL), "as an arrival");
    ok_eq_wstr(witness.link, link.Buffer);
    ok_eq_status(IoUnregisterPlugPlayNotification(entry), STATUS_SUCCESS);
    ok_eq_status(IoSetDeviceInterfaceState(&link, FALSE), STATUS_SUCCESS);
    RtlFreeUnicodeString(&link);
}

static PFILE_OBJECT open_file(PUNICODE_STRING link)
{
    PFILE_OBJECT file = NULL;
    HANDLE handle;

    if (ok_eq_status(test_open_interface(link, L"", &handle), STATUS_SUCCESS)) {
        ok_eq_status(ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode,
                                               (PVOID *)&file, NULL),
                     STATUS_SUCCESS);
        ZwClose(handle);
    }
    return file;
}

static void fill_custom(PTARGET_DEVICE_CUSTOM_NOTIFICATION custom)
{
    RtlZeroMemory(custom, sizeof(*custom));
    custom->Version = 1;
    custom->Size = sizeof(*custom);
    custom->Event = custom_event;
    custom->NameBufferOffset = -1;
    custom->CustomDataBuffer[0] = 77;
}

static void report_failures(PDEVICE_OBJECT physical)
{
    TARGET_DEVICE_CUSTOM_NOTIFICATION custom;

    fill_custom(&custom);
    custom.Event = GUID_TARGET_DEVICE_QUERY_REMOVE;
    ok_eq_status(IoReportTargetDeviceChange(physical, &custom), STATUS_INVALID_DEVICE_REQUEST);
}

GUEST_TEST(custom_events)
{
    PDEVICE_OBJECT physical = test_physical()->physical;
    LARGE_INTEGER timeout = {.QuadPart = ONE_SECOND};
    TARGET_DEVICE_CUSTOM_NOTIFICATION custom;
    UNICODE_STRING link = enroll();
    struct witness witness;
    PFILE_OBJECT file;
    KEVENT complete;
    PVOID entry;

    prepare(&witness);
    KeInitializeEvent(&complete, NotificationEvent, FALSE);
    ok_eq_status(IoSetDeviceInterfaceState(&link, TRUE), STATUS_SUCCESS);
    file = open_file(&link);
    ok_eq_status(IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, file,
                                                test_physical()->driver, on_target, &witness,
                                                &entry),
                 STATUS_SUCCESS);
    fill_custom(&custom);
    ok_eq_status(IoReportTargetDeviceChange(physical, &custom), STATUS_SUCCESS);
    ok_eq_int(witness.calls, 1);
    ok_eq_int(witness.irql, PASSIVE_LEVEL);
    ok(witness.file == file, "the file of the registration");
    ok(IsEqualGUID(&witness.event, &custom_event), "the event");
    ok_eq_int(witness.data, 77);
    ok_eq_status(
        IoReportTargetDeviceChangeAsynchronous(physical, &custom, on_complete, &complete),
        STATUS_PENDING);
    ok_eq_status(KeWaitForSingleObject(&complete, Executive, KernelMode, FALSE, &timeout),
                 STATUS_SUCCESS);
    ok_eq_int(witness.calls, 2);
    report_failures(physical);
    ok_eq_int(witness.calls, 2);
    ok_eq_status(IoUnregisterPlugPlayNotificationEx(entry), STATUS_SUCCESS);
    ok_eq_status(IoReportTargetDeviceChange(physical, &custom), STATUS_SUCCESS);
    ok_eq_int(witness.calls, 2);
    ObDereferenceObject(file);
    ok_eq_status(IoSetDeviceInterfaceState(&link, FALSE), STATUS_SUCCESS);
    RtlFreeUnicodeString(&link);
}

GUEST_TEST(registering_can_fail)
{
    struct witness witness;
    PVOID entry = &witness;

    prepare(&witness);
    ok_eq_status(IoRegisterPlugPlayNotification(EventCategoryHardwareProfileChange, 0, NULL,
                                                test_physical()->driver, on_interface, &witness,
                                                &entry),
                 STATUS_SUCCESS);
    ok_eq_status(IoUnregisterPlugPlayNotification(entry), STATUS_SUCCESS);
    ok_eq_status(IoRegisterPlugPlayNotification(EventCategoryReserved, 0, NULL,
                                                test_physical()->driver, on_interface, &witness,
                                                &entry),
                 STATUS_INVALID_PARAMETER);
    ok(entry == NULL, "no entry");
}

GUEST_TEST_FILE(notification, GUEST_ROW(arrival_and_removal), GUEST_ROW(existing_interfaces),
                GUEST_ROW(custom_events), GUEST_ROW(registering_can_fail));
