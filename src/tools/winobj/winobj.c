/* winobj: the command line. See winobj.h. */
#include "winobj.h"

#define STATUS_NO_DIRECTORY ((NTSTATUS)0xC0000024) /* STATUS_OBJECT_TYPE_MISMATCH */
#define STATUS_NO_NAME ((NTSTATUS)0xC0000034)      /* STATUS_OBJECT_NAME_NOT_FOUND */

static const char help[] =
    "winobj: the namespace of kernel objects\n"
    "\n"
    "usage: winobj [--recursive] [--long] [--json] [PATH]\n"
    "\n"
    "PATH is a directory of the namespace, such as \\Device, \\GLOBAL?? or \\?? (default: \\),\n"
    "whose entries are listed by name, or one object, which is shown in detail. \\\\.\\NAME means\n"
    "\\??\\NAME. TARGET is where a symbolic link leads.\n"
    "\n"
    "Options\n"
    "  --recursive    the directories below it, too\n"
    "  --long         references and handles, the process that created it, whether it is "
    "permanent\n"
    "                 (stays without a handle) or exclusive, and its security descriptor as SDDL\n"
    "  --json         an array of objects\n"
    "  --help         this text\n"
    "\n"
    "Types that cannot be opened by name (Driver, Type and others) do not tell their security, "
    "and\n"
    "a device is not opened for a listing, as its driver would see that: with --long and the path\n"
    "of one device it is. On Windows the counts need the global flag +otl (gflags).\n"
    "\n"
    "Exit codes: 0 listed, 1 not found or not allowed, 2 wrong command line\n"
    "\n"
    "Examples\n"
    "  winobj \\Device\n"
    "  winobj --long \\Device\\FirstDriver\n"
    "  winobj \\\\.\\FirstDriver\n"
    "      where a program's name for a device leads\n"
    "  winobj --recursive --json | jq '.[] | select(.type == \"Driver\")'\n";

static struct winobj_options options;

static const struct tool_option option_table[] = {
    {L"--recursive", &options.recursive, NULL},
    {L"--long", &options.is_long, NULL},
    {L"--json", &options.json, NULL},
};

static const struct tool_program program = {L"winobj", help, option_table, TOOL_COUNT(option_table),
                                            0,         1};

/* The argument as a path of the namespace; FALSE when it cannot be one. */
static bool read_path(const wchar_t *argument, struct winobj_path *path)
{
    bool is_win32 = wcsncmp(argument, L"\\\\.\\", 4) == 0 || wcsncmp(argument, L"\\\\?\\", 4) == 0;
    size_t length;

    if (argument[0] != L'\\' || wcslen(argument) + 8 > TOOL_COUNT(path->units))
        return false;
    length = (size_t)_snwprintf(path->units, TOOL_COUNT(path->units), L"%ls%ls",
                                is_win32 ? L"\\??\\" : L"", argument + (is_win32 ? 4 : 0));
    while (length > 1 && path->units[length - 1] == L'\\')
        length--;
    winobj_cut(path, length);
    return true;
}

int wmain(int count, wchar_t **arguments)
{
    static struct winobj_path path;
    const wchar_t *argument;
    HANDLE directory;
    NTSTATUS status;
    int result;

    tool_options(&program, &count, arguments);
    argument = count > 1 ? arguments[1] : L"\\";
    if (!read_path(argument, &path)) {
        tool_fail(L"%ls is no path of objects, which starts with \\; see winobj --help", argument);
        return TOOL_USAGE;
    }
    status = winobj_open_directory(&path.string, &directory);
    if (status == STATUS_NO_DIRECTORY)
        return winobj_show(&path, &options);
    if (!NT_SUCCESS(status))
        return tool_fail(L"%ls: %ls", path.units,
                         status == STATUS_NO_NAME ? L"there is no such object"
                                                  : tool_status_text(status));
    result = winobj_list(&path, directory, &options);
    NtClose(directory);
    return result;
}
