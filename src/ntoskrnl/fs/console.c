/*
 * The console and the null device.
 *
 * \Device\ConDrv is the console of the process that opens it: the host's standard streams, or one
 * that the host connects to a terminal. It has the names \Input, \Output, \Error and \Console (both
 * directions). Lines end with CR LF inside the machine and with LF outside; bytes are otherwise
 * passed on as they are.
 */
#include "fs/fs_internal.h"
#include "machine/console.h"
#include "ps/ps.h"

static const struct {
    UNICODE_STRING name;
    enum console_end end;
} console_names[] = {
    {RTL_CONSTANT_STRING(L"\\Input"), CONSOLE_INPUT},
    {RTL_CONSTANT_STRING(L"\\Output"), CONSOLE_OUTPUT},
    {RTL_CONSTANT_STRING(L"\\Error"), CONSOLE_ERROR},
    {RTL_CONSTANT_STRING(L"\\Console"), CONSOLE_BOTH},
};

static NTSTATUS NTAPI succeed(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    return fs_complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI console_create(PDEVICE_OBJECT device, PIRP irp)
{
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
    struct console_open *open;

    (void)device;
    for (ULONG i = 0; i < ARRAY_COUNT(console_names); i++) {
        if (!RtlEqualUnicodeString(&file->FileName, &console_names[i].name, TRUE))
            continue;
        open = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*open), FS_TAG);
        if (!open)
            return fs_complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
        *open = (struct console_open){.end = console_names[i].end,
                                      .console = ps_current_process()->Console};
        file->FsContext = open;
        return fs_complete(irp, STATUS_SUCCESS, FILE_OPENED);
    }
    return fs_complete(irp, STATUS_OBJECT_NAME_NOT_FOUND, 0);
}

static NTSTATUS NTAPI console_close(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    ExFreePoolWithTag(IoGetCurrentIrpStackLocation(irp)->FileObject->FsContext, FS_TAG);
    return fs_complete(irp, STATUS_SUCCESS, 0);
}

/* The next piece ends before a CR that has an LF behind it. */
static ULONG piece_length(const char *text, ULONG length)
{
    for (ULONG i = 0; i + 1 < length; i++) {
        if (text[i] == '\r' && text[i + 1] == '\n')
            return i;
    }
    return length;
}

/* DriverContext[0] counts what was written before the host took no more. */
NTSTATUS fs_console_put(PIRP irp, ULONG *done)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    ULONG length = location->Parameters.Write.Length;
    const char *text = irp->AssociatedIrp.SystemBuffer;
    const struct console_open *open = location->FileObject->FsContext;
    ULONG stream = open->end == CONSOLE_ERROR ? MACHINE_STDERR : MACHINE_STDOUT;

    *done = (ULONG)(ULONG_PTR)irp->Tail.Overlay.DriverContext[0];
    while (*done < length) {
        ULONG piece = piece_length(text + *done, length - *done);
        LONGLONG put = 0;

        if (piece)
            put = ke_machine->console_write(open->console, stream, text + *done, piece);
        if (put < 0)
            return put == MACHINE_FILE_NOT_NOW ? STATUS_PENDING : STATUS_IO_DEVICE_ERROR;
        *done += piece + (*done + piece < length); /* leaves the CR out */
        irp->Tail.Overlay.DriverContext[0] = (PVOID)(ULONG_PTR)*done;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI console_write(PDEVICE_OBJECT device, PIRP irp)
{
    const struct console_open *open = IoGetCurrentIrpStackLocation(irp)->FileObject->FsContext;

    (void)device;
    if (open->end == CONSOLE_INPUT)
        return fs_complete(irp, STATUS_ACCESS_DENIED, 0);
    irp->Tail.Overlay.DriverContext[0] = NULL;
    return fs_console_transfer(irp);
}

/* What kernel32 asks of a console: machine/console.h. */
static NTSTATUS NTAPI console_control(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    const struct console_open *open = location->FileObject->FsContext;
    ULONG length = location->Parameters.DeviceIoControl.InputBufferLength;
    const void *input = irp->AssociatedIrp.SystemBuffer;

    (void)device;
    switch (location->Parameters.DeviceIoControl.IoControlCode) {
    case CONSOLE_SET_CONTROL_ROUTINE:
        if (length != sizeof(ULONG64))
            return fs_complete(irp, STATUS_INFO_LENGTH_MISMATCH, 0);
        ps_current_process()->ConsoleControl = *(const ULONG64 *)input;
        return fs_complete(irp, STATUS_SUCCESS, 0);
    case CONSOLE_SEND_EVENT:
        if (length != sizeof(ULONG))
            return fs_complete(irp, STATUS_INFO_LENGTH_MISMATCH, 0);
        if (*(const ULONG *)input > 1) /* CTRL_BREAK_EVENT */
            return fs_complete(irp, STATUS_INVALID_PARAMETER, 0);
        ps_console_event(open->console, *(const ULONG *)input);
        return fs_complete(irp, STATUS_SUCCESS, 0);
    default:
        return fs_complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static NTSTATUS NTAPI null_read(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    return fs_complete(irp, STATUS_END_OF_FILE, 0);
}

static NTSTATUS NTAPI null_write(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    return fs_complete(irp, STATUS_SUCCESS,
                       IoGetCurrentIrpStackLocation(irp)->Parameters.Write.Length);
}

/* An empty file whose position and end stay at 0. */
static NTSTATUS NTAPI null_query(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    FILE_STANDARD_INFORMATION *information = irp->AssociatedIrp.SystemBuffer;

    (void)device;
    if (location->Parameters.QueryFile.FileInformationClass != FileStandardInformation)
        return fs_complete(irp, STATUS_INVALID_INFO_CLASS, 0);
    RtlZeroMemory(information, sizeof(*information));
    information->NumberOfLinks = 1;
    return fs_complete(irp, STATUS_SUCCESS, sizeof(*information));
}

NTSTATUS NTAPI fs_console_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\ConDrv");
    PDEVICE_OBJECT device;
    NTSTATUS status;

    (void)registry_path;
    driver->MajorFunction[IRP_MJ_CREATE] = console_create;
    driver->MajorFunction[IRP_MJ_CLEANUP] = succeed;
    driver->MajorFunction[IRP_MJ_CLOSE] = console_close;
    driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = succeed;
    driver->MajorFunction[IRP_MJ_READ] = fs_console_read;
    driver->MajorFunction[IRP_MJ_WRITE] = console_write;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = console_control;
    InitializeListHead(&fs.console_waits);
    status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_CONSOLE, 0, FALSE, &device);
    if (NT_SUCCESS(status))
        device->Flags |= DO_BUFFERED_IO;
    return status;
}

NTSTATUS NTAPI fs_null_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Null");
    PDEVICE_OBJECT device;

    (void)registry_path;
    driver->MajorFunction[IRP_MJ_CREATE] = succeed;
    driver->MajorFunction[IRP_MJ_CLEANUP] = succeed;
    driver->MajorFunction[IRP_MJ_CLOSE] = succeed;
    driver->MajorFunction[IRP_MJ_READ] = null_read;
    driver->MajorFunction[IRP_MJ_WRITE] = null_write;
    driver->MajorFunction[IRP_MJ_QUERY_INFORMATION] = null_query;
    return IoCreateDevice(driver, 0, &name, FILE_DEVICE_NULL, 0, FALSE, &device);
}

static NTSTATUS open_end(PCWSTR path, HANDLE *handle)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_INHERIT, NULL, NULL);
    return IoCreateFile(handle, FILE_GENERIC_READ | FILE_GENERIC_WRITE, &attributes, &iosb, NULL, 0,
                        FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT,
                        NULL, 0, CreateFileTypeNone, NULL, IO_NO_PARAMETER_CHECKING);
}

NTSTATUS fs_open_standard_handles(PEPROCESS process, HANDLE handles[3])
{
    static const PCWSTR names[3] = {L"\\Device\\ConDrv\\Input", L"\\Device\\ConDrv\\Output",
                                    L"\\Device\\ConDrv\\Error"};
    NTSTATUS status = STATUS_SUCCESS;
    KAPC_STATE state;

    KeStackAttachProcess(&process->Pcb, &state);
    for (ULONG i = 0; i < 3 && NT_SUCCESS(status); i++) {
        if (!handles[i])
            status = open_end(names[i], &handles[i]);
    }
    KeUnstackDetachProcess(&state);
    return status;
}
