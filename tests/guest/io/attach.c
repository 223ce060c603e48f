/*
 * Attaching and detaching: what a device takes over from the one below, what is refused, and who
 * gets the requests of a name.
 */
#include "layers.h"

static PDEVICE_OBJECT new_device(void)
{
    PDEVICE_OBJECT device = NULL;

    ok_eq_status(IoCreateDevice(layers.driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device),
                 STATUS_SUCCESS);
    return device;
}

GUEST_TEST(inherited)
{
    PDEVICE_OBJECT device;

    layers_begin(FALSE);
    for (CHAR i = 0; i < LEVELS; i++)
        ok_eq_int(layers.devices[(int)i]->StackSize, i + 1);
    device = new_device();
    ok_eq_int(device->StackSize, 1);
    ok_eq_int(device->AlignmentRequirement, 0);
    layers.devices[2]->AlignmentRequirement = FILE_64_BYTE_ALIGNMENT;
    layers.devices[2]->SectorSize = 512;
    ok(IoAttachDeviceToDeviceStack(device, layers.devices[0]) == layers.devices[2],
       "above the top, not above the target");
    ok_eq_int(device->StackSize, LEVELS + 1);
    ok_eq_int(device->AlignmentRequirement, FILE_64_BYTE_ALIGNMENT);
    ok_eq_int(device->SectorSize, 512);
    ok(layers.devices[2]->AttachedDevice == device, "linked");
    IoDetachDevice(layers.devices[2]);
    ok(layers.devices[2]->AttachedDevice == NULL, "not any more");
    IoDeleteDevice(device);
    layers_end();
}

/* A device that is not ready, or going away, can carry no other. */
GUEST_TEST(refused)
{
    PDEVICE_OBJECT device, target, attached = (PDEVICE_OBJECT)(PVOID)1;
    PDEVICE_OBJECT above;

    layers_begin(FALSE);
    device = new_device();
    target = new_device(); /* with DO_DEVICE_INITIALIZING */
    ok(IoAttachDeviceToDeviceStack(device, target) == NULL, "not ready");
    ok_eq_status(IoAttachDeviceToDeviceStackSafe(device, target, &attached), STATUS_NO_SUCH_DEVICE);
    ok(attached == NULL, "nothing below");
    ok_eq_status(IoAttachDeviceByPointer(device, target), STATUS_NO_SUCH_DEVICE);
    ok_eq_int(device->StackSize, 1);
    target->Flags &= ~DO_DEVICE_INITIALIZING;
    ok_eq_status(IoAttachDeviceByPointer(device, target), STATUS_SUCCESS);
    ok(target->AttachedDevice == device, "attached");

    /* It is deleted now, but there as long as another is attached. */
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    above = new_device();
    ok(IoAttachDeviceToDeviceStack(above, target) == device, "above");
    IoDeleteDevice(device);
    ok(IoGetLowerDeviceObject(device) == NULL, "a deleted device has no lower one");
    IoDetachDevice(target);
    IoDetachDevice(device);
    IoDeleteDevice(above);
    IoDeleteDevice(target);
    layers_end();
}

/* By name: the stack sees the open that the I/O manager makes. */
GUEST_TEST(by_name)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\GuestLayers");
    UNICODE_STRING missing = RTL_CONSTANT_STRING(L"\\Device\\GuestLayersMissing");
    PDEVICE_OBJECT device, attached = NULL;
    LONG before;

    layers_begin(TRUE);
    device = new_device();
    ok_eq_status(IoAttachDevice(device, &missing, &attached), STATUS_OBJECT_NAME_NOT_FOUND);
    ok(attached == NULL && device->StackSize == 1, "nothing happened");
    before = layers.level[0].dispatched;
    ok_eq_status(IoAttachDevice(device, &name, &attached), STATUS_SUCCESS);
    ok(attached == layers.devices[2], "above the top");
    ok(layers.level[0].dispatched > before, "CREATE");
    ok_eq_int(device->StackSize, LEVELS + 1);
    IoDetachDevice(layers.devices[2]);
    IoDeleteDevice(device);
    layers_end();
}

/* References: the caller's device cannot go while he has one. */
GUEST_TEST(references)
{
    PDEVICE_OBJECT top, lower, base;

    layers_begin(FALSE);
    top = IoGetAttachedDeviceReference(layers.devices[0]);
    lower = IoGetLowerDeviceObject(layers.devices[2]);
    base = IoGetDeviceAttachmentBaseRef(layers.devices[2]);
    ok(top == layers.devices[2], "top");
    ok(lower == layers.devices[1], "lower");
    ok(base == layers.devices[0], "base");
    ok(IoGetAttachedDevice(layers.devices[1]) == top, "without a reference");
    ok(IoGetAttachedDeviceReference(top) == top, "the top of the top");
    ObDereferenceObject(top);
    layers_end();
    ok_eq_int(top->Type, IO_TYPE_DEVICE); /* deleted, but there */
    ok_eq_int(base->Type, IO_TYPE_DEVICE);
    ObDereferenceObject(top);
    ObDereferenceObject(lower);
    ObDereferenceObject(base);
}

/* A file keeps its device, and what is attached later gets its requests. */
GUEST_TEST(open_file_and_new_filter)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\GuestLayers");
    IO_STATUS_BLOCK iosb;
    PFILE_OBJECT file;
    HANDLE handle;

    layers_begin(TRUE);
    IoDetachDevice(layers.lower[2]);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    ok_eq_status(ZwCreateFile(&handle, GENERIC_READ | SYNCHRONIZE, &attributes, &iosb, NULL, 0, 0,
                              FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0),
                 STATUS_SUCCESS);
    ok_eq_int(layers.level[1].dispatched, 1);
    ok_eq_int(layers.level[2].dispatched, 0);
    ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&file, NULL);
    ok(IoGetRelatedDeviceObject(file) == layers.devices[1], "the top now");
    ok(IoAttachDeviceToDeviceStack(layers.devices[2], layers.devices[0]) == layers.devices[1],
       "attached again");
    ok(IoGetRelatedDeviceObject(file) == layers.devices[2], "the new top");
    ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, TEST_REVERSE, NULL, 0, NULL, 0);
    ok_eq_int(layers.level[2].dispatched, 1);
    ObDereferenceObject(file);
    ZwClose(handle);
    ok_eq_int(layers.level[2].dispatched, 3); /* CLEANUP and CLOSE */
    ok_eq_int(layers.level[0].major, IRP_MJ_CLOSE);
    layers_end();
}

/* A filter that fails an open which the drivers below have completed. */
static NTSTATUS NTAPI refuse_create(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    PFILE_OBJECT file = location->FileObject;

    UNREFERENCED_PARAMETER(device);
    if (location->MajorFunction != IRP_MJ_CREATE)
        return test_complete(irp, STATUS_SUCCESS, 0);
    ok_eq_int(IoForwardIrpSynchronously(layers.devices[2], irp), TRUE);
    ok_eq_status(irp->IoStatus.Status, STATUS_SUCCESS);
    ok_eq_int(layers.level[0].dispatched, 1);
    IoCancelFileOpen(layers.devices[2], file);
    ok_eq_int(layers.level[0].dispatched, 3);
    ok_eq_int(layers.level[0].major, IRP_MJ_CLOSE);
    ok(file->Flags & FO_FILE_OPEN_CANCELLED, "the file knows");
    return test_complete(irp, STATUS_VIRUS_INFECTED, 0);
}

GUEST_TEST(cancel_file_open)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\GuestLayers");
    PDRIVER_OBJECT other = test_driver_create();
    PDEVICE_OBJECT filter = test_device_create(other, NULL, 0, FALSE), top;
    PFILE_OBJECT file;

    layers_begin(TRUE);
    other->MajorFunction[IRP_MJ_CREATE] = refuse_create;
    ok(IoAttachDeviceToDeviceStack(filter, layers.devices[0]) == layers.devices[2], "attached");
    ok_eq_status(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &top),
                 STATUS_VIRUS_INFECTED);
    ok_eq_int(layers.level[0].dispatched, 3); /* no second CLEANUP or CLOSE */
    ok_eq_int(layers.devices[0]->ReferenceCount, 0);
    IoDetachDevice(layers.devices[2]);
    IoDeleteDevice(filter);
    IoDeleteDriver(other);
    layers_end();
}

GUEST_TEST(replace_name)
{
    static WCHAR shorter[] = L"\\ab", longer[] = L"\\a longer name";
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\GuestLayers\\name");
    PDEVICE_OBJECT top;
    PFILE_OBJECT file;

    layers_begin(TRUE);
    ok_eq_status(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &top), STATUS_SUCCESS);
    ok_eq_int(file->FileName.Length, 10);
    ok_eq_status(IoReplaceFileObjectName(file, shorter, 6), STATUS_SUCCESS);
    ok(file->FileName.Length == 6 && RtlCompareMemory(file->FileName.Buffer, shorter, 6) == 6,
       "shorter");
    ok_eq_status(IoReplaceFileObjectName(file, longer, 28), STATUS_SUCCESS);
    ok(file->FileName.Length == 28 && RtlCompareMemory(file->FileName.Buffer, longer, 28) == 28,
       "longer");
    ObDereferenceObject(file);
    layers_end();
}

/* A file system filter is told by fast I/O that the device below goes away. */
static PDEVICE_OBJECT told_source, told_target;

static VOID NTAPI on_detach(PDEVICE_OBJECT source, PDEVICE_OBJECT target)
{
    told_source = source;
    told_target = target;
    IoDetachDevice(target);
    IoDeleteDevice(source);
}

GUEST_TEST(fast_detach)
{
    static FAST_IO_DISPATCH fast = {.SizeOfFastIoDispatch = sizeof(fast),
                                    .FastIoDetachDevice = on_detach};
    PDRIVER_OBJECT other = test_driver_create();
    PDEVICE_OBJECT filter = test_device_create(other, NULL, 0, FALSE), bottom;

    layers_begin(FALSE);
    other->FastIoDispatch = &fast;
    bottom = new_device();
    bottom->Flags &= ~DO_DEVICE_INITIALIZING;
    ok(IoAttachDeviceToDeviceStack(filter, bottom) == bottom, "attached");
    IoDeleteDevice(bottom);
    ok(told_source == filter && told_target == bottom, "told");
    ok(other->DeviceObject == NULL, "the filter is gone");
    layers_end();
    IoDeleteDriver(other);
}

GUEST_TEST_FILE(attach, GUEST_ROW(inherited), GUEST_ROW(refused), GUEST_ROW(by_name),
                GUEST_ROW(references), GUEST_ROW(open_file_and_new_filter),
                GUEST_ROW(cancel_file_open), GUEST_ROW(replace_name), GUEST_ROW(fast_detach));
