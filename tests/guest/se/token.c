/*
 * Tokens: the System process's, by pointer and by handle.
 */
#include "../guest.h"

GUEST_TEST(system_token)
{
    PACCESS_TOKEN token = PsReferencePrimaryToken(PsGetCurrentProcess());
    LUID logon = {0};

    ok_eq_int(SeTokenType(token), TokenPrimary);
    ok_eq_int(SeTokenIsAdmin(token), TRUE);
    ok_eq_int(SeTokenIsRestricted(token), FALSE);
    ok_eq_status(SeQueryAuthenticationIdToken(token, &logon), STATUS_SUCCESS);
    ok_eq_int(logon.LowPart, 999);
    PsDereferencePrimaryToken(token);
}

GUEST_TEST(user_by_pointer)
{
    PACCESS_TOKEN token = PsReferencePrimaryToken(PsGetCurrentProcess());
    PTOKEN_USER user = NULL;
    PTOKEN_PRIVILEGES privileges = NULL;
    PVOID session = (PVOID)-1;

    ok_eq_status(SeQueryInformationToken(token, TokenUser, (PVOID *)&user), STATUS_SUCCESS);
    ok_eq_int(RtlEqualSid(user->User.Sid, SeExports->SeLocalSystemSid), TRUE);
    ExFreePool(user);
    ok_eq_status(SeQueryInformationToken(token, TokenPrivileges, (PVOID *)&privileges),
                 STATUS_SUCCESS);
    ok(privileges->PrivilegeCount > 20, "%u", privileges->PrivilegeCount);
    ExFreePool(privileges);
    /* The number itself, in the low half. */
    ok_eq_status(SeQueryInformationToken(token, TokenSessionId, &session), STATUS_SUCCESS);
    ok_eq_int((ULONG)(ULONG_PTR)session, 0);
    PsDereferencePrimaryToken(token);
}

GUEST_TEST(groups_by_handle)
{
    union {
        TOKEN_GROUPS groups;
        TOKEN_STATISTICS statistics;
        TOKEN_MANDATORY_LABEL label;
        ULONG number;
        UCHAR bytes[512];
    } buffer;
    ULONG length = 0, admins = 0;
    HANDLE handle;

    ok_eq_status(ZwOpenProcessTokenEx(ZwCurrentProcess(), TOKEN_QUERY, OBJ_KERNEL_HANDLE, &handle),
                 STATUS_SUCCESS);
    ok_eq_status(ZwQueryInformationToken(handle, TokenGroups, &buffer, 4, &length),
                 STATUS_BUFFER_TOO_SMALL);
    ok(length > sizeof(TOKEN_GROUPS), "%u", length);
    ok_eq_status(ZwQueryInformationToken(handle, TokenGroups, &buffer, sizeof(buffer), &length),
                 STATUS_SUCCESS);
    for (ULONG i = 0; i < buffer.groups.GroupCount; i++)
        admins += RtlEqualSid(buffer.groups.Groups[i].Sid, SeExports->SeAliasAdminsSid);
    ok_eq_int(admins, 1);
    ok_eq_status(ZwQueryInformationToken(handle, TokenStatistics, &buffer, sizeof(buffer), &length),
                 STATUS_SUCCESS);
    ok_eq_int(length, sizeof(TOKEN_STATISTICS));
    ok_eq_int(buffer.statistics.TokenType, TokenPrimary);
    ok_eq_status(
        ZwQueryInformationToken(handle, TokenIntegrityLevel, &buffer, sizeof(buffer), &length),
        STATUS_SUCCESS);
    ok_eq_int(*RtlSubAuthoritySid(buffer.label.Label.Sid, 0), SECURITY_MANDATORY_SYSTEM_RID);
    ok_eq_status(ZwQueryInformationToken(handle, TokenElevation, &buffer, sizeof(buffer), &length),
                 STATUS_SUCCESS);
    ok_eq_int(buffer.number, 1);
    ok_eq_status(
        ZwQueryInformationToken(handle, MaxTokenInfoClass, &buffer, sizeof(buffer), &length),
        STATUS_INVALID_INFO_CLASS);
    ZwClose(handle);
}

GUEST_TEST(privileges)
{
    TOKEN_PRIVILEGES wanted = {1, {{{SE_DEBUG_PRIVILEGE, 0}, 0}}}, previous;
    ULONG length = 0;
    HANDLE handle;

    ok_eq_int(SeSinglePrivilegeCheck(SeExports->SeDebugPrivilege, UserMode), TRUE);
    ok_eq_status(ZwOpenProcessTokenEx(ZwCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES,
                                      OBJ_KERNEL_HANDLE, &handle),
                 STATUS_SUCCESS);
    ok_eq_status(ZwAdjustPrivilegesToken(handle, FALSE, &wanted, 4, &previous, &length),
                 STATUS_BUFFER_TOO_SMALL);
    ok_eq_int(SeSinglePrivilegeCheck(SeExports->SeDebugPrivilege, UserMode), TRUE);
    ok_eq_status(
        ZwAdjustPrivilegesToken(handle, FALSE, &wanted, sizeof(previous), &previous, &length),
        STATUS_SUCCESS);
    ok_eq_int(previous.PrivilegeCount, 1);
    ok_eq_int(previous.Privileges[0].Attributes & SE_PRIVILEGE_ENABLED, SE_PRIVILEGE_ENABLED);
    ok_eq_int(SeSinglePrivilegeCheck(SeExports->SeDebugPrivilege, UserMode), FALSE);
    ok_eq_int(SeSinglePrivilegeCheck(SeExports->SeDebugPrivilege, KernelMode), TRUE);
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    ok_eq_status(ZwAdjustPrivilegesToken(handle, FALSE, &wanted, 0, NULL, NULL), STATUS_SUCCESS);
    ok_eq_int(SeSinglePrivilegeCheck(SeExports->SeDebugPrivilege, UserMode), TRUE);
    wanted.Privileges[0].Luid.LowPart = 99;
    ok_eq_status(ZwAdjustPrivilegesToken(handle, FALSE, &wanted, 0, NULL, NULL),
                 STATUS_NOT_ALL_ASSIGNED);
    ZwClose(handle);
}

GUEST_TEST(no_impersonation)
{
    SECURITY_SUBJECT_CONTEXT subject;
    HANDLE handle;

    ok_eq_status(
        ZwOpenThreadTokenEx(ZwCurrentThread(), TOKEN_QUERY, TRUE, OBJ_KERNEL_HANDLE, &handle),
        STATUS_NO_TOKEN);
    SeCaptureSubjectContext(&subject);
    ok(subject.ClientToken == NULL, "%p", subject.ClientToken);
    ok(SeQuerySubjectContextToken(&subject) == subject.PrimaryToken, "the primary token");
    SeReleaseSubjectContext(&subject);
}

GUEST_TEST_FILE(se_token, GUEST_ROW(system_token), GUEST_ROW(user_by_pointer),
                GUEST_ROW(groups_by_handle), GUEST_ROW(privileges), GUEST_ROW(no_impersonation));
