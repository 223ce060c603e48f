/*
 * Prints what notify routines hear, refuses refused.exe, and prints CLEANUP and CLOSE of its
 * device. Process and thread ids vary, so they are not printed.
 */
#include <ntifs.h>
#include <ntddk.h>

NTSTATUS NTAPI PsSetCreateThreadNotifyRoutineEx(ULONG type, PVOID routine);
PCHAR NTAPI PsGetProcessImageFileName(PEPROCESS process);

static const WCHAR link_name[] = L"\\??\\ProcessNotify";

static const char *image_of(HANDLE id)
{
    PEPROCESS process;
    const char *name = "?";

    if (!NT_SUCCESS(PsLookupProcessByProcessId(id, &process)))
        return name;
    name = PsGetProcessImageFileName(process);
    ObDereferenceObject(process); /* it lives as long as its notification lasts */
    return name;
}

static BOOLEAN ends_with(PCUNICODE_STRING string, PCWSTR end)
{
    UNICODE_STRING suffix, tail = *string;

    RtlInitUnicodeString(&suffix, end);
    if (string->Length < suffix.Length)
        return FALSE;
    tail.Buffer += (string->Length - suffix.Length) / sizeof(WCHAR);
    tail.Length = suffix.Length;
    return RtlEqualUnicodeString(&tail, &suffix, TRUE);
}

static VOID NTAPI on_process(HANDLE parent, HANDLE process, BOOLEAN create)
{
    DbgPrint("plain: %s %s by %s\n", image_of(process), create ? "created" : "ended",
             image_of(parent));
}

static VOID NTAPI on_process_ex(PEPROCESS process, HANDLE id, PPS_CREATE_NOTIFY_INFO info)
{
    UNREFERENCED_PARAMETER(id);
    if (info == NULL) {
        DbgPrint("ex: %s ended\n", PsGetProcessImageFileName(process));
        return;
    }
    DbgPrint("ex: %wZ created, command line %wZ, file %s\n", info->ImageFileName, info->CommandLine,
             info->FileObject ? "open" : "unknown");
    if (ends_with(info->ImageFileName, L"refused.exe"))
        info->CreationStatus = STATUS_ACCESS_DENIED;
}

static VOID NTAPI on_thread(HANDLE process, HANDLE thread, BOOLEAN create)
{
    UNREFERENCED_PARAMETER(thread);
    DbgPrint("thread: of %s %s, in %s\n", image_of(process), create ? "created" : "ended",
             PsGetProcessImageFileName(PsGetCurrentProcess()));
}

static VOID NTAPI on_thread_start(HANDLE process, HANDLE thread, BOOLEAN create)
{
    if (create)
        DbgPrint("start: of %s, %s\n", image_of(process),
                 thread == PsGetCurrentThreadId() ? "in itself" : "elsewhere");
}

static VOID NTAPI on_image(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO info)
{
    PIMAGE_INFO_EX extended = CONTAINING_RECORD(info, IMAGE_INFO_EX, ImageInfo);

    DbgPrint("image: %wZ, %s, %s\n", name, process ? image_of(process) : "kernel",
             info->ImageBase && info->ImageSize ? "mapped" : "nowhere");
    if (info->ExtendedInfoPresent && extended->Size == sizeof(*extended))
        DbgPrint("file: %wZ\n", &extended->FileObject->FileName);
}

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    static const char *const names[] = {
        [IRP_MJ_CREATE] = "CREATE", [IRP_MJ_CLEANUP] = "CLEANUP", [IRP_MJ_CLOSE] = "CLOSE"};

    UNREFERENCED_PARAMETER(device);
    DbgPrint("device: %s\n", names[IoGetCurrentIrpStackLocation(irp)->MajorFunction]);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNICODE_STRING link;

    PsSetCreateProcessNotifyRoutine(on_process, TRUE);
    PsSetCreateProcessNotifyRoutineEx(on_process_ex, TRUE);
    PsRemoveCreateThreadNotifyRoutine(on_thread);
    PsRemoveCreateThreadNotifyRoutine(on_thread_start);
    PsRemoveLoadImageNotifyRoutine(on_image);
    RtlInitUnicodeString(&link, link_name);
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNICODE_STRING name, link;
    PDEVICE_OBJECT device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(registry_path);
    RtlInitUnicodeString(&name, L"\\Device\\ProcessNotify");
    RtlInitUnicodeString(&link, link_name);
    status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    IoCreateSymbolicLink(&link, &name);
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLEANUP] =
        driver->MajorFunction[IRP_MJ_CLOSE] = dispatch;
    driver->DriverUnload = unload;
    PsSetCreateProcessNotifyRoutine(on_process, FALSE);
    PsSetCreateProcessNotifyRoutineEx(on_process_ex, FALSE);
    PsSetCreateThreadNotifyRoutine(on_thread);
    PsSetCreateThreadNotifyRoutineEx(0, on_thread_start);
    PsSetLoadImageNotifyRoutine(on_image);
    return STATUS_SUCCESS;
}
