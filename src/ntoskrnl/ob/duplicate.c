/*
 * Handles made from handles: duplication between processes, inheritance, and the search for one.
 */
#include "ob/ob_internal.h"

/* One duplication. */
struct duplication {
    PEPROCESS source;
    HANDLE source_handle;
    PEPROCESS target;
    ACCESS_MASK desired_access;
    ULONG attributes;
    ULONG options;
    KPROCESSOR_MODE mode;
};

/* Close a handle of another process in that process's context, as its close procedure expects. */
static NTSTATUS close_source(const struct duplication *duplication)
{
    BOOLEAN attach = duplication->source != ps_current_process();
    KAPC_STATE saved;
    NTSTATUS status;

    if (attach)
        KeStackAttachProcess(&duplication->source->Pcb, &saved);
    status = ob_handle_close(duplication->source, duplication->source_handle, duplication->mode);
    if (attach)
        KeUnstackDetachProcess(&saved);
    return status;
}

static PVOID pseudo_object(const struct duplication *duplication)
{
    if (duplication->source_handle == NtCurrentProcess())
        return duplication->source;
    if (duplication->source_handle == NtCurrentThread())
        return ps_current_thread();
    return NULL;
}

/* The source's object with a reference, its access and attributes. */
static NTSTATUS reference_source(const struct duplication *duplication, PVOID *object,
                                 POBJECT_HANDLE_INFORMATION information)
{
    struct ob_handle_entry *entry;
    PVOID pseudo = pseudo_object(duplication);

    if (pseudo) {
        information->GrantedAccess = ob_type_of(pseudo)->TypeInfo.ValidAccessMask;
        information->HandleAttributes = 0;
        *object = pseudo;
    } else {
        entry = ob_handle_entry(duplication->source, duplication->source_handle, duplication->mode);
        if (!entry)
            return STATUS_INVALID_HANDLE;
        information->GrantedAccess = entry->granted;
        information->HandleAttributes = entry->attributes;
        *object = &entry->header->Body;
    }
    ob_reference(*object);
    return STATUS_SUCCESS;
}

/*
 * Access beyond the source handle's needs an access check of the object. Who opened a file asked
 * its driver, which is not asked again.
 */
static NTSTATUS exceed(const struct duplication *duplication, PVOID object, PACCESS_STATE state)
{
    if (duplication->mode == UserMode &&
        ob_type_of(object)->TypeInfo.ObjectTypeFlags & OB_TYPE_FOREIGN_SECURITY)
        return STATUS_ACCESS_DENIED;
    return ob_access_check(object, state, duplication->mode);
}

static NTSTATUS open_target(const struct duplication *duplication, PVOID object,
                            const OBJECT_HANDLE_INFORMATION *source, PHANDLE handle)
{
    GENERIC_MAPPING *mapping = &ob_type_of(object)->TypeInfo.GenericMapping;
    BOOLEAN same_access = (duplication->options & DUPLICATE_SAME_ACCESS) != 0;
    ACCESS_MASK access = same_access ? source->GrantedAccess : duplication->desired_access;
    ACCESS_STATE state;
    struct ob_handle_request request = {
        .reason = ObDuplicateHandle,
        .object = object,
        .access_state = &state,
        .attributes = duplication->attributes,
        .mode = duplication->mode,
        .process = duplication->target,
        .source_process = duplication->source,
    };
    NTSTATUS status;

    if (duplication->options & DUPLICATE_SAME_ATTRIBUTES)
        request.attributes =
            source->HandleAttributes | (duplication->attributes & OBJ_KERNEL_HANDLE);
    RtlMapGenericMask(&access, mapping);
    status = se_access_state_create(&state, access, mapping);
    if (!NT_SUCCESS(status))
        return status;
    if (access & ~source->GrantedAccess)
        status = exceed(duplication, object, &state);
    if (NT_SUCCESS(status))
        status = ob_handle_create(&request, handle);
    se_access_state_delete(&state);
    return status;
}

/*
 * Copy a handle from one process to another, or close it there.
 *
 * @param source_process  where the handle is
 * @param source_handle   a handle there; a kernel handle in kernel mode; a pseudo handle
 * @param target_process  NULL with DUPLICATE_CLOSE_SOURCE: only close
 * @param target_handle   NULL or receives the new handle; set even when the close fails
 * @param desired_access  access of the new handle, unless DUPLICATE_SAME_ACCESS
 * @param attributes      OBJ_… of the new handle, unless DUPLICATE_SAME_ATTRIBUTES
 * @param options         DUPLICATE_…
 * @param mode            whose request this is
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_HANDLE; STATUS_INVALID_PARAMETER for no target and no
 *          close; STATUS_ACCESS_DENIED; STATUS_PROCESS_IS_TERMINATING.
 * Source: Windows driver documentation, ZwDuplicateObject.
 */
NTSTATUS NTAPI ObDuplicateObject(PEPROCESS source_process, HANDLE source_handle,
                                 PEPROCESS target_process, PHANDLE target_handle,
                                 ACCESS_MASK desired_access, ULONG attributes, ULONG options,
                                 KPROCESSOR_MODE mode)
{
    struct duplication duplication = {
        .source = source_process,
        .source_handle = source_handle,
        .target = target_process,
        .desired_access = desired_access,
        .attributes = mode == KernelMode ? attributes : attributes & ~(ULONG)OBJ_KERNEL_HANDLE,
        .options = options,
        .mode = mode,
    };
    OBJECT_HANDLE_INFORMATION source;
    HANDLE handle = NULL;
    PVOID object;
    NTSTATUS status;

    if (target_handle)
        *target_handle = NULL;
    if (!target_process && !(options & DUPLICATE_CLOSE_SOURCE))
        return STATUS_INVALID_PARAMETER;
    status = reference_source(&duplication, &object, &source);
    if (!NT_SUCCESS(status))
        return status;
    if (target_process)
        status = open_target(&duplication, object, &source, &handle);
    if ((options & DUPLICATE_CLOSE_SOURCE) && !pseudo_object(&duplication)) {
        NTSTATUS close_status = close_source(&duplication);

        if (NT_SUCCESS(status))
            status = close_status;
    }
    if (target_handle)
        *target_handle = handle;
    ob_dereference(object);
    return status;
}
NT_EXPORT(ObDuplicateObject, PASSIVE_LEVEL, "phppuuuu");

/* A process by handle, checked to be one. */
NTSTATUS ob_process_reference(HANDLE handle, ACCESS_MASK access, KPROCESSOR_MODE mode,
                              PEPROCESS *process)
{
    return ObReferenceObjectByHandle(handle, access, ob_type_of(ps_current_process()), mode,
                                     (PVOID *)process, NULL);
}

NTSTATUS NTAPI NtDuplicateObject(HANDLE source_process, HANDLE source_handle, HANDLE target_process,
                                 PHANDLE target_handle, ACCESS_MASK desired_access,
                                 ULONG attributes, ULONG options);

/*
 * As ObDuplicateObject, with processes by handle.
 *
 * @param source_process  opened with PROCESS_DUP_HANDLE
 * @param source_handle   the handle there
 * @param target_process  opened with PROCESS_DUP_HANDLE, or NULL
 * @param target_handle   NULL or receives the new handle
 * @param desired_access  access of the new handle
 * @param attributes      OBJ_… of the new handle
 * @param options         DUPLICATE_…
 * IRQL: PASSIVE_LEVEL.
 * Returns: as ObDuplicateObject.
 * Source: Windows driver documentation, ZwDuplicateObject.
 */
NTSTATUS NTAPI NtDuplicateObject(HANDLE source_process, HANDLE source_handle, HANDLE target_process,
                                 PHANDLE target_handle, ACCESS_MASK desired_access,
                                 ULONG attributes, ULONG options)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    PEPROCESS source = NULL, target = NULL;
    HANDLE handle = NULL;
    NTSTATUS status = target_handle ? ob_probe_handle(target_handle, mode) : STATUS_SUCCESS;

    if (NT_SUCCESS(status))
        status = ob_process_reference(source_process, PROCESS_DUP_HANDLE, mode, &source);
    if (!NT_SUCCESS(status))
        return status;
    if (target_process)
        status = ob_process_reference(target_process, PROCESS_DUP_HANDLE, mode, &target);
    if (NT_SUCCESS(status)) {
        status = ObDuplicateObject(source, source_handle, target, &handle, desired_access,
                                   attributes, options, mode);
        if (target_handle && handle) {
            NTSTATUS write_status = ob_write_handle(target_handle, handle, mode);

            if (NT_SUCCESS(status))
                status = write_status;
        }
    }
    if (target)
        ob_dereference(target);
    ob_dereference(source);
    return status;
}
NT_SERVICE(DuplicateObject, 7, PASSIVE_LEVEL, "hhhpuuu");

/* ---- search ---- */

struct search {
    PVOID object;
    POBJECT_TYPE type;
    POBJECT_HANDLE_INFORMATION wanted;
    HANDLE found;
};

static BOOLEAN match(HANDLE handle, struct ob_handle_entry *entry, void *context)
{
    struct search *search = context;

    if ((search->object && &entry->header->Body != search->object) ||
        (search->type && ob_header_type(entry->header) != search->type) ||
        (search->wanted && (search->wanted->HandleAttributes != entry->attributes ||
                            search->wanted->GrantedAccess != entry->granted)))
        return TRUE;
    search->found = handle;
    return FALSE;
}

BOOLEAN NTAPI ObFindHandleForObject(PEPROCESS process, PVOID object, POBJECT_TYPE type,
                                    POBJECT_HANDLE_INFORMATION information, PHANDLE handle);

/*
 * The lowest handle of a process that refers to an object.
 *
 * @param process      whose handles
 * @param object       the object; NULL = any of `type`
 * @param type         NULL or the type
 * @param information  NULL or the attributes and access that the handle must have
 * @param handle       receives the handle
 * IRQL: PASSIVE_LEVEL.
 * Returns: TRUE when one was found.
 * Source: exported by ntoskrnl.
 */
BOOLEAN NTAPI ObFindHandleForObject(PEPROCESS process, PVOID object, POBJECT_TYPE type,
                                    POBJECT_HANDLE_INFORMATION information, PHANDLE handle)
{
    struct search search = {.object = object, .type = type, .wanted = information};

    ob_handle_iterate(process, match, &search);
    *handle = search.found;
    return search.found != NULL;
}
NT_EXPORT(ObFindHandleForObject, PASSIVE_LEVEL, "ppppp");
