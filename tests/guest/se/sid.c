/*
 * Security identifiers.
 */
#include "../guest.h"

#define BUILTIN_DOMAIN 32
#define ALIAS_ADMINS 544

static SID_IDENTIFIER_AUTHORITY nt_authority = {{0, 0, 0, 0, 0, 5}};

GUEST_TEST(admins)
{
    PSID sid = NULL;
    UCHAR copy[32];

    ok_eq_int(RtlLengthRequiredSid(2), 16);
    ok_eq_status(RtlAllocateAndInitializeSid(&nt_authority, 2, BUILTIN_DOMAIN, ALIAS_ADMINS, 0, 0,
                                             0, 0, 0, 0, &sid),
                 STATUS_SUCCESS);
    ok_eq_int(RtlLengthSid(sid), 16);
    ok_eq_int(RtlValidSid(sid), TRUE);
    ok_eq_int(*RtlSubAuthoritySid(sid, 1), ALIAS_ADMINS);
    ok_eq_int(RtlEqualSid(sid, SeExports->SeAliasAdminsSid), TRUE);
    ok_eq_int(RtlEqualSid(sid, SeExports->SeAliasUsersSid), FALSE);
    ok_eq_int(RtlEqualPrefixSid(sid, SeExports->SeAliasUsersSid), TRUE);
    ok_eq_int(RtlEqualSid(sid, SeExports->SeWorldSid), FALSE);
    ok_eq_status(RtlCopySid(15, copy, sid), STATUS_BUFFER_TOO_SMALL);
    ok_eq_status(RtlCopySid(sizeof(copy), copy, sid), STATUS_SUCCESS);
    ok_eq_int(RtlEqualSid(sid, copy), TRUE);
    copy[0] = 2;
    ok_eq_int(RtlValidSid(copy), FALSE);
    ok(RtlFreeSid(sid) == NULL, "RtlFreeSid returns NULL");
    ok_eq_status(RtlAllocateAndInitializeSid(&nt_authority, 9, 0, 0, 0, 0, 0, 0, 0, 0, &sid),
                 STATUS_INVALID_SID);
}

GUEST_TEST(text)
{
    static SID_IDENTIFIER_AUTHORITY wide = {{1, 2, 3, 4, 5, 0xAB}};
    WCHAR buffer[64];
    UNICODE_STRING string = {0, sizeof(buffer), buffer}, small = {0, 22, buffer}, made;
    UCHAR sid[32];

    ok_eq_status(RtlConvertSidToUnicodeString(&string, SeExports->SeAliasAdminsSid, FALSE),
                 STATUS_SUCCESS);
    ok_eq_wstr(buffer, L"S-1-5-32-544");
    ok_eq_int(string.Length, 24);
    ok_eq_status(RtlConvertSidToUnicodeString(&small, SeExports->SeAliasAdminsSid, FALSE),
                 STATUS_BUFFER_OVERFLOW);
    ok_eq_status(RtlConvertSidToUnicodeString(&made, SeExports->SeWorldSid, TRUE), STATUS_SUCCESS);
    ok_eq_wstr(made.Buffer, L"S-1-1-0");
    RtlFreeUnicodeString(&made);
    RtlInitializeSid(sid, &wide, 1);
    *RtlSubAuthoritySid(sid, 0) = 4294967295u;
    ok_eq_status(RtlConvertSidToUnicodeString(&string, sid, FALSE), STATUS_SUCCESS);
    ok_eq_wstr(buffer, L"S-1-0x0102030405ab-4294967295");
    sid[1] = 16;
    ok_eq_status(RtlConvertSidToUnicodeString(&string, sid, FALSE), STATUS_INVALID_SID);
}

GUEST_TEST(well_known)
{
    static const struct {
        PCWSTR text;
        ULONG offset;
    } rows[] = {
        {L"S-1-0-0", FIELD_OFFSET(SE_EXPORTS, SeNullSid)},
        {L"S-1-3-0", FIELD_OFFSET(SE_EXPORTS, SeCreatorOwnerSid)},
        {L"S-1-5-4", FIELD_OFFSET(SE_EXPORTS, SeInteractiveSid)},
        {L"S-1-5-11", FIELD_OFFSET(SE_EXPORTS, SeAuthenticatedUsersSid)},
        {L"S-1-5-18", FIELD_OFFSET(SE_EXPORTS, SeLocalSystemSid)},
        {L"S-1-5-32-545", FIELD_OFFSET(SE_EXPORTS, SeAliasUsersSid)},
        {L"S-1-16-12288", FIELD_OFFSET(SE_EXPORTS, SeHighMandatorySid)},
    };

    for (ULONG i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        PSID sid = *(PSID *)((UCHAR *)SeExports + rows[i].offset);
        WCHAR buffer[64];
        UNICODE_STRING string = {0, sizeof(buffer), buffer};

        ok_eq_status(RtlConvertSidToUnicodeString(&string, sid, FALSE), STATUS_SUCCESS);
        ok_eq_wstr(buffer, rows[i].text);
    }
    ok_eq_int(SeExports->SeDebugPrivilege.LowPart, SE_DEBUG_PRIVILEGE);
    ok_eq_int(SeExports->SeCreateSymbolicLinkPrivilege.LowPart, SE_CREATE_SYMBOLIC_LINK_PRIVILEGE);
}

GUEST_TEST_FILE(se_sid, GUEST_ROW(admins), GUEST_ROW(text), GUEST_ROW(well_known));
