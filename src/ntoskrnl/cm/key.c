/*
 * Key objects: what handles of keys refer to. NtCreateKey and NtOpenKey find the node themselves,
 * because keys need no OBJ_CASE_INSENSITIVE and drivers are told the name as the caller gave it;
 * other ways through the object manager (ObReferenceObjectByName) come in by cm_key_parse.
 */
#include "cm/cm_internal.h"

NTSTATUS NTAPI NtCreateKey(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                           ULONG title, PUNICODE_STRING class_name, ULONG options,
                           PULONG disposition);
NTSTATUS NTAPI NtOpenKeyEx(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                           ULONG options);
NTSTATUS NTAPI NtOpenKey(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes);

#define CREATE_OPTIONS                                                                             \
    (REG_OPTION_VOLATILE | REG_OPTION_CREATE_LINK | REG_OPTION_BACKUP_RESTORE |                    \
     REG_OPTION_OPEN_LINK | 0x10) /* REG_OPTION_DONT_VIRTUALIZE */
#define OPEN_OPTIONS (REG_OPTION_BACKUP_RESTORE | REG_OPTION_OPEN_LINK | 0x10)

/* One NtCreateKey or NtOpenKey. */
struct key_request {
    KPROCESSOR_MODE mode;
    ACCESS_MASK access;
    OBJECT_ATTRIBUTES attributes; /* the caller's, captured */
    UNICODE_STRING name;
    UNICODE_STRING class_name;
    struct cm_key *root; /* of the caller's RootDirectory, or \REGISTRY; referenced */
    ULONG options;
    BOOLEAN create;
    ULONG disposition;
    struct cm_key *result;
};

NTSTATUS cm_key_create(struct cm_node *node, POBJECT_ATTRIBUTES attributes, struct cm_key **created)
{
    struct cm_key *key;
    NTSTATUS status = ObCreateObject(KernelMode, cm_key_type, attributes, KernelMode, NULL,
                                     sizeof(*key), 0, 0, (PVOID *)&key);

    if (!NT_SUCCESS(status))
        return status;
    RtlZeroMemory(key, sizeof(*key));
    InitializeListHead(&key->watches);
    InitializeListHead(&key->contexts);
    key->node = node;
    node->references++;
    *created = key;
    return STATUS_SUCCESS;
}

void cm_key_delete(PVOID object)
{
    struct cm_key *key = object;

    if (!key->node)
        return;
    cm_notify_cancel(key);
    cm_object_contexts_clean(key);
    if (key->path.Buffer)
        ExFreePoolWithTag(key->path.Buffer, CM_TAG_NAME);
    cm_node_release(key->node);
}

void cm_key_close(PEPROCESS process, PVOID object, ULONG_PTR process_handles,
                  ULONG_PTR system_handles)
{
    REG_KEY_HANDLE_CLOSE_INFORMATION information = {.Object = object};
    struct cm_operation operation;

    (void)process, (void)process_handles;
    CM_OPERATION_BEGIN(&operation, KeyHandleClose, information, object);
    if (system_handles == 1)
        cm_notify_cancel(object);
    cm_operation_end(&operation, object, STATUS_SUCCESS);
}

/* The key of a handle, with a reference; STATUS_KEY_DELETED when its node is gone. */
NTSTATUS cm_key_reference(HANDLE handle, ACCESS_MASK access, struct cm_key **key)
{
    NTSTATUS status = ObReferenceObjectByHandle(handle, access, cm_key_type, ke_previous_mode(),
                                                (PVOID *)key, NULL);

    if (NT_SUCCESS(status) && (*key)->node->is_deleted) {
        ObDereferenceObject(*key);
        return STATUS_KEY_DELETED;
    }
    return status;
}

NTSTATUS cm_key_parse(PVOID parse_object, POBJECT_TYPE type, PACCESS_STATE access_state,
                      KPROCESSOR_MODE mode, ULONG attributes, PUNICODE_STRING complete_name,
                      PUNICODE_STRING remaining, PVOID context, PVOID security_qos, PVOID *object)
{
    struct cm_key *key = parse_object;
    struct cm_walk walk = {.node = key->node, .remaining = *remaining};
    OBJECT_ATTRIBUTES none;
    NTSTATUS status;

    (void)type, (void)access_state, (void)mode, (void)complete_name, (void)context;
    (void)security_qos;
    if (key->node->is_deleted)
        return STATUS_KEY_DELETED;
    if (remaining->Length == 0) {
        ObReferenceObject(key);
        *object = key;
        return STATUS_SUCCESS;
    }
    walk.open_link = (attributes & OBJ_OPENLINK) != 0;
    status = cm_walk(&walk);
    if (!NT_SUCCESS(status))
        return status;
    InitializeObjectAttributes(&none, NULL, 0, NULL, NULL);
    return cm_key_create(walk.node, &none, (struct cm_key **)object);
}

NTSTATUS cm_key_query_name(PVOID object, BOOLEAN has_name, POBJECT_NAME_INFORMATION information,
                           ULONG length, PULONG return_length, KPROCESSOR_MODE mode)
{
    struct cm_key *key = object;
    UNICODE_STRING path;
    NTSTATUS status;

    (void)has_name, (void)mode;
    if (key->node->is_deleted)
        return STATUS_KEY_DELETED;
    status = cm_node_path(key->node, &path);
    if (!NT_SUCCESS(status))
        return status;
    *return_length = sizeof(*information) + path.MaximumLength;
    if (length < *return_length) {
        status = STATUS_INFO_LENGTH_MISMATCH;
    } else {
        information->Name.Buffer = (WCHAR *)(information + 1);
        information->Name.Length = path.Length;
        information->Name.MaximumLength = path.MaximumLength;
        RtlCopyMemory(information->Name.Buffer, path.Buffer, path.MaximumLength);
    }
    ExFreePoolWithTag(path.Buffer, CM_TAG_NAME);
    return status;
}

static NTSTATUS capture_root(struct key_request *request)
{
    static UNICODE_STRING root_name = RTL_CONSTANT_STRING(L"\\REGISTRY");

    if (request->name.Length & 1)
        return STATUS_OBJECT_NAME_INVALID;
    if (!request->attributes.RootDirectory) {
        if (request->name.Length == 0 || request->name.Buffer[0] != L'\\')
            return STATUS_OBJECT_PATH_SYNTAX_BAD;
        return ObReferenceObjectByName(&root_name, OBJ_CASE_INSENSITIVE, NULL, 0, cm_key_type,
                                       KernelMode, NULL, (PVOID *)&request->root);
    }
    if (request->name.Length && request->name.Buffer[0] == L'\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    return ObReferenceObjectByHandle(request->attributes.RootDirectory, 0, cm_key_type,
                                     request->mode, (PVOID *)&request->root, NULL);
}

static NTSTATUS capture(struct key_request *request, PHANDLE handle, POBJECT_ATTRIBUTES attributes)
{
    NTSTATUS status = ex_probe_output(handle, sizeof(*handle), sizeof(ULONG), request->mode);

    if (NT_SUCCESS(status))
        status = ex_read_input(&request->attributes, attributes, sizeof(request->attributes),
                               sizeof(ULONG), request->mode);
    if (!NT_SUCCESS(status))
        return status;
    if (request->attributes.Length != sizeof(request->attributes) ||
        request->attributes.Attributes & ~(ULONG)OBJ_VALID_ATTRIBUTES)
        return STATUS_INVALID_PARAMETER;
    if (request->mode == UserMode)
        request->attributes.Attributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
    if (request->attributes.ObjectName)
        status = ex_capture_string(&request->name, request->attributes.ObjectName, request->mode);
    return NT_SUCCESS(status) ? capture_root(request) : status;
}

static void release(struct key_request *request)
{
    if (request->name.Buffer)
        ExFreePool(request->name.Buffer);
    if (request->class_name.Buffer)
        ExFreePool(request->class_name.Buffer);
    if (request->root)
        ObDereferenceObject(request->root);
}

/* The walk stopped at `parent`; the rest must be one new component. */
static NTSTATUS create_below(struct key_request *request, const struct cm_walk *walk,
                             struct cm_node **created)
{
    UNICODE_STRING rest = walk->remaining, component, more;
    struct cm_node *parent = walk->node;

    cm_next_component(&rest, &component);
    if (cm_next_component(&rest, &more))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (parent->is_volatile && !(request->options & REG_OPTION_VOLATILE))
        return STATUS_CHILD_MUST_BE_VOLATILE;
    if (parent->depth == CM_MAXIMUM_DEPTH)
        return STATUS_NAME_TOO_LONG;
    *created = cm_node_create(parent, &component, &request->class_name, request->options);
    if (!*created)
        return STATUS_INSUFFICIENT_RESOURCES;
    request->disposition = REG_CREATED_NEW_KEY;
    cm_notify_change(parent, REG_NOTIFY_CHANGE_NAME);
    return STATUS_SUCCESS;
}

/* Find or create the node, and make the Key object. */
static NTSTATUS find_or_create(struct key_request *request)
{
    struct cm_walk walk = {.node = request->root->node, .remaining = request->name};
    struct cm_node *node;
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status;

    if (request->root->node->is_deleted)
        return STATUS_KEY_DELETED;
    walk.open_link = request->attributes.Attributes & OBJ_OPENLINK ||
                     request->options & (REG_OPTION_OPEN_LINK | REG_OPTION_CREATE_LINK);
    if (!request->attributes.RootDirectory && !cm_strip_root(&walk.remaining))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    request->disposition = REG_OPENED_EXISTING_KEY;
    status = cm_walk(&walk);
    node = walk.node;
    if (status == STATUS_OBJECT_NAME_NOT_FOUND && request->create)
        status = create_below(request, &walk, &node);
    else if (NT_SUCCESS(status) && request->options & REG_OPTION_CREATE_LINK)
        status = STATUS_OBJECT_NAME_COLLISION;
    if (!NT_SUCCESS(status))
        return status;
    InitializeObjectAttributes(&attributes, NULL,
                               request->attributes.Attributes & (OBJ_KERNEL_HANDLE | OBJ_INHERIT),
                               NULL, NULL);
    return cm_key_create(node, &attributes, &request->result);
}

/* The operation with its notifications; on success request->result is the key. */
static NTSTATUS notified_find_or_create(struct key_request *request)
{
    REG_CREATE_KEY_INFORMATION information = {
        .CompleteName = &request->name,
        .RootObject = request->root,
        .ObjectType = cm_key_type,
        .CreateOptions = request->options,
        .Class = request->class_name.Buffer ? &request->class_name : NULL,
        .SecurityDescriptor = request->attributes.SecurityDescriptor,
        .SecurityQualityOfService = request->attributes.SecurityQualityOfService,
        .DesiredAccess = request->access,
        .Disposition = &request->disposition,
        .ResultObject = (PVOID *)&request->result,
    };
    struct cm_operation operation;
    NTSTATUS status;

    if (request->create)
        status = CM_OPERATION_BEGIN(&operation, CreateKeyEx, information, request->root);
    else
        status = CM_OPERATION_BEGIN(&operation, OpenKeyEx, information, request->root);
    if (status == STATUS_SUCCESS && !operation.bypassed)
        status = find_or_create(request);
    information.GrantedAccess = request->access;
    status = cm_operation_end(&operation, request->result, status);
    if (!NT_SUCCESS(status) && request->result) {
        ObDereferenceObject(request->result);
        request->result = NULL;
    }
    if (NT_SUCCESS(status) && !request->result)
        return STATUS_OBJECT_NAME_NOT_FOUND; /* bypassed without a key */
    return status;
}

static NTSTATUS run_request(struct key_request *request, PHANDLE handle)
{
    HANDLE created;
    NTSTATUS status = notified_find_or_create(request);

    if (!NT_SUCCESS(status))
        return status;
    request->access &= ~(ACCESS_MASK)(KEY_WOW64_64KEY | KEY_WOW64_32KEY);
    if (request->access & MAXIMUM_ALLOWED)
        request->access = (request->access & ~(ACCESS_MASK)MAXIMUM_ALLOWED) | KEY_ALL_ACCESS;
    status = ObInsertObject(request->result, NULL, request->access, 0, NULL, &created);
    if (!NT_SUCCESS(status))
        return status;
    return ex_write_output(handle, &created, sizeof(created), request->mode);
}

/*
 * Create or open a key.
 * @param handle       receives the handle
 * @param access       KEY_…
 * @param attributes   full path, or path below RootDirectory. Only the last component is created.
 * @param title        ignored
 * @param class_name   NULL or text kept with a new key
 * @param options      REG_OPTION_VOLATILE, REG_OPTION_CREATE_LINK, REG_OPTION_OPEN_LINK
 * @param disposition  NULL or receives REG_CREATED_NEW_KEY or REG_OPENED_EXISTING_KEY
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_OBJECT_NAME_NOT_FOUND when a key above is missing;
 * STATUS_CHILD_MUST_BE_VOLATILE; STATUS_KEY_DELETED; STATUS_OBJECT_PATH_SYNTAX_BAD;
 * STATUS_NAME_TOO_LONG when it would be the 513th key of its path; STATUS_INVALID_PARAMETER;
 * STATUS_INVALID_HANDLE; what a registry callback says.
 * Differs from NT: the security descriptor is not kept and every access is granted.
 * Source: Windows driver documentation, ZwCreateKey; Win32 documentation, Registry element size
 * limits (which does not say how the 513th level fails).
 */
NTSTATUS NTAPI NtCreateKey(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                           ULONG title, PUNICODE_STRING class_name, ULONG options,
                           PULONG disposition)
{
    struct key_request request = {
        .mode = ke_previous_mode(), .access = access, .options = options, .create = TRUE};
    NTSTATUS status = STATUS_SUCCESS;

    (void)title;
    if (options & ~CREATE_OPTIONS)
        return STATUS_INVALID_PARAMETER;
    if (disposition)
        status = ex_probe_output(disposition, sizeof(*disposition), sizeof(ULONG), request.mode);
    if (NT_SUCCESS(status) && class_name)
        status = ex_capture_string(&request.class_name, class_name, request.mode);
    if (NT_SUCCESS(status))
        status = capture(&request, handle, attributes);
    if (NT_SUCCESS(status))
        status = run_request(&request, handle);
    if (NT_SUCCESS(status) && disposition)
        status = ex_write_output(disposition, &request.disposition, sizeof(request.disposition),
                                 request.mode);
    release(&request);
    return status;
}
NT_SERVICE(CreateKey, 7, PASSIVE_LEVEL, "pupuUup");

/*
 * Open a key.
 * @param options  REG_OPTION_OPEN_LINK, REG_OPTION_BACKUP_RESTORE
 * The other parameters, IRQL and status codes are those of NtCreateKey.
 * Source: Windows driver documentation, ZwOpenKeyEx.
 */
NTSTATUS NTAPI NtOpenKeyEx(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                           ULONG options)
{
    struct key_request request = {.mode = ke_previous_mode(), .access = access, .options = options};
    NTSTATUS status;

    if (options & ~OPEN_OPTIONS)
        return STATUS_INVALID_PARAMETER;
    status = capture(&request, handle, attributes);
    if (NT_SUCCESS(status))
        status = run_request(&request, handle);
    release(&request);
    return status;
}
NT_SERVICE(OpenKeyEx, 4, PASSIVE_LEVEL, "pupu");

/* NtOpenKeyEx without options. Source: Windows driver documentation, ZwOpenKey. */
NTSTATUS NTAPI NtOpenKey(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes)
{
    return NtOpenKeyEx(handle, access, attributes, 0);
}
NT_SERVICE(OpenKey, 3, PASSIVE_LEVEL, "pup");
