/*
 * Fast I/O: the driver's routine is asked before an IRP is made; FALSE means "make one".
 */
#include "device.h"

static PDRIVER_OBJECT driver;
static PDEVICE_OBJECT device;
static struct test_device *test;
static FAST_IO_DISPATCH fast;

static struct {
    LONG controls, reads, writes;
    BOOLEAN answer;         /* what the routine returns */
    IO_STATUS_BLOCK result; /* and stores */
    PVOID input, output;
    ULONG input_length, output_length, code;
    BOOLEAN wait;
    LONGLONG offset;
    PFILE_OBJECT file;
    KIRQL irql;
    LONG cache_map; /* any PrivateCacheMap makes a file a cached one */
} seen;

static BOOLEAN NTAPI fast_control(PFILE_OBJECT file, BOOLEAN wait, PVOID input, ULONG input_length,
                                  PVOID output, ULONG output_length, ULONG code,
                                  PIO_STATUS_BLOCK iosb, PDEVICE_OBJECT object)
{
    ok(object == device, "the device");
    seen.controls++;
    seen.file = file;
    seen.wait = wait;
    seen.input = input;
    seen.input_length = input_length;
    seen.output = output;
    seen.output_length = output_length;
    seen.code = code;
    seen.irql = KeGetCurrentIrql();
    *iosb = seen.result;
    return seen.answer;
}

static void note_transfer(PFILE_OBJECT file, PLARGE_INTEGER offset, ULONG length, BOOLEAN wait,
                          PVOID buffer, PIO_STATUS_BLOCK iosb)
{
    seen.file = file;
    seen.wait = wait;
    seen.offset = offset->QuadPart;
    seen.output = buffer;
    seen.output_length = length;
    *iosb = seen.result;
}

static BOOLEAN NTAPI fast_read(PFILE_OBJECT file, PLARGE_INTEGER offset, ULONG length, BOOLEAN wait,
                               ULONG key, PVOID buffer, PIO_STATUS_BLOCK iosb,
                               PDEVICE_OBJECT object)
{
    UNREFERENCED_PARAMETER(key);
    ok(object == device, "the device");
    seen.reads++;
    note_transfer(file, offset, length, wait, buffer, iosb);
    return seen.answer;
}

static BOOLEAN NTAPI fast_write(PFILE_OBJECT file, PLARGE_INTEGER offset, ULONG length,
                                BOOLEAN wait, ULONG key, PVOID buffer, PIO_STATUS_BLOCK iosb,
                                PDEVICE_OBJECT object)
{
    UNREFERENCED_PARAMETER(key);
    ok(object == device, "the device");
    seen.writes++;
    note_transfer(file, offset, length, wait, buffer, iosb);
    return seen.answer;
}

static HANDLE begin(ULONG options)
{
    HANDLE handle = NULL;

    RtlZeroMemory(&seen, sizeof(seen));
    seen.answer = TRUE;
    fast = (FAST_IO_DISPATCH){.SizeOfFastIoDispatch = sizeof(fast),
                              .FastIoRead = fast_read,
                              .FastIoWrite = fast_write,
                              .FastIoDeviceControl = fast_control};
    driver = test_driver_create();
    driver->FastIoDispatch = &fast;
    device = test_device_create(driver, L"\\Device\\GuestIo", DO_BUFFERED_IO, FALSE);
    test = test_extension(device);
    ok_eq_status(test_open(L"\\Device\\GuestIo", GENERIC_READ | GENERIC_WRITE, options, &handle),
                 STATUS_SUCCESS);
    return handle;
}

static void end(HANDLE handle)
{
    ZwClose(handle);
    IoDeleteDevice(device);
    driver->FastIoDispatch = NULL;
    IoDeleteDriver(driver);
}

static NTSTATUS control(HANDLE handle, ULONG code, PIO_STATUS_BLOCK iosb)
{
    static UCHAR input[4], output[8];

    return ZwDeviceIoControlFile(handle, NULL, NULL, NULL, iosb, code, input, 4, output, 8);
}

GUEST_TEST(device_control)
{
    HANDLE handle = begin(FILE_SYNCHRONOUS_IO_NONALERT);
    IO_STATUS_BLOCK iosb = {.Status = 0x1234};

    seen.result.Information = 5;
    ok_eq_status(control(handle, TEST_REVERSE, &iosb), STATUS_SUCCESS);
    ok_eq_int(seen.controls, 1);
    ok_eq_int(test->controls, 0); /* no IRP */
    ok_eq_int(seen.wait, TRUE);
    ok_eq_int(seen.code, TEST_REVERSE);
    ok_eq_int(seen.input_length, 4);
    ok_eq_int(seen.output_length, 8);
    ok(seen.input && seen.output && seen.input != seen.output, "the caller's own buffers");
    ok(seen.file && seen.file->DeviceObject == device, "the file");
    ok_eq_int(seen.irql, PASSIVE_LEVEL);
    ok_eq_status(iosb.Status, STATUS_SUCCESS);
    ok_eq_int(iosb.Information, 5);

    /* An error is an answer too, and is stored, other than that of an IRP. */
    seen.result = (IO_STATUS_BLOCK){.Status = STATUS_DEVICE_NOT_READY, .Information = 7};
    ok_eq_status(control(handle, TEST_REVERSE, &iosb), STATUS_DEVICE_NOT_READY);
    ok_eq_status(iosb.Status, STATUS_DEVICE_NOT_READY);
    ok_eq_int(iosb.Information, 7);
    ok_eq_int(test->controls, 0);
    end(handle);
}

GUEST_TEST(falls_through)
{
    HANDLE handle = begin(FILE_SYNCHRONOUS_IO_NONALERT);
    IO_STATUS_BLOCK iosb = {.Status = 0x1234};

    seen.answer = FALSE;
    seen.result = (IO_STATUS_BLOCK){.Status = STATUS_DEVICE_NOT_READY, .Information = 7};
    ok_eq_status(control(handle, TEST_REVERSE, &iosb), STATUS_SUCCESS);
    ok_eq_int(seen.controls, 1);
    ok_eq_int(test->controls, 1);
    ok_eq_status(iosb.Status, STATUS_SUCCESS);
    ok_eq_int(iosb.Information, 4);
    fast.FastIoDeviceControl = NULL;
    ok_eq_status(control(handle, TEST_REVERSE, &iosb), STATUS_SUCCESS);
    ok_eq_int(test->controls, 2);
    /* A control code of a file system is no device control. */
    fast.FastIoDeviceControl = fast_control;
    seen.controls = 0;
    ZwFsControlFile(handle, NULL, NULL, NULL, &iosb, TEST_REVERSE, NULL, 0, NULL, 0);
    ok_eq_int(seen.controls, 0);
    end(handle);
}

/* On an asynchronous file too; the event is set. */
GUEST_TEST(asynchronous_with_event)
{
    HANDLE handle = begin(0), event;
    IO_STATUS_BLOCK iosb = {.Status = 0x1234};
    OBJECT_ATTRIBUTES attributes;
    LARGE_INTEGER now = {.QuadPart = 0};

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ok_eq_status(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, TRUE),
                 STATUS_SUCCESS);
    seen.answer = FALSE;
    ok_eq_status(
        ZwDeviceIoControlFile(handle, event, NULL, NULL, &iosb, TEST_FAIL, NULL, 0, NULL, 0),
        STATUS_DEVICE_NOT_READY);
    ok_eq_status(ZwWaitForSingleObject(event, FALSE, &now), STATUS_TIMEOUT); /* cleared */
    seen.answer = TRUE;
    ok_eq_status(
        ZwDeviceIoControlFile(handle, event, NULL, NULL, &iosb, TEST_REVERSE, NULL, 0, NULL, 0),
        STATUS_SUCCESS);
    ok_eq_status(ZwWaitForSingleObject(event, FALSE, &now), STATUS_SUCCESS);
    ok_eq_int(test->controls, 1);
    ZwClose(event);
    end(handle);
}

static NTSTATUS transfer(HANDLE handle, BOOLEAN write, PIO_STATUS_BLOCK iosb)
{
    LARGE_INTEGER offset = {.QuadPart = 0x1000};
    static UCHAR data[16];

    if (write)
        return ZwWriteFile(handle, NULL, NULL, NULL, iosb, data, 16, &offset, NULL);
    return ZwReadFile(handle, NULL, NULL, NULL, iosb, data, 16, &offset, NULL);
}

/* Only a file that its file system caches is read and written without an IRP. */
GUEST_TEST(read_and_write)
{
    HANDLE handle = begin(FILE_SYNCHRONOUS_IO_NONALERT);
    IO_STATUS_BLOCK iosb;
    PFILE_OBJECT file;

    ok_eq_status(transfer(handle, FALSE, &iosb), STATUS_SUCCESS);
    ok_eq_int(seen.reads, 0);
    ok_eq_int(test->reads, 1);
    ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&file, NULL);
    file->PrivateCacheMap = &seen.cache_map;
    seen.result.Information = 3;
    ok_eq_status(transfer(handle, FALSE, &iosb), STATUS_SUCCESS);
    ok_eq_status(transfer(handle, TRUE, &iosb), STATUS_SUCCESS);
    ok_eq_int(seen.reads, 1);
    ok_eq_int(seen.writes, 1);
    ok_eq_int(test->reads + test->writes, 1);
    ok_eq_int(iosb.Information, 3);
    ok_eq_int(seen.offset, 0x1000);
    ok_eq_int(seen.output_length, 16);
    ok_eq_int(seen.wait, TRUE);
    ok(seen.file == file, "the file");
    /* The end of a file is an answer to a read; another failure is left to the IRP. */
    seen.result.Status = STATUS_END_OF_FILE;
    ok_eq_status(transfer(handle, FALSE, &iosb), STATUS_END_OF_FILE);
    ok_eq_int(test->reads, 1);
    seen.result.Status = STATUS_FILE_LOCK_CONFLICT;
    ok_eq_status(transfer(handle, FALSE, &iosb), STATUS_SUCCESS);
    ok_eq_int(seen.reads, 3);
    ok_eq_int(test->reads, 2);
    seen.result.Status = STATUS_SUCCESS;
    seen.answer = FALSE;
    ok_eq_status(transfer(handle, TRUE, &iosb), STATUS_SUCCESS);
    ok_eq_int(test->writes, 1);
    file->PrivateCacheMap = NULL;
    ObDereferenceObject(file);
    end(handle);
}

GUEST_TEST_FILE(fast_io, GUEST_ROW(device_control), GUEST_ROW(falls_through),
                GUEST_ROW(asynchronous_with_event), GUEST_ROW(read_and_write));
