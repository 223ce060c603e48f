/*
 * Insertion: the step that makes a created object visible, under its name and through a handle;
 * and the way back, when a name or its permanence goes.
 */
#include "ob/ob_internal.h"

/* What one ObInsertObject works on. */
struct insertion {
    PVOID object; /* the new one */
    PVOID result; /* the object that has the name: `object`, or an older one with OBJ_OPENIF */
    struct ob_create_info *info; /* NULL: created without attributes */
    PACCESS_STATE access_state;
    KPROCESSOR_MODE mode;
};

/* Temporary objects lose their name with their last handle. */
void ob_name_release_if_unused(PVOID object)
{
    struct _OBJECT_HEADER *header = ob_header(object);
    struct _OBJECT_HEADER_NAME_INFO *name = ob_name_info(header);

    if (name && name->Directory && header->HandleCount == 0 && !(header->Flags & OB_FLAG_PERMANENT))
        ob_directory_remove(object);
}

/* Enter the name, or find who has it. On success `result` carries an extra reference. */
static NTSTATUS enter_name(struct insertion *insertion)
{
    struct ob_create_info *info = insertion->info;
    struct ob_name name;
    struct ob_lookup lookup = {
        .root_directory = info->root_directory,
        .name = &name,
        .attributes = info->attributes,
        .type = ob_type_of(insertion->object),
        .mode = insertion->mode,
        .handle_mode = insertion->mode,
        .access_state = insertion->access_state,
        .parse_context = info->parse_context,
        .security_qos = info->security_qos_present ? &info->security_qos : NULL,
        .insert = insertion->object,
    };
    NTSTATUS status;

    status = ob_name_capture(&name, &ob_name_info(ob_header(insertion->object))->Name, KernelMode);
    if (!NT_SUCCESS(status))
        return status;
    status = ob_lookup(&lookup, &insertion->result);
    ob_name_free(&name);
    if (!NT_SUCCESS(status) || insertion->result == insertion->object)
        return status;
    if (!(info->attributes & OBJ_OPENIF))
        status = STATUS_OBJECT_NAME_COLLISION;
    else if (ob_type_of(insertion->result) != ob_type_of(insertion->object))
        status = STATUS_OBJECT_TYPE_MISMATCH;
    else
        return STATUS_OBJECT_NAME_EXISTS;
    ob_dereference(insertion->result);
    insertion->result = NULL;
    return status;
}

static NTSTATUS assign_security(const struct insertion *insertion)
{
    struct _OBJECT_HEADER_NAME_INFO *name = ob_name_info(ob_header(insertion->object));
    PSECURITY_DESCRIPTOR explicit_descriptor =
        insertion->info ? insertion->info->security_descriptor : NULL;
    BOOLEAN named = name && name->Directory;

    if (!named && !explicit_descriptor &&
        !(ob_type_of(insertion->object)->TypeInfo.ObjectTypeFlags & OB_TYPE_SECURITY_REQUIRED))
        return STATUS_SUCCESS;
    return ob_security_assign(insertion->object, named ? name->Directory : NULL,
                              explicit_descriptor, insertion->access_state);
}

static NTSTATUS make_handle(const struct insertion *insertion, ULONG attributes, PHANDLE handle)
{
    struct ob_handle_request request = {
        .reason = insertion->result == insertion->object ? ObCreateHandle : ObOpenHandle,
        .object = insertion->result,
        .access_state = insertion->access_state,
        .attributes = attributes,
        .mode = insertion->mode,
    };

    return ob_handle_create(&request, handle);
}

/* Name, security and handle, undone together when one fails. */
static NTSTATUS insert(struct insertion *insertion, PHANDLE handle)
{
    struct _OBJECT_HEADER_NAME_INFO *name = ob_name_info(ob_header(insertion->object));
    ULONG attributes = insertion->info ? insertion->info->attributes : 0;
    NTSTATUS status = STATUS_SUCCESS, handle_status = STATUS_SUCCESS;

    if (name && name->Name.Length && insertion->info) {
        status = enter_name(insertion);
        if (!NT_SUCCESS(status))
            return status;
    } else {
        ob_reference(insertion->object);
        insertion->result = insertion->object;
    }
    if (insertion->result == insertion->object)
        handle_status = assign_security(insertion);
    if (NT_SUCCESS(handle_status) && handle)
        handle_status = make_handle(insertion, attributes, handle);
    if (NT_SUCCESS(handle_status))
        return status;
    if (insertion->result == insertion->object && name && name->Directory)
        ob_directory_remove(insertion->object);
    ob_dereference(insertion->result);
    return handle_status;
}

/* Who the insertion acts for: the caller's access state, or a fresh one. */
static NTSTATUS run(struct insertion *insertion, ACCESS_MASK desired_access, PHANDLE handle)
{
    ACCESS_STATE local_state;
    NTSTATUS status;

    if (insertion->access_state)
        return insert(insertion, handle);
    status = se_access_state_create(&local_state, desired_access,
                                    &ob_type_of(insertion->object)->TypeInfo.GenericMapping);
    if (!NT_SUCCESS(status))
        return status;
    insertion->access_state = &local_state;
    status = insert(insertion, handle);
    se_access_state_delete(&local_state);
    return status;
}

/*
 * Make a created object visible: enter its name, give it security, open a handle to it.
 *
 * @param object          from ObCreateObject, with its creation reference
 * @param access_state    NULL = made from the current thread and `desired_access`
 * @param desired_access  access of the handle
 * @param pointer_bias    further references for *new_object
 * @param new_object      NULL or receives the object that has the name: another one than `object`
 *                        with OBJ_OPENIF
 * @param handle          NULL or receives a handle; it takes over the creation reference, which
 *                        otherwise stays the caller's (on *new_object)
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_OBJECT_NAME_EXISTS for OBJ_OPENIF and an older object;
 *          STATUS_OBJECT_NAME_COLLISION; STATUS_OBJECT_TYPE_MISMATCH; the results of a name look-up
 *          and of an access check. On failure the creation reference is dropped.
 * Source: declared in ntifs.h; Windows Internals, "Object Manager".
 */
NTSTATUS NTAPI ObInsertObject(PVOID object, PACCESS_STATE access_state, ACCESS_MASK desired_access,
                              ULONG pointer_bias, PVOID *new_object, PHANDLE handle)
{
    struct _OBJECT_HEADER *header = ob_header(object);
    struct insertion insertion = {
        .object = object,
        .info = header->ObjectCreateInfo,
        .access_state = access_state,
        .mode =
            header->ObjectCreateInfo ? header->ObjectCreateInfo->probe_mode : ke_previous_mode(),
    };
    NTSTATUS status = run(&insertion, desired_access, handle);

    header->Flags &= (UCHAR)~OB_FLAG_NEW_OBJECT;
    ob_create_info_release(header);
    if (!NT_SUCCESS(status)) {
        ob_dereference(object);
        return status;
    }
    ob_header(insertion.result)->PointerCount += pointer_bias;
    if (new_object)
        *new_object = insertion.result;
    /* The look-up's reference becomes the caller's when there is no handle to own one. */
    if (handle)
        ob_dereference(insertion.result);
    ob_dereference(object);
    return status;
}
NT_EXPORT(ObInsertObject, PASSIVE_LEVEL, "ppuupp");

/*
 * Let an object go with its last handle: clear OBJ_PERMANENT, and remove the name now when no
 * handle is open.
 *
 * @param object  the object
 * IRQL: PASSIVE_LEVEL.
 * Source: Windows driver documentation, ObMakeTemporaryObject.
 */
VOID NTAPI ObMakeTemporaryObject(PVOID object)
{
    ob_header(object)->Flags &= (UCHAR)~OB_FLAG_PERMANENT;
    ob_name_release_if_unused(object);
}
NT_EXPORT(ObMakeTemporaryObject, PASSIVE_LEVEL, "p");

NTSTATUS NTAPI NtMakeTemporaryObject(HANDLE handle);

/*
 * As ObMakeTemporaryObject, through a handle.
 *
 * @param handle  opened with DELETE access
 * IRQL: PASSIVE_LEVEL.
 * Returns: the results of ObReferenceObjectByHandle.
 * Source: Windows driver documentation, ZwMakeTemporaryObject.
 */
NTSTATUS NTAPI NtMakeTemporaryObject(HANDLE handle)
{
    PVOID object;
    NTSTATUS status =
        ObReferenceObjectByHandle(handle, DELETE, NULL, ke_previous_mode(), &object, NULL);

    if (!NT_SUCCESS(status))
        return status;
    ObMakeTemporaryObject(object);
    ob_dereference(object);
    return STATUS_SUCCESS;
}
NT_SERVICE(MakeTemporaryObject, 1, PASSIVE_LEVEL, "h");

NTSTATUS NTAPI NtMakePermanentObject(HANDLE handle);
NTSTATUS NTAPI ZwMakePermanentObject(HANDLE handle);

/*
 * Let a named object stay without handles.
 *
 * @param handle  any access
 * IRQL: PASSIVE_LEVEL.
 * Returns: the results of ObReferenceObjectByHandle; STATUS_PRIVILEGE_NOT_HELD in user mode without
 *          SeCreatePermanentPrivilege.
 * Source: behaviour of Windows XP and later; not in the driver documentation.
 */
NTSTATUS NTAPI NtMakePermanentObject(HANDLE handle)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    PVOID object;
    NTSTATUS status;

    if (mode != KernelMode && !SeSinglePrivilegeCheck(SeExports->SeCreatePermanentPrivilege, mode))
        return STATUS_PRIVILEGE_NOT_HELD;
    status = ObReferenceObjectByHandle(handle, 0, NULL, mode, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (ob_name_info(ob_header(object)))
        ob_header(object)->Flags |= OB_FLAG_PERMANENT;
    ob_dereference(object);
    return STATUS_SUCCESS;
}
NT_SERVICE(MakePermanentObject, 1, PASSIVE_LEVEL, "h");
