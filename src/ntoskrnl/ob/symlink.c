/*
 * Symbolic links: an object that stands for another path. The parse procedure puts the target in
 * front of what remains of the name and asks for the walk to start again (STATUS_REPARSE).
 */
#include "ob/ob_internal.h"

/*
 * Opening a link as a SymbolicLink object, with nothing behind its name, reaches the link itself;
 * every other use goes through it.
 */
static NTSTATUS parse_link(PVOID parse_object, POBJECT_TYPE type, PACCESS_STATE access_state,
                           KPROCESSOR_MODE mode, ULONG attributes, PUNICODE_STRING complete_name,
                           PUNICODE_STRING remaining_name, PVOID context, PVOID security_qos,
                           PVOID *object)
{
    struct _OBJECT_SYMBOLIC_LINK *link = parse_object;
    NTSTATUS status;

    (void)access_state;
    (void)mode;
    (void)context;
    (void)security_qos;
    *object = NULL;
    if (remaining_name->Length == 0 && type == ob_state.link_type) {
        ob_reference(link);
        *object = link;
        return STATUS_SUCCESS;
    }
    if (attributes & OBJ_DONT_REPARSE)
        return STATUS_REPARSE_POINT_ENCOUNTERED;
    status = ob_name_substitute(complete_name, &link->LinkTarget, remaining_name);
    return NT_SUCCESS(status) ? STATUS_REPARSE : status;
}

static void destroy_link(PVOID object)
{
    struct _OBJECT_SYMBOLIC_LINK *link = object;

    if (link->LinkTarget.Buffer)
        ExFreePoolWithTag(link->LinkTarget.Buffer, OB_TAG_LINK);
}

static NTSTATUS set_target(struct _OBJECT_SYMBOLIC_LINK *link, PCUNICODE_STRING target)
{
    if (target->Length) {
        link->LinkTarget.Buffer =
            ExAllocatePoolWithTag(NonPagedPoolNx, target->Length, OB_TAG_LINK);
        if (!link->LinkTarget.Buffer)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlCopyMemory(link->LinkTarget.Buffer, target->Buffer, target->Length);
    }
    link->LinkTarget.Length = link->LinkTarget.MaximumLength = target->Length;
    link->CreationTime.QuadPart = (LONGLONG)ke_system_time();
    return STATUS_SUCCESS;
}

/* \DosDevices and the links that Windows makes below \GLOBAL??. */
static void make_boot_link(struct _OBJECT_DIRECTORY *directory, PCWSTR name, PCWSTR target)
{
    struct _OBJECT_SYMBOLIC_LINK *link;
    UNICODE_STRING target_string;

    RtlInitUnicodeString(&target_string, target);
    if (!NT_SUCCESS(
            ob_object_allocate(ob_state.link_type, sizeof(*link), OB_INFO_NAME, (PVOID *)&link)) ||
        !NT_SUCCESS(set_target(link, &target_string)))
        ke_bugcheck(OBJECT_INITIALIZATION_FAILED, 2, 0, 0, 0);
    ob_directory_insert_permanent(directory, link, name);
}

void ob_link_initialize(void)
{
    static const struct ob_type_info info = {
        .name = L"SymbolicLink",
        .pool = NonPagedPoolNx,
        .valid_access = SYMBOLIC_LINK_ALL_ACCESS,
        .mapping = {STANDARD_RIGHTS_READ | SYMBOLIC_LINK_QUERY, STANDARD_RIGHTS_WRITE,
                    STANDARD_RIGHTS_EXECUTE | SYMBOLIC_LINK_QUERY, SYMBOLIC_LINK_ALL_ACCESS},
        .waitable_offset = OB_NOT_WAITABLE,
        .invalid_attributes = OBJ_OPENLINK,
        .destroy = destroy_link,
        .parse = parse_link,
    };

    if (!NT_SUCCESS(ob_type_create(&info, &ob_state.link_type)))
        ke_bugcheck(OBJECT_INITIALIZATION_FAILED, 2, 1, 0, 0);
    make_boot_link(ob_state.root, L"DosDevices", L"\\??");
    make_boot_link(ob_state.dos_devices, L"Global", L"\\GLOBAL??");
    make_boot_link(ob_state.dos_devices, L"GLOBALROOT", L"");
}

PCUNICODE_STRING ob_link_target(PVOID object)
{
    return ob_type_of(object) == ob_state.link_type
               ? &((struct _OBJECT_SYMBOLIC_LINK *)object)->LinkTarget
               : NULL;
}

static NTSTATUS create_link(PHANDLE handle, ACCESS_MASK desired_access,
                            POBJECT_ATTRIBUTES attributes, PCUNICODE_STRING target,
                            KPROCESSOR_MODE mode)
{
    struct _OBJECT_SYMBOLIC_LINK *link;
    HANDLE created;
    NTSTATUS status;

    status = ObCreateObject(mode, ob_state.link_type, attributes, mode, NULL, sizeof(*link), 0, 0,
                            (PVOID *)&link);
    if (!NT_SUCCESS(status))
        return status;
    status = set_target(link, target);
    if (!NT_SUCCESS(status)) {
        ob_dereference(link);
        return status;
    }
    status = ObInsertObject(link, NULL, desired_access, 0, NULL, &created);
    return NT_SUCCESS(status) ? ob_write_handle(handle, created, mode) : status;
}

NTSTATUS NTAPI NtCreateSymbolicLinkObject(PHANDLE handle, ACCESS_MASK desired_access,
                                          POBJECT_ATTRIBUTES attributes, PUNICODE_STRING target);

/*
 * Create a symbolic link.
 *
 * @param handle          receives the handle; closing the last one removes the link, unless
 *                        OBJ_PERMANENT is given
 * @param desired_access  SYMBOLIC_LINK_…
 * @param attributes      the link's name
 * @param target          the path that it stands for, NT syntax
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER for a malformed target;
 *          STATUS_OBJECT_NAME_COLLISION; the results of a name look-up.
 * Source: Windows driver documentation, IoCreateSymbolicLink; ntifs.h.
 */
NTSTATUS NTAPI NtCreateSymbolicLinkObject(PHANDLE handle, ACCESS_MASK desired_access,
                                          POBJECT_ATTRIBUTES attributes, PUNICODE_STRING target)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct ob_name captured;
    NTSTATUS status = ob_probe_handle(handle, mode);

    if (!NT_SUCCESS(status))
        return status;
    status = ob_name_capture(&captured, target, mode);
    if (!NT_SUCCESS(status))
        return status == STATUS_OBJECT_NAME_INVALID ? STATUS_INVALID_PARAMETER : status;
    status = create_link(handle, desired_access, attributes, &captured.string, mode);
    ob_name_free(&captured);
    return status;
}
NT_SERVICE(CreateSymbolicLinkObject, 4, PASSIVE_LEVEL, "pupU");

NTSTATUS NTAPI NtOpenSymbolicLinkObject(PHANDLE handle, ACCESS_MASK desired_access,
                                        POBJECT_ATTRIBUTES attributes);

/*
 * Open a symbolic link itself.
 *
 * @param handle          receives the handle
 * @param desired_access  SYMBOLIC_LINK_QUERY for NtQuerySymbolicLinkObject
 * @param attributes      the link's name
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS, STATUS_OBJECT_TYPE_MISMATCH or the results of a name look-up.
 * Source: Windows driver documentation, ZwOpenSymbolicLinkObject.
 */
NTSTATUS NTAPI NtOpenSymbolicLinkObject(PHANDLE handle, ACCESS_MASK desired_access,
                                        POBJECT_ATTRIBUTES attributes)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    HANDLE opened;
    NTSTATUS status = ob_probe_handle(handle, mode);

    if (!NT_SUCCESS(status))
        return status;
    status = ObOpenObjectByName(attributes, ob_state.link_type, mode, NULL, desired_access, NULL,
                                &opened);
    return NT_SUCCESS(status) ? ob_write_handle(handle, opened, mode) : status;
}
NT_SERVICE(OpenSymbolicLinkObject, 3, PASSIVE_LEVEL, "pup");

/* A counted string to its caller; the NUL that fits is a courtesy. */
static NTSTATUS copy_target(PCUNICODE_STRING target, PUNICODE_STRING destination,
                            PULONG returned_length, KPROCESSOR_MODE mode)
{
    NTSTATUS status = STATUS_SUCCESS;

    __try {
        UNICODE_STRING captured;

        if (mode != KernelMode)
            ProbeForWrite(destination, sizeof(*destination), sizeof(WCHAR));
        captured = *destination;
        if (mode != KernelMode)
            ProbeForWrite(captured.Buffer, captured.MaximumLength, sizeof(WCHAR));
        if (mode != KernelMode && returned_length)
            ProbeForWrite(returned_length, sizeof(ULONG), sizeof(ULONG));
        if (captured.MaximumLength >= target->Length) {
            RtlCopyMemory(captured.Buffer, target->Buffer, target->Length);
            if (captured.MaximumLength >= target->Length + sizeof(WCHAR))
                captured.Buffer[target->Length / sizeof(WCHAR)] = 0;
            destination->Length = target->Length;
        } else {
            status = STATUS_BUFFER_TOO_SMALL;
        }
        if (returned_length)
            *returned_length = target->Length + sizeof(WCHAR);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

NTSTATUS NTAPI NtQuerySymbolicLinkObject(HANDLE handle, PUNICODE_STRING target,
                                         PULONG returned_length);

/*
 * Read the target of a symbolic link.
 *
 * @param handle           opened with SYMBOLIC_LINK_QUERY
 * @param target           its buffer receives the path; Length is set
 * @param returned_length  NULL or receives the bytes that the path and a NUL take
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL; the results of ObReferenceObjectByHandle.
 * Source: Windows driver documentation, ZwQuerySymbolicLinkObject.
 */
NTSTATUS NTAPI NtQuerySymbolicLinkObject(HANDLE handle, PUNICODE_STRING target,
                                         PULONG returned_length)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct _OBJECT_SYMBOLIC_LINK *link;
    NTSTATUS status;

    status = ObReferenceObjectByHandle(handle, SYMBOLIC_LINK_QUERY, ob_state.link_type, mode,
                                       (PVOID *)&link, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = copy_target(&link->LinkTarget, target, returned_length, mode);
    ob_dereference(link);
    return status;
}
NT_SERVICE(QuerySymbolicLinkObject, 3, PASSIVE_LEVEL, "hUp");
