/*
 * Security descriptors as text: what each part is written as, in narrow and wide characters, and
 * that a descriptor keeps its text when an object of the kernel has it meanwhile.
 */
#include "check.h"

#include <sddl.h>

#define ALL_PARTS                                                                                  \
    (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION)

/* A descriptor that is built piece by piece. */
struct built {
    SECURITY_DESCRIPTOR descriptor;
    union {
        ACL list;
        BYTE room[512];
    };
    BYTE sids[8][16] __attribute__((aligned(4)));
    int used;
};

static PSID sid(struct built *built, BYTE authority, BYTE count, DWORD first, DWORD second)
{
    BYTE *sid = built->sids[built->used++];
    DWORD *numbers = (DWORD *)(sid + 8);

    memset(sid, 0, sizeof(built->sids[0]));
    sid[0] = SID_REVISION;
    sid[1] = count;
    sid[7] = authority;
    numbers[0] = first;
    numbers[1] = second;
    return sid;
}

static PSID administrators(struct built *built)
{
    return sid(built, 5, 2, 32, 544);
}

static PSID local_system(struct built *built)
{
    return sid(built, 5, 1, 18, 0);
}

static PSID everyone(struct built *built)
{
    return sid(built, 1, 1, 0, 0);
}

/* The owner is set; the list is empty and not yet in the descriptor. */
static void begin(struct built *built)
{
    built->used = 0;
    CHECK(InitializeSecurityDescriptor(&built->descriptor, SECURITY_DESCRIPTOR_REVISION));
    CHECK(InitializeAcl(&built->list, sizeof(built->room), ACL_REVISION));
    CHECK(SetSecurityDescriptorOwner(&built->descriptor, administrators(built), FALSE));
}

static void use_list(struct built *built)
{
    CHECK(SetSecurityDescriptorDacl(&built->descriptor, TRUE, &built->list, FALSE));
}

/* Is that its text, in both widths? */
static void reads(PSECURITY_DESCRIPTOR descriptor, SECURITY_INFORMATION parts, const char *wanted)
{
    WCHAR *wide = NULL;
    char *narrow = NULL;
    ULONG wide_length = 0, narrow_length = 0;

    CHECK(ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor, SDDL_REVISION_1, parts,
                                                               &narrow, &narrow_length));
    CHECK(ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, SDDL_REVISION_1, parts,
                                                               &wide, &wide_length));
    if (narrow == NULL || wide == NULL)
        return;
    if (strcmp(narrow, wanted) != 0)
        printf("%s instead of %s\n", narrow, wanted);
    CHECK(strcmp(narrow, wanted) == 0);
    CHECK(narrow_length == strlen(wanted) + 1);
    CHECK(wide_length == narrow_length && wcslen(wide) + 1 == wide_length);
    for (ULONG i = 0; i < wide_length && i < narrow_length; i++)
        CHECK(wide[i] == (WCHAR)narrow[i]);
    LocalFree(narrow);
    LocalFree(wide);
}

static void test_parts(void)
{
    struct built built;
    PSECURITY_DESCRIPTOR descriptor = &built.descriptor;

    begin(&built);
    reads(descriptor, ALL_PARTS, "O:BA");
    reads(descriptor, GROUP_SECURITY_INFORMATION, "");
    use_list(&built);
    reads(descriptor, ALL_PARTS, "O:BAD:");
    CHECK(AddAccessAllowedAce(&built.list, ACL_REVISION, FILE_ALL_ACCESS, local_system(&built)));
    reads(descriptor, ALL_PARTS, "O:BAD:(A;;FA;;;SY)");
    reads(descriptor, DACL_SECURITY_INFORMATION, "D:(A;;FA;;;SY)");
    reads(descriptor, OWNER_SECURITY_INFORMATION, "O:BA");
    CHECK(SetSecurityDescriptorDacl(descriptor, TRUE, NULL, FALSE));
    reads(descriptor, ALL_PARTS, "O:BAD:NO_ACCESS_CONTROL");
    CHECK(SetSecurityDescriptorDacl(descriptor, FALSE, NULL, FALSE));
    reads(descriptor, ALL_PARTS, "O:BA");
}

static void test_entries(void)
{
    static const struct {
        DWORD flags, mask;
        const char *text;
    } rows[] = {
        {0, GENERIC_ALL, "D:(A;;GA;;;WD)"},
        {0, GENERIC_READ | GENERIC_WRITE, "D:(A;;GWGR;;;WD)"},
        {0, FILE_GENERIC_READ, "D:(A;;FR;;;WD)"},
        {0, FILE_GENERIC_WRITE, "D:(A;;FW;;;WD)"},
        {0, FILE_GENERIC_EXECUTE, "D:(A;;FX;;;WD)"},
        {0, KEY_ALL_ACCESS, "D:(A;;KA;;;WD)"},
        {0, KEY_READ, "D:(A;;KR;;;WD)"},
        {0, KEY_WRITE, "D:(A;;KW;;;WD)"},
        {0, DELETE | READ_CONTROL | WRITE_DAC | WRITE_OWNER, "D:(A;;SDRCWDWO;;;WD)"},
        {0, 0x1FF, "D:(A;;CCDCLCSWRPWPDTLOCR;;;WD)"},
        {0, 0x1200, "D:(A;;0x1200;;;WD)"},
        {OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE, GENERIC_ALL, "D:(A;OICI;GA;;;WD)"},
        {NO_PROPAGATE_INHERIT_ACE | INHERIT_ONLY_ACE | CONTAINER_INHERIT_ACE, GENERIC_READ,
         "D:(A;CINPIO;GR;;;WD)"},
        {INHERITED_ACE, GENERIC_READ, "D:(A;ID;GR;;;WD)"},
    };
    struct built built;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin(&built);
        CHECK(AddAccessAllowedAceEx(&built.list, ACL_REVISION, rows[i].flags, rows[i].mask,
                                    everyone(&built)));
        use_list(&built);
        reads(&built.descriptor, DACL_SECURITY_INFORMATION, rows[i].text);
    }
    begin(&built);
    CHECK(AddAccessDeniedAce(&built.list, ACL_REVISION, GENERIC_WRITE, everyone(&built)));
    CHECK(AddAccessAllowedAce(&built.list, ACL_REVISION, GENERIC_ALL, sid(&built, 5, 2, 21, 7)));
    use_list(&built);
    reads(&built.descriptor, DACL_SECURITY_INFORMATION, "D:(D;;GW;;;WD)(A;;GA;;;S-1-5-21-7)");
}

static void test_failures(void)
{
    struct built built;
    SECURITY_DESCRIPTOR wrong;
    char *text;

    begin(&built);
    CHECK_ERROR(ConvertSecurityDescriptorToStringSecurityDescriptorA(&built.descriptor, 2,
                                                                     ALL_PARTS, &text, NULL),
                ERROR_UNKNOWN_REVISION);
    CHECK_ERROR(ConvertSecurityDescriptorToStringSecurityDescriptorA(
                    &built.descriptor, SDDL_REVISION_1, ALL_PARTS, NULL, NULL),
                ERROR_INVALID_PARAMETER);
    CHECK_ERROR(ConvertSecurityDescriptorToStringSecurityDescriptorW(
                    NULL, SDDL_REVISION_1, ALL_PARTS, (WCHAR **)&text, NULL),
                ERROR_INVALID_PARAMETER);
    memset(&wrong, 0, sizeof(wrong));
    CHECK_ERROR(ConvertSecurityDescriptorToStringSecurityDescriptorA(&wrong, SDDL_REVISION_1,
                                                                     ALL_PARTS, &text, NULL),
                ERROR_INVALID_SECURITY_DESCR);
}

/* Given to an event with a name (one without has no security), and read back from it. */
static void test_object(void)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, L"SecurityText");
    struct built built;
    BYTE read[1024] __attribute__((aligned(8)));
    DWORD length = 0;

    begin(&built);
    CHECK(AddAccessAllowedAce(&built.list, ACL_REVISION, EVENT_ALL_ACCESS, local_system(&built)));
    CHECK(AddAccessAllowedAce(&built.list, ACL_REVISION, SYNCHRONIZE, everyone(&built)));
    use_list(&built);
    CHECK(SetKernelObjectSecurity(event, DACL_SECURITY_INFORMATION, &built.descriptor));
    CHECK_ERROR(GetKernelObjectSecurity(event, DACL_SECURITY_INFORMATION, read, 0, &length),
                ERROR_INSUFFICIENT_BUFFER);
    CHECK(length > sizeof(SECURITY_DESCRIPTOR_RELATIVE) && length <= sizeof(read));
    CHECK(GetKernelObjectSecurity(event, DACL_SECURITY_INFORMATION, read, length, &length));
    reads(read, DACL_SECURITY_INFORMATION, "D:(A;;0x1f0003;;;SY)(A;;0x100000;;;WD)");
    CloseHandle(event);
}

int main(void)
{
    test_parts();
    test_entries();
    test_failures();
    test_object();
    return check_summary();
}
