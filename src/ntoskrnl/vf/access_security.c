/*
 * Who may open a device, in words: "SYSTEM: all; Administrators: all; Everyone: read, write".
 *
 * The list that IoCreateDevice gives a device is marked as a default until another one is set.
 */
#include "kd/kd.h"
#include "ob/ob.h"
#include "se/se.h"
#include "vf/access_internal.h"

#define NAME_BYTES 64

struct group {
    const char *name;
    const PSID *sid;
    BOOLEAN anyone; /* every ordinary user is in it */
};

static void add(char *text, SIZE_T size, const char *format, ...)
{
    SIZE_T used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    kd_format_list(text + used, size - used, format, arguments);
    va_end(arguments);
}

static const char *name_of(PSID sid, BOOLEAN *anyone, char *text, SIZE_T size)
{
    const struct group groups[] = {
        {"Everyone", &SeExports->SeWorldSid, TRUE},
        {"Authenticated Users", &SeExports->SeAuthenticatedUsersSid, TRUE},
        {"Interactive", &SeExports->SeInteractiveSid, TRUE},
        {"Users", &SeExports->SeAliasUsersSid, TRUE},
        {"SYSTEM", &SeExports->SeLocalSystemSid, FALSE},
        {"Administrators", &SeExports->SeAliasAdminsSid, FALSE},
        {"Restricted", &SeExports->SeRestrictedSid, FALSE},
        {"Anonymous", &SeExports->SeAnonymousLogonSid, FALSE},
        {"Guests", &SeExports->SeAliasGuestsSid, FALSE},
        {"Network", &SeExports->SeNetworkSid, FALSE},
        {"Local Service", &SeExports->SeLocalServiceSid, FALSE},
        {"Network Service", &SeExports->SeNetworkServiceSid, FALSE},
    };
    const SID *bytes = sid;

    for (ULONG i = 0; i < ARRAY_COUNT(groups); i++)
        if (RtlEqualSid(sid, *groups[i].sid)) {
            *anyone = groups[i].anyone;
            return groups[i].name;
        }
    *anyone = FALSE;
    kd_format(text, size, "S-1-%u", bytes->IdentifierAuthority.Value[5]);
    for (ULONG i = 0; i < bytes->SubAuthorityCount; i++)
        add(text, size, "-%u", bytes->SubAuthority[i]);
    return text;
}

/* Generic rights as those of files. */
static ACCESS_MASK file_rights(ACCESS_MASK mask)
{
    static const GENERIC_MAPPING mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE,
                                            FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};

    RtlMapGenericMask(&mask, (PGENERIC_MAPPING)&mapping);
    return mask;
}

static const char *rights_in_words(ACCESS_MASK mask)
{
    BOOLEAN read = (mask & FILE_READ_DATA) != 0, write = (mask & FILE_WRITE_DATA) != 0;

    if ((mask & FILE_ALL_ACCESS) == FILE_ALL_ACCESS)
        return "all";
    if (read && write)
        return "read, write";
    if (read || write)
        return read ? "read" : "write";
    return mask ? "open" : "nothing";
}

static void describe_list(struct machine_device *row, PACL list)
{
    ACCESS_MASK denied = 0;
    ACCESS_ALLOWED_ACE *ace;

    for (ULONG i = 0; NT_SUCCESS(RtlGetAce(list, i, (PVOID *)&ace)); i++) {
        BOOLEAN deny = ace->Header.AceType == ACCESS_DENIED_ACE_TYPE, anyone;
        ACCESS_MASK mask = file_rights(ace->Mask);
        char text[NAME_BYTES];
        const char *name;

        if (ace->Header.AceType > ACCESS_DENIED_ACE_TYPE || ace->Header.AceFlags & INHERIT_ONLY_ACE)
            continue;
        name = name_of(&ace->SidStart, &anyone, text, sizeof(text));
        add(row->security, sizeof(row->security), "%s%s: %s%s", *row->security ? "; " : "", name,
            deny ? "not " : "", rights_in_words(mask));
        if (anyone && deny)
            denied |= mask;
        else if (anyone)
            row->anyone |= mask & ~denied;
    }
    if (!*row->security)
        strcpy(row->security, "nobody");
}

void vf_access_describe_security(struct machine_device *row, PDEVICE_OBJECT device)
{
    PSECURITY_DESCRIPTOR descriptor = ob_security_of(device);
    BOOLEAN present = FALSE, defaulted = TRUE;
    PACL list = NULL;

    if (descriptor)
        RtlGetDaclSecurityDescriptor(descriptor, &present, &list, &defaulted);
    row->security[0] = 0;
    row->anyone = 0;
    row->default_security = !present || defaulted;
    if (!list) {
        strcpy(row->security, "Everyone: all");
        row->anyone = FILE_ALL_ACCESS;
    } else {
        describe_list(row, list);
    }
    if (!row->secure_open) /* a name behind the device's opens it without a check */
        row->anyone = FILE_ALL_ACCESS;
}
