/* IoGetDeviceProperty, IoGetDevicePropertyData, IoOpenDeviceRegistryKey. */
#include "physical.h"

static const DEVPROPKEY own_key = {{0x5eed5eed, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}}, 3};
static const DEVPROPKEY hardware_ids = {
    {0xa45c254e, 0xdf1c, 0x4efd, {0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}}, 3};

GUEST_TEST(text_and_its_length)
{
    PDEVICE_OBJECT physical = test_physical()->physical;
    UCHAR name[256];
    POBJECT_NAME_INFORMATION information = (POBJECT_NAME_INFORMATION)name;
    WCHAR text[128] = {0};
    ULONG size = 0, length;

    ok_eq_status(IoGetDeviceProperty(physical, DevicePropertyEnumeratorName, 0, NULL, &size),
                 STATUS_BUFFER_TOO_SMALL);
    ok_eq_int(size, sizeof(L"ROOT"));
    ok_eq_status(IoGetDeviceProperty(physical, DevicePropertyEnumeratorName, size, text, &size),
                 STATUS_SUCCESS);
    ok(_wcsicmp(text, L"ROOT") == 0, "the enumerator is %ws", text);
    ok_eq_status(IoGetDeviceProperty(physical, DevicePropertyPhysicalDeviceObjectName,
                                     sizeof(text), text, &size),
                 STATUS_SUCCESS);
    ok_eq_status(ObQueryNameString(physical, information, sizeof(name), &length), STATUS_SUCCESS);
    ok_eq_wstr(text, information->Name.Buffer);
    ok_eq_int(size, information->Name.Length + sizeof(WCHAR));
}

GUEST_TEST(numbers)
{
    PDEVICE_OBJECT physical = test_physical()->physical;
    ULONG number = 99, size = 0;

    ok_eq_status(
        IoGetDeviceProperty(physical, DevicePropertyInstallState, sizeof(number), &number, &size),
        STATUS_SUCCESS);
    ok_eq_int(number, InstallStateInstalled);
    ok_eq_int(size, sizeof(number));
    ok_eq_status(IoGetDeviceProperty(physical, DevicePropertyRemovalPolicy, sizeof(number) - 1,
                                     &number, &size),
                 STATUS_BUFFER_TOO_SMALL);
    ok_eq_int(size, sizeof(number));
    ok_eq_status(
        IoGetDeviceProperty(physical, DevicePropertyRemovalPolicy, sizeof(number), &number, &size),
        STATUS_SUCCESS);
    ok_eq_int(number, RemovalPolicyExpectNoRemoval);
}

/* What the bus driver says of its bus; the root bus is an internal one. */
GUEST_TEST(bus)
{
    static const GUID internal = {
        0x1530ea73, 0x086b, 0x11d1, {0xa0, 0x9f, 0x00, 0xc0, 0x4f, 0xc3, 0x40, 0xb1}};
    PDEVICE_OBJECT physical = test_physical()->physical;
    ULONG type = 99, size = 0;
    GUID guid;

    ok_eq_status(
        IoGetDeviceProperty(physical, DevicePropertyBusTypeGuid, sizeof(guid), &guid, &size),
        STATUS_SUCCESS);
    ok_eq_int(size, sizeof(guid));
    ok(IsEqualGUID(&guid, &internal), "GUID_BUS_TYPE_INTERNAL");
    ok_eq_status(
        IoGetDeviceProperty(physical, DevicePropertyLegacyBusType, sizeof(type), &type, &size),
        STATUS_SUCCESS);
    ok_eq_int(type, PNPBus);
    ok_eq_status(IoGetDeviceProperty(physical, DevicePropertyBusNumber, 2, &type, &size),
                 STATUS_BUFFER_TOO_SMALL);
    ok_eq_int(size, sizeof(type));
}

GUEST_TEST(failures)
{
    struct physical_test *test = test_physical();
    WCHAR text[64];
    ULONG size = 1;

    ok_eq_status(IoGetDeviceProperty(test->function, DevicePropertyEnumeratorName, sizeof(text),
                                     text, &size),
                 STATUS_INVALID_DEVICE_REQUEST);
    ok_eq_status(IoGetDeviceProperty(test->physical, DevicePropertyFriendlyName, sizeof(text), text,
                                     &size),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(IoGetDeviceProperty(test->physical, (DEVICE_REGISTRY_PROPERTY)0x70, sizeof(text),
                                     text, &size),
                 STATUS_INVALID_PARAMETER_2);
}

GUEST_TEST(device_key)
{
    struct physical_test *test = test_physical();
    UNICODE_STRING name;
    ULONG number = 42, size;
    UCHAR buffer[64];
    HANDLE key;

    RtlInitUnicodeString(&name, L"Number");
    ok_eq_status(IoOpenDeviceRegistryKey(test->physical, PLUGPLAY_REGKEY_DEVICE, KEY_ALL_ACCESS,
                                         &key),
                 STATUS_SUCCESS);
    ok_eq_status(ZwSetValueKey(key, &name, 0, REG_DWORD, &number, sizeof(number)), STATUS_SUCCESS);
    ZwClose(key);
    ok_eq_status(IoOpenDeviceRegistryKey(test->physical, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &key),
                 STATUS_SUCCESS);
    ok_eq_status(ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, sizeof(buffer),
                                 &size),
                 STATUS_SUCCESS);
    ok_eq_int(*(ULONG *)((PKEY_VALUE_PARTIAL_INFORMATION)buffer)->Data, 42);
    ZwClose(key);
    if (ok_eq_status(IoOpenDeviceRegistryKey(
                         test->physical,
                         PLUGPLAY_REGKEY_DEVICE | PLUGPLAY_REGKEY_CURRENT_HWPROFILE, KEY_READ,
                         &key),
                     STATUS_SUCCESS)) {
        ok_eq_status(ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer,
                                     sizeof(buffer), &size),
                     STATUS_OBJECT_NAME_NOT_FOUND);
        ZwClose(key);
    }
    ok_eq_status(IoOpenDeviceRegistryKey(test->physical, 0, KEY_READ, &key),
                 STATUS_INVALID_PARAMETER);
    ok_eq_status(IoOpenDeviceRegistryKey(test->function, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &key),
                 STATUS_INVALID_DEVICE_REQUEST);
}

GUEST_TEST(properties_by_key)
{
    PDEVICE_OBJECT physical = test_physical()->physical;
    WCHAR text[16] = {0};
    ULONG size = 0;
    DEVPROPTYPE type = 0;

    ok_eq_status(
        IoGetDevicePropertyData(physical, &own_key, 0, 0, sizeof(text), text, &size, &type),
        STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(IoSetDevicePropertyData(physical, &own_key, 0, PLUGPLAY_PROPERTY_PERSISTENT,
                                         DEVPROP_TYPE_STRING, sizeof(L"abc"), L"abc"),
                 STATUS_SUCCESS);
    ok_eq_status(IoGetDevicePropertyData(physical, &own_key, 0, 0, 4, text, &size, &type),
                 STATUS_BUFFER_TOO_SMALL);
    ok_eq_int(size, sizeof(L"abc"));
    ok_eq_status(
        IoGetDevicePropertyData(physical, &own_key, 0, 0, sizeof(text), text, &size, &type),
        STATUS_SUCCESS);
    ok_eq_wstr(text, L"abc");
    ok_eq_int(type, DEVPROP_TYPE_STRING);
    ok_eq_status(IoSetDevicePropertyData(physical, &own_key, 0, 0, DEVPROP_TYPE_EMPTY, 0, NULL),
                 STATUS_SUCCESS);
    ok_eq_status(
        IoGetDevicePropertyData(physical, &own_key, 0, 0, sizeof(text), text, &size, &type),
        STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(IoSetDevicePropertyData(physical, &own_key, 0, 0, DEVPROP_TYPE_EMPTY, 0, NULL),
                 STATUS_OBJECT_NAME_NOT_FOUND);
}

/* DEVPKEY_Device_HardwareIds and DevicePropertyHardwareID are one property. */
GUEST_TEST(older_names)
{
    PDEVICE_OBJECT physical = test_physical()->physical;
    UCHAR first[256], second[256];
    ULONG first_size = 0, second_size = 0;
    DEVPROPTYPE type = 0;

    ok_eq_status(IoGetDeviceProperty(physical, DevicePropertyHardwareID, sizeof(first), first,
                                     &first_size),
                 STATUS_SUCCESS);
    ok_eq_status(IoGetDevicePropertyData(physical, &hardware_ids, 0, 0, sizeof(second), second,
                                         &second_size, &type),
                 STATUS_SUCCESS);
    ok_eq_int(second_size, first_size);
    ok_eq_int(type, DEVPROP_TYPE_STRING_LIST);
    ok(RtlCompareMemory(first, second, first_size) == first_size, "the ids differ");
}

GUEST_TEST_FILE(property, GUEST_ROW(text_and_its_length), GUEST_ROW(numbers), GUEST_ROW(bus),
                GUEST_ROW(failures),
                GUEST_ROW(device_key), GUEST_ROW(properties_by_key), GUEST_ROW(older_names));
