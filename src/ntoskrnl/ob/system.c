/*
 * Services of ob that have no home with one object: directories, handle attributes, comparison; and
 * the helpers by which all services of ob write results to memory that may be a user's.
 */
#include "ob/ob_internal.h"

NTSTATUS ob_probe_handle(PHANDLE destination, KPROCESSOR_MODE mode)
{
    if (mode == KernelMode)
        return STATUS_SUCCESS;
    __try {
        ProbeForWrite(destination, sizeof(HANDLE), sizeof(ULONG));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/* As on NT, a handle that cannot be told to its caller stays open. */
NTSTATUS ob_write_handle(PHANDLE destination, HANDLE value, KPROCESSOR_MODE mode)
{
    (void)mode;
    __try {
        *destination = value;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/* ---- directories ---- */

NTSTATUS NTAPI NtCreateDirectoryObjectEx(PHANDLE handle, ACCESS_MASK desired_access,
                                         POBJECT_ATTRIBUTES attributes, HANDLE shadow, ULONG flags);
NTSTATUS NTAPI ZwCreateDirectoryObjectEx(PHANDLE handle, ACCESS_MASK desired_access,
                                         POBJECT_ATTRIBUTES attributes, HANDLE shadow, ULONG flags);
NTSTATUS NTAPI NtCreateDirectoryObject(PHANDLE handle, ACCESS_MASK desired_access,
                                       POBJECT_ATTRIBUTES attributes);

/*
 * Create a directory of the object namespace.
 *
 * @param handle          receives the handle
 * @param desired_access  DIRECTORY_…
 * @param attributes      the name; OBJ_OPENIF opens an existing one
 * @param shadow          a directory that look-ups fall back to
 * @param flags           none is supported
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_OBJECT_NAME_EXISTS; STATUS_OBJECT_NAME_COLLISION; the results of
 * a name look-up. Differs from NT: shadow directories are not implemented and stop the machine.
 * Source: Windows driver documentation, ZwCreateDirectoryObject.
 */
NTSTATUS NTAPI NtCreateDirectoryObjectEx(PHANDLE handle, ACCESS_MASK desired_access,
                                         POBJECT_ATTRIBUTES attributes, HANDLE shadow, ULONG flags)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    PVOID directory;
    HANDLE created;
    NTSTATUS status = ob_probe_handle(handle, mode);

    if (shadow || flags)
        NOT_IMPLEMENTED("shadow directories");
    if (!NT_SUCCESS(status))
        return status;
    status = ObCreateObject(mode, ob_state.directory_type, attributes, mode, NULL,
                            sizeof(struct _OBJECT_DIRECTORY), 0, 0, &directory);
    if (!NT_SUCCESS(status))
        return status;
    status = ObInsertObject(directory, NULL, desired_access, 0, NULL, &created);
    if (NT_SUCCESS(status)) {
        NTSTATUS write_status = ob_write_handle(handle, created, mode);

        if (!NT_SUCCESS(write_status))
            status = write_status;
    }
    return status;
}
NT_SERVICE(CreateDirectoryObjectEx, 5, PASSIVE_LEVEL, "puphu");

/*
 * As NtCreateDirectoryObjectEx without its additions.
 *
 * @param handle          receives the handle
 * @param desired_access  DIRECTORY_…
 * @param attributes      the name
 * IRQL: PASSIVE_LEVEL.
 * Returns: as NtCreateDirectoryObjectEx.
 * Source: Windows driver documentation, ZwCreateDirectoryObject.
 */
NTSTATUS NTAPI NtCreateDirectoryObject(PHANDLE handle, ACCESS_MASK desired_access,
                                       POBJECT_ATTRIBUTES attributes)
{
    return NtCreateDirectoryObjectEx(handle, desired_access, attributes, NULL, 0);
}
NT_SERVICE(CreateDirectoryObject, 3, PASSIVE_LEVEL, "pup");

NTSTATUS NTAPI NtOpenDirectoryObject(PHANDLE handle, ACCESS_MASK desired_access,
                                     POBJECT_ATTRIBUTES attributes);

/*
 * Open a directory of the object namespace.
 *
 * @param handle          receives the handle
 * @param desired_access  DIRECTORY_…
 * @param attributes      the name
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_OBJECT_TYPE_MISMATCH; the results of a name look-up.
 * Source: Windows driver documentation, ZwOpenDirectoryObject.
 */
NTSTATUS NTAPI NtOpenDirectoryObject(PHANDLE handle, ACCESS_MASK desired_access,
                                     POBJECT_ATTRIBUTES attributes)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    HANDLE opened;
    NTSTATUS status = ob_probe_handle(handle, mode);

    if (!NT_SUCCESS(status))
        return status;
    status = ObOpenObjectByName(attributes, ob_state.directory_type, mode, NULL, desired_access,
                                NULL, &opened);
    return NT_SUCCESS(status) ? ob_write_handle(handle, opened, mode) : status;
}
NT_SERVICE(OpenDirectoryObject, 3, PASSIVE_LEVEL, "pup");

/* As winternl.h and the native API know it: two strings, an empty one ends the list. */
struct _OBJECT_DIRECTORY_INFORMATION {
    UNICODE_STRING Name;
    UNICODE_STRING TypeName;
};

/* The listing under way: records grow from the front, their texts follow the last record. */
struct listing {
    ULONG index;  /* of the next entry in the directory */
    ULONG skip;   /* entries to pass over */
    ULONG count;  /* entries that fit */
    ULONG limit;  /* entries to take at most */
    ULONG length; /* bytes of the caller's buffer */
    ULONG needed; /* bytes used, with the ending record */
    BOOLEAN full; /* an entry did not fit */
    PVOID objects[256];
};

static ULONG record_size(PVOID object)
{
    return sizeof(struct _OBJECT_DIRECTORY_INFORMATION) + ob_name_of(object)->Length +
           ob_type_name(ob_type_of(object))->Length + 2 * sizeof(WCHAR);
}

/* Choose the entries; nothing here waits, so the directory stays as it is until they are copied. */
static void choose(struct _OBJECT_DIRECTORY *directory, struct listing *listing)
{
    listing->needed = sizeof(struct _OBJECT_DIRECTORY_INFORMATION);
    for (ULONG bucket = 0; bucket < OB_DIRECTORY_BUCKETS; bucket++) {
        struct _OBJECT_DIRECTORY_ENTRY *entry = directory->HashBuckets[bucket];

        for (; entry; entry = entry->ChainLink) {
            ULONG size = record_size(entry->Object);

            if (listing->index++ < listing->skip)
                continue;
            if (listing->needed + size > listing->length || listing->count == listing->limit) {
                listing->full = TRUE;
                if (listing->count == 0)
                    listing->needed += size;
                return;
            }
            listing->needed += size;
            listing->objects[listing->count++] = entry->Object;
        }
    }
}

/* A NUL-terminated copy at *text, of which `string` tells the address that it has for the caller.
 */
static void write_string(PUNICODE_STRING string, PCUNICODE_STRING source, WCHAR **text)
{
    RtlCopyMemory(*text, source->Buffer, source->Length);
    (*text)[source->Length / sizeof(WCHAR)] = 0;
    string->Buffer = *text;
    string->Length = source->Length;
    string->MaximumLength = (USHORT)(source->Length + sizeof(WCHAR));
    *text += source->Length / sizeof(WCHAR) + 1;
}

static void write_records(const struct listing *listing,
                          struct _OBJECT_DIRECTORY_INFORMATION *records)
{
    WCHAR *text = (WCHAR *)(records + listing->count + 1);

    RtlZeroMemory(&records[listing->count], sizeof(records[0]));
    for (ULONG i = 0; i < listing->count; i++) {
        PVOID object = listing->objects[i];

        write_string(&records[i].Name, ob_name_of(object), &text);
        write_string(&records[i].TypeName, ob_type_name(ob_type_of(object)), &text);
    }
}

static NTSTATUS list_directory(struct _OBJECT_DIRECTORY *directory, PVOID buffer,
                               struct listing *listing, PULONG context, PULONG return_length)
{
    BOOLEAN single = listing->limit == 1;

    choose(directory, listing);
    if (return_length)
        *return_length = listing->needed;
    if (listing->count == 0)
        return listing->full ? STATUS_BUFFER_TOO_SMALL : STATUS_NO_MORE_ENTRIES;
    write_records(listing, buffer);
    *context = listing->skip + listing->count;
    return listing->full && !single ? STATUS_MORE_ENTRIES : STATUS_SUCCESS;
}

NTSTATUS NTAPI NtQueryDirectoryObject(HANDLE handle, PVOID buffer, ULONG length, BOOLEAN single,
                                      BOOLEAN restart, PULONG context, PULONG return_length);

/*
 * List a directory of the object namespace.
 *
 * @param handle         opened with DIRECTORY_QUERY
 * @param buffer         receives OBJECT_DIRECTORY_INFORMATION records, ended by an empty one
 * @param length         bytes there
 * @param single         TRUE: one entry only
 * @param restart        TRUE: from the first entry; *context is not read
 * @param context        where the listing stands; updated
 * @param return_length  NULL or receives the bytes used, or needed for the next entry
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_MORE_ENTRIES; STATUS_NO_MORE_ENTRIES; STATUS_BUFFER_TOO_SMALL.
 * Source: Windows driver documentation, NtQueryDirectoryObject.
 */
NTSTATUS NTAPI NtQueryDirectoryObject(HANDLE handle, PVOID buffer, ULONG length, BOOLEAN single,
                                      BOOLEAN restart, PULONG context, PULONG return_length)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct _OBJECT_DIRECTORY *directory;
    struct listing *listing;
    NTSTATUS status;

    status = ObReferenceObjectByHandle(handle, DIRECTORY_QUERY, ob_state.directory_type, mode,
                                       (PVOID *)&directory, NULL);
    if (!NT_SUCCESS(status))
        return status;
    listing = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*listing), OB_TAG_QUERY);
    if (!listing) {
        ob_dereference(directory);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(listing, sizeof(*listing));
    listing->length = length;
    listing->limit = single ? 1 : ARRAY_COUNT(listing->objects);
    __try {
        if (mode != KernelMode) {
            ProbeForWrite(buffer, length, sizeof(WCHAR));
            ProbeForWrite(context, sizeof(ULONG), sizeof(ULONG));
            if (return_length)
                ProbeForWrite(return_length, sizeof(ULONG), sizeof(ULONG));
        }
        listing->skip = restart ? 0 : *context;
        status = list_directory(directory, buffer, listing, context, return_length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    ExFreePoolWithTag(listing, OB_TAG_QUERY);
    ob_dereference(directory);
    return status;
}
NT_SERVICE(QueryDirectoryObject, 7, PASSIVE_LEVEL, "hpubbpp");

/* ---- handles ---- */

NTSTATUS NTAPI NtSetInformationObject(HANDLE handle, OBJECT_INFORMATION_CLASS class,
                                      PVOID information, ULONG length);
NTSTATUS NTAPI ZwSetInformationObject(HANDLE handle, OBJECT_INFORMATION_CLASS class,
                                      PVOID information, ULONG length);

/*
 * Set the flags of a handle: inheritable, protected from being closed.
 *
 * @param handle       the handle
 * @param class        ObjectHandleFlagInformation
 * @param information  OBJECT_HANDLE_FLAG_INFORMATION
 * @param length       bytes there
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_INFO_CLASS; STATUS_INFO_LENGTH_MISMATCH;
 *          STATUS_INVALID_HANDLE.
 * Source: behaviour of SetHandleInformation (Windows API documentation).
 */
NTSTATUS NTAPI NtSetInformationObject(HANDLE handle, OBJECT_INFORMATION_CLASS class,
                                      PVOID information, ULONG length)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct _OBJECT_HANDLE_FLAG_INFORMATION flags;

    if (class != ObjectHandleFlagInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (length != sizeof(flags))
        return STATUS_INFO_LENGTH_MISMATCH;
    __try {
        if (mode != KernelMode)
            ProbeForRead(information, sizeof(flags), 1);
        flags = *(struct _OBJECT_HANDLE_FLAG_INFORMATION *)information;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return ObSetHandleAttributes(handle, &flags, mode);
}
NT_SERVICE(SetInformationObject, 4, PASSIVE_LEVEL, "hupu");

NTSTATUS NTAPI NtCompareObjects(HANDLE first, HANDLE second);
NTSTATUS NTAPI ZwCompareObjects(HANDLE first, HANDLE second);

/*
 * Do two handles refer to the same object?
 *
 * @param first   a handle, any access
 * @param second  another
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS when they do; STATUS_NOT_SAME_OBJECT; STATUS_INVALID_HANDLE.
 * Source: behaviour of CompareObjectHandles (Windows API documentation).
 */
NTSTATUS NTAPI NtCompareObjects(HANDLE first, HANDLE second)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    PVOID first_object, second_object;
    NTSTATUS status = ObReferenceObjectByHandle(first, 0, NULL, mode, &first_object, NULL);

    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(second, 0, NULL, mode, &second_object, NULL);
    if (NT_SUCCESS(status)) {
        status = first_object == second_object ? STATUS_SUCCESS : STATUS_NOT_SAME_OBJECT;
        ob_dereference(second_object);
    }
    ob_dereference(first_object);
    return status;
}
NT_SERVICE(CompareObjects, 2, PASSIVE_LEVEL, "hh");
