/*
 * Lists of processes and of kernel modules. psapi.dll is redirected here, so each function is
 * exported under its old name too. See kernel32.h.
 */
#include "kernel32.h"

#define SYSTEM_MODULES ((SYSTEM_INFORMATION_CLASS)11) /* SystemModuleInformation */

/* The kernel's list of loaded images. */
struct module_list {
    ULONG count;
    struct {
        PVOID section;
        PVOID mapped_base;
        PVOID image_base;
        ULONG image_size;
        ULONG flags;
        USHORT load_order, init_order, load_count;
        USHORT name_offset; /* of the file name in `path` */
        char path[256];
    } modules[];
};

/* The start of a process record; see toolhelp.c. */
struct process_start {
    ULONG next_offset;
    UCHAR reserved[0x50 - 4];
    PVOID process_id;
};

BOOL WINAPI K32EnumDeviceDrivers(LPVOID *bases, DWORD size, LPDWORD needed);
DWORD WINAPI K32GetDeviceDriverBaseNameA(LPVOID base, LPSTR buffer, DWORD size);
DWORD WINAPI K32GetDeviceDriverBaseNameW(LPVOID base, LPWSTR buffer, DWORD size);
DWORD WINAPI K32GetDeviceDriverFileNameA(LPVOID base, LPSTR buffer, DWORD size);
DWORD WINAPI K32GetDeviceDriverFileNameW(LPVOID base, LPWSTR buffer, DWORD size);
BOOL WINAPI K32EnumProcesses(DWORD *processes, DWORD size, LPDWORD needed);

/* The load addresses of the kernel's images; @param size of `bases` in bytes. */
BOOL WINAPI K32EnumDeviceDrivers(LPVOID *bases, DWORD size, LPDWORD needed)
{
    struct module_list *list = base_read_system_list(SYSTEM_MODULES);

    if (list == NULL)
        return FALSE;
    for (ULONG i = 0; i < list->count && i < size / sizeof(*bases); i++)
        bases[i] = list->modules[i].image_base;
    *needed = (DWORD)(list->count * sizeof(*bases));
    base_free(list);
    return TRUE;
}
NT_EXPORT(K32EnumDeviceDrivers, 0, "pup");
NT_EXPORT_DIRECTIVE("EnumDeviceDrivers=K32EnumDeviceDrivers");

/* The path, or the file name, of the kernel image at `base`. Returns: its length, cut to fit. */
static DWORD image_name(LPVOID base, LPSTR buffer, DWORD size, bool whole_path)
{
    struct module_list *list = base_read_system_list(SYSTEM_MODULES);
    DWORD length = 0;

    if (list == NULL)
        return 0;
    base_error(ERROR_INVALID_HANDLE);
    for (ULONG i = 0; i < list->count && size != 0; i++) {
        const char *path = list->modules[i].path;

        if (list->modules[i].image_base != base)
            continue;
        path += whole_path ? 0 : list->modules[i].name_offset;
        length = (DWORD)strlen(path);
        if (length >= size)
            length = size - 1;
        memcpy(buffer, path, length);
        buffer[length] = 0;
        base_error(ERROR_SUCCESS);
        break;
    }
    base_free(list);
    return length;
}

static DWORD image_name_wide(LPVOID base, LPWSTR buffer, DWORD size, bool whole_path)
{
    char narrow[256];
    DWORD length = image_name(base, narrow, sizeof(narrow), whole_path);

    if (length == 0 || size == 0)
        return 0;
    if (length >= size)
        length = size - 1;
    MultiByteToWideChar(CP_ACP, 0, narrow, (int)length, buffer, (int)size);
    buffer[length] = 0;
    return length;
}

/* The file name of a kernel image. */
DWORD WINAPI K32GetDeviceDriverBaseNameA(LPVOID base, LPSTR buffer, DWORD size)
{
    return image_name(base, buffer, size, false);
}
NT_EXPORT(K32GetDeviceDriverBaseNameA, 0, "ppu");
NT_EXPORT_DIRECTIVE("GetDeviceDriverBaseNameA=K32GetDeviceDriverBaseNameA");

/* The file name of a kernel image. */
DWORD WINAPI K32GetDeviceDriverBaseNameW(LPVOID base, LPWSTR buffer, DWORD size)
{
    return image_name_wide(base, buffer, size, false);
}
NT_EXPORT(K32GetDeviceDriverBaseNameW, 0, "ppu");
NT_EXPORT_DIRECTIVE("GetDeviceDriverBaseNameW=K32GetDeviceDriverBaseNameW");

/* The path of a kernel image. */
DWORD WINAPI K32GetDeviceDriverFileNameA(LPVOID base, LPSTR buffer, DWORD size)
{
    return image_name(base, buffer, size, true);
}
NT_EXPORT(K32GetDeviceDriverFileNameA, 0, "ppu");
NT_EXPORT_DIRECTIVE("GetDeviceDriverFileNameA=K32GetDeviceDriverFileNameA");

/* The path of a kernel image. */
DWORD WINAPI K32GetDeviceDriverFileNameW(LPVOID base, LPWSTR buffer, DWORD size)
{
    return image_name_wide(base, buffer, size, true);
}
NT_EXPORT(K32GetDeviceDriverFileNameW, 0, "ppu");
NT_EXPORT_DIRECTIVE("GetDeviceDriverFileNameW=K32GetDeviceDriverFileNameW");

/* The ids of all processes; @param size of `processes` in bytes. */
BOOL WINAPI K32EnumProcesses(DWORD *processes, DWORD size, LPDWORD needed)
{
    const char *list = base_read_system_list(SystemProcessInformation), *at = list;
    DWORD count = 0;

    if (list == NULL)
        return FALSE;
    for (;;) {
        const struct process_start *record = (const void *)at;

        if (count < size / sizeof(*processes))
            processes[count++] = (DWORD)(ULONG_PTR)record->process_id;
        if (record->next_offset == 0)
            break;
        at += record->next_offset;
    }
    *needed = count * sizeof(*processes);
    base_free((void *)list);
    return TRUE;
}
NT_EXPORT(K32EnumProcesses, 0, "pup");
NT_EXPORT_DIRECTIVE("EnumProcesses=K32EnumProcesses");
