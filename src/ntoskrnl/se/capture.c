/*
 * Copying security descriptors out of memory that a user can change meanwhile: each size is read
 * once, the copy is checked, never the original.
 */
#include "se/se_internal.h"

/* A SID's or list's copy in one pool block; NULL for a missing part. */
static NTSTATUS capture_part(const void *source, ULONG length, KPROCESSOR_MODE mode, PVOID *copy)
{
    if (mode != KernelMode)
        ProbeForRead((PVOID)source, length, sizeof(ULONG));
    *copy = ExAllocatePoolWithTag(PagedPool, length, SE_TAG);
    if (!*copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(*copy, source, length);
    return STATUS_SUCCESS;
}

static NTSTATUS capture_sid(PSID source, KPROCESSOR_MODE mode, PSID *copy)
{
    ULONG length;
    NTSTATUS status;

    if (!source)
        return STATUS_SUCCESS;
    if (mode != KernelMode)
        ProbeForRead(source, FIELD_OFFSET(SID, SubAuthority), sizeof(ULONG));
    length = RtlLengthSid(source);
    status = capture_part(source, length, mode, copy);
    if (NT_SUCCESS(status) && !se_sid_valid(*copy, length))
        status = STATUS_INVALID_SID;
    return status;
}

static NTSTATUS capture_acl(PACL source, KPROCESSOR_MODE mode, PACL *copy)
{
    ULONG length;
    NTSTATUS status;

    if (!source)
        return STATUS_SUCCESS;
    if (mode != KernelMode)
        ProbeForRead(source, sizeof(*source), sizeof(ULONG));
    length = *(volatile USHORT *)&source->AclSize;
    if (length < sizeof(*source))
        return STATUS_INVALID_ACL;
    status = capture_part(source, length, mode, (PVOID *)copy);
    if (NT_SUCCESS(status) && !se_acl_valid(*copy, length))
        status = STATUS_INVALID_ACL;
    return status;
}

static void free_parts(struct se_parts *parts)
{
    const PVOID blocks[] = {parts->owner, parts->group, parts->sacl, parts->dacl};

    for (ULONG i = 0; i < ARRAY_COUNT(blocks); i++)
        if (blocks[i])
            ExFreePoolWithTag(blocks[i], SE_TAG);
}

/* Copies of all parts; also on failure, `copies` holds what must be freed. */
static NTSTATUS capture_parts(PSECURITY_DESCRIPTOR descriptor, KPROCESSOR_MODE mode,
                              struct se_parts *copies)
{
    struct se_parts source;
    NTSTATUS status;

    __try {
        if (mode != KernelMode)
            ProbeForRead(descriptor, sizeof(SECURITY_DESCRIPTOR_RELATIVE), sizeof(ULONG));
        status = se_parts_read(descriptor, &source);
        if (!NT_SUCCESS(status))
            return status;
        copies->control = source.control;
        status = capture_sid(source.owner, mode, &copies->owner);
        if (NT_SUCCESS(status))
            status = capture_sid(source.group, mode, &copies->group);
        if (NT_SUCCESS(status))
            status = capture_acl(source.sacl, mode, &copies->sacl);
        if (NT_SUCCESS(status))
            status = capture_acl(source.dacl, mode, &copies->dacl);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

/*
 * Copy and check a descriptor.
 *
 * @param descriptor  the source, absolute or self-relative; NULL gives NULL
 * @param mode        UserMode: probe it
 * @param pool        pool of the copy
 * @param force       FALSE: a kernel-mode descriptor is passed through, not copied
 * @param captured    receives the self-relative copy
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_UNKNOWN_REVISION; STATUS_INVALID_SID; STATUS_INVALID_ACL;
 *          STATUS_INSUFFICIENT_RESOURCES; an exception code for a bad pointer.
 * Source: exported by ntoskrnl.
 */
NTSTATUS NTAPI SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, KPROCESSOR_MODE mode,
                                           POOL_TYPE pool, BOOLEAN force,
                                           PSECURITY_DESCRIPTOR *captured)
{
    struct se_parts copies = {0};
    NTSTATUS status;

    *captured = NULL;
    if (!descriptor)
        return STATUS_SUCCESS;
    if (mode == KernelMode && !force) {
        *captured = descriptor;
        return STATUS_SUCCESS;
    }
    status = capture_parts(descriptor, mode, &copies);
    if (NT_SUCCESS(status))
        status = se_parts_allocate(&copies, pool, captured);
    free_parts(&copies);
    return status;
}
NT_EXPORT(SeCaptureSecurityDescriptor, PASSIVE_LEVEL, "puubp");

/*
 * Give back what SeCaptureSecurityDescriptor returned.
 *
 * @param descriptor  the descriptor, or NULL
 * @param mode        as given there
 * @param force       as given there
 * IRQL: PASSIVE_LEVEL.
 * Source: exported by ntoskrnl.
 */
VOID NTAPI SeReleaseSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, KPROCESSOR_MODE mode,
                                       BOOLEAN force)
{
    if (descriptor && (mode != KernelMode || force))
        ExFreePoolWithTag(descriptor, SE_TAG);
}
NT_EXPORT(SeReleaseSecurityDescriptor, PASSIVE_LEVEL, "pub");

/*
 * Is this a whole self-relative descriptor?
 *
 * @param length      bytes of the block
 * @param descriptor  the block
 * IRQL: PASSIVE_LEVEL.
 * Returns: TRUE when every part lies inside and is valid and the owner is there.
 * Source: Windows driver documentation, SeValidSecurityDescriptor.
 */
BOOLEAN NTAPI SeValidSecurityDescriptor(ULONG length, PSECURITY_DESCRIPTOR descriptor)
{
    return RtlValidRelativeSecurityDescriptor(descriptor, length, OWNER_SECURITY_INFORMATION);
}
NT_EXPORT(SeValidSecurityDescriptor, PASSIVE_LEVEL, "up");
