/* Access tokens and privileges, and who is running. See advapi32.h. */
#include "advapi32.h"

/* Opens the token of a process. */
WINBOOL WINAPI OpenProcessToken(HANDLE process, DWORD access, PHANDLE token)
{
    return security_result(NtOpenProcessToken(process, access, token));
}
NT_EXPORT(OpenProcessToken, 0, "hup");

/* Opens the token that a thread impersonates with. */
WINBOOL WINAPI OpenThreadToken(HANDLE thread, DWORD access, BOOL as_self, PHANDLE token)
{
    return security_result(NtOpenThreadToken(thread, access, as_self != FALSE, token));
}
NT_EXPORT(OpenThreadToken, 0, "hubp");

/* Information about a token. */
WINBOOL WINAPI GetTokenInformation(HANDLE token, TOKEN_INFORMATION_CLASS information_class,
                                   LPVOID buffer, DWORD size, PDWORD needed)
{
    NTSTATUS status = NtQueryInformationToken(token, information_class, buffer, size, needed);

    return status == STATUS_BUFFER_TOO_SMALL ? security_error(ERROR_INSUFFICIENT_BUFFER)
                                             : security_result(status);
}
NT_EXPORT(GetTokenInformation, 0, "hupup");

/*
 * Enables or disables privileges.
 * Returns: TRUE with the last error ERROR_NOT_ALL_ASSIGNED when the token lacks one of them.
 */
WINBOOL WINAPI AdjustTokenPrivileges(HANDLE token, BOOL disable_all, PTOKEN_PRIVILEGES new_state,
                                     DWORD size, PTOKEN_PRIVILEGES previous, PDWORD needed)
{
    NTSTATUS status =
        NtAdjustPrivilegesToken(token, disable_all != FALSE, new_state, size, previous, needed);

    if (!NT_SUCCESS(status))
        return security_result(status);
    security_error(status == STATUS_NOT_ALL_ASSIGNED ? ERROR_NOT_ALL_ASSIGNED : ERROR_SUCCESS);
    return TRUE;
}
NT_EXPORT(AdjustTokenPrivileges, 0, "hbpupp");

/* Duplicates a token. */
WINBOOL WINAPI DuplicateTokenEx(HANDLE token, DWORD access, LPSECURITY_ATTRIBUTES security,
                                SECURITY_IMPERSONATION_LEVEL level, TOKEN_TYPE type,
                                PHANDLE duplicate)
{
    SECURITY_QUALITY_OF_SERVICE quality = {sizeof(quality), level, SECURITY_STATIC_TRACKING, FALSE};
    OBJECT_ATTRIBUTES attributes = user_attributes(NULL, NULL, 0);

    if (security != NULL && security->bInheritHandle)
        attributes.Attributes = OBJ_INHERIT;
    attributes.SecurityQualityOfService = &quality;
    return security_result(NtDuplicateToken(token, access, &attributes, FALSE, type, duplicate));
}
NT_EXPORT(DuplicateTokenEx, 0, "hupuup");

/* The names of the privileges, from LUID 2 on. */
static const WCHAR *const privilege_names[] = {
    L"SeCreateTokenPrivilege",
    L"SeAssignPrimaryTokenPrivilege",
    L"SeLockMemoryPrivilege",
    L"SeIncreaseQuotaPrivilege",
    L"SeMachineAccountPrivilege",
    L"SeTcbPrivilege",
    L"SeSecurityPrivilege",
    L"SeTakeOwnershipPrivilege",
    L"SeLoadDriverPrivilege",
    L"SeSystemProfilePrivilege",
    L"SeSystemtimePrivilege",
    L"SeProfileSingleProcessPrivilege",
    L"SeIncreaseBasePriorityPrivilege",
    L"SeCreatePagefilePrivilege",
    L"SeCreatePermanentPrivilege",
    L"SeBackupPrivilege",
    L"SeRestorePrivilege",
    L"SeShutdownPrivilege",
    L"SeDebugPrivilege",
    L"SeAuditPrivilege",
    L"SeSystemEnvironmentPrivilege",
    L"SeChangeNotifyPrivilege",
    L"SeRemoteShutdownPrivilege",
    L"SeUndockPrivilege",
    L"SeSyncAgentPrivilege",
    L"SeEnableDelegationPrivilege",
    L"SeManageVolumePrivilege",
    L"SeImpersonatePrivilege",
    L"SeCreateGlobalPrivilege",
    L"SeTrustedCredManAccessPrivilege",
    L"SeRelabelPrivilege",
    L"SeIncreaseWorkingSetPrivilege",
    L"SeTimeZonePrivilege",
    L"SeCreateSymbolicLinkPrivilege",
    L"SeDelegateSessionUserImpersonatePrivilege",
};
#define FIRST_PRIVILEGE 2

/* The LUID of a privilege. */
WINBOOL WINAPI LookupPrivilegeValueW(LPCWSTR system, LPCWSTR name, PLUID luid)
{
    (void)system;
    for (size_t i = 0; i < ARRAY_COUNT(privilege_names); i++) {
        if (_wcsicmp(privilege_names[i], name) == 0) {
            *luid = (LUID){(DWORD)i + FIRST_PRIVILEGE, 0};
            return TRUE;
        }
    }
    return security_error(ERROR_NO_SUCH_PRIVILEGE);
}
NT_EXPORT(LookupPrivilegeValueW, 0, "wwp");

/* The LUID of a privilege. */
WINBOOL WINAPI LookupPrivilegeValueA(LPCSTR system, LPCSTR name, PLUID luid)
{
    WCHAR *wide = security_widen(name);
    BOOL result = wide != NULL && LookupPrivilegeValueW(NULL, wide, luid);

    (void)system;
    security_free(wide);
    return result;
}
NT_EXPORT(LookupPrivilegeValueA, 0, "ssp");

/* The name of a privilege. */
WINBOOL WINAPI LookupPrivilegeNameW(LPCWSTR system, PLUID luid, LPWSTR buffer, LPDWORD size)
{
    (void)system;
    if (luid->HighPart != 0 || luid->LowPart - FIRST_PRIVILEGE >= ARRAY_COUNT(privilege_names))
        return security_error(ERROR_NO_SUCH_PRIVILEGE);
    const WCHAR *name = privilege_names[luid->LowPart - FIRST_PRIVILEGE];
    DWORD length = (DWORD)wcslen(name);

    if (*size <= length) {
        *size = length + 1;
        return security_error(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(buffer, name, (length + 1) * sizeof(WCHAR));
    *size = length;
    return TRUE;
}
NT_EXPORT(LookupPrivilegeNameW, 0, "wppp");

/* The name of a privilege. */
WINBOOL WINAPI LookupPrivilegeNameA(LPCSTR system, PLUID luid, LPSTR buffer, LPDWORD size)
{
    WCHAR wide[64];
    DWORD length = ARRAY_COUNT(wide);

    (void)system;
    if (!LookupPrivilegeNameW(NULL, luid, wide, &length))
        return FALSE;
    if (*size <= length) {
        *size = length + 1;
        return security_error(ERROR_INSUFFICIENT_BUFFER);
    }
    WideCharToMultiByte(CP_ACP, 0, wide, (int)length + 1, buffer, (int)*size, NULL, NULL);
    *size = length;
    return TRUE;
}
NT_EXPORT(LookupPrivilegeNameA, 0, "sppp");

/* The name of the user: what the environment says. */
WINBOOL WINAPI GetUserNameW(LPWSTR buffer, LPDWORD size)
{
    WCHAR name[257] = L"user";

    GetEnvironmentVariableW(L"USERNAME", name, ARRAY_COUNT(name));
    DWORD length = (DWORD)wcslen(name) + 1;
    bool fits = *size >= length;

    if (fits)
        memcpy(buffer, name, length * sizeof(WCHAR));
    *size = length;
    return fits ? TRUE : security_error(ERROR_INSUFFICIENT_BUFFER);
}
NT_EXPORT(GetUserNameW, 0, "pp");

/* The name of the user. */
WINBOOL WINAPI GetUserNameA(LPSTR buffer, LPDWORD size)
{
    WCHAR wide[257];
    DWORD length = ARRAY_COUNT(wide);

    if (!GetUserNameW(wide, &length))
        return FALSE;
    bool fits = *size >= length;

    if (fits)
        WideCharToMultiByte(CP_ACP, 0, wide, (int)length, buffer, (int)*size, NULL, NULL);
    *size = length;
    return fits ? TRUE : security_error(ERROR_INSUFFICIENT_BUFFER);
}
NT_EXPORT(GetUserNameA, 0, "pp");
