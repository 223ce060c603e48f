/*
 * Starting a program: address space, images, environment, first thread.
 */
#include "fs/fs.h"
#include "kd/kd.h"
#include "ps/ps_internal.h"

#define DEFAULT_STACK (1ull << 20)

NTSYSAPI NTSTATUS NTAPI RtlDuplicateUnicodeString(ULONG flags, PCUNICODE_STRING source,
                                                  PUNICODE_STRING destination);

/*
 * Where ntdll.dll lies in a process, and its exports that the kernel enters. A process finds its
 * ntdll through the PEB's image list only after ntdll ran, so the kernel remembers it.
 */
static struct pe_view ntdll_view_of(PEPROCESS process)
{
    struct pe_view view;

    if (!pe_view_open(&view, process->NtdllBase, process->NtdllSize, NULL))
        kassert(!"ntdll.dll is mapped");
    return view;
}

ULONG64 ps_ntdll_export(PEPROCESS process, const char *name)
{
    struct pe_view view = ntdll_view_of(process);
    struct pe_export found;

    if (!pe_export_find(&view, name, &found))
        kassert(!"an entry point of ntdll.dll exists");
    return (ULONG64)process->NtdllBase + found.rva;
}

static NTSTATUS map_image(PEPROCESS process, PCUNICODE_STRING path, ULONG64 *base, ULONG64 *size)
{
    char text[520];
    const void *file;
    ULONG64 file_size;
    NTSTATUS status;

    kd_to_utf8(path, text, sizeof(text));
    if (!ke_machine->image_open(text, &file, &file_size))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    status = mm_map_user_image(process, path, file, file_size, base, size);
    if (!NT_SUCCESS(status))
        ke_machine->image_release(file);
    return status;
}

static NTSTATUS map_images(PEPROCESS process, PCUNICODE_STRING image)
{
    UNICODE_STRING ntdll = RTL_CONSTANT_STRING(L"\\??\\C:\\Windows\\System32\\ntdll.dll");
    ULONG64 base = 0, size;
    NTSTATUS status = map_image(process, image, &base, &size);

    if (!NT_SUCCESS(status))
        return status;
    process->SectionBaseAddress = (PVOID)base;
    process->ImageSize = size;
    base = 0;
    status = map_image(process, &ntdll, &base, &size);
    process->NtdllBase = (PVOID)base;
    process->NtdllSize = size;
    return status;
}

/* Reserve and commit the user stack, with guard pages at its low end. */
static NTSTATUS create_stack(PETHREAD thread, ULONG64 reserve)
{
    PEPROCESS process = (PEPROCESS)thread->Tcb.Process;
    ULONG64 address = 0, size = reserve ? reserve : DEFAULT_STACK;
    ULONG64 limit;
    NTSTATUS status = mm_user_allocate_stack(process->AddressSpace, &address, &size, &limit);

    if (!NT_SUCCESS(status))
        return status;
    thread->UserStackAllocation = address;
    thread->UserStackSize = size;
    status = ps_create_teb(thread, address + size, limit, address);
    if (!NT_SUCCESS(status))
        mm_user_free(process->AddressSpace, address);
    return status;
}

NTSTATUS ps_create_user_thread(PEPROCESS process, ULONG64 start, ULONG64 argument,
                               ULONG64 stack_reserve, PETHREAD *created)
{
    PETHREAD thread;
    NTSTATUS status;

    if (process->Exiting)
        return STATUS_PROCESS_IS_TERMINATING;
    status = ps_create_thread(process, ps_user_thread, NULL, &thread);
    if (!NT_SUCCESS(status))
        return status;
    thread->SystemThread = FALSE;
    thread->UserStart = start;
    thread->UserArgument = argument;
    thread->Win32StartAddress = thread->StartAddress = (PVOID)start;
    status = create_stack(thread, stack_reserve);
    if (!NT_SUCCESS(status)) {
        ps_discard_thread(thread);
        return status;
    }
    *created = thread;
    return STATUS_SUCCESS;
}

static ULONG64 entry_point(PEPROCESS process, ULONG64 *stack_reserve)
{
    struct pe_view view;

    if (!pe_view_open(&view, process->SectionBaseAddress, MACHINE_USER_END, NULL))
        return 0;
    *stack_reserve = view.headers.stack_reserve;
    return (ULONG64)process->SectionBaseAddress + view.headers.entry_rva;
}

static BOOLEAN is_handle_of(PEPROCESS process, HANDLE handle)
{
    KAPC_STATE state;
    PVOID object;
    NTSTATUS status;

    KeStackAttachProcess(&process->Pcb, &state);
    status = ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &object, NULL);
    if (NT_SUCCESS(status))
        ObDereferenceObject(object);
    KeUnstackDetachProcess(&state);
    return NT_SUCCESS(status);
}

/*
 * Standard handles of the parent: inherited ones keep their value, others are copied, as for a
 * console program on NT. What is not a handle of the parent becomes the console.
 */
static void copy_standard_handles(PEPROCESS process, PEPROCESS parent, HANDLE standard[3],
                                  BOOLEAN inherited)
{
    for (ULONG i = 0; i < 3; i++) {
        HANDLE source = standard[i];

        if (!source || (inherited && is_handle_of(process, source)))
            continue;
        if (!NT_SUCCESS(ObDuplicateObject(parent, source, process, &standard[i], 0, 0,
                                          DUPLICATE_SAME_ACCESS | DUPLICATE_SAME_ATTRIBUTES,
                                          KernelMode)))
            standard[i] = NULL;
    }
}

/* Handles and memory of the new process, up to what ntdll reads first. */
static NTSTATUS furnish(PEPROCESS process, PEPROCESS parent, struct ps_start *start)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (start->inherit_handles_from)
        status = ob_handle_table_inherit(process, start->inherit_handles_from, start->handle_list,
                                         start->handle_count);
    if (NT_SUCCESS(status))
        status = map_images(process, start->image);
    if (!NT_SUCCESS(status))
        return status;
    if (start->copy_standard)
        copy_standard_handles(process, parent, start->standard,
                              start->inherit_handles_from != NULL);
    status = fs_open_standard_handles(process, start->standard);
    if (NT_SUCCESS(status))
        status = ps_create_peb(process, start, (ULONG64)process->SectionBaseAddress);
    if (NT_SUCCESS(status))
        status = RtlDuplicateUnicodeString(RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE,
                                           start->command_line, &process->CommandLine);
    return status;
}

static NTSTATUS create_first_thread(PEPROCESS process, PETHREAD *thread)
{
    ULONG64 reserve = 0, entry = entry_point(process, &reserve);
    NTSTATUS status;

    if (!entry)
        return STATUS_INVALID_IMAGE_FORMAT;
    status = ps_create_user_thread(process, entry, (ULONG64)process->Peb, reserve, thread);
    if (!NT_SUCCESS(status))
        return status;
    (*thread)->First = TRUE;
    status = ps_announce_process(process);
    if (NT_SUCCESS(status))
        ps_announce_thread(*thread);
    else
        ps_discard_thread(*thread);
    return status;
}

NTSTATUS ps_start_program(const struct ps_start *start, PEPROCESS parent, PEPROCESS *created,
                          PETHREAD *thread)
{
    struct ps_start mine = *start;
    PEPROCESS process;
    NTSTATUS status = ps_create_process(start->image, parent, &process);

    if (!NT_SUCCESS(status))
        return status;
    if (start->console)
        process->Console = start->console;
    status = furnish(process, parent, &mine);
    if (NT_SUCCESS(status))
        status = create_first_thread(process, thread);
    if (!NT_SUCCESS(status)) {
        if (process->Reported)
            ps_announce_process_exit(process);
        process->ExitStatus = status;
        ps_process_exited(process);
        ObDereferenceObject(process);
        return status;
    }
    *created = process;
    return STATUS_SUCCESS;
}
