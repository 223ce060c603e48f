/*
 * What an IRP looks like when it was allocated, initialised, reused or built, and where its results
 * go: to the status block and the event of the one who built it, in his thread.
 */
#include "device.h"

NTKERNELAPI VOID NTAPI IoQueueThreadIrp(PIRP irp);

typedef NTSTATUS(FASTCALL *call_driver)(PDEVICE_OBJECT device, PIRP irp);

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

/* Some routines are in no import library: the kernel is asked for them. */
static PVOID routine(PCWSTR text)
{
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, text);
    return MmGetSystemRoutineAddress(&name);
}

static void check_new(PIRP irp, CCHAR stack_count)
{
    ok_eq_int(irp->Type, IO_TYPE_IRP);
    ok_eq_int(irp->Size, IoSizeOfIrp(stack_count));
    ok_eq_int(irp->StackCount, stack_count);
    ok_eq_int(irp->CurrentLocation, stack_count + 1);
    ok(IoGetNextIrpStackLocation(irp) == (PIO_STACK_LOCATION)(irp + 1) + stack_count - 1,
       "the next location is the last of the array");
    ok(IsListEmpty(&irp->ThreadListEntry), "in no list");
    ok(!irp->CancelRoutine && !irp->Cancel && !irp->MdlAddress && !irp->Flags, "all else is zero");
    ok(!irp->Tail.Overlay.Thread && !irp->UserIosb && !irp->UserEvent, "of nobody");
    ok_eq_int(IoGetNextIrpStackLocation(irp)->Control, 0);
}

GUEST_TEST(allocate)
{
    PIRP irp;

    begin(0);
    for (CCHAR count = 1; count < 30; count += 7) {
        irp = IoAllocateIrp(count, FALSE);
        check_new(irp, count);
        IoFreeIrp(irp);
        irp = IoAllocateIrp(count, TRUE);
        check_new(irp, count);
        IoFreeIrp(irp);
    }
    irp = IoAllocateIrpEx(device, 3, FALSE);
    ok_eq_int(irp->StackCount, 3);
    ok_eq_int(irp->CurrentLocation, 4);
    IoFreeIrp(irp);
    end();
}

GUEST_TEST(initialize_and_reuse)
{
    USHORT size = IoSizeOfIrp(2);
    PIRP irp = ExAllocatePoolWithTag(NonPagedPool, size, 'tseT');
    UCHAR allocation;

    RtlFillMemory(irp, size, 0xEE);
    IoInitializeIrp(irp, size, 2);
    check_new(irp, 2);
    ExFreePoolWithTag(irp, 'tseT');
    irp = IoAllocateIrp(2, FALSE);
    allocation = irp->AllocationFlags;
    IoSetNextIrpStackLocation(irp);
    IoMarkIrpPending(irp);
    irp->Cancel = TRUE;
    irp->Flags = IRP_NOCACHE;
    IoReuseIrp(irp, STATUS_NOT_SUPPORTED);
    ok_eq_status(irp->IoStatus.Status, STATUS_NOT_SUPPORTED);
    irp->IoStatus.Status = 0;
    ok_eq_int(irp->AllocationFlags, allocation);
    check_new(irp, 2);
    ok_eq_int(((PIO_STACK_LOCATION)(irp + 1))[1].Control, 0);
    IoFreeIrp(irp);
}

/* The current and the next location, as copy, skip and set-next move between them. */
GUEST_TEST(stack_locations)
{
    PIRP irp = IoAllocateIrp(2, FALSE);
    PIO_STACK_LOCATION array = (PIO_STACK_LOCATION)(irp + 1);

    IoSetNextIrpStackLocation(irp);
    ok(IoGetCurrentIrpStackLocation(irp) == &array[1], "the upper one");
    ok_eq_int(irp->CurrentLocation, 2);
    array[1].MajorFunction = IRP_MJ_READ;
    array[1].Parameters.Read.Length = 77;
    array[1].Control = SL_PENDING_RETURNED | SL_INVOKE_ON_SUCCESS;
    array[1].CompletionRoutine = (PIO_COMPLETION_ROUTINE)(PVOID)1;
    array[0].CompletionRoutine = (PIO_COMPLETION_ROUTINE)(PVOID)2;
    IoCopyCurrentIrpStackLocationToNext(irp);
    ok_eq_int(array[0].MajorFunction, IRP_MJ_READ);
    ok_eq_int(array[0].Parameters.Read.Length, 77);
    ok_eq_int(array[0].Control, 0);
    ok(array[0].CompletionRoutine == (PIO_COMPLETION_ROUTINE)(PVOID)2, "not the routine");
    IoSkipCurrentIrpStackLocation(irp);
    ok_eq_int(irp->CurrentLocation, 3);
    ok(IoGetNextIrpStackLocation(irp) == &array[1], "the same again");
    IoFreeIrp(irp);
}

GUEST_TEST(control_fields)
{
    static const ULONG codes[] = {TEST_REVERSE, TEST_IN_DIRECT, TEST_OUT_DIRECT, TEST_NEITHER};
    UCHAR input[4] = {1, 2, 3, 4}, output[8];
    IO_STATUS_BLOCK iosb;
    KEVENT event;

    begin(0);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    for (ULONG i = 0; i < 8; i++) {
        ULONG code = codes[i / 2], method = code & 3;
        PIRP irp =
            IoBuildDeviceIoControlRequest(code, device, input, 4, output, 8, i % 2, &event, &iosb);
        PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);

        ok_eq_int(location->MajorFunction,
                  i % 2 ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL);
        ok_eq_int(location->Parameters.DeviceIoControl.IoControlCode, code);
        ok_eq_int(location->Parameters.DeviceIoControl.InputBufferLength, 4);
        ok_eq_int(location->Parameters.DeviceIoControl.OutputBufferLength, 8);
        ok_eq_int(irp->StackCount, device->StackSize);
        ok_eq_int(irp->RequestorMode, KernelMode);
        ok(irp->UserIosb == &iosb && irp->UserEvent == &event, "where the results go");
        ok(irp->Tail.Overlay.Thread == PsGetCurrentThread(), "the thread");
        ok(!IsListEmpty(&irp->ThreadListEntry), "in the thread's list");
        ok_eq_int((irp->AssociatedIrp.SystemBuffer != NULL), method != METHOD_NEITHER);
        ok_eq_int((irp->MdlAddress != NULL),
                  method == METHOD_IN_DIRECT || method == METHOD_OUT_DIRECT);
        ok_eq_int(location->Parameters.DeviceIoControl.Type3InputBuffer == input,
                  method == METHOD_NEITHER);
        if (method != METHOD_NEITHER)
            ok_eq_int(((PUCHAR)irp->AssociatedIrp.SystemBuffer)[2], 3);
        if (method != METHOD_IN_DIRECT && method != METHOD_OUT_DIRECT)
            ok(irp->UserBuffer == output, "the output buffer");
        if (irp->MdlAddress)
            ok(MmGetMdlVirtualAddress(irp->MdlAddress) == output &&
                   MmGetMdlByteCount(irp->MdlAddress) == 8,
               "the output's pages");
        IoCallDriver(device, irp); /* so that the I/O manager frees it */
    }
    ok_eq_int(test->controls, 8);
    end();
}

/* Buffers that cannot be read or locked: no IRP. Addresses below 64 KB are never memory. */
GUEST_TEST(bad_buffers)
{
    LARGE_INTEGER offset = {.QuadPart = 0};
    PVOID bad = (PVOID)0x1000;
    IO_STATUS_BLOCK iosb;
    KEVENT event;

    begin(DO_DIRECT_IO);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    ok(!IoBuildDeviceIoControlRequest(TEST_REVERSE, device, bad, 4, NULL, 0, FALSE, &event, &iosb),
       "input of METHOD_BUFFERED");
    ok(!IoBuildDeviceIoControlRequest(TEST_OUT_DIRECT, device, NULL, 0, bad, 4, FALSE, &event,
                                      &iosb),
       "output of METHOD_OUT_DIRECT");
    ok(!IoBuildAsynchronousFsdRequest(IRP_MJ_READ, device, bad, 4, &offset, &iosb), "read");
    ok(!IoBuildSynchronousFsdRequest(IRP_MJ_WRITE, device, bad, 4, &offset, &event, &iosb),
       "write");
    end();
}

GUEST_TEST(other_functions)
{
    static const UCHAR functions[] = {IRP_MJ_FLUSH_BUFFERS, IRP_MJ_SHUTDOWN, IRP_MJ_PNP};
    LARGE_INTEGER offset = {.QuadPart = 0x123456789};
    UCHAR data[4];
    PIRP irp;

    begin(DO_BUFFERED_IO);
    for (ULONG i = 0; i < 3; i++) {
        irp = IoBuildAsynchronousFsdRequest(functions[i], device, NULL, 0, NULL, NULL);
        ok_eq_int(IoGetNextIrpStackLocation(irp)->MajorFunction, functions[i]);
        ok(irp->AssociatedIrp.SystemBuffer == NULL, "no buffer");
        ok(IsListEmpty(&irp->ThreadListEntry), "the driver's own");
        IoFreeIrp(irp);
    }
    irp = IoBuildAsynchronousFsdRequest(IRP_MJ_READ, device, data, 4, &offset, NULL);
    ok_eq_int(IoGetNextIrpStackLocation(irp)->Parameters.Read.Length, 4);
    ok_eq_int(IoGetNextIrpStackLocation(irp)->Parameters.Read.ByteOffset.QuadPart, 0x123456789);
    ok(irp->UserBuffer == data && irp->AssociatedIrp.SystemBuffer != data, "its own buffer");
    ok((irp->Flags & (IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | IRP_INPUT_OPERATION)) ==
           (IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | IRP_INPUT_OPERATION),
       "flags 0x%lx", irp->Flags);
    ExFreePool(irp->AssociatedIrp.SystemBuffer);
    IoFreeIrp(irp);
    end();
}

/* The results travel by a special kernel APC to the thread that built the IRP. */
GUEST_TEST(results_wait_for_the_thread)
{
    IO_STATUS_BLOCK iosb = {.Status = 0x1234};
    UCHAR input[2] = {1, 2}, output[2] = {0};
    KEVENT event;
    KIRQL irql;
    PIRP irp;

    begin(0);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildDeviceIoControlRequest(TEST_REVERSE, device, input, 2, output, 2, FALSE, &event,
                                        &iosb);
    KeRaiseIrql(APC_LEVEL, &irql);
    ok_eq_status(IoCallDriver(device, irp), STATUS_SUCCESS);
    ok_eq_int(iosb.Status, 0x1234);
    ok_eq_int(KeReadStateEvent(&event), 0);
    ok_eq_int(output[0], 0);
    KeLowerIrql(irql);
    ok_eq_status(iosb.Status, STATUS_SUCCESS);
    ok_eq_int(iosb.Information, 2);
    ok_eq_int(KeReadStateEvent(&event), 1);
    ok_eq_int(output[0], 2);

    /* In a critical region too: normal APCs are off there, special ones are not. */
    KeClearEvent(&event);
    KeEnterCriticalRegion();
    irp =
        IoBuildDeviceIoControlRequest(TEST_LATER, device, NULL, 0, output, 2, FALSE, &event, &iosb);
    ok_eq_status(IoCallDriver(device, irp), STATUS_PENDING);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    KeLeaveCriticalRegion();
    ok_eq_int(iosb.Information, 4);
    end();
}

/* An error that comes back directly is only returned; one that pended is told. */
GUEST_TEST(errors)
{
    IO_STATUS_BLOCK iosb = {.Status = 0x1234};
    KEVENT event;
    PIRP irp;

    begin(0);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildDeviceIoControlRequest(TEST_FAIL, device, NULL, 0, NULL, 0, FALSE, &event, &iosb);
    ok_eq_status(IoCallDriver(device, irp), STATUS_DEVICE_NOT_READY);
    ok_eq_int(iosb.Status, 0x1234);
    ok_eq_int(KeReadStateEvent(&event), 0);
    irp = IoBuildDeviceIoControlRequest(TEST_FAIL_LATER, device, NULL, 0, NULL, 0, FALSE, &event,
                                        &iosb);
    ok_eq_status(IoCallDriver(device, irp), STATUS_PENDING);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    ok_eq_status(iosb.Status, STATUS_DEVICE_NOT_READY);
    end();
}

/* Paging I/O: status and event at once, whatever the IRQL, and the IRP is freed. */
GUEST_TEST(synchronous_paging)
{
    IO_STATUS_BLOCK iosb = {.Status = 0x1234};
    LARGE_INTEGER offset = {.QuadPart = 0};
    UCHAR data[4] = "pg";
    KEVENT event;
    KIRQL irql;
    PIRP irp;

    begin(0);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildAsynchronousFsdRequest(IRP_MJ_WRITE, device, data, 4, &offset, &iosb);
    irp->Flags |= IRP_PAGING_IO | IRP_SYNCHRONOUS_PAGING_IO;
    irp->UserEvent = &event;
    KeRaiseIrql(APC_LEVEL, &irql);
    ok_eq_status(IoCallDriver(device, irp), STATUS_SUCCESS);
    ok_eq_status(iosb.Status, STATUS_SUCCESS);
    ok_eq_int(iosb.Information, 4);
    ok_eq_int(KeReadStateEvent(&event), 1);
    KeLowerIrql(irql);
    ok_eq_str((char *)test->data, "pg");
    end();
}

/* An IRP of the driver's own that it gives to its thread: from then on it is the I/O manager's. */
GUEST_TEST(queue_to_thread)
{
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    PIRP irp;

    begin(0);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoAllocateIrp(device->StackSize, FALSE);
    irp->Tail.Overlay.Thread = PsGetCurrentThread();
    irp->UserIosb = &iosb;
    irp->UserEvent = &event;
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_DEVICE_CONTROL;
    IoGetNextIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode = TEST_LATER;
    IoQueueThreadIrp(irp);
    ok(!IsListEmpty(&irp->ThreadListEntry), "in the list");
    ok_eq_status(IoCallDriver(device, irp), STATUS_PENDING);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    ok_eq_int(iosb.Information, 4);
    end();
}

/* IoCallDriver is a macro for IofCallDriver, and a routine of that name as well. */
GUEST_TEST(call_driver_routine)
{
    call_driver call = (call_driver)routine(L"IoCallDriver");
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    PIRP irp;

    begin(0);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    ok(call != NULL, "there");
    irp = IoBuildDeviceIoControlRequest(TEST_READ_ACCESS, device, NULL, 0, NULL, 0, FALSE, &event,
                                        &iosb);
    ok_eq_status(call(device, irp), STATUS_SUCCESS);
    ok_eq_int(test->controls, 1);
    end();
}

GUEST_TEST(priority_hints)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    ok_eq_int(IoGetIoPriorityHint(irp), IoPriorityNormal);
    ok_eq_status(IoSetIoPriorityHint(irp, IoPriorityVeryLow), STATUS_SUCCESS);
    ok_eq_int(IoGetIoPriorityHint(irp), IoPriorityVeryLow);
    ok_eq_status(IoSetIoPriorityHint(irp, IoPriorityHigh), STATUS_SUCCESS);
    ok_eq_int(IoGetIoPriorityHint(irp), IoPriorityHigh);
    ok_eq_status(IoSetIoPriorityHint(irp, MaxIoPriorityTypes), STATUS_INVALID_PARAMETER);
    ok_eq_int(IoGetIoPriorityHint(irp), IoPriorityHigh);
    ok(!(irp->Flags & 0xFFFF), "no other flag: 0x%lx", irp->Flags);
    IoFreeIrp(irp);
}

static PIRP last_completed;

static NTSTATUS NTAPI keep(PDEVICE_OBJECT object, PIRP irp, PVOID context)
{
    UNREFERENCED_PARAMETER(object);
    last_completed = irp;
    ++*(LONG *)context;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Parts that pend, in any order; the master keeps the status that it has. */
GUEST_TEST(master_waits_for_all)
{
    LARGE_INTEGER wait = {.QuadPart = -50000};
    LONG completions = 0;
    PIRP master, part;

    begin(0);
    master = IoAllocateIrp(2, FALSE);
    IoSetNextIrpStackLocation(master);
    IoSetCompletionRoutine(master, keep, &completions, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(master);
    master->IoStatus.Status = STATUS_BUFFER_OVERFLOW;
    master->AssociatedIrp.IrpCount = 2;
    for (ULONG i = 0; i < 2; i++) {
        part = IoMakeAssociatedIrp(master, device->StackSize);
        ok(part->Flags & IRP_ASSOCIATED_IRP, "flag");
        ok(part->Tail.Overlay.Thread == master->Tail.Overlay.Thread, "the master's thread");
        IoGetNextIrpStackLocation(part)->MajorFunction = IRP_MJ_DEVICE_CONTROL;
        IoGetNextIrpStackLocation(part)->Parameters.DeviceIoControl.IoControlCode =
            i == 0 ? TEST_FAIL_LATER : TEST_FAIL;
        IoCallDriver(device, part);
        ok_eq_int(completions, 0);
    }
    KeDelayExecutionThread(KernelMode, FALSE, &wait);
    ok_eq_int(completions, 1);
    ok(last_completed == master, "the master");
    ok_eq_status(master->IoStatus.Status, STATUS_BUFFER_OVERFLOW);
    IoFreeIrp(master);
    end();
}

GUEST_TEST_FILE(irp_build, GUEST_ROW(allocate), GUEST_ROW(initialize_and_reuse),
                GUEST_ROW(stack_locations), GUEST_ROW(control_fields), GUEST_ROW(bad_buffers),
                GUEST_ROW(other_functions), GUEST_ROW(results_wait_for_the_thread),
                GUEST_ROW(errors), GUEST_ROW(synchronous_paging), GUEST_ROW(queue_to_thread),
                GUEST_ROW(call_driver_routine), GUEST_ROW(priority_hints),
                GUEST_ROW(master_waits_for_all));
