/*
 * The file that a process runs, and its name: as it was opened (\??\C:\x.exe), as programs write
 * it (C:\x.exe), and as the device has it (\Device\HarddiskVolume1\x.exe).
 */
#include "io/io.h"
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"

NTSTATUS NTAPI PsReferenceProcessFilePointer(PEPROCESS process, PFILE_OBJECT *file);

static const UNICODE_STRING dos_prefix = RTL_CONSTANT_STRING(L"\\??\\");
static const UNICODE_STRING drive_prefix = RTL_CONSTANT_STRING(L"\\??\\C:");
static const UNICODE_STRING volume = RTL_CONSTANT_STRING(L"\\Device\\HarddiskVolume1");

static UNICODE_STRING without_prefix(PCUNICODE_STRING path, PCUNICODE_STRING prefix)
{
    UNICODE_STRING rest = *path;

    if (RtlPrefixUnicodeString(prefix, path, TRUE)) {
        rest.Buffer += prefix->Length / sizeof(WCHAR);
        rest.Length = rest.MaximumLength = (USHORT)(path->Length - prefix->Length);
    }
    return rest;
}

UNICODE_STRING ps_dos_path(PCUNICODE_STRING nt_path)
{
    return without_prefix(nt_path, &dos_prefix);
}

NTSTATUS ps_device_path(PCUNICODE_STRING nt_path, PUNICODE_STRING path)
{
    BOOLEAN on_drive = RtlPrefixUnicodeString(&drive_prefix, nt_path, TRUE);
    UNICODE_STRING rest = without_prefix(nt_path, &drive_prefix);

    path->Length = 0;
    path->MaximumLength = (USHORT)(volume.Length + rest.Length + sizeof(WCHAR));
    path->Buffer = ExAllocatePoolWithTag(PagedPool, path->MaximumLength, PS_TAG);
    if (!path->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (on_drive)
        RtlAppendUnicodeStringToString(path, &volume);
    RtlAppendUnicodeStringToString(path, &rest);
    path->Buffer[path->Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

PFILE_OBJECT ps_open_image(PCUNICODE_STRING path)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    PFILE_OBJECT file;
    HANDLE handle;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, (PUNICODE_STRING)path,
                               OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    status = IoCreateFile(&handle, FILE_READ_DATA | FILE_EXECUTE | SYNCHRONIZE, &attributes, &iosb,
                          NULL, 0, FILE_SHARE_READ | FILE_SHARE_DELETE, FILE_OPEN,
                          FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0,
                          CreateFileTypeNone, NULL, IO_NO_PARAMETER_CHECKING);
    if (!NT_SUCCESS(status))
        return NULL;
    status = ObReferenceObjectByHandle(handle, 0, IoFileObjectTypeObject, KernelMode,
                                       (PVOID *)&file, NULL);
    ObCloseHandle(handle, KernelMode);
    return NT_SUCCESS(status) ? file : NULL;
}

PFILE_OBJECT ps_image_file(PEPROCESS process)
{
    if (!process->ImageFile)
        process->ImageFile = ps_open_image(&process->ImagePath);
    return process->ImageFile;
}

/*
 * The file that a process runs.
 * @param file  receives a referenced file object
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_UNSUCCESSFUL for the System process, and for a program that is
 *   not on a volume.
 * Source: PsReferenceProcessFilePointer, undocumented but exported.
 */
NTSTATUS NTAPI PsReferenceProcessFilePointer(PEPROCESS process, PFILE_OBJECT *file)
{
    *file = process->SectionBaseAddress ? ps_image_file(process) : NULL;
    if (!*file)
        return STATUS_UNSUCCESSFUL;
    ObReferenceObject(*file);
    return STATUS_SUCCESS;
}
NT_EXPORT(PsReferenceProcessFilePointer, PASSIVE_LEVEL, "pp");

/*
 * The name of a process's program in its device.
 * @param name  receives a pool block with string and text; the caller frees it with ExFreePool
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES. The System process
 * has an empty name.
 * Source: Windows driver documentation, SeLocateProcessImageName.
 */
NTSTATUS NTAPI SeLocateProcessImageName(PEPROCESS process, PUNICODE_STRING *name)
{
    UNICODE_STRING path = {0};
    PUNICODE_STRING block;
    NTSTATUS status = STATUS_SUCCESS;

    *name = NULL;
    if (process->SectionBaseAddress)
        status = ps_device_path(&process->ImagePath, &path);
    if (!NT_SUCCESS(status))
        return status;
    block =
        ExAllocatePoolWithTag(NonPagedPool, sizeof(*block) + path.Length + sizeof(WCHAR), PS_TAG);
    if (block) {
        block->Length = path.Length;
        block->MaximumLength = (USHORT)(path.Length + sizeof(WCHAR));
        block->Buffer = (PWSTR)(block + 1);
        RtlCopyMemory(block->Buffer, path.Buffer, path.Length);
        block->Buffer[path.Length / sizeof(WCHAR)] = 0;
        *name = block;
    }
    if (path.Buffer)
        RtlFreeUnicodeString(&path);
    return block ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
NT_EXPORT(SeLocateProcessImageName, PASSIVE_LEVEL, "pp");
