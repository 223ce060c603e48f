/*
 * DOS paths: full names, the current directory, and their NT form.
 *
 *   C:\dir\file  C:file  \dir  dir\file   →  \??\C:\dir\file
 *   \\.\Name     \\?\C:\long              →  \??\Name, \??\C:\long (taken literally)
 *   \\server\share                        →  \??\UNC\server\share
 *   NUL  COM1  CON  CONIN$ …              →  \??\NUL …
 * Sizes are in bytes where the NT routine has bytes. Source: Win32 documentation, "Naming Files,
 * Paths, and Namespaces".
 */
#include "ntdll_internal.h"

static bool is_separator(WCHAR character)
{
    return character == L'\\' || character == L'/';
}

/* How a DOS path begins. */
enum path_kind {
    PATH_RELATIVE,       /* dir\file */
    PATH_ROOTED,         /* \dir\file */
    PATH_DRIVE_RELATIVE, /* C:file */
    PATH_DRIVE,          /* C:\file */
    PATH_UNC,            /* \\server\share */
    PATH_DEVICE,         /* \\.\Name or \\?\Name */
};

static enum path_kind kind_of(PCWSTR path)
{
    if (is_separator(path[0])) {
        if (!is_separator(path[1]))
            return PATH_ROOTED;
        if ((path[2] == L'.' || path[2] == L'?') && (is_separator(path[3]) || path[3] == 0))
            return PATH_DEVICE;
        return PATH_UNC;
    }
    if (path[0] != 0 && path[1] == L':')
        return is_separator(path[2]) ? PATH_DRIVE : PATH_DRIVE_RELATIVE;
    return PATH_RELATIVE;
}

/* Does `name` of `length` characters spell the device `device` (which may end in a digit 1-9)? */
static bool names_device(PCWSTR name, size_t length, const WCHAR *device, bool numbered)
{
    size_t wanted = wcslen(device);

    if (length != wanted + numbered || _wcsnicmp(name, device, wanted) != 0)
        return false;
    return !numbered || (name[wanted] >= L'1' && name[wanted] <= L'9');
}

/*
 * Is a path the name of a DOS device (NUL, CON, COM1 …)?
 * IRQL: PASSIVE_LEVEL.
 * Returns: 0, or the position of the name (high word) and its length (low word), in bytes.
 */
ULONG NTAPI RtlIsDosDeviceName_U(PCWSTR path)
{
    static const WCHAR *const plain[] = {L"NUL", L"CON", L"AUX", L"PRN", L"CONIN$", L"CONOUT$"};
    size_t length = wcslen(path);

    while (length > 0 && (path[length - 1] == L' ' || path[length - 1] == L':'))
        length--;
    if (length < 3 || length > 7)
        return 0;
    for (size_t i = 0; i < ARRAY_COUNT(plain); i++) {
        if (names_device(path, length, plain[i], false))
            return (ULONG)(length * sizeof(WCHAR));
    }
    if (names_device(path, length, L"COM", true) || names_device(path, length, L"LPT", true))
        return (ULONG)(length * sizeof(WCHAR));
    return 0;
}
NT_EXPORT(RtlIsDosDeviceName_U, 0, "w");

/* A path that is being put together. Past the end only `length` grows. */
struct path_builder {
    WCHAR *buffer;
    size_t size;   /* characters, with the terminating zero */
    size_t length; /* characters */
    size_t root;   /* ".." never removes what is before this */
};

static void add_character(struct path_builder *builder, WCHAR character)
{
    if (builder->length + 1 < builder->size)
        builder->buffer[builder->length] = character;
    builder->length++;
}

static void add_characters(struct path_builder *builder, PCWSTR text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        add_character(builder, text[i]);
}

static void remove_last_part(struct path_builder *builder)
{
    if (builder->length > builder->root)
        builder->length--; /* the separator that ends the previous part */
    while (builder->length > builder->root && builder->length <= builder->size &&
           builder->buffer[builder->length - 1] != L'\\')
        builder->length--;
}

/* Adds the parts of `path`, resolving "." and "..", without trailing dots and blanks. */
static void add_parts(struct path_builder *builder, PCWSTR path)
{
    while (*path != 0) {
        size_t length = 0;

        while (is_separator(*path))
            path++;
        while (path[length] != 0 && !is_separator(path[length]))
            length++;
        bool last = path[length] == 0;

        if (length == 2 && path[0] == L'.' && path[1] == L'.') {
            remove_last_part(builder);
        } else if (length > 0 && !(length == 1 && path[0] == L'.')) {
            size_t kept = length;

            while (last && kept > 0 && (path[kept - 1] == L'.' || path[kept - 1] == L' '))
                kept--;
            add_characters(builder, path, kept);
            if (!last)
                add_character(builder, L'\\');
        }
        path += length;
    }
}

/* \\server\share\ is a root too. Returns: what follows it in the path. */
static PCWSTR add_share(struct path_builder *builder, PCWSTR path)
{
    add_characters(builder, L"\\\\", 2);
    for (int part = 0; part < 2 && *path != 0; part++) {
        while (*path != 0 && !is_separator(*path))
            add_character(builder, *path++);
        if (is_separator(*path)) {
            add_character(builder, L'\\');
            path++;
        }
    }
    builder->root = builder->length;
    return path;
}

/* The root that a path starts from, and where its parts begin. */
static PCWSTR add_root(struct path_builder *builder, PCWSTR path)
{
    const UNICODE_STRING *current = &user_peb()->ProcessParameters->CurrentDirectory.DosPath;
    size_t current_length = current->Length / sizeof(WCHAR);

    builder->root = 3;
    switch (kind_of(path)) {
    case PATH_DEVICE:
        add_characters(builder, L"\\\\", 2);
        add_character(builder, path[2]);
        add_character(builder, L'\\');
        builder->root = 4;
        return path + (path[3] == 0 ? 3 : 4);
    case PATH_UNC:
        return add_share(builder, path + 2);
    case PATH_DRIVE:
        add_character(builder, path[0]);
        add_characters(builder, L":\\", 2);
        return path + 3;
    case PATH_DRIVE_RELATIVE:
        if (current_length == 0 ||
            RtlUpcaseUnicodeChar(path[0]) != RtlUpcaseUnicodeChar(current->Buffer[0])) {
            add_character(builder, path[0]);
            add_characters(builder, L":\\", 2);
        } else {
            add_characters(builder, current->Buffer, current_length);
        }
        return path + 2;
    case PATH_ROOTED:
        add_characters(builder, current->Buffer, current_length < 2 ? 0 : 2);
        add_character(builder, L'\\');
        return path + 1;
    default:
        add_characters(builder, current->Buffer, current_length);
        return path;
    }
}

/*
 * The full path of a DOS path.
 * @param size       of `buffer`, in bytes
 * @param file_part  receives where the last part begins, or NULL if the path ends in a separator
 * IRQL: PASSIVE_LEVEL.
 * Returns: its length in bytes without the terminating zero; the bytes needed with it when the
 * buffer is too small; 0 for an empty path.
 */
ULONG NTAPI RtlGetFullPathName_U(PCWSTR path, ULONG size, PWSTR buffer, PWSTR *file_part)
{
    struct path_builder builder = {buffer, size / sizeof(WCHAR), 0, 0};
    ULONG device = path != NULL ? RtlIsDosDeviceName_U(path) : 0;

    if (file_part != NULL)
        *file_part = NULL;
    if (path == NULL || path[0] == 0)
        return 0;
    if (device != 0) {
        add_characters(&builder, L"\\\\.\\", 4);
        add_characters(&builder, path, device / sizeof(WCHAR));
    } else {
        RtlAcquirePebLock();
        add_parts(&builder, add_root(&builder, path));
        RtlReleasePebLock();
    }
    if (builder.length + 1 > builder.size)
        return (ULONG)((builder.length + 1) * sizeof(WCHAR));
    buffer[builder.length] = 0;
    size_t start = builder.length;

    while (start > 0 && buffer[start - 1] != L'\\')
        start--;
    if (file_part != NULL && start < builder.length)
        *file_part = buffer + start;
    return (ULONG)(builder.length * sizeof(WCHAR));
}
NT_EXPORT(RtlGetFullPathName_U, 0, "wupp");

/* The NT form of a full path, in memory that RtlFreeUnicodeString frees. */
static NTSTATUS make_nt_path(PCWSTR full, PUNICODE_STRING nt_path)
{
    PCWSTR prefix = L"\\??\\";

    switch (kind_of(full)) {
    case PATH_DEVICE:
        full += full[3] == 0 ? 3 : 4;
        break;
    case PATH_UNC:
        prefix = L"\\??\\UNC\\";
        full += 2;
        break;
    default:
        break;
    }
    size_t prefix_length = wcslen(prefix);
    size_t length = prefix_length + wcslen(full);

    if (length > 0x7FFE)
        return STATUS_NAME_TOO_LONG;
    WCHAR *buffer = RtlAllocateHeap(user_peb()->ProcessHeap, 0, (length + 1) * sizeof(WCHAR));

    if (buffer == NULL)
        return STATUS_NO_MEMORY;
    memcpy(buffer, prefix, prefix_length * sizeof(WCHAR));
    memcpy(buffer + prefix_length, full, (length - prefix_length + 1) * sizeof(WCHAR));
    *nt_path = (UNICODE_STRING){(USHORT)(length * sizeof(WCHAR)),
                                (USHORT)((length + 1) * sizeof(WCHAR)), buffer};
    return STATUS_SUCCESS;
}

/*
 * The NT path of a DOS path.
 * @param nt_path    receives it; free with RtlFreeUnicodeString
 * @param file_part  receives where its last part begins; may be NULL
 * @param relative   receives an empty relative name; may be NULL
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_OBJECT_NAME_INVALID; STATUS_NAME_TOO_LONG; STATUS_NO_MEMORY.
 */
NTSTATUS NTAPI RtlDosPathNameToNtPathName_U_WithStatus(PCWSTR path, PUNICODE_STRING nt_path,
                                                       PWSTR *file_part, PVOID relative)
{
    WCHAR full[1024];
    NTSTATUS status;

    if (path == NULL || path[0] == 0)
        return STATUS_OBJECT_NAME_INVALID;
    if (wcsncmp(path, L"\\\\?\\", 4) == 0) { /* literal: neither parsed nor limited */
        status = make_nt_path(path, nt_path);
    } else {
        ULONG bytes = RtlGetFullPathName_U(path, sizeof(full), full, NULL);

        if (bytes == 0 || bytes >= sizeof(full))
            return bytes == 0 ? STATUS_OBJECT_NAME_INVALID : STATUS_NAME_TOO_LONG;
        status = make_nt_path(full, nt_path);
    }
    if (!NT_SUCCESS(status))
        return status;
    if (relative != NULL)
        memset(relative, 0, 32); /* RTL_RELATIVE_NAME_U */
    if (file_part != NULL) {
        size_t start = nt_path->Length / sizeof(WCHAR);

        while (start > 0 && nt_path->Buffer[start - 1] != L'\\')
            start--;
        *file_part = nt_path->Buffer[start] != 0 ? nt_path->Buffer + start : NULL;
    }
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlDosPathNameToNtPathName_U_WithStatus, 0, "wppp");

/* As RtlDosPathNameToNtPathName_U_WithStatus; returns whether it succeeded. */
BOOL NTAPI RtlDosPathNameToNtPathName_U(PCWSTR path, PUNICODE_STRING nt_path, PCWSTR *file_part,
                                        VOID *relative)
{
    return NT_SUCCESS(
        RtlDosPathNameToNtPathName_U_WithStatus(path, nt_path, (PWSTR *)file_part, relative));
}
NT_EXPORT(RtlDosPathNameToNtPathName_U, 0, "wppp");

/*
 * The current directory; a trailing backslash only for a root.
 * @param size  of `buffer`, in bytes
 * IRQL: PASSIVE_LEVEL. Returns: as RtlGetFullPathName_U.
 */
ULONG NTAPI RtlGetCurrentDirectory_U(ULONG size, PWSTR buffer)
{
    RtlAcquirePebLock();
    const UNICODE_STRING *current = &user_peb()->ProcessParameters->CurrentDirectory.DosPath;
    ULONG bytes = current->Length;

    if (bytes > 3 * sizeof(WCHAR) && current->Buffer[bytes / sizeof(WCHAR) - 1] == L'\\')
        bytes -= sizeof(WCHAR);
    if (bytes + sizeof(WCHAR) > size) {
        bytes += sizeof(WCHAR);
    } else {
        memcpy(buffer, current->Buffer, bytes);
        buffer[bytes / sizeof(WCHAR)] = 0;
    }
    RtlReleasePebLock();
    return bytes;
}
NT_EXPORT(RtlGetCurrentDirectory_U, 0, "up");

/* Is there a directory of that full path? */
static NTSTATUS check_directory(PCWSTR full)
{
    UNICODE_STRING nt_path;
    IO_STATUS_BLOCK io;
    HANDLE file;
    NTSTATUS status = make_nt_path(full, &nt_path);

    if (!NT_SUCCESS(status))
        return status;
    OBJECT_ATTRIBUTES attributes = user_attributes(&nt_path, NULL, OBJ_CASE_INSENSITIVE);

    status = NtOpenFile(&file, FILE_TRAVERSE | SYNCHRONIZE, &attributes, &io,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                        FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT);
    if (NT_SUCCESS(status))
        NtClose(file);
    RtlFreeHeap(user_peb()->ProcessHeap, 0, nt_path.Buffer);
    return status;
}

/*
 * Sets the current directory.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_NOT_A_DIRECTORY, STATUS_OBJECT_NAME_NOT_FOUND and so on.
 */
NTSTATUS NTAPI RtlSetCurrentDirectory_U(PUNICODE_STRING path)
{
    WCHAR copy[MAX_PATH], full[MAX_PATH + 2];

    if (path->Length + sizeof(WCHAR) > sizeof(copy))
        return STATUS_NAME_TOO_LONG;
    memcpy(copy, path->Buffer, path->Length);
    copy[path->Length / sizeof(WCHAR)] = 0;
    ULONG bytes = RtlGetFullPathName_U(copy, MAX_PATH * sizeof(WCHAR), full, NULL);

    if (bytes == 0 || bytes >= MAX_PATH * sizeof(WCHAR))
        return STATUS_OBJECT_NAME_INVALID;
    NTSTATUS status = check_directory(full);

    if (!NT_SUCCESS(status))
        return status;
    if (full[bytes / sizeof(WCHAR) - 1] != L'\\') {
        full[bytes / sizeof(WCHAR)] = L'\\';
        bytes += sizeof(WCHAR);
    }
    WCHAR *buffer = RtlAllocateHeap(user_peb()->ProcessHeap, 0, (MAX_PATH + 2) * sizeof(WCHAR));

    if (buffer == NULL)
        return STATUS_NO_MEMORY;
    memcpy(buffer, full, bytes);
    buffer[bytes / sizeof(WCHAR)] = 0;
    RtlAcquirePebLock();
    user_peb()->ProcessParameters->CurrentDirectory.DosPath =
        (UNICODE_STRING){(USHORT)bytes, (MAX_PATH + 2) * sizeof(WCHAR), buffer};
    RtlReleasePebLock();
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlSetCurrentDirectory_U, 0, "U");
