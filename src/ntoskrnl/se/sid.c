/*
 * Security identifiers, and SeExports: the well-known ones and the privileges, for drivers.
 */
#include "se/se_internal.h"

#define STRING_LENGTH 256 /* characters of the longest SID text, with room */

/* ---- well-known SIDs ---- */

#define WORLD 1
#define LOCAL 2
#define CREATOR 3
#define NT 5
#define MANDATORY 16
#define ONE(authority, a)                                                                          \
    {                                                                                              \
        SID_REVISION, 1, {0, 0, 0, 0, 0, authority},                                               \
        {                                                                                          \
            a                                                                                      \
        }                                                                                          \
    }
#define TWO(authority, a, b)                                                                       \
    {                                                                                              \
        SID_REVISION, 2, {0, 0, 0, 0, 0, authority},                                               \
        {                                                                                          \
            a, b                                                                                   \
        }                                                                                          \
    }
#define BUILTIN(rid) TWO(NT, SECURITY_BUILTIN_DOMAIN_RID, rid)
#define MACHINE(rid)                                                                               \
    {                                                                                              \
        SID_REVISION, 5, {0, 0, 0, 0, 0, NT},                                                      \
        {                                                                                          \
            SECURITY_NT_NON_UNIQUE, 1004336348, 1177238915, 682003330, rid                         \
        }                                                                                          \
    }

static const struct se_sid null_sid = ONE(0, 0);
static const struct se_sid world = ONE(WORLD, 0);
static const struct se_sid local = ONE(LOCAL, 0);
static const struct se_sid creator_owner = ONE(CREATOR, 0);
static const struct se_sid creator_group = ONE(CREATOR, 1);
static const struct se_sid owner_rights = ONE(CREATOR, 4);
static const struct se_sid nt_authority = {SID_REVISION, 0, {0, 0, 0, 0, 0, NT}, {0}};
static const struct se_sid dialup = ONE(NT, SECURITY_DIALUP_RID);
static const struct se_sid network = ONE(NT, SECURITY_NETWORK_RID);
static const struct se_sid batch = ONE(NT, SECURITY_BATCH_RID);
static const struct se_sid interactive = ONE(NT, SECURITY_INTERACTIVE_RID);
static const struct se_sid local_system = ONE(NT, SECURITY_LOCAL_SYSTEM_RID);
static const struct se_sid authenticated = ONE(NT, SECURITY_AUTHENTICATED_USER_RID);
static const struct se_sid restricted = ONE(NT, SECURITY_RESTRICTED_CODE_RID);
static const struct se_sid anonymous = ONE(NT, SECURITY_ANONYMOUS_LOGON_RID);
static const struct se_sid local_service = ONE(NT, SECURITY_LOCAL_SERVICE_RID);
static const struct se_sid network_service = ONE(NT, SECURITY_NETWORK_SERVICE_RID);
static const struct se_sid iuser = ONE(NT, SECURITY_IUSER_RID);
static const struct se_sid admins = BUILTIN(DOMAIN_ALIAS_RID_ADMINS);
static const struct se_sid users = BUILTIN(DOMAIN_ALIAS_RID_USERS);
static const struct se_sid guests = BUILTIN(DOMAIN_ALIAS_RID_GUESTS);
static const struct se_sid power_users = BUILTIN(DOMAIN_ALIAS_RID_POWER_USERS);
static const struct se_sid account_ops = BUILTIN(DOMAIN_ALIAS_RID_ACCOUNT_OPS);
static const struct se_sid system_ops = BUILTIN(DOMAIN_ALIAS_RID_SYSTEM_OPS);
static const struct se_sid print_ops = BUILTIN(DOMAIN_ALIAS_RID_PRINT_OPS);
static const struct se_sid backup_ops = BUILTIN(DOMAIN_ALIAS_RID_BACKUP_OPS);
static const struct se_sid untrusted = ONE(MANDATORY, SECURITY_MANDATORY_UNTRUSTED_RID);
static const struct se_sid low = ONE(MANDATORY, SECURITY_MANDATORY_LOW_RID);
static const struct se_sid medium = ONE(MANDATORY, SECURITY_MANDATORY_MEDIUM_RID);
static const struct se_sid high = ONE(MANDATORY, SECURITY_MANDATORY_HIGH_RID);
static const struct se_sid system_level = ONE(MANDATORY, SECURITY_MANDATORY_SYSTEM_RID);

const struct se_sid se_user_sid = MACHINE(DOMAIN_USER_RID_ADMIN);
const struct se_sid se_user_group_sid = MACHINE(DOMAIN_GROUP_RID_USERS);
const struct se_sid se_local_account_sid = ONE(NT, 113);

/* ---- SeExports ---- */

#define PRIVILEGE(value) {value, 0}
#define SID_OF(sid) ((PSID)(ULONG_PTR) & (sid))

static SE_EXPORTS exports = {
    .SeCreateTokenPrivilege = PRIVILEGE(SE_CREATE_TOKEN_PRIVILEGE),
    .SeAssignPrimaryTokenPrivilege = PRIVILEGE(SE_ASSIGNPRIMARYTOKEN_PRIVILEGE),
    .SeLockMemoryPrivilege = PRIVILEGE(SE_LOCK_MEMORY_PRIVILEGE),
    .SeIncreaseQuotaPrivilege = PRIVILEGE(SE_INCREASE_QUOTA_PRIVILEGE),
    .SeUnsolicitedInputPrivilege = PRIVILEGE(SE_MACHINE_ACCOUNT_PRIVILEGE),
    .SeTcbPrivilege = PRIVILEGE(SE_TCB_PRIVILEGE),
    .SeSecurityPrivilege = PRIVILEGE(SE_SECURITY_PRIVILEGE),
    .SeTakeOwnershipPrivilege = PRIVILEGE(SE_TAKE_OWNERSHIP_PRIVILEGE),
    .SeLoadDriverPrivilege = PRIVILEGE(SE_LOAD_DRIVER_PRIVILEGE),
    .SeCreatePagefilePrivilege = PRIVILEGE(SE_CREATE_PAGEFILE_PRIVILEGE),
    .SeIncreaseBasePriorityPrivilege = PRIVILEGE(SE_INC_BASE_PRIORITY_PRIVILEGE),
    .SeSystemProfilePrivilege = PRIVILEGE(SE_SYSTEM_PROFILE_PRIVILEGE),
    .SeSystemtimePrivilege = PRIVILEGE(SE_SYSTEMTIME_PRIVILEGE),
    .SeProfileSingleProcessPrivilege = PRIVILEGE(SE_PROF_SINGLE_PROCESS_PRIVILEGE),
    .SeCreatePermanentPrivilege = PRIVILEGE(SE_CREATE_PERMANENT_PRIVILEGE),
    .SeBackupPrivilege = PRIVILEGE(SE_BACKUP_PRIVILEGE),
    .SeRestorePrivilege = PRIVILEGE(SE_RESTORE_PRIVILEGE),
    .SeShutdownPrivilege = PRIVILEGE(SE_SHUTDOWN_PRIVILEGE),
    .SeDebugPrivilege = PRIVILEGE(SE_DEBUG_PRIVILEGE),
    .SeAuditPrivilege = PRIVILEGE(SE_AUDIT_PRIVILEGE),
    .SeSystemEnvironmentPrivilege = PRIVILEGE(SE_SYSTEM_ENVIRONMENT_PRIVILEGE),
    .SeChangeNotifyPrivilege = PRIVILEGE(SE_CHANGE_NOTIFY_PRIVILEGE),
    .SeRemoteShutdownPrivilege = PRIVILEGE(SE_REMOTE_SHUTDOWN_PRIVILEGE),
    .SeNullSid = SID_OF(null_sid),
    .SeWorldSid = SID_OF(world),
    .SeLocalSid = SID_OF(local),
    .SeCreatorOwnerSid = SID_OF(creator_owner),
    .SeCreatorGroupSid = SID_OF(creator_group),
    .SeNtAuthoritySid = SID_OF(nt_authority),
    .SeDialupSid = SID_OF(dialup),
    .SeNetworkSid = SID_OF(network),
    .SeBatchSid = SID_OF(batch),
    .SeInteractiveSid = SID_OF(interactive),
    .SeLocalSystemSid = SID_OF(local_system),
    .SeAliasAdminsSid = SID_OF(admins),
    .SeAliasUsersSid = SID_OF(users),
    .SeAliasGuestsSid = SID_OF(guests),
    .SeAliasPowerUsersSid = SID_OF(power_users),
    .SeAliasAccountOpsSid = SID_OF(account_ops),
    .SeAliasSystemOpsSid = SID_OF(system_ops),
    .SeAliasPrintOpsSid = SID_OF(print_ops),
    .SeAliasBackupOpsSid = SID_OF(backup_ops),
    .SeAuthenticatedUsersSid = SID_OF(authenticated),
    .SeRestrictedSid = SID_OF(restricted),
    .SeAnonymousLogonSid = SID_OF(anonymous),
    .SeUndockPrivilege = PRIVILEGE(SE_UNDOCK_PRIVILEGE),
    .SeSyncAgentPrivilege = PRIVILEGE(SE_SYNC_AGENT_PRIVILEGE),
    .SeEnableDelegationPrivilege = PRIVILEGE(SE_ENABLE_DELEGATION_PRIVILEGE),
    .SeLocalServiceSid = SID_OF(local_service),
    .SeNetworkServiceSid = SID_OF(network_service),
    .SeManageVolumePrivilege = PRIVILEGE(SE_MANAGE_VOLUME_PRIVILEGE),
    .SeImpersonatePrivilege = PRIVILEGE(SE_IMPERSONATE_PRIVILEGE),
    .SeCreateGlobalPrivilege = PRIVILEGE(SE_CREATE_GLOBAL_PRIVILEGE),
    .SeTrustedCredManAccessPrivilege = PRIVILEGE(SE_TRUSTED_CREDMAN_ACCESS_PRIVILEGE),
    .SeRelabelPrivilege = PRIVILEGE(SE_RELABEL_PRIVILEGE),
    .SeIncreaseWorkingSetPrivilege = PRIVILEGE(SE_INC_WORKING_SET_PRIVILEGE),
    .SeTimeZonePrivilege = PRIVILEGE(SE_TIME_ZONE_PRIVILEGE),
    .SeCreateSymbolicLinkPrivilege = PRIVILEGE(SE_CREATE_SYMBOLIC_LINK_PRIVILEGE),
    .SeIUserSid = SID_OF(iuser),
    .SeUntrustedMandatorySid = SID_OF(untrusted),
    .SeLowMandatorySid = SID_OF(low),
    .SeMediumMandatorySid = SID_OF(medium),
    .SeHighMandatorySid = SID_OF(high),
    .SeSystemMandatorySid = SID_OF(system_level),
    .SeOwnerRightsSid = SID_OF(owner_rights),
};

PSE_EXPORTS SeExports = &exports;
NT_EXPORT_DATA(SeExports);

/* ---- routines ---- */

/*
 * Bytes of a SID with this many subauthorities.
 *
 * @param count  subauthorities
 * IRQL: any.
 * Returns: 8 + 4 × count.
 * Source: Windows driver documentation, RtlLengthRequiredSid.
 */
ULONG NTAPI RtlLengthRequiredSid(ULONG count)
{
    return FIELD_OFFSET(SID, SubAuthority) + count * sizeof(ULONG);
}
NT_EXPORT(RtlLengthRequiredSid, 31, "u");

/*
 * Bytes of a SID.
 *
 * @param sid  the SID
 * IRQL: any.
 * Returns: its length.
 * Source: Windows driver documentation, RtlLengthSid.
 */
ULONG NTAPI RtlLengthSid(PSID sid)
{
    return RtlLengthRequiredSid(((SID *)sid)->SubAuthorityCount);
}
NT_EXPORT(RtlLengthSid, 31, "p");

BOOLEAN se_sid_valid(PSID sid, ULONG limit)
{
    SID *given = sid;

    return limit >= FIELD_OFFSET(SID, SubAuthority) && given->Revision == SID_REVISION &&
           given->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES && RtlLengthSid(sid) <= limit;
}

/*
 * Is this the structure of a SID?
 *
 * @param sid  the SID, or NULL
 * IRQL: PASSIVE_LEVEL.
 * Returns: TRUE for a known revision and at most 15 subauthorities; FALSE also for unreadable
 * memory. Source: Windows driver documentation, RtlValidSid.
 */
BOOLEAN NTAPI RtlValidSid(PSID sid)
{
    __try {
        return sid && se_sid_valid(sid, MAXULONG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
}
NT_EXPORT(RtlValidSid, APC_LEVEL, "p");

/*
 * Are two SIDs the same?
 *
 * @param sid1  a valid SID
 * @param sid2  another
 * IRQL: any, as the memory allows.
 * Returns: TRUE when they are.
 * Source: Windows driver documentation, RtlEqualSid.
 */
BOOLEAN NTAPI RtlEqualSid(PSID sid1, PSID sid2)
{
    ULONG length = RtlLengthSid(sid1);

    return length == RtlLengthSid(sid2) && RtlCompareMemory(sid1, sid2, length) == length;
}
NT_EXPORT(RtlEqualSid, 31, "pp");

/*
 * Are two SIDs the same but for the last subauthority?
 *
 * @param sid1  a valid SID
 * @param sid2  another
 * IRQL: any, as the memory allows.
 * Returns: TRUE when they are.
 * Source: Windows driver documentation, RtlEqualPrefixSid.
 */
BOOLEAN NTAPI RtlEqualPrefixSid(PSID sid1, PSID sid2)
{
    ULONG length = RtlLengthSid(sid1);

    if (length != RtlLengthSid(sid2))
        return FALSE;
    if (((SID *)sid1)->SubAuthorityCount)
        length -= sizeof(ULONG);
    return RtlCompareMemory(sid1, sid2, length) == length;
}
NT_EXPORT(RtlEqualPrefixSid, 31, "pp");

/*
 * Copy a SID.
 *
 * @param length       bytes at `destination`
 * @param destination  receives the copy
 * @param source       a valid SID
 * IRQL: any, as the memory allows.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL.
 * Source: Windows driver documentation, RtlCopySid.
 */
NTSTATUS NTAPI RtlCopySid(ULONG length, PSID destination, PSID source)
{
    ULONG needed = RtlLengthSid(source);

    if (length < needed)
        return STATUS_BUFFER_TOO_SMALL;
    RtlMoveMemory(destination, source, needed);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlCopySid, 31, "upp");

/*
 * Begin a SID; its subauthorities are for the caller to set.
 *
 * @param sid        RtlLengthRequiredSid(count) bytes
 * @param authority  identifier authority
 * @param count      subauthorities, at most 15
 * IRQL: any, as the memory allows.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER for too many subauthorities.
 * Source: Windows driver documentation, RtlInitializeSid.
 */
NTSTATUS NTAPI RtlInitializeSid(PSID sid, PSID_IDENTIFIER_AUTHORITY authority, UCHAR count)
{
    SID *given = sid;

    if (count > SID_MAX_SUB_AUTHORITIES)
        return STATUS_INVALID_PARAMETER;
    given->Revision = SID_REVISION;
    given->SubAuthorityCount = count;
    given->IdentifierAuthority = *authority;
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlInitializeSid, 31, "ppu");

/*
 * The address of a subauthority.
 *
 * @param sid    the SID
 * @param index  0 …
 * IRQL: any.
 * Returns: the address; the index is not checked.
 * Source: Windows driver documentation, RtlSubAuthoritySid.
 */
PULONG NTAPI RtlSubAuthoritySid(PSID sid, ULONG index)
{
    return (PULONG)((UCHAR *)sid + RtlLengthRequiredSid(index));
}
NT_EXPORT(RtlSubAuthoritySid, 31, "pu");

/*
 * The address of the number of subauthorities.
 *
 * @param sid  the SID
 * IRQL: any.
 * Returns: the address.
 * Source: declared in ntifs.h.
 */
PUCHAR NTAPI RtlSubAuthorityCountSid(PSID sid)
{
    return &((SID *)sid)->SubAuthorityCount;
}
NT_EXPORT(RtlSubAuthorityCountSid, 31, "p");

/*
 * The address of the identifier authority.
 *
 * @param sid  the SID
 * IRQL: any.
 * Returns: the address.
 * Source: declared in ntifs.h.
 */
PSID_IDENTIFIER_AUTHORITY NTAPI RtlIdentifierAuthoritySid(PSID sid)
{
    return &((SID *)sid)->IdentifierAuthority;
}
NT_EXPORT(RtlIdentifierAuthoritySid, 31, "p");

/*
 * Allocate a SID and fill it.
 *
 * @param authority  identifier authority
 * @param count      subauthorities, 0 … 8
 * @param s0         the subauthorities …
 * @param s1         …
 * @param s2         …
 * @param s3         …
 * @param s4         …
 * @param s5         …
 * @param s6         …
 * @param s7         …
 * @param sid        receives the SID, for RtlFreeSid
 * IRQL: <= APC_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_SID for more than 8; STATUS_NO_MEMORY.
 * Source: Windows driver documentation, RtlAllocateAndInitializeSid.
 */
NTSTATUS NTAPI RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY authority, UCHAR count,
                                           ULONG s0, ULONG s1, ULONG s2, ULONG s3, ULONG s4,
                                           ULONG s5, ULONG s6, ULONG s7, PSID *sid)
{
    const ULONG values[8] = {s0, s1, s2, s3, s4, s5, s6, s7};

    if (count > ARRAY_COUNT(values))
        return STATUS_INVALID_SID;
    *sid = ExAllocatePoolWithTag(PagedPool, RtlLengthRequiredSid(count), SE_TAG);
    if (!*sid)
        return STATUS_NO_MEMORY;
    RtlInitializeSid(*sid, authority, count);
    for (ULONG i = 0; i < count; i++)
        *RtlSubAuthoritySid(*sid, i) = values[i];
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlAllocateAndInitializeSid, APC_LEVEL, "puuuuuuuuup");

/*
 * Free a SID from RtlAllocateAndInitializeSid.
 *
 * @param sid  the SID
 * IRQL: <= APC_LEVEL.
 * Returns: NULL.
 * Source: Windows driver documentation, RtlFreeSid.
 */
PVOID NTAPI RtlFreeSid(PSID sid)
{
    ExFreePoolWithTag(sid, SE_TAG);
    return NULL;
}
NT_EXPORT(RtlFreeSid, APC_LEVEL, "p");

/* A number in decimal; returns the characters written. */
static ULONG write_number(WCHAR *text, ULONG64 value)
{
    WCHAR digits[20];
    ULONG count = 0;

    do {
        digits[count++] = (WCHAR)(L'0' + value % 10);
        value /= 10;
    } while (value);
    for (ULONG i = 0; i < count; i++)
        text[i] = digits[count - 1 - i];
    return count;
}

/* The authority: decimal below 2^32, else twelve hexadecimal digits. */
static ULONG write_authority(WCHAR *text, const SID_IDENTIFIER_AUTHORITY *authority)
{
    const UCHAR *v = authority->Value;
    ULONG length = 2;

    if (!v[0] && !v[1])
        return write_number(text, (ULONG64)v[2] << 24 | v[3] << 16 | v[4] << 8 | v[5]);
    text[0] = L'0';
    text[1] = L'x';
    for (ULONG i = 0; i < 6; i++) {
        text[length++] = L"0123456789abcdef"[v[i] >> 4];
        text[length++] = L"0123456789abcdef"[v[i] & 15];
    }
    return length;
}

/*
 * The text of a SID: S-1-5-32-544.
 *
 * @param string    receives the text
 * @param sid       the SID
 * @param allocate  TRUE: allocate the buffer, for RtlFreeUnicodeString
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_SID; STATUS_BUFFER_OVERFLOW when the given buffer is too
 *          small; STATUS_NO_MEMORY.
 * Source: Windows driver documentation, RtlConvertSidToUnicodeString.
 */
NTSTATUS NTAPI RtlConvertSidToUnicodeString(PUNICODE_STRING string, PSID sid, BOOLEAN allocate)
{
    WCHAR text[STRING_LENGTH] = L"S-1-";
    UNICODE_STRING source;
    ULONG length = 4;

    if (!RtlValidSid(sid))
        return STATUS_INVALID_SID;
    length += write_authority(text + length, RtlIdentifierAuthoritySid(sid));
    for (ULONG i = 0; i < *RtlSubAuthorityCountSid(sid); i++) {
        text[length++] = L'-';
        length += write_number(text + length, *RtlSubAuthoritySid(sid, i));
    }
    text[length] = 0;
    RtlInitUnicodeString(&source, text);
    if (allocate)
        return RtlDuplicateUnicodeString(RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE, &source,
                                         string);
    if (string->MaximumLength < source.Length + sizeof(WCHAR))
        return STATUS_BUFFER_OVERFLOW;
    RtlCopyUnicodeString(string, &source);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlConvertSidToUnicodeString, PASSIVE_LEVEL, "ppb");
