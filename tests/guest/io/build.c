/*
 * IRPs that drivers make themselves.
 */
#include "device.h"

static PDRIVER_OBJECT driver;
static PDEVICE_OBJECT device;
static struct test_device *test;

static void begin(ULONG flags)
{
    driver = test_driver_create();
    device = test_device_create(driver, NULL, flags, FALSE);
    test = test_extension(device);
}

static void end(void)
{
    IoDeleteDevice(device);
    IoDeleteDriver(driver);
}

static NTSTATUS send(PIRP irp, PKEVENT event, PIO_STATUS_BLOCK iosb)
{
    NTSTATUS status = IoCallDriver(device, irp);

    if (status != STATUS_PENDING)
        return status;
    KeWaitForSingleObject(event, Executive, KernelMode, FALSE, NULL);
    return iosb->Status;
}

GUEST_TEST(control_requests)
{
    static const ULONG codes[] = {TEST_REVERSE, TEST_OUT_DIRECT, TEST_NEITHER};
    IO_STATUS_BLOCK iosb = {.Status = 1};
    UCHAR output[2], input[2] = {1, 2};
    KEVENT event;

    begin(0);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    for (ULONG i = 0; i < 3; i++) {
        PIRP irp = IoBuildDeviceIoControlRequest(codes[i], device, input, 2, output, 2, FALSE,
                                                 &event, &iosb);

        output[0] = 0;
        KeClearEvent(&event);
        ok_eq_status(send(irp, &event, &iosb), STATUS_SUCCESS);
        ok_eq_int(output[0], i == 0 ? 2 : 1);
        ok_eq_status(iosb.Status, STATUS_SUCCESS);
        ok_eq_int(iosb.Information, 2);
        ok_eq_int(KeReadStateEvent(&event), 1);
    }
    end();
}

GUEST_TEST(pending_and_failing)
{
    IO_STATUS_BLOCK iosb;
    UCHAR output[4];
    KEVENT event;
    PIRP irp;

    begin(0);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp =
        IoBuildDeviceIoControlRequest(TEST_LATER, device, NULL, 0, output, 4, FALSE, &event, &iosb);
    ok_eq_status(send(irp, &event, &iosb), STATUS_SUCCESS);
    ok_eq_int(iosb.Information, 4);
    KeClearEvent(&event);
    irp = IoBuildDeviceIoControlRequest(TEST_FAIL_LATER, device, NULL, 0, output, 4, TRUE, &event,
                                        &iosb);
    ok_eq_status(send(irp, &event, &iosb), STATUS_DEVICE_NOT_READY);
    irp =
        IoBuildDeviceIoControlRequest(TEST_FAIL, device, NULL, 0, output, 4, FALSE, &event, &iosb);
    ok_eq_status(send(irp, &event, &iosb), STATUS_DEVICE_NOT_READY);
    end();
}

GUEST_TEST(read_and_write_requests)
{
    static const ULONG flags[] = {DO_BUFFERED_IO, DO_DIRECT_IO, 0};

    for (ULONG i = 0; i < 3; i++) {
        LARGE_INTEGER offset = {.QuadPart = 0};
        UCHAR data[4] = "abc", back[4] = {0};
        IO_STATUS_BLOCK iosb;
        KEVENT event;
        PIRP irp;

        begin(flags[i]);
        KeInitializeEvent(&event, NotificationEvent, FALSE);
        irp = IoBuildSynchronousFsdRequest(IRP_MJ_WRITE, device, data, 4, &offset, &event, &iosb);
        ok_eq_status(send(irp, &event, &iosb), STATUS_SUCCESS);
        irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, device, back, 4, &offset, &event, &iosb);
        ok_eq_status(send(irp, &event, &iosb), STATUS_SUCCESS);
        ok_eq_str((char *)back, "abc");
        ok_eq_int(test->reads + test->writes, 2);
        end();
    }
}

static NTSTATUS NTAPI keep_irp(PDEVICE_OBJECT object, PIRP irp, PVOID context)
{
    UNREFERENCED_PARAMETER(object);
    UNREFERENCED_PARAMETER(irp);
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

GUEST_TEST(own_irps)
{
    LARGE_INTEGER offset = {.QuadPart = 0};
    UCHAR data[4] = "xyz";
    KEVENT event;
    PIRP irp;

    begin(0);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildAsynchronousFsdRequest(IRP_MJ_WRITE, device, data, 4, &offset, NULL);
    IoSetCompletionRoutine(irp, keep_irp, &event, TRUE, TRUE, TRUE);
    ok_eq_status(IoCallDriver(device, irp), STATUS_SUCCESS);
    ok_eq_int(KeReadStateEvent(&event), 1);
    ok_eq_int(irp->IoStatus.Information, 4);
    ok_eq_str((char *)test->data, "xyz");
    IoFreeIrp(irp);

    irp = IoAllocateIrp(device->StackSize, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_DEVICE_CONTROL;
    IoGetNextIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode = TEST_FAIL;
    KeClearEvent(&event);
    ok_eq_status(IoSetCompletionRoutineEx(device, irp, keep_irp, &event, TRUE, TRUE, TRUE),
                 STATUS_SUCCESS);
    ok_eq_status(IoCallDriver(device, irp), STATUS_DEVICE_NOT_READY);
    ok_eq_int(KeReadStateEvent(&event), 1);
    IoReuseIrp(irp, STATUS_SUCCESS);
    ok_eq_int(irp->CurrentLocation, irp->StackCount + 1);
    IoFreeIrp(irp);
    end();
}

/* The master completes with the last of its parts. */
GUEST_TEST(associated_irps)
{
    PIRP master, parts[2];
    KEVENT event;

    begin(DO_BUFFERED_IO);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    master = IoAllocateIrp((CCHAR)(device->StackSize + 1), FALSE);
    IoSetNextIrpStackLocation(master);
    IoSetCompletionRoutine(master, keep_irp, &event, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(master);
    master->AssociatedIrp.IrpCount = 2;
    for (ULONG i = 0; i < 2; i++) {
        parts[i] = IoMakeAssociatedIrp(master, device->StackSize);
        ok(parts[i]->AssociatedIrp.MasterIrp == master, "the master");
        IoGetNextIrpStackLocation(parts[i])->MajorFunction = IRP_MJ_DEVICE_CONTROL;
        IoGetNextIrpStackLocation(parts[i])->Parameters.DeviceIoControl.IoControlCode =
            TEST_READ_ACCESS;
    }
    IoCallDriver(device, parts[0]);
    ok_eq_int(KeReadStateEvent(&event), 0);
    IoCallDriver(device, parts[1]);
    ok_eq_int(KeReadStateEvent(&event), 1);
    IoFreeIrp(master);
    end();
}

GUEST_TEST_FILE(build, GUEST_ROW(control_requests), GUEST_ROW(pending_and_failing),
                GUEST_ROW(read_and_write_requests), GUEST_ROW(own_irps),
                GUEST_ROW(associated_irps));
