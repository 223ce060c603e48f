/*
 * Privileges: what a token may do whatever descriptors say.
 */
#include "se/se_internal.h"

LUID_AND_ATTRIBUTES *se_privilege_find(struct _TOKEN *token, LUID value)
{
    for (ULONG i = 0; i < token->PrivilegeCount; i++)
        if (RtlEqualLuid(&token->Privileges[i].Luid, &value))
            return &token->Privileges[i];
    return NULL;
}

/* Are the privileges enabled? Those that are get marked as used. Kernel mode holds all. */
BOOLEAN se_privilege_check(struct _TOKEN *token, PLUID_AND_ATTRIBUTES privileges, ULONG count,
                           BOOLEAN all, KPROCESSOR_MODE mode)
{
    ULONG held = 0;

    if (mode == KernelMode)
        return TRUE;
    if (!token)
        return FALSE;
    for (ULONG i = 0; i < count; i++) {
        LUID_AND_ATTRIBUTES *found = se_privilege_find(token, privileges[i].Luid);

        if (found && (found->Attributes & SE_PRIVILEGE_ENABLED)) {
            privileges[i].Attributes |= SE_PRIVILEGE_USED_FOR_ACCESS;
            held++;
        }
    }
    return all ? held == count : held != 0;
}

/*
 * Does a subject hold privileges?
 *
 * @param required  the set; Control says whether all are needed; used ones are marked
 * @param subject   who asks
 * @param mode      KernelMode holds all
 * IRQL: PASSIVE_LEVEL.
 * Returns: TRUE when it does.
 * Source: Windows driver documentation, SePrivilegeCheck.
 */
BOOLEAN NTAPI SePrivilegeCheck(PPRIVILEGE_SET required, PSECURITY_SUBJECT_CONTEXT subject,
                               KPROCESSOR_MODE mode)
{
    if (mode != KernelMode && subject->ClientToken &&
        subject->ImpersonationLevel < SecurityImpersonation)
        return FALSE;
    return se_privilege_check(se_effective_token(subject), required->Privilege,
                              required->PrivilegeCount,
                              (required->Control & PRIVILEGE_SET_ALL_NECESSARY) != 0, mode);
}
NT_EXPORT(SePrivilegeCheck, PASSIVE_LEVEL, "ppu");

/*
 * Does the current thread hold a privilege?
 *
 * @param value  the privilege (SeExports->SeDebugPrivilege …)
 * @param mode   KernelMode holds all
 * IRQL: PASSIVE_LEVEL.
 * Returns: TRUE when it does.
 * Source: Windows driver documentation, SeSinglePrivilegeCheck.
 */
BOOLEAN NTAPI SeSinglePrivilegeCheck(LUID value, KPROCESSOR_MODE mode)
{
    PRIVILEGE_SET required = {
        .PrivilegeCount = 1,
        .Control = PRIVILEGE_SET_ALL_NECESSARY,
        .Privilege = {{.Luid = value}},
    };
    SECURITY_SUBJECT_CONTEXT subject;
    BOOLEAN held;

    SeCaptureSubjectContext(&subject);
    held = SePrivilegeCheck(&required, &subject, mode);
    SeReleaseSubjectContext(&subject);
    return held;
}
NT_EXPORT(SeSinglePrivilegeCheck, PASSIVE_LEVEL, "qu");

static BOOLEAN is_removed(ULONG attributes)
{
    return (attributes & SE_PRIVILEGE_REMOVED) != 0;
}

static void remove_privilege(struct _TOKEN *token, LUID_AND_ATTRIBUTES *privilege)
{
    ULONG index = (ULONG)(privilege - token->Privileges);

    token->PrivilegeCount--;
    RtlMoveMemory(privilege, privilege + 1, (token->PrivilegeCount - index) * sizeof(*privilege));
}

/* The state that `wanted` asks for; with `wanted` NULL, all privileges off. */
static ULONG new_attributes(const LUID_AND_ATTRIBUTES *old, const LUID_AND_ATTRIBUTES *wanted)
{
    ULONG enabled = wanted ? wanted->Attributes & SE_PRIVILEGE_ENABLED : 0;

    return (old->Attributes & ~(ULONG)SE_PRIVILEGE_ENABLED) | enabled;
}

static const LUID_AND_ATTRIBUTES *find_wanted(const TOKEN_PRIVILEGES *wanted, LUID value)
{
    for (ULONG i = 0; i < wanted->PrivilegeCount; i++)
        if (RtlEqualLuid(&wanted->Privileges[i].Luid, &value))
            return &wanted->Privileges[i];
    return NULL;
}

/*
 * Change privileges, or with `apply` FALSE only tell what would change. `previous` (or NULL) gets
 * the old states; returns how many privileges change.
 */
static ULONG adjust(struct _TOKEN *token, const TOKEN_PRIVILEGES *wanted, BOOLEAN apply,
                    LUID_AND_ATTRIBUTES *previous)
{
    ULONG changed = 0;

    for (ULONG i = 0; i < token->PrivilegeCount;) {
        LUID_AND_ATTRIBUTES *privilege = &token->Privileges[i];
        const LUID_AND_ATTRIBUTES *found = wanted ? find_wanted(wanted, privilege->Luid) : NULL;
        BOOLEAN removed = found && is_removed(found->Attributes);
        ULONG attributes = new_attributes(privilege, found);

        i++;
        if ((wanted && !found) || (!removed && attributes == privilege->Attributes))
            continue;
        if (previous)
            previous[changed] = *privilege;
        changed++;
        if (apply && !removed)
            privilege->Attributes = attributes;
        if (apply && removed) {
            remove_privilege(token, privilege);
            i--;
        }
    }
    return changed;
}

/* The caller's list in a pool block, its size read once. */
static NTSTATUS capture_list(PTOKEN_PRIVILEGES source, KPROCESSOR_MODE mode,
                             PTOKEN_PRIVILEGES *copy)
{
    ULONG count, length;
    NTSTATUS status = STATUS_SUCCESS;

    *copy = NULL;
    __try {
        if (mode != KernelMode)
            ProbeForRead(source, sizeof(ULONG), sizeof(ULONG));
        count = *(volatile ULONG *)&source->PrivilegeCount;
        if (count > 0x3C)
            return STATUS_INVALID_PARAMETER;
        length = FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + count * sizeof(LUID_AND_ATTRIBUTES);
        if (mode != KernelMode)
            ProbeForRead(source, length, sizeof(ULONG));
        *copy = ExAllocatePoolWithTag(PagedPool, length, SE_TAG);
        if (!*copy)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlCopyMemory(*copy, source, length);
        (*copy)->PrivilegeCount = count;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    if (!NT_SUCCESS(status) && *copy) {
        ExFreePoolWithTag(*copy, SE_TAG);
        *copy = NULL;
    }
    return status;
}

/* Every privilege that should be on, is the token's to have? */
static NTSTATUS all_assigned(struct _TOKEN *token, const TOKEN_PRIVILEGES *wanted)
{
    for (ULONG i = 0; wanted && i < wanted->PrivilegeCount; i++)
        if (!se_privilege_find(token, wanted->Privileges[i].Luid))
            return STATUS_NOT_ALL_ASSIGNED;
    return STATUS_SUCCESS;
}

/* Write the old states first, so that a buffer that is too small or bad changes nothing. */
static NTSTATUS adjust_and_report(struct _TOKEN *token, const TOKEN_PRIVILEGES *wanted,
                                  ULONG length, PTOKEN_PRIVILEGES previous, PULONG return_length,
                                  KPROCESSOR_MODE mode)
{
    NTSTATUS status = all_assigned(token, wanted);
    LUID_AND_ATTRIBUTES old[SE_PRIVILEGE_TOTAL];
    ULONG count = adjust(token, wanted, FALSE, old);
    ULONG needed = FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + count * sizeof(old[0]);

    if (previous) {
        __try {
            if (mode != KernelMode) {
                ProbeForWrite(previous, length, sizeof(ULONG));
                ProbeForWrite(return_length, sizeof(ULONG), sizeof(ULONG));
            }
            *return_length = needed;
            if (length < needed)
                return STATUS_BUFFER_TOO_SMALL;
            previous->PrivilegeCount = count;
            RtlCopyMemory(previous->Privileges, old, count * sizeof(old[0]));
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            return GetExceptionCode();
        }
    }
    adjust(token, wanted, TRUE, NULL);
    token->ModifiedId = se_luid_next();
    return status;
}

/*
 * Enable, disable or remove privileges of a token.
 *
 * @param handle         opened with TOKEN_ADJUST_PRIVILEGES, and TOKEN_QUERY for `previous`
 * @param disable_all    TRUE: all off; `wanted` is not read
 * @param wanted         privileges and SE_PRIVILEGE_ENABLED, SE_PRIVILEGE_REMOVED or 0
 * @param length         bytes at `previous`
 * @param previous       NULL or receives the old states of those that changed
 * @param return_length  receives the bytes that `previous` takes; needed with `previous`
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_NOT_ALL_ASSIGNED when the token lacks one;
 * STATUS_INVALID_PARAMETER; STATUS_BUFFER_TOO_SMALL (nothing changed); the results of
 * ObReferenceObjectByHandle. Source: Windows driver documentation, NtAdjustPrivilegesToken.
 */
NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE handle, BOOLEAN disable_all, PTOKEN_PRIVILEGES wanted,
                                       ULONG length, PTOKEN_PRIVILEGES previous,
                                       PULONG return_length)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    PTOKEN_PRIVILEGES captured = NULL;
    struct _TOKEN *token;
    NTSTATUS status = STATUS_SUCCESS;

    if (!disable_all && !wanted)
        return STATUS_INVALID_PARAMETER;
    if (!disable_all)
        status = capture_list(wanted, mode, &captured);
    if (!NT_SUCCESS(status))
        return status;
    status =
        ObReferenceObjectByHandle(handle, TOKEN_ADJUST_PRIVILEGES | (previous ? TOKEN_QUERY : 0),
                                  se_state.token_type, mode, (PVOID *)&token, NULL);
    if (NT_SUCCESS(status)) {
        status = adjust_and_report(token, captured, length, previous, return_length, mode);
        ObfDereferenceObject(token);
    }
    if (captured)
        ExFreePoolWithTag(captured, SE_TAG);
    return status;
}
NT_SERVICE(AdjustPrivilegesToken, 6, PASSIVE_LEVEL, "hbpupp");
