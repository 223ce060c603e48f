/*
 * NtDuplicateToken: a copy of a token, of either type, under a handle of its own.
 */
#include "se/se_internal.h"

NTSTATUS NTAPI NtDuplicateToken(HANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                BOOLEAN effective_only, TOKEN_TYPE type, PHANDLE duplicate);

/* What the caller's attributes say; the default is a handle and no impersonation level. */
static NTSTATUS capture(POBJECT_ATTRIBUTES attributes, KPROCESSOR_MODE mode, ULONG *flags,
                        SECURITY_IMPERSONATION_LEVEL *level)
{
    NTSTATUS status = STATUS_SUCCESS;

    *flags = 0;
    *level = SecurityAnonymous;
    if (!attributes)
        return STATUS_SUCCESS;
    __try {
        PSECURITY_QUALITY_OF_SERVICE qos;

        if (mode != KernelMode)
            ProbeForRead(attributes, sizeof(*attributes), sizeof(ULONG));
        *flags = attributes->Attributes;
        qos = attributes->SecurityQualityOfService;
        if (qos && mode != KernelMode)
            ProbeForRead(qos, sizeof(*qos), sizeof(ULONG));
        if (qos)
            *level = qos->ImpersonationLevel;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

/* An impersonation token gives no copy that reaches further than itself. */
static NTSTATUS check_level(const struct _TOKEN *token, TOKEN_TYPE type,
                            SECURITY_IMPERSONATION_LEVEL level)
{
    if (type != TokenPrimary && type != TokenImpersonation)
        return STATUS_INVALID_PARAMETER;
    if ((ULONG)level > SecurityDelegation)
        return STATUS_BAD_IMPERSONATION_LEVEL;
    if (token->TokenType != TokenImpersonation)
        return STATUS_SUCCESS;
    if (type == TokenPrimary && token->ImpersonationLevel < SecurityImpersonation)
        return STATUS_BAD_IMPERSONATION_LEVEL;
    return type == TokenImpersonation && level > token->ImpersonationLevel
               ? STATUS_BAD_IMPERSONATION_LEVEL
               : STATUS_SUCCESS;
}

/* Only what is enabled stays. */
static void drop_disabled(struct _TOKEN *token)
{
    ULONG kept = 0;

    for (ULONG i = 0; i < token->PrivilegeCount; i++)
        if (token->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED)
            token->Privileges[kept++] = token->Privileges[i];
    token->PrivilegeCount = kept;
    kept = 0;
    for (ULONG i = 0; i < token->GroupCount; i++)
        if (token->Groups[i].Attributes & (SE_GROUP_ENABLED | SE_GROUP_INTEGRITY))
            token->Groups[kept++] = token->Groups[i];
    token->GroupCount = kept;
}

static NTSTATUS write_handle(HANDLE opened, PHANDLE to)
{
    __try {
        *to = opened;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/*
 * Copy a token.
 * @param handle          opened with TOKEN_DUPLICATE
 * @param access          TOKEN_… of the new handle; 0 = that of `handle`
 * @param attributes      OBJ_KERNEL_HANDLE, OBJ_INHERIT, and the impersonation level in
 *                        SecurityQualityOfService, SecurityAnonymous without; or NULL
 * @param effective_only  leave out what is disabled in the original
 * @param type            TokenPrimary or TokenImpersonation
 * @param duplicate       receives the handle
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS; STATUS_BAD_IMPERSONATION_LEVEL;
 * STATUS_INVALID_PARAMETER for another type; the results of ObReferenceObjectByHandle.
 * Source: Windows driver documentation, NtDuplicateToken.
 */
NTSTATUS NTAPI NtDuplicateToken(HANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                BOOLEAN effective_only, TOKEN_TYPE type, PHANDLE duplicate)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    OBJECT_HANDLE_INFORMATION information;
    SECURITY_IMPERSONATION_LEVEL level;
    struct _TOKEN *token, *copy;
    HANDLE opened;
    ULONG flags;
    NTSTATUS status = capture(attributes, mode, &flags, &level);

    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(handle, TOKEN_DUPLICATE, se_state.token_type, mode,
                                       (PVOID *)&token, &information);
    if (!NT_SUCCESS(status))
        return status;
    status = check_level(token, type, level);
    if (NT_SUCCESS(status))
        status = se_token_copy(token, type, level, &copy);
    ObfDereferenceObject(token);
    if (!NT_SUCCESS(status))
        return status;
    if (effective_only)
        drop_disabled(copy);
    status = ObOpenObjectByPointer(copy, flags, NULL, access ? access : information.GrantedAccess,
                                   se_state.token_type, mode, &opened);
    ObfDereferenceObject(copy);
    if (!NT_SUCCESS(status))
        return status;
    status = write_handle(opened, duplicate);
    if (!NT_SUCCESS(status))
        ObCloseHandle(opened, mode);
    return status;
}
NT_SERVICE(DuplicateToken, 6, PASSIVE_LEVEL, "hupbup");
