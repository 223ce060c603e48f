/* Security descriptors and access control lists. See advapi32.h. */
#include "advapi32.h"

/* Begins a descriptor in absolute form: everybody may do everything until a DACL is set. */
WINBOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, DWORD revision)
{
    if (revision != SECURITY_DESCRIPTOR_REVISION)
        return security_error(ERROR_UNKNOWN_REVISION);
    memset(descriptor, 0, sizeof(SECURITY_DESCRIPTOR));
    ((SECURITY_DESCRIPTOR *)descriptor)->Revision = SECURITY_DESCRIPTOR_REVISION;
    return TRUE;
}
NT_EXPORT(InitializeSecurityDescriptor, 0, "pu");

/* Whether a descriptor has a known revision. */
WINBOOL WINAPI IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor)
{
    return descriptor != NULL &&
           ((const SECURITY_DESCRIPTOR *)descriptor)->Revision == SECURITY_DESCRIPTOR_REVISION;
}
NT_EXPORT(IsValidSecurityDescriptor, 0, "p");

/* Sets the DACL of an absolute descriptor. */
WINBOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, BOOL present, PACL acl,
                                         BOOL defaulted)
{
    SECURITY_DESCRIPTOR *record = descriptor;

    if (!IsValidSecurityDescriptor(descriptor) || (record->Control & SE_SELF_RELATIVE))
        return security_error(ERROR_INVALID_SECURITY_DESCR);
    record->Control &= (SECURITY_DESCRIPTOR_CONTROL) ~(SE_DACL_PRESENT | SE_DACL_DEFAULTED);
    if (present) {
        record->Control |= SE_DACL_PRESENT | (defaulted ? SE_DACL_DEFAULTED : 0);
        record->Dacl = acl;
    }
    return TRUE;
}
NT_EXPORT(SetSecurityDescriptorDacl, 0, "pbpb");

/* The part of a descriptor at an offset (self-relative) or an address (absolute). */
static PVOID part_of(PSECURITY_DESCRIPTOR descriptor, PVOID absolute, DWORD offset)
{
    const SECURITY_DESCRIPTOR *record = descriptor;

    if (!(record->Control & SE_SELF_RELATIVE))
        return absolute;
    return offset != 0 ? (char *)descriptor + offset : NULL;
}

/* The DACL of a descriptor. */
WINBOOL WINAPI GetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, LPBOOL present, PACL *acl,
                                         LPBOOL defaulted)
{
    const SECURITY_DESCRIPTOR *record = descriptor;

    if (!IsValidSecurityDescriptor(descriptor))
        return security_error(ERROR_INVALID_SECURITY_DESCR);
    *present = (record->Control & SE_DACL_PRESENT) != 0;
    if (*present) {
        *acl = part_of(descriptor, record->Dacl,
                       ((const SECURITY_DESCRIPTOR_RELATIVE *)descriptor)->Dacl);
        *defaulted = (record->Control & SE_DACL_DEFAULTED) != 0;
    }
    return TRUE;
}
NT_EXPORT(GetSecurityDescriptorDacl, 0, "pppp");

/* The SACL of a descriptor. */
WINBOOL WINAPI GetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR descriptor, LPBOOL present, PACL *acl,
                                         LPBOOL defaulted)
{
    const SECURITY_DESCRIPTOR *record = descriptor;

    if (!IsValidSecurityDescriptor(descriptor))
        return security_error(ERROR_INVALID_SECURITY_DESCR);
    *present = (record->Control & SE_SACL_PRESENT) != 0;
    if (*present) {
        *acl = part_of(descriptor, record->Sacl,
                       ((const SECURITY_DESCRIPTOR_RELATIVE *)descriptor)->Sacl);
        *defaulted = (record->Control & SE_SACL_DEFAULTED) != 0;
    }
    return TRUE;
}
NT_EXPORT(GetSecurityDescriptorSacl, 0, "pppp");

/* The owner of a descriptor; NULL when it has none. */
WINBOOL WINAPI GetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR descriptor, PSID *owner,
                                          LPBOOL defaulted)
{
    const SECURITY_DESCRIPTOR *record = descriptor;

    if (!IsValidSecurityDescriptor(descriptor))
        return security_error(ERROR_INVALID_SECURITY_DESCR);
    *owner = part_of(descriptor, record->Owner,
                     ((const SECURITY_DESCRIPTOR_RELATIVE *)descriptor)->Owner);
    *defaulted = (record->Control & SE_OWNER_DEFAULTED) != 0;
    return TRUE;
}
NT_EXPORT(GetSecurityDescriptorOwner, 0, "ppp");

/* The group of a descriptor; NULL when it has none. */
WINBOOL WINAPI GetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR descriptor, PSID *group,
                                          LPBOOL defaulted)
{
    const SECURITY_DESCRIPTOR *record = descriptor;

    if (!IsValidSecurityDescriptor(descriptor))
        return security_error(ERROR_INVALID_SECURITY_DESCR);
    *group = part_of(descriptor, record->Group,
                     ((const SECURITY_DESCRIPTOR_RELATIVE *)descriptor)->Group);
    *defaulted = (record->Control & SE_GROUP_DEFAULTED) != 0;
    return TRUE;
}
NT_EXPORT(GetSecurityDescriptorGroup, 0, "ppp");

/* The control bits of a descriptor. */
WINBOOL WINAPI GetSecurityDescriptorControl(PSECURITY_DESCRIPTOR descriptor,
                                            PSECURITY_DESCRIPTOR_CONTROL control, LPDWORD revision)
{
    const SECURITY_DESCRIPTOR *record = descriptor;

    if (!IsValidSecurityDescriptor(descriptor))
        return security_error(ERROR_INVALID_SECURITY_DESCR);
    *control = record->Control;
    *revision = record->Revision;
    return TRUE;
}
NT_EXPORT(GetSecurityDescriptorControl, 0, "ppp");

/* Sets the owner of an absolute descriptor. */
WINBOOL WINAPI SetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR descriptor, PSID owner,
                                          BOOL defaulted)
{
    SECURITY_DESCRIPTOR *record = descriptor;

    if (!IsValidSecurityDescriptor(descriptor) || (record->Control & SE_SELF_RELATIVE))
        return security_error(ERROR_INVALID_SECURITY_DESCR);
    record->Owner = owner;
    record->Control &= (SECURITY_DESCRIPTOR_CONTROL)~SE_OWNER_DEFAULTED;
    record->Control |= defaulted ? SE_OWNER_DEFAULTED : 0;
    return TRUE;
}
NT_EXPORT(SetSecurityDescriptorOwner, 0, "ppb");

/* Begins an access control list. */
WINBOOL WINAPI InitializeAcl(PACL acl, DWORD size, DWORD revision)
{
    if (size < sizeof(*acl))
        return security_error(ERROR_INSUFFICIENT_BUFFER);
    if (size > 0xFFFC || revision < ACL_REVISION || revision > ACL_REVISION_DS)
        return security_error(ERROR_INVALID_PARAMETER);
    *acl = (ACL){(BYTE)revision, 0, (WORD)(size & ~3u), 0, 0};
    return TRUE;
}
NT_EXPORT(InitializeAcl, 0, "puu");

/* Bytes of a list that its entries take, with the header; 0 when they run over its end. */
static DWORD used_bytes(const ACL *acl)
{
    DWORD used = sizeof(*acl);

    for (WORD i = 0; i < acl->AceCount; i++) {
        const ACE_HEADER *entry = (const void *)((const char *)acl + used);

        if (used + sizeof(*entry) > acl->AclSize || used + entry->AceSize > acl->AclSize)
            return 0;
        used += entry->AceSize;
    }
    return used;
}

static BOOL add_entry(PACL acl, DWORD revision, DWORD flags, DWORD mask, PSID sid, BYTE type)
{
    DWORD used = used_bytes(acl);
    DWORD size = (DWORD) __builtin_offsetof(ACCESS_ALLOWED_ACE, SidStart) + GetLengthSid(sid);

    if (used == 0)
        return security_error(ERROR_INVALID_ACL);
    if (revision > acl->AclRevision)
        return security_error(ERROR_REVISION_MISMATCH);
    if (used + size > acl->AclSize)
        return security_error(ERROR_ALLOTTED_SPACE_EXCEEDED);
    ACCESS_ALLOWED_ACE *entry = (void *)((char *)acl + used);

    entry->Header = (ACE_HEADER){type, (BYTE)flags, (WORD)size};
    entry->Mask = mask;
    memcpy(&entry->SidStart, sid, GetLengthSid(sid));
    acl->AceCount++;
    return TRUE;
}

/* Appends an entry that allows access. */
WINBOOL WINAPI AddAccessAllowedAceEx(PACL acl, DWORD revision, DWORD flags, DWORD mask, PSID sid)
{
    return add_entry(acl, revision, flags, mask, sid, ACCESS_ALLOWED_ACE_TYPE);
}
NT_EXPORT(AddAccessAllowedAceEx, 0, "puuup");

/* Appends an entry that allows access. */
WINBOOL WINAPI AddAccessAllowedAce(PACL acl, DWORD revision, DWORD mask, PSID sid)
{
    return add_entry(acl, revision, 0, mask, sid, ACCESS_ALLOWED_ACE_TYPE);
}
NT_EXPORT(AddAccessAllowedAce, 0, "puup");

/* Appends an entry that denies access. */
WINBOOL WINAPI AddAccessDeniedAce(PACL acl, DWORD revision, DWORD mask, PSID sid)
{
    return add_entry(acl, revision, 0, mask, sid, ACCESS_DENIED_ACE_TYPE);
}
NT_EXPORT(AddAccessDeniedAce, 0, "puup");

/* The security of a kernel object. */
WINBOOL WINAPI GetKernelObjectSecurity(HANDLE handle, SECURITY_INFORMATION information,
                                       PSECURITY_DESCRIPTOR descriptor, DWORD size, LPDWORD needed)
{
    NTSTATUS status = NtQuerySecurityObject(handle, information, descriptor, size, needed);

    return status == STATUS_BUFFER_TOO_SMALL ? security_error(ERROR_INSUFFICIENT_BUFFER)
                                             : security_result(status);
}
NT_EXPORT(GetKernelObjectSecurity, 0, "hupup");

/* Sets the security of a kernel object. */
WINBOOL WINAPI SetKernelObjectSecurity(HANDLE handle, SECURITY_INFORMATION information,
                                       PSECURITY_DESCRIPTOR descriptor)
{
    return security_result(NtSetSecurityObject(handle, information, descriptor));
}
NT_EXPORT(SetKernelObjectSecurity, 0, "hup");
