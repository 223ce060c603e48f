/*
 * What the volume has without the C: folder: the directories of the system, the modules that the
 * library carries, and the files that the user of the C API added. Its files are read-only, and a
 * file of the C: folder hides one of the overlay. Its directories come into being on the C: folder
 * when something is created in them.
 *
 * The host tells the content of a file by its name only, so a listing shows the system modules
 * but not the files that were added.
 */
#include "fs/fs_internal.h"
#include "kd/kd.h"

#define SYSTEM_DIRECTORY L"\\Windows\\System32"

static const UNICODE_STRING root = RTL_CONSTANT_STRING(L"\\");
static const UNICODE_STRING windows = RTL_CONSTANT_STRING(L"\\Windows");
static const UNICODE_STRING system_directory = RTL_CONSTANT_STRING(SYSTEM_DIRECTORY);
static const UNICODE_STRING temporary = RTL_CONSTANT_STRING(L"\\Temp");
static const UNICODE_STRING windows_temporary = RTL_CONSTANT_STRING(L"\\Windows\\Temp");
static const UNICODE_STRING drivers = RTL_CONSTANT_STRING(SYSTEM_DIRECTORY L"\\drivers");

/* A directory of the overlay and one name in it. */
static const struct {
    const UNICODE_STRING *directory;
    UNICODE_STRING name;
    BOOLEAN is_directory;
} names[] = {
    {&root, RTL_CONSTANT_STRING(L"Temp"), TRUE},
    {&root, RTL_CONSTANT_STRING(L"Windows"), TRUE},
    {&windows, RTL_CONSTANT_STRING(L"System32"), TRUE},
    {&windows, RTL_CONSTANT_STRING(L"Temp"), TRUE},
    {&system_directory, RTL_CONSTANT_STRING(L"advapi32.dll"), FALSE},
    {&system_directory, RTL_CONSTANT_STRING(L"devtree.exe"), FALSE},
    {&system_directory, RTL_CONSTANT_STRING(L"drivers"), TRUE},
    {&system_directory, RTL_CONSTANT_STRING(L"drivers.exe"), FALSE},
    {&system_directory, RTL_CONSTANT_STRING(L"hal.dll"), FALSE},
    {&system_directory, RTL_CONSTANT_STRING(L"handles.exe"), FALSE},
    {&system_directory, RTL_CONSTANT_STRING(L"kernel32.dll"), FALSE},
    {&system_directory, RTL_CONSTANT_STRING(L"kill.exe"), FALSE},
    {&system_directory, RTL_CONSTANT_STRING(L"msvcrt.dll"), FALSE},
    {&system_directory, RTL_CONSTANT_STRING(L"ntdll.dll"), FALSE},
    {&system_directory, RTL_CONSTANT_STRING(L"ntoskrnl.exe"), FALSE},
    {&system_directory, RTL_CONSTANT_STRING(L"pnputil.exe"), FALSE},
    {&system_directory, RTL_CONSTANT_STRING(L"pool.exe"), FALSE},
    {&system_directory, RTL_CONSTANT_STRING(L"ps.exe"), FALSE},
    {&system_directory, RTL_CONSTANT_STRING(L"reg.exe"), FALSE},
    {&system_directory, RTL_CONSTANT_STRING(L"sc.exe"), FALSE},
    {&system_directory, RTL_CONSTANT_STRING(L"ucrtbase.dll"), FALSE},
    {&system_directory, RTL_CONSTANT_STRING(L"winobj.exe"), FALSE},
};

BOOLEAN fs_overlay_is_directory(PCUNICODE_STRING path)
{
    static const UNICODE_STRING *const directories[] = {
        &root, &temporary, &windows, &windows_temporary, &system_directory, &drivers};

    for (ULONG i = 0; i < ARRAY_COUNT(directories); i++) {
        if (RtlEqualUnicodeString(path, directories[i], TRUE))
            return TRUE;
    }
    return FALSE;
}

/* From the root down; what exists already is only opened. */
void fs_overlay_make_real(PCUNICODE_STRING directory)
{
    UNICODE_STRING parent, name;
    char path[FS_PATH_BYTES];
    LONGLONG host;

    fs_path_split(directory, &parent, &name);
    if (name.Length == 0)
        return;
    fs_overlay_make_real(&parent);
    fs_path_to_host(directory, path);
    host = ke_machine->file_open(path,
                                 MACHINE_FILE_READ | MACHINE_FILE_CREATE | MACHINE_FILE_DIRECTORY);
    if (host >= 0)
        ke_machine->file_close(host);
}

static BOOLEAN open_image(const char *prefix, const char *path, const void **bytes, ULONG64 *size)
{
    char text[FS_PATH_BYTES + 16];

    kd_format(text, sizeof(text), "%s%s", prefix, path);
    return ke_machine->image_open(text, bytes, size) != 0;
}

/*
 * The bytes of a file. The host finds system modules by their last part below any folder named
 * System32, so names in other folders below it are not asked for.
 */
BOOLEAN fs_overlay_find(PCUNICODE_STRING path, const void **bytes, ULONG64 *size)
{
    UNICODE_STRING parent, name;
    char text[FS_PATH_BYTES];

    fs_path_split(path, &parent, &name);
    if (name.Length == 0 || fs_overlay_is_directory(path))
        return FALSE;
    if (RtlPrefixUnicodeString(&system_directory, path, TRUE) && !fs_overlay_is_directory(&parent))
        return FALSE;
    fs_path_to_host(path, text);
    if (open_image("\\??\\C:", text, bytes, size))
        return TRUE;
    return RtlPrefixUnicodeString(&windows, &parent, TRUE) &&
           open_image("\\SystemRoot", text + windows.Length / sizeof(WCHAR), bytes, size);
}

BOOLEAN fs_overlay_name(PCUNICODE_STRING directory, ULONG index, PUNICODE_STRING name,
                        struct machine_file_info *info)
{
    for (ULONG i = 0; i < ARRAY_COUNT(names); i++) {
        WCHAR buffer[64];
        UNICODE_STRING path = {.Buffer = buffer, .MaximumLength = sizeof(buffer)};
        const void *bytes;
        ULONG64 size = 0;

        if (!RtlEqualUnicodeString(names[i].directory, directory, TRUE))
            continue;
        RtlCopyUnicodeString(&path, directory);
        if (path.Length > sizeof(WCHAR))
            RtlAppendUnicodeToString(&path, L"\\");
        RtlAppendUnicodeStringToString(&path, (PUNICODE_STRING)&names[i].name);
        if (!names[i].is_directory && !fs_overlay_find(&path, &bytes, &size))
            continue;
        if (index-- > 0)
            continue;
        *name = names[i].name;
        fs_overlay_info(&path, names[i].is_directory, size, info);
        return TRUE;
    }
    return FALSE;
}

/* Times are those of the boot; the index is a hash of the path (FNV-1a), as the host's are. */
void fs_overlay_info(PCUNICODE_STRING path, BOOLEAN directory, ULONG64 size,
                     struct machine_file_info *info)
{
    ULONG64 hash = 0xCBF29CE484222325ull;

    for (ULONG i = 0; i < path->Length / sizeof(WCHAR); i++)
        hash = (hash ^ RtlUpcaseUnicodeChar(path->Buffer[i])) * 0x100000001B3ull;
    RtlZeroMemory(info, sizeof(*info));
    info->size = size;
    info->allocation = (size + PAGE_SIZE - 1) & ~(ULONG64)(PAGE_SIZE - 1);
    info->index = hash;
    info->created = info->accessed = info->written = info->changed =
        (LONGLONG)ke_parameters.start_time;
    info->directory = directory;
    info->read_only = !directory;
}
