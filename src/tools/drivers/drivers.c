/*
 * drivers: the loaded modules of the kernel. Where they lie comes from SystemModuleInformation, the
 * rest from the headers of their files, and the service from the registry.
 */
#include "tools/common/tool.h"

#include <stdlib.h>

#define MODULES 11 /* SystemModuleInformation */
#define SERVICES L"SYSTEM\\CurrentControlSet\\Services"
#define PATH_UNITS 1024

static const char help[] =
    "drivers: the modules of the kernel, with their addresses\n"
    "\n"
    "usage: drivers [--json] [NAME|ADDRESS]\n"
    "\n"
    "NAME is the name of a module, with or without .sys; an ADDRESS (0x...) means the module that\n"
    "it lies in. END is one byte past the module. TIMESTAMP and CHECKSUM are those of the file's\n"
    "header, and SERVICE the key below Services whose ImagePath names the file.\n"
    "\n"
    "Options\n"
    "  --json    an array of objects\n"
    "  --help    this text\n"
    "\n"
    "Exit codes: 0 something was listed, 1 there is no such module, 2 wrong command line\n"
    "\n"
    "Examples\n"
    "  drivers\n"
    "  drivers 0xFFFFF80312345678\n"
    "      whose address is that?\n"
    "  drivers --json | jq -r '.[] | select(.service) | .path'\n";

static bool wants_json;

static const struct tool_option option_table[] = {{L"--json", &wants_json, NULL}};

static const struct tool_program program = {
    L"drivers", help, option_table, TOOL_COUNT(option_table), 0, 1};

static const struct tool_column columns[] = {
    {"base", L"BASE", TOOL_HEX64},
    {"end", L"END", TOOL_HEX64},
    {NULL, L"SIZE", TOOL_HEX32},
    {"size", NULL, TOOL_NUMBER},
    {"name", L"NAME", TOOL_TEXT},
    {"service", L"SERVICE", TOOL_TEXT},
    {"timestamp", L"TIMESTAMP", TOOL_HEX32},
    {"checksum", L"CHECKSUM", TOOL_HEX32},
    {"path", L"PATH", TOOL_TEXT},
};

/* ---- files ---- */

/* A path of the kernel as Win32 has it. */
static void win32_path(const wchar_t *path, wchar_t *win32)
{
    static const wchar_t root[] = L"\\SystemRoot\\", device[] = L"\\??\\";
    wchar_t windows[MAX_PATH] = L"";

    GetWindowsDirectoryW(windows, MAX_PATH);
    if (_wcsnicmp(path, root, TOOL_COUNT(root) - 1) == 0)
        _snwprintf(win32, PATH_UNITS - 1, L"%ls\\%ls", windows, path + TOOL_COUNT(root) - 1);
    else if (_wcsnicmp(path, device, TOOL_COUNT(device) - 1) == 0)
        _snwprintf(win32, PATH_UNITS - 1, L"%ls", path + TOOL_COUNT(device) - 1);
    else if (path[0] != L'\\' && path[0] != 0 && path[1] != L':')
        _snwprintf(win32, PATH_UNITS - 1, L"%ls\\%ls", windows, path);
    else
        _snwprintf(win32, PATH_UNITS - 1, L"%ls", path);
    win32[PATH_UNITS - 1] = 0;
}

static bool read_at(HANDLE file, LONG offset, void *buffer, DWORD size)
{
    DWORD read;

    return SetFilePointer(file, offset, NULL, FILE_BEGIN) == (DWORD)offset &&
           ReadFile(file, buffer, size, &read, NULL) && read == size;
}

static bool read_header(const wchar_t *path, IMAGE_NT_HEADERS64 *header)
{
    IMAGE_DOS_HEADER dos;
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);
    bool is_read;

    if (file == INVALID_HANDLE_VALUE)
        return false;
    is_read = read_at(file, 0, &dos, sizeof(dos)) && dos.e_magic == IMAGE_DOS_SIGNATURE &&
              dos.e_lfanew > 0 && read_at(file, dos.e_lfanew, header, sizeof(*header)) &&
              header->Signature == IMAGE_NT_SIGNATURE;
    CloseHandle(file);
    return is_read;
}

/* ---- services ---- */

struct service {
    wchar_t name[256];
    wchar_t path[PATH_UNITS]; /* Win32 */
};

/* FALSE: a service that has no driver. */
static bool read_service(HKEY services, struct service *service)
{
    wchar_t path[PATH_UNITS];
    DWORD size = sizeof(path), type, type_size = sizeof(type);

    if (RegGetValueW(services, service->name, L"Type", RRF_RT_REG_DWORD, NULL, &type, &type_size) !=
            ERROR_SUCCESS ||
        !(type & SERVICE_DRIVER))
        return false;
    if (RegGetValueW(services, service->name, L"ImagePath",
                     RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, NULL, path,
                     &size) != ERROR_SUCCESS)
        _snwprintf(path, PATH_UNITS - 1, L"system32\\drivers\\%ls.sys", service->name);
    path[PATH_UNITS - 1] = 0;
    win32_path(path, service->path);
    return true;
}

static struct service *read_services(size_t *count)
{
    struct service *list = NULL, one;
    DWORD length = TOOL_COUNT(one.name);
    HKEY key;

    *count = 0;
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, SERVICES, 0, KEY_READ, &key) != ERROR_SUCCESS)
        return NULL;
    for (DWORD i = 0;
         RegEnumKeyExW(key, i, one.name, &length, NULL, NULL, NULL, NULL) == ERROR_SUCCESS;
         i++, length = TOOL_COUNT(one.name)) {
        if (!read_service(key, &one))
            continue;
        list = realloc(list, (*count + 1) * sizeof(one));
        if (!list)
            exit(tool_fail(L"%ls", tool_error_text(ERROR_NOT_ENOUGH_MEMORY)));
        list[(*count)++] = one;
    }
    RegCloseKey(key);
    return list;
}

static const wchar_t *find_service(const struct service *services, size_t count,
                                   const wchar_t *path)
{
    for (size_t i = 0; i < count; i++)
        if (_wcsicmp(services[i].path, path) == 0)
            return services[i].name;
    return NULL;
}

/* ---- modules ---- */

static bool is_wanted(const struct tool_module *module, const wchar_t *wanted)
{
    const char *name = module->path + module->name_offset;
    size_t length = strlen(name), asked = wcslen(wanted);
    unsigned long long address;
    wchar_t wide[256];

    if (wanted[0] == L'0' && tool_number(wanted, &address))
        return address - module->base < module->size;
    _snwprintf(wide, TOOL_COUNT(wide), L"%hs", name);
    if (_wcsnicmp(wide, wanted, asked) != 0)
        return false;
    return length == asked || (length == asked + 4 && _wcsicmp(wide + asked, L".sys") == 0);
}

static void add_module(struct tool_table *table, const struct tool_module *module,
                       const struct service *services, size_t service_count)
{
    IMAGE_NT_HEADERS64 header;
    wchar_t path[256], win32[PATH_UNITS];
    const wchar_t *service;

    _snwprintf(path, TOOL_COUNT(path), L"%hs", module->path);
    win32_path(path, win32);
    service = find_service(services, service_count, win32);
    tool_cell_number(table, module->base);
    tool_cell_number(table, module->base + module->size);
    tool_cell_number(table, module->size);
    tool_cell_number(table, module->size);
    tool_cell_text(table, path + module->name_offset);
    if (service)
        tool_cell_text(table, service);
    else
        tool_cell_none(table);
    if (read_header(win32, &header)) {
        tool_cell_number(table, header.FileHeader.TimeDateStamp);
        tool_cell_number(table, header.OptionalHeader.CheckSum);
    } else {
        tool_cell_none(table);
        tool_cell_none(table);
    }
    tool_cell_text(table, path);
}

static int compare_modules(const void *first, const void *second)
{
    const struct tool_module *left = first, *right = second;

    return left->base < right->base ? -1 : left->base > right->base;
}

int wmain(int count, wchar_t **arguments)
{
    struct tool_table *table = tool_table_create(columns, TOOL_COUNT(columns));
    struct tool_modules *modules;
    struct service *services;
    size_t service_count;

    tool_options(&program, &count, arguments);
    modules = tool_query_system(MODULES);
    if (!modules)
        return TOOL_FAILED;
    services = read_services(&service_count);
    qsort(modules->modules, modules->count, sizeof(modules->modules[0]), compare_modules);
    for (ULONG i = 0; i < modules->count; i++)
        if (count == 1 || is_wanted(&modules->modules[i], arguments[1]))
            add_module(table, &modules->modules[i], services, service_count);
    free(services);
    free(modules);
    if (tool_table_rows(table) == 0)
        return tool_fail(L"there is no module %ls", arguments[1]);
    tool_table_print(table, wants_json);
    return TOOL_OK;
}
