/* Device interfaces: names, states, lists, aliases, keys. */
#include "physical.h"

NTKERNELAPI NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING name, PDRIVER_INITIALIZE initialize);
NTSTATUS NTAPI IoGetDeviceInterfacePropertyData(PUNICODE_STRING link, const DEVPROPKEY *property,
                                                LCID locale, ULONG flags, ULONG size, PVOID data,
                                                PULONG required, PDEVPROPTYPE type);
NTSTATUS NTAPI IoSetDeviceInterfacePropertyData(PUNICODE_STRING link, const DEVPROPKEY *property,
                                                LCID locale, ULONG flags, DEVPROPTYPE type,
                                                ULONG size, PVOID data);

#define CLASSES L"Control\\DeviceClasses\\"

/* A class for each test: an interface cannot be unregistered. */
#define CLASS(number)                                                                              \
    (const GUID)                                                                                   \
    {                                                                                              \
        0x5eed0000 + (number), 0x1111, 0x2222, {1, 2, 3, 4, 5, 6, 7, 8}                            \
    }

static struct physical_test shared;

static NTSTATUS NTAPI complete(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);

    if (location->MajorFunction == IRP_MJ_PNP) {
        IoSkipCurrentIrpStackLocation(irp);
        return IoCallDriver(*(PDEVICE_OBJECT *)device->DeviceExtension, irp);
    }
    if (location->MajorFunction == IRP_MJ_CREATE) {
        RtlZeroMemory(shared.opened, sizeof(shared.opened));
        RtlCopyMemory(shared.opened, location->FileObject->FileName.Buffer,
                      min(location->FileObject->FileName.Length, sizeof(shared.opened) - 2));
    }
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI initialize(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        driver->MajorFunction[i] = complete;
    shared.driver = driver;
    return STATUS_SUCCESS;
}

struct physical_test *test_physical(void)
{
    UNICODE_STRING name;

    if (shared.function != NULL)
        return &shared;
    RtlInitUnicodeString(&name, L"\\Driver\\GuestPhysical");
    ok_eq_status(IoCreateDriver(&name, initialize), STATUS_SUCCESS);
    ok_eq_status(IoReportDetectedDevice(shared.driver, InterfaceTypeUndefined, (ULONG)-1,
                                        (ULONG)-1, NULL, NULL, FALSE, &shared.physical),
                 STATUS_SUCCESS);
    ok_eq_status(IoCreateDevice(shared.driver, sizeof(PDEVICE_OBJECT), NULL, FILE_DEVICE_UNKNOWN,
                                0, FALSE, &shared.function),
                 STATUS_SUCCESS);
    *(PDEVICE_OBJECT *)shared.function->DeviceExtension =
        IoAttachDeviceToDeviceStack(shared.function, shared.physical);
    shared.function->Flags &= ~DO_DEVICE_INITIALIZING;
    return &shared;
}

NTSTATUS test_open_interface(PUNICODE_STRING link, PCWSTR suffix, PHANDLE handle)
{
    WCHAR buffer[256] = {0};
    UNICODE_STRING name = {0, sizeof(buffer), buffer};
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;

    RtlAppendUnicodeStringToString(&name, link);
    RtlAppendUnicodeToString(&name, suffix);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    return ZwOpenFile(handle, SYNCHRONIZE | FILE_READ_DATA, &attributes, &iosb, FILE_SHARE_READ,
                      FILE_SYNCHRONOUS_IO_NONALERT);
}

NTSTATUS test_read_value(PCWSTR key, PCWSTR value, ULONG type, PVOID data, ULONG size)
{
    UCHAR buffer[512];
    PKEY_VALUE_PARTIAL_INFORMATION information = (PKEY_VALUE_PARTIAL_INFORMATION)buffer;
    WCHAR path[256] = L"\\Registry\\Machine\\System\\CurrentControlSet\\";
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    ULONG length;
    NTSTATUS status;

    wcscat(path, key);
    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    status = ZwOpenKey(&handle, KEY_READ, &attributes);
    if (!NT_SUCCESS(status))
        return status;
    RtlInitUnicodeString(&name, value);
    status = ZwQueryValueKey(handle, &name, KeyValuePartialInformation, buffer, sizeof(buffer),
                             &length);
    ZwClose(handle);
    if (!NT_SUCCESS(status))
        return status;
    if (information->Type != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    RtlCopyMemory(data, information->Data, min(size, information->DataLength));
    return STATUS_SUCCESS;
}

static UNICODE_STRING enroll(const GUID *class_guid, PCWSTR reference)
{
    UNICODE_STRING text, link = {0};

    RtlInitUnicodeString(&text, reference);
    ok_eq_status(IoRegisterDeviceInterface(test_physical()->physical, class_guid,
                                           reference ? &text : NULL, &link),
                 STATUS_SUCCESS);
    return link;
}

/* {class} as it stands in names. */
static void class_text(const GUID *class_guid, WCHAR *text)
{
    UNICODE_STRING string;

    RtlStringFromGUID(class_guid, &string);
    wcscpy(text, string.Buffer);
    RtlFreeUnicodeString(&string);
}

static WCHAR *end_of(PUNICODE_STRING link, PCWSTR end)
{
    return link->Buffer + link->Length / sizeof(WCHAR) - wcslen(end);
}

GUEST_TEST(name_has_device_and_class)
{
    GUID class_guid = CLASS(1);
    WCHAR class_name[40];
    UNICODE_STRING link = enroll(&class_guid, NULL), again = enroll(&class_guid, NULL);
    UNICODE_STRING prefix;

    RtlInitUnicodeString(&prefix, L"\\??\\ROOT#");
    class_text(&class_guid, class_name);
    ok(RtlPrefixUnicodeString(&prefix, &link, TRUE), "the name is %wZ", &link);
    ok(_wcsicmp(end_of(&link, class_name), class_name) == 0, "the name is %wZ", &link);
    ok_eq_int(*(end_of(&link, class_name) - 1), L'#');
    ok(wcschr(link.Buffer + 4, L'\\') == NULL, "one component: %wZ", &link);
    ok_eq_wstr(again.Buffer, link.Buffer);
    RtlFreeUnicodeString(&link);
    RtlFreeUnicodeString(&again);
}

GUEST_TEST(registering_can_fail)
{
    struct physical_test *test = test_physical();
    GUID class_guid = CLASS(2);
    UNICODE_STRING link, reference;

    ok_eq_status(IoRegisterDeviceInterface(test->function, &class_guid, NULL, &link),
                 STATUS_INVALID_DEVICE_REQUEST);
    RtlInitUnicodeString(&reference, L"a\\b");
    ok_eq_status(IoRegisterDeviceInterface(test->physical, &class_guid, &reference, &link),
                 STATUS_INVALID_DEVICE_REQUEST);
    RtlInitUnicodeString(&reference, L"a/b");
    ok_eq_status(IoRegisterDeviceInterface(test->physical, &class_guid, &reference, &link),
                 STATUS_INVALID_DEVICE_REQUEST);
    RtlInitUnicodeString(&link, L"\\??\\ROOT#NOBODY#0000#{5eed0002-1111-2222-0102-030405060708}");
    ok_eq_status(IoSetDeviceInterfaceState(&link, TRUE), STATUS_OBJECT_NAME_NOT_FOUND);
}

GUEST_TEST(enabled_can_be_opened)
{
    GUID class_guid = CLASS(3);
    UNICODE_STRING link = enroll(&class_guid, NULL);
    HANDLE handle;

    ok_eq_status(IoSetDeviceInterfaceState(&link, FALSE), STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(test_open_interface(&link, L"", &handle), STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(IoSetDeviceInterfaceState(&link, TRUE), STATUS_SUCCESS);
    ok_eq_status(IoSetDeviceInterfaceState(&link, TRUE), STATUS_OBJECT_NAME_EXISTS);
    if (ok_eq_status(test_open_interface(&link, L"", &handle), STATUS_SUCCESS)) {
        ok_eq_wstr(test_physical()->opened, L"");
        ZwClose(handle);
    }
    if (ok_eq_status(test_open_interface(&link, L"\\file", &handle), STATUS_SUCCESS)) {
        ok_eq_wstr(test_physical()->opened, L"\\file");
        ZwClose(handle);
    }
    ok_eq_status(IoSetDeviceInterfaceState(&link, FALSE), STATUS_SUCCESS);
    ok_eq_status(IoSetDeviceInterfaceState(&link, FALSE), STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(test_open_interface(&link, L"", &handle), STATUS_OBJECT_NAME_NOT_FOUND);
    RtlFreeUnicodeString(&link);
}

GUEST_TEST(references_share_the_link)
{
    GUID class_guid = CLASS(4);
    UNICODE_STRING one = enroll(&class_guid, L"one"), two = enroll(&class_guid, L"two");
    HANDLE handle;

    ok(wcscmp(end_of(&one, L"\\one"), L"\\one") == 0, "the name is %wZ", &one);
    ok_eq_status(IoSetDeviceInterfaceState(&one, TRUE), STATUS_SUCCESS);
    ok_eq_status(IoSetDeviceInterfaceState(&two, TRUE), STATUS_SUCCESS);
    ok_eq_status(IoSetDeviceInterfaceState(&one, FALSE), STATUS_SUCCESS);
    if (ok_eq_status(test_open_interface(&two, L"", &handle), STATUS_SUCCESS)) {
        ok_eq_wstr(test_physical()->opened, L"\\two");
        ZwClose(handle);
    }
    ok_eq_status(IoSetDeviceInterfaceState(&two, FALSE), STATUS_SUCCESS);
    ok_eq_status(test_open_interface(&two, L"", &handle), STATUS_OBJECT_PATH_NOT_FOUND);
    RtlFreeUnicodeString(&one);
    RtlFreeUnicodeString(&two);
}

/* How many names a list has. */
static ULONG count_list(const GUID *class_guid, PDEVICE_OBJECT physical, ULONG flags)
{
    ULONG count = 0;
    PWSTR list;

    if (!ok_eq_status(IoGetDeviceInterfaces(class_guid, physical, flags, &list), STATUS_SUCCESS))
        return 0;
    for (PWSTR name = list; *name; name += wcslen(name) + 1)
        count++;
    ExFreePool(list);
    return count;
}

GUEST_TEST(lists)
{
    PDEVICE_OBJECT physical = test_physical()->physical;
    GUID class_guid = CLASS(5);
    UNICODE_STRING one = enroll(&class_guid, NULL), two = enroll(&class_guid, L"two");
    PWSTR list;

    ok_eq_int(count_list(&class_guid, NULL, 0), 0);
    ok_eq_int(count_list(&class_guid, NULL, DEVICE_INTERFACE_INCLUDE_NONACTIVE), 2);
    ok_eq_status(IoSetDeviceInterfaceState(&two, TRUE), STATUS_SUCCESS);
    ok_eq_int(count_list(&class_guid, physical, 0), 1);
    if (ok_eq_status(IoGetDeviceInterfaces(&class_guid, NULL, 0, &list), STATUS_SUCCESS)) {
        ok_eq_wstr(list, two.Buffer);
        ExFreePool(list);
    }
    ok_eq_status(IoSetDeviceInterfaceState(&two, FALSE), STATUS_SUCCESS);
    RtlFreeUnicodeString(&one);
    RtlFreeUnicodeString(&two);
}

GUEST_TEST(aliases)
{
    GUID first = CLASS(6), second = CLASS(7), third = CLASS(8);
    UNICODE_STRING link = enroll(&first, L"x"), other = enroll(&second, L"x"), alias;
    UNICODE_STRING elsewhere = enroll(&third, L"y");

    if (ok_eq_status(IoGetDeviceInterfaceAlias(&link, &second, &alias), STATUS_SUCCESS)) {
        ok_eq_wstr(alias.Buffer, other.Buffer);
        RtlFreeUnicodeString(&alias);
    }
    ok_eq_status(IoGetDeviceInterfaceAlias(&link, &third, &alias), STATUS_OBJECT_NAME_NOT_FOUND);
    RtlFreeUnicodeString(&link);
    RtlFreeUnicodeString(&other);
    RtlFreeUnicodeString(&elsewhere);
}

/* …\{class}\##?#ROOT#…#{class} */
static void key_of(const GUID *class_guid, PUNICODE_STRING link, WCHAR *key)
{
    wcscpy(key, CLASSES);
    class_text(class_guid, key + wcslen(key));
    wcscat(key, L"\\##?#");
    wcscat(key, link->Buffer + 4);
}

GUEST_TEST(registry_keys)
{
    GUID class_guid = CLASS(9);
    UNICODE_STRING link = enroll(&class_guid, NULL), name;
    WCHAR key[256], text[256] = {0};
    ULONG number = 42, linked = 7, *read = (ULONG *)text;
    HANDLE handle;

    key_of(&class_guid, &link, key);
    ok_eq_status(test_read_value(key, L"DeviceInstance", REG_SZ, text, sizeof(text)),
                 STATUS_SUCCESS);
    ok(_wcsnicmp(text, L"ROOT\\", 5) == 0, "the instance is %ws", text);
    wcscat(key, L"\\#");
    ok_eq_status(test_read_value(key, L"SymbolicLink", REG_SZ, text, sizeof(text)), STATUS_SUCCESS);
    ok(wcsncmp(text, L"\\\\?\\", 4) == 0, "the link is %ws", text);
    ok_eq_wstr(text + 4, link.Buffer + 4);

    RtlInitUnicodeString(&name, L"Number");
    if (ok_eq_status(IoOpenDeviceInterfaceRegistryKey(&link, KEY_ALL_ACCESS, &handle),
                     STATUS_SUCCESS)) {
        ok_eq_status(ZwSetValueKey(handle, &name, 0, REG_DWORD, &number, sizeof(number)),
                     STATUS_SUCCESS);
        ZwClose(handle);
    }
    ok_eq_status(IoSetDeviceInterfaceState(&link, TRUE), STATUS_SUCCESS);
    wcscat(key, L"\\Control");
    ok_eq_status(test_read_value(key, L"Linked", REG_DWORD, &linked, sizeof(linked)),
                 STATUS_SUCCESS);
    ok_eq_int(linked, 1);
    ok_eq_status(IoSetDeviceInterfaceState(&link, FALSE), STATUS_SUCCESS);
    ok_eq_status(test_read_value(key, L"Linked", REG_DWORD, &linked, sizeof(linked)),
                 STATUS_SUCCESS);
    ok_eq_int(linked, 0);
    wcscpy(wcsrchr(key, L'\\'), L"\\Device Parameters");
    ok_eq_status(test_read_value(key, L"Number", REG_DWORD, text, sizeof(text)), STATUS_SUCCESS);
    ok_eq_int(*read, 42);
    RtlFreeUnicodeString(&link);
    RtlInitUnicodeString(&link, L"\\??\\ROOT#NOBODY#0000#{5eed0009-1111-2222-0102-030405060708}");
    ok_eq_status(IoOpenDeviceInterfaceRegistryKey(&link, KEY_READ, &handle),
                 STATUS_OBJECT_NAME_NOT_FOUND);
}

GUEST_TEST(properties_of_an_interface)
{
    static const DEVPROPKEY key = {{0x5eed5eed, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}}, 2};
    GUID class_guid = CLASS(10);
    UNICODE_STRING link = enroll(&class_guid, NULL);
    ULONG value = 0x1234, size = 0;
    DEVPROPTYPE type = 99;

    ok_eq_status(IoGetDeviceInterfacePropertyData(&link, &key, 0, 0, sizeof(value), &value, &size,
                                                  &type),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(IoSetDeviceInterfacePropertyData(&link, &key, 0, 0, DEVPROP_TYPE_UINT32,
                                                  sizeof(value), &value),
                 STATUS_SUCCESS);
    value = 0;
    ok_eq_status(IoGetDeviceInterfacePropertyData(&link, &key, 0, 0, 2, &value, &size, &type),
                 STATUS_BUFFER_TOO_SMALL);
    ok_eq_int(size, sizeof(value));
    ok_eq_status(IoGetDeviceInterfacePropertyData(&link, &key, 0, 0, sizeof(value), &value, &size,
                                                  &type),
                 STATUS_SUCCESS);
    ok_eq_int(value, 0x1234);
    ok_eq_int(type, DEVPROP_TYPE_UINT32);
    RtlFreeUnicodeString(&link);
}

GUEST_TEST_FILE(interface, GUEST_ROW(name_has_device_and_class), GUEST_ROW(registering_can_fail),
                GUEST_ROW(enabled_can_be_opened), GUEST_ROW(references_share_the_link),
                GUEST_ROW(lists), GUEST_ROW(aliases), GUEST_ROW(registry_keys),
                GUEST_ROW(properties_of_an_interface));
