/*
 * The device of device.h, and that its own life is right: opens, exclusive opens, deletion.
 */
#include "device.h"

#define ONE_MS (-10000ll)

NTSTATUS test_complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS NTAPI count_simple(PDEVICE_OBJECT device, PIRP irp)
{
    struct test_device *test = test_extension(device);

    switch (IoGetCurrentIrpStackLocation(irp)->MajorFunction) {
    case IRP_MJ_CREATE:
        test->creates++;
        break;
    case IRP_MJ_CLEANUP:
        test->cleanups++;
        break;
    case IRP_MJ_CLOSE:
        test->closes++;
        break;
    }
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static void note(struct test_device *test, PIRP irp, ULONG length)
{
    test->seen_system_buffer = irp->AssociatedIrp.SystemBuffer;
    test->seen_user_buffer = irp->UserBuffer;
    test->seen_mdl = irp->MdlAddress;
    test->seen_length = length;
}

static PUCHAR data_of(PIRP irp)
{
    if (irp->MdlAddress)
        return MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    return irp->AssociatedIrp.SystemBuffer ? irp->AssociatedIrp.SystemBuffer : irp->UserBuffer;
}

static NTSTATUS NTAPI transfer(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    struct test_device *test = test_extension(device);
    ULONG length = location->Parameters.Read.Length;
    ULONG count = length < sizeof(test->data) ? length : sizeof(test->data);

    note(test, irp, length);
    if (location->MajorFunction == IRP_MJ_READ) {
        test->reads++;
        RtlCopyMemory(data_of(irp), test->data, count);
    } else {
        test->writes++;
        RtlCopyMemory(test->data, data_of(irp), count);
    }
    return test_complete(irp, STATUS_SUCCESS, count);
}

static VOID NTAPI complete_pending(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct test_device *test = context;
    PIRP irp = test->pending;

    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    test->pending = NULL;
    test_complete(irp, test->pending_status, 4);
}

static NTSTATUS pend(struct test_device *test, PIRP irp, NTSTATUS status)
{
    LARGE_INTEGER due = {.QuadPart = ONE_MS};

    IoMarkIrpPending(irp);
    test->pending = irp;
    test->pending_status = status;
    KeInitializeTimer(&test->timer);
    KeInitializeDpc(&test->dpc, complete_pending, test);
    KeSetTimer(&test->timer, due, &test->dpc);
    return STATUS_PENDING;
}

VOID NTAPI test_cancel(PDEVICE_OBJECT device, PIRP irp)
{
    IoReleaseCancelSpinLock(irp->CancelIrql);
    test_extension(device)->cancels++;
    test_complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS hang(PIRP irp)
{
    IoMarkIrpPending(irp);
    (void)IoSetCancelRoutine(irp, test_cancel);
    return STATUS_PENDING;
}

static NTSTATUS reverse(PIRP irp, ULONG input, ULONG output)
{
    PUCHAR data = irp->AssociatedIrp.SystemBuffer;
    ULONG count = input < output ? input : output;

    for (ULONG i = 0; i < count / 2; i++) {
        UCHAR swap = data[i];

        data[i] = data[count - 1 - i];
        data[count - 1 - i] = swap;
    }
    return test_complete(irp, STATUS_SUCCESS, count);
}

static NTSTATUS NTAPI control(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    struct test_device *test = test_extension(device);
    ULONG input = location->Parameters.DeviceIoControl.InputBufferLength;
    ULONG output = location->Parameters.DeviceIoControl.OutputBufferLength;

    test->controls++;
    note(test, irp, output);
    test->seen_type3 = location->Parameters.DeviceIoControl.Type3InputBuffer;
    switch (location->Parameters.DeviceIoControl.IoControlCode) {
    case TEST_REVERSE:
        return reverse(irp, input, output);
    case TEST_IN_DIRECT: /* both are input */
        RtlCopyMemory(test->data, irp->AssociatedIrp.SystemBuffer, input);
        RtlCopyMemory(test->data + input, data_of(irp), output);
        return test_complete(irp, STATUS_SUCCESS, 0);
    case TEST_OUT_DIRECT:
        RtlCopyMemory(data_of(irp), irp->AssociatedIrp.SystemBuffer, input);
        return test_complete(irp, STATUS_SUCCESS, input);
    case TEST_NEITHER:
        RtlCopyMemory(irp->UserBuffer, test->seen_type3, input);
        return test_complete(irp, STATUS_SUCCESS, input);
    case TEST_FAIL:
        return test_complete(irp, STATUS_DEVICE_NOT_READY, 4);
    case TEST_OVERFLOW:
        RtlFillMemory(irp->AssociatedIrp.SystemBuffer, output, 0x77);
        return test_complete(irp, STATUS_BUFFER_OVERFLOW, output);
    case TEST_LATER:
        return pend(test, irp, STATUS_SUCCESS);
    case TEST_FAIL_LATER:
        return pend(test, irp, STATUS_DEVICE_NOT_READY);
    case TEST_HANG:
        return hang(irp);
    case TEST_READ_ACCESS:
    case TEST_WRITE_ACCESS:
        return test_complete(irp, STATUS_SUCCESS, 0);
    default:
        return test_complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static PDRIVER_OBJECT created_driver;

static NTSTATUS NTAPI initialize(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNREFERENCED_PARAMETER(registry_path);
    driver->MajorFunction[IRP_MJ_CREATE] = count_simple;
    driver->MajorFunction[IRP_MJ_CLEANUP] = count_simple;
    driver->MajorFunction[IRP_MJ_CLOSE] = count_simple;
    driver->MajorFunction[IRP_MJ_READ] = transfer;
    driver->MajorFunction[IRP_MJ_WRITE] = transfer;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    driver->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = control;
    created_driver = driver;
    return STATUS_SUCCESS;
}

PDRIVER_OBJECT test_driver_create(void)
{
    created_driver = NULL;
    ok_eq_status(IoCreateDriver(NULL, initialize), STATUS_SUCCESS);
    return created_driver;
}

PDEVICE_OBJECT test_device_create(PDRIVER_OBJECT driver, PCWSTR text, ULONG flags,
                                  BOOLEAN exclusive)
{
    PDEVICE_OBJECT device = NULL;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, text);
    ok_eq_status(IoCreateDevice(driver, sizeof(struct test_device), text ? &name : NULL,
                                FILE_DEVICE_UNKNOWN, 0, exclusive, &device),
                 STATUS_SUCCESS);
    device->Flags |= flags;
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return device;
}

NTSTATUS test_open(PCWSTR text, ACCESS_MASK access, ULONG options, HANDLE *handle)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    return ZwCreateFile(handle, access | SYNCHRONIZE, &attributes, &iosb, NULL, 0,
                        FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, options, NULL, 0);
}

GUEST_TEST(open_cleanup_close)
{
    PDRIVER_OBJECT driver = test_driver_create();
    PDEVICE_OBJECT device = test_device_create(driver, L"\\Device\\GuestIo", DO_BUFFERED_IO, FALSE);
    struct test_device *test = test_extension(device);
    PFILE_OBJECT file;
    HANDLE handle;

    ok_eq_status(test_open(L"\\Device\\GuestIo\\tail", GENERIC_READ, 0, &handle), STATUS_SUCCESS);
    ok_eq_int(test->creates, 1);
    ok_eq_int(device->ReferenceCount, 1);
    ok_eq_status(
        ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&file, NULL),
        STATUS_SUCCESS);
    ok_eq_wstr(file->FileName.Length == 10 ? L"5" : L"other", L"5");
    ok(file->DeviceObject == device, "device %p", file->DeviceObject);
    ZwClose(handle);
    ok_eq_int(test->cleanups, 1);
    ok_eq_int(test->closes, 0);
    ObDereferenceObject(file);
    ok_eq_int(test->closes, 1);
    ok_eq_int(device->ReferenceCount, 0);
    IoDeleteDevice(device);
    ok(driver->DeviceObject == NULL, "the driver has no device any more");
    IoDeleteDriver(driver);
}

GUEST_TEST(exclusive_open)
{
    PDRIVER_OBJECT driver = test_driver_create();
    PDEVICE_OBJECT device = test_device_create(driver, L"\\Device\\GuestIo", 0, TRUE);
    HANDLE first, second;

    ok_eq_status(test_open(L"\\Device\\GuestIo", GENERIC_READ, 0, &first), STATUS_SUCCESS);
    ok_eq_status(test_open(L"\\Device\\GuestIo", GENERIC_READ, 0, &second), STATUS_ACCESS_DENIED);
    ZwClose(first);
    ok_eq_status(test_open(L"\\Device\\GuestIo", GENERIC_READ, 0, &second), STATUS_SUCCESS);
    ZwClose(second);
    IoDeleteDevice(device);
    IoDeleteDriver(driver);
}

/* A deleted device stays while a handle is open, and accepts no new ones. */
GUEST_TEST(delete_while_open)
{
    PDRIVER_OBJECT driver = test_driver_create();
    PDEVICE_OBJECT device = test_device_create(driver, L"\\Device\\GuestIo", DO_BUFFERED_IO, FALSE);
    HANDLE handle, other;
    IO_STATUS_BLOCK iosb;
    UCHAR data[4];

    ok_eq_status(
        test_open(L"\\Device\\GuestIo", GENERIC_READ, FILE_SYNCHRONOUS_IO_NONALERT, &handle),
        STATUS_SUCCESS);
    IoDeleteDevice(device);
    ok_eq_status(test_open(L"\\Device\\GuestIo", GENERIC_READ, 0, &other),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(ZwReadFile(handle, NULL, NULL, NULL, &iosb, data, sizeof(data), NULL, NULL),
                 STATUS_SUCCESS);
    ok(driver->DeviceObject == device, "still there");
    ZwClose(handle);
    ok(driver->DeviceObject == NULL, "gone with the handle");
    IoDeleteDriver(driver);
}

/* The flag says that a device can be opened by name, whoever chose the name. */
GUEST_TEST(has_name)
{
    PDRIVER_OBJECT driver = test_driver_create();
    PDEVICE_OBJECT named = test_device_create(driver, L"\\Device\\GuestIo", 0, FALSE);
    PDEVICE_OBJECT unnamed = test_device_create(driver, NULL, 0, FALSE), generated = NULL;

    ok_eq_status(IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN,
                                FILE_AUTOGENERATED_DEVICE_NAME, FALSE, &generated),
                 STATUS_SUCCESS);
    ok_eq_int(named->Flags & DO_DEVICE_HAS_NAME, DO_DEVICE_HAS_NAME);
    ok_eq_int(generated->Flags & DO_DEVICE_HAS_NAME, DO_DEVICE_HAS_NAME);
    ok_eq_int(unnamed->Flags & DO_DEVICE_HAS_NAME, 0);
    IoDeleteDevice(generated);
    IoDeleteDevice(unnamed);
    IoDeleteDevice(named);
    IoDeleteDriver(driver);
}

GUEST_TEST_FILE(device, GUEST_ROW(open_cleanup_close), GUEST_ROW(exclusive_open),
                GUEST_ROW(delete_while_open), GUEST_ROW(has_name));
