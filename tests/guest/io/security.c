/*
 * The security descriptor of a device: handles of files on it and the device share one, and it
 * decides who opens the device.
 */
#include "device.h"

#define NAME L"\\Device\\GuestSecured"

union list {
    ACL acl;
    UCHAR bytes[64];
};

NTSTATUS NTAPI ZwDuplicateToken(HANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                BOOLEAN effective_only, TOKEN_TYPE type, PHANDLE duplicate);

/* With the access check that a program meets. */
static NTSTATUS open_name(HANDLE root, PCWSTR text, ACCESS_MASK access, HANDLE *handle)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK block;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_FORCE_ACCESS_CHECK, root,
                               NULL);
    return ZwOpenFile(handle, access, &attributes, &block, 0, 0);
}

static NTSTATUS open_checked(ACCESS_MASK access, HANDLE *handle)
{
    return open_name(NULL, NAME, access, handle);
}

/* How the open of a name ends. */
static NTSTATUS try_open(HANDLE root, PCWSTR text, ACCESS_MASK access)
{
    HANDLE handle = NULL;
    NTSTATUS status = open_name(root, text, access, &handle);

    if (NT_SUCCESS(status))
        ZwClose(handle);
    return status;
}

static ACCESS_MASK granted_to(HANDLE handle)
{
    OBJECT_HANDLE_INFORMATION information = {0};
    PVOID file;

    if (NT_SUCCESS(ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, &file,
                                             &information)))
        ObDereferenceObject(file);
    return information.GrantedAccess;
}

/* How many entries the list has that the handle shows; the first one's mask. */
static ULONG query_list(HANDLE handle, ACCESS_MASK *mask)
{
    union {
        SECURITY_DESCRIPTOR_RELATIVE descriptor;
        UCHAR bytes[512];
    } buffer;
    ULONG length = 0;
    BOOLEAN present = FALSE, defaulted;
    PACL list = NULL;

    ok_eq_status(ZwQuerySecurityObject(handle, DACL_SECURITY_INFORMATION, &buffer, 0, &length),
                 STATUS_BUFFER_TOO_SMALL);
    ok(length >= sizeof(buffer.descriptor) + sizeof(ACL), "%u bytes", length);
    ok_eq_status(
        ZwQuerySecurityObject(handle, DACL_SECURITY_INFORMATION, &buffer, sizeof(buffer), &length),
        STATUS_SUCCESS);
    ok_eq_status(RtlGetDaclSecurityDescriptor(&buffer, &present, &list, &defaulted),
                 STATUS_SUCCESS);
    ok(present && list, "a list");
    if (!list)
        return 0;
    *mask = list->AceCount ? ((ACCESS_ALLOWED_ACE *)(list + 1))->Mask : 0;
    return list->AceCount;
}

/* Only system may use the device, and only so. No access: nobody may. */
static void set_list(HANDLE handle, ACCESS_MASK access)
{
    SECURITY_DESCRIPTOR descriptor;
    union list list;

    RtlCreateAcl(&list.acl, sizeof(list), ACL_REVISION);
    if (access)
        RtlAddAccessAllowedAce(&list.acl, ACL_REVISION, access, SeExports->SeLocalSystemSid);
    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&descriptor, TRUE, &list.acl, FALSE);
    ok_eq_status(ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &descriptor),
                 STATUS_SUCCESS);
}

GUEST_TEST(shared_by_handles)
{
    PDRIVER_OBJECT driver = test_driver_create();
    PDEVICE_OBJECT device = test_device_create(driver, NAME, DO_BUFFERED_IO, FALSE);
    HANDLE first = NULL, second = NULL, third = NULL;
    ACCESS_MASK mask = 0;

    ok_eq_status(open_checked(READ_CONTROL | WRITE_DAC, &first), STATUS_SUCCESS);
    ok_eq_status(open_checked(FILE_READ_DATA | READ_CONTROL, &second), STATUS_SUCCESS);
    ok(query_list(first, &mask) >= 1, "the list that devices get");
    set_list(first, GENERIC_READ);
    ok_eq_int(query_list(second, &mask), 1);
    ok_eq_int(mask, FILE_GENERIC_READ);
    set_list(first, 0);
    ok_eq_int(query_list(second, &mask), 0);
    ok_eq_status(open_checked(FILE_READ_DATA, &third), STATUS_ACCESS_DENIED);
    if (third)
        ZwClose(third);
    ZwClose(first);
    ZwClose(second);
    IoDeleteDevice(device);
    IoDeleteDriver(driver);
}

/* What is set at one device is not seen at another one. */
GUEST_TEST(own_of_each_device)
{
    PDRIVER_OBJECT driver = test_driver_create();
    PDEVICE_OBJECT device = test_device_create(driver, NAME, DO_BUFFERED_IO, FALSE);
    HANDLE handle = NULL;
    ACCESS_MASK mask = 0;

    ok_eq_status(open_checked(READ_CONTROL | WRITE_DAC, &handle), STATUS_SUCCESS);
    set_list(handle, 0);
    ZwClose(handle);
    IoDeleteDevice(device);
    device = test_device_create(driver, NAME, DO_BUFFERED_IO, FALSE);
    ok_eq_status(open_checked(READ_CONTROL | WRITE_DAC, &handle), STATUS_SUCCESS);
    ok(query_list(handle, &mask) >= 1, "the list that devices get");
    ZwClose(handle);
    IoDeleteDevice(device);
    IoDeleteDriver(driver);
}

/* What IoCreateDevice gives: each right for system and administrators, daily ones for everyone. */
GUEST_TEST(default_list)
{
    PDRIVER_OBJECT driver = test_driver_create();
    PDEVICE_OBJECT device = test_device_create(driver, NAME, DO_BUFFERED_IO, FALSE);
    HANDLE handle = NULL;

    ok_eq_status(open_checked(MAXIMUM_ALLOWED, &handle), STATUS_SUCCESS);
    ok_eq_int(granted_to(handle), FILE_ALL_ACCESS);
    ZwClose(handle);
    ok_eq_status(open_checked(GENERIC_READ, &handle), STATUS_SUCCESS);
    ok_eq_int(granted_to(handle), FILE_GENERIC_READ);
    ZwClose(handle);
    ok_eq_status(try_open(NULL, NAME, 0), STATUS_ACCESS_DENIED);
    IoDeleteDevice(device);
    IoDeleteDriver(driver);
}

/* The rights that are asked for count; who is refused never reaches the driver. */
GUEST_TEST(some_rights)
{
    PDRIVER_OBJECT driver = test_driver_create();
    PDEVICE_OBJECT device = test_device_create(driver, NAME, DO_BUFFERED_IO, FALSE);
    HANDLE handle = NULL, maximum = NULL;
    LONG creates;

    ok_eq_status(open_checked(WRITE_DAC, &handle), STATUS_SUCCESS);
    set_list(handle, GENERIC_READ);
    creates = test_extension(device)->creates;
    ok_eq_status(try_open(NULL, NAME, GENERIC_WRITE), STATUS_ACCESS_DENIED);
    ok_eq_status(try_open(NULL, NAME, GENERIC_READ | DELETE), STATUS_ACCESS_DENIED);
    ok_eq_int(test_extension(device)->creates, creates);
    ok_eq_status(try_open(NULL, NAME, GENERIC_READ), STATUS_SUCCESS);
    ok_eq_status(open_checked(MAXIMUM_ALLOWED, &maximum), STATUS_SUCCESS);
    /* System is in the group that owns the device. */
    ok_eq_int(granted_to(maximum), FILE_GENERIC_READ | WRITE_DAC);
    ZwClose(maximum);
    ZwClose(handle);
    IoDeleteDevice(device);
    IoDeleteDriver(driver);
}

/* Only IO_FORCE_ACCESS_CHECK and OBJ_FORCE_ACCESS_CHECK make kernel code ask. */
GUEST_TEST(kernel_mode)
{
    PDRIVER_OBJECT driver = test_driver_create();
    PDEVICE_OBJECT device = test_device_create(driver, NAME, DO_BUFFERED_IO, FALSE);
    UNICODE_STRING name = RTL_CONSTANT_STRING(NAME);
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK block;
    HANDLE handle = NULL, second = NULL;

    ok_eq_status(open_checked(WRITE_DAC, &handle), STATUS_SUCCESS);
    set_list(handle, 0);
    ZwClose(handle);
    ok_eq_status(test_open(NAME, GENERIC_READ, 0, &handle), STATUS_SUCCESS);
    ZwClose(handle);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    ok_eq_status(IoCreateFile(&second, GENERIC_READ, &attributes, &block, NULL, 0, 0, FILE_OPEN, 0,
                              NULL, 0, CreateFileTypeNone, NULL, IO_FORCE_ACCESS_CHECK),
                 STATUS_ACCESS_DENIED);
    ok_eq_status(IoCreateFile(&second, GENERIC_READ, &attributes, &block, NULL, 0, 0, FILE_OPEN, 0,
                              NULL, 0, CreateFileTypeNone, NULL, 0),
                 STATUS_SUCCESS);
    ZwClose(second);
    IoDeleteDevice(device);
    IoDeleteDriver(driver);
}

/* Names behind the device are the driver's own, unless it asks for the check. */
GUEST_TEST(names_behind)
{
    PDRIVER_OBJECT driver = test_driver_create();
    PDEVICE_OBJECT device = test_device_create(driver, NAME, DO_BUFFERED_IO, FALSE);
    HANDLE handle = NULL;

    ok_eq_status(open_checked(WRITE_DAC, &handle), STATUS_SUCCESS);
    set_list(handle, 0);
    ok_eq_status(try_open(NULL, NAME, GENERIC_READ), STATUS_ACCESS_DENIED);
    ok_eq_status(try_open(NULL, NAME L"\\name", GENERIC_READ), STATUS_SUCCESS);
    ok_eq_status(try_open(handle, L"name", GENERIC_READ), STATUS_SUCCESS);
    ok_eq_status(try_open(handle, L"", GENERIC_READ), STATUS_SUCCESS);
    device->Characteristics |= FILE_DEVICE_SECURE_OPEN;
    ok_eq_status(try_open(NULL, NAME L"\\name", GENERIC_READ), STATUS_ACCESS_DENIED);
    ok_eq_status(try_open(handle, L"name", GENERIC_READ), STATUS_ACCESS_DENIED);
    ok_eq_status(try_open(handle, L"", GENERIC_READ), STATUS_ACCESS_DENIED);
    ok_eq_status(try_open(NULL, NAME L"\\name", READ_CONTROL), STATUS_SUCCESS); /* the owner */
    ZwClose(handle);
    IoDeleteDevice(device);
    IoDeleteDriver(driver);
}

/* Act as oneself, but without the privilege to pass through everything. */
static NTSTATUS act_without_traverse(void)
{
    TOKEN_PRIVILEGES off = {1, {{{SE_CHANGE_NOTIFY_PRIVILEGE, 0}, 0}}};
    SECURITY_QUALITY_OF_SERVICE qos = {sizeof(qos), SecurityImpersonation, SECURITY_STATIC_TRACKING,
                                       FALSE};
    OBJECT_ATTRIBUTES attributes;
    HANDLE primary, copy = NULL;
    PVOID token;
    NTSTATUS status =
        ZwOpenProcessTokenEx(ZwCurrentProcess(), TOKEN_DUPLICATE, OBJ_KERNEL_HANDLE, &primary);

    if (!NT_SUCCESS(status))
        return status;
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    attributes.SecurityQualityOfService = &qos;
    status =
        ZwDuplicateToken(primary, TOKEN_ALL_ACCESS, &attributes, FALSE, TokenImpersonation, &copy);
    ZwClose(primary);
    if (NT_SUCCESS(status))
        status = ZwAdjustPrivilegesToken(copy, FALSE, &off, 0, NULL, NULL);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(copy, TOKEN_IMPERSONATE, *SeTokenObjectType, KernelMode,
                                           &token, NULL);
    if (NT_SUCCESS(status)) {
        status =
            PsImpersonateClient(PsGetCurrentThread(), token, FALSE, FALSE, SecurityImpersonation);
        ObDereferenceObject(token);
    }
    if (copy)
        ZwClose(copy);
    return status;
}

/* The thread's token counts. To reach a name behind the device it must be let through there. */
GUEST_TEST(impersonation)
{
    PDRIVER_OBJECT driver = test_driver_create();
    PDEVICE_OBJECT device = test_device_create(driver, NAME, DO_BUFFERED_IO, FALSE);
    PACCESS_TOKEN token = PsReferencePrimaryToken(PsGetCurrentProcess());
    HANDLE handle = NULL;

    ok_eq_status(open_checked(WRITE_DAC, &handle), STATUS_SUCCESS);
    set_list(handle, GENERIC_READ);
    ok_eq_status(
        PsImpersonateClient(PsGetCurrentThread(), token, FALSE, FALSE, SecurityIdentification),
        STATUS_SUCCESS);
    ok_eq_status(try_open(NULL, NAME, GENERIC_READ), STATUS_BAD_IMPERSONATION_LEVEL);
    PsRevertToSelf();
    ok_eq_status(act_without_traverse(), STATUS_SUCCESS);
    ok_eq_status(try_open(NULL, NAME, GENERIC_READ), STATUS_SUCCESS);
    ok_eq_status(try_open(NULL, NAME L"\\name", GENERIC_READ), STATUS_ACCESS_DENIED);
    ok_eq_status(try_open(handle, L"name", GENERIC_READ), STATUS_SUCCESS);
    set_list(handle, GENERIC_EXECUTE);
    ok_eq_status(try_open(NULL, NAME L"\\name", GENERIC_READ), STATUS_SUCCESS);
    PsRevertToSelf();
    PsDereferencePrimaryToken(token);
    ZwClose(handle);
    IoDeleteDevice(device);
    IoDeleteDriver(driver);
}

GUEST_TEST_FILE(io_security, GUEST_ROW(shared_by_handles), GUEST_ROW(own_of_each_device),
                GUEST_ROW(default_list), GUEST_ROW(some_rights), GUEST_ROW(kernel_mode),
                GUEST_ROW(names_behind), GUEST_ROW(impersonation));
