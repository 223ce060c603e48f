/*
 * SeAccessCheck: rows of lists and questions, asked as the System process's token in user mode.
 */
#include "../guest.h"

NTSYSAPI NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL acl, ULONG revision, ACCESS_MASK mask, PSID sid);

#define READ 0x1
#define WRITE 0x2
#define EXECUTE 0x4
#define ALL (READ | WRITE | EXECUTE | READ_CONTROL | WRITE_DAC | WRITE_OWNER | DELETE)

static GENERIC_MAPPING mapping = {READ, WRITE, EXECUTE, ALL};

enum who { NOBODY, EVERYONE, ADMINS, GUESTS, SYSTEM };

static PSID sid_of(enum who who)
{
    switch (who) {
    case EVERYONE:
        return SeExports->SeWorldSid;
    case ADMINS:
        return SeExports->SeAliasAdminsSid;
    case GUESTS:
        return SeExports->SeAliasGuestsSid;
    default:
        return SeExports->SeLocalSystemSid;
    }
}

struct entry {
    BOOLEAN deny;
    enum who who;
    ACCESS_MASK mask;
};

static const struct row {
    enum who owner;
    struct entry entries[3]; /* ends with NOBODY */
    ACCESS_MASK desired;
    NTSTATUS status;
    ACCESS_MASK granted;
} rows[] = {
    {GUESTS, {{0}}, READ, STATUS_ACCESS_DENIED, 0},
    {GUESTS, {{FALSE, EVERYONE, READ}}, READ, STATUS_SUCCESS, READ},
    {GUESTS, {{FALSE, EVERYONE, READ}}, READ | WRITE, STATUS_ACCESS_DENIED, 0},
    {GUESTS,
     {{FALSE, EVERYONE, READ}, {FALSE, ADMINS, WRITE}},
     READ | WRITE,
     STATUS_SUCCESS,
     READ | WRITE},
    {GUESTS, {{FALSE, GUESTS, READ}}, READ, STATUS_ACCESS_DENIED, 0},
    {GUESTS,
     {{TRUE, EVERYONE, WRITE}, {FALSE, EVERYONE, READ | WRITE}},
     READ,
     STATUS_SUCCESS,
     READ},
    {GUESTS,
     {{TRUE, EVERYONE, WRITE}, {FALSE, EVERYONE, READ | WRITE}},
     WRITE,
     STATUS_ACCESS_DENIED,
     0},
    /* The first entry that names a right decides. */
    {GUESTS, {{FALSE, EVERYONE, WRITE}, {TRUE, EVERYONE, WRITE}}, WRITE, STATUS_SUCCESS, WRITE},
    {GUESTS, {{TRUE, GUESTS, WRITE}, {FALSE, EVERYONE, WRITE}}, WRITE, STATUS_SUCCESS, WRITE},
    {GUESTS, {{FALSE, SYSTEM, GENERIC_ALL}}, GENERIC_READ | DELETE, STATUS_SUCCESS, READ | DELETE},
    {GUESTS,
     {{FALSE, EVERYONE, READ}, {FALSE, ADMINS, DELETE}},
     MAXIMUM_ALLOWED,
     STATUS_SUCCESS,
     READ | DELETE},
    {GUESTS,
     {{TRUE, ADMINS, DELETE}, {FALSE, EVERYONE, READ | DELETE}},
     MAXIMUM_ALLOWED | READ,
     STATUS_SUCCESS,
     READ},
    {GUESTS, {{0}}, MAXIMUM_ALLOWED, STATUS_ACCESS_DENIED, 0},
    /* An owner may read and change the list. */
    {SYSTEM, {{0}}, READ_CONTROL | WRITE_DAC, STATUS_SUCCESS, READ_CONTROL | WRITE_DAC},
    {SYSTEM, {{0}}, READ, STATUS_ACCESS_DENIED, 0},
    /* System holds SeTakeOwnershipPrivilege and SeSecurityPrivilege. */
    {GUESTS, {{0}}, WRITE_OWNER, STATUS_SUCCESS, WRITE_OWNER},
    {GUESTS, {{0}}, ACCESS_SYSTEM_SECURITY, STATUS_SUCCESS, ACCESS_SYSTEM_SECURITY},
};

static void describe(const struct row *row, SECURITY_DESCRIPTOR *descriptor, PACL list, ULONG size)
{
    RtlCreateSecurityDescriptor(descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlCreateAcl(list, size, ACL_REVISION);
    for (ULONG i = 0; i < 3 && row->entries[i].who != NOBODY; i++) {
        const struct entry *entry = &row->entries[i];

        if (entry->deny)
            RtlAddAccessDeniedAce(list, ACL_REVISION, entry->mask, sid_of(entry->who));
        else
            RtlAddAccessAllowedAce(list, ACL_REVISION, entry->mask, sid_of(entry->who));
    }
    RtlSetDaclSecurityDescriptor(descriptor, TRUE, list, FALSE);
    RtlSetOwnerSecurityDescriptor(descriptor, sid_of(row->owner), FALSE);
    RtlSetGroupSecurityDescriptor(descriptor, SeExports->SeWorldSid, FALSE);
}

GUEST_TEST(decisions)
{
    SECURITY_SUBJECT_CONTEXT subject;

    SeCaptureSubjectContext(&subject);
    for (ULONG i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        union {
            ACL acl;
            UCHAR bytes[160];
        } list;
        SECURITY_DESCRIPTOR descriptor;
        ACCESS_MASK granted = 0;
        NTSTATUS status;
        BOOLEAN allowed;

        describe(&rows[i], &descriptor, &list.acl, sizeof(list));
        allowed = SeAccessCheck(&descriptor, &subject, FALSE, rows[i].desired, 0, NULL, &mapping,
                                UserMode, &granted, &status);
        ok(status == rows[i].status && granted == rows[i].granted &&
               allowed == (rows[i].status == STATUS_SUCCESS),
           "row %u: 0x%08x granted 0x%x", i, status, granted);
    }
    SeReleaseSubjectContext(&subject);
}

GUEST_TEST(kernel_mode_and_no_descriptor)
{
    SECURITY_SUBJECT_CONTEXT subject;
    SECURITY_DESCRIPTOR descriptor;
    ACCESS_MASK granted = 0;
    NTSTATUS status;

    SeCaptureSubjectContext(&subject);
    ok_eq_int(SeAccessCheck(NULL, &subject, FALSE, MAXIMUM_ALLOWED, 0, NULL, &mapping, KernelMode,
                            &granted, &status),
              TRUE);
    ok_eq_int(granted, ALL);
    ok_eq_int(
        SeAccessCheck(NULL, &subject, FALSE, READ, 0, NULL, &mapping, UserMode, &granted, &status),
        FALSE);
    ok_eq_status(status, STATUS_ACCESS_DENIED);
    /* Without a DACL everything is allowed. */
    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    ok_eq_int(SeAccessCheck(&descriptor, &subject, FALSE, WRITE | DELETE, 0, NULL, &mapping,
                            UserMode, &granted, &status),
              TRUE);
    ok_eq_int(granted, WRITE | DELETE);
    SeReleaseSubjectContext(&subject);
}

/* The same list decides when an object is opened with OBJ_FORCE_ACCESS_CHECK. */
GUEST_TEST(object_manager_asks)
{
    static const struct row row = {GUESTS, {{FALSE, EVERYONE, DIRECTORY_QUERY}}, 0, 0, 0};
    union {
        ACL acl;
        UCHAR bytes[160];
    } list;
    SECURITY_DESCRIPTOR descriptor;
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\GuestForced");
    HANDLE handle, opened;

    describe(&row, &descriptor, &list.acl, sizeof(list));
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, &descriptor);
    ok_eq_status(ZwCreateDirectoryObject(&handle, DIRECTORY_ALL_ACCESS, &attributes),
                 STATUS_SUCCESS);
    attributes.SecurityDescriptor = NULL;
    ok_eq_status(ZwOpenDirectoryObject(&opened, DIRECTORY_TRAVERSE, &attributes), STATUS_SUCCESS);
    ZwClose(opened);
    attributes.Attributes |= OBJ_FORCE_ACCESS_CHECK;
    ok_eq_status(ZwOpenDirectoryObject(&opened, DIRECTORY_QUERY, &attributes), STATUS_SUCCESS);
    ZwClose(opened);
    ok_eq_status(ZwOpenDirectoryObject(&opened, DIRECTORY_TRAVERSE, &attributes),
                 STATUS_ACCESS_DENIED);
    ZwClose(handle);
}

GUEST_TEST_FILE(se_access, GUEST_ROW(decisions), GUEST_ROW(kernel_mode_and_no_descriptor),
                GUEST_ROW(object_manager_asks));
