/*
 * Security descriptors as text: O:owner G:group D:flags(type;flags;rights;;;sid)… S:… .
 * See advapi32.h. Source: Win32 documentation, "Security Descriptor String Format".
 */
#include "advapi32.h"

#include <sddl.h>

#define FIRST_UNITS 512

/* The text as it grows; NULL without memory. */
struct text {
    WCHAR *units;
    SIZE_T length, room;
};

struct word {
    WCHAR code[3];
    DWORD bits;
};

static void put(struct text *text, const WCHAR *more)
{
    SIZE_T length = wcslen(more);

    while (text->units != NULL && text->length + length >= text->room) {
        WCHAR *units = LocalAlloc(LPTR, text->room * 2 * sizeof(WCHAR));

        if (units != NULL)
            memcpy(units, text->units, text->length * sizeof(WCHAR));
        LocalFree(text->units);
        text->units = units;
        text->room *= 2;
    }
    if (text->units == NULL)
        return;
    memcpy(text->units + text->length, more, (length + 1) * sizeof(WCHAR));
    text->length += length;
}

/* The codes of the bits, in the order of the table. Returns the bits that have none. */
static DWORD put_words(struct text *text, const struct word *words, SIZE_T count, DWORD bits)
{
    for (SIZE_T i = 0; i < count; i++) {
        if ((bits & words[i].bits) == 0)
            continue;
        put(text, words[i].code);
        bits &= ~words[i].bits;
    }
    return bits;
}

static void put_sid(struct text *text, PSID sid)
{
    static const struct {
        const WCHAR *sid;
        const WCHAR *code;
    } aliases[] = {
        {L"S-1-1-0", L"WD"},      {L"S-1-3-0", L"CO"},      {L"S-1-3-1", L"CG"},
        {L"S-1-3-4", L"OW"},      {L"S-1-5-2", L"NU"},      {L"S-1-5-4", L"IU"},
        {L"S-1-5-6", L"SU"},      {L"S-1-5-7", L"AN"},      {L"S-1-5-9", L"ED"},
        {L"S-1-5-10", L"PS"},     {L"S-1-5-11", L"AU"},     {L"S-1-5-12", L"RC"},
        {L"S-1-5-18", L"SY"},     {L"S-1-5-19", L"LS"},     {L"S-1-5-20", L"NS"},
        {L"S-1-5-32-544", L"BA"}, {L"S-1-5-32-545", L"BU"}, {L"S-1-5-32-546", L"BG"},
        {L"S-1-5-32-547", L"PU"}, {L"S-1-5-32-548", L"AO"}, {L"S-1-5-32-549", L"SO"},
        {L"S-1-5-32-550", L"PO"}, {L"S-1-5-32-551", L"BO"}, {L"S-1-15-2-1", L"AC"},
        {L"S-1-16-4096", L"LW"},  {L"S-1-16-8192", L"ME"},  {L"S-1-16-12288", L"HI"},
        {L"S-1-16-16384", L"SI"},
    };
    WCHAR *written;

    if (!ConvertSidToStringSidW(sid, &written)) {
        LocalFree(text->units);
        text->units = NULL;
        return;
    }
    for (SIZE_T i = 0; i < ARRAY_COUNT(aliases); i++) {
        if (wcscmp(aliases[i].sid, written) != 0)
            continue;
        put(text, aliases[i].code);
        LocalFree(written);
        return;
    }
    put(text, written);
    LocalFree(written);
}

/* All rights of a kind have a code; others are told one by one, or as a number. */
static void put_rights(struct text *text, DWORD mask)
{
    static const struct word whole[] = {
        {L"FA", FILE_ALL_ACCESS},    {L"FR", FILE_GENERIC_READ},
        {L"FW", FILE_GENERIC_WRITE}, {L"FX", FILE_GENERIC_EXECUTE},
        {L"KA", KEY_ALL_ACCESS},     {L"KR", KEY_READ},
        {L"KW", KEY_WRITE},
    };
    static const struct word single[] = {
        {L"CC", 0x001},         {L"DC", 0x002},        {L"LC", 0x004},
        {L"SW", 0x008},         {L"RP", 0x010},        {L"WP", 0x020},
        {L"DT", 0x040},         {L"LO", 0x080},        {L"CR", 0x100},
        {L"SD", DELETE},        {L"RC", READ_CONTROL}, {L"WD", WRITE_DAC},
        {L"WO", WRITE_OWNER},   {L"GA", GENERIC_ALL},  {L"GX", GENERIC_EXECUTE},
        {L"GW", GENERIC_WRITE}, {L"GR", GENERIC_READ},
    };
    SIZE_T before = text->length;
    WCHAR number[12];

    for (SIZE_T i = 0; i < ARRAY_COUNT(whole); i++)
        if (whole[i].bits == mask) {
            put(text, whole[i].code);
            return;
        }
    if (put_words(text, single, ARRAY_COUNT(single), mask) == 0 || text->units == NULL)
        return;
    text->length = before;
    _snwprintf(number, ARRAY_COUNT(number), L"0x%x", mask);
    put(text, number);
}

/* What a label forbids to those below it. */
static void put_label_policy(struct text *text, DWORD mask)
{
    static const struct word policies[] = {
        {L"NW", SYSTEM_MANDATORY_LABEL_NO_WRITE_UP},
        {L"NR", SYSTEM_MANDATORY_LABEL_NO_READ_UP},
        {L"NX", SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP},
    };

    put_words(text, policies, ARRAY_COUNT(policies), mask);
}

/* FALSE for a kind of entry that has no text here. */
static bool put_entry(struct text *text, const ACE_HEADER *header)
{
    static const struct {
        BYTE type;
        const WCHAR *code;
    } types[] = {
        {ACCESS_ALLOWED_ACE_TYPE, L"(A;"},
        {ACCESS_DENIED_ACE_TYPE, L"(D;"},
        {SYSTEM_AUDIT_ACE_TYPE, L"(AU;"},
        {SYSTEM_MANDATORY_LABEL_ACE_TYPE, L"(ML;"},
    };
    static const struct word flags[] = {
        {L"OI", OBJECT_INHERIT_ACE},
        {L"CI", CONTAINER_INHERIT_ACE},
        {L"NP", NO_PROPAGATE_INHERIT_ACE},
        {L"IO", INHERIT_ONLY_ACE},
        {L"ID", INHERITED_ACE},
        {L"SA", SUCCESSFUL_ACCESS_ACE_FLAG},
        {L"FA", FAILED_ACCESS_ACE_FLAG},
    };
    const ACCESS_ALLOWED_ACE *entry = (const void *)header; /* all these have its layout */

    for (SIZE_T i = 0; i < ARRAY_COUNT(types); i++) {
        if (types[i].type != header->AceType)
            continue;
        put(text, types[i].code);
        put_words(text, flags, ARRAY_COUNT(flags), header->AceFlags);
        put(text, L";");
        if (header->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE)
            put_label_policy(text, entry->Mask);
        else
            put_rights(text, entry->Mask);
        put(text, L";;;");
        put_sid(text, (PSID)&entry->SidStart);
        put(text, L")");
        return true;
    }
    return false;
}

/* The entries of a list: labels, or all but labels. NULL = there is no list. */
static bool put_list(struct text *text, const ACL *list, SECURITY_INFORMATION information)
{
    const BYTE *at = (const BYTE *)(list + 1);

    if (list == NULL) {
        put(text, L"NO_ACCESS_CONTROL");
        return true;
    }
    for (WORD i = 0; i < list->AceCount; i++, at += ((const ACE_HEADER *)at)->AceSize) {
        const ACE_HEADER *header = (const void *)at;
        bool is_label = header->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE;

        if (is_label ? !(information & LABEL_SECURITY_INFORMATION)
                     : !(information & (DACL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION)))
            continue;
        if (!put_entry(text, header))
            return false;
    }
    return true;
}

static bool put_acl(struct text *text, PSECURITY_DESCRIPTOR descriptor, bool is_dacl,
                    SECURITY_INFORMATION information)
{
    static const struct word control_words[] = {
        {L"P", SE_DACL_PROTECTED},
        {L"AR", SE_DACL_AUTO_INHERIT_REQ},
        {L"AI", SE_DACL_AUTO_INHERITED},
    };
    SECURITY_DESCRIPTOR_CONTROL control;
    DWORD revision;
    BOOL present = FALSE, defaulted;
    PACL list = NULL;

    GetSecurityDescriptorControl(descriptor, &control, &revision);
    if (is_dacl)
        GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted);
    else
        GetSecurityDescriptorSacl(descriptor, &present, &list, &defaulted);
    if (!present || (!is_dacl && list == NULL))
        return true;
    put(text, is_dacl ? L"D:" : L"S:");
    /* The bits of the SACL lie one above those of the DACL. */
    put_words(text, control_words, ARRAY_COUNT(control_words), is_dacl ? control : control >> 1);
    return put_list(text, list,
                    is_dacl ? DACL_SECURITY_INFORMATION
                            : information & ~(DWORD)DACL_SECURITY_INFORMATION);
}

static bool put_descriptor(struct text *text, PSECURITY_DESCRIPTOR descriptor,
                           SECURITY_INFORMATION information)
{
    BOOL defaulted;
    PSID sid = NULL;

    if (information & OWNER_SECURITY_INFORMATION &&
        GetSecurityDescriptorOwner(descriptor, &sid, &defaulted) && sid != NULL) {
        put(text, L"O:");
        put_sid(text, sid);
    }
    if (information & GROUP_SECURITY_INFORMATION &&
        GetSecurityDescriptorGroup(descriptor, &sid, &defaulted) && sid != NULL) {
        put(text, L"G:");
        put_sid(text, sid);
    }
    if (information & DACL_SECURITY_INFORMATION && !put_acl(text, descriptor, true, information))
        return false;
    return !(information & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)) ||
           put_acl(text, descriptor, false, information);
}

/*
 * A descriptor as text that LocalFree frees. @param length  NULL, or receives its characters with
 * the zero. Differs from Windows: entries for single properties (object entries), conditions and
 * resource attributes are ERROR_INVALID_ACL.
 */
WINBOOL WINAPI ConvertSecurityDescriptorToStringSecurityDescriptorW(
    PSECURITY_DESCRIPTOR descriptor, DWORD revision, SECURITY_INFORMATION information,
    LPWSTR *string, PULONG length)
{
    struct text text = {.room = FIRST_UNITS};

    if (string == NULL || descriptor == NULL)
        return security_error(ERROR_INVALID_PARAMETER);
    if (revision != SDDL_REVISION_1)
        return security_error(ERROR_UNKNOWN_REVISION);
    if (!IsValidSecurityDescriptor(descriptor))
        return security_error(ERROR_INVALID_SECURITY_DESCR);
    text.units = LocalAlloc(LPTR, text.room * sizeof(WCHAR));
    if (!put_descriptor(&text, descriptor, information)) {
        LocalFree(text.units);
        return security_error(ERROR_INVALID_ACL);
    }
    if (text.units == NULL)
        return security_error(ERROR_NOT_ENOUGH_MEMORY);
    *string = text.units;
    if (length != NULL)
        *length = (ULONG)text.length + 1;
    return TRUE;
}
NT_EXPORT(ConvertSecurityDescriptorToStringSecurityDescriptorW, 0, "puupp");

/* As ConvertSecurityDescriptorToStringSecurityDescriptorW. */
WINBOOL WINAPI ConvertSecurityDescriptorToStringSecurityDescriptorA(
    PSECURITY_DESCRIPTOR descriptor, DWORD revision, SECURITY_INFORMATION information,
    LPSTR *string, PULONG length)
{
    ULONG units;
    WCHAR *wide;

    if (string == NULL)
        return security_error(ERROR_INVALID_PARAMETER);
    if (!ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, revision, information,
                                                              &wide, &units))
        return FALSE;
    *string = LocalAlloc(0, units);
    if (*string != NULL)
        WideCharToMultiByte(CP_ACP, 0, wide, (int)units, *string, (int)units, NULL, NULL);
    LocalFree(wide);
    if (*string != NULL && length != NULL)
        *length = units;
    return *string != NULL;
}
NT_EXPORT(ConvertSecurityDescriptorToStringSecurityDescriptorA, 0, "puupp");
