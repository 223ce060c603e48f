/*
 * IoCreateDeviceSecure, which the WDK has in a static library (wdmsec.lib), and its SDDL constants.
 *
 * The text form of a security descriptor is limited, as documented for device objects, to a DACL:
 *     D:P(type;;rights;;;sid)(…)        type A or D
 * It is turned into an absolute security descriptor on the stack, and set on the new device through
 * a handle. When any step fails the device is deleted again.
 *
 * Source: Windows driver documentation, "SDDL for Device Objects", IoCreateDeviceSecure.
 */
#include <ntifs.h>
#include <wdmsec.h>

#define SDDL(name, text) const UNICODE_STRING name = RTL_CONSTANT_STRING(text)

SDDL(SDDL_DEVOBJ_KERNEL_ONLY, L"D:P");
SDDL(SDDL_DEVOBJ_SYS_ALL, L"D:P(A;;GA;;;SY)");
SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_ALL, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RX, L"D:P(A;;GA;;;SY)(A;;GRGX;;;BA)");
SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)");
SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R_RES_R,
     L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)(A;;GR;;;RC)");
SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RW_RES_R,
     L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGW;;;WD)(A;;GR;;;RC)");
SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RWX_RES_RWX,
     L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGWGX;;;WD)(A;;GRGWGX;;;RC)");

#define ACL_BYTES 1024
#define AUTHORITIES 2 /* most sub-authorities that a SID of two letters has */

struct known_sid {
    WCHAR name[3];
    UCHAR authority;
    UCHAR count;
    ULONG sub_authority[AUTHORITIES];
};

static const struct known_sid known_sids[] = {
    {L"WD", 1, 1, {0}},       /* everyone */
    {L"NU", 5, 1, {2}},       /* network logon */
    {L"IU", 5, 1, {4}},       /* interactive logon */
    {L"AN", 5, 1, {7}},       /* anonymous */
    {L"AU", 5, 1, {11}},      /* authenticated users */
    {L"RC", 5, 1, {12}},      /* restricted code */
    {L"SY", 5, 1, {18}},      /* local system */
    {L"LS", 5, 1, {19}},      /* local service */
    {L"NS", 5, 1, {20}},      /* network service */
    {L"BA", 5, 2, {32, 544}}, /* administrators */
    {L"BU", 5, 2, {32, 545}}, /* users */
    {L"BG", 5, 2, {32, 546}}, /* guests */
};

struct known_right {
    WCHAR name[3];
    ACCESS_MASK mask;
};

static const struct known_right known_rights[] = {
    {L"GA", GENERIC_ALL},  {L"GR", GENERIC_READ}, {L"GW", GENERIC_WRITE}, {L"GX", GENERIC_EXECUTE},
    {L"RC", READ_CONTROL}, {L"SD", DELETE},       {L"WD", WRITE_DAC},     {L"WO", WRITE_OWNER},
};

/* What is left of the text, and the ACL under construction. */
struct parser {
    const WCHAR *at;
    const WCHAR *end;
    ACL *acl;
};

static BOOLEAN take(struct parser *parser, WCHAR expected)
{
    if (parser->at == parser->end || *parser->at != expected)
        return FALSE;
    parser->at++;
    return TRUE;
}

/* Do the next two characters spell `name`? Then step over them. */
static BOOLEAN take_name(struct parser *parser, const WCHAR *name)
{
    if (parser->end - parser->at < 2 || parser->at[0] != name[0] || parser->at[1] != name[1])
        return FALSE;
    parser->at += 2;
    return TRUE;
}

static ULONG hex_digit(WCHAR character)
{
    if (character >= '0' && character <= '9')
        return (ULONG)(character - '0');
    character |= 0x20;
    return character >= 'a' && character <= 'f' ? (ULONG)(character - 'a' + 10) : 16;
}

/* A number (0x1F01FF) or names one after the other (GRGW). */
static BOOLEAN parse_rights(struct parser *parser, ACCESS_MASK *mask)
{
    ULONG index;

    *mask = 0;
    if (take_name(parser, L"0x")) {
        for (; parser->at < parser->end && hex_digit(*parser->at) < 16; parser->at++)
            *mask = *mask << 4 | hex_digit(*parser->at);
        return TRUE;
    }
    while (parser->at < parser->end && *parser->at != ';') {
        for (index = 0; index < RTL_NUMBER_OF(known_rights); index++) {
            if (take_name(parser, known_rights[index].name))
                break;
        }
        if (index == RTL_NUMBER_OF(known_rights))
            return FALSE;
        *mask |= known_rights[index].mask;
    }
    return TRUE;
}

static const struct known_sid *parse_sid(struct parser *parser)
{
    for (ULONG index = 0; index < RTL_NUMBER_OF(known_sids); index++) {
        if (take_name(parser, known_sids[index].name))
            return &known_sids[index];
    }
    return NULL;
}

static BOOLEAN add_ace(ACL *acl, UCHAR type, ACCESS_MASK mask, const struct known_sid *known)
{
    ULONG sid_bytes = FIELD_OFFSET(SID, SubAuthority) + known->count * sizeof(ULONG);
    ULONG ace_bytes = FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + sid_bytes;
    ACCESS_ALLOWED_ACE *ace = (ACCESS_ALLOWED_ACE *)((UCHAR *)acl + acl->AclSize);
    SID *sid = (SID *)&ace->SidStart;

    if (acl->AclSize + ace_bytes > ACL_BYTES)
        return FALSE;
    RtlZeroMemory(ace, ace_bytes);
    ace->Header.AceType = type;
    ace->Header.AceSize = (USHORT)ace_bytes;
    ace->Mask = mask;
    sid->Revision = SID_REVISION;
    sid->SubAuthorityCount = known->count;
    sid->IdentifierAuthority.Value[5] = known->authority;
    RtlCopyMemory(sid->SubAuthority, known->sub_authority, known->count * sizeof(ULONG));
    acl->AclSize = (USHORT)(acl->AclSize + ace_bytes);
    acl->AceCount++;
    return TRUE;
}

/* (type;;rights;;;sid), the parenthesis is already taken. */
static BOOLEAN parse_ace(struct parser *parser)
{
    UCHAR type = ACCESS_ALLOWED_ACE_TYPE;
    const struct known_sid *sid;
    ACCESS_MASK mask;

    if (take(parser, 'D'))
        type = ACCESS_DENIED_ACE_TYPE;
    else if (!take(parser, 'A'))
        return FALSE;
    if (!take(parser, ';') || !take(parser, ';') || !parse_rights(parser, &mask))
        return FALSE;
    if (!take(parser, ';') || !take(parser, ';') || !take(parser, ';'))
        return FALSE;
    sid = parse_sid(parser);
    return sid && take(parser, ')') && add_ace(parser->acl, type, mask, sid);
}

static NTSTATUS parse_sddl(PCUNICODE_STRING text, ACL *acl)
{
    struct parser parser = {text->Buffer, text->Buffer + text->Length / sizeof(WCHAR), acl};

    RtlZeroMemory(acl, sizeof(*acl));
    acl->AclRevision = ACL_REVISION;
    acl->AclSize = sizeof(*acl);
    if (!take_name(&parser, L"D:"))
        return STATUS_INVALID_PARAMETER;
    take(&parser, 'P');
    while (take(&parser, '(')) {
        if (!parse_ace(&parser))
            return STATUS_INVALID_PARAMETER;
    }
    return parser.at == parser.end ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static NTSTATUS set_dacl(PDEVICE_OBJECT device, ACL *acl)
{
    SECURITY_DESCRIPTOR descriptor;
    HANDLE handle;
    NTSTATUS status;

    status = RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    if (NT_SUCCESS(status))
        status = RtlSetDaclSecurityDescriptor(&descriptor, TRUE, acl, FALSE);
    if (!NT_SUCCESS(status))
        return status;
    status = ObOpenObjectByPointer(device, OBJ_KERNEL_HANDLE, NULL, WRITE_DAC, NULL, KernelMode,
                                   &handle);
    if (!NT_SUCCESS(status))
        return status;
    status = ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &descriptor);
    ZwClose(handle);
    return status;
}

/*
 * Create a device object with the security that `DefaultSDDLString` describes.
 *
 * @param DefaultSDDLString  see the head of this file
 * @param DeviceClassGuid    the device's set-up class; its registry settings are not read
 * Other parameters: as IoCreateDevice.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER when the text cannot be read; else what
 * IoCreateDevice or setting the security returned.
 * Differs from NT: security settings of the class in the registry do not override the text.
 * Source: Windows driver documentation, IoCreateDeviceSecure.
 */
NTSTATUS WdmlibIoCreateDeviceSecure(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize,
                                    PUNICODE_STRING DeviceName, DEVICE_TYPE DeviceType,
                                    ULONG DeviceCharacteristics, BOOLEAN Exclusive,
                                    PCUNICODE_STRING DefaultSDDLString, LPCGUID DeviceClassGuid,
                                    PDEVICE_OBJECT *DeviceObject)
{
    ULONG64 buffer[ACL_BYTES / sizeof(ULONG64)];
    ACL *acl = (ACL *)buffer;
    NTSTATUS status = parse_sddl(DefaultSDDLString, acl);

    UNREFERENCED_PARAMETER(DeviceClassGuid);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateDevice(DriverObject, DeviceExtensionSize, DeviceName, DeviceType,
                            DeviceCharacteristics, Exclusive, DeviceObject);
    if (!NT_SUCCESS(status))
        return status;
    status = set_dacl(*DeviceObject, acl);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(*DeviceObject);
        *DeviceObject = NULL;
    }
    return status;
}
