/*
 * The full name of an object: the components from the root down, each kept by its object; types
 * whose names go on beyond the namespace (files, keys) answer for themselves.
 */
#include "ob/ob_internal.h"

PCUNICODE_STRING ob_name_of(PVOID object)
{
    static const UNICODE_STRING none;
    struct _OBJECT_HEADER_NAME_INFO *name = ob_name_info(ob_header(object));

    return name ? &name->Name : &none;
}

/* Bytes of the path. */
static ULONG path_length(PVOID object)
{
    ULONG length = 0;

    while (object != ob_state.root) {
        struct _OBJECT_HEADER_NAME_INFO *name = ob_name_info(ob_header(object));

        length += sizeof(WCHAR) + name->Name.Length;
        object = name->Directory;
        if (!object)
            break;
    }
    return length ? length : sizeof(WCHAR);
}

/* Written backwards from `end`. An object taken out of its directory shows just its last part. */
static void write_path(PVOID object, WCHAR *end)
{
    if (object == ob_state.root)
        end[-1] = L'\\';
    while (object && object != ob_state.root) {
        struct _OBJECT_HEADER_NAME_INFO *name = ob_name_info(ob_header(object));

        end -= name->Name.Length / sizeof(WCHAR);
        RtlCopyMemory(end, name->Name.Buffer, name->Name.Length);
        *--end = L'\\';
        object = name->Directory;
    }
}

static NTSTATUS write_empty(POBJECT_NAME_INFORMATION information, ULONG length,
                            PULONG return_length)
{
    *return_length = sizeof(*information);
    if (length < sizeof(*information))
        return STATUS_INFO_LENGTH_MISMATCH;
    RtlZeroMemory(information, sizeof(*information));
    return STATUS_SUCCESS;
}

NTSTATUS ob_query_name(PVOID object, POBJECT_NAME_INFORMATION information, ULONG length,
                       PULONG return_length, KPROCESSOR_MODE mode)
{
    struct _OBJECT_HEADER *header = ob_header(object);
    struct _OBJECT_HEADER_NAME_INFO *name = ob_name_info(header);
    ob_query_name_procedure *query = ob_header_type(header)->TypeInfo.QueryNameProcedure;
    BOOLEAN has_name = name && name->Name.Length;
    ULONG bytes;

    if (query)
        return query(object, has_name, information, length, return_length, mode);
    if (!has_name)
        return write_empty(information, length, return_length);
    bytes = path_length(object);
    *return_length = sizeof(*information) + bytes + sizeof(WCHAR);
    if (length < *return_length)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (bytes > UNICODE_STRING_MAX_BYTES - sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    information->Name.Buffer = (WCHAR *)(information + 1);
    information->Name.Length = (USHORT)bytes;
    information->Name.MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
    write_path(object, information->Name.Buffer + bytes / sizeof(WCHAR));
    information->Name.Buffer[bytes / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

/*
 * The full name of an object.
 *
 * @param object         the object
 * @param information    receives the string, whose buffer follows the structure; empty for an
 *                       unnamed object
 * @param length         bytes at `information`
 * @param return_length  receives the bytes that the answer takes, with a NUL
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INFO_LENGTH_MISMATCH; what the type's query-name procedure says.
 * Source: Windows driver documentation, ObQueryNameString.
 */
NTSTATUS NTAPI ObQueryNameString(PVOID object, POBJECT_NAME_INFORMATION information, ULONG length,
                                 PULONG return_length)
{
    return ob_query_name(object, information, length, return_length, KernelMode);
}
NT_EXPORT(ObQueryNameString, PASSIVE_LEVEL, "ppup");
