/*
 * The console and the null device.
 *
 * \Device\ConDrv is the terminal, or whatever the host's standard streams are. It has the names
 * \Input, \Output, \Error and \Console (both directions). Lines end with CR LF inside the machine
 * and with LF outside; bytes are otherwise passed on as they are.
 *
 * Differs from NT: a read holds the whole machine until the host has input. To let the others do
 * what they can before, it first waits a little; simulated time makes that order the same each run.
 */
#include "fs/fs_internal.h"

#define READ_DELAY_100NS 100000 /* 10 ms */
#define READ_BYTES 1024 /* taken from the host at a time, so that CR fits in before each LF */

enum console_end { CONSOLE_INPUT, CONSOLE_OUTPUT, CONSOLE_ERROR, CONSOLE_BOTH };

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

    (void)device;
    for (ULONG i = 0; i < ARRAY_COUNT(console_names); i++) {
        if (!RtlEqualUnicodeString(&file->FileName, &console_names[i].name, TRUE))
            continue;
        file->FsContext = (PVOID)&console_names[i];
        file->FsContext2 = (PVOID)(ULONG_PTR)console_names[i].end;
        return fs_complete(irp, STATUS_SUCCESS, FILE_OPENED);
    }
    return fs_complete(irp, STATUS_OBJECT_NAME_NOT_FOUND, 0);
}

static enum console_end end_of(PFILE_OBJECT file)
{
    return (enum console_end)(ULONG_PTR)file->FsContext2;
}

/* Insert a CR before each LF. Returns the new length; `text` has room for twice the old one. */
static ULONG expand_lines(char *text, ULONG length)
{
    ULONG lines = 0, result;

    for (ULONG i = 0; i < length; i++)
        lines += text[i] == '\n';
    result = length + lines;
    for (ULONG from = length, to = result; from > 0;) {
        text[--to] = text[--from];
        if (text[from] == '\n')
            text[--to] = '\r';
    }
    return result;
}

static NTSTATUS NTAPI console_read(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    ULONG length = location->Parameters.Read.Length;
    char *buffer = irp->AssociatedIrp.SystemBuffer;
    LARGE_INTEGER delay = {.QuadPart = -READ_DELAY_100NS};
    LONGLONG got;

    (void)device;
    if (end_of(location->FileObject) != CONSOLE_INPUT &&
        end_of(location->FileObject) != CONSOLE_BOTH)
        return fs_complete(irp, STATUS_ACCESS_DENIED, 0);
    if (length == 0)
        return fs_complete(irp, STATUS_SUCCESS, 0);
    if (fs.console_line_feed) {
        fs.console_line_feed = FALSE;
        buffer[0] = '\n';
        return fs_complete(irp, STATUS_SUCCESS, 1);
    }
    KeDelayExecutionThread(KernelMode, FALSE, &delay);
    got = ke_machine->console_read(buffer, length == 1 ? 1 : min(length / 2, READ_BYTES));
    if (got < 0)
        return fs_complete(irp, STATUS_IO_DEVICE_ERROR, 0);
    if (length == 1 && got == 1 && buffer[0] == '\n') {
        buffer[0] = '\r';
        fs.console_line_feed = TRUE;
        return fs_complete(irp, STATUS_SUCCESS, 1);
    }
    return fs_complete(irp, STATUS_SUCCESS, expand_lines(buffer, (ULONG)got));
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

static NTSTATUS NTAPI console_write(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    ULONG length = location->Parameters.Write.Length;
    const char *text = irp->AssociatedIrp.SystemBuffer;
    enum console_end end = end_of(location->FileObject);
    ULONG stream = end == CONSOLE_ERROR ? MACHINE_STDERR : MACHINE_STDOUT;

    (void)device;
    if (end == CONSOLE_INPUT)
        return fs_complete(irp, STATUS_ACCESS_DENIED, 0);
    for (ULONG done = 0; done < length;) {
        ULONG piece = piece_length(text + done, length - done);

        if (piece && ke_machine->console_write(stream, text + done, piece) < 0)
            return fs_complete(irp, STATUS_IO_DEVICE_ERROR, done);
        done += piece + (done + piece < length); /* leaves the CR out */
    }
    return fs_complete(irp, STATUS_SUCCESS, length);
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
    driver->MajorFunction[IRP_MJ_CLOSE] = succeed;
    driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = succeed;
    driver->MajorFunction[IRP_MJ_READ] = console_read;
    driver->MajorFunction[IRP_MJ_WRITE] = console_write;
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
