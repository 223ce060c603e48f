/*
 * Requests through handles: methods, buffers, status blocks, events, pending and cancelling.
 */
#include "device.h"

static PDRIVER_OBJECT driver;
static PDEVICE_OBJECT device;
static struct test_device *test;

static HANDLE begin(ULONG flags, ACCESS_MASK access, ULONG options)
{
    HANDLE handle = NULL;

    driver = test_driver_create();
    device = test_device_create(driver, L"\\Device\\GuestIo", flags, FALSE);
    test = test_extension(device);
    ok_eq_status(test_open(L"\\Device\\GuestIo", access, options, &handle), STATUS_SUCCESS);
    return handle;
}

static void end(HANDLE handle)
{
    ZwClose(handle);
    IoDeleteDevice(device);
    IoDeleteDriver(driver);
}

GUEST_TEST(methods)
{
    HANDLE handle = begin(0, GENERIC_READ | GENERIC_WRITE, FILE_SYNCHRONOUS_IO_NONALERT);
    UCHAR input[4] = {1, 2, 3, 4}, output[8] = {0};
    IO_STATUS_BLOCK iosb = {{0}};

    ok_eq_status(
        ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, TEST_REVERSE, input, 4, output, 8),
        STATUS_SUCCESS);
    ok_eq_int(iosb.Information, 4);
    ok_eq_int(output[0], 4);
    ok_eq_int(output[3], 1);
    ok_eq_int(input[0], 1);
    ok(test->seen_system_buffer != input && test->seen_system_buffer != output, "own buffer");
    ok_eq_status(ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, TEST_OUT_DIRECT, input, 4,
                                       output, 8),
                 STATUS_SUCCESS);
    ok(test->seen_mdl != NULL, "an MDL");
    ok_eq_int(output[0], 1);
    output[0] = 9;
    ok_eq_status(
        ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, TEST_IN_DIRECT, input, 4, output, 4),
        STATUS_SUCCESS);
    ok_eq_int(test->data[4], 9);
    ok_eq_status(
        ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, TEST_NEITHER, input, 4, output, 8),
        STATUS_SUCCESS);
    ok(test->seen_type3 == input && test->seen_user_buffer == output, "the caller's own");
    ok_eq_int(output[0], 1);
    end(handle);
}

GUEST_TEST(read_and_write)
{
    static const ULONG flags[] = {DO_BUFFERED_IO, DO_DIRECT_IO, 0};

    for (ULONG i = 0; i < 3; i++) {
        HANDLE handle = begin(flags[i], GENERIC_READ | GENERIC_WRITE, FILE_SYNCHRONOUS_IO_NONALERT);
        UCHAR data[8] = "abcdefg", back[8] = {0};
        IO_STATUS_BLOCK iosb;

        ok_eq_status(ZwWriteFile(handle, NULL, NULL, NULL, &iosb, data, 8, NULL, NULL),
                     STATUS_SUCCESS);
        ok_eq_int(iosb.Information, 8);
        ok_eq_status(ZwReadFile(handle, NULL, NULL, NULL, &iosb, back, 8, NULL, NULL),
                     STATUS_SUCCESS);
        ok_eq_str((char *)back, "abcdefg");
        ok_eq_int(test->seen_mdl != NULL, flags[i] == DO_DIRECT_IO);
        ok_eq_int(test->seen_user_buffer == back && !test->seen_mdl && !test->seen_system_buffer,
                  flags[i] == 0);
        end(handle);
    }
}

/* An error that comes back directly leaves the status block and the event as they were. */
GUEST_TEST(direct_error)
{
    HANDLE handle = begin(0, GENERIC_READ, FILE_SYNCHRONOUS_IO_NONALERT);
    IO_STATUS_BLOCK iosb = {.Status = 0x1234, .Information = 77};
    UCHAR output[4] = {5, 5, 5, 5};

    ok_eq_status(
        ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, TEST_FAIL, NULL, 0, output, 4),
        STATUS_DEVICE_NOT_READY);
    ok_eq_int(iosb.Status, 0x1234);
    ok_eq_int(iosb.Information, 77);
    ok_eq_int(output[0], 5);
    ok_eq_status(
        ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, TEST_OVERFLOW, NULL, 0, output, 4),
        STATUS_BUFFER_OVERFLOW);
    ok_eq_status(iosb.Status, STATUS_BUFFER_OVERFLOW);
    ok_eq_int(output[0], 0x77); /* a warning carries data */
    end(handle);
}

GUEST_TEST(pending_on_synchronous_file)
{
    HANDLE handle = begin(0, GENERIC_READ, FILE_SYNCHRONOUS_IO_NONALERT);
    IO_STATUS_BLOCK iosb = {.Status = 0x1234};
    UCHAR output[4];

    ok_eq_status(
        ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, TEST_LATER, NULL, 0, output, 4),
        STATUS_SUCCESS);
    ok_eq_status(iosb.Status, STATUS_SUCCESS);
    ok_eq_int(iosb.Information, 4);
    ok_eq_status(
        ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, TEST_FAIL_LATER, NULL, 0, output, 4),
        STATUS_DEVICE_NOT_READY);
    ok_eq_status(iosb.Status, STATUS_DEVICE_NOT_READY);
    end(handle);
    ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

GUEST_TEST(pending_with_event)
{
    HANDLE handle = begin(0, GENERIC_READ, 0);
    IO_STATUS_BLOCK iosb = {.Status = 0x1234};
    OBJECT_ATTRIBUTES attributes;
    UCHAR output[4];
    HANDLE event;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ok_eq_status(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
                 STATUS_SUCCESS);
    ok_eq_status(
        ZwDeviceIoControlFile(handle, event, NULL, NULL, &iosb, TEST_LATER, NULL, 0, output, 4),
        STATUS_PENDING);
    ok_eq_int(iosb.Status, 0x1234);
    ok_eq_status(ZwWaitForSingleObject(event, FALSE, NULL), STATUS_SUCCESS);
    ok_eq_status(iosb.Status, STATUS_SUCCESS);
    ok_eq_int(iosb.Information, 4);
    ok_eq_status(
        ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, TEST_LATER, NULL, 0, output, 4),
        STATUS_PENDING);
    ok_eq_status(ZwWaitForSingleObject(handle, FALSE, NULL), STATUS_SUCCESS); /* the file itself */
    ZwClose(event);
    end(handle);
}

NTSYSAPI NTSTATUS NTAPI ZwCancelIoFile(HANDLE handle, PIO_STATUS_BLOCK iosb);

typedef NTSTATUS(NTAPI *cancel_io_file_ex)(HANDLE handle, PIO_STATUS_BLOCK which,
                                           PIO_STATUS_BLOCK iosb);

GUEST_TEST(cancel_by_handle)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"ZwCancelIoFileEx"); /* in no import library */
    cancel_io_file_ex cancel = (cancel_io_file_ex)MmGetSystemRoutineAddress(&name);
    HANDLE handle = begin(0, GENERIC_READ, 0);
    IO_STATUS_BLOCK iosb = {.Status = 0x1234}, result;
    LARGE_INTEGER moment = {.QuadPart = -10000};

    ok_eq_status(
        ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, TEST_HANG, NULL, 0, NULL, 0),
        STATUS_PENDING);
    ok_eq_status(cancel(handle, &result, &result), STATUS_NOT_FOUND);
    ok_eq_status(cancel(handle, &iosb, &result), STATUS_SUCCESS);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    ok_eq_status(iosb.Status, STATUS_CANCELLED);
    ok_eq_int(test->cancels, 1);
    ok_eq_status(
        ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, TEST_HANG, NULL, 0, NULL, 0),
        STATUS_PENDING);
    ok_eq_status(ZwCancelIoFile(handle, &result), STATUS_SUCCESS);
    ok_eq_int(test->cancels, 2);
    ok_eq_status(iosb.Status, STATUS_CANCELLED);
    end(handle);
}

GUEST_TEST(queries_without_a_driver)
{
    HANDLE handle = begin(0, GENERIC_READ, FILE_SYNCHRONOUS_IO_NONALERT);
    FILE_FS_DEVICE_INFORMATION kind;
    FILE_POSITION_INFORMATION position = {{.QuadPart = 42}};
    FILE_STANDARD_INFORMATION standard;
    FILE_ACCESS_INFORMATION access;
    FILE_MODE_INFORMATION mode;
    IO_STATUS_BLOCK iosb;

    ok_eq_status(
        ZwQueryVolumeInformationFile(handle, &iosb, &kind, sizeof(kind), FileFsDeviceInformation),
        STATUS_SUCCESS);
    ok_eq_int(kind.DeviceType, FILE_DEVICE_UNKNOWN);
    ok_eq_status(
        ZwSetInformationFile(handle, &iosb, &position, sizeof(position), FilePositionInformation),
        STATUS_SUCCESS);
    position.CurrentByteOffset.QuadPart = 0;
    ok_eq_status(
        ZwQueryInformationFile(handle, &iosb, &position, sizeof(position), FilePositionInformation),
        STATUS_SUCCESS);
    ok_eq_int(position.CurrentByteOffset.QuadPart, 42);
    ok_eq_status(ZwQueryInformationFile(handle, &iosb, &mode, sizeof(mode), FileModeInformation),
                 STATUS_SUCCESS);
    ok_eq_int(mode.Mode, FILE_SYNCHRONOUS_IO_NONALERT);
    ok_eq_status(
        ZwQueryInformationFile(handle, &iosb, &access, sizeof(access), FileAccessInformation),
        STATUS_SUCCESS);
    ok_eq_int(access.AccessFlags, FILE_GENERIC_READ);
    ok_eq_status(
        ZwQueryInformationFile(handle, &iosb, &standard, sizeof(standard), FileStandardInformation),
        STATUS_INVALID_DEVICE_REQUEST);
    ok_eq_status(ZwQueryInformationFile(handle, &iosb, &standard, 4, FileStandardInformation),
                 STATUS_INFO_LENGTH_MISMATCH);
    ok_eq_status(ZwQueryInformationFile(handle, &iosb, &standard, sizeof(standard), 0x7777),
                 STATUS_INVALID_INFO_CLASS);
    end(handle);
}

GUEST_TEST_FILE(control, GUEST_ROW(methods), GUEST_ROW(read_and_write), GUEST_ROW(direct_error),
                GUEST_ROW(pending_on_synchronous_file), GUEST_ROW(pending_with_event),
                GUEST_ROW(cancel_by_handle), GUEST_ROW(queries_without_a_driver));
