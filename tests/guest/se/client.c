/*
 * Acting for a client, copies of tokens, access states, logon sessions.
 */
#include "../guest.h"

NTSTATUS NTAPI SeCreateAccessState(PACCESS_STATE state, PVOID auxiliary, ACCESS_MASK desired,
                                   PGENERIC_MAPPING mapping);
VOID NTAPI SeDeleteAccessState(PACCESS_STATE state);
NTSTATUS NTAPI ZwDuplicateToken(HANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                BOOLEAN effective_only, TOKEN_TYPE type, PHANDLE duplicate);

static SECURITY_QUALITY_OF_SERVICE quality(SECURITY_IMPERSONATION_LEVEL level,
                                           SECURITY_CONTEXT_TRACKING_MODE mode)
{
    SECURITY_QUALITY_OF_SERVICE qos = {sizeof(qos), level, mode, FALSE};

    return qos;
}

static SECURITY_IMPERSONATION_LEVEL current_level(void)
{
    SECURITY_IMPERSONATION_LEVEL level = (SECURITY_IMPERSONATION_LEVEL)99;
    BOOLEAN copy, effective;
    PACCESS_TOKEN token =
        PsReferenceImpersonationToken(PsGetCurrentThread(), &copy, &effective, &level);

    if (token)
        PsDereferenceImpersonationToken(token);
    return level;
}

GUEST_TEST(impersonation)
{
    SECURITY_QUALITY_OF_SERVICE qos = quality(SecurityImpersonation, SECURITY_STATIC_TRACKING);
    SECURITY_CLIENT_CONTEXT context, second;
    PACCESS_TOKEN primary = PsReferencePrimaryToken(PsGetCurrentProcess());

    ok_eq_status(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &context),
                 STATUS_SUCCESS);
    ok(context.ClientToken != primary, "static tracking copies the token");
    ok_eq_int(SeTokenType(context.ClientToken), TokenImpersonation);
    ok_eq_int(context.DirectlyAccessClientToken, FALSE);
    ok_eq_int(current_level(), 99);
    ok_eq_status(SeImpersonateClientEx(&context, NULL), STATUS_SUCCESS);
    ok_eq_int(current_level(), SecurityImpersonation);
    qos.ImpersonationLevel = SecurityDelegation;
    ok_eq_status(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &second),
                 STATUS_BAD_IMPERSONATION_LEVEL);
    PsRevertToSelf();
    ok_eq_int(current_level(), 99);
    SeDeleteClientSecurity(&context);
    qos = quality(SecurityIdentification, SECURITY_DYNAMIC_TRACKING);
    ok_eq_status(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &context),
                 STATUS_SUCCESS);
    ok(context.ClientToken == primary, "dynamic tracking keeps the token");
    SeImpersonateClient(&context, PsGetCurrentThread());
    ok_eq_int(current_level(), SecurityIdentification);
    PsRevertToSelf();
    SeDeleteClientSecurity(&context);
    PsDereferencePrimaryToken(primary);
}

GUEST_TEST(subject_of_another)
{
    SECURITY_SUBJECT_CONTEXT subject;
    SECURITY_CLIENT_CONTEXT context;
    SECURITY_QUALITY_OF_SERVICE qos = quality(SecurityImpersonation, SECURITY_DYNAMIC_TRACKING);

    SeCaptureSubjectContextEx(NULL, PsGetCurrentProcess(), &subject);
    ok(subject.ClientToken == NULL, "nobody impersonates");
    ok(subject.PrimaryToken != NULL, "a process without a token");
    ok_eq_status(SeCreateClientSecurityFromSubjectContext(&subject, &qos, FALSE, &context),
                 STATUS_SUCCESS);
    ok(context.ClientToken == subject.PrimaryToken, "another token");
    SeDeleteClientSecurity(&context);
    SeReleaseSubjectContext(&subject);
}

static TOKEN_STATISTICS statistics_of(HANDLE token)
{
    TOKEN_STATISTICS statistics = {0};
    ULONG length;

    ok_eq_status(
        ZwQueryInformationToken(token, TokenStatistics, &statistics, sizeof(statistics), &length),
        STATUS_SUCCESS);
    return statistics;
}

GUEST_TEST(duplicates)
{
    SECURITY_QUALITY_OF_SERVICE qos = quality(SecurityImpersonation, SECURITY_STATIC_TRACKING);
    OBJECT_ATTRIBUTES attributes;
    TOKEN_STATISTICS original, copy;
    HANDLE token, client, other = NULL;

    ok_eq_status(ZwOpenProcessTokenEx(ZwCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE,
                                      OBJ_KERNEL_HANDLE, &token),
                 STATUS_SUCCESS);
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    attributes.SecurityQualityOfService = &qos;
    ok_eq_status(
        ZwDuplicateToken(token, TOKEN_ALL_ACCESS, &attributes, FALSE, TokenImpersonation, &client),
        STATUS_SUCCESS);
    original = statistics_of(token);
    copy = statistics_of(client);
    ok_eq_int(copy.TokenType, TokenImpersonation);
    ok_eq_int(copy.ImpersonationLevel, SecurityImpersonation);
    ok(!RtlEqualLuid(&original.TokenId, &copy.TokenId), "a copy has an id of its own");
    ok(RtlEqualLuid(&original.AuthenticationId, &copy.AuthenticationId), "another logon session");
    ok_eq_int(copy.PrivilegeCount, original.PrivilegeCount);
    qos.ImpersonationLevel = SecurityDelegation;
    ok_eq_status(
        ZwDuplicateToken(client, TOKEN_QUERY, &attributes, FALSE, TokenImpersonation, &other),
        STATUS_BAD_IMPERSONATION_LEVEL);
    ok_eq_status(ZwDuplicateToken(client, TOKEN_QUERY, NULL, FALSE, (TOKEN_TYPE)9, &other),
                 STATUS_INVALID_PARAMETER);
    attributes.SecurityQualityOfService = NULL;
    ok_eq_status(ZwDuplicateToken(client, TOKEN_QUERY, &attributes, FALSE, TokenPrimary, &other),
                 STATUS_SUCCESS);
    ok_eq_int(statistics_of(other).TokenType, TokenPrimary);
    ZwClose(other);
    ZwClose(client);
    ZwClose(token);
}

GUEST_TEST(effective_only)
{
    TOKEN_PRIVILEGES off = {1, {{{SE_DEBUG_PRIVILEGE, 0}, 0}}};
    OBJECT_ATTRIBUTES attributes;
    HANDLE token, full, part;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ok_eq_status(ZwOpenProcessTokenEx(ZwCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE,
                                      OBJ_KERNEL_HANDLE, &token),
                 STATUS_SUCCESS);
    ok_eq_status(ZwDuplicateToken(token, TOKEN_ALL_ACCESS, &attributes, FALSE, TokenPrimary, &full),
                 STATUS_SUCCESS);
    ok_eq_status(ZwAdjustPrivilegesToken(full, FALSE, &off, 0, NULL, NULL), STATUS_SUCCESS);
    ok_eq_status(ZwDuplicateToken(full, 0, &attributes, TRUE, TokenPrimary, &part), STATUS_SUCCESS);
    ok_eq_int(statistics_of(part).PrivilegeCount, statistics_of(full).PrivilegeCount - 1);
    ok_eq_int(SeSinglePrivilegeCheck(SeExports->SeDebugPrivilege, UserMode), TRUE);
    ZwClose(part);
    ZwClose(full);
    ZwClose(token);
}

GUEST_TEST(access_state)
{
    GENERIC_MAPPING mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE,
                               FILE_ALL_ACCESS};
    UCHAR auxiliary[0x100] = {0};
    ACCESS_STATE state;

    ok_eq_status(SeCreateAccessState(&state, auxiliary, GENERIC_READ, &mapping), STATUS_SUCCESS);
    ok_eq_int(state.OriginalDesiredAccess, FILE_GENERIC_READ);
    ok_eq_int(state.RemainingDesiredAccess, FILE_GENERIC_READ);
    ok_eq_int(state.PreviouslyGrantedAccess, 0);
    ok(state.AuxData == auxiliary, "%p", state.AuxData);
    ok(state.SubjectSecurityContext.PrimaryToken != NULL, "no subject");
    SeDeleteAccessState(&state);
}

static NTSTATUS NTAPI on_logoff(PLUID id)
{
    UNREFERENCED_PARAMETER(id);
    return STATUS_SUCCESS;
}

GUEST_TEST(logon_sessions)
{
    LUID system = {999, 0}, none = {0x7FFFFFFF, 0x7FFF};

    ok_eq_status(SeRegisterLogonSessionTerminatedRoutine(NULL), STATUS_INVALID_PARAMETER);
    ok_eq_status(SeRegisterLogonSessionTerminatedRoutine(on_logoff), STATUS_SUCCESS);
    ok_eq_status(SeMarkLogonSessionForTerminationNotification(&system), STATUS_SUCCESS);
    ok_eq_status(SeMarkLogonSessionForTerminationNotification(&none), STATUS_NOT_FOUND);
    ok_eq_status(SeUnregisterLogonSessionTerminatedRoutine(on_logoff), STATUS_SUCCESS);
    ok_eq_status(SeUnregisterLogonSessionTerminatedRoutine(on_logoff), STATUS_NOT_FOUND);
}

GUEST_TEST_FILE(client_security, GUEST_ROW(impersonation), GUEST_ROW(subject_of_another),
                GUEST_ROW(duplicates), GUEST_ROW(effective_only), GUEST_ROW(access_state),
                GUEST_ROW(logon_sessions));
