/*
 * Access control lists: an ACL header and AceCount entries of varying size behind each other, then
 * free space up to AclSize.
 */
#include "se/se_internal.h"

static ACE_HEADER *first_ace(PACL acl)
{
    return (ACE_HEADER *)(acl + 1);
}

static ACE_HEADER *next_ace(ACE_HEADER *ace)
{
    return (ACE_HEADER *)((UCHAR *)ace + ace->AceSize);
}

/* Kinds whose body is a mask and a SID. */
static BOOLEAN is_simple(UCHAR type)
{
    return type <= SYSTEM_ALARM_ACE_TYPE || type == SYSTEM_MANDATORY_LABEL_ACE_TYPE;
}

/* Where free space begins; NULL when entries overrun the list. */
static ACE_HEADER *find_end(PACL acl)
{
    ACE_HEADER *ace = first_ace(acl);
    UCHAR *end = (UCHAR *)acl + acl->AclSize;

    for (ULONG i = 0; i < acl->AceCount; i++) {
        if ((UCHAR *)(ace + 1) > end || ace->AceSize < sizeof(*ace) ||
            (UCHAR *)ace + ace->AceSize > end)
            return NULL;
        ace = next_ace(ace);
    }
    return ace;
}

BOOLEAN se_acl_valid(PACL acl, ULONG limit)
{
    ACE_HEADER *ace;

    if (limit < sizeof(*acl) || acl->AclSize < sizeof(*acl) || acl->AclSize > limit ||
        acl->AclRevision < ACL_REVISION || acl->AclRevision > ACL_REVISION4 || !find_end(acl))
        return FALSE;
    ace = first_ace(acl);
    for (ULONG i = 0; i < acl->AceCount; i++, ace = next_ace(ace)) {
        ULONG head = FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart);

        if (!is_simple(ace->AceType))
            continue;
        if (ace->AceSize < head ||
            !se_sid_valid(&((ACCESS_ALLOWED_ACE *)ace)->SidStart, ace->AceSize - head))
            return FALSE;
    }
    return TRUE;
}

/*
 * Is this the structure of an ACL?
 *
 * @param acl  the list
 * IRQL: PASSIVE_LEVEL.
 * Returns: TRUE for a known revision and entries that lie inside; FALSE also for unreadable memory.
 * Source: Windows API documentation, IsValidAcl.
 */
BOOLEAN NTAPI RtlValidAcl(PACL acl)
{
    __try {
        return acl && se_acl_valid(acl, MAXULONG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
}
NT_EXPORT(RtlValidAcl, APC_LEVEL, "p");

/*
 * Begin an empty list.
 *
 * @param acl       the memory
 * @param length    its bytes, at least sizeof(ACL)
 * @param revision  ACL_REVISION … ACL_REVISION4
 * IRQL: any, as the memory allows.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL; STATUS_INVALID_PARAMETER for a bad revision or
 *          more than 64 KiB.
 * Source: Windows driver documentation, RtlCreateAcl.
 */
NTSTATUS NTAPI RtlCreateAcl(PACL acl, ULONG length, ULONG revision)
{
    if (length < sizeof(*acl))
        return STATUS_BUFFER_TOO_SMALL;
    if (revision < ACL_REVISION || revision > ACL_REVISION4 || length > MAXUSHORT)
        return STATUS_INVALID_PARAMETER;
    RtlZeroMemory(acl, sizeof(*acl));
    acl->AclRevision = (UCHAR)revision;
    acl->AclSize = (USHORT)(length & ~3u);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlCreateAcl, 31, "puu");

/*
 * Put entries into a list.
 *
 * @param acl       the list
 * @param revision  revision that the entries need
 * @param index     before which entry; MAXULONG = at the end
 * @param list      entries behind each other
 * @param length    their bytes
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER for a bad list or bad entries;
 *          STATUS_BUFFER_TOO_SMALL.
 * Source: Windows driver documentation, RtlAddAce.
 */
NTSTATUS NTAPI RtlAddAce(PACL acl, ULONG revision, ULONG index, PVOID list, ULONG length)
{
    ACE_HEADER *end, *place, *ace;
    ULONG offset = 0, count = 0;

    if (!RtlValidAcl(acl))
        return STATUS_INVALID_PARAMETER;
    for (; offset < length; offset += ace->AceSize, count++) {
        ace = (ACE_HEADER *)((UCHAR *)list + offset);
        if (length - offset < sizeof(*ace) || ace->AceSize < sizeof(*ace) ||
            ace->AceSize > length - offset)
            return STATUS_INVALID_PARAMETER;
    }
    end = find_end(acl);
    if ((ULONG)((UCHAR *)acl + acl->AclSize - (UCHAR *)end) < length)
        return STATUS_BUFFER_TOO_SMALL;
    place = first_ace(acl);
    for (ULONG i = 0; i < index && i < acl->AceCount; i++)
        place = next_ace(place);
    RtlMoveMemory((UCHAR *)place + length, place, (UCHAR *)end - (UCHAR *)place);
    RtlCopyMemory(place, list, length);
    acl->AceCount = (USHORT)(acl->AceCount + count);
    acl->AclRevision = (UCHAR)max(acl->AclRevision, revision);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlAddAce, APC_LEVEL, "puupu");

/*
 * Find an entry.
 *
 * @param acl    the list
 * @param index  0 …
 * @param ace    receives its address
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER for a bad list or index.
 * Source: Windows driver documentation, RtlGetAce.
 */
NTSTATUS NTAPI RtlGetAce(PACL acl, ULONG index, PVOID *ace)
{
    ACE_HEADER *found;

    if (acl->AclRevision < ACL_REVISION || acl->AclRevision > ACL_REVISION4 ||
        index >= acl->AceCount || !find_end(acl))
        return STATUS_INVALID_PARAMETER;
    found = first_ace(acl);
    while (index--)
        found = next_ace(found);
    *ace = found;
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlGetAce, APC_LEVEL, "pup");

/*
 * Take an entry out.
 *
 * @param acl    the list
 * @param index  0 …
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER for a bad list or index.
 * Source: Windows driver documentation, RtlDeleteAce.
 */
NTSTATUS NTAPI RtlDeleteAce(PACL acl, ULONG index)
{
    ACE_HEADER *ace, *next, *end;
    ULONG rest, size;

    if (!RtlValidAcl(acl) || !NT_SUCCESS(RtlGetAce(acl, index, (PVOID *)&ace)))
        return STATUS_INVALID_PARAMETER;
    next = next_ace(ace);
    end = find_end(acl);
    size = ace->AceSize;
    rest = (ULONG)((UCHAR *)end - (UCHAR *)next);
    RtlMoveMemory(ace, next, rest);
    RtlZeroMemory((UCHAR *)ace + rest, size);
    acl->AceCount--;
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlDeleteAce, APC_LEVEL, "pu");

/* An entry that is a mask and a SID, at the end of the list. */
static NTSTATUS add_simple(PACL acl, ULONG revision, UCHAR type, ULONG flags, ACCESS_MASK mask,
                           PSID sid)
{
    ACCESS_ALLOWED_ACE *ace;
    ULONG size;

    if (!RtlValidSid(sid))
        return STATUS_INVALID_SID;
    if (revision > ACL_REVISION4 || acl->AclRevision > ACL_REVISION4)
        return STATUS_REVISION_MISMATCH;
    if (!RtlValidAcl(acl))
        return STATUS_INVALID_ACL;
    if (flags & ~(ULONG)(VALID_INHERIT_FLAGS | SUCCESSFUL_ACCESS_ACE_FLAG | FAILED_ACCESS_ACE_FLAG))
        return STATUS_INVALID_PARAMETER;
    ace = (ACCESS_ALLOWED_ACE *)find_end(acl);
    size = FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + RtlLengthSid(sid);
    if ((ULONG)((UCHAR *)acl + acl->AclSize - (UCHAR *)ace) < size)
        return STATUS_ALLOTTED_SPACE_EXCEEDED;
    ace->Header.AceType = type;
    ace->Header.AceFlags = (UCHAR)flags;
    ace->Header.AceSize = (USHORT)size;
    ace->Mask = mask;
    RtlCopySid(RtlLengthSid(sid), &ace->SidStart, sid);
    acl->AceCount++;
    acl->AclRevision = (UCHAR)max(acl->AclRevision, revision);
    return STATUS_SUCCESS;
}

/*
 * Append an entry that allows access, with inheritance flags.
 *
 * @param acl       the list
 * @param revision  ACL_REVISION …
 * @param flags     OBJECT_INHERIT_ACE …
 * @param mask      what is allowed
 * @param sid       to whom
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_ALLOTTED_SPACE_EXCEEDED; STATUS_INVALID_ACL; STATUS_INVALID_SID;
 *          STATUS_REVISION_MISMATCH; STATUS_INVALID_PARAMETER for bad flags.
 * Source: Windows driver documentation, RtlAddAccessAllowedAceEx.
 */
NTSTATUS NTAPI RtlAddAccessAllowedAceEx(PACL acl, ULONG revision, ULONG flags, ACCESS_MASK mask,
                                        PSID sid)
{
    return add_simple(acl, revision, ACCESS_ALLOWED_ACE_TYPE, flags, mask, sid);
}
NT_EXPORT(RtlAddAccessAllowedAceEx, APC_LEVEL, "puuup");

/*
 * Append an entry that allows access.
 *
 * @param acl       the list
 * @param revision  ACL_REVISION …
 * @param mask      what is allowed
 * @param sid       to whom
 * IRQL: PASSIVE_LEVEL.
 * Returns: as RtlAddAccessAllowedAceEx.
 * Source: Windows driver documentation, RtlAddAccessAllowedAce.
 */
NTSTATUS NTAPI RtlAddAccessAllowedAce(PACL acl, ULONG revision, ACCESS_MASK mask, PSID sid)
{
    return add_simple(acl, revision, ACCESS_ALLOWED_ACE_TYPE, 0, mask, sid);
}
NT_EXPORT(RtlAddAccessAllowedAce, APC_LEVEL, "puup");

/*
 * Append an entry that denies access, with inheritance flags.
 *
 * @param acl       the list
 * @param revision  ACL_REVISION …
 * @param flags     OBJECT_INHERIT_ACE …
 * @param mask      what is denied
 * @param sid       to whom
 * IRQL: PASSIVE_LEVEL.
 * Returns: as RtlAddAccessAllowedAceEx.
 * Source: Windows API documentation, AddAccessDeniedAceEx.
 */
NTSTATUS NTAPI RtlAddAccessDeniedAceEx(PACL acl, ULONG revision, ULONG flags, ACCESS_MASK mask,
                                       PSID sid)
{
    return add_simple(acl, revision, ACCESS_DENIED_ACE_TYPE, flags, mask, sid);
}
NT_EXPORT(RtlAddAccessDeniedAceEx, APC_LEVEL, "puuup");

/*
 * Append an entry that denies access.
 *
 * @param acl       the list
 * @param revision  ACL_REVISION …
 * @param mask      what is denied
 * @param sid       to whom
 * IRQL: PASSIVE_LEVEL.
 * Returns: as RtlAddAccessAllowedAceEx.
 * Source: Windows API documentation, AddAccessDeniedAce.
 */
NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL acl, ULONG revision, ACCESS_MASK mask, PSID sid)
{
    return add_simple(acl, revision, ACCESS_DENIED_ACE_TYPE, 0, mask, sid);
}
NT_EXPORT(RtlAddAccessDeniedAce, APC_LEVEL, "puup");
