/*
 * SDDL: the text form of security descriptors, as IoCreateDeviceSecure and INF files use it.
 *
 *     O:owner G:group D:flags(type;flags;rights;;;sid)… S:flags(…)…
 *
 * Rights are two-letter codes behind each other or a number; a SID is a two-letter alias or S-1-….
 */
#include "se/se_internal.h"

#define MAXIMUM_LIST 2048 /* bytes of a parsed list */

struct parser {
    const WCHAR *at;
    const WCHAR *end;
    struct se_parts parts;
    ULONG64 sids[2][(SECURITY_MAX_SID_SIZE + 7) / 8]; /* owner, group */
    ULONG64 lists[2][MAXIMUM_LIST / 8];               /* DACL, SACL */
};

/* ---- words ---- */

struct right {
    char code[3];
    ACCESS_MASK mask;
};

static const struct right rights[] = {
    {"GA", GENERIC_ALL},
    {"GR", GENERIC_READ},
    {"GW", GENERIC_WRITE},
    {"GX", GENERIC_EXECUTE},
    {"RC", READ_CONTROL},
    {"SD", DELETE},
    {"WD", WRITE_DAC},
    {"WO", WRITE_OWNER},
    {"FA", FILE_ALL_ACCESS},
    {"FR", FILE_GENERIC_READ},
    {"FW", FILE_GENERIC_WRITE},
    {"FX", FILE_GENERIC_EXECUTE},
    {"KA", KEY_ALL_ACCESS},
    {"KR", KEY_READ},
    {"KW", KEY_WRITE},
    {"KX", KEY_EXECUTE},
    {"CC", 0x001},
    {"DC", 0x002},
    {"LC", 0x004},
    {"SW", 0x008},
    {"RP", 0x010},
    {"WP", 0x020},
    {"DT", 0x040},
    {"LO", 0x080},
    {"CR", 0x100},
    {"NW", SYSTEM_MANDATORY_LABEL_NO_WRITE_UP},
    {"NR", SYSTEM_MANDATORY_LABEL_NO_READ_UP},
    {"NX", SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP},
};

static const struct right entry_flags[] = {
    {"OI", OBJECT_INHERIT_ACE},
    {"CI", CONTAINER_INHERIT_ACE},
    {"NP", NO_PROPAGATE_INHERIT_ACE},
    {"IO", INHERIT_ONLY_ACE},
    {"ID", INHERITED_ACE},
    {"SA", SUCCESSFUL_ACCESS_ACE_FLAG},
    {"FA", FAILED_ACCESS_ACE_FLAG},
};

static const struct right entry_types[] = {
    {"A", ACCESS_ALLOWED_ACE_TYPE},
    {"D", ACCESS_DENIED_ACE_TYPE},
    {"AU", SYSTEM_AUDIT_ACE_TYPE},
    {"ML", SYSTEM_MANDATORY_LABEL_ACE_TYPE},
};

struct alias {
    char code[3];
    ULONG offset; /* of the SID's address in SE_EXPORTS */
};

#define ALIAS(code, field) {code, FIELD_OFFSET(SE_EXPORTS, field)}

static const struct alias aliases[] = {
    ALIAS("WD", SeWorldSid),
    ALIAS("SY", SeLocalSystemSid),
    ALIAS("BA", SeAliasAdminsSid),
    ALIAS("BU", SeAliasUsersSid),
    ALIAS("BG", SeAliasGuestsSid),
    ALIAS("PU", SeAliasPowerUsersSid),
    ALIAS("AO", SeAliasAccountOpsSid),
    ALIAS("SO", SeAliasSystemOpsSid),
    ALIAS("PO", SeAliasPrintOpsSid),
    ALIAS("BO", SeAliasBackupOpsSid),
    ALIAS("AU", SeAuthenticatedUsersSid),
    ALIAS("IU", SeInteractiveSid),
    ALIAS("NU", SeNetworkSid),
    ALIAS("AN", SeAnonymousLogonSid),
    ALIAS("RC", SeRestrictedSid),
    ALIAS("LS", SeLocalServiceSid),
    ALIAS("NS", SeNetworkServiceSid),
    ALIAS("CO", SeCreatorOwnerSid),
    ALIAS("CG", SeCreatorGroupSid),
    ALIAS("OW", SeOwnerRightsSid),
    ALIAS("LW", SeLowMandatorySid),
    ALIAS("ME", SeMediumMandatorySid),
    ALIAS("HI", SeHighMandatorySid),
    ALIAS("SI", SeSystemMandatorySid),
};

/* ---- characters ---- */

static void skip_spaces(struct parser *parser)
{
    while (parser->at < parser->end && (*parser->at == L' ' || *parser->at == L'\t'))
        parser->at++;
}

static BOOLEAN accept(struct parser *parser, WCHAR character)
{
    skip_spaces(parser);
    if (parser->at == parser->end || RtlUpcaseUnicodeChar(*parser->at) != character)
        return FALSE;
    parser->at++;
    return TRUE;
}

static BOOLEAN accept_code(struct parser *parser, const char *code)
{
    const WCHAR *start;

    skip_spaces(parser);
    start = parser->at;
    for (; *code; code++) {
        if (parser->at == parser->end || RtlUpcaseUnicodeChar(*parser->at) != (WCHAR)*code) {
            parser->at = start;
            return FALSE;
        }
        parser->at++;
    }
    return TRUE;
}

static ULONG digit_value(WCHAR character)
{
    character = RtlUpcaseUnicodeChar(character);
    if (character >= L'0' && character <= L'9')
        return (ULONG)(character - L'0');
    return character >= L'A' && character <= L'F' ? (ULONG)(character - L'A' + 10) : MAXULONG;
}

/* Decimal, or hexadecimal with 0x. */
static BOOLEAN parse_number(struct parser *parser, ULONG64 limit, ULONG64 *value)
{
    ULONG base = accept_code(parser, "0X") ? 16 : 10;
    const WCHAR *start = parser->at;

    *value = 0;
    while (parser->at < parser->end && digit_value(*parser->at) < base) {
        *value = *value * base + digit_value(*parser->at++);
        if (*value > limit)
            return FALSE;
    }
    return parser->at != start;
}

/* Codes of a table behind each other, or'ed together. */
static ACCESS_MASK parse_codes(struct parser *parser, const struct right *table, ULONG count)
{
    ACCESS_MASK mask = 0;
    ULONG i = 0;

    while (i < count) {
        if (accept_code(parser, table[i].code)) {
            mask |= table[i].mask;
            i = 0;
        } else {
            i++;
        }
    }
    return mask;
}

/* ---- SIDs ---- */

/* S-1-authority-sub-sub… */
static BOOLEAN parse_numeric_sid(struct parser *parser, PSID sid)
{
    SID_IDENTIFIER_AUTHORITY authority;
    ULONG64 value;
    UCHAR count = 0;

    if (!parse_number(parser, SID_REVISION, &value) || value != SID_REVISION ||
        !accept(parser, L'-') || !parse_number(parser, 0xFFFFFFFFFFFFull, &value))
        return FALSE;
    for (ULONG i = 0; i < sizeof(authority.Value); i++)
        authority.Value[i] = (UCHAR)(value >> (40 - 8 * i));
    RtlInitializeSid(sid, &authority, 0);
    while (accept(parser, L'-')) {
        if (count == SID_MAX_SUB_AUTHORITIES || !parse_number(parser, MAXULONG, &value))
            return FALSE;
        *RtlSubAuthoritySid(sid, count++) = (ULONG)value;
    }
    *RtlSubAuthorityCountSid(sid) = count;
    return count != 0;
}

static BOOLEAN parse_sid(struct parser *parser, PSID sid)
{
    if (accept_code(parser, "S-"))
        return parse_numeric_sid(parser, sid);
    for (ULONG i = 0; i < ARRAY_COUNT(aliases); i++) {
        if (accept_code(parser, aliases[i].code)) {
            PSID source = *(PSID *)((UCHAR *)SeExports + aliases[i].offset);

            return NT_SUCCESS(RtlCopySid(SECURITY_MAX_SID_SIZE, sid, source));
        }
    }
    return FALSE;
}

/* ---- lists ---- */

static BOOLEAN parse_rights(struct parser *parser, ACCESS_MASK *mask)
{
    ULONG64 value;

    skip_spaces(parser);
    if (parser->at < parser->end && digit_value(*parser->at) < 10) {
        if (!parse_number(parser, MAXULONG, &value))
            return FALSE;
        *mask = (ACCESS_MASK)value;
        return TRUE;
    }
    *mask = parse_codes(parser, rights, ARRAY_COUNT(rights));
    return TRUE;
}

static BOOLEAN parse_type(struct parser *parser, UCHAR *type)
{
    /* Longer codes first: "AU" begins like "A". */
    for (ULONG i = ARRAY_COUNT(entry_types); i-- > 0;) {
        if (accept_code(parser, entry_types[i].code)) {
            *type = (UCHAR)entry_types[i].mask;
            return TRUE;
        }
    }
    return FALSE;
}

/* What follows the opening parenthesis of an entry. */
static NTSTATUS parse_entry(struct parser *parser, PACL list)
{
    struct {
        ACCESS_ALLOWED_ACE ace;
        UCHAR rest[SECURITY_MAX_SID_SIZE];
    } entry;
    PSID sid = &entry.ace.SidStart;

    if (!parse_type(parser, &entry.ace.Header.AceType) || !accept(parser, L';'))
        return STATUS_INVALID_PARAMETER;
    entry.ace.Header.AceFlags = (UCHAR)parse_codes(parser, entry_flags, ARRAY_COUNT(entry_flags));
    if (!accept(parser, L';') || !parse_rights(parser, &entry.ace.Mask) || !accept(parser, L';') ||
        !accept(parser, L';') || !accept(parser, L';') || !parse_sid(parser, sid) ||
        !accept(parser, L')'))
        return STATUS_INVALID_PARAMETER;
    entry.ace.Header.AceSize =
        (USHORT)(FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + RtlLengthSid(sid));
    return RtlAddAce(list, ACL_REVISION, MAXULONG, &entry, entry.ace.Header.AceSize);
}

/* "P", "AI", "AR" and "NO_ACCESS_CONTROL" before the entries of a list. */
static void parse_list_flags(struct parser *parser, BOOLEAN dacl)
{
    static const struct right flags[] = {
        {"P", SE_DACL_PROTECTED}, {"AI", SE_DACL_AUTO_INHERITED}, {"AR", SE_DACL_AUTO_INHERIT_REQ}};
    ULONG bits = parse_codes(parser, flags, ARRAY_COUNT(flags));

    parser->parts.control |= (SECURITY_DESCRIPTOR_CONTROL)(dacl ? bits : bits << 1);
}

static NTSTATUS parse_list(struct parser *parser, BOOLEAN dacl)
{
    PACL list = (PACL)parser->lists[dacl ? 0 : 1];
    NTSTATUS status = RtlCreateAcl(list, MAXIMUM_LIST, ACL_REVISION);

    parser->parts.control |= dacl ? SE_DACL_PRESENT : SE_SACL_PRESENT;
    if (accept_code(parser, "NO_ACCESS_CONTROL"))
        return STATUS_SUCCESS;
    parse_list_flags(parser, dacl);
    while (NT_SUCCESS(status) && accept(parser, L'('))
        status = parse_entry(parser, list);
    if (!NT_SUCCESS(status))
        return status;
    /* Only what is used: entries stand behind each other. */
    list->AclSize = sizeof(*list);
    for (ULONG i = 0; i < list->AceCount; i++)
        list->AclSize += ((ACE_HEADER *)((UCHAR *)list + list->AclSize))->AceSize;
    if (dacl)
        parser->parts.dacl = list;
    else
        parser->parts.sacl = list;
    return STATUS_SUCCESS;
}

/* One of the four sections. */
static NTSTATUS parse_section(struct parser *parser)
{
    if (accept_code(parser, "D:"))
        return parse_list(parser, TRUE);
    if (accept_code(parser, "S:"))
        return parse_list(parser, FALSE);
    if (accept_code(parser, "O:")) {
        parser->parts.owner = parser->sids[0];
        return parse_sid(parser, parser->parts.owner) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    }
    if (accept_code(parser, "G:")) {
        parser->parts.group = parser->sids[1];
        return parse_sid(parser, parser->parts.group) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    }
    return STATUS_INVALID_PARAMETER;
}

/*
 * Returns STATUS_INVALID_PARAMETER for text that is not SDDL, STATUS_BUFFER_TOO_SMALL for lists of
 * more than 2 KiB, STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS se_parse_sddl(PCUNICODE_STRING text, PSECURITY_DESCRIPTOR *descriptor)
{
    struct parser *parser = ExAllocatePoolWithTag(PagedPool, sizeof(*parser), SE_TAG);
    NTSTATUS status = STATUS_SUCCESS;

    if (!parser)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(parser, sizeof(*parser));
    parser->at = text->Buffer;
    parser->end = text->Buffer + text->Length / sizeof(WCHAR);
    for (skip_spaces(parser); parser->at < parser->end; skip_spaces(parser)) {
        status = parse_section(parser);
        if (!NT_SUCCESS(status))
            break;
    }
    if (NT_SUCCESS(status))
        status = se_parts_allocate(&parser->parts, PagedPool, descriptor);
    ExFreePoolWithTag(parser, SE_TAG);
    return status;
}
