/*
 * Process objects: creation without threads, exit, deletion.
 *
 *   ps_create_process ─▶ alive ── last thread exits ─▶ exited (handles closed, signaled)
 *                                                      └─ last reference ─▶ ps_delete_process
 */
#include "io/io.h"
#include "kd/trace.h"
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"
#include "se/se.h"

#define NORMAL_PRIORITY 8
#define PROCESS_TAG MM_POOL_TAG('P', 'r', 'o', 'c')

POBJECT_TYPE ps_process_type;
NT_EXPORT_DIRECTIVE("PsProcessType=ps_process_type,data");

/* The file name of a path, cut to the 15 bytes that EPROCESS has. */
static void set_image_name(PEPROCESS process, PCUNICODE_STRING path)
{
    ULONG units = path->Length / sizeof(WCHAR);
    ULONG start = units;
    ULONG i;

    while (start > 0 && path->Buffer[start - 1] != L'\\')
        start--;
    for (i = 0; i + 1 < sizeof(process->ImageFileName) && start + i < units; i++)
        process->ImageFileName[i] = (UCHAR)path->Buffer[start + i];
    process->ImageFileName[i] = 0;
}

static void initialize(PEPROCESS process, PEPROCESS parent)
{
    process->Pcb.Header.Type = ProcessObject;
    process->Pcb.Header.Size = sizeof(process->Pcb) / sizeof(LONG) & 0xFF;
    InitializeListHead(&process->Pcb.Header.WaitListHead);
    InitializeListHead(&process->Pcb.ThreadListHead);
    InitializeListHead(&process->ThreadListHead);
    process->Pcb.BasePriority = NORMAL_PRIORITY;
    process->Pcb.Affinity = ke_active_processors();
    process->Pcb.DirectoryTableBase = 0x1AA000;
    process->ExitStatus = STATUS_PENDING;
    ExInitializeRundownProtection(&process->RundownProtect);
    process->PriorityClass = PS_PRIORITY_CLASS_NORMAL;
    process->CreateTime.QuadPart = (LONGLONG)ke_system_time();
    process->InheritedFromUniqueProcessId = parent ? parent->UniqueProcessId : NULL;
    process->Console = parent ? parent->Console : 0;
}

/* What the process hides its pointers with: differs between processes, not between runs. */
static ULONG make_cookie(PEPROCESS process)
{
    ULONG64 seed = ((ULONG64)(ULONG_PTR)process->UniqueProcessId << 32) ^ ke_parameters.seed ^
                   (ULONG64)process->CreateTime.QuadPart;

    return (ULONG)(seed * 0x9E3779B97F4A7C15ull >> 32);
}

NTSTATUS ps_create_process(PCUNICODE_STRING image_path, PEPROCESS parent, PEPROCESS *created)
{
    OBJECT_ATTRIBUTES attributes;
    PEPROCESS process;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, NULL, 0, NULL, NULL);
    status = ObCreateObject(KernelMode, ps_process_type, &attributes, KernelMode, NULL,
                            sizeof(*process), 0, 0, (PVOID *)&process);
    if (!NT_SUCCESS(status))
        return status;
    RtlZeroMemory(process, sizeof(*process));
    initialize(process, parent);
    set_image_name(process, image_path);
    process->ImagePath.Buffer =
        ExAllocatePoolWithTag(NonPagedPool, image_path->Length + sizeof(WCHAR), PROCESS_TAG);
    process->UniqueProcessId = ps_id_allocate(process);
    process->Cookie = make_cookie(process);
    status = STATUS_INSUFFICIENT_RESOURCES;
    InsertTailList(&ps.processes, &process->ActiveProcessLinks);
    if (!process->ImagePath.Buffer || !process->UniqueProcessId)
        goto fail;
    process->ImagePath.MaximumLength = (USHORT)(image_path->Length + sizeof(WCHAR));
    RtlCopyUnicodeString(&process->ImagePath, image_path);
    status = ob_handle_table_create(process);
    if (NT_SUCCESS(status) && parent)
        status = mm_space_create(&process->AddressSpace);
    if (!NT_SUCCESS(status))
        goto fail;
    se_process_token_set(process, se_user_token());
    *created = process;
    KD_TRACE(process_create(process));
    return STATUS_SUCCESS;
fail:
    ObDereferenceObject(process);
    return status;
}

/* The last thread is gone: nothing of the process runs any more. */
void ps_process_exited(PEPROCESS process)
{
    KD_TRACE(process_exit(process));
    process->Exiting = TRUE;
    ExWaitForRundownProtectionRelease(&process->RundownProtect);
    ob_handle_table_close_all(process);
    if (process->AddressSpace)
        mm_space_destroy(process->AddressSpace);
    process->AddressSpace = NULL;
    process->ExitTime.QuadPart = (LONGLONG)ke_system_time();
    process->Exited = TRUE;
    process->Pcb.Header.SignalState = 1;
    ke_wait_test(&process->Pcb.Header, 0);
    if (process->Peb)
        ke_machine->process_ended((ULONG)(ULONG_PTR)process->UniqueProcessId, process->Console,
                                  (ULONG)process->ExitStatus);
}

void ps_delete_process(PVOID object)
{
    PEPROCESS process = object;

    RemoveEntryList(&process->ActiveProcessLinks);
    if (process->AddressSpace)
        mm_space_destroy(process->AddressSpace);
    se_process_token_set(process, NULL);
    if (process->UniqueProcessId)
        ps_id_free(process->UniqueProcessId);
    if (process->ImagePath.Buffer)
        ExFreePoolWithTag(process->ImagePath.Buffer, PROCESS_TAG);
    if (process->CommandLine.Buffer)
        RtlFreeUnicodeString(&process->CommandLine);
    if (process->ImageFile)
        ObDereferenceObject(process->ImageFile);
}

static PEPROCESS get_current_process(void)
{
    return ps_current_process();
}
NT_EXPORT_AS(PsGetCurrentProcess, get_current_process, HIGH_LEVEL, "");
__asm__(".globl nt_as_IoGetCurrentProcess\n\t.set nt_as_IoGetCurrentProcess, get_current_process");
NT_EXPORT_DIRECTIVE("IoGetCurrentProcess=nt_as_IoGetCurrentProcess");

HANDLE NTAPI PsGetCurrentProcessId(VOID)
{
    return ((PEPROCESS)ke_current_thread()->Process)->UniqueProcessId;
}
NT_EXPORT(PsGetCurrentProcessId, HIGH_LEVEL, "");

HANDLE NTAPI PsGetProcessId(PEPROCESS process)
{
    return process->UniqueProcessId;
}
NT_EXPORT(PsGetProcessId, DISPATCH_LEVEL, "p");

HANDLE NTAPI PsGetProcessInheritedFromUniqueProcessId(PEPROCESS process)
{
    return process->InheritedFromUniqueProcessId;
}
NT_EXPORT(PsGetProcessInheritedFromUniqueProcessId, DISPATCH_LEVEL, "p");

/* The 15-byte image name. IRQL: <= DISPATCH_LEVEL. */
PCHAR NTAPI PsGetProcessImageFileName(PEPROCESS process)
{
    return (PCHAR)process->ImageFileName;
}
NT_EXPORT(PsGetProcessImageFileName, DISPATCH_LEVEL, "p");

PVOID NTAPI PsGetProcessPeb(PEPROCESS process)
{
    return process->Peb;
}
NT_EXPORT(PsGetProcessPeb, DISPATCH_LEVEL, "p");

PVOID NTAPI PsGetProcessSectionBaseAddress(PEPROCESS process)
{
    return process->SectionBaseAddress;
}
NT_EXPORT(PsGetProcessSectionBaseAddress, DISPATCH_LEVEL, "p");

LONGLONG NTAPI PsGetProcessCreateTimeQuadPart(PEPROCESS process)
{
    return process->CreateTime.QuadPart;
}
NT_EXPORT(PsGetProcessCreateTimeQuadPart, DISPATCH_LEVEL, "p");

NTSTATUS NTAPI PsGetProcessExitStatus(PEPROCESS process)
{
    return process->ExitStatus;
}
NT_EXPORT(PsGetProcessExitStatus, DISPATCH_LEVEL, "p");

BOOLEAN NTAPI PsIsSystemProcess(PEPROCESS process)
{
    return process == PsInitialSystemProcess;
}
NT_EXPORT(PsIsSystemProcess, DISPATCH_LEVEL, "p");

BOOLEAN NTAPI IoIs32bitProcess(PIRP irp)
{
    (void)irp;
    return FALSE;
}
NT_EXPORT(IoIs32bitProcess, PASSIVE_LEVEL, "I");
