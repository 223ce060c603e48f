/* Boot of fs: its drivers, their devices, and the links by which user mode finds them. */
#include "fs/fs_internal.h"

struct fs_state fs;

NTSTATUS fs_complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IofCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static void start(PCWSTR name, PDRIVER_INITIALIZE entry)
{
    UNICODE_STRING string;

    RtlInitUnicodeString(&string, name);
    if (!NT_SUCCESS(IoCreateDriver(&string, entry)))
        kassert(!"a driver that is part of the kernel");
}

static void link_name(PCWSTR name, PCWSTR target)
{
    UNICODE_STRING link, to;

    RtlInitUnicodeString(&link, name);
    RtlInitUnicodeString(&to, target);
    if (!NT_SUCCESS(IoCreateSymbolicLink(&link, &to)))
        kassert(!"a link of the boot");
}

void fs_initialize(void)
{
    static const PCWSTR links[][2] = {
        {L"\\??\\CON", L"\\Device\\ConDrv\\Console"},
        {L"\\??\\CONIN$", L"\\Device\\ConDrv\\Input"},
        {L"\\??\\CONOUT$", L"\\Device\\ConDrv\\Output"},
        {L"\\??\\NUL", L"\\Device\\Null"},
        {L"\\??\\PIPE", L"\\Device\\NamedPipe"},
        {L"\\??\\C:", L"\\Device\\HarddiskVolume1"},
        {L"\\SystemRoot", L"\\Device\\HarddiskVolume1\\Windows"},
    };

    InitializeListHead(&fs.nodes);
    start(L"\\Driver\\condrv", fs_console_entry);
    start(L"\\Driver\\Null", fs_null_entry);
    start(L"\\FileSystem\\Ringfs", fs_volume_entry);
    start(L"\\FileSystem\\Npfs", fs_pipe_entry);
    for (ULONG i = 0; i < ARRAY_COUNT(links); i++)
        link_name(links[i][0], links[i][1]);
}
