/*
 * Names of devices: the symbolic links in \??, drives, volumes. The only drive is the folder that
 * the user gave as C:. See kernel32.h.
 */
#include "kernel32.h"

#define DIRECTORY_QUERY_ACCESS 3 /* query, traverse */
#define LINK_ALL_ACCESS 0xF0001

static WCHAR dos_devices_text[] = L"\\??";

static HANDLE open_dos_devices(void)
{
    UNICODE_STRING name = {sizeof(dos_devices_text) - sizeof(WCHAR), sizeof(dos_devices_text),
                           dos_devices_text};
    OBJECT_ATTRIBUTES attributes = user_attributes(&name, NULL, OBJ_CASE_INSENSITIVE);
    HANDLE directory;

    return base_result(NtOpenDirectoryObject(&directory, DIRECTORY_QUERY_ACCESS, &attributes))
               ? directory
               : NULL;
}

/* One string of a double-zero-terminated list. Returns: whether it fitted. */
static bool add_name(LPWSTR buffer, DWORD size, DWORD *used, const UNICODE_STRING *name)
{
    DWORD length = name->Length / sizeof(WCHAR);

    if (*used + length + 2 > size)
        return false;
    memcpy(buffer + *used, name->Buffer, name->Length);
    *used += length;
    buffer[(*used)++] = 0;
    return true;
}

/* All names in \??. */
static DWORD list_devices(LPWSTR buffer, DWORD size)
{
    __attribute__((aligned(8))) char entry_buffer[1024];
    const OBJECT_DIRECTORY_INFORMATION *entry = (const void *)entry_buffer;
    HANDLE directory = open_dos_devices();
    ULONG context = 0;
    DWORD used = 0;
    bool fits = true;

    if (directory == NULL)
        return 0;
    while (fits && NT_SUCCESS(NtQueryDirectoryObject(directory, entry_buffer, sizeof(entry_buffer),
                                                     TRUE, context == 0, &context, NULL)))
        fits = add_name(buffer, size, &used, &entry->Name);
    NtClose(directory);
    if (!fits) {
        base_error(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    buffer[used++] = 0;
    return used;
}

/* The target of a DOS device name; all names when `name` is NULL. Returns: characters; 0. */
DWORD WINAPI QueryDosDeviceW(LPCWSTR name, LPWSTR buffer, DWORD size)
{
    UNICODE_STRING device;
    HANDLE directory, link;

    if (name == NULL)
        return list_devices(buffer, size);
    directory = open_dos_devices();
    if (directory == NULL)
        return 0;
    RtlInitUnicodeString(&device, name);
    OBJECT_ATTRIBUTES attributes = user_attributes(&device, directory, OBJ_CASE_INSENSITIVE);
    NTSTATUS status = NtOpenSymbolicLinkObject(&link, 1, &attributes);

    NtClose(directory);
    if (!base_result(status))
        return 0;
    DWORD room = size > 0x7FFE ? 0x7FFE : size;
    UNICODE_STRING target = {0, (USHORT)(room > 2 ? (room - 2) * sizeof(WCHAR) : 0), buffer};

    status = NtQuerySymbolicLinkObject(link, &target, NULL);
    NtClose(link);
    if (!base_result(status)) {
        if (status == STATUS_BUFFER_TOO_SMALL)
            base_error(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    DWORD length = target.Length / sizeof(WCHAR);

    buffer[length] = buffer[length + 1] = 0;
    return length + 2;
}
NT_EXPORT(QueryDosDeviceW, 0, "wpu");

/* The target of a DOS device name. */
DWORD WINAPI QueryDosDeviceA(LPCSTR name, LPSTR buffer, DWORD size)
{
    struct base_wide wide;
    DWORD length = 0;
    WCHAR *target = base_allocate((SIZE_T)size * sizeof(WCHAR));

    if (target != NULL && base_widen(&wide, name)) {
        length = QueryDosDeviceW(wide.text, target, size);
        base_widen_free(&wide);
    }
    if (length != 0)
        WideCharToMultiByte(CP_ACP, 0, target, (int)length, buffer, (int)size, NULL, NULL);
    base_free(target);
    return length;
}
NT_EXPORT(QueryDosDeviceA, 0, "spu");

static NTSTATUS remove_link(UNICODE_STRING *device, HANDLE directory)
{
    OBJECT_ATTRIBUTES attributes = user_attributes(device, directory, OBJ_CASE_INSENSITIVE);
    HANDLE link;
    NTSTATUS status = NtOpenSymbolicLinkObject(&link, DELETE | 1, &attributes);

    if (!NT_SUCCESS(status))
        return status;
    status = NtMakeTemporaryObject(link);
    NtClose(link);
    return status;
}

/* Defines, redefines or removes a DOS device name. */
WINBOOL WINAPI DefineDosDeviceW(DWORD flags, LPCWSTR name, LPCWSTR target)
{
    UNICODE_STRING device, nt_target = {0};
    HANDLE directory = open_dos_devices(), link;

    if (directory == NULL)
        return FALSE;
    RtlInitUnicodeString(&device, name);
    NTSTATUS status = remove_link(&device, directory);

    if (flags & DDD_REMOVE_DEFINITION) {
        NtClose(directory);
        return base_result(status);
    }
    if (flags & DDD_RAW_TARGET_PATH)
        RtlInitUnicodeString(&nt_target, target);
    else if (!base_nt_name(target, &nt_target)) {
        NtClose(directory);
        return FALSE;
    }
    OBJECT_ATTRIBUTES attributes =
        user_attributes(&device, directory, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT);

    status = NtCreateSymbolicLinkObject(&link, LINK_ALL_ACCESS, &attributes, &nt_target);
    if (NT_SUCCESS(status))
        NtClose(link);
    if (!(flags & DDD_RAW_TARGET_PATH))
        base_free_name(&nt_target);
    NtClose(directory);
    return base_result(status);
}
NT_EXPORT(DefineDosDeviceW, 0, "uww");

/* Defines, redefines or removes a DOS device name. */
WINBOOL WINAPI DefineDosDeviceA(DWORD flags, LPCSTR name, LPCSTR target)
{
    struct base_wide wide_name = {0}, wide_target = {0};
    BOOL result = base_widen(&wide_name, name) && base_widen(&wide_target, target) &&
                  DefineDosDeviceW(flags, wide_name.text, wide_target.text);

    base_widen_free(&wide_name);
    base_widen_free(&wide_target);
    return result;
}
NT_EXPORT(DefineDosDeviceA, 0, "uss");

/* Bit n: drive 'A' + n exists. */
DWORD WINAPI GetLogicalDrives(VOID)
{
    WCHAR name[3] = L"A:", target[MAX_PATH];
    DWORD drives = 0;

    for (unsigned i = 0; i < 26; i++) {
        name[0] = (WCHAR)(L'A' + i);
        if (QueryDosDeviceW(name, target, ARRAY_COUNT(target)) != 0)
            drives |= 1u << i;
    }
    return drives;
}
NT_EXPORT(GetLogicalDrives, 0, "");

/* The roots of the drives, as strings. */
DWORD WINAPI GetLogicalDriveStringsW(DWORD size, LPWSTR buffer)
{
    DWORD drives = GetLogicalDrives();
    DWORD needed = (DWORD)__builtin_popcount(drives) * 4;

    if (needed + 1 > size)
        return needed + 1;
    for (unsigned i = 0; i < 26; i++) {
        if (drives >> i & 1) {
            buffer[0] = (WCHAR)(L'A' + i);
            memcpy(buffer + 1, L":\\", 3 * sizeof(WCHAR));
            buffer += 4;
        }
    }
    *buffer = 0;
    return needed;
}
NT_EXPORT(GetLogicalDriveStringsW, 0, "up");

/* The kind of a drive. */
UINT WINAPI GetDriveTypeW(LPCWSTR root)
{
    FILE_FS_DEVICE_INFORMATION device;
    IO_STATUS_BLOCK io;
    HANDLE directory;

    if (!base_open_name(root != NULL ? root : L"\\", FILE_READ_ATTRIBUTES, FILE_DIRECTORY_FILE,
                        &directory))
        return DRIVE_NO_ROOT_DIR;
    NTSTATUS status = NtQueryVolumeInformationFile(directory, &io, &device, sizeof(device),
                                                   FileFsDeviceInformation);

    NtClose(directory);
    if (!NT_SUCCESS(status))
        return DRIVE_UNKNOWN;
    return device.DeviceType == 0x02 ? DRIVE_CDROM : DRIVE_FIXED;
}
NT_EXPORT(GetDriveTypeW, 0, "w");

/* The kind of a drive. */
UINT WINAPI GetDriveTypeA(LPCSTR root)
{
    struct base_wide wide;
    UINT type = base_widen(&wide, root) ? GetDriveTypeW(wide.text) : DRIVE_UNKNOWN;

    base_widen_free(&wide);
    return type;
}
NT_EXPORT(GetDriveTypeA, 0, "s");

/* Room on a drive, in bytes. */
WINBOOL WINAPI GetDiskFreeSpaceExW(LPCWSTR directory_name, PULARGE_INTEGER available,
                                   PULARGE_INTEGER total, PULARGE_INTEGER free_bytes)
{
    FILE_FS_SIZE_INFORMATION size;
    IO_STATUS_BLOCK io;
    HANDLE directory;

    if (!base_open_name(directory_name != NULL ? directory_name : L".", FILE_READ_ATTRIBUTES,
                        FILE_DIRECTORY_FILE, &directory))
        return FALSE;
    NTSTATUS status =
        NtQueryVolumeInformationFile(directory, &io, &size, sizeof(size), FileFsSizeInformation);

    NtClose(directory);
    if (!base_result(status))
        return FALSE;
    ULONG64 unit = (ULONG64)size.BytesPerSector * size.SectorsPerAllocationUnit;

    if (available != NULL)
        available->QuadPart = (ULONG64)size.AvailableAllocationUnits.QuadPart * unit;
    if (free_bytes != NULL)
        free_bytes->QuadPart = (ULONG64)size.AvailableAllocationUnits.QuadPart * unit;
    if (total != NULL)
        total->QuadPart = (ULONG64)size.TotalAllocationUnits.QuadPart * unit;
    return TRUE;
}
NT_EXPORT(GetDiskFreeSpaceExW, 0, "wppp");

/* Room on a drive, in bytes. */
WINBOOL WINAPI GetDiskFreeSpaceExA(LPCSTR directory, PULARGE_INTEGER available,
                                   PULARGE_INTEGER total, PULARGE_INTEGER free_bytes)
{
    struct base_wide wide;
    BOOL result = base_widen(&wide, directory) &&
                  GetDiskFreeSpaceExW(wide.text, available, total, free_bytes);

    base_widen_free(&wide);
    return result;
}
NT_EXPORT(GetDiskFreeSpaceExA, 0, "sppp");
