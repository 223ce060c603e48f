/*
 * The access check: what does a descriptor grant a token?
 *
 *   kernel mode ─► all
 *   privileges  ─► ACCESS_SYSTEM_SECURITY (SeSecurity), WRITE_OWNER (SeTakeOwnership)
 *   owner       ─► READ_CONTROL, WRITE_DAC, unless an entry for OWNER RIGHTS says otherwise
 *   DACL        ─► entry by entry, the first that names a right decides it; none = all
 *
 * Entries with conditions or object types, and mandatory labels, are not evaluated.
 */
#include "se/se_internal.h"

#define OWNER_ACCESS (READ_CONTROL | WRITE_DAC)

/* One check: rights move from `undecided` to `granted` or `denied`. */
struct check {
    struct _TOKEN *token;
    const GENERIC_MAPPING *mapping;
    struct se_parts parts;
    ACCESS_MASK desired; /* specific and standard rights, MAXIMUM_ALLOWED taken out */
    BOOLEAN maximum;
    ACCESS_MASK granted;
    ACCESS_MASK denied;
};

#ifdef RtlMapGenericMask
#undef RtlMapGenericMask
#endif

/*
 * Replace generic rights by the specific ones that they mean.
 *
 * @param mask     the rights, changed in place
 * @param mapping  what GENERIC_READ … mean for a type
 * IRQL: any.
 * Source: Windows driver documentation, RtlMapGenericMask.
 */
VOID NTAPI RtlMapGenericMask(PACCESS_MASK mask, PGENERIC_MAPPING mapping)
{
    ACCESS_MASK given = *mask;

    if (given & GENERIC_READ)
        *mask |= mapping->GenericRead;
    if (given & GENERIC_WRITE)
        *mask |= mapping->GenericWrite;
    if (given & GENERIC_EXECUTE)
        *mask |= mapping->GenericExecute;
    if (given & GENERIC_ALL)
        *mask |= mapping->GenericAll;
    *mask &= ~(ACCESS_MASK)(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
}
NT_EXPORT(RtlMapGenericMask, 31, "pp");

/* Does an entry for this SID concern the token? */
static BOOLEAN applies(const struct check *check, PSID sid, BOOLEAN for_deny)
{
    if (RtlEqualSid(sid, SeExports->SeOwnerRightsSid))
        return check->parts.owner && se_token_has_sid(check->token, check->parts.owner, for_deny);
    return se_token_has_sid(check->token, sid, for_deny);
}

static void apply_entry(struct check *check, ACCESS_ALLOWED_ACE *ace)
{
    ACCESS_MASK mask = ace->Mask;
    BOOLEAN deny = ace->Header.AceType == ACCESS_DENIED_ACE_TYPE;

    if ((ace->Header.AceFlags & INHERIT_ONLY_ACE) ||
        (!deny && ace->Header.AceType != ACCESS_ALLOWED_ACE_TYPE) ||
        !applies(check, &ace->SidStart, deny))
        return;
    RtlMapGenericMask(&mask, (PGENERIC_MAPPING)check->mapping);
    if (deny)
        check->denied |= mask & ~check->granted;
    else
        check->granted |= mask & ~check->denied;
}

static BOOLEAN names_owner_rights(PACL dacl)
{
    ACCESS_ALLOWED_ACE *ace;

    for (ULONG i = 0; NT_SUCCESS(RtlGetAce(dacl, i, (PVOID *)&ace)); i++)
        if (ace->Header.AceType <= ACCESS_DENIED_ACE_TYPE &&
            !(ace->Header.AceFlags & INHERIT_ONLY_ACE) &&
            RtlEqualSid(&ace->SidStart, SeExports->SeOwnerRightsSid))
            return TRUE;
    return FALSE;
}

static void evaluate_dacl(struct check *check)
{
    ACCESS_ALLOWED_ACE *ace;
    PACL dacl = check->parts.dacl;

    if (!dacl) {
        check->granted |= check->maximum ? check->mapping->GenericAll : 0;
        check->granted |= check->desired & ~(ACCESS_MASK)ACCESS_SYSTEM_SECURITY;
        return;
    }
    if (check->parts.owner && se_token_has_sid(check->token, check->parts.owner, FALSE) &&
        !names_owner_rights(dacl))
        check->granted |= OWNER_ACCESS;
    for (ULONG i = 0; NT_SUCCESS(RtlGetAce(dacl, i, (PVOID *)&ace)); i++)
        apply_entry(check, ace);
}

static BOOLEAN holds(struct check *check, LUID privilege)
{
    LUID_AND_ATTRIBUTES wanted = {.Luid = privilege};

    return se_privilege_check(check->token, &wanted, 1, TRUE, UserMode);
}

static NTSTATUS evaluate(struct check *check)
{
    if (check->desired & ACCESS_SYSTEM_SECURITY) {
        if (!holds(check, SeExports->SeSecurityPrivilege))
            return STATUS_PRIVILEGE_NOT_HELD;
        check->granted |= ACCESS_SYSTEM_SECURITY;
    }
    if ((check->desired & WRITE_OWNER) && holds(check, SeExports->SeTakeOwnershipPrivilege))
        check->granted |= WRITE_OWNER;
    evaluate_dacl(check);
    if (check->desired & ~check->granted)
        return STATUS_ACCESS_DENIED;
    return check->maximum && !check->granted ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

static NTSTATUS check_user(PSECURITY_DESCRIPTOR descriptor, const SECURITY_SUBJECT_CONTEXT *subject,
                           ACCESS_MASK desired, ACCESS_MASK previous,
                           const GENERIC_MAPPING *mapping, ACCESS_MASK *granted)
{
    struct check check = {
        .token = se_effective_token(subject),
        .mapping = mapping,
        .desired = desired & ~(ACCESS_MASK)MAXIMUM_ALLOWED,
        .maximum = (desired & MAXIMUM_ALLOWED) != 0,
    };
    NTSTATUS status;

    *granted = 0;
    if (!descriptor)
        return STATUS_ACCESS_DENIED;
    if (subject->ClientToken && subject->ImpersonationLevel < SecurityImpersonation)
        return STATUS_BAD_IMPERSONATION_LEVEL;
    if (desired == 0) {
        *granted = previous;
        return previous ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    }
    status = se_parts_read(descriptor, &check.parts);
    if (NT_SUCCESS(status))
        status = evaluate(&check);
    if (NT_SUCCESS(status))
        *granted = previous | (check.maximum ? check.granted : check.desired);
    return status;
}

/*
 * Decide whether a subject may have access to what a descriptor protects.
 *
 * @param descriptor      the descriptor; NULL denies in user mode
 * @param subject         who asks
 * @param locked          TRUE: SeLockSubjectContext was called
 * @param desired         rights asked for; MAXIMUM_ALLOWED asks for all that are allowed
 * @param previous        rights granted before
 * @param privileges      NULL or receives NULL: no list of used privileges is kept
 * @param mapping         meaning of the generic rights
 * @param mode            KernelMode grants everything
 * @param granted         receives the rights granted, with `previous`
 * @param access_status   receives STATUS_SUCCESS; STATUS_ACCESS_DENIED; STATUS_PRIVILEGE_NOT_HELD;
 *                        STATUS_BAD_IMPERSONATION_LEVEL
 * IRQL: PASSIVE_LEVEL.
 * Returns: TRUE when access is granted.
 * Differs from NT: integrity labels, conditional and object entries are not evaluated, *privileges
 * is always NULL. Source: Windows driver documentation, SeAccessCheck.
 */
BOOLEAN NTAPI SeAccessCheck(PSECURITY_DESCRIPTOR descriptor, PSECURITY_SUBJECT_CONTEXT subject,
                            BOOLEAN locked, ACCESS_MASK desired, ACCESS_MASK previous,
                            PPRIVILEGE_SET *privileges, PGENERIC_MAPPING mapping,
                            KPROCESSOR_MODE mode, PACCESS_MASK granted, PNTSTATUS access_status)
{
    (void)locked;
    if (privileges)
        *privileges = NULL;
    RtlMapGenericMask(&desired, mapping);
    if (mode == KernelMode) {
        *granted = previous | (desired & ~(ACCESS_MASK)MAXIMUM_ALLOWED);
        if (desired & MAXIMUM_ALLOWED)
            *granted |= mapping->GenericAll;
        *access_status = STATUS_SUCCESS;
    } else {
        *access_status = check_user(descriptor, subject, desired, previous, mapping, granted);
    }
    return NT_SUCCESS(*access_status);
}
NT_EXPORT(SeAccessCheck, PASSIVE_LEVEL, "ppbuuppupp");

/*
 * Free a set of privileges from SeAccessCheck.
 *
 * @param privileges  the set, or NULL
 * IRQL: PASSIVE_LEVEL.
 * Source: Windows driver documentation, SeFreePrivileges.
 */
VOID NTAPI SeFreePrivileges(PPRIVILEGE_SET privileges)
{
    if (privileges)
        ExFreePoolWithTag(privileges, SE_TAG);
}
NT_EXPORT(SeFreePrivileges, PASSIVE_LEVEL, "p");
