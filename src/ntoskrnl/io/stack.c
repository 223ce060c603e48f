/*
 * Device stacks: filters attached above other devices. A device knows the one above it
 * (AttachedDevice) and, in its extension, the one below (AttachedTo).
 *
 * A file object stays with the device that was opened; its requests go to the top of the stack at
 * that moment, or to the device that the opener gave as a hint.
 */
#include "io/io_internal.h"
#include "kd/trace.h"
#include "vf/owned.h"

/*
 * Attach; NULL when the device below is going away or not ready yet. Where to send requests is
 * stored before the first of them can come.
 */
static PDEVICE_OBJECT attach(PDEVICE_OBJECT source, PDEVICE_OBJECT target,
                             PDEVICE_OBJECT *attached_to)
{
    PDEVICE_OBJECT top = io_top_of_stack(target);

    if (io_extension(top)->DeletePending || io_extension(top)->UnloadPending ||
        top->Flags & DO_DEVICE_INITIALIZING || io_extension(source)->AttachedTo)
        top = NULL;
    if (attached_to)
        *attached_to = top;
    if (!top)
        return NULL;
    source->StackSize = (CCHAR)(top->StackSize + 1);
    source->AlignmentRequirement = top->AlignmentRequirement;
    source->SectorSize = top->SectorSize;
    io_extension(source)->AttachedTo = top;
    top->AttachedDevice = source;
    KD_TRACE(device_attach(source, top));
    return top;
}

/*
 * Attach a device at the top of another one's stack.
 * @param source  the filter's device, not attached yet
 * @param target  any device of the stack
 * Returns the device that is directly below, to send IRPs to; NULL when the top of the stack is
 * being deleted or unloaded, or still has DO_DEVICE_INITIALIZING. The source gets the StackSize of
 * the device below plus one, its AlignmentRequirement and its SectorSize. IRQL: <= DISPATCH_LEVEL.
 * Source: Windows driver documentation, IoAttachDeviceToDeviceStack.
 */
PDEVICE_OBJECT NTAPI IoAttachDeviceToDeviceStack(PDEVICE_OBJECT source, PDEVICE_OBJECT target)
{
    return attach(source, target, NULL);
}
NT_EXPORT(IoAttachDeviceToDeviceStack, DISPATCH_LEVEL, "DD");

/*
 * The same; the result is stored before the first request can arrive.
 * Returns STATUS_NO_SUCH_DEVICE, and NULL in *attached_to, where the other returns NULL.
 * Source: Windows driver documentation, IoAttachDeviceToDeviceStackSafe.
 */
NTSTATUS NTAPI IoAttachDeviceToDeviceStackSafe(PDEVICE_OBJECT source, PDEVICE_OBJECT target,
                                               PDEVICE_OBJECT *attached_to)
{
    return attach(source, target, attached_to) ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
}
NT_EXPORT(IoAttachDeviceToDeviceStackSafe, DISPATCH_LEVEL, "DDp");

/* As IoAttachDeviceToDeviceStack, for old drivers. */
NTSTATUS NTAPI IoAttachDeviceByPointer(PDEVICE_OBJECT source, PDEVICE_OBJECT target)
{
    return attach(source, target, NULL) ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
}
NT_EXPORT(IoAttachDeviceByPointer, DISPATCH_LEVEL, "DD");

/*
 * Attach by name.
 * @param name         of the device to attach to
 * @param attached_to  receives the device directly below
 * IRQL: PASSIVE_LEVEL. Returns what opening the name returns, STATUS_NO_SUCH_DEVICE.
 * Source: Windows driver documentation, IoAttachDevice.
 */
NTSTATUS NTAPI IoAttachDevice(PDEVICE_OBJECT source, PUNICODE_STRING name,
                              PDEVICE_OBJECT *attached_to)
{
    PDEVICE_OBJECT target;
    PFILE_OBJECT file;
    NTSTATUS status = IoGetDeviceObjectPointer(name, FILE_READ_ATTRIBUTES, &file, &target);

    if (!NT_SUCCESS(status))
        return status;
    status = IoAttachDeviceToDeviceStackSafe(source, target, attached_to);
    ObDereferenceObject(file);
    return status;
}
NT_EXPORT(IoAttachDevice, PASSIVE_LEVEL, "DUp");

/*
 * Detach what is attached to a device.
 * @param target  the device below, not the filter's own
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, IoDetachDevice.
 */
VOID NTAPI IoDetachDevice(PDEVICE_OBJECT target)
{
    PDEVICE_OBJECT source = target->AttachedDevice;

    if (!source)
        return;
    KD_TRACE(device_detach(source, target));
    target->AttachedDevice = NULL;
    io_extension(source)->AttachedTo = NULL;
    io_unload_continue(target);
    io_device_finish_delete(target);
}
NT_EXPORT(IoDetachDevice, PASSIVE_LEVEL, "D");

/* The top of a device's stack. Source: Windows driver documentation, IoGetAttachedDevice. */
PDEVICE_OBJECT NTAPI IoGetAttachedDevice(PDEVICE_OBJECT device)
{
    return io_top_of_stack(device);
}
NT_EXPORT(IoGetAttachedDevice, DISPATCH_LEVEL, "D");

static PDEVICE_OBJECT referenced(PDEVICE_OBJECT device, PVOID caller)
{
    if (!device)
        return NULL;
    ObReferenceObject(device);
    VF(object_referenced(device, caller));
    return device;
}

/*
 * The same, with a reference for the caller.
 * Source: Windows driver documentation, IoGetAttachedDeviceReference.
 */
PDEVICE_OBJECT NTAPI IoGetAttachedDeviceReference(PDEVICE_OBJECT device)
{
    return referenced(io_top_of_stack(device), __builtin_return_address(0));
}
NT_EXPORT(IoGetAttachedDeviceReference, DISPATCH_LEVEL, "D");

/*
 * The device directly below, with a reference; NULL at the bottom and for a device that is being
 * deleted. Source: Windows driver documentation, IoGetLowerDeviceObject.
 */
PDEVICE_OBJECT NTAPI IoGetLowerDeviceObject(PDEVICE_OBJECT device)
{
    return io_extension(device)->DeletePending
               ? NULL
               : referenced(io_extension(device)->AttachedTo, __builtin_return_address(0));
}
NT_EXPORT(IoGetLowerDeviceObject, DISPATCH_LEVEL, "D");

/*
 * The bottom of the stack, with a reference.
 * Source: Windows driver documentation, IoGetDeviceAttachmentBaseRef.
 */
PDEVICE_OBJECT NTAPI IoGetDeviceAttachmentBaseRef(PDEVICE_OBJECT device)
{
    while (io_extension(device)->AttachedTo)
        device = io_extension(device)->AttachedTo;
    return referenced(device, __builtin_return_address(0));
}
NT_EXPORT(IoGetDeviceAttachmentBaseRef, DISPATCH_LEVEL, "D");

/*
 * Where the requests of a file object go.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoGetRelatedDeviceObject.
 */
PDEVICE_OBJECT NTAPI IoGetRelatedDeviceObject(PFILE_OBJECT file)
{
    if (file->FileObjectExtension)
        return file->FileObjectExtension;
    return io_top_of_stack(file->DeviceObject);
}
NT_EXPORT(IoGetRelatedDeviceObject, DISPATCH_LEVEL, "F");

/*
 * The file system's own device for a file, below all filters.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoGetBaseFileSystemDeviceObject.
 */
PDEVICE_OBJECT NTAPI IoGetBaseFileSystemDeviceObject(PFILE_OBJECT file)
{
    return file->DeviceObject;
}
NT_EXPORT(IoGetBaseFileSystemDeviceObject, DISPATCH_LEVEL, "F");

/*
 * Open a device by name and return its file object and the top of its stack.
 * @param file  receives a reference, which is also what keeps the device
 * The handle is closed again, so the driver sees CREATE and CLEANUP; CLOSE comes with the
 * reference's end.
 * IRQL: PASSIVE_LEVEL. Returns what opening the name returns.
 * Source: Windows driver documentation, IoGetDeviceObjectPointer.
 */
NTSTATUS NTAPI IoGetDeviceObjectPointer(PUNICODE_STRING name, ACCESS_MASK access,
                                        PFILE_OBJECT *file, PDEVICE_OBJECT *device)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, name, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = ZwOpenFile(&handle, access, &attributes, &iosb, 0, FILE_NON_DIRECTORY_FILE);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(handle, 0, IoFileObjectTypeObject, KernelMode, (PVOID *)file,
                                       NULL);
    if (NT_SUCCESS(status))
        *device = IoGetRelatedDeviceObject(*file);
    if (NT_SUCCESS(status))
        VF(object_referenced(*file, __builtin_return_address(0)));
    ZwClose(handle);
    return status;
}
NT_EXPORT(IoGetDeviceObjectPointer, PASSIVE_LEVEL, "Uupp");

/*
 * The devices of a driver, each with a reference.
 * @param list    room for them, or NULL
 * @param size    of the list, bytes
 * @param actual  receives how many there are
 * Returns STATUS_BUFFER_TOO_SMALL when not all fit.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoEnumerateDeviceObjectList.
 */
NTSTATUS NTAPI IoEnumerateDeviceObjectList(PDRIVER_OBJECT driver, PDEVICE_OBJECT *list, ULONG size,
                                           PULONG actual)
{
    ULONG room = list ? size / sizeof(*list) : 0, count = 0;

    for (PDEVICE_OBJECT device = driver->DeviceObject; device; device = device->NextDevice) {
        if (count < room)
            list[count] = referenced(device, __builtin_return_address(0));
        count++;
    }
    *actual = count;
    return count > room ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}
NT_EXPORT(IoEnumerateDeviceObjectList, DISPATCH_LEVEL, "Opup");

/*
 * The disk under a file system's device, with a reference.
 * Returns STATUS_INVALID_PARAMETER for other devices.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoGetDiskDeviceObject.
 */
NTSTATUS NTAPI IoGetDiskDeviceObject(PDEVICE_OBJECT device, PDEVICE_OBJECT *disk)
{
    while (io_extension(device)->AttachedTo)
        device = io_extension(device)->AttachedTo;
    if (device->DeviceType != FILE_DEVICE_DISK)
        return STATUS_INVALID_PARAMETER;
    *disk = referenced(device, __builtin_return_address(0));
    return STATUS_SUCCESS;
}
NT_EXPORT(IoGetDiskDeviceObject, DISPATCH_LEVEL, "Dp");
