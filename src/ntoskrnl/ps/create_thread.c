/*
 * New user threads: NtCreateThreadEx.
 */
#include "ex/ex.h"
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"

#define MAXIMUM_STACK (1ull << 30)
#define TEB_SKIP_ATTACH 0x0008 /* in SameTebFlags */

NTSTATUS NTAPI NtCreateThreadEx(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                HANDLE process, PVOID start, PVOID argument, ULONG flags,
                                SIZE_T zero_bits, SIZE_T commit, SIZE_T reserve,
                                PVOID attribute_list);

static void set_flags(PETHREAD thread, ULONG flags)
{
    ULONG previous;

    if (flags & PS_THREAD_SKIP_ATTACH)
        ((struct user_teb *)thread->Tcb.Teb)->SameTebFlags |= TEB_SKIP_ATTACH;
    thread->HideFromDebugger = (flags & PS_THREAD_HIDE_FROM_DEBUGGER) != 0;
    if (flags & PS_THREAD_CREATE_SUSPENDED)
        ps_suspend_thread(thread, &previous);
}

/* What the program's header says, unless the caller wants more. */
static ULONG64 stack_size(PEPROCESS process, SIZE_T commit, SIZE_T reserve)
{
    struct pe_view view;

    if (!reserve && pe_view_open(&view, process->SectionBaseAddress, MACHINE_USER_END, NULL))
        reserve = view.headers.stack_reserve;
    return max(reserve, commit);
}

static NTSTATUS create(PEPROCESS process, const struct ps_attributes *attributes, ULONG flags,
                       ULONG64 stack, PVOID start, PVOID argument, PETHREAD *thread)
{
    NTSTATUS status =
        ps_create_user_thread(process, (ULONG64)start, (ULONG64)argument, stack, thread);

    if (!NT_SUCCESS(status))
        return status;
    set_flags(*thread, flags);
    ps_attributes_report(attributes, *thread);
    return STATUS_SUCCESS;
}

/* Make a thread that is complete known and ready to run. */
static NTSTATUS publish(PETHREAD thread, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                        PHANDLE handle)
{
    HANDLE opened;
    NTSTATUS status = ps_open_created(thread, ps_thread_type, access, attributes, &opened);

    if (!NT_SUCCESS(status)) {
        ps_discard_thread(thread);
        return status;
    }
    ps_announce_thread(thread);
    status = ex_write_output(handle, &opened, sizeof(opened), ke_previous_mode());
    ke_thread_ready(&thread->Tcb);
    ke_lower_irql(ke_irql());
    return status;
}

/*
 * Create a thread. It begins in ntdll.dll, which tells the DLLs and then calls start(argument).
 * @param handle     receives its handle
 * @param process    with PROCESS_CREATE_THREAD
 * @param flags      1 = suspended, 2 = the DLLs are not told, 4 = hidden from a debugger
 * @param zero_bits  only checked
 * @param commit, reserve  bytes of stack, at most 1 GiB; 0 = as the program's header says
 * @param attribute_list   NULL or a PS_ATTRIBUTE_LIST: client id, address of the TEB
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_PROCESS_IS_TERMINATING; STATUS_INVALID_PARAMETER and its kin;
 *   STATUS_NO_MEMORY; what ObReferenceObjectByHandle returns.
 * Source: Win32 documentation, CreateRemoteThreadEx.
 */
NTSTATUS NTAPI NtCreateThreadEx(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                HANDLE process_handle, PVOID start, PVOID argument, ULONG flags,
                                SIZE_T zero_bits, SIZE_T commit, SIZE_T reserve,
                                PVOID attribute_list)
{
    struct ps_attributes captured;
    PEPROCESS process;
    PETHREAD thread;
    NTSTATUS status = ex_probe_output(handle, sizeof(*handle), sizeof(ULONG), ke_previous_mode());

    if (!NT_SUCCESS(status))
        return status;
    if (flags & ~(ULONG)PS_THREAD_KNOWN_FLAGS)
        return STATUS_INVALID_PARAMETER_7;
    if (zero_bits > 21 && zero_bits < 32)
        return STATUS_INVALID_PARAMETER_8;
    if (commit > MAXIMUM_STACK || reserve > MAXIMUM_STACK)
        return STATUS_NO_MEMORY;
    status = ps_attributes_capture(attribute_list, &captured);
    if (!NT_SUCCESS(status))
        return status;
    status = ps_reference_process(process_handle, PROCESS_CREATE_THREAD, &process);
    if (!NT_SUCCESS(status))
        goto out;
    status = process->Peb ? create(process, &captured, flags, stack_size(process, commit, reserve),
                                   start, argument, &thread)
                          : STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status))
        status = publish(thread, access, attributes, handle);
    ObDereferenceObject(process);
out:
    ps_attributes_release(&captured);
    return status;
}
NT_SERVICE(CreateThreadEx, 11, PASSIVE_LEVEL, "pupuppuqqqp");
