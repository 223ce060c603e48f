/*
 * Security of objects. Each header holds its descriptor: self-relative, in pool, owned by the
 * object; NULL means that everybody may do everything (objects of the boot, unnamed objects).
 */
#include "ob/ob_internal.h"

PSECURITY_DESCRIPTOR ob_security_of(PVOID object)
{
    return ob_header(object)->SecurityDescriptor;
}

static NTSTATUS check(PVOID object, ACCESS_MASK desired, PACCESS_STATE state, KPROCESSOR_MODE mode,
                      ACCESS_MASK *granted)
{
    struct _OBJECT_HEADER *header = ob_header(object);
    GENERIC_MAPPING *mapping = &ob_header_type(header)->TypeInfo.GenericMapping;
    NTSTATUS status;

    SeAccessCheck(header->SecurityDescriptor, &state->SubjectSecurityContext, FALSE, desired,
                  state->PreviouslyGrantedAccess, NULL, mapping, mode, granted, &status);
    return status;
}

NTSTATUS ob_access_check(PVOID object, PACCESS_STATE state, KPROCESSOR_MODE mode)
{
    POBJECT_TYPE type = ob_type_of(object);
    ACCESS_MASK granted = 0;
    NTSTATUS status;

    RtlMapGenericMask(&state->RemainingDesiredAccess, &type->TypeInfo.GenericMapping);
    if (mode == KernelMode || !ob_header(object)->SecurityDescriptor) {
        if (state->RemainingDesiredAccess & MAXIMUM_ALLOWED)
            state->PreviouslyGrantedAccess |= type->TypeInfo.GenericMapping.GenericAll;
        state->PreviouslyGrantedAccess |=
            state->RemainingDesiredAccess & ~(ACCESS_MASK)MAXIMUM_ALLOWED;
        state->RemainingDesiredAccess = 0;
        return STATUS_SUCCESS;
    }
    if (!state->RemainingDesiredAccess)
        return STATUS_SUCCESS;
    status = check(object, state->RemainingDesiredAccess, state, mode, &granted);
    if (!NT_SUCCESS(status))
        return status;
    state->PreviouslyGrantedAccess |= granted;
    state->RemainingDesiredAccess &= ~(granted | MAXIMUM_ALLOWED);
    return STATUS_SUCCESS;
}

/* SeChangeNotifyPrivilege, which every token holds, lets all pass through directories. */
NTSTATUS ob_access_probe(PVOID object, ACCESS_MASK access, PACCESS_STATE state,
                         KPROCESSOR_MODE mode)
{
    ACCESS_MASK granted;

    if (mode == KernelMode || access == DIRECTORY_TRAVERSE ||
        !ob_header(object)->SecurityDescriptor)
        return STATUS_SUCCESS;
    return check(object, access, state, mode, &granted);
}

/* The descriptor of a new object: explicit, inherited from its directory, or the token's default.
 */
NTSTATUS ob_security_assign(PVOID object, PVOID parent, PSECURITY_DESCRIPTOR explicit_descriptor,
                            PACCESS_STATE access_state)
{
    struct _OBJECT_HEADER *header = ob_header(object);
    POBJECT_TYPE type = ob_header_type(header);

    return SeAssignSecurity(parent ? ob_header(parent)->SecurityDescriptor : NULL,
                            explicit_descriptor, &header->SecurityDescriptor,
                            type == ob_state.directory_type, &access_state->SubjectSecurityContext,
                            &type->TypeInfo.GenericMapping, type->TypeInfo.PoolType);
}

/*
 * A copy of an object's security descriptor.
 *
 * @param object      the object
 * @param descriptor  receives the self-relative descriptor, or NULL when the object has none
 * @param allocated   receives what ObReleaseObjectSecurity must be told
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES.
 * Differs from NT: always a copy, so a later NtSetSecurityObject cannot pull it away; NT returns
 *                  its shared, referenced descriptor for most types.
 * Source: Windows driver documentation, ObGetObjectSecurity.
 */
NTSTATUS NTAPI ObGetObjectSecurity(PVOID object, PSECURITY_DESCRIPTOR *descriptor,
                                   PBOOLEAN allocated)
{
    PSECURITY_DESCRIPTOR source = ob_header(object)->SecurityDescriptor;
    ULONG length;

    *descriptor = NULL;
    *allocated = FALSE;
    if (!source)
        return STATUS_SUCCESS;
    length = RtlLengthSecurityDescriptor(source);
    *descriptor = ExAllocatePoolWithTag(PagedPool, length, OB_TAG_QUERY);
    if (!*descriptor)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(*descriptor, source, length);
    *allocated = TRUE;
    return STATUS_SUCCESS;
}
NT_EXPORT(ObGetObjectSecurity, PASSIVE_LEVEL, "ppp");

/*
 * Give back what ObGetObjectSecurity returned.
 *
 * @param descriptor  the descriptor, or NULL
 * @param allocated   as ObGetObjectSecurity said
 * IRQL: PASSIVE_LEVEL.
 * Source: Windows driver documentation, ObReleaseObjectSecurity.
 */
VOID NTAPI ObReleaseObjectSecurity(PSECURITY_DESCRIPTOR descriptor, BOOLEAN allocated)
{
    if (descriptor && allocated)
        ExFreePoolWithTag(descriptor, OB_TAG_QUERY);
}
NT_EXPORT(ObReleaseObjectSecurity, PASSIVE_LEVEL, "pb");

static ACCESS_MASK access_to_set(SECURITY_INFORMATION information)
{
    ACCESS_MASK access = 0;

    if (information & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION))
        access |= WRITE_OWNER;
    if (information & DACL_SECURITY_INFORMATION)
        access |= WRITE_DAC;
    if (information & SACL_SECURITY_INFORMATION)
        access |= ACCESS_SYSTEM_SECURITY;
    return access;
}

static ACCESS_MASK access_to_query(SECURITY_INFORMATION information)
{
    ACCESS_MASK access = 0;

    if (information &
        (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION))
        access |= READ_CONTROL;
    if (information & SACL_SECURITY_INFORMATION)
        access |= ACCESS_SYSTEM_SECURITY;
    return access;
}

static struct _OBJECT_HEADER *secured_header(PVOID object)
{
    ob_secured_procedure *secured = ob_type_of(object)->TypeInfo.SecuredProcedure;

    return ob_header(secured ? secured(object) : object);
}

/*
 * Replace parts of an object's security descriptor.
 *
 * @param handle       opened with the access that the parts need (WRITE_DAC, WRITE_OWNER …)
 * @param information  which parts
 * @param descriptor   the new parts
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_ACCESS_VIOLATION without a descriptor;
 * STATUS_NO_SECURITY_ON_OBJECT; the results of ObReferenceObjectByHandle and
 * SeSetSecurityDescriptorInfo. Source: Windows driver documentation, ZwSetSecurityObject.
 */
NTSTATUS NTAPI NtSetSecurityObject(HANDLE handle, SECURITY_INFORMATION information,
                                   PSECURITY_DESCRIPTOR descriptor)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct _OBJECT_HEADER *header;
    PSECURITY_DESCRIPTOR captured;
    PVOID object;
    NTSTATUS status;

    if (!descriptor)
        return STATUS_ACCESS_VIOLATION;
    status =
        ObReferenceObjectByHandle(handle, access_to_set(information), NULL, mode, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    header = secured_header(object);
    status = SeCaptureSecurityDescriptor(descriptor, mode, PagedPool, TRUE, &captured);
    if (NT_SUCCESS(status)) {
        POBJECT_TYPE type = ob_header_type(header);

        status = SeSetSecurityDescriptorInfo(&header->Body, &information, captured,
                                             &header->SecurityDescriptor, type->TypeInfo.PoolType,
                                             &type->TypeInfo.GenericMapping);
        SeReleaseSecurityDescriptor(captured, mode, TRUE);
    }
    ob_dereference(object);
    return status;
}
NT_SERVICE(SetSecurityObject, 3, PASSIVE_LEVEL, "hup");

/*
 * Read parts of an object's security descriptor.
 *
 * @param handle         opened with READ_CONTROL
 * @param information    which parts
 * @param descriptor     receives a self-relative descriptor
 * @param length         bytes there
 * @param length_needed  receives the bytes that it takes
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL; the results of ObReferenceObjectByHandle.
 * Source: Windows driver documentation, ZwQuerySecurityObject.
 */
NTSTATUS NTAPI NtQuerySecurityObject(HANDLE handle, SECURITY_INFORMATION information,
                                     PSECURITY_DESCRIPTOR descriptor, ULONG length,
                                     PULONG length_needed)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    PVOID object;
    NTSTATUS status;

    status =
        ObReferenceObjectByHandle(handle, access_to_query(information), NULL, mode, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    __try {
        ULONG needed = length;

        if (mode != KernelMode) {
            ProbeForWrite(length_needed, sizeof(ULONG), sizeof(ULONG));
            ProbeForWrite(descriptor, length, sizeof(ULONG));
        }
        status = SeQuerySecurityDescriptorInfo(&information, descriptor, &needed,
                                               &secured_header(object)->SecurityDescriptor);
        *length_needed = needed;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    ob_dereference(object);
    return status;
}
NT_SERVICE(QuerySecurityObject, 5, PASSIVE_LEVEL, "hupup");
