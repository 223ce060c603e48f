/*
 * Handles to tokens.
 */
#include "se/se_internal.h"

/* A new handle, written to the caller's memory. */
static NTSTATUS open_token(PACCESS_TOKEN token, ULONG attributes, ACCESS_MASK desired_access,
                           PHANDLE handle, KPROCESSOR_MODE mode)
{
    HANDLE opened;
    NTSTATUS status = ObOpenObjectByPointer(token, attributes, NULL, desired_access,
                                            se_state.token_type, mode, &opened);

    if (!NT_SUCCESS(status))
        return status;
    __try {
        *handle = opened;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

static NTSTATUS probe_handle(PHANDLE handle, KPROCESSOR_MODE mode)
{
    if (mode == KernelMode)
        return STATUS_SUCCESS;
    __try {
        ProbeForWrite(handle, sizeof(HANDLE), sizeof(ULONG));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/*
 * Open the primary token of a process.
 *
 * @param process_handle  opened with PROCESS_QUERY_INFORMATION
 * @param desired_access  TOKEN_…
 * @param attributes      OBJ_KERNEL_HANDLE, OBJ_INHERIT
 * @param handle          receives the handle
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_ACCESS_DENIED; the results of ObReferenceObjectByHandle.
 * Source: Windows driver documentation, NtOpenProcessTokenEx.
 */
NTSTATUS NTAPI NtOpenProcessTokenEx(HANDLE process_handle, ACCESS_MASK desired_access,
                                    ULONG attributes, PHANDLE handle)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    PEPROCESS process;
    PACCESS_TOKEN token;
    NTSTATUS status = probe_handle(handle, mode);

    if (!NT_SUCCESS(status))
        return status;
    status =
        ObReferenceObjectByHandle(process_handle, PROCESS_QUERY_INFORMATION,
                                  ob_type_of(ps_current_process()), mode, (PVOID *)&process, NULL);
    if (!NT_SUCCESS(status))
        return status;
    token = PsReferencePrimaryToken(process);
    status = open_token(token, attributes, desired_access, handle, mode);
    PsDereferencePrimaryToken(token);
    ObfDereferenceObject(process);
    return status;
}
NT_SERVICE(OpenProcessTokenEx, 4, PASSIVE_LEVEL, "huup");

/*
 * As NtOpenProcessTokenEx without handle attributes.
 *
 * @param process_handle  opened with PROCESS_QUERY_INFORMATION
 * @param desired_access  TOKEN_…
 * @param handle          receives the handle
 * IRQL: PASSIVE_LEVEL.
 * Returns: as NtOpenProcessTokenEx.
 * Source: Windows driver documentation, NtOpenProcessToken.
 */
NTSTATUS NTAPI NtOpenProcessToken(HANDLE process_handle, ACCESS_MASK desired_access, PHANDLE handle)
{
    return NtOpenProcessTokenEx(process_handle, desired_access, 0, handle);
}
NT_SERVICE(OpenProcessToken, 3, PASSIVE_LEVEL, "hup");

/*
 * Open the token that a thread impersonates.
 *
 * @param thread_handle   opened with THREAD_QUERY_INFORMATION
 * @param desired_access  TOKEN_…
 * @param open_as_self    TRUE: check access as the process, not as the client
 * @param attributes      OBJ_KERNEL_HANDLE, OBJ_INHERIT
 * @param handle          receives the handle
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_NO_TOKEN when it does not impersonate;
 * STATUS_CANT_OPEN_ANONYMOUS; STATUS_ACCESS_DENIED; the results of ObReferenceObjectByHandle.
 * Source: Windows driver documentation, NtOpenThreadTokenEx.
 */
NTSTATUS NTAPI NtOpenThreadTokenEx(HANDLE thread_handle, ACCESS_MASK desired_access,
                                   BOOLEAN open_as_self, ULONG attributes, PHANDLE handle)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    PVOID mine = ps_current_thread()->ImpersonationToken;
    SECURITY_IMPERSONATION_LEVEL level;
    BOOLEAN copy_on_open, effective_only;
    PETHREAD thread;
    PACCESS_TOKEN token;
    NTSTATUS status = probe_handle(handle, mode);

    if (!NT_SUCCESS(status))
        return status;
    status =
        ObReferenceObjectByHandle(thread_handle, THREAD_QUERY_INFORMATION,
                                  ob_type_of(ps_current_thread()), mode, (PVOID *)&thread, NULL);
    if (!NT_SUCCESS(status))
        return status;
    token = PsReferenceImpersonationToken(thread, &copy_on_open, &effective_only, &level);
    ObfDereferenceObject(thread);
    if (!token)
        return STATUS_NO_TOKEN;
    if (level == SecurityAnonymous) {
        ObfDereferenceObject(token);
        return STATUS_CANT_OPEN_ANONYMOUS;
    }
    if (open_as_self)
        ps_current_thread()->ImpersonationToken = NULL;
    status = open_token(token, attributes, desired_access, handle, mode);
    if (open_as_self)
        ps_current_thread()->ImpersonationToken = mine;
    ObfDereferenceObject(token);
    return status;
}
NT_SERVICE(OpenThreadTokenEx, 5, PASSIVE_LEVEL, "hubup");

/*
 * As NtOpenThreadTokenEx without handle attributes.
 *
 * @param thread_handle   opened with THREAD_QUERY_INFORMATION
 * @param desired_access  TOKEN_…
 * @param open_as_self    TRUE: check access as the process
 * @param handle          receives the handle
 * IRQL: PASSIVE_LEVEL.
 * Returns: as NtOpenThreadTokenEx.
 * Source: Windows driver documentation, NtOpenThreadToken.
 */
NTSTATUS NTAPI NtOpenThreadToken(HANDLE thread_handle, ACCESS_MASK desired_access,
                                 BOOLEAN open_as_self, PHANDLE handle)
{
    return NtOpenThreadTokenEx(thread_handle, desired_access, open_as_self, 0, handle);
}
NT_SERVICE(OpenThreadToken, 4, PASSIVE_LEVEL, "hubp");
