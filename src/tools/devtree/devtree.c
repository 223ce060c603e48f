/* devtree: the tree of devices, as the PnP manager has it. */
#include "tools/common/tool.h"

#include <cfgmgr32.h>
#include <stdlib.h>

#define CLASSES L"SYSTEM\\CurrentControlSet\\Control\\DeviceClasses"
#define LIST_UNITS 0x4000
#define DEEPEST 64

NTSTATUS NTAPI RtlGUIDFromString(PUNICODE_STRING string, GUID *guid);

static const char help[] =
    "devtree: the tree of devices\n"
    "\n"
    "usage: devtree [--json]\n"
    "\n"
    "A line for each device that is there, below the device on whose bus it is. PROBLEM is why a\n"
    "device does not work. INTERFACES are the names by which programs open it.\n"
    "\n"
    "Options\n"
    "  --json    an array of objects, parents before children\n"
    "  --help    this text\n"
    "\n"
    "Exit codes: 0 listed, 1 the tree could not be read, 2 wrong command line\n"
    "\n"
    "Examples\n"
    "  devtree\n"
    "  devtree --json | jq '.[] | select(.problem_code != 0)'\n";

static bool wants_json;

static const struct tool_option option_table[] = {{L"--json", &wants_json, NULL}};

static const struct tool_program program = {
    L"devtree", help, option_table, TOOL_COUNT(option_table), 0, 0};

static const struct tool_column columns[] = {
    {NULL, L"DEVICE", TOOL_TEXT},
    {"instance_id", NULL, TOOL_TEXT},
    {"parent", NULL, TOOL_TEXT},
    {"depth", NULL, TOOL_NUMBER},
    {"service", L"SERVICE", TOOL_TEXT},
    {"status", L"STATUS", TOOL_TEXT},
    {"problem_code", NULL, TOOL_NUMBER},
    {"problem", L"PROBLEM", TOOL_TEXT},
    {"device_object", L"PDO", TOOL_TEXT},
    {"description", L"DESCRIPTION", TOOL_TEXT},
    {"interfaces", L"INTERFACES", TOOL_LIST},
};

static void add_problem(struct tool_table *table, ULONG problem)
{
    static const struct {
        ULONG code;
        const wchar_t *name;
    } names[] = {
        {CM_PROB_NOT_CONFIGURED, L"CM_PROB_NOT_CONFIGURED"},
        {CM_PROB_FAILED_START, L"CM_PROB_FAILED_START"},
        {CM_PROB_NORMAL_CONFLICT, L"CM_PROB_NORMAL_CONFLICT"},
        {CM_PROB_REINSTALL, L"CM_PROB_REINSTALL"},
        {CM_PROB_DISABLED, L"CM_PROB_DISABLED"},
        {CM_PROB_DEVICE_NOT_THERE, L"CM_PROB_DEVICE_NOT_THERE"},
        {CM_PROB_FAILED_INSTALL, L"CM_PROB_FAILED_INSTALL"},
        {CM_PROB_FAILED_ADD, L"CM_PROB_FAILED_ADD"},
        {CM_PROB_DISABLED_SERVICE, L"CM_PROB_DISABLED_SERVICE"},
        {CM_PROB_DRIVER_SERVICE_KEY_INVALID, L"CM_PROB_DRIVER_SERVICE_KEY_INVALID"},
        {CM_PROB_DRIVER_FAILED_LOAD, L"CM_PROB_DRIVER_FAILED_LOAD"},
        {CM_PROB_FAILED_POST_START, L"CM_PROB_FAILED_POST_START"},
    };

    tool_cell_number(table, problem);
    for (size_t i = 0; i < TOOL_COUNT(names); i++)
        if (names[i].code == problem) {
            tool_cell_format(table, L"%lu %ls", problem, names[i].name);
            return;
        }
    if (problem)
        tool_cell_format(table, L"%lu", problem);
    else
        tool_cell_none(table);
}

static void add_property(struct tool_table *table, DEVINST device, ULONG property)
{
    wchar_t text[1024] = L"";
    ULONG size = sizeof(text) - sizeof(wchar_t);

    if (CM_Get_DevNode_Registry_PropertyW(device, property, NULL, text, &size, 0) == CR_SUCCESS)
        tool_cell_text(table, text);
    else
        tool_cell_none(table);
}

/* The interfaces of one class, a line for each, behind what `text` has. */
static void append_interfaces(const wchar_t *class_name, wchar_t *id, wchar_t *text)
{
    static wchar_t list[LIST_UNITS];
    UNICODE_STRING name;
    GUID guid;

    RtlInitUnicodeString(&name, class_name);
    if (RtlGUIDFromString(&name, &guid) < 0 ||
        CM_Get_Device_Interface_ListW(&guid, id, list, LIST_UNITS,
                                      CM_GET_DEVICE_INTERFACE_LIST_PRESENT) != CR_SUCCESS)
        return;
    for (const wchar_t *at = list; *at; at += wcslen(at) + 1) {
        size_t used = wcslen(text);

        if (used + wcslen(at) + 2 <= LIST_UNITS)
            _snwprintf(text + used, LIST_UNITS - used, L"%ls\n", at);
    }
}

static void add_interfaces(struct tool_table *table, wchar_t *id)
{
    static wchar_t text[LIST_UNITS];
    wchar_t name[256];
    DWORD length = TOOL_COUNT(name);
    HKEY key;

    text[0] = 0;
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, CLASSES, 0, KEY_READ, &key) == ERROR_SUCCESS) {
        for (DWORD i = 0;
             RegEnumKeyExW(key, i, name, &length, NULL, NULL, NULL, NULL) == ERROR_SUCCESS;
             i++, length = TOOL_COUNT(name))
            append_interfaces(name, id, text);
        RegCloseKey(key);
    }
    tool_cell_text(table, text);
}

static void add_device(struct tool_table *table, DEVINST device, const wchar_t *parent, int depth)
{
    wchar_t id[MAX_DEVICE_ID_LEN] = L"";
    ULONG status = 0, problem = 0;

    CM_Get_Device_IDW(device, id, TOOL_COUNT(id) - 1, 0);
    CM_Get_DevNode_Status(&status, &problem, device, 0);
    tool_cell_format(table, L"%*ls%ls", 2 * depth, L"", id);
    tool_cell_text(table, id);
    if (parent)
        tool_cell_text(table, parent);
    else
        tool_cell_none(table);
    tool_cell_number(table, (ULONG)depth);
    add_property(table, device, CM_DRP_SERVICE);
    tool_cell_text(table, status & DN_HAS_PROBLEM ? L"problem"
                          : status & DN_STARTED   ? L"started"
                                                  : L"stopped");
    add_problem(table, problem);
    add_property(table, device, CM_DRP_PHYSICAL_DEVICE_OBJECT_NAME);
    add_property(table, device, CM_DRP_DEVICEDESC);
    add_interfaces(table, id);
}

static void add_tree(struct tool_table *table, DEVINST device, const wchar_t *parent, int depth)
{
    wchar_t id[MAX_DEVICE_ID_LEN] = L"";
    DEVINST child;

    add_device(table, device, parent, depth);
    if (depth == DEEPEST || CM_Get_Child(&child, device, 0) != CR_SUCCESS)
        return;
    CM_Get_Device_IDW(device, id, TOOL_COUNT(id) - 1, 0);
    do
        add_tree(table, child, id, depth + 1);
    while (CM_Get_Sibling(&child, child, 0) == CR_SUCCESS);
}

int wmain(int count, wchar_t **arguments)
{
    struct tool_table *table = tool_table_create(columns, TOOL_COUNT(columns));
    DEVINST root;
    CONFIGRET result;

    tool_options(&program, &count, arguments);
    result = CM_Locate_DevNodeW(&root, NULL, 0);
    if (result != CR_SUCCESS)
        return tool_fail(L"no root of the devices: CONFIGRET 0x%lX", result);
    add_tree(table, root, NULL, 0);
    tool_table_print(table, wants_json);
    return TOOL_OK;
}
