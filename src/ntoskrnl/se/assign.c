/*
 * Descriptors of objects: made for a new object, read and changed in parts later.
 *
 * Each part of a new descriptor comes from the first source that has it: the explicit descriptor,
 * the parent's inheritable entries (lists only), the creator's token.
 */
#include "se/se_internal.h"

/* A new object's descriptor under construction. */
struct assignment {
    struct se_parts result;
    struct se_parts parent;
    struct se_parts explicit;
    const struct _TOKEN *token;
    PGENERIC_MAPPING mapping;
    BOOLEAN container;
    PACL inherited; /* pool */
};

/* The flags that an inherited copy of an entry has; FALSE when a child does not get it. */
static BOOLEAN inherit_flags(UCHAR flags, BOOLEAN container, UCHAR *inherited)
{
    UCHAR wanted = container ? CONTAINER_INHERIT_ACE : OBJECT_INHERIT_ACE;

    *inherited = 0;
    if (container && !(flags & NO_PROPAGATE_INHERIT_ACE))
        *inherited = flags & (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE);
    if (flags & wanted)
        return TRUE;
    if (!*inherited)
        return FALSE;
    *inherited |= INHERIT_ONLY_ACE;
    return TRUE;
}

/* CREATOR OWNER and CREATOR GROUP stand for the new object's owner and group. */
static PSID inherited_sid(const struct assignment *assignment, PSID sid)
{
    if (RtlEqualSid(sid, SeExports->SeCreatorOwnerSid))
        return assignment->result.owner;
    if (RtlEqualSid(sid, SeExports->SeCreatorGroupSid))
        return assignment->result.group;
    return sid;
}

/* Append the entries of `source` that a child inherits; NULL list: count the bytes only. */
static NTSTATUS inherit_entries(const struct assignment *assignment, PACL source, PACL list,
                                ULONG *bytes)
{
    ACCESS_ALLOWED_ACE *ace;

    *bytes = sizeof(ACL);
    for (ULONG i = 0; NT_SUCCESS(RtlGetAce(source, i, (PVOID *)&ace)); i++) {
        ACCESS_MASK mask = ace->Mask;
        UCHAR flags;
        PSID sid;
        NTSTATUS status;

        if (ace->Header.AceType > ACCESS_DENIED_ACE_TYPE ||
            !inherit_flags(ace->Header.AceFlags, assignment->container, &flags))
            continue;
        sid = inherited_sid(assignment, &ace->SidStart);
        *bytes += FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + RtlLengthSid(sid);
        if (!list)
            continue;
        RtlMapGenericMask(&mask, assignment->mapping);
        if (ace->Header.AceType == ACCESS_ALLOWED_ACE_TYPE)
            status = RtlAddAccessAllowedAceEx(list, ACL_REVISION, flags, mask, sid);
        else
            status = RtlAddAccessDeniedAceEx(list, ACL_REVISION, flags, mask, sid);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS inherit(struct assignment *assignment, PACL source)
{
    ULONG bytes;

    if (!source)
        return STATUS_SUCCESS;
    inherit_entries(assignment, source, NULL, &bytes);
    if (bytes == sizeof(ACL))
        return STATUS_SUCCESS;
    assignment->inherited = ExAllocatePoolWithTag(PagedPool, bytes, SE_TAG);
    if (!assignment->inherited)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCreateAcl(assignment->inherited, bytes, ACL_REVISION);
    return inherit_entries(assignment, source, assignment->inherited, &bytes);
}

static NTSTATUS choose_dacl(struct assignment *assignment)
{
    struct se_parts *result = &assignment->result;
    NTSTATUS status;

    if ((assignment->explicit.control & SE_DACL_PRESENT) &&
        !(assignment->explicit.control & SE_DACL_DEFAULTED)) {
        result->dacl = assignment->explicit.dacl;
        result->control |= assignment->explicit.control & (SE_DACL_PRESENT | SE_DACL_PROTECTED);
        return STATUS_SUCCESS;
    }
    status = inherit(assignment, assignment->parent.dacl);
    if (!NT_SUCCESS(status))
        return status;
    result->control |= SE_DACL_PRESENT;
    if (assignment->inherited) {
        result->dacl = assignment->inherited;
    } else if (assignment->explicit.control & SE_DACL_PRESENT) {
        result->dacl = assignment->explicit.dacl;
        result->control |= SE_DACL_DEFAULTED;
    } else {
        result->dacl = assignment->token->DefaultDacl;
        result->control |= SE_DACL_DEFAULTED;
    }
    return STATUS_SUCCESS;
}

/* Generic rights in the finished block become those of the type. */
static void map_generic(PSECURITY_DESCRIPTOR descriptor, PGENERIC_MAPPING mapping)
{
    struct se_parts parts;
    ACCESS_ALLOWED_ACE *ace;

    se_parts_read(descriptor, &parts);
    if (!parts.dacl)
        return;
    for (ULONG i = 0; NT_SUCCESS(RtlGetAce(parts.dacl, i, (PVOID *)&ace)); i++)
        if (ace->Header.AceType <= ACCESS_DENIED_ACE_TYPE &&
            !(ace->Header.AceFlags & INHERIT_ONLY_ACE))
            RtlMapGenericMask(&ace->Mask, mapping);
}

static NTSTATUS assign(struct assignment *assignment, POOL_TYPE pool,
                       PSECURITY_DESCRIPTOR *descriptor)
{
    struct se_parts *result = &assignment->result;
    NTSTATUS status;

    result->owner =
        assignment->explicit.owner ? assignment->explicit.owner : assignment->token->Owner;
    result->group =
        assignment->explicit.group ? assignment->explicit.group : assignment->token->PrimaryGroup;
    if (assignment->explicit.control & SE_SACL_PRESENT) {
        result->sacl = assignment->explicit.sacl;
        result->control |= SE_SACL_PRESENT;
    }
    status = choose_dacl(assignment);
    if (NT_SUCCESS(status))
        status = se_parts_allocate(result, pool, descriptor);
    if (NT_SUCCESS(status))
        map_generic(*descriptor, assignment->mapping);
    if (assignment->inherited)
        ExFreePoolWithTag(assignment->inherited, SE_TAG);
    return status;
}

/*
 * Make the descriptor of a new object.
 *
 * @param parent      descriptor of its container, or NULL
 * @param explicit    what the creator passed, or NULL
 * @param descriptor  receives a self-relative descriptor, for SeDeassignSecurity; NULL when the
 *                    machine still boots and has no tokens
 * @param directory   TRUE: the object is a container
 * @param subject     its creator
 * @param mapping     meaning of the generic rights
 * @param pool        pool of the result
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_UNKNOWN_REVISION; STATUS_INSUFFICIENT_RESOURCES.
 * Differs from NT: SACL entries are not inherited, any owner is accepted; the result is in `pool`,
 *                  not always in paged pool.
 * Source: Windows driver documentation, SeAssignSecurity.
 */
NTSTATUS NTAPI SeAssignSecurity(PSECURITY_DESCRIPTOR parent, PSECURITY_DESCRIPTOR explicit,
                                PSECURITY_DESCRIPTOR *descriptor, BOOLEAN directory,
                                PSECURITY_SUBJECT_CONTEXT subject, PGENERIC_MAPPING mapping,
                                POOL_TYPE pool)
{
    struct assignment assignment = {
        .token = se_effective_token(subject),
        .mapping = mapping,
        .container = directory,
    };
    NTSTATUS status = STATUS_SUCCESS;

    *descriptor = NULL;
    if (!assignment.token)
        return STATUS_SUCCESS;
    if (parent)
        status = se_parts_read(parent, &assignment.parent);
    if (NT_SUCCESS(status) && explicit)
        status = se_parts_read(explicit, &assignment.explicit);
    return NT_SUCCESS(status) ? assign(&assignment, pool, descriptor) : status;
}
NT_EXPORT(SeAssignSecurity, PASSIVE_LEVEL, "pppbppu");

/*
 * Free a descriptor from SeAssignSecurity.
 *
 * @param descriptor  its address; set to NULL
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS.
 * Source: Windows driver documentation, SeDeassignSecurity.
 */
NTSTATUS NTAPI SeDeassignSecurity(PSECURITY_DESCRIPTOR *descriptor)
{
    if (*descriptor)
        ExFreePoolWithTag(*descriptor, SE_TAG);
    *descriptor = NULL;
    return STATUS_SUCCESS;
}
NT_EXPORT(SeDeassignSecurity, PASSIVE_LEVEL, "p");

static void take_list(struct se_parts *parts, const struct se_parts *source, BOOLEAN dacl)
{
    SECURITY_DESCRIPTOR_CONTROL bits =
        dacl ? SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_PROTECTED
             : SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_PROTECTED;

    parts->control =
        (parts->control & (SECURITY_DESCRIPTOR_CONTROL)~bits) | (source->control & bits);
    if (dacl)
        parts->dacl = source->dacl;
    else
        parts->sacl = source->sacl;
}

/*
 * Replace parts of an object's descriptor by a new block; the old one is freed.
 *
 * @param object        not used
 * @param information   which parts
 * @param modification  the new parts
 * @param descriptor    the object's descriptor, from pool; replaced
 * @param pool          pool of the result
 * @param mapping       meaning of the generic rights
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_NO_SECURITY_ON_OBJECT when it has none; STATUS_INVALID_OWNER;
 *          STATUS_UNKNOWN_REVISION; STATUS_INSUFFICIENT_RESOURCES.
 * Differs from NT: any SID is accepted as owner.
 * Source: Windows driver documentation, SeSetSecurityDescriptorInfo.
 */
NTSTATUS NTAPI SeSetSecurityDescriptorInfo(PVOID object, PSECURITY_INFORMATION information,
                                           PSECURITY_DESCRIPTOR modification,
                                           PSECURITY_DESCRIPTOR *descriptor, POOL_TYPE pool,
                                           PGENERIC_MAPPING mapping)
{
    struct se_parts parts, source;
    PSECURITY_DESCRIPTOR created;
    NTSTATUS status;

    (void)object;
    if (!*descriptor)
        return STATUS_NO_SECURITY_ON_OBJECT;
    status = se_parts_read(*descriptor, &parts);
    if (NT_SUCCESS(status))
        status = se_parts_read(modification, &source);
    if (!NT_SUCCESS(status))
        return status;
    if (*information & OWNER_SECURITY_INFORMATION) {
        if (!source.owner)
            return STATUS_INVALID_OWNER;
        parts.owner = source.owner;
    }
    if (*information & GROUP_SECURITY_INFORMATION)
        parts.group = source.group;
    if (*information & DACL_SECURITY_INFORMATION)
        take_list(&parts, &source, TRUE);
    if (*information & SACL_SECURITY_INFORMATION)
        take_list(&parts, &source, FALSE);
    status = se_parts_allocate(&parts, pool, &created);
    if (!NT_SUCCESS(status))
        return status;
    map_generic(created, mapping);
    ExFreePoolWithTag(*descriptor, SE_TAG);
    *descriptor = created;
    return STATUS_SUCCESS;
}
NT_EXPORT(SeSetSecurityDescriptorInfo, PASSIVE_LEVEL, "ppppup");

/*
 * Copy parts of an object's descriptor.
 *
 * @param information  which parts
 * @param destination  receives a self-relative descriptor
 * @param length       bytes there; receives the bytes needed
 * @param descriptor   the object's descriptor; NULL inside gives an empty one
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL; STATUS_UNKNOWN_REVISION.
 * Source: Windows driver documentation, SeQuerySecurityDescriptorInfo.
 */
NTSTATUS NTAPI SeQuerySecurityDescriptorInfo(PSECURITY_INFORMATION information,
                                             PSECURITY_DESCRIPTOR destination, PULONG length,
                                             PSECURITY_DESCRIPTOR *descriptor)
{
    struct se_parts all = {0}, parts = {0};
    ULONG given = *length;
    NTSTATUS status = *descriptor ? se_parts_read(*descriptor, &all) : STATUS_SUCCESS;

    if (!NT_SUCCESS(status))
        return status;
    if (*information & OWNER_SECURITY_INFORMATION)
        parts.owner = all.owner;
    if (*information & GROUP_SECURITY_INFORMATION)
        parts.group = all.group;
    if (*information & DACL_SECURITY_INFORMATION)
        take_list(&parts, &all, TRUE);
    if (*information & SACL_SECURITY_INFORMATION)
        take_list(&parts, &all, FALSE);
    *length = se_parts_size(&parts);
    if (given < *length)
        return STATUS_BUFFER_TOO_SMALL;
    se_parts_write(&parts, destination);
    return STATUS_SUCCESS;
}
NT_EXPORT(SeQuerySecurityDescriptorInfo, PASSIVE_LEVEL, "pppp");
