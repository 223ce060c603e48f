/*
 * Names of the volume: from FILE_OBJECT.FileName to a path, and to what the host understands.
 *
 * A path starts with a backslash, has no empty, "." or ".." part and no trailing backslash; the
 * volume itself has the empty path. Alternate data streams do not exist, so a colon is an error.
 */
#include "fs/fs_internal.h"
#include "kd/kd.h"

#define PART_CHARACTERS 255

NTSTATUS fs_status_of(LONGLONG host_error)
{
    switch (host_error) {
    case MACHINE_FILE_NOT_FOUND:
        return STATUS_OBJECT_NAME_NOT_FOUND;
    case MACHINE_FILE_PATH_NOT_FOUND:
        return STATUS_OBJECT_PATH_NOT_FOUND;
    case MACHINE_FILE_EXISTS:
        return STATUS_OBJECT_NAME_COLLISION;
    case MACHINE_FILE_DENIED:
        return STATUS_ACCESS_DENIED;
    case MACHINE_FILE_IS_DIRECTORY:
        return STATUS_FILE_IS_A_DIRECTORY;
    case MACHINE_FILE_NOT_DIRECTORY:
        return STATUS_NOT_A_DIRECTORY;
    case MACHINE_FILE_NO_SPACE:
        return STATUS_DISK_FULL;
    case MACHINE_FILE_NOT_EMPTY:
        return STATUS_DIRECTORY_NOT_EMPTY;
    case MACHINE_FILE_NO_DRIVE:
        return STATUS_MEDIA_WRITE_PROTECTED; /* only the overlay is there, and it is read-only */
    default:
        return host_error < 0 ? STATUS_IO_DEVICE_ERROR : STATUS_SUCCESS;
    }
}

static BOOLEAN is_valid_part(const WCHAR *part, ULONG length)
{
    if (length == 0 || length > PART_CHARACTERS)
        return FALSE;
    if (part[0] == L'.' && (length == 1 || (length == 2 && part[1] == L'.')))
        return FALSE;
    for (ULONG i = 0; i < length; i++) {
        if (part[i] < 0x20 || wcschr(L"\"*/:<>?|", part[i]))
            return FALSE;
    }
    return TRUE;
}

static BOOLEAN are_valid_parts(PCUNICODE_STRING path)
{
    const WCHAR *at = path->Buffer, *end = at + path->Length / sizeof(WCHAR);

    while (at < end) {
        const WCHAR *part = ++at;

        while (at < end && *at != L'\\')
            at++;
        if (!is_valid_part(part, (ULONG)(at - part)))
            return FALSE;
    }
    return TRUE;
}

NTSTATUS fs_path_make(const struct fs_node *related, PCUNICODE_STRING name,
                      WCHAR buffer[FS_PATH_CHARACTERS], PUNICODE_STRING path,
                      BOOLEAN *must_be_directory)
{
    BOOLEAN absolute = name->Length && name->Buffer[0] == L'\\';

    *path = (UNICODE_STRING){.MaximumLength = FS_PATH_CHARACTERS * sizeof(WCHAR), .Buffer = buffer};
    *must_be_directory = FALSE;
    if (related) {
        if (absolute)
            return STATUS_OBJECT_NAME_INVALID;
        if (related->path.Length > sizeof(WCHAR) || name->Length == 0)
            RtlCopyUnicodeString(path, &related->path);
        if (name->Length)
            RtlAppendUnicodeToString(path, L"\\");
    } else if (name->Length && !absolute) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    if (!NT_SUCCESS(RtlAppendUnicodeStringToString(path, name)))
        return STATUS_OBJECT_NAME_INVALID;
    if (path->Length <= sizeof(WCHAR))
        return STATUS_SUCCESS;
    if (path->Buffer[path->Length / sizeof(WCHAR) - 1] == L'\\') {
        *must_be_directory = TRUE;
        path->Length -= sizeof(WCHAR);
    }
    return are_valid_parts(path) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
}

void fs_path_to_host(PCUNICODE_STRING path, char text[FS_PATH_BYTES])
{
    kd_to_utf8(path, text, FS_PATH_BYTES);
}

void fs_path_split(PCUNICODE_STRING path, PUNICODE_STRING parent, PUNICODE_STRING name)
{
    USHORT at = path->Length / sizeof(WCHAR);

    while (at > 0 && path->Buffer[at - 1] != L'\\')
        at--;
    *name = (UNICODE_STRING){.Buffer = path->Buffer + at,
                             .Length = (USHORT)(path->Length - at * sizeof(WCHAR))};
    name->MaximumLength = name->Length;
    if (at > 1)
        at--; /* the backslash between them; the root keeps its own */
    *parent = (UNICODE_STRING){.Buffer = path->Buffer, .Length = (USHORT)(at * sizeof(WCHAR))};
    parent->MaximumLength = parent->Length;
}
