/*
 * The security descriptor of a device, through handles of files on it: all of them and the device
 * share one.
 */
#include "device.h"

#define NAME L"\\Device\\GuestSecured"

union list {
    ACL acl;
    UCHAR bytes[64];
};

/* With the access check that a program meets. */
static NTSTATUS open_checked(ACCESS_MASK access, HANDLE *handle)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(NAME);
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK block;

    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_FORCE_ACCESS_CHECK, NULL,
                               NULL);
    return ZwOpenFile(handle, access, &attributes, &block, 0, 0);
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

GUEST_TEST_FILE(io_security, GUEST_ROW(shared_by_handles), GUEST_ROW(own_of_each_device));
