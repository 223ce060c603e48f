/*
 * Security descriptors: absolute (pointers) and self-relative (offsets, one block).
 *
 * A self-relative block that we write holds header, owner, group, SACL, DACL in this order, each at
 * a multiple of four.
 */
#include "se/se_internal.h"

static PVOID at_offset(PSECURITY_DESCRIPTOR descriptor, ULONG offset)
{
    return offset ? (UCHAR *)descriptor + offset : NULL;
}

/* Where the parts are; STATUS_UNKNOWN_REVISION for anything but revision 1. */
NTSTATUS se_parts_read(PSECURITY_DESCRIPTOR descriptor, struct se_parts *parts)
{
    SECURITY_DESCRIPTOR *absolute = descriptor;
    SECURITY_DESCRIPTOR_RELATIVE *relative = descriptor;

    if (absolute->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    parts->control = absolute->Control;
    if (absolute->Control & SE_SELF_RELATIVE) {
        parts->owner = at_offset(descriptor, relative->Owner);
        parts->group = at_offset(descriptor, relative->Group);
        parts->sacl = at_offset(descriptor, relative->Sacl);
        parts->dacl = at_offset(descriptor, relative->Dacl);
    } else {
        parts->owner = absolute->Owner;
        parts->group = absolute->Group;
        parts->sacl = absolute->Sacl;
        parts->dacl = absolute->Dacl;
    }
    if (!(parts->control & SE_SACL_PRESENT))
        parts->sacl = NULL;
    if (!(parts->control & SE_DACL_PRESENT))
        parts->dacl = NULL;
    return STATUS_SUCCESS;
}

static ULONG sid_size(PSID sid)
{
    return sid ? RtlLengthSid(sid) : 0;
}

static ULONG acl_size(PACL acl)
{
    return acl ? (ULONG)ALIGN_UP_BY(acl->AclSize, sizeof(ULONG)) : 0;
}

/* Bytes of the parts as a self-relative block. */
ULONG se_parts_size(const struct se_parts *parts)
{
    return sizeof(SECURITY_DESCRIPTOR_RELATIVE) + sid_size(parts->owner) + sid_size(parts->group) +
           acl_size(parts->sacl) + acl_size(parts->dacl);
}

/* Append one part; returns its offset, or 0 when it is missing. */
static ULONG append(UCHAR *block, ULONG *used, const void *part, ULONG length, ULONG room)
{
    ULONG offset = *used;

    if (!part)
        return 0;
    RtlZeroMemory(block + offset, room);
    RtlMoveMemory(block + offset, part, length);
    *used += room;
    return offset;
}

/* Write the parts, which must not lie in the destination, as a self-relative block. */
void se_parts_write(const struct se_parts *parts, PSECURITY_DESCRIPTOR destination)
{
    SECURITY_DESCRIPTOR_RELATIVE *relative = destination;
    UCHAR *block = destination;
    ULONG used = sizeof(*relative);

    relative->Revision = SECURITY_DESCRIPTOR_REVISION;
    relative->Sbz1 = 0;
    relative->Control = parts->control | SE_SELF_RELATIVE;
    relative->Owner =
        append(block, &used, parts->owner, sid_size(parts->owner), sid_size(parts->owner));
    relative->Group =
        append(block, &used, parts->group, sid_size(parts->group), sid_size(parts->group));
    relative->Sacl = append(block, &used, parts->sacl, parts->sacl ? parts->sacl->AclSize : 0,
                            acl_size(parts->sacl));
    relative->Dacl = append(block, &used, parts->dacl, parts->dacl ? parts->dacl->AclSize : 0,
                            acl_size(parts->dacl));
}

NTSTATUS se_parts_allocate(const struct se_parts *parts, POOL_TYPE pool,
                           PSECURITY_DESCRIPTOR *descriptor)
{
    *descriptor = ExAllocatePoolWithTag(pool, se_parts_size(parts), SE_TAG);
    if (!*descriptor)
        return STATUS_INSUFFICIENT_RESOURCES;
    se_parts_write(parts, *descriptor);
    return STATUS_SUCCESS;
}

/*
 * Begin an empty absolute descriptor.
 *
 * @param descriptor  sizeof(SECURITY_DESCRIPTOR) bytes
 * @param revision    SECURITY_DESCRIPTOR_REVISION
 * IRQL: any, as the memory allows.
 * Returns: STATUS_SUCCESS; STATUS_UNKNOWN_REVISION.
 * Source: Windows driver documentation, RtlCreateSecurityDescriptor.
 */
NTSTATUS NTAPI RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, ULONG revision)
{
    if (revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    RtlZeroMemory(descriptor, sizeof(SECURITY_DESCRIPTOR));
    ((SECURITY_DESCRIPTOR *)descriptor)->Revision = SECURITY_DESCRIPTOR_REVISION;
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlCreateSecurityDescriptor, 31, "pu");

/*
 * Bytes of a descriptor with all its parts.
 *
 * @param descriptor  a valid descriptor
 * IRQL: any, as the memory allows.
 * Returns: the length of its self-relative form, or of the header and parts of an absolute one.
 * Source: Windows driver documentation, RtlLengthSecurityDescriptor.
 */
ULONG NTAPI RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor)
{
    struct se_parts parts;

    if (!NT_SUCCESS(se_parts_read(descriptor, &parts)))
        return 0;
    if (parts.control & SE_SELF_RELATIVE)
        return se_parts_size(&parts);
    return se_parts_size(&parts) - sizeof(SECURITY_DESCRIPTOR_RELATIVE) +
           sizeof(SECURITY_DESCRIPTOR);
}
NT_EXPORT(RtlLengthSecurityDescriptor, 31, "p");

/*
 * Is this the structure of a descriptor?
 *
 * @param descriptor  the descriptor
 * IRQL: PASSIVE_LEVEL.
 * Returns: TRUE when revision, SIDs and lists are valid; FALSE also for unreadable memory.
 * Source: Windows driver documentation, RtlValidSecurityDescriptor.
 */
BOOLEAN NTAPI RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor)
{
    struct se_parts parts;

    __try {
        return descriptor && NT_SUCCESS(se_parts_read(descriptor, &parts)) &&
               (!parts.owner || se_sid_valid(parts.owner, MAXULONG)) &&
               (!parts.group || se_sid_valid(parts.group, MAXULONG)) &&
               (!parts.sacl || se_acl_valid(parts.sacl, MAXULONG)) &&
               (!parts.dacl || se_acl_valid(parts.dacl, MAXULONG));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
}
NT_EXPORT(RtlValidSecurityDescriptor, APC_LEVEL, "p");

/* A SID at `offset` of a block of `length` bytes; a missing one is fine unless `required`. */
static BOOLEAN sid_inside(UCHAR *block, ULONG length, ULONG offset, BOOLEAN required)
{
    if (!offset)
        return !required;
    return offset < length && !(offset & 3) && se_sid_valid(block + offset, length - offset);
}

static BOOLEAN acl_inside(UCHAR *block, ULONG length, ULONG offset, BOOLEAN present)
{
    if (!present || !offset)
        return TRUE;
    return offset < length && !(offset & 3) &&
           se_acl_valid((PACL)(block + offset), length - offset);
}

/*
 * Is this a whole self-relative descriptor of at most `length` bytes?
 *
 * @param descriptor  the block
 * @param length      its bytes
 * @param required    parts that must be there (OWNER_SECURITY_INFORMATION …)
 * IRQL: any, as the memory allows.
 * Returns: TRUE when every part lies inside and is valid.
 * Source: Windows driver documentation, RtlValidRelativeSecurityDescriptor.
 */
BOOLEAN NTAPI RtlValidRelativeSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, ULONG length,
                                                 SECURITY_INFORMATION required)
{
    SECURITY_DESCRIPTOR_RELATIVE *relative = descriptor;
    UCHAR *block = descriptor;

    if (length < sizeof(*relative) || relative->Revision != SECURITY_DESCRIPTOR_REVISION ||
        !(relative->Control & SE_SELF_RELATIVE))
        return FALSE;
    if (((required & DACL_SECURITY_INFORMATION) && !(relative->Control & SE_DACL_PRESENT)) ||
        ((required & SACL_SECURITY_INFORMATION) && !(relative->Control & SE_SACL_PRESENT)))
        return FALSE;
    return sid_inside(block, length, relative->Owner,
                      (required & OWNER_SECURITY_INFORMATION) != 0) &&
           sid_inside(block, length, relative->Group,
                      (required & GROUP_SECURITY_INFORMATION) != 0) &&
           acl_inside(block, length, relative->Sacl, (relative->Control & SE_SACL_PRESENT) != 0) &&
           acl_inside(block, length, relative->Dacl, (relative->Control & SE_DACL_PRESENT) != 0);
}
NT_EXPORT(RtlValidRelativeSecurityDescriptor, 31, "puu");

/* An absolute descriptor that may be changed. */
static NTSTATUS check_absolute(PSECURITY_DESCRIPTOR descriptor)
{
    SECURITY_DESCRIPTOR *absolute = descriptor;

    if (absolute->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    return absolute->Control & SE_SELF_RELATIVE ? STATUS_INVALID_SECURITY_DESCR : STATUS_SUCCESS;
}

static void set_control(PSECURITY_DESCRIPTOR descriptor, SECURITY_DESCRIPTOR_CONTROL bit,
                        BOOLEAN value)
{
    SECURITY_DESCRIPTOR *absolute = descriptor;

    absolute->Control &= (SECURITY_DESCRIPTOR_CONTROL)~bit;
    if (value)
        absolute->Control |= bit;
}

/*
 * Set the DACL of an absolute descriptor.
 *
 * @param descriptor  the descriptor
 * @param present     FALSE: the descriptor has none
 * @param dacl        the list, not copied; NULL allows everybody everything
 * @param defaulted   TRUE: it came from a default
 * IRQL: any, as the memory allows.
 * Returns: STATUS_SUCCESS; STATUS_UNKNOWN_REVISION; STATUS_INVALID_SECURITY_DESCR for a
 *          self-relative one.
 * Source: Windows driver documentation, RtlSetDaclSecurityDescriptor.
 */
NTSTATUS NTAPI RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, BOOLEAN present,
                                            PACL dacl, BOOLEAN defaulted)
{
    NTSTATUS status = check_absolute(descriptor);

    if (!NT_SUCCESS(status))
        return status;
    set_control(descriptor, SE_DACL_PRESENT, present);
    if (present) {
        ((SECURITY_DESCRIPTOR *)descriptor)->Dacl = dacl;
        set_control(descriptor, SE_DACL_DEFAULTED, defaulted);
    }
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlSetDaclSecurityDescriptor, 31, "pbpb");

/*
 * Set the SACL of an absolute descriptor.
 *
 * @param descriptor  the descriptor
 * @param present     FALSE: the descriptor has none
 * @param sacl        the list, not copied
 * @param defaulted   TRUE: it came from a default
 * IRQL: any, as the memory allows.
 * Returns: as RtlSetDaclSecurityDescriptor.
 * Source: declared in ntifs.h.
 */
NTSTATUS NTAPI RtlSetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, BOOLEAN present,
                                            PACL sacl, BOOLEAN defaulted)
{
    NTSTATUS status = check_absolute(descriptor);

    if (!NT_SUCCESS(status))
        return status;
    set_control(descriptor, SE_SACL_PRESENT, present);
    if (present) {
        ((SECURITY_DESCRIPTOR *)descriptor)->Sacl = sacl;
        set_control(descriptor, SE_SACL_DEFAULTED, defaulted);
    }
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlSetSaclSecurityDescriptor, 31, "pbpb");

/*
 * Set the owner of an absolute descriptor.
 *
 * @param descriptor  the descriptor
 * @param owner       the SID, not copied; NULL = none
 * @param defaulted   TRUE: it came from a default
 * IRQL: any, as the memory allows.
 * Returns: as RtlSetDaclSecurityDescriptor.
 * Source: Windows driver documentation, RtlSetOwnerSecurityDescriptor.
 */
NTSTATUS NTAPI RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, PSID owner,
                                             BOOLEAN defaulted)
{
    NTSTATUS status = check_absolute(descriptor);

    if (!NT_SUCCESS(status))
        return status;
    ((SECURITY_DESCRIPTOR *)descriptor)->Owner = owner;
    set_control(descriptor, SE_OWNER_DEFAULTED, defaulted);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlSetOwnerSecurityDescriptor, 31, "ppb");

/*
 * Set the primary group of an absolute descriptor.
 *
 * @param descriptor  the descriptor
 * @param group       the SID, not copied; NULL = none
 * @param defaulted   TRUE: it came from a default
 * IRQL: any, as the memory allows.
 * Returns: as RtlSetDaclSecurityDescriptor.
 * Source: Windows driver documentation, RtlSetGroupSecurityDescriptor.
 */
NTSTATUS NTAPI RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, PSID group,
                                             BOOLEAN defaulted)
{
    NTSTATUS status = check_absolute(descriptor);

    if (!NT_SUCCESS(status))
        return status;
    ((SECURITY_DESCRIPTOR *)descriptor)->Group = group;
    set_control(descriptor, SE_GROUP_DEFAULTED, defaulted);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlSetGroupSecurityDescriptor, 31, "ppb");

/*
 * Read the DACL of a descriptor.
 *
 * @param descriptor  the descriptor
 * @param present     receives whether there is one
 * @param dacl        receives the list inside the descriptor, only when present
 * @param defaulted   receives whether it came from a default, only when present
 * IRQL: any, as the memory allows.
 * Returns: STATUS_SUCCESS; STATUS_UNKNOWN_REVISION.
 * Source: Windows driver documentation, RtlGetDaclSecurityDescriptor.
 */
NTSTATUS NTAPI RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, PBOOLEAN present,
                                            PACL *dacl, PBOOLEAN defaulted)
{
    struct se_parts parts;
    NTSTATUS status = se_parts_read(descriptor, &parts);

    if (!NT_SUCCESS(status))
        return status;
    *present = (parts.control & SE_DACL_PRESENT) != 0;
    if (*present) {
        *dacl = parts.dacl;
        *defaulted = (parts.control & SE_DACL_DEFAULTED) != 0;
    }
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlGetDaclSecurityDescriptor, 31, "pppp");

/*
 * Read the SACL of a descriptor.
 *
 * @param descriptor  the descriptor
 * @param present     receives whether there is one
 * @param sacl        receives the list inside the descriptor, only when present
 * @param defaulted   receives whether it came from a default, only when present
 * IRQL: any, as the memory allows.
 * Returns: STATUS_SUCCESS; STATUS_UNKNOWN_REVISION.
 * Source: Windows driver documentation, RtlGetSaclSecurityDescriptor.
 */
NTSTATUS NTAPI RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, PBOOLEAN present,
                                            PACL *sacl, PBOOLEAN defaulted)
{
    struct se_parts parts;
    NTSTATUS status = se_parts_read(descriptor, &parts);

    if (!NT_SUCCESS(status))
        return status;
    *present = (parts.control & SE_SACL_PRESENT) != 0;
    if (*present) {
        *sacl = parts.sacl;
        *defaulted = (parts.control & SE_SACL_DEFAULTED) != 0;
    }
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlGetSaclSecurityDescriptor, 31, "pppp");

/*
 * Read the owner of a descriptor.
 *
 * @param descriptor  the descriptor
 * @param owner       receives the SID inside the descriptor, or NULL
 * @param defaulted   receives whether it came from a default
 * IRQL: any, as the memory allows.
 * Returns: STATUS_SUCCESS; STATUS_UNKNOWN_REVISION.
 * Source: Windows driver documentation, RtlGetOwnerSecurityDescriptor.
 */
NTSTATUS NTAPI RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, PSID *owner,
                                             PBOOLEAN defaulted)
{
    struct se_parts parts;
    NTSTATUS status = se_parts_read(descriptor, &parts);

    if (!NT_SUCCESS(status))
        return status;
    *owner = parts.owner;
    *defaulted = (parts.control & SE_OWNER_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlGetOwnerSecurityDescriptor, 31, "ppp");

/*
 * Read the primary group of a descriptor.
 *
 * @param descriptor  the descriptor
 * @param group       receives the SID inside the descriptor, or NULL
 * @param defaulted   receives whether it came from a default
 * IRQL: any, as the memory allows.
 * Returns: STATUS_SUCCESS; STATUS_UNKNOWN_REVISION.
 * Source: Windows driver documentation, RtlGetGroupSecurityDescriptor.
 */
NTSTATUS NTAPI RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, PSID *group,
                                             PBOOLEAN defaulted)
{
    struct se_parts parts;
    NTSTATUS status = se_parts_read(descriptor, &parts);

    if (!NT_SUCCESS(status))
        return status;
    *group = parts.group;
    *defaulted = (parts.control & SE_GROUP_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlGetGroupSecurityDescriptor, 31, "ppp");

/*
 * Copy an absolute descriptor into one block.
 *
 * @param absolute  the source
 * @param relative  NULL or receives the self-relative form
 * @param length    bytes at `relative`; receives the bytes needed
 * IRQL: <= APC_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL; STATUS_BAD_DESCRIPTOR_FORMAT when the source is
 *          self-relative already.
 * Source: Windows driver documentation, RtlAbsoluteToSelfRelativeSD.
 */
NTSTATUS NTAPI RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR absolute,
                                           PSECURITY_DESCRIPTOR relative, PULONG length)
{
    struct se_parts parts;
    ULONG given = *length;
    NTSTATUS status = se_parts_read(absolute, &parts);

    if (!NT_SUCCESS(status))
        return status;
    if (parts.control & SE_SELF_RELATIVE)
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    *length = se_parts_size(&parts);
    if (!relative || given < *length)
        return STATUS_BUFFER_TOO_SMALL;
    se_parts_write(&parts, relative);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlAbsoluteToSelfRelativeSD, APC_LEVEL, "ppp");

/* Report what a part needs; FALSE when the caller's room is too small. */
static BOOLEAN part_fits(PULONG given, ULONG needed)
{
    BOOLEAN fits = *given >= needed;

    *given = needed;
    return fits;
}

/*
 * Take a self-relative descriptor apart into an absolute one and its parts.
 *
 * @param relative       the source
 * @param absolute       receives the header
 * @param absolute_size  its bytes; receives the bytes needed, as do the other sizes
 * @param dacl           receives the DACL
 * @param dacl_size      its bytes
 * @param sacl           receives the SACL
 * @param sacl_size      its bytes
 * @param owner          receives the owner
 * @param owner_size     its bytes
 * @param group          receives the primary group
 * @param group_size     its bytes
 * IRQL: <= APC_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL; STATUS_BAD_DESCRIPTOR_FORMAT when the source is
 *          not self-relative.
 * Source: Windows driver documentation, RtlSelfRelativeToAbsoluteSD.
 */
NTSTATUS NTAPI RtlSelfRelativeToAbsoluteSD(PSECURITY_DESCRIPTOR relative,
                                           PSECURITY_DESCRIPTOR absolute, PULONG absolute_size,
                                           PACL dacl, PULONG dacl_size, PACL sacl, PULONG sacl_size,
                                           PSID owner, PULONG owner_size, PSID group,
                                           PULONG group_size)
{
    SECURITY_DESCRIPTOR *header = absolute;
    struct se_parts parts;
    BOOLEAN fits;
    NTSTATUS status = se_parts_read(relative, &parts);

    if (!NT_SUCCESS(status))
        return status;
    if (!(parts.control & SE_SELF_RELATIVE))
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    fits = part_fits(absolute_size, sizeof(*header));
    fits &= part_fits(dacl_size, acl_size(parts.dacl));
    fits &= part_fits(sacl_size, acl_size(parts.sacl));
    fits &= part_fits(owner_size, sid_size(parts.owner));
    fits &= part_fits(group_size, sid_size(parts.group));
    if (!fits)
        return STATUS_BUFFER_TOO_SMALL;
    RtlCopyMemory(dacl, parts.dacl, parts.dacl ? parts.dacl->AclSize : 0);
    RtlCopyMemory(sacl, parts.sacl, parts.sacl ? parts.sacl->AclSize : 0);
    RtlCopyMemory(owner, parts.owner, *owner_size);
    RtlCopyMemory(group, parts.group, *group_size);
    header->Revision = SECURITY_DESCRIPTOR_REVISION;
    header->Sbz1 = 0;
    header->Control = parts.control & (SECURITY_DESCRIPTOR_CONTROL)~SE_SELF_RELATIVE;
    header->Owner = parts.owner ? owner : NULL;
    header->Group = parts.group ? group : NULL;
    header->Sacl = parts.sacl ? sacl : NULL;
    header->Dacl = parts.dacl ? dacl : NULL;
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlSelfRelativeToAbsoluteSD, APC_LEVEL, "ppppppppppp");
