/* Security identifiers. See advapi32.h. */
#include "advapi32.h"

static DWORD sid_bytes(UCHAR count)
{
    return (DWORD)(__builtin_offsetof(SID, SubAuthority) + count * sizeof(DWORD));
}

/* Whether memory holds a SID of a known revision. */
WINBOOL WINAPI IsValidSid(PSID sid)
{
    const SID *record = sid;

    return record != NULL && record->Revision == SID_REVISION &&
           record->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}
NT_EXPORT(IsValidSid, 0, "p");

/* The length of a SID in bytes. */
DWORD WINAPI GetLengthSid(PSID sid)
{
    return sid_bytes(((const SID *)sid)->SubAuthorityCount);
}
NT_EXPORT(GetLengthSid, 0, "p");

/* The length of a SID with that many sub-authorities. */
DWORD WINAPI GetSidLengthRequired(UCHAR count)
{
    return sid_bytes(count);
}
NT_EXPORT(GetSidLengthRequired, 0, "u");

/* Begins a SID. */
WINBOOL WINAPI InitializeSid(PSID sid, PSID_IDENTIFIER_AUTHORITY authority, BYTE count)
{
    SID *record = sid;

    if (count > SID_MAX_SUB_AUTHORITIES)
        return security_error(ERROR_INVALID_PARAMETER);
    record->Revision = SID_REVISION;
    record->SubAuthorityCount = count;
    record->IdentifierAuthority = *authority;
    return TRUE;
}
NT_EXPORT(InitializeSid, 0, "ppu");

/* Makes a SID of its parts. */
WINBOOL WINAPI AllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY authority, BYTE count,
                                        DWORD part0, DWORD part1, DWORD part2, DWORD part3,
                                        DWORD part4, DWORD part5, DWORD part6, DWORD part7,
                                        PSID *sid)
{
    const DWORD parts[8] = {part0, part1, part2, part3, part4, part5, part6, part7};

    if (count > ARRAY_COUNT(parts))
        return security_error(ERROR_INVALID_PARAMETER);
    SID *record = security_allocate(sid_bytes(count));

    if (record == NULL)
        return FALSE;
    InitializeSid(record, authority, count);
    memcpy(record->SubAuthority, parts, count * sizeof(DWORD));
    *sid = record;
    return TRUE;
}
NT_EXPORT(AllocateAndInitializeSid, 0, "puuuuuuuuup");

/* Frees what AllocateAndInitializeSid made. */
PVOID WINAPI FreeSid(PSID sid)
{
    security_free(sid);
    return NULL;
}
NT_EXPORT(FreeSid, 0, "p");

/* Copies a SID. */
WINBOOL WINAPI CopySid(DWORD size, PSID target, PSID source)
{
    DWORD length = GetLengthSid(source);

    if (size < length)
        return security_error(ERROR_INSUFFICIENT_BUFFER);
    memcpy(target, source, length);
    return TRUE;
}
NT_EXPORT(CopySid, 0, "upp");

/* Whether two SIDs are equal. */
WINBOOL WINAPI EqualSid(PSID first, PSID second)
{
    return GetLengthSid(first) == GetLengthSid(second) &&
           memcmp(first, second, GetLengthSid(first)) == 0;
}
NT_EXPORT(EqualSid, 0, "pp");

/* The address of the n-th sub-authority. */
PDWORD WINAPI GetSidSubAuthority(PSID sid, DWORD index)
{
    return &((SID *)sid)->SubAuthority[index];
}
NT_EXPORT(GetSidSubAuthority, 0, "pu");

/* The address of the number of sub-authorities. */
PUCHAR WINAPI GetSidSubAuthorityCount(PSID sid)
{
    return &((SID *)sid)->SubAuthorityCount;
}
NT_EXPORT(GetSidSubAuthorityCount, 0, "p");

/* The address of the identifier authority. */
PSID_IDENTIFIER_AUTHORITY WINAPI GetSidIdentifierAuthority(PSID sid)
{
    return &((SID *)sid)->IdentifierAuthority;
}
NT_EXPORT(GetSidIdentifierAuthority, 0, "p");

/* A well-known SID without a domain: authority and sub-authorities. */
static const struct {
    WELL_KNOWN_SID_TYPE type;
    UCHAR authority;
    UCHAR count;
    DWORD parts[2];
} well_known[] = {
    {WinWorldSid, 1, 1, {0, 0}},
    {WinLocalSid, 2, 1, {0, 0}},
    {WinCreatorOwnerSid, 3, 1, {0, 0}},
    {WinAuthenticatedUserSid, 5, 1, {11, 0}},
    {WinLocalSystemSid, 5, 1, {18, 0}},
    {WinLocalServiceSid, 5, 1, {19, 0}},
    {WinNetworkServiceSid, 5, 1, {20, 0}},
    {WinInteractiveSid, 5, 1, {4, 0}},
    {WinBuiltinAdministratorsSid, 5, 2, {32, 544}},
    {WinBuiltinUsersSid, 5, 2, {32, 545}},
    {WinBuiltinGuestsSid, 5, 2, {32, 546}},
};

/* Makes a well-known SID. */
WINBOOL WINAPI CreateWellKnownSid(WELL_KNOWN_SID_TYPE type, PSID domain, PSID sid, DWORD *size)
{
    (void)domain;
    for (size_t i = 0; i < ARRAY_COUNT(well_known); i++) {
        SID_IDENTIFIER_AUTHORITY authority = {{0, 0, 0, 0, 0, well_known[i].authority}};

        if (well_known[i].type != type)
            continue;
        DWORD needed = sid_bytes(well_known[i].count);
        bool fits = *size >= needed;

        *size = needed;
        if (!fits)
            return security_error(ERROR_INSUFFICIENT_BUFFER);
        InitializeSid(sid, &authority, well_known[i].count);
        memcpy(((SID *)sid)->SubAuthority, well_known[i].parts,
               well_known[i].count * sizeof(DWORD));
        return TRUE;
    }
    return security_error(ERROR_INVALID_PARAMETER);
}
NT_EXPORT(CreateWellKnownSid, 0, "uppp");

/* S-1-5-32-544 and the like, in memory that LocalFree frees. */
WINBOOL WINAPI ConvertSidToStringSidW(PSID sid, LPWSTR *text);
WINBOOL WINAPI ConvertSidToStringSidW(PSID sid, LPWSTR *text)
{
    const SID *record = sid;
    ULONG64 authority = 0;
    WCHAR buffer[200];
    int length;

    if (!IsValidSid(sid))
        return security_error(ERROR_INVALID_SID);
    for (int i = 0; i < 6; i++)
        authority = authority << 8 | record->IdentifierAuthority.Value[i];
    length = _snwprintf(buffer, ARRAY_COUNT(buffer), L"S-%u-%llu", record->Revision, authority);
    for (UCHAR i = 0; i < record->SubAuthorityCount; i++)
        length += _snwprintf(buffer + length, ARRAY_COUNT(buffer) - (size_t)length, L"-%u",
                             record->SubAuthority[i]);
    *text = LocalAlloc(0, ((SIZE_T)length + 1) * sizeof(WCHAR));
    if (*text == NULL)
        return FALSE;
    memcpy(*text, buffer, ((size_t)length + 1) * sizeof(WCHAR));
    return TRUE;
}
NT_EXPORT(ConvertSidToStringSidW, 0, "pp");

WINBOOL WINAPI ConvertSidToStringSidA(PSID sid, LPSTR *text);
/* As ConvertSidToStringSidW. */
WINBOOL WINAPI ConvertSidToStringSidA(PSID sid, LPSTR *text)
{
    WCHAR *wide;

    if (!ConvertSidToStringSidW(sid, &wide))
        return FALSE;
    int length = (int)wcslen(wide) + 1;

    *text = LocalAlloc(0, (SIZE_T)length);
    if (*text != NULL)
        WideCharToMultiByte(CP_ACP, 0, wide, length, *text, length, NULL, NULL);
    LocalFree(wide);
    return *text != NULL;
}
NT_EXPORT(ConvertSidToStringSidA, 0, "pp");

/* Whether a group is enabled in a token; NULL: the process's. */
WINBOOL WINAPI CheckTokenMembership(HANDLE token, PSID sid, PBOOL member)
{
    HANDLE opened = NULL;
    DWORD size = 0;

    *member = FALSE;
    if (token == NULL) {
        if (!security_result(NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &opened)))
            return FALSE;
        token = opened;
    }
    NtQueryInformationToken(token, TokenGroups, NULL, 0, &size);
    TOKEN_GROUPS *groups = security_allocate(size + 1);
    NTSTATUS status = groups != NULL
                          ? NtQueryInformationToken(token, TokenGroups, groups, size, &size)
                          : STATUS_NO_MEMORY;

    for (DWORD i = 0; NT_SUCCESS(status) && i < groups->GroupCount; i++) {
        if ((groups->Groups[i].Attributes & SE_GROUP_ENABLED) &&
            EqualSid(groups->Groups[i].Sid, sid))
            *member = TRUE;
    }
    security_free(groups);
    if (opened != NULL)
        NtClose(opened);
    return security_result(status);
}
NT_EXPORT(CheckTokenMembership, 0, "hpp");
