/*
 * File objects: one per open. The object manager's path walk ends at a device; its parse procedure
 * here makes the file object and asks the driver with IRP_MJ_CREATE. The last handle sends
 * IRP_MJ_CLEANUP, the last reference IRP_MJ_CLOSE.
 */
#include "io/io_internal.h"
#include "kd/kd.h"
#include "pnp/pnp.h"
#include "vf/irp.h"
#include "vf/owned.h"
#include "vf/vf.h"

POBJECT_TYPE IoFileObjectTypeObject;
NT_EXPORT_DIRECTIVE("IoFileObjectType=IoFileObjectTypeObject,data");

/* Completion of a request that the I/O manager waits for itself. */
static NTSTATUS NTAPI wake_waiter(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    BOOLEAN pending = irp->PendingReturned;

    (void)device;
    if (irp->CurrentLocation > irp->StackCount) /* it is no driver's */
        VF(irp_ended(irp));
    if (pending)
        KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Send a request whose end the caller sees itself: it sets `done` if it comes later. */
static NTSTATUS call(PDEVICE_OBJECT device, PIRP irp, PKEVENT done)
{
    KeInitializeEvent(done, NotificationEvent, FALSE);
    IoSetCompletionRoutine(irp, wake_waiter, done, TRUE, TRUE, TRUE);
    return IofCallDriver(device, irp);
}

NTSTATUS io_call_and_wait(PDEVICE_OBJECT device, PIRP irp)
{
    KEVENT done;

    if (call(device, irp, &done) == STATUS_PENDING)
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    VF(irp_reopen(irp));
    return irp->IoStatus.Status;
}

static PIRP file_irp(PFILE_OBJECT file, PDEVICE_OBJECT device, UCHAR major)
{
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    PIO_STACK_LOCATION location;

    if (!irp)
        return NULL;
    irp->Tail.Overlay.Thread = ps_current_thread();
    irp->Tail.Overlay.OriginalFileObject = file;
    irp->RequestorMode = KernelMode;
    location = IoGetNextIrpStackLocation(irp);
    location->MajorFunction = major;
    location->FileObject = file;
    return irp;
}

/* CLEANUP or CLOSE. These must reach the driver, so they may use the last reserve. */
static void send_simple(PFILE_OBJECT file, PDEVICE_OBJECT device, UCHAR major)
{
    PIRP irp = file_irp(file, device, major);

    if (!irp)
        return;
    irp->Flags =
        major == IRP_MJ_CLOSE ? IRP_CLOSE_OPERATION | IRP_SYNCHRONOUS_API : IRP_SYNCHRONOUS_API;
    io_call_and_wait(device, irp);
    IoFreeIrp(irp);
}

static NTSTATUS check_device(PDEVICE_OBJECT device)
{
    struct io_device_extension *extension = io_extension(device);

    if (device->Flags & DO_DEVICE_INITIALIZING)
        VF(load_device_refused(device));
    if (extension->DeletePending || extension->UnloadPending ||
        device->Flags & DO_DEVICE_INITIALIZING || !pnp_may_open(device))
        return STATUS_NO_SUCH_DEVICE;
    if (extension->Exclusive && device->ReferenceCount > 0)
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

static BOOLEAN is_in_stack(PDEVICE_OBJECT device, PDEVICE_OBJECT bottom)
{
    while (bottom && bottom != device)
        bottom = bottom->AttachedDevice;
    return bottom != NULL;
}

static ULONG file_flags(const struct io_open *open)
{
    ULONG flags = 0;

    if (open->options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT))
        flags |= FO_SYNCHRONOUS_IO;
    if (open->options & FILE_SYNCHRONOUS_IO_ALERT)
        flags |= FO_ALERTABLE_IO;
    if (open->options & FILE_NO_INTERMEDIATE_BUFFERING)
        flags |= FO_NO_INTERMEDIATE_BUFFERING;
    if (open->options & FILE_WRITE_THROUGH)
        flags |= FO_WRITE_THROUGH;
    if (open->options & FILE_SEQUENTIAL_ONLY)
        flags |= FO_SEQUENTIAL_ONLY;
    return flags;
}

static NTSTATUS set_file_name(PFILE_OBJECT file, PCUNICODE_STRING remaining)
{
    if (remaining->Length == 0)
        return STATUS_SUCCESS;
    file->FileName.Buffer = vf_on
                                ? mm_pool_allocate_buffer(remaining->Length, IO_TAG_NAME)
                                : ExAllocatePoolWithTag(PagedPool, remaining->Length, IO_TAG_NAME);
    if (!file->FileName.Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(file->FileName.Buffer, remaining->Buffer, remaining->Length);
    file->FileName.Length = file->FileName.MaximumLength = remaining->Length;
    return STATUS_SUCCESS;
}

static NTSTATUS make_file(PDEVICE_OBJECT device, const struct io_open *open,
                          PCUNICODE_STRING remaining, PFILE_OBJECT *made)
{
    OBJECT_ATTRIBUTES attributes;
    PFILE_OBJECT file;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, NULL, 0, NULL, NULL);
    status = ObCreateObject(KernelMode, IoFileObjectTypeObject, &attributes, KernelMode, NULL,
                            sizeof(*file), 0, 0, (PVOID *)&file);
    if (!NT_SUCCESS(status))
        return status;
    RtlZeroMemory(file, sizeof(*file));
    file->Type = IO_TYPE_FILE;
    file->Size = sizeof(*file);
    file->Flags = file_flags(open);
    KeInitializeEvent(&file->Lock, SynchronizationEvent, FALSE);
    KeInitializeEvent(&file->Event, NotificationEvent, FALSE);
    status = set_file_name(file, remaining);
    if (!NT_SUCCESS(status)) {
        ObDereferenceObject(file);
        return status;
    }
    file->DeviceObject = device;
    device->ReferenceCount++;
    *made = file;
    return STATUS_SUCCESS;
}

/*
 * CREATE can be cancelled, by CancelSynchronousIo or the end of the thread: so it is among the
 * thread's requests, and the wait for it is the sender's.
 */
static NTSTATUS call_create(PDEVICE_OBJECT device, PIRP irp, KPROCESSOR_MODE mode)
{
    KEVENT done;

    InsertHeadList(&ps_current_thread()->IrpList, &irp->ThreadListEntry);
    if (call(device, irp, &done) == STATUS_PENDING)
        io_request_wait(irp, &done, mode, FALSE);
    VF(irp_reopen(irp));
    RemoveEntryList(&irp->ThreadListEntry);
    return irp->IoStatus.Status;
}

static NTSTATUS send_create(PFILE_OBJECT file, struct io_open *open, PACCESS_STATE access_state,
                            KPROCESSOR_MODE mode)
{
    PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
    PIRP irp = file_irp(file, device, open->pipe ? IRP_MJ_CREATE_NAMED_PIPE : IRP_MJ_CREATE);
    IO_SECURITY_CONTEXT security = {.AccessState = access_state, .DesiredAccess = open->access};
    PIO_STACK_LOCATION location;
    NTSTATUS status;

    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    irp->RequestorMode = mode;
    irp->Flags = IRP_CREATE_OPERATION | IRP_SYNCHRONOUS_API;
    irp->Overlay.AllocationSize = open->allocation;
    irp->AssociatedIrp.SystemBuffer = open->ea;
    location = IoGetNextIrpStackLocation(irp);
    location->Parameters.Create.SecurityContext = &security;
    location->Flags = (UCHAR)((open->target_directory ? SL_OPEN_TARGET_DIRECTORY : 0) |
                              (open->force_access_check ? SL_FORCE_ACCESS_CHECK : 0));
    location->Parameters.Create.Options = open->disposition << 24 | (open->options & 0xFFFFFF);
    location->Parameters.Create.FileAttributes = (USHORT)open->attributes;
    location->Parameters.Create.ShareAccess = open->share;
    if (open->pipe)
        location->Parameters.CreatePipe.Parameters = open->pipe;
    else
        location->Parameters.Create.EaLength = open->ea_length;
    status = call_create(device, irp, mode);
    open->result = irp->IoStatus;
    IoFreeIrp(irp);
    return status;
}

/* The open failed: no CLEANUP and no CLOSE, the driver has nothing of it. */
static void undo_open(PFILE_OBJECT file)
{
    io_device_dereference(file->DeviceObject);
    file->DeviceObject = NULL;
    ObDereferenceObject(file);
}

static void note_access(PFILE_OBJECT file, const struct io_open *open)
{
    file->ReadAccess = (open->access & (FILE_READ_DATA | FILE_EXECUTE)) != 0;
    file->WriteAccess = (open->access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
    file->DeleteAccess = (open->access & DELETE) != 0;
    file->SharedRead = (open->share & FILE_SHARE_READ) != 0;
    file->SharedWrite = (open->share & FILE_SHARE_WRITE) != 0;
    file->SharedDelete = (open->share & FILE_SHARE_DELETE) != 0;
}

NTSTATUS io_parse_device(PVOID object, POBJECT_TYPE type, PACCESS_STATE access_state,
                         KPROCESSOR_MODE mode, ULONG attributes, PUNICODE_STRING complete_name,
                         PUNICODE_STRING remaining, PVOID context, PVOID security_qos,
                         PVOID *result)
{
    struct io_open *open = context;
    PDEVICE_OBJECT device = object;
    PFILE_OBJECT file;
    NTSTATUS status;

    (void)type, (void)attributes, (void)complete_name, (void)security_qos;
    *result = NULL;
    if (!open)
        return STATUS_OBJECT_TYPE_MISMATCH; /* a device can only be opened as a file */
    open->parsed = TRUE;
    status = check_device(device);
    if (NT_SUCCESS(status))
        status = io_device_check_open(device, open, remaining, access_state, mode);
    if (NT_SUCCESS(status) && open->hint && !is_in_stack(open->hint, device))
        status = STATUS_INVALID_DEVICE_OBJECT_PARAMETER;
    if (NT_SUCCESS(status))
        status = make_file(device, open, remaining, &file);
    if (!NT_SUCCESS(status))
        return status;
    note_access(file, open);
    file->RelatedFileObject = open->related;
    file->FileObjectExtension = open->hint;
    status = send_create(file, open, access_state, mode);
    file->RelatedFileObject = NULL; /* drivers may use it in CREATE only */
    if (!NT_SUCCESS(status)) {
        undo_open(file);
        return status;
    }
    VF(load_device_opened(device, open->related ? NULL : remaining));
    file->Flags |= FO_HANDLE_CREATED;
    open->file = file;
    *result = file;
    return STATUS_SUCCESS;
}

/* A name relative to an open file: the same device, which knows the file it is relative to. */
NTSTATUS io_parse_file(PVOID object, POBJECT_TYPE type, PACCESS_STATE access_state,
                       KPROCESSOR_MODE mode, ULONG attributes, PUNICODE_STRING complete_name,
                       PUNICODE_STRING remaining, PVOID context, PVOID security_qos, PVOID *result)
{
    struct io_open *open = context;
    PFILE_OBJECT file = object;

    *result = NULL;
    if (!open)
        return STATUS_OBJECT_TYPE_MISMATCH;
    open->related = file;
    return io_parse_device(file->DeviceObject, type, access_state, mode, attributes, complete_name,
                           remaining, context, security_qos, result);
}

/* A handle went away; the last one of the system means that nobody can make requests any more. */
void io_close_file(PEPROCESS process, PVOID object, ULONG_PTR process_handles,
                   ULONG_PTR system_handles)
{
    PFILE_OBJECT file = object;

    (void)process, (void)process_handles;
    if (system_handles != 1 || !file->DeviceObject)
        return;
    file->Flags |= FO_CLEANUP_COMPLETE;
    VF(load_device_closed(file->DeviceObject));
    send_simple(file, IoGetRelatedDeviceObject(file), IRP_MJ_CLEANUP);
}

/*
 * Undo an open that the drivers below have completed and a filter, in its completion of
 * IRP_MJ_CREATE, will fail: they get CLEANUP and CLOSE.
 * @param device  the one below the filter
 * IRQL: PASSIVE_LEVEL. A file that has a handle, or was cancelled before, is bug check 0xE8
 * (INVALID_CANCEL_OF_FILE_OPEN). Source: Windows driver documentation, IoCancelFileOpen.
 */
VOID NTAPI IoCancelFileOpen(PDEVICE_OBJECT device, PFILE_OBJECT file)
{
    if (file->Flags & (FO_HANDLE_CREATED | FO_FILE_OPEN_CANCELLED))
        ke_bugcheck(INVALID_CANCEL_OF_FILE_OPEN, (ULONG_PTR)file, (ULONG_PTR)device, 0, 0);
    file->Flags |= FO_FILE_OPEN_CANCELLED;
    send_simple(file, device, IRP_MJ_CLEANUP);
    send_simple(file, device, IRP_MJ_CLOSE);
}
NT_EXPORT(IoCancelFileOpen, PASSIVE_LEVEL, "DF");

void io_delete_file(PVOID object)
{
    PFILE_OBJECT file = object;
    PDEVICE_OBJECT device = file->DeviceObject;

    if (device) {
        if (!(file->Flags & FO_CLEANUP_COMPLETE))
            send_simple(file, IoGetRelatedDeviceObject(file), IRP_MJ_CLEANUP);
        send_simple(file, IoGetRelatedDeviceObject(file), IRP_MJ_CLOSE);
    }
    if (file->CompletionContext) {
        ObDereferenceObject(file->CompletionContext->Port);
        ExFreePoolWithTag(file->CompletionContext, 0);
    }
    if (file->FileName.Buffer)
        ExFreePoolWithTag(file->FileName.Buffer, 0);
    if (device)
        io_device_dereference(device);
}

PVOID io_file_secured(PVOID object)
{
    PFILE_OBJECT file = object;

    return file->DeviceObject && file->FileName.Length == 0 ? (PVOID)file->DeviceObject : object;
}

/* \Device\Name\tail: the namespace knows the device, the file object its tail. */
NTSTATUS io_query_file_name(PVOID object, BOOLEAN has_name, POBJECT_NAME_INFORMATION information,
                            ULONG length, PULONG return_length, KPROCESSOR_MODE mode)
{
    PFILE_OBJECT file = object;
    PDEVICE_OBJECT device = file->DeviceObject;
    NTSTATUS status;
    ULONG needed;
    UCHAR *end;

    (void)has_name, (void)mode;
    if (!device)
        return STATUS_INVALID_DEVICE_REQUEST;
    status = ObQueryNameString(device, information, length, return_length);
    needed = *return_length + file->FileName.Length;
    *return_length = needed;
    if (!NT_SUCCESS(status))
        return status;
    if (needed > length)
        return STATUS_BUFFER_OVERFLOW;
    if (!information->Name.Buffer) /* a device without a name */
        return STATUS_SUCCESS;
    end = (UCHAR *)information->Name.Buffer + information->Name.Length;
    RtlCopyMemory(end, file->FileName.Buffer, file->FileName.Length);
    information->Name.Length = (USHORT)(information->Name.Length + file->FileName.Length);
    information->Name.MaximumLength = (USHORT)(information->Name.Length + sizeof(WCHAR));
    information->Name.Buffer[information->Name.Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}
