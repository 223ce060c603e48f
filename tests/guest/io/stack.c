/*
 * Device stacks: attaching, completion routines on the way up, detaching, and deletion in any
 * order.
 */
#include "device.h"

static PDRIVER_OBJECT driver, filter_driver;
static PDEVICE_OBJECT device, filter;
static struct test_device *test;
static LONG completions;
static NTSTATUS completion_status;
static BOOLEAN skip;

static NTSTATUS NTAPI on_completion(PDEVICE_OBJECT object, PIRP irp, PVOID context)
{
    completions++;
    completion_status = irp->IoStatus.Status;
    ok(object == filter, "the filter's device, not %p", object);
    ok(context == &completions, "the context");
    if (irp->PendingReturned)
        IoMarkIrpPending(irp);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI pass_on(PDEVICE_OBJECT object, PIRP irp)
{
    PDEVICE_OBJECT below = *(PDEVICE_OBJECT *)object->DeviceExtension;

    if (skip) {
        IoSkipCurrentIrpStackLocation(irp);
    } else {
        IoCopyCurrentIrpStackLocationToNext(irp);
        IoSetCompletionRoutine(irp, on_completion, &completions, TRUE, TRUE, TRUE);
    }
    return IoCallDriver(below, irp);
}

static NTSTATUS NTAPI initialize_filter(PDRIVER_OBJECT object, PUNICODE_STRING registry_path)
{
    UNREFERENCED_PARAMETER(registry_path);
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        object->MajorFunction[i] = pass_on;
    filter_driver = object;
    return STATUS_SUCCESS;
}

static void begin(void)
{
    PDEVICE_OBJECT below;

    completions = 0;
    skip = FALSE;
    driver = test_driver_create();
    device = test_device_create(driver, L"\\Device\\GuestIo", DO_BUFFERED_IO, FALSE);
    test = test_extension(device);
    ok_eq_status(IoCreateDriver(NULL, initialize_filter), STATUS_SUCCESS);
    ok_eq_status(
        IoCreateDevice(filter_driver, sizeof(PVOID), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &filter),
        STATUS_SUCCESS);
    below = IoAttachDeviceToDeviceStack(filter, device);
    ok(below == device, "attached to %p", below);
    *(PDEVICE_OBJECT *)filter->DeviceExtension = below;
    filter->Flags |= device->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO);
    filter->Flags &= ~DO_DEVICE_INITIALIZING;
}

static void end(void)
{
    IoDetachDevice(device);
    IoDeleteDevice(filter);
    IoDeleteDevice(device);
    ok(driver->DeviceObject == NULL && filter_driver->DeviceObject == NULL, "all are gone");
    IoDeleteDriver(filter_driver);
    IoDeleteDriver(driver);
}

GUEST_TEST(links)
{
    PDEVICE_OBJECT other;

    begin();
    ok_eq_int(filter->StackSize, device->StackSize + 1);
    ok(device->AttachedDevice == filter, "AttachedDevice");
    other = IoGetAttachedDeviceReference(device);
    ok(other == filter, "top %p", other);
    ObDereferenceObject(other);
    other = IoGetLowerDeviceObject(filter);
    ok(other == device, "lower %p", other);
    ObDereferenceObject(other);
    ok(IoGetLowerDeviceObject(device) == NULL, "nothing below");
    other = IoGetDeviceAttachmentBaseRef(filter);
    ok(other == device, "base %p", other);
    ObDereferenceObject(other);
    end();
    begin();
    IoDetachDevice(device);
    ok(device->AttachedDevice == NULL, "detached");
    ok(IoGetLowerDeviceObject(filter) == NULL, "nothing below");
    end();
}

GUEST_TEST(requests_pass_the_filter)
{
    UCHAR input[2] = {1, 2}, output[2] = {0};
    IO_STATUS_BLOCK iosb;
    HANDLE handle;

    begin();
    ok_eq_status(
        test_open(L"\\Device\\GuestIo", GENERIC_READ, FILE_SYNCHRONOUS_IO_NONALERT, &handle),
        STATUS_SUCCESS);
    ok_eq_int(completions, 1);
    ok_eq_status(
        ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, TEST_REVERSE, input, 2, output, 2),
        STATUS_SUCCESS);
    ok_eq_int(completions, 2);
    ok_eq_int(output[0], 2);
    ok_eq_status(
        ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, TEST_FAIL, NULL, 0, output, 2),
        STATUS_DEVICE_NOT_READY);
    ok_eq_status(completion_status, STATUS_DEVICE_NOT_READY);
    ok_eq_status(
        ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, TEST_LATER, NULL, 0, output, 2),
        STATUS_SUCCESS);
    ok_eq_int(completions, 4);
    skip = TRUE;
    ok_eq_status(
        ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, TEST_LATER, NULL, 0, output, 2),
        STATUS_SUCCESS);
    ok_eq_int(completions, 4);
    ok_eq_int(test->controls, 4);
    ZwClose(handle);
    ok_eq_int(test->closes, 1);
    end();
}

/* The lower device was deleted first: it goes when nothing is attached to it any more. */
GUEST_TEST(lower_deleted_first)
{
    begin();
    IoDeleteDevice(device);
    ok(driver->DeviceObject == device, "kept by the filter");
    IoDetachDevice(device);
    ok(driver->DeviceObject == NULL, "gone");
    IoDeleteDevice(filter);
    IoDeleteDriver(filter_driver);
    IoDeleteDriver(driver);
}

GUEST_TEST(device_pointer)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\GuestIo");
    UNICODE_STRING missing = RTL_CONSTANT_STRING(L"\\Device\\GuestIoMissing");
    PDEVICE_OBJECT top, list[1];
    PFILE_OBJECT file;
    ULONG count = 0;

    begin();
    ok_eq_status(IoGetDeviceObjectPointer(&name, FILE_ALL_ACCESS, &file, &top), STATUS_SUCCESS);
    ok(top == filter, "the top of the stack, not %p", top);
    ok(IoGetRelatedDeviceObject(file) == filter, "related");
    ok(IoGetBaseFileSystemDeviceObject(file) == device, "base");
    ok_eq_int(test->creates, 1);
    ok_eq_int(test->cleanups, 1);
    ok_eq_int(test->closes, 0);
    ObDereferenceObject(file);
    ok_eq_int(test->closes, 1);
    ok_eq_status(IoGetDeviceObjectPointer(&missing, FILE_ALL_ACCESS, &file, &top),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(IoEnumerateDeviceObjectList(driver, NULL, 0, &count), STATUS_BUFFER_TOO_SMALL);
    ok_eq_int(count, 1);
    ok_eq_status(IoEnumerateDeviceObjectList(driver, list, sizeof(list), &count), STATUS_SUCCESS);
    ok(list[0] == device, "%p", list[0]);
    ObDereferenceObject(list[0]);
    end();
}

GUEST_TEST_FILE(stack, GUEST_ROW(links), GUEST_ROW(requests_pass_the_filter),
                GUEST_ROW(lower_deleted_first), GUEST_ROW(device_pointer));
