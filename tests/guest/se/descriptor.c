/*
 * Access control lists and security descriptors.
 */
#include "../guest.h"

GUEST_TEST(lists)
{
    union {
        ACL acl;
        UCHAR bytes[64];
    } list;
    ACCESS_ALLOWED_ACE *ace;
    PVOID none;

    ok_eq_status(RtlCreateAcl(&list.acl, 4, ACL_REVISION), STATUS_BUFFER_TOO_SMALL);
    ok_eq_status(RtlCreateAcl(&list.acl, sizeof(list), 9), STATUS_INVALID_PARAMETER);
    ok_eq_status(RtlCreateAcl(&list.acl, sizeof(list), ACL_REVISION), STATUS_SUCCESS);
    ok_eq_int(list.acl.AclSize, sizeof(list));
    ok_eq_status(
        RtlAddAccessAllowedAce(&list.acl, ACL_REVISION, GENERIC_READ, SeExports->SeWorldSid),
        STATUS_SUCCESS);
    ok_eq_status(RtlAddAccessAllowedAceEx(&list.acl, ACL_REVISION, OBJECT_INHERIT_ACE, GENERIC_ALL,
                                          SeExports->SeAliasAdminsSid),
                 STATUS_SUCCESS);
    /* 8 + 20 + 24 bytes are used; 12 are left. */
    ok_eq_status(RtlAddAccessAllowedAce(&list.acl, ACL_REVISION, 1, SeExports->SeWorldSid),
                 STATUS_ALLOTTED_SPACE_EXCEEDED);
    ok_eq_int(list.acl.AceCount, 2);
    ok_eq_status(RtlGetAce(&list.acl, 1, (PVOID *)&ace), STATUS_SUCCESS);
    ok_eq_int(ace->Mask, GENERIC_ALL);
    ok_eq_int(ace->Header.AceFlags, OBJECT_INHERIT_ACE);
    ok_eq_int(ace->Header.AceSize, 24);
    ok_eq_int(RtlEqualSid(&ace->SidStart, SeExports->SeAliasAdminsSid), TRUE);
    ok_eq_status(RtlGetAce(&list.acl, 2, &none), STATUS_INVALID_PARAMETER);
    ok_eq_status(RtlDeleteAce(&list.acl, 0), STATUS_SUCCESS);
    ok_eq_status(RtlGetAce(&list.acl, 0, (PVOID *)&ace), STATUS_SUCCESS);
    ok_eq_int(ace->Mask, GENERIC_ALL);
    ok_eq_status(RtlAddAccessAllowedAce(&list.acl, ACL_REVISION, 1, SeExports->SeWorldSid),
                 STATUS_SUCCESS);
    ok_eq_status(RtlDeleteAce(&list.acl, 2), STATUS_INVALID_PARAMETER);
}

/* An absolute descriptor over `list`. */
static void absolute(SECURITY_DESCRIPTOR *descriptor, PACL list, ULONG size)
{
    RtlCreateAcl(list, size, ACL_REVISION);
    RtlAddAccessAllowedAce(list, ACL_REVISION, GENERIC_ALL, SeExports->SeAliasAdminsSid);
    ok_eq_status(RtlCreateSecurityDescriptor(descriptor, SECURITY_DESCRIPTOR_REVISION),
                 STATUS_SUCCESS);
    ok_eq_status(RtlSetDaclSecurityDescriptor(descriptor, TRUE, list, FALSE), STATUS_SUCCESS);
    ok_eq_status(RtlSetOwnerSecurityDescriptor(descriptor, SeExports->SeLocalSystemSid, FALSE),
                 STATUS_SUCCESS);
    ok_eq_status(RtlSetGroupSecurityDescriptor(descriptor, SeExports->SeWorldSid, TRUE),
                 STATUS_SUCCESS);
}

GUEST_TEST(forms)
{
    union {
        ACL acl;
        UCHAR bytes[64];
    } list, list_copy;
    union {
        SECURITY_DESCRIPTOR_RELATIVE relative;
        UCHAR bytes[160];
    } block;
    SECURITY_DESCRIPTOR descriptor, copy;
    UCHAR owner[16], group[16];
    ULONG length = 10, header_size = sizeof(copy), dacl_size = sizeof(list_copy), sacl_size = 0;
    ULONG owner_size = sizeof(owner), group_size = 0;
    BOOLEAN present, defaulted;
    PACL dacl;
    PSID sid;

    absolute(&descriptor, &list.acl, sizeof(list));
    ok_eq_int(RtlValidSecurityDescriptor(&descriptor), TRUE);
    ok_eq_status(RtlAbsoluteToSelfRelativeSD(&descriptor, NULL, &length), STATUS_BUFFER_TOO_SMALL);
    ok_eq_int(length, sizeof(SECURITY_DESCRIPTOR_RELATIVE) + 12 + 12 + sizeof(list));
    ok_eq_status(RtlAbsoluteToSelfRelativeSD(&descriptor, &block, &length), STATUS_SUCCESS);
    ok_eq_int(RtlLengthSecurityDescriptor(&block), length);
    ok_eq_int(SeValidSecurityDescriptor(length, &block), TRUE);
    ok_eq_int(SeValidSecurityDescriptor(length - 4, &block), FALSE);
    ok_eq_status(RtlSetOwnerSecurityDescriptor(&block, NULL, FALSE), STATUS_INVALID_SECURITY_DESCR);
    ok_eq_status(RtlGetGroupSecurityDescriptor(&block, &sid, &defaulted), STATUS_SUCCESS);
    ok_eq_int(RtlEqualSid(sid, SeExports->SeWorldSid), TRUE);
    ok_eq_int(defaulted, TRUE);
    ok_eq_status(RtlGetDaclSecurityDescriptor(&block, &present, &dacl, &defaulted), STATUS_SUCCESS);
    ok_eq_int(present, TRUE);
    ok_eq_int(dacl->AceCount, 1);
    ok_eq_status(RtlSelfRelativeToAbsoluteSD(&block, &copy, &header_size, &list_copy.acl,
                                             &dacl_size, NULL, &sacl_size, owner, &owner_size,
                                             group, &group_size),
                 STATUS_BUFFER_TOO_SMALL);
    ok_eq_int(group_size, 12);
    ok_eq_status(RtlSelfRelativeToAbsoluteSD(&block, &copy, &header_size, &list_copy.acl,
                                             &dacl_size, NULL, &sacl_size, owner, &owner_size,
                                             group, &group_size),
                 STATUS_SUCCESS);
    ok_eq_int(RtlEqualSid(copy.Owner, SeExports->SeLocalSystemSid), TRUE);
    ok_eq_int(copy.Dacl->AceCount, 1);
}

/* A new object gets the descriptor that its creator passed, and NtSetSecurityObject changes it. */
GUEST_TEST(descriptor_of_an_object)
{
    union {
        ACL acl;
        UCHAR bytes[64];
    } list;
    UCHAR buffer[256];
    SECURITY_DESCRIPTOR descriptor;
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\GuestSecurity");
    ULONG length = 0;
    BOOLEAN present, defaulted;
    PACL dacl;
    PSID owner;
    HANDLE handle;

    absolute(&descriptor, &list.acl, sizeof(list));
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, &descriptor);
    ok_eq_status(ZwCreateDirectoryObject(&handle, DIRECTORY_ALL_ACCESS, &attributes),
                 STATUS_SUCCESS);
    ok_eq_status(ZwQuerySecurityObject(handle, DACL_SECURITY_INFORMATION, buffer, 4, &length),
                 STATUS_BUFFER_TOO_SMALL);
    ok_eq_status(ZwQuerySecurityObject(handle,
                                       DACL_SECURITY_INFORMATION | OWNER_SECURITY_INFORMATION,
                                       buffer, sizeof(buffer), &length),
                 STATUS_SUCCESS);
    ok_eq_status(RtlGetOwnerSecurityDescriptor(buffer, &owner, &defaulted), STATUS_SUCCESS);
    ok_eq_int(RtlEqualSid(owner, SeExports->SeLocalSystemSid), TRUE);
    RtlGetDaclSecurityDescriptor(buffer, &present, &dacl, &defaulted);
    ok_eq_int(((ACCESS_ALLOWED_ACE *)(dacl + 1))->Mask, DIRECTORY_ALL_ACCESS);
    RtlCreateAcl(&list.acl, sizeof(list), ACL_REVISION);
    ok_eq_status(ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &descriptor),
                 STATUS_SUCCESS);
    ok_eq_status(
        ZwQuerySecurityObject(handle, DACL_SECURITY_INFORMATION, buffer, sizeof(buffer), &length),
        STATUS_SUCCESS);
    RtlGetDaclSecurityDescriptor(buffer, &present, &dacl, &defaulted);
    ok_eq_int(dacl->AceCount, 0);
    ZwClose(handle);
}

GUEST_TEST_FILE(se_descriptor, GUEST_ROW(lists), GUEST_ROW(forms),
                GUEST_ROW(descriptor_of_an_object));
