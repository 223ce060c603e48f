/*
 * Tokens: the type, the two that the machine boots with (System and the first user), and who has
 * which. A token's SIDs are constants of the image; its default DACL is a pool block of its own.
 *
 * A process holds a reference on its primary token, a thread on its impersonation token.
 */
#include "se/se_internal.h"
#include "vf/owned.h"

#define GROUP_ENABLED (SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED)
#define GROUP_LABEL (SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED)
#define PRIVILEGE_ON (SE_PRIVILEGE_ENABLED_BY_DEFAULT | SE_PRIVILEGE_ENABLED)
#define FIRST_LUID 0x10000 /* below it: well-known ones */
#define USER_SESSION 1

struct se_state se_state;
NT_EXPORT_DIRECTIVE("SeTokenObjectType=se_token_object_type,data");
POBJECT_TYPE se_token_object_type; /* what drivers know as *SeTokenObjectType */

LUID se_luid_next(void)
{
    ULONG64 value = FIRST_LUID + se_state.next_luid++;
    LUID luid = {.LowPart = (ULONG)value, .HighPart = (LONG)(value >> 32)};

    return luid;
}

/* Is a SID the token's user or one of its groups? A group may count for denial only. */
BOOLEAN se_token_has_sid(const struct _TOKEN *token, PSID sid, BOOLEAN for_deny)
{
    ULONG counting = SE_GROUP_ENABLED | (for_deny ? SE_GROUP_USE_FOR_DENY_ONLY : 0);

    if (!token)
        return FALSE;
    if (RtlEqualSid(token->User, sid))
        return TRUE;
    for (ULONG i = 0; i < token->GroupCount; i++)
        if ((token->Groups[i].Attributes & counting) && RtlEqualSid(token->Groups[i].Sid, sid))
            return TRUE;
    return FALSE;
}

static void destroy_token(PVOID object)
{
    struct _TOKEN *token = object;

    if (token->DefaultDacl)
        ExFreePoolWithTag(token->DefaultDacl, SE_TAG);
}

static NTSTATUS allocate_token(struct _TOKEN **token)
{
    return ObCreateObject(KernelMode, se_state.token_type, NULL, KernelMode, NULL, sizeof(**token),
                          0, 0, (PVOID *)token);
}

/* Full access for the owner and for System, as Windows gives. */
static NTSTATUS make_default_dacl(struct _TOKEN *token)
{
    const PSID sids[] = {token->Owner, SeExports->SeLocalSystemSid};
    ULONG size = sizeof(ACL);

    for (ULONG i = 0; i < ARRAY_COUNT(sids); i++)
        size += FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + RtlLengthSid(sids[i]);
    token->DefaultDacl = ExAllocatePoolWithTag(PagedPool, size, SE_TAG);
    if (!token->DefaultDacl)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCreateAcl(token->DefaultDacl, size, ACL_REVISION);
    for (ULONG i = 0; i < ARRAY_COUNT(sids); i++)
        RtlAddAccessAllowedAce(token->DefaultDacl, ACL_REVISION, GENERIC_ALL, sids[i]);
    return STATUS_SUCCESS;
}

static void add_group(struct _TOKEN *token, PSID sid, ULONG attributes)
{
    kassert(token->GroupCount < SE_MAXIMUM_GROUPS);
    token->Groups[token->GroupCount].Sid = sid;
    token->Groups[token->GroupCount++].Attributes = attributes;
}

static void add_privilege(struct _TOKEN *token, ULONG value, ULONG attributes)
{
    kassert(token->PrivilegeCount < SE_PRIVILEGE_TOTAL);
    token->Privileges[token->PrivilegeCount].Luid.LowPart = value;
    token->Privileges[token->PrivilegeCount].Luid.HighPart = 0;
    token->Privileges[token->PrivilegeCount++].Attributes = attributes;
}

static void identify(struct _TOKEN *token, const char source[TOKEN_SOURCE_LENGTH])
{
    token->TokenType = TokenPrimary;
    token->ImpersonationLevel = SecurityAnonymous;
    token->TokenId = se_luid_next();
    token->ModifiedId = token->TokenId;
    token->Elevated = TRUE;
    RtlCopyMemory(token->TokenSource.SourceName, source, TOKEN_SOURCE_LENGTH);
}

/* Local System, with every privilege enabled. */
static NTSTATUS make_system_token(struct _TOKEN **result)
{
    static const LUID logon = SYSTEM_LUID;
    struct _TOKEN *token;
    NTSTATUS status = allocate_token(&token);

    if (!NT_SUCCESS(status))
        return status;
    identify(token, "*SYSTEM*");
    token->AuthenticationId = logon;
    token->User = SeExports->SeLocalSystemSid;
    token->Owner = SeExports->SeAliasAdminsSid;
    token->PrimaryGroup = SeExports->SeLocalSystemSid;
    token->Integrity = SeExports->SeSystemMandatorySid;
    add_group(token, SeExports->SeAliasAdminsSid,
              SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED | SE_GROUP_OWNER);
    add_group(token, SeExports->SeWorldSid, GROUP_ENABLED);
    add_group(token, SeExports->SeAuthenticatedUsersSid, GROUP_ENABLED);
    add_group(token, token->Integrity, GROUP_LABEL);
    for (ULONG value = SE_FIRST_PRIVILEGE; value <= SE_MAX_WELL_KNOWN_PRIVILEGE; value++)
        if (value != SE_MACHINE_ACCOUNT_PRIVILEGE && value != SE_REMOTE_SHUTDOWN_PRIVILEGE &&
            value != SE_SYNC_AGENT_PRIVILEGE && value != SE_ENABLE_DELEGATION_PRIVILEGE)
            add_privilege(token, value, PRIVILEGE_ON);
    *result = token;
    return make_default_dacl(token);
}

/* The local Administrator, elevated; most privileges are there but off, as on Windows. */
static NTSTATUS make_user_token(struct _TOKEN **result)
{
    static const UCHAR privileges[] = {SE_INCREASE_QUOTA_PRIVILEGE,
                                       SE_SECURITY_PRIVILEGE,
                                       SE_TAKE_OWNERSHIP_PRIVILEGE,
                                       SE_LOAD_DRIVER_PRIVILEGE,
                                       SE_SYSTEM_PROFILE_PRIVILEGE,
                                       SE_SYSTEMTIME_PRIVILEGE,
                                       SE_PROF_SINGLE_PROCESS_PRIVILEGE,
                                       SE_INC_BASE_PRIORITY_PRIVILEGE,
                                       SE_CREATE_PAGEFILE_PRIVILEGE,
                                       SE_BACKUP_PRIVILEGE,
                                       SE_RESTORE_PRIVILEGE,
                                       SE_SHUTDOWN_PRIVILEGE,
                                       SE_DEBUG_PRIVILEGE,
                                       SE_SYSTEM_ENVIRONMENT_PRIVILEGE,
                                       SE_CHANGE_NOTIFY_PRIVILEGE,
                                       SE_REMOTE_SHUTDOWN_PRIVILEGE,
                                       SE_UNDOCK_PRIVILEGE,
                                       SE_MANAGE_VOLUME_PRIVILEGE,
                                       SE_IMPERSONATE_PRIVILEGE,
                                       SE_CREATE_GLOBAL_PRIVILEGE,
                                       SE_INC_WORKING_SET_PRIVILEGE,
                                       SE_TIME_ZONE_PRIVILEGE,
                                       SE_CREATE_SYMBOLIC_LINK_PRIVILEGE};
    struct _TOKEN *token;
    NTSTATUS status = allocate_token(&token);

    if (!NT_SUCCESS(status))
        return status;
    identify(token, "User32 \0");
    token->AuthenticationId = se_luid_next();
    token->SessionId = USER_SESSION;
    token->User = (PSID)(ULONG_PTR)&se_user_sid;
    token->Owner = SeExports->SeAliasAdminsSid;
    token->PrimaryGroup = (PSID)(ULONG_PTR)&se_user_group_sid;
    token->Integrity = SeExports->SeHighMandatorySid;
    add_group(token, (PSID)(ULONG_PTR)&se_user_group_sid, GROUP_ENABLED);
    add_group(token, SeExports->SeWorldSid, GROUP_ENABLED);
    add_group(token, (PSID)(ULONG_PTR)&se_local_account_sid, GROUP_ENABLED);
    add_group(token, SeExports->SeAliasAdminsSid, GROUP_ENABLED | SE_GROUP_OWNER);
    add_group(token, SeExports->SeAliasUsersSid, GROUP_ENABLED);
    add_group(token, SeExports->SeInteractiveSid, GROUP_ENABLED);
    add_group(token, SeExports->SeAuthenticatedUsersSid, GROUP_ENABLED);
    add_group(token, SeExports->SeLocalSid, GROUP_ENABLED);
    add_group(token, token->Integrity, GROUP_LABEL);
    for (ULONG i = 0; i < ARRAY_COUNT(privileges); i++) {
        BOOLEAN on = privileges[i] == SE_CHANGE_NOTIFY_PRIVILEGE ||
                     privileges[i] == SE_IMPERSONATE_PRIVILEGE ||
                     privileges[i] == SE_CREATE_GLOBAL_PRIVILEGE;

        add_privilege(token, privileges[i], on ? PRIVILEGE_ON : 0);
    }
    *result = token;
    return make_default_dacl(token);
}

/* A copy with its own identity, for a thread that impersonates. */
NTSTATUS se_token_copy(const struct _TOKEN *source, TOKEN_TYPE type,
                       SECURITY_IMPERSONATION_LEVEL level, struct _TOKEN **copy)
{
    struct _TOKEN *token;
    NTSTATUS status = allocate_token(&token);

    if (!NT_SUCCESS(status))
        return status;
    *token = *source;
    token->TokenId = se_luid_next();
    token->TokenType = type;
    token->ImpersonationLevel = level;
    token->DefaultDacl = NULL;
    if (source->DefaultDacl) {
        ULONG size = source->DefaultDacl->AclSize;

        token->DefaultDacl = ExAllocatePoolWithTag(PagedPool, size, SE_TAG);
        if (!token->DefaultDacl) {
            ObfDereferenceObject(token);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        RtlCopyMemory(token->DefaultDacl, source->DefaultDacl, size);
    }
    *copy = token;
    return STATUS_SUCCESS;
}

void se_initialize(void)
{
    static const struct ob_type_info info = {
        .name = L"Token",
        .pool = PagedPool,
        .valid_access = TOKEN_ALL_ACCESS,
        .mapping = {TOKEN_READ, TOKEN_WRITE, TOKEN_EXECUTE, TOKEN_ALL_ACCESS},
        .waitable_offset = OB_NOT_WAITABLE,
        .security_required = TRUE,
        .destroy = destroy_token,
    };

    InitializeListHead(&se_state.logon_routines);
    if (!NT_SUCCESS(ob_type_create(&info, &se_state.token_type)))
        ke_bugcheck(SECURITY_INITIALIZATION_FAILED, 0, 0, 0, 0);
    se_token_object_type = se_state.token_type;
    if (!NT_SUCCESS(make_system_token(&se_state.system_token)) ||
        !NT_SUCCESS(make_user_token(&se_state.user_token)))
        ke_bugcheck(SECURITY_INITIALIZATION_FAILED, 1, 0, 0, 0);
    if (PsInitialSystemProcess)
        se_process_token_set(PsInitialSystemProcess, se_state.system_token);
}

PACCESS_TOKEN se_system_token(void)
{
    return se_state.system_token;
}

PACCESS_TOKEN se_user_token(void)
{
    return se_state.user_token;
}

void se_process_token_set(PEPROCESS process, PACCESS_TOKEN token)
{
    PACCESS_TOKEN old = se_process_token(process);

    if (token)
        ObfReferenceObject(token);
    process->Token = (ULONG_PTR)token;
    if (old)
        ObfDereferenceObject(old);
}

/*
 * The primary token of a process, with a reference.
 *
 * @param process  the process
 * IRQL: PASSIVE_LEVEL.
 * Returns: the token, for PsDereferencePrimaryToken.
 * Source: Windows driver documentation, PsReferencePrimaryToken.
 */
HANDLE NTAPI PsReferencePrimaryToken(PEPROCESS process)
{
    PACCESS_TOKEN token = se_process_token(process);

    ObfReferenceObject(token);
    VF(object_referenced(token, __builtin_return_address(0)));
    return token;
}
NT_EXPORT(PsReferencePrimaryToken, PASSIVE_LEVEL, "p");

/*
 * Release a token from PsReferencePrimaryToken.
 *
 * @param token  the token
 * IRQL: PASSIVE_LEVEL.
 * Source: Windows driver documentation, PsDereferencePrimaryToken.
 */
VOID NTAPI PsDereferencePrimaryToken(PACCESS_TOKEN token)
{
    ObfDereferenceObject(token);
}
NT_EXPORT(PsDereferencePrimaryToken, PASSIVE_LEVEL, "p");

/*
 * The token that a thread impersonates, with a reference.
 *
 * @param thread          the thread
 * @param copy_on_open    receives FALSE
 * @param effective_only  receives FALSE
 * @param level           receives the impersonation level
 * IRQL: PASSIVE_LEVEL.
 * Returns: the token, or NULL when the thread does not impersonate.
 * Source: Windows driver documentation, PsReferenceImpersonationToken.
 */
PACCESS_TOKEN NTAPI PsReferenceImpersonationToken(PETHREAD thread, PBOOLEAN copy_on_open,
                                                  PBOOLEAN effective_only,
                                                  PSECURITY_IMPERSONATION_LEVEL level)
{
    struct _TOKEN *token = thread->ImpersonationToken;

    if (!token)
        return NULL;
    *copy_on_open = FALSE;
    *effective_only = FALSE;
    *level = token->ImpersonationLevel;
    ObfReferenceObject(token);
    VF(object_referenced(token, __builtin_return_address(0)));
    return token;
}
NT_EXPORT(PsReferenceImpersonationToken, PASSIVE_LEVEL, "pppp");

/* ntifs.h also has a macro of this name. */
#undef PsDereferenceImpersonationToken

/*
 * Release a token from PsReferenceImpersonationToken.
 *
 * @param token  the token, or NULL
 * IRQL: PASSIVE_LEVEL.
 * Source: Windows driver documentation, PsDereferenceImpersonationToken.
 */
VOID NTAPI PsDereferenceImpersonationToken(PACCESS_TOKEN token)
{
    if (token)
        ObfDereferenceObject(token);
}
NT_EXPORT(PsDereferenceImpersonationToken, PASSIVE_LEVEL, "p");

static void set_impersonation(PETHREAD thread, struct _TOKEN *token)
{
    PVOID old = thread->ImpersonationToken;

    thread->ImpersonationToken = token;
    if (old)
        ObfDereferenceObject(old);
}

/*
 * Make a thread act as a client.
 *
 * @param thread          the thread
 * @param token           the client's token; NULL ends impersonation
 * @param copy_on_open    not used: an opener always gets the token itself
 * @param effective_only  not used: disabled groups and privileges stay visible
 * @param level           how far the thread may act as the client
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, PsImpersonateClient.
 */
NTSTATUS NTAPI PsImpersonateClient(PETHREAD thread, PACCESS_TOKEN token, BOOLEAN copy_on_open,
                                   BOOLEAN effective_only, SECURITY_IMPERSONATION_LEVEL level)
{
    struct _TOKEN *client = NULL;
    NTSTATUS status = STATUS_SUCCESS;

    (void)copy_on_open;
    (void)effective_only;
    if (token)
        status = se_token_copy(token, TokenImpersonation, level, &client);
    if (NT_SUCCESS(status))
        set_impersonation(thread, client);
    return status;
}
NT_EXPORT(PsImpersonateClient, PASSIVE_LEVEL, "ppbbu");

/*
 * End the current thread's impersonation.
 *
 * IRQL: PASSIVE_LEVEL.
 * Source: Windows driver documentation, PsRevertToSelf.
 */
VOID NTAPI PsRevertToSelf(VOID)
{
    set_impersonation(ps_current_thread(), NULL);
}
NT_EXPORT(PsRevertToSelf, PASSIVE_LEVEL, "");

/*
 * Is a token primary or for impersonation?
 *
 * @param token  the token
 * IRQL: PASSIVE_LEVEL.
 * Returns: TokenPrimary or TokenImpersonation.
 * Source: Windows driver documentation, SeTokenType.
 */
TOKEN_TYPE NTAPI SeTokenType(PACCESS_TOKEN token)
{
    return ((struct _TOKEN *)token)->TokenType;
}
NT_EXPORT(SeTokenType, PASSIVE_LEVEL, "p");

/*
 * Is a token an administrator's?
 *
 * @param token  the token
 * IRQL: PASSIVE_LEVEL.
 * Returns: TRUE when BUILTIN\Administrators is enabled in it.
 * Source: Windows driver documentation, SeTokenIsAdmin.
 */
BOOLEAN NTAPI SeTokenIsAdmin(PACCESS_TOKEN token)
{
    return se_token_has_sid(token, SeExports->SeAliasAdminsSid, FALSE);
}
NT_EXPORT(SeTokenIsAdmin, PASSIVE_LEVEL, "p");

/*
 * Does a token have restricting SIDs?
 *
 * @param token  the token
 * IRQL: PASSIVE_LEVEL.
 * Returns: FALSE: no token here has any.
 * Source: Windows driver documentation, SeTokenIsRestricted.
 */
BOOLEAN NTAPI SeTokenIsRestricted(PACCESS_TOKEN token)
{
    (void)token;
    return FALSE;
}
NT_EXPORT(SeTokenIsRestricted, PASSIVE_LEVEL, "p");

/*
 * The logon session of a token.
 *
 * @param token              the token
 * @param authentication_id  receives the session's id
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS.
 * Source: Windows driver documentation, SeQueryAuthenticationIdToken.
 */
NTSTATUS NTAPI SeQueryAuthenticationIdToken(PACCESS_TOKEN token, PLUID authentication_id)
{
    *authentication_id = ((struct _TOKEN *)token)->AuthenticationId;
    return STATUS_SUCCESS;
}
NT_EXPORT(SeQueryAuthenticationIdToken, PASSIVE_LEVEL, "pp");

/*
 * The terminal session of a token.
 *
 * @param token       the token
 * @param session_id  receives the session's number
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS.
 * Source: declared in ntifs.h.
 */
NTSTATUS NTAPI SeQuerySessionIdToken(PACCESS_TOKEN token, PULONG session_id)
{
    *session_id = ((struct _TOKEN *)token)->SessionId;
    return STATUS_SUCCESS;
}
NT_EXPORT(SeQuerySessionIdToken, PASSIVE_LEVEL, "pp");
