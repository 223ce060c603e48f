/*
 * The path walk: from a name to an object.
 *
 *     start ──► directory component ──► … ──► object found ──► no parse procedure: the end
 *       ▲                                          │
 *       └──── STATUS_REPARSE (name replaced) ◄── parse procedure ──► its object: the end
 *
 * The complete name lies in a struct ob_name. A parse procedure gets its UNICODE_STRING and may
 * replace it through ob_name_substitute before it returns STATUS_REPARSE; nothing of the walk
 * points into the name across that call. Every object that a call-out uses is referenced around it.
 */
#include "ob/ob_internal.h"

#define DOS_PREFIX_LENGTH (4 * sizeof(WCHAR)) /* "\??\" */

/*
 * Copy a caller's name. A NULL source or an empty string gives an empty name.
 * Returns STATUS_OBJECT_NAME_INVALID for an odd length, an exception code for a bad user pointer.
 */
NTSTATUS ob_name_capture(struct ob_name *name, PCUNICODE_STRING source, KPROCESSOR_MODE mode)
{
    UNICODE_STRING captured = {0};

    RtlInitEmptyUnicodeString(&name->string, name->inline_buffer, sizeof(name->inline_buffer));
    if (!source)
        return STATUS_SUCCESS;
    __try {
        if (mode != KernelMode)
            ProbeForRead((PVOID)source, sizeof(*source), sizeof(WCHAR));
        captured = *source;
        if (captured.Length & 1)
            return STATUS_OBJECT_NAME_INVALID;
        if (mode != KernelMode && captured.Length)
            ProbeForRead(captured.Buffer, captured.Length, sizeof(WCHAR));
        if (captured.Length > sizeof(name->inline_buffer)) {
            name->string.Buffer =
                ExAllocatePoolWithTag(NonPagedPoolNx, captured.Length, OB_TAG_NAME);
            if (!name->string.Buffer)
                return STATUS_INSUFFICIENT_RESOURCES;
            name->string.MaximumLength = captured.Length;
        }
        RtlCopyMemory(name->string.Buffer, captured.Buffer, captured.Length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        ob_name_free(name);
        return GetExceptionCode();
    }
    name->string.Length = captured.Length;
    return STATUS_SUCCESS;
}

void ob_name_free(struct ob_name *name)
{
    if (name->string.Buffer && name->string.Buffer != name->inline_buffer)
        ExFreePoolWithTag(name->string.Buffer, OB_TAG_NAME);
    name->string.Buffer = NULL;
}

/*
 * For parse procedures: make the complete name `prefix` + `remaining`, before STATUS_REPARSE.
 * `remaining` may lie inside the complete name; a doubled backslash at the seam becomes one.
 * Returns STATUS_NAME_TOO_LONG or STATUS_INSUFFICIENT_RESOURCES and then changes nothing.
 */
NTSTATUS ob_name_substitute(PUNICODE_STRING complete_name, PCUNICODE_STRING prefix,
                            PCUNICODE_STRING remaining)
{
    struct ob_name *name = CONTAINING_RECORD(complete_name, struct ob_name, string);
    ULONG prefix_length = prefix->Length, length;
    WCHAR *buffer;

    if (prefix_length && remaining->Length && remaining->Buffer[0] == L'\\' &&
        prefix->Buffer[prefix_length / sizeof(WCHAR) - 1] == L'\\')
        prefix_length -= sizeof(WCHAR);
    length = prefix_length + remaining->Length;
    if (length > UNICODE_STRING_MAX_BYTES)
        return STATUS_NAME_TOO_LONG;
    buffer = name->string.Buffer;
    if (length > name->string.MaximumLength) {
        buffer = ExAllocatePoolWithTag(NonPagedPoolNx, length, OB_TAG_NAME);
        if (!buffer)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlMoveMemory((UCHAR *)buffer + prefix_length, remaining->Buffer, remaining->Length);
    RtlCopyMemory(buffer, prefix->Buffer, prefix_length);
    if (buffer != name->string.Buffer) {
        ob_name_free(name);
        name->string.Buffer = buffer;
        name->string.MaximumLength = (USHORT)length;
    }
    name->string.Length = (USHORT)length;
    return STATUS_SUCCESS;
}

/* The walk in progress. */
struct position {
    struct ob_lookup *lookup;
    struct _OBJECT_DIRECTORY *directory; /* where the next component is looked up; referenced */
    UNICODE_STRING remaining;            /* points into the complete name */
    ULONG reparses;
    BOOLEAN relative; /* the first component has no leading backslash */
};

static void skip(PUNICODE_STRING string, USHORT bytes)
{
    string->Buffer += bytes / sizeof(WCHAR);
    string->Length -= bytes;
    string->MaximumLength = string->Length;
}

static void enter_directory(struct position *position, struct _OBJECT_DIRECTORY *directory)
{
    ob_reference(directory);
    if (position->directory)
        ob_dereference(position->directory);
    position->directory = directory;
}

static NTSTATUS call_parse(struct position *position, PVOID parse_object, PVOID *object)
{
    struct ob_lookup *lookup = position->lookup;
    NTSTATUS status;

    *object = NULL;
    ob_reference(parse_object);
    status = ob_type_of(parse_object)
                 ->TypeInfo.ParseProcedure(parse_object, lookup->type, lookup->access_state,
                                           lookup->mode, lookup->attributes, &lookup->name->string,
                                           &position->remaining, lookup->parse_context,
                                           lookup->security_qos, object);
    ob_dereference(parse_object);
    if (NT_SUCCESS(status) && status != STATUS_REPARSE && !*object)
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    return status;
}

/*
 * Begin at the root for the complete name. *object is set when the name is \ or \?? itself;
 * otherwise `remaining` is what to look up in `directory`.
 */
static NTSTATUS start_at_root(struct position *position, PVOID *object)
{
    static const UNICODE_STRING prefix = RTL_CONSTANT_STRING(L"\\??\\");
    UNICODE_STRING *name = &position->lookup->name->string;
    UNICODE_STRING head = *name;

    position->remaining = *name;
    position->relative = FALSE;
    if (name->Length == 0 || name->Buffer[0] != L'\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    enter_directory(position, ob_state.root);
    head.Length = (USHORT)min(name->Length, DOS_PREFIX_LENGTH);
    if (RtlEqualUnicodeString(&head, &prefix, FALSE)) {
        enter_directory(position, ob_state.dos_devices);
        skip(&position->remaining, DOS_PREFIX_LENGTH - sizeof(WCHAR));
    } else if (name->Length == DOS_PREFIX_LENGTH - sizeof(WCHAR) &&
               RtlPrefixUnicodeString(name, &prefix, FALSE)) {
        *object = ob_state.dos_devices;
    } else if (name->Length == sizeof(WCHAR)) {
        *object = ob_state.root;
    }
    if (*object && position->lookup->insert)
        return STATUS_OBJECT_NAME_COLLISION;
    if (*object)
        ob_reference(*object);
    return STATUS_SUCCESS;
}

/* Begin at the caller's root directory, which may be any object that can parse names. */
static NTSTATUS start_at_handle(struct position *position, PVOID *object)
{
    struct ob_lookup *lookup = position->lookup;
    UNICODE_STRING *name = &lookup->name->string;
    PVOID root;
    NTSTATUS status;

    status = ObReferenceObjectByHandle(lookup->root_directory, 0, NULL, lookup->handle_mode, &root,
                                       NULL);
    if (!NT_SUCCESS(status))
        return status;
    position->remaining = *name;
    position->relative = TRUE;
    if (name->Length && name->Buffer[0] == L'\\') {
        status = STATUS_OBJECT_PATH_SYNTAX_BAD;
    } else if (ob_type_of(root) == ob_state.directory_type) {
        enter_directory(position, root);
        if (name->Length == 0) {
            ob_reference(root);
            *object = root;
        }
    } else if (ob_type_of(root)->TypeInfo.ParseProcedure) {
        status = call_parse(position, root, object);
    } else {
        status = STATUS_INVALID_HANDLE;
    }
    ob_dereference(root);
    return status;
}

/* Cut the next component off `remaining`, which keeps its leading backslash. */
static NTSTATUS next_component(struct position *position, UNICODE_STRING *component)
{
    UNICODE_STRING *remaining = &position->remaining;
    USHORT length = 0;

    if (!position->relative)
        skip(remaining, sizeof(WCHAR));
    position->relative = FALSE;
    while (length < remaining->Length && remaining->Buffer[length / sizeof(WCHAR)] != L'\\')
        length += sizeof(WCHAR);
    *component = *remaining;
    component->Length = component->MaximumLength = length;
    skip(remaining, length);
    return length ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
}

/* Enter the new object under its last component, which becomes the name that it keeps. */
static NTSTATUS insert_here(struct position *position, PCUNICODE_STRING component)
{
    struct ob_lookup *lookup = position->lookup;
    struct _OBJECT_HEADER_NAME_INFO *name = ob_name_info(ob_header(lookup->insert));
    BOOLEAN is_directory = ob_type_of(lookup->insert) == ob_state.directory_type;
    NTSTATUS status;
    WCHAR *buffer;

    status = ob_access_probe(position->directory,
                             is_directory ? DIRECTORY_CREATE_SUBDIRECTORY : DIRECTORY_CREATE_OBJECT,
                             lookup->access_state, lookup->mode);
    if (!NT_SUCCESS(status))
        return status;
    buffer = ExAllocatePoolWithTag(NonPagedPoolNx, component->Length, OB_TAG_NAME);
    if (!buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(buffer, component->Buffer, component->Length);
    ExFreePoolWithTag(name->Name.Buffer, OB_TAG_NAME);
    name->Name.Buffer = buffer;
    name->Name.Length = name->Name.MaximumLength = component->Length;
    return ob_directory_insert(position->directory, lookup->insert);
}

/* One step down from a directory. STATUS_MORE_ENTRIES: the walk has further to go. */
static NTSTATUS step(struct position *position, PVOID *object)
{
    struct ob_lookup *lookup = position->lookup;
    UNICODE_STRING component;
    PVOID found;
    NTSTATUS status = next_component(position, &component);

    if (!NT_SUCCESS(status))
        return status;
    found = ob_directory_find(position->directory, &component, lookup->attributes);
    if (!found) {
        if (position->remaining.Length)
            return STATUS_OBJECT_PATH_NOT_FOUND;
        if (!lookup->insert)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        status = insert_here(position, &component);
        found = lookup->insert;
    } else if (ob_type_of(found)->TypeInfo.ParseProcedure &&
               (!lookup->insert || ob_type_of(found) == ob_state.link_type)) {
        return call_parse(position, found, object);
    } else if (position->remaining.Length) {
        if (ob_type_of(found) != ob_state.directory_type)
            return STATUS_OBJECT_TYPE_MISMATCH;
        status = ob_access_probe(found, DIRECTORY_TRAVERSE, lookup->access_state, lookup->mode);
        if (!NT_SUCCESS(status))
            return status;
        enter_directory(position, found);
        return STATUS_MORE_ENTRIES;
    }
    if (NT_SUCCESS(status)) {
        ob_reference(found);
        *object = found;
    }
    return status;
}

static NTSTATUS walk(struct position *position, PVOID *object)
{
    NTSTATUS status;

    if (position->lookup->root_directory)
        status = start_at_handle(position, object);
    else
        status = start_at_root(position, object);
    for (;;) {
        while (NT_SUCCESS(status) && status != STATUS_REPARSE && !*object)
            status = step(position, object);
        if (status != STATUS_REPARSE)
            return status;
        if (++position->reparses > OB_MAXIMUM_REPARSES)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        status = start_at_root(position, object);
    }
}

NTSTATUS ob_lookup(struct ob_lookup *lookup, PVOID *object)
{
    struct position position = {.lookup = lookup};
    PVOID found = NULL;
    NTSTATUS status = walk(&position, &found);

    if (position.directory)
        ob_dereference(position.directory);
    if (!NT_SUCCESS(status)) {
        if (found)
            ob_dereference(found);
        return status;
    }
    *object = found;
    return STATUS_SUCCESS;
}
