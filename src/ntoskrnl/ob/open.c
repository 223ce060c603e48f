/*
 * From a handle, a name or a pointer to a referenced object or a new handle.
 */
#include "ob/ob_internal.h"
#include "vf/owned.h"

static PVOID pseudo_object(HANDLE handle)
{
    if (handle == NtCurrentProcess())
        return ps_current_process();
    if (handle == NtCurrentThread())
        return ps_current_thread();
    return NULL;
}

/* NtCurrentProcess() and NtCurrentThread() grant all that their type knows. */
static NTSTATUS reference_pseudo(PVOID object, ACCESS_MASK desired_access, POBJECT_TYPE type,
                                 KPROCESSOR_MODE mode, PVOID *referenced,
                                 POBJECT_HANDLE_INFORMATION information, PVOID caller)
{
    POBJECT_TYPE actual = ob_type_of(object);
    ACCESS_MASK granted = actual->TypeInfo.ValidAccessMask;

    if (type && type != actual)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (mode != KernelMode && (desired_access & ~granted))
        return STATUS_ACCESS_DENIED;
    if (information) {
        information->HandleAttributes = 0;
        information->GrantedAccess = granted;
    }
    ob_reference(object);
    *referenced = object;
    VF(object_referenced(object, caller));
    return STATUS_SUCCESS;
}

static NTSTATUS reference_handle(HANDLE handle, ACCESS_MASK desired_access, POBJECT_TYPE type,
                                 KPROCESSOR_MODE mode, PVOID *object,
                                 POBJECT_HANDLE_INFORMATION information, PVOID caller)
{
    PEPROCESS process = ps_current_process();
    struct ob_handle_entry *entry = ob_handle_entry(process, handle, mode);
    struct _OBJECT_HEADER *header;

    *object = NULL;
    if (__builtin_expect(!entry, 0)) {
        PVOID pseudo = pseudo_object(handle);

        if (!pseudo) {
            VF(object_handle_unknown(handle));
            return STATUS_INVALID_HANDLE;
        }
        return reference_pseudo(pseudo, desired_access, type, mode, object, information, caller);
    }
    header = entry->header;
    if (type && header->TypeIndex != type->Index)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (mode != KernelMode && (desired_access & ~entry->granted))
        return STATUS_ACCESS_DENIED;
    if (information) {
        information->HandleAttributes = entry->attributes;
        information->GrantedAccess = entry->granted;
    }
    header->PointerCount++;
    *object = &header->Body;
    VF(object_referenced(*object, caller));
    return STATUS_SUCCESS;
}

/*
 * The object of a handle, with a reference.
 *
 * @param handle          a handle of the current process, a kernel handle (kernel mode only),
 *                        NtCurrentProcess() or NtCurrentThread()
 * @param desired_access  access that the handle must grant; not checked in kernel mode
 * @param type            expected type, or NULL
 * @param mode            whose handle this is
 * @param object          receives the body, or NULL on failure
 * @param information     NULL or receives attributes and granted access
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_HANDLE; STATUS_OBJECT_TYPE_MISMATCH;
 *          STATUS_ACCESS_DENIED.
 * Source: Windows driver documentation, ObReferenceObjectByHandle.
 */
NTSTATUS NTAPI ObReferenceObjectByHandle(HANDLE handle, ACCESS_MASK desired_access,
                                         POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID *object,
                                         POBJECT_HANDLE_INFORMATION information)
{
    return reference_handle(handle, desired_access, type, mode, object, information,
                            __builtin_return_address(0));
}
NT_EXPORT(ObReferenceObjectByHandle, PASSIVE_LEVEL, "hupupp");

/*
 * As ObReferenceObjectByHandle, with a tag.
 *
 * @param handle          the handle
 * @param desired_access  access that it must grant
 * @param type            expected type, or NULL
 * @param mode            whose handle this is
 * @param tag             four characters
 * @param object          receives the body
 * @param information     NULL or receives attributes and granted access
 * IRQL: PASSIVE_LEVEL.
 * Returns: as ObReferenceObjectByHandle.
 * Source: Windows driver documentation, ObReferenceObjectByHandleWithTag.
 */
NTSTATUS NTAPI ObReferenceObjectByHandleWithTag(HANDLE handle, ACCESS_MASK desired_access,
                                                POBJECT_TYPE type, KPROCESSOR_MODE mode, ULONG tag,
                                                PVOID *object,
                                                POBJECT_HANDLE_INFORMATION information)
{
    (void)tag;
    return reference_handle(handle, desired_access, type, mode, object, information,
                            __builtin_return_address(0));
}
NT_EXPORT(ObReferenceObjectByHandleWithTag, PASSIVE_LEVEL, "hupuupp");

/* OBJ_FORCE_ACCESS_CHECK: kernel code asks to be treated as its user. */
static KPROCESSOR_MODE check_mode(ULONG attributes, KPROCESSOR_MODE mode)
{
    return attributes & OBJ_FORCE_ACCESS_CHECK ? UserMode : mode;
}

static NTSTATUS open_found(PVOID object, ULONG attributes, POBJECT_TYPE type,
                           PACCESS_STATE access_state, KPROCESSOR_MODE mode, PHANDLE handle)
{
    struct _OBJECT_HEADER *header = ob_header(object);
    struct ob_handle_request request = {
        .reason = header->Flags & OB_FLAG_NEW_OBJECT ? ObCreateHandle : ObOpenHandle,
        .object = object,
        .access_state = access_state,
        .attributes = attributes,
        .mode = check_mode(attributes, mode),
    };

    if (type && ob_header_type(header) != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (request.reason == ObCreateHandle) {
        header->Flags &= (UCHAR)~OB_FLAG_NEW_OBJECT;
        ob_create_info_release(header);
    }
    return ob_handle_create(&request, handle);
}

/* The look-up and the handle, under an access state that exists. */
static NTSTATUS open_by_name(const OBJECT_ATTRIBUTES *attributes, struct ob_name *name,
                             POBJECT_TYPE type, KPROCESSOR_MODE mode, PACCESS_STATE access_state,
                             PVOID parse_context, PHANDLE handle)
{
    struct ob_lookup lookup = {
        .root_directory = attributes->RootDirectory,
        .name = name,
        .attributes = attributes->Attributes,
        .type = type,
        .mode = check_mode(attributes->Attributes, mode),
        .handle_mode = mode,
        .access_state = access_state,
        .parse_context = parse_context,
        .security_qos = attributes->SecurityQualityOfService,
    };
    PVOID object;
    NTSTATUS status = ob_lookup(&lookup, &object);

    if (!NT_SUCCESS(status))
        return status;
    status = open_found(object, attributes->Attributes, type, access_state, mode, handle);
    ob_dereference(object);
    return status;
}

/*
 * Open a handle by name. Parse procedures on the way may create the object (files, keys).
 *
 * @param attributes      root directory, name and OBJ_…
 * @param type            expected type, or NULL
 * @param mode            UserMode: `attributes` is a user's
 * @param access_state    NULL = made from the current thread and `desired_access`
 * @param desired_access  access of the handle
 * @param parse_context   handed to parse procedures
 * @param handle          receives the handle; kernel memory
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER; STATUS_OBJECT_PATH_SYNTAX_BAD;
 *          STATUS_OBJECT_NAME_INVALID; STATUS_OBJECT_PATH_NOT_FOUND; STATUS_OBJECT_NAME_NOT_FOUND
 *          (also when a name is reparsed more than 32 times); STATUS_OBJECT_TYPE_MISMATCH;
 *          STATUS_ACCESS_DENIED; what a parse procedure returns.
 * Source: declared by name in ntifs.h; Windows Internals, "Object Manager".
 */
NTSTATUS NTAPI ObOpenObjectByName(POBJECT_ATTRIBUTES attributes, POBJECT_TYPE type,
                                  KPROCESSOR_MODE mode, PACCESS_STATE access_state,
                                  ACCESS_MASK desired_access, PVOID parse_context, PHANDLE handle)
{
    OBJECT_ATTRIBUTES captured;
    ACCESS_STATE local_state;
    struct ob_name name;
    NTSTATUS status;

    *handle = NULL;
    if (!attributes)
        return STATUS_INVALID_PARAMETER;
    status = ob_attributes_capture(attributes, mode, &captured);
    if (!NT_SUCCESS(status))
        return status;
    status = ob_name_capture(&name, captured.ObjectName, mode);
    if (!NT_SUCCESS(status))
        return status;
    if (access_state) {
        status = open_by_name(&captured, &name, type, mode, access_state, parse_context, handle);
    } else {
        status = se_access_state_create(&local_state, desired_access,
                                        type ? &type->TypeInfo.GenericMapping : NULL);
        if (NT_SUCCESS(status)) {
            status =
                open_by_name(&captured, &name, type, mode, &local_state, parse_context, handle);
            se_access_state_delete(&local_state);
        }
    }
    ob_name_free(&name);
    return status;
}
NT_EXPORT(ObOpenObjectByName, PASSIVE_LEVEL, "ppupupp");

static NTSTATUS reference_by_name(struct ob_name *name, ULONG attributes,
                                  PACCESS_STATE access_state, POBJECT_TYPE type,
                                  KPROCESSOR_MODE mode, PVOID parse_context, PVOID *object)
{
    struct ob_lookup lookup = {
        .name = name,
        .attributes = attributes,
        .type = type,
        .mode = check_mode(attributes, mode),
        .handle_mode = mode,
        .access_state = access_state,
        .parse_context = parse_context,
    };
    NTSTATUS status = ob_lookup(&lookup, object);

    if (!NT_SUCCESS(status))
        return status;
    if (type && ob_type_of(*object) != type)
        status = STATUS_OBJECT_TYPE_MISMATCH;
    else
        status = ob_access_check(*object, access_state, lookup.mode);
    if (!NT_SUCCESS(status)) {
        ob_dereference(*object);
        *object = NULL;
    }
    return status;
}

/*
 * The object of a name, with a reference.
 *
 * @param name            absolute path
 * @param attributes      OBJ_CASE_INSENSITIVE and others that steer the look-up
 * @param access_state    NULL = made from the current thread and `desired_access`
 * @param desired_access  checked unless `mode` is KernelMode
 * @param type            expected type, or NULL
 * @param mode            whose request this is
 * @param parse_context   handed to parse procedures
 * @param object          receives the body
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_OBJECT_NAME_INVALID for a missing or empty name; else as ObOpenObjectByName.
 * Source: declared in ntifs.h.
 */
NTSTATUS NTAPI ObReferenceObjectByName(PUNICODE_STRING name, ULONG attributes,
                                       PACCESS_STATE access_state, ACCESS_MASK desired_access,
                                       POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID parse_context,
                                       PVOID *object)
{
    ACCESS_STATE local_state;
    struct ob_name captured;
    NTSTATUS status;

    *object = NULL;
    if (!name || name->Length == 0)
        return STATUS_OBJECT_NAME_INVALID;
    status = ob_name_capture(&captured, name, mode);
    if (!NT_SUCCESS(status))
        return status;
    if (access_state) {
        status = reference_by_name(&captured, attributes, access_state, type, mode, parse_context,
                                   object);
    } else {
        status = se_access_state_create(&local_state, desired_access,
                                        type ? &type->TypeInfo.GenericMapping : NULL);
        if (NT_SUCCESS(status)) {
            status = reference_by_name(&captured, attributes, &local_state, type, mode,
                                       parse_context, object);
            se_access_state_delete(&local_state);
        }
    }
    ob_name_free(&captured);
    if (NT_SUCCESS(status))
        VF(object_referenced(*object, __builtin_return_address(0)));
    return status;
}
NT_EXPORT(ObReferenceObjectByName, PASSIVE_LEVEL, "Uupupupp");

/*
 * Open a handle to an object that the caller holds.
 *
 * @param object          the object
 * @param attributes      OBJ_KERNEL_HANDLE, OBJ_INHERIT, OBJ_FORCE_ACCESS_CHECK …
 * @param access_state    NULL = made from the current thread and `desired_access`
 * @param desired_access  access of the handle
 * @param type            expected type; NULL is accepted from kernel mode only
 * @param mode            KernelMode skips the access check
 * @param handle          receives the handle
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_OBJECT_TYPE_MISMATCH; STATUS_INVALID_PARAMETER;
 *          STATUS_ACCESS_DENIED; STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, ObOpenObjectByPointer.
 */
NTSTATUS NTAPI ObOpenObjectByPointer(PVOID object, ULONG attributes, PACCESS_STATE access_state,
                                     ACCESS_MASK desired_access, POBJECT_TYPE type,
                                     KPROCESSOR_MODE mode, PHANDLE handle)
{
    ACCESS_STATE local_state;
    NTSTATUS status = ObReferenceObjectByPointer(object, 0, type, mode);
    struct ob_handle_request request = {
        .reason = ObOpenHandle,
        .object = object,
        .access_state = access_state ? access_state : &local_state,
        .attributes = mode == KernelMode ? attributes : attributes & ~(ULONG)OBJ_KERNEL_HANDLE,
        .mode = check_mode(attributes, mode),
    };

    *handle = NULL;
    if (!NT_SUCCESS(status))
        return status;
    if (!access_state)
        status = se_access_state_create(&local_state, desired_access,
                                        &ob_type_of(object)->TypeInfo.GenericMapping);
    if (NT_SUCCESS(status)) {
        status = ob_handle_create(&request, handle);
        if (!access_state)
            se_access_state_delete(&local_state);
    }
    ob_dereference(object);
    return status;
}
NT_EXPORT(ObOpenObjectByPointer, PASSIVE_LEVEL, "pupupup");

/*
 * As ObOpenObjectByPointer, with a tag for the handle's reference.
 *
 * @param object          the object
 * @param attributes      OBJ_…
 * @param access_state    NULL = made from the current thread and `desired_access`
 * @param desired_access  access of the handle
 * @param type            expected type
 * @param mode            KernelMode skips the access check
 * @param tag             four characters
 * @param handle          receives the handle
 * IRQL: PASSIVE_LEVEL.
 * Returns: as ObOpenObjectByPointer.
 * Source: Windows driver documentation, ObOpenObjectByPointerWithTag.
 */
NTSTATUS NTAPI ObOpenObjectByPointerWithTag(PVOID object, ULONG attributes,
                                            PACCESS_STATE access_state, ACCESS_MASK desired_access,
                                            POBJECT_TYPE type, KPROCESSOR_MODE mode, ULONG tag,
                                            PHANDLE handle)
{
    (void)tag;
    return ObOpenObjectByPointer(object, attributes, access_state, desired_access, type, mode,
                                 handle);
}
NT_EXPORT(ObOpenObjectByPointerWithTag, PASSIVE_LEVEL, "pupupuup");
